"""What models from elsewhere say, as the logits of a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import kdorch
from kdorch.builtin.teachers.fields import Answers
from kdorch.errors import reason

if TYPE_CHECKING:
    from torch import Tensor

FLOOR = 1e-7
"""Probabilities below this count as this, so that no logarithm is below -16.2."""

_SUM = 0.02  # how far the sum of a row's probabilities may be from 1: whoever wrote them may have rounded


def as_logits(task: kdorch.Task, said: Any, answers: Answers, rows: Sequence[int] | Tensor) -> Tensor:
    """Return answers as the logits of a task.

    The logits of classes are log p, those of labels that may all be there log p - log(1 - p), with p no
    closer to 0 or 1 than `FLOOR`. Numbers of a regression are taken in the units of the dataset, whatever
    ``answers`` says.

    Args:
        task: What is answered.
        said: Shape (rows, *task.output_shape).
        answers: What it is.
        rows: Ids, for messages.

    Raises:
        DataError: If there is not one number for each row and output, or rows are no distributions.
    """
    from torch import from_numpy

    found = np.asarray(said, dtype=np.float64)
    wanted = (len(rows), *task.output_shape)
    if found.shape != wanted:
        raise kdorch.DataError(
            f"the teacher answers {len(rows):,} rows with shape {found.shape}; the task needs {wanted}, one "
            "number for each of its outputs."
        )
    regression = task.decoder() is not None
    if answers == "probabilities" and not regression:
        check_finite(found, rows)
        found = (
            _from_labels(found, rows) if isinstance(task, kdorch.Multilabel) else _from_classes(found, rows)
        )
    with np.errstate(over="ignore"):
        logits = task.encode(found) if regression else found.astype(np.float32)
    check_finite(logits, rows)
    return from_numpy(logits)


def check_finite(said: NDArray[Any], rows: Sequence[int] | Tensor) -> None:
    """Refuse answers that are no numbers.

    Raises:
        DataError: With their number and the first row.
    """
    _refuse(~np.isfinite(said).reshape(len(said), -1).all(1), rows, "hold NaN or infinity")


def _from_labels(said: NDArray[Any], rows: Sequence[int] | Tensor) -> NDArray[Any]:
    _refuse(np.any((said < 0) | (said > 1), axis=1), rows, "hold a probability below 0 or above 1")
    safe = said.clip(FLOOR, 1 - FLOOR)
    logits: NDArray[Any] = np.log(safe) - np.log1p(-safe)
    return logits


def _from_classes(said: NDArray[Any], rows: Sequence[int] | Tensor) -> NDArray[Any]:
    _refuse(np.any(said < 0, axis=1), rows, "hold a negative probability")
    sums = said.sum(1, keepdims=True)
    wrong = (abs(sums - 1) > _SUM)[:, 0]
    first = f" ({sums[wrong.argmax(), 0]:.3g})" if wrong.any() else ""
    _refuse(wrong, rows, f"do not sum to 1{first}, as probabilities do; are they logits?")
    logits: NDArray[Any] = np.log((said / sums).clip(FLOOR))
    return logits


def _refuse(wrong: NDArray[Any], rows: Sequence[int] | Tensor, what: str) -> None:
    if wrong.any():
        raise kdorch.DataError(
            f"the teacher's answers to {int(wrong.sum()):,} of {len(rows):,} rows {what.rstrip('.')}"
            f"{'' if what.endswith('?') else '.'} The first is row {int(rows[int(wrong.argmax())])}."
        )


def in_order(known: Sequence[str], task: kdorch.Task) -> list[int]:
    """Return where each output of the task stands among a model's labels.

    Raises:
        DataError: If they are not the same labels.
    """
    wanted = [str(label) for label in getattr(task, "labels", ())]
    if sorted(known) != sorted(wanted):
        missing, more = (", ".join(sorted(set(a) - set(b))) for a, b in ((wanted, known), (known, wanted)))
        told = [f"it does not know {missing}"] * bool(missing) + [f"it knows {more} besides"] * bool(more)
        why = "; ".join(told) or "some stand there twice"
        raise kdorch.DataError(f"the teacher's labels are not those of the dataset: {why}.")
    return [list(known).index(label) for label in wanted]


def ask(call: Callable[[Any], Any], inputs: Any, task: kdorch.Task) -> Any:
    """Return what a foreign model answers: an array, columns in the order of the task where they are named.

    Raises:
        DataError: If it fails.
    """
    try:
        said = call(inputs)
    except Exception as error:
        shape = tuple(inputs.shape)
        raise kdorch.DataError(
            f"the teacher's model fails on inputs of shape {shape}, {inputs.dtype}: {reason(error)}"
        ) from error
    said = getattr(said, "logits", said)
    if hasattr(said, "columns"):  # a table
        names = [str(name) for name in said.columns]
        labels = {str(label) for label in getattr(task, "labels", ())}
        return said.to_numpy()[:, in_order(names, task)] if labels & {*names} else said.to_numpy()
    return said.detach().numpy() if hasattr(said, "detach") else said
