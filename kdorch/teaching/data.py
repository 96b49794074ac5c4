"""A dataset, split, prepared and stored as arrays that trials open without loading anything else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from kdorch.errors import DataError
from kdorch.kinds import Columns, Dataset
from kdorch.study import Split
from kdorch.teaching.arrays import new_array
from kdorch.teaching.cautions import strangeness
from kdorch.teaching.dividing import divide
from kdorch.teaching.store import Entry, Store, digest
from kdorch.teaching.usable import refuse_unusable

ALGORITHM = 2  # raise it when the same dataset and split would be stored differently
_CHUNK = 4096
_AT_ONCE = 2**24  # bytes of raw rows to prepare: on the way they may become ten times as many
_EXAMPLES = 16
_IN_MEMORY = 2**30  # bytes of raw training rows to hold while the preprocessing is fitted


def prepare(store: Store, dataset: Dataset, origin: str, split: Split) -> Entry:
    """Load a dataset, divide it, and store each part, once.

    The entry holds ``<split>/inputs.npy`` (prepared), ``targets.npy`` (encoded), ``rows.npy`` and, where some
    rows have no label, ``labelled.npy``, where some tokens do not count, ``mask.npy``, and where rows belong
    together ``groups.npy`` for each split,
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
    refuse_unusable(columns, dataset.name)
    content = _content_digest(columns)
    key = {
        "dataset": dataset.store_key(),
        "origin": origin,
        "content": content,
        "split": split.model_dump(),
        "algorithm": ALGORITHM,
    } | ({"groups": True} if columns.groups is not None else {})

    def write(folder: Path) -> dict[str, Any]:
        try:
            return _write(folder, dataset, columns, split, content)
        except DataError as error:
            raise DataError(f"dataset {dataset.name!r}: {error}") from error

    return store.make("data", key, write)


def _content_digest(columns: Columns) -> str:
    found = sha256(digest(columns.task.model_dump()).encode())
    for words in (columns.legend, columns.usage):
        if words:
            found.update(digest(words).encode())
    for name, column in vars(columns).items():
        if column is None or name in {"task", "legend", "notes", "usage"}:
            continue
        found.update(f"{column.dtype} {column.shape}".encode())
        for start in range(0, len(column), _CHUNK):
            chunk = np.ascontiguousarray(column[np.arange(start, min(start + _CHUNK, len(column)))])
            found.update(repr(chunk.tolist()).encode() if chunk.dtype.hasobject else chunk.tobytes())
    return found.hexdigest()[:32]


def _write(folder: Path, dataset: Dataset, columns: Columns, split: Split, content: str) -> dict[str, Any]:
    parts = divide(columns, split)
    rows = columns.ids
    labelled = np.ones(len(rows), bool) if columns.labelled is None else columns.labelled
    task = columns.task.fitted(columns.targets[parts["train"][labelled[parts["train"]]]])
    targets = np.where(_beside(labelled, columns.targets), columns.targets, 0)  # a label that is not there
    preprocessing = _preprocessing(folder, dataset, columns.inputs, parts["train"])
    shape: tuple[int, ...] = ()
    for name, chosen in parts.items():
        (folder / name).mkdir()
        shape = _write_inputs(folder / name / "inputs.npy", columns.inputs, chosen, preprocessing, rows)
        encoded = _plain(task.encode(targets[chosen]))
        np.save(folder / name / "targets.npy", encoded)
        np.save(folder / name / "rows.npy", rows[chosen])
        if not labelled.all():
            np.save(folder / name / "labelled.npy", labelled[chosen])
        mask = task.mask(encoded)
        if mask is not None:
            np.save(folder / name / "mask.npy", mask)
        if columns.groups is not None:
            np.save(folder / name / "groups.npy", np.unique(columns.groups, return_inverse=True)[1][chosen])
    task = task.model_copy(update={"input_shape": shape})
    logits = 4 * len(rows) * math.prod(task.output_shape)  # what the teacher's answers will take
    return {
        "content": content,
        "bytes": logits + sum(file.stat().st_size for file in folder.rglob("*.npy")),
        "task": task.model_dump(),
        "rows": {name: len(chosen) for name, chosen in parts.items()},
        "unlabelled": int((~labelled[parts["train"]]).sum()),
        "warnings": strangeness(columns, parts),
        "notes": list(columns.notes),
        "raw": {"dtype": str(columns.inputs.dtype), "shape": list(columns.inputs.shape[1:])},
        "legend": list(columns.legend),
        "usage": columns.usage,
    }


def _beside(labelled: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return labelled.reshape(-1, *[1] * (targets.ndim - 1))


def _preprocessing(folder: Path, dataset: Dataset, inputs: np.ndarray, chosen: np.ndarray) -> nn.Module:
    """Fit the preprocessing on the training rows, from a file where they are too many to be held."""
    aside = folder / "raw.npy"
    if len(chosen) * inputs[chosen[:1]].nbytes <= _IN_MEMORY:
        raw = np.ascontiguousarray(inputs[chosen])
    else:
        raw = new_array(aside, inputs.dtype, (len(chosen), *inputs.shape[1:]))
        for start in range(0, len(chosen), _CHUNK):
            raw[start : start + _CHUNK] = inputs[chosen[start : start + _CHUNK]]
    preprocessing = dataset.preprocess(torch.from_numpy(raw)).eval()
    save_file(
        {name: tensor.contiguous() for name, tensor in preprocessing.state_dict().items()},
        folder / "preprocessing.safetensors",
    )
    np.save(folder / "example.npy", raw[:_EXAMPLES])
    del raw
    aside.unlink(missing_ok=True)
    return preprocessing


def _write_inputs(
    path: Path, inputs: np.ndarray, chosen: np.ndarray, preprocessing: nn.Module, rows: np.ndarray
) -> tuple[int, ...]:
    """Write prepared inputs chunk by chunk, so that they never have to fit in memory; return their shape."""
    stored: np.memmap[Any, Any] | None = None
    for start, prepared in _prepared(inputs, chosen, preprocessing, rows):
        if stored is None:
            stored = new_array(path, prepared.dtype, (len(chosen), *prepared.shape[1:]))
        stored[start : start + len(prepared)] = prepared
    assert stored is not None  # noqa: S101  a split is never empty
    stored.flush()
    return tuple(stored.shape[1:])


@torch.no_grad()
def _prepared(
    inputs: np.ndarray, chosen: np.ndarray, preprocessing: nn.Module, rows: np.ndarray
) -> Iterator[tuple[int, np.ndarray]]:
    step = max(1, min(_CHUNK, _AT_ONCE // inputs[chosen[:1]].nbytes))
    for start in range(0, len(chosen), step):
        part = chosen[start : start + step]
        prepared = preprocessing(torch.from_numpy(np.ascontiguousarray(inputs[part])))
        wrong = ~torch.isfinite(prepared.flatten(1)).all(1)
        if wrong.any():
            row = rows[part[int(wrong.nonzero()[0])]]
            raise DataError(f"the prepared inputs of row {row} are NaN or infinity. {_cause(inputs, rows)}")
        yield start, prepared.numpy()


def _cause(inputs: np.ndarray, rows: np.ndarray) -> str:
    """Say where numbers that are none come from; one of them may spoil a mean, and so every row."""
    for start in range(0, len(inputs), _CHUNK):
        part = np.asarray(inputs[np.arange(start, min(start + _CHUNK, len(inputs)))])
        wrong = ~np.isfinite(part.reshape(len(part), -1)).all(1)
        if wrong.any():
            row = rows[start + int(wrong.argmax())]
            return f"In the source, row {row} is the first that has some: mend it, or leave it out."
    return "In the source every row is finite, so the preprocessing makes them."


def _plain(targets: np.ndarray) -> np.ndarray:
    whole = np.issubdtype(targets.dtype, np.integer) or targets.dtype == bool
    return targets.astype(np.int64 if whole else np.float32)
