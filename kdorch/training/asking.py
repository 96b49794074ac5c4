"""The teacher's features in a trial: read from the store, or asked for again where they did not fit there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from kdorch.discovery import Plugins
from kdorch.kinds import Batch, Loss, Output, Task, Teacher
from kdorch.kinds.loss import features_read
from kdorch.training.device import answers_there
from kdorch.training.rows import Rows, features_among, stored

IDS = "rows"
Features = Callable[[Batch], Mapping[str, Tensor]]


@dataclass
class Asked:
    """Rows for which the teacher shows features, too.

    Attributes:
        rows: With the teacher's stored logits.
        features: What it shows for a batch.
    """

    rows: Rows
    features: Features

    def __len__(self) -> int:
        return len(self.rows)

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[tuple[Batch, Output | None]]:
        """Yield the batches of ``rows``, features beside the teacher's logits."""
        for batch, told in self.rows.batches(size, order):
            yield batch, told and replace(told, features={**told.features, **self.features(batch)})


class Stored:
    """The features of some rows by their ids, from the store.

    Args:
        folder: Where they lie.
        names: Which; None for all.
        budget: Bytes that may be held in memory.
    """

    def __init__(self, folder: Path, names: Collection[str] | None, budget: int) -> None:
        columns = stored(folder)
        found = features_among(columns)
        chosen = {name: found[name] for name in (found if names is None else sorted(names))}
        held = sum(column.nbytes for column in chosen.values()) <= budget
        self._columns = {name: np.array(column) if held else column for name, column in chosen.items()}
        self._order = np.argsort(columns[IDS])
        self._ids = columns[IDS][self._order]

    def __call__(self, batch: Batch) -> dict[str, Tensor]:
        """Return the features of a batch."""
        places = self._order[np.searchsorted(self._ids, batch.rows.numpy())]
        return {
            name: torch.from_numpy(np.ascontiguousarray(column[places]))
            for name, column in self._columns.items()
        }


class Recomputed:
    """The features of any rows, asked of the teacher without a gradient.

    To be made before a trial's seed is set, as building a teacher may draw random numbers.

    Args:
        teacher: The teacher.
        task: What it answers.
        state: File of its stored state.
        names: Which features; None for all.
    """

    def __init__(self, teacher: Teacher, task: Task, state: Path, names: Collection[str] | None) -> None:
        self._answers = answers_there(lambda: teacher.build(task, load_file(state)))
        self._names = names

    @torch.no_grad()
    def __call__(self, batch: Batch) -> dict[str, Tensor]:
        """Return the features of a batch, in the precision in which they would be stored."""
        shown = self._answers(batch).features
        return {name: shown[name].float() for name in (shown if self._names is None else sorted(self._names))}


def features_of(
    spec: Mapping[str, Any], plugins: Plugins, task: Task, losses: Iterable[Loss]
) -> Callable[[str], Features] | None:
    """Return what shows the features of the rows of a folder (a split or a view); None if no loss reads any.

    Args:
        spec: ``budget``, and ``features``: None, ``stored`` (a directory), or ``teacher`` and ``state``.
        plugins: Where to find the teacher.
        task: What it answers.
        losses: Of the trial.
    """
    names, source = features_read(losses), spec.get("features")
    if not source or (names is not None and not names):
        return None
    return features_from(source, plugins, task, names, spec["budget"])


def features_from(
    source: Mapping[str, Any], plugins: Plugins, task: Task, names: Collection[str] | None, budget: int
) -> Callable[[str], Features]:
    """Return what shows the features of the rows of a folder: from the store, or from the teacher.

    Args:
        source: ``stored`` (a directory), or ``teacher`` and ``state``.
        plugins: Where to find the teacher.
        task: What it answers.
        names: Which features; None for all.
        budget: Bytes of stored ones that may be held in memory.
    """
    if "stored" in source:
        return lambda folder: Stored(Path(source["stored"], folder), names, budget)
    teacher = plugins.part("teacher", source["teacher"])
    asked = Recomputed(teacher, task, Path(source["state"]), names)
    return lambda _: asked
