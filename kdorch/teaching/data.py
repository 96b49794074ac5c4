"""A dataset, split, prepared and stored as arrays that trials open without loading anything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from safetensors.torch import save_file
from torch import nn

from kdorch.errors import DataError
from kdorch.kinds import Columns, Dataset
from kdorch.study import Split
from kdorch.teaching.store import Entry, Store, digest

ALGORITHM = 1  # raise it when the same dataset and split would be stored differently
_CHUNK = 4096
_EXAMPLES = 16
_NUMBERS = "biuf"  # numpy's letters for bool, integers and floats
SPLITS = ("train", "validation", "test")


def prepare(store: Store, dataset: Dataset, origin: str, split: Split) -> Entry:
    """Load a dataset, divide it, and store each part, once.

    The entry holds ``<split>/inputs.npy`` (prepared), ``targets.npy`` and ``rows.npy`` for each split,
    ``example.npy`` (a few raw training inputs) and ``preprocessing.safetensors``.

    Args:
        store: Where to store it.
        dataset: What to load.
        origin: Who offers the dataset (`Plugins.origins`).
        split: How to divide it.

    Raises:
        DataError: If the rows cannot be used or divided.
    """
    columns = dataset.load()
    _validate(columns, dataset)
    content = _content_digest(columns)
    key = {
        "dataset": dataset.store_key(),
        "origin": origin,
        "content": content,
        "split": split.model_dump(),
        "algorithm": ALGORITHM,
    }
    return store.make("data", key, lambda folder: _write(folder, dataset, columns, split, content))


def _validate(columns: Columns, dataset: Dataset) -> None:
    counts = {"inputs": len(columns.inputs), "targets": len(columns.targets)}
    if columns.rows is not None:
        counts["rows"] = len(columns.rows)
    if len(set(counts.values())) > 1:
        raise DataError(f"dataset {dataset.name!r}: its columns differ in length: {counts}.")
    if not len(columns.inputs):
        raise DataError(f"dataset {dataset.name!r} has no rows.")
    for name, column in (("inputs", columns.inputs), ("targets", columns.targets)):
        if column.dtype.kind not in _NUMBERS:
            raise DataError(f"dataset {dataset.name!r}: {name} are {column.dtype}; they must be numbers.")
        if np.issubdtype(column.dtype, np.floating) and not np.isfinite(column).all():
            raise DataError(f"dataset {dataset.name!r}: {name} contain NaN or infinity.")
    if columns.rows is not None and len(np.unique(columns.rows)) < len(columns.rows):
        raise DataError(f"dataset {dataset.name!r}: row ids repeat.")
    complaint = columns.task.complaint(columns.targets)
    if complaint:
        raise DataError(f"dataset {dataset.name!r}: {complaint}")


def _content_digest(columns: Columns) -> str:
    found = sha256(digest(columns.task.model_dump()).encode())
    for column in (columns.inputs, columns.targets, columns.rows):
        if column is not None:
            found.update(f"{column.dtype} {column.shape}".encode())
            found.update(np.ascontiguousarray(column).data)
    return found.hexdigest()[:32]


def _write(folder: Path, dataset: Dataset, columns: Columns, split: Split, content: str) -> dict[str, Any]:
    parts = _divide(columns, split, dataset)
    rows = np.arange(len(columns.targets)) if columns.rows is None else columns.rows
    raw = torch.from_numpy(np.ascontiguousarray(columns.inputs[parts["train"]]))
    preprocessing = dataset.preprocess(raw).eval()
    save_file(
        {name: tensor.contiguous() for name, tensor in preprocessing.state_dict().items()},
        folder / "preprocessing.safetensors",
    )
    np.save(folder / "example.npy", raw[:_EXAMPLES].numpy())
    shape: tuple[int, ...] = ()
    for name, chosen in parts.items():
        (folder / name).mkdir()
        shape = _write_inputs(folder / name / "inputs.npy", columns.inputs, chosen, preprocessing)
        np.save(folder / name / "targets.npy", _plain_targets(columns.targets[chosen]))
        np.save(folder / name / "rows.npy", rows[chosen].astype(np.int64))
    task = columns.task.model_copy(update={"input_shape": shape})
    return {
        "content": content,
        "task": task.model_dump(),
        "rows": {name: len(chosen) for name, chosen in parts.items()},
        "raw": {"dtype": str(columns.inputs.dtype), "shape": list(columns.inputs.shape[1:])},
    }


def _divide(columns: Columns, split: Split, dataset: Dataset) -> dict[str, np.ndarray]:
    """Return sorted row positions of each split, stratified by label."""
    from sklearn.model_selection import train_test_split

    held = split.validation + split.test
    everything, labels = np.arange(len(columns.targets)), columns.targets
    rarest, count = min(Counter(labels.tolist()).items(), key=lambda item: item[1])
    if count < len(SPLITS):
        raise DataError(
            f"dataset {dataset.name!r}: label {rarest!r} has {count} rows; each of the 3 splits needs one."
        )
    try:
        train, rest = train_test_split(everything, test_size=held, stratify=labels, random_state=split.seed)
        validation, test = train_test_split(
            rest, test_size=split.test / held, stratify=labels[rest], random_state=split.seed
        )
    except ValueError as error:
        fewest = f"Label {rarest!r} has the fewest rows: {count}."
        raise DataError(f"dataset {dataset.name!r} cannot be split as asked: {error} {fewest}") from error
    return {name: np.sort(part) for name, part in zip(SPLITS, (train, validation, test), strict=True)}


def _write_inputs(
    path: Path, inputs: np.ndarray, chosen: np.ndarray, preprocessing: nn.Module
) -> tuple[int, ...]:
    """Write prepared inputs chunk by chunk, so that they never have to fit in memory; return their shape."""
    stored: np.memmap[Any, Any] | None = None
    for start, prepared in _prepared(inputs, chosen, preprocessing):
        if stored is None:
            stored = open_memmap(
                path, mode="w+", dtype=prepared.dtype, shape=(len(chosen), *prepared.shape[1:])
            )
        stored[start : start + len(prepared)] = prepared
    assert stored is not None  # noqa: S101  a split is never empty
    stored.flush()
    return tuple(stored.shape[1:])


@torch.no_grad()
def _prepared(
    inputs: np.ndarray, chosen: np.ndarray, preprocessing: nn.Module
) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(chosen), _CHUNK):
        raw = np.ascontiguousarray(inputs[chosen[start : start + _CHUNK]])
        prepared = preprocessing(torch.from_numpy(raw))
        if not torch.isfinite(prepared).all():
            raise DataError("the dataset's preprocessing turns finite inputs into NaN or infinity.")
        yield start, prepared.numpy()


def _plain_targets(targets: np.ndarray) -> np.ndarray:
    whole = np.issubdtype(targets.dtype, np.integer) or targets.dtype == bool
    return targets.astype(np.int64 if whole else np.float32)
