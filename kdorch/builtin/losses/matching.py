"""Find the features that a loss names, and make their shapes comparable."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

import kdorch
from kdorch.builtin.losses.features import FeatureLoss
from kdorch.errors import did_you_mean

_KINDS = {2: "vectors", 3: "a sequence", 4: "maps", 5: "maps with depth"}  # by dimensions
_PROJECTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)  # by dimensions of positions, from one
_SEQUENCE = 3


class Matched(nn.Module):
    """A loss on features, ready to be computed: one `Pair` for each pair of layers.

    Raises:
        ValueError: If there is no such feature, or two cannot be compared.
    """

    def __init__(self, loss: FeatureLoss, student: kdorch.Output, teacher: kdorch.Output | None) -> None:
        super().__init__()
        self.layers = loss.layers
        self.pairs = nn.ModuleList()
        for ours, theirs in loss.layers.items():
            try:
                features = _named(student, ours, "student"), _named(teacher, theirs, "teacher")
                self.pairs.append(Pair(loss, *features))
            except ValueError as error:
                raise ValueError(f"layers.{ours}: {error}") from error

    def forward(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return the sum over the pairs, as a scalar."""
        features = (
            (student.features[ours], teacher.features[theirs]) for ours, theirs in self.layers.items()
        )
        terms = [pair(*each) for pair, each in zip(self.pairs, features, strict=True)]
        return torch.stack(terms).sum()


class Pair(nn.Module):
    """One feature of the student beside one of the teacher.

    Args:
        loss: Says what they must have in common, and compares them.
        student: The student's feature for a few rows.
        teacher: The teacher's.

    Raises:
        ValueError: If they cannot be compared.
    """

    def __init__(self, loss: FeatureLoss, student: Tensor, teacher: Tensor) -> None:
        super().__init__()
        _check(loss, student, teacher)
        ours, theirs = (channels_second(feature) for feature in (student, teacher))
        differ = loss.channels and ours.shape[1] != theirs.shape[1]
        self.project = _projection(ours, theirs.shape[1]) if differ else nn.Identity()
        self.align = loss.positions or loss.channels
        self.compare = loss.comparison(theirs.shape[1])

    def forward(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the loss of this pair, as a scalar; no gradient reaches the teacher."""
        ours, theirs = channels_second(student), channels_second(teacher.detach())
        if self.align:
            ours, theirs = of_one_size(ours, theirs)
        found: Tensor = self.compare(self.project(ours), theirs)
        return found


def channels_second(feature: Tensor) -> Tensor:
    """Return a feature as (rows, channels, positions...), in single precision: squares overflow half."""
    whole = feature if feature.dtype == torch.float64 else feature.float()
    return whole.movedim(-1, 1) if whole.ndim == _SEQUENCE else whole


def of_one_size(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Average each down to the smaller size, position by position."""
    size = tuple(map(min, one.shape[2:], other.shape[2:]))
    ours, theirs = (
        feature if feature.shape[2:] == size else interpolate(feature, size, mode="area")
        for feature in (one, other)
    )
    return ours, theirs


def embedding(feature: Tensor) -> Tensor:
    """Return one vector for each row: the mean over positions."""
    return feature.flatten(2).mean(2) if feature.ndim > 2 else feature  # noqa: PLR2004  rows, channels


def _named(output: kdorch.Output | None, name: str, role: str) -> Tensor:
    features: Mapping[str, Tensor] = output.features if output else {}
    if not features:
        raise ValueError(f"the {role} shows no features")
    if name not in features:
        raise ValueError(f"the {role} has no feature {name!r}. {did_you_mean(name, features)}")
    return features[name]


def _check(loss: FeatureLoss, student: Tensor, teacher: Tensor) -> None:
    """Raise a ValueError if a loss cannot compare two features."""
    for feature, role in ((student, "student"), (teacher, "teacher")):
        if feature.ndim not in _KINDS or not feature.is_floating_point():
            raise ValueError(f"the {role}'s feature is {_shape(feature)}, not vectors, a sequence or maps")
        if loss.positions and feature.ndim == 2:  # noqa: PLR2004  rows, units
            what = f"{loss.name} compares positions, which the {role}'s {_shape(feature)} have none of"
            raise ValueError(f"{what}. Name maps or a sequence, or use similarity, rkd or pkt")
    if not (loss.positions or loss.channels):
        return
    both = f"{_shape(student)} of the student with {_shape(teacher)} of the teacher"
    if student.ndim != teacher.ndim:
        raise ValueError(
            f"{loss.name} cannot compare {both}. Name two of a kind, or use similarity, rkd or pkt"
        )
    if student.ndim == _SEQUENCE and student.shape[1] != teacher.shape[1]:
        raise ValueError(f"{loss.name} compares token by token, so not {both}")


def _shape(feature: Tensor) -> str:
    kind = _KINDS.get(feature.ndim, "a tensor")
    sizes = ", ".join(map(str, feature.shape[1:]))
    return f"{kind} (rows, {sizes})" if sizes else f"{kind} (rows,)"


def _projection(feature: Tensor, channels: int) -> nn.Module:
    """Return what gives a feature another number of channels, position by position."""
    positions = feature.ndim - 2
    if not positions:
        return nn.Linear(feature.shape[1], channels).to(feature)
    return _PROJECTIONS[positions - 1](feature.shape[1], channels, 1).to(feature)
