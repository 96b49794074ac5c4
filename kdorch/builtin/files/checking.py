"""What is wrong with a study's ``data: {use: files}``, as far as names and headers tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import kdorch
from kdorch.builtin.files.division import DIVISION
from kdorch.builtin.files.reading import TABLES, header
from kdorch.errors import did_you_mean

if TYPE_CHECKING:
    from kdorch.builtin.files.dataset import Files

_FIELDS = {  # beyond path and task, by what lies at the path
    "table": {
        "target",
        "features",
        "ignore",
        "categories",
        "missing",
        "image",
        "size",
        "channels",
        *DIVISION,
    },
    "npz": {"target", "features", *DIVISION},
    "npy": {"labels"},
    "folder": {"size", "channels"},
}
_WORDS = {"table": "a table", "npz": "an .npz file", "npy": "an .npy file", "folder": "a folder of images"}


def form(path: Path) -> str:
    """Return what lies there: ``table``, ``npz``, ``npy`` or ``folder``.

    Raises:
        DataError: If it is nothing of the kind.
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        return "folder"
    if not path.exists():
        if not path.parent.is_dir():
            raise kdorch.DataError(f"there is no {path}. Its folder is not there either.")
        beside = [each.name for each in path.parent.iterdir() if each.is_dir() or _readable(each)]
        near = did_you_mean(path.name, beside)
        raise kdorch.DataError(f"there is no {path}. {near if near.startswith('Did') else ''}".rstrip())
    if not path.is_file():
        raise kdorch.DataError(f"{path} is no file, but a pipe or a device, which would be waited for.")
    if _readable(path):
        return "table" if suffix in TABLES else suffix[1:]
    raise kdorch.DataError(
        f"{path} is none of {', '.join(TABLES)} (tables), .npz, .npy (arrays), or a folder of images."
    )


def _readable(path: Path) -> bool:
    return path.suffix.lower() in {*TABLES, ".npz", ".npy"}


def complaints(files: Files) -> dict[str, str]:
    """Return what is wrong, in sentences by field."""
    try:
        kind = form(files.path)
        if kind == "table":
            found = _table(files, header(files.path))
        elif kind == "npz":
            found = _npz(files)
        else:
            found = _npy(files) if kind == "npy" else _folder(files)
        return {**dict(found), **dict(_foreign(files, kind)), **dict(_divisions(files))}
    except kdorch.DataError as error:
        return {"path": str(error)}


def _foreign(files: Files, kind: str) -> Iterator[tuple[str, str]]:
    for name, info in type(files).model_fields.items():
        if name in {"path", "task"} or getattr(files, name) == info.default:
            continue
        if name not in _FIELDS[kind]:
            yield name, f"is not for {_WORDS[kind]}, as {files.path} is one. Remove it."
        elif kind == "table" and name in {"size", "channels"} and not files.image:
            yield name, "is for images; image: says which column names them."


def _divisions(files: Files) -> Iterator[tuple[str, str]]:
    ways = [field for field in ("split", "group", "time") if getattr(files, field)]
    if len(ways) > 1:
        yield ways[1], f"rows are divided by {ways[0]} already. Keep one."


def _table(files: Files, names: list[str]) -> Iterator[tuple[str, str]]:
    if not files.targets_named:
        yield "target", f"is missing: which column of {files.path} is to be predicted? {_listed(names)}"
    uses: dict[str, str] = {}
    for field in ("target", "image", *DIVISION, "features", "ignore", "categories"):
        named = _named(getattr(files, field))
        if twice := next((name for name in named if named.count(name) > 1), None):
            yield field, f"names {twice!r} twice. Keep one."
        for name in named:
            if name not in names:
                yield field, f"{files.path} has no column {name!r}. {did_you_mean(name, names)}"
            elif field != "categories" and uses.setdefault(name, field) != field:
                yield field, f"column {name!r} is the {uses[name]} already."
    if len(files.targets_named) > 1 and files.task == "classification":
        yield (
            "task",
            "a classification has one target. For several write task: multilabel or task: regression.",
        )
    if files.image and files.features:
        yield "features", "an image is all that is learnt from. Remove it, or image."
    from kdorch.builtin.files.table import features

    if files.targets_named and not files.image and not features(files, names):
        yield "features", f"no column of {files.path} is left to learn from."


def _npz(files: Files) -> Iterator[tuple[str, str]]:
    from kdorch.builtin.files.arrays import archive, names

    with archive(files.path) as arrays:
        known = arrays.files
    wrong = False
    for field in ("target", "features", *DIVISION):
        for name in _named(getattr(files, field)):
            if name not in known:
                wrong = True
                yield field, f"{files.path} has no array {name!r}. {did_you_mean(name, known)}"
        if field in {"target", "features"} and len(_named(getattr(files, field))) > 1:
            wrong = True
            yield field, f"{files.path} has one array for this; name one."
    if not wrong:
        names(files, known)


def _npy(files: Files) -> Iterator[tuple[str, str]]:
    if files.labels is None:
        yield "labels", f"is missing: which .npy file has the labels of {files.path}?"
    elif not files.labels.is_file():
        yield "labels", f"there is no file {files.labels}."


def _folder(files: Files) -> Iterator[tuple[str, str]]:
    if not any(each.is_dir() for each in files.path.iterdir()):
        yield "path", f"{files.path} has no sub-folders with images, one for each class."
    if files.task != "classification":
        yield (
            "task",
            "the sub-folders are classes, so it is a classification. For else, list images in a table.",
        )


def _named(value: str | Iterable[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _listed(names: list[str]) -> str:
    return f"It has {', '.join(names[:20])}{' and more' if len(names) > 20 else ''}."  # noqa: PLR2004
