"""Write the beginnings of a plugin: a distribution that installs, is found, runs and passes its tests.

The templates are such distributions themselves, of a plugin called ``placeholder``: what every kind has, and
what is of one kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path

from kdorch.discovery import Plugins
from kdorch.errors import ArgumentError

KINDS = ("loss", "student", "teacher", "dataset")

_TEMPLATES = Path(__file__).parent / "templates"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 40


def write(folder: Path, kind: str, name: str, plugins: Plugins) -> list[Path]:
    """Write a distribution with one plugin.

    Args:
        folder: A directory that is empty or not there yet.
        kind: One of `KINDS`.
        name: How studies will name the plugin.
        plugins: What is installed, whose names are taken.

    Returns:
        The files, from the directory.

    Raises:
        ArgumentError: If the name cannot be used, or the directory holds something; nothing is written then.
    """
    _refuse(folder, kind, name, plugins)
    words = {
        "kdorch-placeholder": f"kdorch-{name.replace('_', '-')}",
        "placeholder": name,
        "Placeholder": _class(name),
        "KIND": kind,
    }
    files = {Path(_filled(str(path), words)): _filled(text, words) for path, text in _template(kind)}
    try:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ArgumentError(f"{folder} cannot be written to: {error.strerror}.") from error
    return sorted(files)


def _refuse(folder: Path, kind: str, name: str, plugins: Plugins) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        better = re.sub(r"[^a-z0-9]+", "_", name.casefold()).lstrip("_0123456789")[:_LONGEST].rstrip("_")
        form = f"lower-case letters, digits and _, beginning with a letter, at most {_LONGEST}"
        raise ArgumentError(f"--name: {form}, as in {better or 'sharp'}, not {name!r}.")
    if name in plugins.registries[kind]:
        owner = plugins.origin(kind, name)
        raise ArgumentError(f"--name: there is a {kind} {name!r} already, of {owner}. Choose another name.")
    if find_spec(f"kdorch_{name}"):
        raise ArgumentError(f"--name: there is a module kdorch_{name} already. Choose another name.")
    if iskeyword(_class(name)) or any(_means(_class(name), text) for _, text in _template(kind)):
        raise ArgumentError(f"--name: its class would be called {_class(name)}, which is taken.")
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise ArgumentError(f"{folder} is there already. Choose another directory: nothing is overwritten.")


def _means(word: str, text: str) -> bool:
    return re.search(rf"\b{word}\b", text) is not None


def _template(kind: str) -> Iterator[tuple[Path, str]]:
    """Yield path and text of each file; installers add compiled modules, which are not ours."""
    for root in (_TEMPLATES / "every", _TEMPLATES / kind):
        for file in sorted(root.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                path = file.relative_to(root)
                path = Path(".gitignore") if path.name == "gitignore" else path
                yield path, file.read_text(encoding="utf-8")


def _filled(text: str, words: dict[str, str]) -> str:
    for word, right in words.items():
        text = text.replace(word, right)
    return text


def _class(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
