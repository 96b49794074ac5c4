"""Boxes as they lie in files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kdorch
from kdorch.errors import did_you_mean

_COLUMNS = ("image", "x1", "y1", "x2", "y2", "label")
_ID = int | float | str


@dataclass(frozen=True)
class Box:
    """One box.

    Attributes:
        edges: Left, top, right, bottom, in pixels of the image's file.
        label: What it is.
        where: The file, and the line or number, for messages.
    """

    edges: tuple[float, ...]
    label: str
    where: str


@dataclass
class Annotations:
    """What a file says.

    Attributes:
        boxes: Those of each image, by its name; images without boxes are there too.
        labels: Names of the classes, in their order.
        notes: What was left out.
    """

    boxes: dict[str, list[Box]] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(file: Path) -> Annotations:
    """Return what a COCO JSON or a CSV file says.

    Raises:
        DataError: With the file and the place in it where something is wrong.
    """
    found = _read_json(file) if file.suffix.lower() == ".json" else _read_csv(file)
    if not found.labels:
        raise kdorch.DataError(f"{file} has no boxes. Name the file that has them.")
    return found


def _read_csv(file: Path) -> Annotations:
    found = Annotations()
    for line, cells in _lines(file):
        where = f"{file}, line {line}"
        if not cells["image"]:
            raise kdorch.DataError(f"{where}: the column image is empty. Write the image's name.")
        boxes = found.boxes.setdefault(cells["image"], [])
        if any(cells[name] for name in _COLUMNS[1:]):
            edges = tuple(_number(cells[name], where, name) for name in _COLUMNS[1:5])
            if not cells["label"]:
                raise kdorch.DataError(f"{where}: the box has no label. Write what it is.")
            boxes.append(Box(edges, cells["label"], where))
    found.labels = sorted({box.label for boxes in found.boxes.values() for box in boxes})
    return found


def _lines(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            names = reader.fieldnames or []
            for name in _COLUMNS:
                if name not in names:
                    near = did_you_mean(name, names)
                    raise kdorch.DataError(f"{file} has no column {name!r}. {near}".rstrip())
            for cells in reader:
                yield reader.line_num, {name: (cells[name] or "").strip() for name in _COLUMNS}
    except (UnicodeDecodeError, csv.Error) as error:
        raise kdorch.DataError(f"{file} cannot be read as a CSV file: {error}.") from error


def _read_json(file: Path) -> Annotations:
    images, categories, annotations = _tables(file)
    names = _by_id(images, "file_name", f"{file}, images")
    labels = _by_id(categories, "name", f"{file}, categories")
    found = Annotations({name: [] for name in names.values()})
    crowds = 0
    for place, each in enumerate(annotations):
        where = f"{file}, annotations[{place}]"
        if each.get("iscrowd"):
            crowds += 1
            continue
        box = each["bbox"]
        if not isinstance(box, list) or len(box) != 4:  # noqa: PLR2004  left, top, width, height
            raise kdorch.DataError(f"{where}: bbox is {box!r}. Write [left, top, width, height].")
        left, top, width, height = (_number(value, where, "bbox") for value in box)
        name = _known(each["image_id"], names, where, "image_id", "images")
        label = _known(each["category_id"], labels, where, "category_id", "categories")
        found.boxes[name].append(Box((left, top, left + width, top + height), label, where))
    used = {box.label for boxes in found.boxes.values() for box in boxes}
    found.labels = [label for label in dict.fromkeys(labels.values()) if label in used]
    if crowds:
        found.notes.append(f"boxes of crowds left out: {crowds:,}")
    return found


def _tables(file: Path) -> tuple[list[dict[str, Any]], ...]:
    """Return images, categories and annotations, each with the keys that it needs."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise kdorch.DataError(f"{file} is not JSON: {error}.") from error
    keys = {
        "images": ("id", "file_name"),
        "categories": ("id", "name"),
        "annotations": ("image_id", "category_id", "bbox"),
    }
    for table, needed in keys.items():
        rows = content.get(table) if isinstance(content, dict) else None
        if not isinstance(rows, list):
            raise kdorch.DataError(f"{file} has no list of {table}. Write it as COCO does.")
        for place, row in enumerate(rows):
            missing = [key for key in needed if not isinstance(row, dict) or key not in row]
            if missing:
                raise kdorch.DataError(f"{file}, {table}[{place}] has no {missing[0]!r}.")
    return tuple(content[table] for table in keys)


def _by_id(rows: list[dict[str, Any]], what: str, where: str) -> dict[Any, str]:
    """Return the names of images or categories."""
    names: dict[Any, str] = {}
    for place, row in enumerate(rows):
        key = row["id"]
        if not isinstance(key, _ID):
            raise kdorch.DataError(f"{where}[{place}]: id is {key!r}, neither a number nor text.")
        if key in names:
            raise kdorch.DataError(f"{where}[{place}]: id {key!r} is there already. Each needs its own.")
        names[key] = str(row[what])
    return names


def _known(key: Any, names: dict[Any, str], where: str, what: str, table: str) -> str:
    if not isinstance(key, _ID) or key not in names:
        raise kdorch.DataError(f"{where}: {what} {key!r} is none of the {table}.")
    return names[key]


def _number(value: Any, where: str, name: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise kdorch.DataError(f"{where}: {name} is {value!r}, not a number.") from None
