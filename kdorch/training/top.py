"""A teacher's answer by the largest entries of each distribution, and what a loss is shown of it.

What is not kept is known by its mass alone. A loss sees that mass divided as the student divides it: of every
f-divergence, the Kullback-Leibler ones among them, value and gradient are then exactly those between the two
distributions over K + 1 entries, the K that were kept and all others as one.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from kdorch.kinds import Output

_HALF = torch.float16  # an error of 0.0002 in the largest entries, of 0.004 in those below 0.0003
_SINGLE = 4  # bytes of a number in single precision


def narrowed(told: Output, count: int) -> Output:
    """Return log-probabilities of the largest entries, which they are, and the log of what the others have.

    Args:
        told: With logits of shape (..., classes).
        count: How many are kept; at most all.
    """
    whole = told.logits.float().log_softmax(-1)
    kept, ids = whole.topk(count, dim=-1)
    rest = whole.scatter(-1, ids, -torch.inf).logsumexp(-1, keepdim=True)
    logits = torch.cat((kept, rest), dim=-1).clamp(min=torch.finfo(_HALF).min)
    return replace(told, logits=logits.to(_HALF), support=ids.to(smallest(whole.shape[-1])))


def smallest(classes: int) -> torch.dtype:
    """Return the smallest type that counts up to so many classes."""
    types = (torch.uint8, torch.uint16, torch.int32)
    return next(each for each in types if classes - 1 <= torch.iinfo(each).max)


def widened(told: Output, student: Tensor) -> Output:
    """Return what was narrowed, over all classes again; anything else as it is.

    Args:
        told: By the teacher.
        student: The student's logits for the same rows, of shape (..., classes).
    """
    if told.support is None:
        return told
    ids, known = told.support.long(), told.logits
    if known.dtype.itemsize < _SINGLE:
        known = known.float()
    rest = student.detach().to(known.dtype).scatter(-1, ids, -torch.inf).log_softmax(-1)
    logits = (known[..., -1:] + rest).scatter(-1, ids, known[..., :-1])
    return replace(told, logits=logits, support=None)
