"""Training rows answered by teachers who have not seen them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kdorch.errors import DataError
from kdorch.kinds import Batch, Output, Task


def folds(task: Task, data: Path, count: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Divide the training rows that have a label into folds of about equal size.

    Each fold has its share of every class, and rows of one group stay together.

    Args:
        task: What is learnt.
        data: Directory of the stored dataset.
        count: How many folds.
        seed: Which random division.

    Yields:
        Row ids of a fold, and the positions of the training rows outside it.

    Raises:
        DataError: If there are fewer groups, or fewer rows of a class, than folds.
    """
    # Here, as it takes half a second, and hardly a study needs it.
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    rows, targets = (np.load(data / "train" / f"{name}.npy") for name in ("rows", "targets"))
    groups, labelled = (_optional(data / "train" / f"{name}.npy") for name in ("groups", "labelled"))
    known = np.arange(len(rows)) if labelled is None else np.flatnonzero(labelled)
    classes = task.strata(targets[known])
    belonging = None if groups is None else groups[known]
    _check_enough(count, classes, belonging, getattr(task, "labels", ()))
    splitter = (StratifiedKFold if belonging is None else StratifiedGroupKFold)(
        count, shuffle=True, random_state=seed
    )
    strata = np.zeros(len(known)) if classes is None else classes
    for _, fold in splitter.split(known, strata, belonging):
        left_out = known[fold]
        shown = np.setdiff1d(np.arange(len(rows)), left_out)
        yield torch.from_numpy(rows[left_out]), torch.from_numpy(shown)


def _optional(file: Path) -> np.ndarray | None:
    return np.load(file) if file.exists() else None


def _check_enough(
    count: int, classes: np.ndarray | None, groups: np.ndarray | None, labels: Sequence[str]
) -> None:
    found = []
    if groups is not None:
        found.append((len(np.unique(groups)), "groups among the training rows"))
    if classes is not None:
        rows = np.bincount(classes, minlength=len(labels))
        rarest = int(rows.argmin())
        found.append((int(rows[rarest]), f"training rows of class {labels[rarest]}"))
    for few, what in found:
        if few < count:
            advice = f"Write cross_fit: {few} or less." if few > 1 else "Leave cross_fit out."
            raise DataError(f"teacher.cross_fit: {count} folds, but only {few} {what}. {advice}")


@dataclass(frozen=True)
class OutOfFold:
    """Answers each row by the teacher who has not seen it.

    Attributes:
        folds: Row ids, each with what answers them.
        others: What answers all other rows.
    """

    folds: Sequence[tuple[Tensor, Callable[[Batch], Output]]]
    others: Callable[[Batch], Output]

    def __call__(self, batch: Batch) -> Output:
        """Return the answers in the order of the batch."""
        teachers = [*(answers for _, answers in self.folds), self.others]
        who = torch.full_like(batch.rows, len(self.folds))
        for number, (rows, _) in enumerate(self.folds):
            who[torch.isin(batch.rows, rows)] = number
        places = {int(number): (who == number).nonzero().squeeze(1) for number in who.unique()}
        said = [teachers[number](_some(batch, place)) for number, place in places.items()]
        order = torch.cat(list(places.values())).argsort()
        features = {
            name: torch.cat([output.features[name] for output in said])[order] for name in said[0].features
        }
        return Output(torch.cat([output.logits for output in said])[order], features)


def _some(batch: Batch, place: Tensor) -> Batch:
    columns = {field.name: getattr(batch, field.name) for field in fields(batch)}
    return replace(batch, **{name: column[place] for name, column in columns.items() if column is not None})
