"""Whether files are those that a plugin was written for."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import file_digest, sha256
from pathlib import Path


def matching(folder: Path, pattern: str) -> list[Path]:
    """Return the files below a folder that a pattern names, in the order of their paths."""
    found = (path for path in folder.glob(pattern) if path.is_file())
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def checksum(folder: Path, pattern: str) -> str:
    """Return the sha256 of a file; of a pattern, that of what ``sha256sum`` prints of its files in order."""
    files = matching(folder, pattern)
    if not _several(pattern):
        return _content(files[0])
    lines = (f"{_content(file)}  {file.relative_to(folder).as_posix()}\n" for file in files)
    return sha256("".join(lines).encode()).hexdigest()


def missing(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Return the names and patterns that no file answers to."""
    return [pattern for pattern in files if not any(path.is_file() for path in folder.glob(pattern))]


def differences(folder: Path, files: Mapping[str, str]) -> str:
    """Return what is missing in a folder or has another content; empty if all is as it should be."""
    absent = missing(folder, files)
    told = [f"{pattern} is missing" for pattern in absent]
    for pattern in files.keys() - absent:
        found = checksum(folder, pattern)
        if found != files[pattern]:
            told.append(f"{pattern} has the sha256 {found}, not {files[pattern]}")
    return "; ".join(sorted(told))


def _several(pattern: str) -> bool:
    return not {"*", "?", "["}.isdisjoint(pattern)


def _content(file: Path) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
