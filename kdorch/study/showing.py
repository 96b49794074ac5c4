"""Whether that can be made which the student is to be shown of the training rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rich.filesize import decimal

from kdorch.discovery import Plugins
from kdorch.errors import PluginError, Problem, did_you_mean
from kdorch.kinds import Task, Teacher
from kdorch.study.metrics import task_of
from kdorch.study.model import Study
from kdorch.study.storing import answer_bytes
from kdorch.study.transfer import Augment, Transfer
from kdorch.tasks.classification import Classification

if TYPE_CHECKING:
    import numpy as np

_IMAGE = 3  # channels, height, width


def unshowable(sections: Mapping[str, Any], plugins: Plugins) -> Iterator[Problem]:
    """Yield what cannot be shown, whatever the data are; None stands for a section that could not be read."""
    augment, transfer, dataset = (sections.get(name) for name in ("augment", "transfer", "data"))
    if augment and augment.views > 1 and (teacher := sections.get("teacher")):
        yield from _unanswerable(teacher)
    if transfer and transfer.omit and dataset and dataset.tasks:
        with suppress(PluginError):  # of which `unmeasured` speaks
            task = task_of(dataset, plugins)
            if not issubclass(task, Classification):
                yield Problem("transfer.omit", f"only classification has classes to omit, not {task.name}.")


def _unanswerable(teacher: Teacher) -> Iterator[Problem]:
    """Yield why a teacher cannot answer views of the rows."""
    hint = "Use another teacher, or leave augment out."
    if teacher.raw:
        what = f"the teacher {teacher.name!r} takes rows as the dataset ships them, and views are made of"
        yield Problem("augment", f"{what} prepared ones.", hint)
    if teacher.by_rows:
        what = f"the teacher {teacher.name!r} knows its answers by row, so it has none to changed rows."
        yield Problem("augment", what, hint)
    if teacher.folds():
        what = f"of the teacher {teacher.name!r} only one is kept, which has seen every row, so its"
        yield Problem("augment", f"{what} {teacher.folds()} out-of-fold teachers cannot answer views.", hint)


def unshown(study: Study, task: Task, labelled: int, inputs: np.ndarray) -> Iterator[Problem]:
    """Yield what cannot be shown of these data.

    Args:
        study: One that has been checked.
        task: With the shape of inputs and the training rows of each class.
        labelled: Training rows that have a label.
        inputs: Prepared inputs of all training rows; none is read.
    """
    yield from _transfer(study.transfer, task, len(inputs), labelled)
    yield from _augment(study.augment, task, str(inputs.dtype))
    further = study.augment.views - 1
    size = further * (inputs.nbytes + answer_bytes(task, study.store.top) * len(inputs))
    if size > study.store.disk:
        what = f"{further:,} further views of {len(inputs):,} rows and the teacher's answers to them take"
        more = f"{what} {decimal(size)}; store.disk is {decimal(study.store.disk)}."
        yield Problem("augment.views", more, "Write fewer views, or allow more under store.")


def _transfer(transfer: Transfer, task: Task, rows: int, labelled: int) -> Iterator[Problem]:
    counts = dict(zip(task.labels, task.counts, strict=True)) if isinstance(task, Classification) else {}
    for index, name in enumerate(transfer.omit):
        if name not in counts:
            yield Problem(
                f"transfer.omit.{index}", f"there is no class {name!r}.", did_you_mean(name, counts)
            )
    shown = [name for name, count in counts.items() if count and name not in transfer.omit]
    if transfer.omit and not shown:
        yield Problem("transfer.omit", "no class is left to show.", "Leave out at least one of them.")
        return
    omitted = sum(counts.get(name, 0) for name in set(transfer.omit))
    if transfer.rows and transfer.rows > rows - omitted:
        what = f"{transfer.rows:,} rows cannot be shown: there are {rows - omitted:,}."
        yield Problem("transfer.rows", what, "Write fewer, or leave it out.")
    there = min(labelled - omitted, transfer.rows or rows)
    if transfer.labels is None:
        return
    if transfer.labels > there:
        what = f"{transfer.labels:,} labels cannot be kept: {there:,} of the training rows"
        yield Problem("transfer.labels", f"{what} that are shown have one.", "Write fewer, or leave it out.")
    elif transfer.labels < len(shown):
        what = f"{transfer.labels:,} labels are too few for {len(shown):,} classes: each needs one."
        yield Problem("transfer.labels", what, f"Write {len(shown)} or more.")


def _augment(augment: Augment, task: Task, dtype: str) -> Iterator[Problem]:
    shape = task.input_shape
    for field in ("shift", "flip"):
        if getattr(augment, field) and len(shape) != _IMAGE:
            what = f"is for images (channels, height, width), and the inputs here have shape {shape}."
            yield Problem(f"augment.{field}", what, "Use noise, mixup or a function of your own (target).")
        elif getattr(augment, field) and task.located:
            what = f"would move what the labels of {task.name} say is elsewhere."
            yield Problem(f"augment.{field}", what, "Use noise or mixup.")
    if len(shape) == _IMAGE and augment.shift >= min(shape[1:]):
        size = " x ".join(map(str, shape[1:]))
        what = f"an image of {size} pixels would be moved out of sight by {augment.shift}."
        yield Problem("augment.shift", what, "Move it by less.")
    for field in ("noise", "mixup"):
        if getattr(augment, field) and not dtype.startswith("float"):
            what = f"needs inputs that are fractions, and these are {dtype}."
            yield Problem(f"augment.{field}", what, "Use a function of your own (target).")
