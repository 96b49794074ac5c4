"""What decisions, right and wrong, amount to: scores that every trial has.

They are those of torchmetrics. Its import brings SciPy and Matplotlib along, and takes a second of every
study; further scores, which come from there, are paid for by who asks for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_BINS = 15


def shares_by_class(labels: Sequence[str], said: Tensor, right: Tensor) -> dict[str, dict[str, float]]:
    """Return rows, recall and precision of each label.

    Args:
        labels: Their names.
        said: Which of them each row is given, bool, shape (rows, labels).
        right: Which of them it has, likewise.
    """
    found = (said & right).sum(0).double()
    columns = {"rows": right.sum(0), "recall": found / right.sum(0), "precision": found / said.sum(0)}
    return {
        label: {name: values[place].item() for name, values in columns.items()}
        for place, label in enumerate(labels)
    }


def macro_f1(found: Tensor, said: Tensor, right: Tensor) -> float:
    """Return the mean F1 score of some labels; of one that no row has or is given, it is 0.

    Args:
        found: Rows of each label that are given it, shape (labels,).
        said: Rows that are given each label.
        right: Rows of each label.
    """
    return float((2 * found.double() / (said + right)).nan_to_num(0.0).mean())


def calibration_error(confidence: Tensor, right: Tensor) -> float:
    """Return the expected calibration error over 15 equal bins (Guo et al., ICML 2017, equation 3).

    Args:
        confidence: The probability of each decision, shape (decisions,).
        right: Whether it was right, likewise.
    """
    import torch

    edges = torch.linspace(0, 1, _BINS + 1, dtype=confidence.dtype, device=confidence.device)[1:-1]
    places = torch.bucketize(confidence, edges, right=True)
    excess = confidence.double() - right.double()
    each = excess.new_zeros(_BINS).index_add_(0, places, excess)
    return float(each.abs().sum() / len(confidence))
