"""Proof that what today's code rebuilds is what was measured."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from kdorch.kinds import Task
    from kdorch.training.evaluate import Answers

# The same machine gives the same numbers. Another one sums in another order, which moves an input, a logit or
# a loss by about a millionth; a count of rows moves by those that nearly tie, fewer than one in ten thousand.
# Other code moves the loss by more, even where it changes no answer.
_INPUTS = 1e-5  # of the largest value in the same place
_SCORES = 1e-3  # of the score
_NEARLY_ZERO = 1e-5  # a smaller score has no relative error worth its name


def same_inputs(prepared: Tensor, stored: Tensor) -> bool:
    """Say whether the preprocessing makes of raw rows what it made of them when they were stored.

    Args:
        prepared: What it makes of some rows now.
        stored: What it made of the same rows then.
    """
    if prepared.dtype != stored.dtype or prepared.shape != stored.shape:
        return False
    if not stored.is_floating_point():
        return bool((prepared == stored).all())
    return bool(((prepared - stored).abs() <= _INPUTS * stored.abs().amax(0)).all())


def differences(recorded: Mapping[Hashable, Any], answers: Answers, task: Task) -> list[str]:
    """Return each score of the task that is not what was recorded, in words.

    Args:
        recorded: Metrics of the training, among others ``val/…`` for the task's scores.
        answers: Of the network with the weights of that training, to the validation rows.
        task: What it was trained for.
    """
    found = []
    for name in task.directions:
        before = recorded.get(f"val/{name}", math.nan)
        now = task.score(name, answers.logits, answers.targets)
        # The first objective is always finite; any other score that is not proves nothing.
        if math.isfinite(before) and not math.isclose(before, now, rel_tol=_SCORES, abs_tol=_NEARLY_ZERO):
            found.append(f"val/{name} was {before:.6g} and is {now:.6g}")
    return found
