"""Which code is behind a name, read from its files: nothing is imported, so nothing of it runs."""

from __future__ import annotations

import ast
import json
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import packages_distributions, version
from importlib.util import resolve_name
from itertools import accumulate
from pathlib import Path

_INSTALLED = {"site-packages", "dist-packages"}


@dataclass(frozen=True)
class Place:
    """Where a module would be imported from.

    Attributes:
        name: Its dotted name.
        file: Its file; None for a namespace, and for what is built into Python.
        folders: Where its own modules lie; None if it is no package.
    """

    name: str
    file: Path | None
    folders: tuple[str, ...] | None

    def read(self) -> bytes:
        """Return what is in the file; empty where none can be read."""
        with suppress(OSError):
            return self.file.read_bytes() if self.file else b""
        return b""

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.name.rpartition(".")[0] if self.folders is None else self.name

    @property
    def has_version(self) -> bool:
        """Whether it lies where installers put libraries."""
        return self.file is not None and not _INSTALLED.isdisjoint(self.file.parts)

    @property
    def is_library(self) -> bool:
        """Whether it is installed, Python's, or ours."""
        top = self.name.partition(".")[0]
        return top == "kdorch" or top in sys.stdlib_module_names or self.has_version


def digest(module: str) -> str:
    """Return the digest of a module and of all own modules that it imports; empty if there is no such module.

    Own is what is not installed: of a library the version tells all. Where modules lie makes no difference.
    An import inside a function counts; one of a name that is computed is not seen.
    """
    contents: dict[str, str] = {}
    for name, place in _reached(module):
        if name == module or not place.is_library:
            contents[name] = sha256(place.read()).hexdigest() + _version(place)
    return sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest() if module in contents else ""


def libraries(module: str) -> set[str]:
    """Return the distributions of the libraries that a module and its own modules import."""
    tops = {name.partition(".")[0] for name, place in _reached(module) if place.has_version}
    return {name for top in tops for name in _distributions().get(top, [])}


def _reached(module: str) -> Iterator[tuple[str, Place]]:
    """Yield a module and what it imports; of what is not installed, also what that imports in turn."""
    waiting, seen = list(_with_packages(module)), set()
    while waiting:
        name = waiting.pop()
        place = None if name in seen else find(name)
        seen.add(name)
        if place:
            yield name, place
            if name == module or not place.is_library:
                waiting += _imports(place.read(), place.package)


def find(module: str) -> Place | None:
    """Return where a module would be imported from; unlike importlib, without importing its packages."""
    place: Place | None = None
    for name in _with_packages(module):
        place = _below(place, name) if place else _topmost(name)
        if place is None:
            return None
    return place


def parse(content: bytes) -> ast.Module:
    """Return the syntax tree of a module.

    Raises:
        SyntaxError: If it is not Python.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of the user's own strings
            return ast.parse(content)
    except (ValueError, RecursionError, MemoryError) as error:  # of null bytes, and of what is too deep
        raise SyntaxError(str(error) or type(error).__name__) from error


def _with_packages(module: str) -> Iterator[str]:
    return accumulate(module.split("."), "{}.{}".format)


def _topmost(name: str) -> Place | None:
    for finder in sys.meta_path:
        with suppress(Exception):  # a third party's finder can raise anything
            found = finder.find_spec(name, None)
            if found:
                return _place(name, found, sys.path)
    return None


def _below(package: Place, name: str) -> Place | None:
    folders = package.folders or ()
    # By its last word alone: of a whole name, the packages would have to be imported before.
    found = PathFinder.find_spec(name.rpartition(".")[2], folders)
    return _place(name, found, folders) if found else None


def _place(name: str, found: ModuleSpec, above: Iterable[str]) -> Place:
    file = Path(found.origin) if found.has_location and found.origin else None
    folders = found.submodule_search_locations
    if folders is not None and file is None:  # a namespace: asked for its folders, it would import its parent
        tail = name.rpartition(".")[2]
        folders = [str(Path(folder, tail)) for folder in above if Path(folder, tail).is_dir()]
    return Place(name, file, None if folders is None else tuple(folders))


def _version(place: Place) -> str:
    names = _distributions().get(place.name.partition(".")[0], []) if place.has_version else []
    return "".join(f" {name} {version(name)}" for name in sorted({name for name in names if name}))


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())


def _imports(content: bytes, package: str) -> Iterator[str]:
    """Yield every module that an import may name; of ``from a import b``, b may be one."""
    try:
        tree = parse(content)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            with suppress(ImportError):  # beyond the topmost package
                source = resolve_name("." * node.level + (node.module or ""), package)
                names = [source, *(f"{source}.{alias.name}" for alias in node.names)]
        for name in names:
            yield from _with_packages(name)
