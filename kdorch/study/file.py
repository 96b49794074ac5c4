"""Read a study file: YAML 1.2, where ``1e-4`` is a number and ``on`` is a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import TaggedScalar
from ruamel.yaml.scalarbool import ScalarBoolean

from kdorch.errors import Problem, StudyError, did_you_mean, shown
from kdorch.study.bounds import joined
from kdorch.study.syntax import parse

_SET = "--set"
_FLAT = ("tune", "objectives", "limits")  # sections whose keys are paths and metrics: dots do not nest there


@dataclass(frozen=True)
class Source:
    """A study as written: plain values, where each key stands, and what ``--set`` put in its place.

    Attributes:
        name: The file's path.
        tree: What it says.
        marked: The same with the lines where it stands.
        overridden: Paths that ``--set`` assigned to.
    """

    name: str
    tree: dict[str, Any]
    marked: Any = None
    overridden: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The directory of the file."""
        return Path(self.name).resolve().parent

    def sets(self, path: str) -> bool:
        """Return whether ``--set`` assigned to a dotted path, or to a key above it."""
        new = {other.partition(".")[0] for other in self.overridden} - set(self.marked or ())
        return path in new or any(f"{path}.".startswith(f"{other}.") for other in self.overridden)

    def line(self, path: str) -> int | None:
        """Return the line of a dotted path, or of the nearest key above it."""
        if self.sets(path):
            return None
        found, node, rest = None, self.marked, path
        while rest and (step := _step(node, rest)):
            key, length = step
            found, node, rest = _line(node, key) or found, node[key], rest[length + 1 :]
        return found


def _step(node: Any, path: str) -> tuple[Any, int] | None:
    """Return the key that a dotted path begins with, and how much of the path it is: keys may hold dots."""
    if isinstance(node, Mapping):
        keys = [key for key in node if f"{path}.".startswith(f"{key}.")]
        key = max(keys, key=lambda key: len(str(key)), default=None)
        return None if key is None else (key, len(str(key)))
    head = path.partition(".")[0]
    index = _index(node, head) if isinstance(node, list) else None
    return None if index is None else (index, len(head))


def _index(items: list[Any], key: str) -> int | None:
    """Return where a list holds an item; options of a choice go by their plugin's name too."""
    names = [str(item["use"]) if isinstance(item, Mapping) and "use" in item else None for item in items]
    return next((index for index, name in enumerate(names) if key in (str(index), name)), None)


def _line(node: Any, key: Any) -> int | None:
    known = getattr(node, "lc", None)  # lists with a tag of their own have none
    place = (known.data or {}).get(key) if known else None  # keys that were merged in have no place
    return place[0] + 1 if place else None


def read(path: str | Path, overrides: Sequence[str] = ()) -> Source:
    """Read a file and apply assignments such as ``train.epochs=5``.

    Raises:
        StudyError: If it is not a file with a YAML mapping, or an assignment makes no sense.
    """
    path = Path(path)
    marked = parse(_text(path), str(path), "the file")
    if not isinstance(marked, Mapping):
        what = "is empty." if marked is None else f"should be a mapping of keys, not {shown(plain(marked))}."
        hint = "Start with name:, data:, teacher:, student:, losses:, objectives:."
        raise StudyError([Problem("the file", what, hint)], str(path))
    tree, problems = plain(marked), []
    for assignment in overrides:
        try:
            assign(tree, assignment)
        except StudyError as error:
            problems += [replace(problem, line=None) for problem in error.problems]
    if problems:
        raise StudyError(problems, _SET)
    return Source(str(path), tree, marked, tuple(each.partition("=")[0].strip() for each in overrides))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        files = [file.name for file in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        problem = Problem("the file", "does not exist.", did_you_mean(path.name, files))
    except IsADirectoryError:
        files = sorted(file.name for file in path.glob("*.y*ml"))
        problem = Problem("the file", "is a directory.", f"Studies in it: {', '.join(files) or 'none'}.")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = Problem("the file", f"is not text in UTF-8 ({error.reason}).", "Save it as UTF-8.", line)
    except OSError as error:
        problem = Problem("the file", f"cannot be read: {error.strerror}.")
    raise StudyError([problem], str(path))


def plain(value: Any) -> Any:
    """Return ruamel's annotated values as the plain Python values they stand for."""
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | Set):
        return [plain(item) for item in value]
    if isinstance(value, str | TaggedScalar):  # the latter for !!str 3, for one
        return joined(str(getattr(value, "value", value)))
    if isinstance(value, ScalarBoolean):  # of an anchor; an int by descent
        return bool(value)
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    return str(value) if isinstance(value, date) else value  # YAML 1.2 knows no dates


def descend(node: Any, key: str) -> Any:
    """Return what stands under a key, or None; the options of a choice also stand under the choice itself."""
    if isinstance(node, list):
        index = _index(node, key)
        return None if index is None else node[index]
    if not isinstance(node, dict):
        return None
    return node[key] if key in node else descend(node.get("any"), key)


def assign(tree: dict[str, Any], assignment: str) -> None:
    """Carry out an assignment such as ``train.epochs=5`` in a tree of plain values.

    Raises:
        StudyError: If it is none, or leads to something that holds no keys.
    """
    path, equals, text = assignment.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise StudyError([Problem(shown(assignment), "write path=value, as in train.epochs=5.")], _SET)
    value = plain(parse(text, _SET, f"the value of {path}"))
    if keys[0] in _FLAT and len(keys) > 1:
        keys = [keys[0], ".".join(keys[1:])]
    node: Any = tree
    for depth, key in enumerate(keys[:-1], start=1):
        below = descend(node, key)
        if below is None and isinstance(node, dict) and node:  # of two levels that are new, one is misspelt
            below = node[key] = {}
        if not isinstance(below, dict | list):
            raise StudyError([Problem(path, _dead_end(keys[:depth], below))], _SET)
        node = below
    if not isinstance(node, dict):
        raise StudyError([Problem(path, _dead_end(keys[:-1], node))], _SET)
    node[keys[-1]] = value


def _dead_end(keys: list[str], value: Any) -> str:
    if value is None:
        return f"{'.'.join(keys[:-1])} has no {keys[-1]!r}."
    return f"{'.'.join(keys)} is {shown(plain(value))}, which holds no keys."
