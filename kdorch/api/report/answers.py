"""What the chosen student and its teacher say of the validation rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kdorch.api.results import Results
from kdorch.errors import KdorchError, reason

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

    from kdorch.kinds import Task

_ROWS = 4096  # at once


@dataclass(frozen=True)
class Answers:
    """What they said.

    Attributes:
        who: Which weights of the student, in words.
        task: What was answered.
        rows: Ids of the rows.
        student: Logits.
        teacher: Logits; None if they are not stored.
        targets: What is true, as the task encodes it.
        raw: Returns rows as the dataset ships them.
        columns: Their names, where the data is a table.
    """

    who: str
    task: Task
    rows: np.ndarray
    student: np.ndarray
    teacher: np.ndarray | None
    targets: np.ndarray
    raw: Callable[[np.ndarray], np.ndarray]
    columns: Sequence[str] = ()


def answers_of(results: Results) -> Answers:
    """Rebuild the chosen student, prove that it is the one that was measured, and have it answer.

    Raises:
        KdorchError: If its weights, its code or the stored data are gone, or are not what they were.
    """
    from kdorch.api.shipment import rebuilt
    from kdorch.api.stored import read_store
    from kdorch.api.weights import fetch, where_runs_are
    from kdorch.discovery import importable
    from kdorch.study.space import bind

    row = _weights(results)
    trial = int(row["candidate"] if "candidate" in row else row["trial"])
    with importable(results.record["folders"]):
        stored = read_store(results)
        params = next(each.params for each in results.searched.complete() if each.number == trial)
        part = bind(results.study, params)["student"]
        weights = fetch(row["run_id"], row["weights"], where_runs_are(results))
        _, said = rebuilt(results, part, row, stored, weights)
        data = results.home.store / "data" / results.record["data"]["digest"]
        teacher = _taught(results, data, said.logits)
    return Answers(
        f"trial {trial}" + (f", seed {int(row['seed'])}" if "seed" in row else ""),
        stored.task,
        np.load(data / "validation" / "rows.npy"),
        said.logits.numpy(),
        teacher,
        said.targets.numpy(),
        lambda wanted: _raw(results, wanted),
        [str(column["name"]) for column in results.record["data"]["facts"].get("legend", ())],
    )


def _weights(results: Results) -> pd.Series[Any]:
    """Return the training to look at: of a confirmed student, the best seed on validation rows."""
    chosen = results.choose()
    seeds = results.confirmed_of(int(chosen["trial"]))
    if not len(seeds):
        return chosen
    best = results.study.objectives[results.quality] == "max"
    return seeds.sort_values(results.quality, ascending=not best, kind="stable").iloc[0]


def _taught(results: Results, data: Path, logits: Tensor) -> np.ndarray | None:
    """Return what the teacher said of the same rows, from the store; None if it is not there."""
    import torch

    from kdorch.search.prepare import budget
    from kdorch.training.rows import open_rows
    from kdorch.training.top import widened

    teacher = results.home.store / "teacher" / str(results.record["teacher"]["digest"])
    if not (teacher / "validation" / "logits.npy").exists():
        return None
    said, first = [], 0
    for batch, told in open_rows(data, "validation", teacher, budget=budget(1)).batches(_ROWS):
        last = first + len(batch.rows)
        if told is not None:
            said.append(widened(told, logits[first:last]).logits)
        first = last
    taught = torch.cat(said)
    # Of a teacher whose stored answers each trial weighs by itself, there is no one answer to show.
    return taught.numpy() if taught.shape == logits.shape else None


def _raw(results: Results, rows: np.ndarray) -> np.ndarray:
    """Return rows as the dataset ships them.

    Raises:
        KdorchError: If they cannot be loaded any more.
    """
    import torch

    from kdorch.discovery import importable
    from kdorch.teaching.raw import RawRows

    with importable(results.record["folders"]):
        try:
            return RawRows(results.study.data)(torch.from_numpy(rows)).numpy()
        except KdorchError:
            raise
        except Exception as error:  # a dataset is anybody's code
            raise KdorchError(f"the dataset cannot be loaded: {reason(error)}") from error
