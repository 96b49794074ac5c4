"""Read a study file: YAML 1.2, where ``1e-4`` is a number and ``on`` is a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from kdorch.errors import Problem, StudyError, did_you_mean


@dataclass(frozen=True)
class Source:
    """A study as written: plain values, and where each key stands."""

    name: str
    tree: dict[str, Any]
    marked: Any = None

    def line(self, path: str) -> int | None:
        """Return the line of a dotted path, or of the nearest key above it."""
        found, node = None, self.marked
        for key in path.split("."):
            if not hasattr(node, "lc") or not isinstance(node, Mapping):
                break
            # Keys may hold dots themselves, as under tune: try the longest rest first.
            whole = path[path.find(key) :] if node is not self.marked else key
            key = whole if whole in node else key  # noqa: PLW2901
            if key not in node:
                break
            found, node = node.lc.key(key)[0] + 1, node[key]
        return found


def read(path: str | Path, overrides: Sequence[str] = ()) -> Source:
    """Read a file and apply assignments such as ``train.epochs=5``.

    Raises:
        StudyError: If it is not a file with a YAML mapping, or an assignment makes no sense.
    """
    path = Path(path)
    marked = _parse(_text(path), str(path))
    if not isinstance(marked, Mapping):
        what = "the file is empty" if marked is None else f"a study is a mapping of keys, not {type(marked).__name__}"
        raise StudyError([Problem("", what, "Start with name:, data:, teacher:, student:, losses:.")], str(path))
    tree = plain(marked)
    for assignment in overrides:
        _assign(tree, assignment)
    return Source(str(path), tree, marked)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        files = [file.name for file in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        problem = Problem("", "no such file.", did_you_mean(path.name, files))
    except IsADirectoryError:
        files = [file.name for file in path.glob("*.y*ml")]
        problem = Problem("", "this is a directory.", f"Studies in it: {', '.join(sorted(files)) or 'none'}.")
    except UnicodeDecodeError as error:
        problem = Problem("", f"this is not text in UTF-8 ({error.reason} at byte {error.start}).")
    except OSError as error:
        problem = Problem("", f"it cannot be read: {error.strerror}.")
    raise StudyError([problem], str(path))


def _parse(text: str, source: str) -> Any:
    try:
        return YAML(typ="rt").load(text)
    except DuplicateKeyError as error:
        what = str(error.problem).partition(" with value")[0]
        problem = Problem("", f"{what} twice.", "Keep one.", error.problem_mark.line + 1)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        problem = Problem("", f"this is not YAML: {error.problem or error.context}", line=line)
    except (YAMLError, ValueError) as error:
        problem = Problem("", f"this is not YAML: {error}")
    raise StudyError([problem], source)


def plain(value: Any) -> Any:
    """Return ruamel's annotated values as the plain Python values they stand for."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _assign(tree: dict[str, Any], assignment: str) -> None:
    path, equals, text = assignment.partition("=")
    if not equals or not path:
        raise StudyError([Problem(assignment, "write path=value, as in train.epochs=5.")], "--set")
    value = plain(_parse(text, "--set"))
    *parents, last = path.split(".")
    node: Any = tree
    for depth, key in enumerate(parents):
        # Under tune and the metrics, the rest of the path is one key.
        if depth == 1 and parents[0] in ("tune", "objectives", "limits"):
            last = ".".join(path.split(".")[1:])
            break
        node = node.setdefault(key, {})
        if not isinstance(node, dict):
            where = ".".join(parents[: depth + 1])
            raise StudyError([Problem(path, f"{where} is {node!r}, which holds no keys.")], "--set")
    node[last] = value
