"""A package is fetched by the client that its users know, set as they have set it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tarfile import TarError
from zipfile import BadZipFile

from kdorch.errors import DataError, reason
from kdorch.fetching.sources import Source

_SHOWN = 3  # lines of a client


def download(source: Source, folder: Path) -> Path:
    """Fetch and unpack a package in an empty folder; return where in it the package begins.

    Raises:
        DataError: If the client is missing or does not bring it.
    """
    program = source.program()
    if not program:
        missing = f"{source.client} is needed to fetch {source.title}, and is not here."
        raise DataError(f"{missing} It comes with {source.brought_by}. Without it, {by_hand(source)}")
    _run(source, [*program, *source.words(), *source.options], folder)
    [archive] = folder.iterdir()
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    try:
        return source.unpack(archive, unpacked)
    except (TarError, BadZipFile, subprocess.CalledProcessError) as error:
        what = f"{archive.name}, as {source.client} brings it, cannot be unpacked: {reason(error)}."
        raise DataError(f"{what} Nothing was kept. Is there room in {folder.parents[2]}?") from error


def by_hand(source: Source) -> str:
    """Return how to get the files where no client helps."""
    command = " ".join((source.client, *source.words()))
    place = f", which are in its {source.root}" if source.root else ""
    return (
        f"run `{command}` on another machine, unpack what it brings, and let the field `folder` name the "
        f"folder with {', '.join(source.files)}{place}."
    )


def _run(source: Source, command: list[str], folder: Path) -> None:
    done = subprocess.run(  # noqa: S603  the words are a plugin's own
        command,
        cwd=folder,
        env=os.environ | {"LC_ALL": "C"},  # its mistakes are told apart by their words
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DataError(_failure(source, done.stderr))


def _failure(source: Source, said: str) -> str:
    lines = [line for line in said.splitlines() if line.startswith(source.mistakes)] or said.splitlines()[-1:]
    told = [line.removeprefix(source.mistakes).strip() for line in lines]
    shown = " / ".join(list(dict.fromkeys(told))[:_SHOWN]).rstrip(".")
    if any(words in said for words in source.unknown):
        what = f"{source.client} knows no {source.title}: {shown}.{source.renewal}"
        return f"{what} If the package is gone, {by_hand(source)}"
    what = f"{source.client} cannot fetch {source.title}: {shown}. Is the network within reach?"
    return f"{what} Without it, {by_hand(source)}"
