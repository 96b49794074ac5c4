"""What the student is shown of the training rows, made once from the study's seed and stored."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator

from kdorch.discovery.code import digest as digest_of_code
from kdorch.kinds import Task
from kdorch.study import Augment, Transfer
from kdorch.teaching.arrays import new_array
from kdorch.teaching.augmenting import changed, try_own
from kdorch.teaching.mixing import mix
from kdorch.teaching.store import Entry, Store
from kdorch.training.rows import stored
from kdorch.training.views import KEPT, LABELLED

ALGORITHM = 1  # raise it when the same rows would be shown otherwise
_CHUNK = 4096
_TRIED = 64  # rows that a function of the study's own is tried on


def make_transfer(
    store: Store, data: Path, task: Task, *, transfer: Transfer, augment: Augment, seed: int
) -> Entry:
    """Choose rows and labels, and make the views, once.

    The entry holds ``kept.npy`` (positions of the rows that are shown, unless all are), ``labelled.npy``
    (which of all training rows have a label, unless all have) and, for each view after the first,
    ``view-N/inputs.npy`` and, with mixup, ``mixed.targets.npy`` and ``mixed.shares.npy``.

    Args:
        store: Where to store it.
        data: Directory of the stored dataset.
        task: What is learnt.
        transfer: Which rows and labels.
        augment: Which views.
        seed: Of all that is drawn.

    Raises:
        PluginError: If a function of the study's own does not do what it should.
    """
    key = {
        "data": data.name,
        "transfer": transfer.model_dump(),
        "augment": augment.model_dump(),
        "code": code(augment),
        "seed": seed,
        "algorithm": ALGORITHM,
    }

    def write(folder: Path) -> dict[str, Any]:
        started = time.perf_counter()
        columns = stored(data / "train")
        kept, labelled = _choose(columns, task, transfer, seed)
        if len(kept) < len(labelled):
            np.save(folder / KEPT, kept)
        if not labelled.all():
            np.save(folder / LABELLED, labelled)
        for number in range(2, augment.views + 1):
            view = folder / f"view-{number}"
            view.mkdir()
            _write_view(view, columns["inputs"], kept, augment, _seed(seed, number))
            if augment.mixup:
                own = _seed(seed, number)
                mix(view, columns["targets"][kept], labelled[kept], augment.mixup, own)
        return {
            "rows": len(kept),
            "omitted": len(labelled) - len(kept),
            "labels": int(labelled[kept].sum()),
            "views": augment.views,
            "bytes": sum(file.stat().st_size for file in folder.rglob("*.npy")),
            "seconds": time.perf_counter() - started,
        }

    return store.make("transfer", key, write)


def code(augment: Augment) -> str:
    """Return a digest of the code behind the study's own function."""
    return digest_of_code(augment.target.partition(":")[0]) if augment.target else ""


def _seed(seed: int, view: int) -> int:
    """Return the seed of one view, unlike those of all others."""
    return int(np.random.SeedSequence((seed, view)).generate_state(1)[0])


def _choose(
    columns: dict[str, np.ndarray], task: Task, transfer: Transfer, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the rows that are shown, and of all training rows which have a label."""
    targets = np.asarray(columns["targets"])
    labelled = np.array(columns.get("labelled", np.ones(len(targets), bool)))
    names = getattr(task, "labels", ())
    omitted = np.zeros(len(targets), bool)
    if transfer.omit:  # of a classification: other targets have a column for each output
        omitted = labelled & np.isin(targets, [names.index(name) for name in transfer.omit])
    strata = task.strata(targets)
    kept = np.flatnonzero(~omitted)
    if transfer.rows is not None:
        kept = np.sort(_some(kept, strata, transfer.rows, seed))
    if transfer.labels is not None:
        chosen = _some(kept[labelled[kept]], strata, transfer.labels, seed)
        labelled = np.zeros(len(targets), bool)
        labelled[chosen] = True
    return kept, labelled


def _some(rows: np.ndarray, strata: np.ndarray | None, count: int, seed: int) -> np.ndarray:
    """Return so many of these rows, by their strata if they have such."""
    chosen = _spread(np.zeros(len(rows)) if strata is None else strata[rows], count, seed)
    return np.asarray(rows[chosen])


def _spread(strata: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return positions of that many rows: one of each stratum, then of each its share."""
    order = np.random.default_rng(seed).permutation(len(strata))
    turns = np.empty(len(strata))
    for stratum in np.unique(strata):
        places = order[strata[order] == stratum]
        turns[places] = np.arange(len(places)) / len(places)
    return order[np.argsort(turns[order], kind="stable")[:count]]


def _write_view(folder: Path, inputs: np.ndarray, kept: np.ndarray, augment: Augment, seed: int) -> None:
    generator = Generator().manual_seed(seed)
    view: np.memmap[Any, Any] | None = None
    for start in range(0, len(kept), _CHUNK):
        rows = torch.from_numpy(inputs[kept[start : start + _CHUNK]])
        made = changed(rows, augment, generator).numpy()
        if view is None:
            shape = (len(kept), *made.shape[1:])
            view = new_array(folder / "inputs.npy", made.dtype, shape)
        view[start : start + len(made)] = made
    assert view is not None  # noqa: S101  there are always rows to show
    view.flush()


def try_augment(data: Path, augment: Augment, seed: int) -> None:
    """Try the changes on a few rows.

    Raises:
        PluginError: If a function of the study's own does not do what it should.
    """
    inputs = np.array(stored(data / "train")["inputs"][:_TRIED])
    try_own(torch.from_numpy(inputs), augment, seed)
