"""Arithmetic from raw rows to what networks take; it travels inside the shipped model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, float32, nn

_CHUNK = 4096
_CHANNELS = (1, 3)  # sizes of a last axis that is taken for the channels of an image


class Tabular(nn.Module):
    """A table (rows, columns), NaN where a cell is missing, to numbers of unit scale.

    Numbers are standardised, and a missing one becomes the mean. Codes become one column per category that
    the training rows have; one that they do not have is zero everywhere. Whatever was missing in the
    training rows gets a column more that says so.

    Args:
        inputs: The training rows.
        categories: Positions of the columns that hold codes.
    """

    numbers: Tensor
    mean: Tensor
    deviation: Tensor
    coded: Tensor
    codes: Tensor
    gaps: Tensor

    def __init__(self, inputs: Tensor, categories: Sequence[int] = ()) -> None:
        super().__init__()
        numbers, scales, coded, gaps = [], [], [], []
        for position in range(inputs.shape[1]):  # one by one, as all may not fit in memory
            column = inputs[:, position].double()
            known = column[~column.isnan()]
            if len(known) < len(column):
                gaps.append(position)
            if position in categories:
                coded += [(position, code) for code in known.unique().tolist()]
            else:
                numbers.append(position)
                scales.append(_scale(known))
        self.register_buffer("numbers", _positions(numbers))
        self.register_buffer("mean", _decimals([mean for mean, _ in scales]))
        self.register_buffer("deviation", _decimals([deviation for _, deviation in scales]))
        self.register_buffer("coded", _positions([position for position, _ in coded]))
        self.register_buffer("codes", _decimals([code for _, code in coded]))
        self.register_buffer("gaps", _positions(gaps))

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        # How many codes and gaps there are depends on the rows it was made from, and the stored state knows.
        for name in self._buffers:
            if prefix + name in state_dict:
                setattr(self, name, torch.empty_like(state_dict[prefix + name]))
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return numbers, then codes, then what is missing, float32."""
        inputs = inputs.double()
        numbers = inputs[:, self.numbers]
        scaled = (torch.where(numbers.isnan(), self.mean, numbers) - self.mean) / self.deviation
        codes = inputs[:, self.coded] == self.codes
        missing = inputs[:, self.gaps].isnan()
        return torch.cat([scaled.to(float32), codes.to(float32), missing.to(float32)], dim=1)


class Grid(nn.Module):
    """Images and other arrays to channels first, each channel of zero mean and unit deviation.

    Rows may have the axes (height, width), (height, width, channels) with 1 or 3 channels, or channels first.

    Args:
        inputs: The training rows.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, inputs: Tensor) -> None:
        super().__init__()
        self.grey = inputs.ndim == 3  # noqa: PLR2004  rows, height, width
        self.last = inputs.ndim == 4 and inputs.shape[3] in _CHANNELS  # noqa: PLR2004
        count, total, square = 0, torch.zeros(()), torch.zeros(())
        for chunk in inputs.split(_CHUNK):
            values = self._channels_first(chunk).transpose(0, 1).flatten(1).double()
            count += values.shape[1]
            total, square = total + values.sum(1), square + values.square().sum(1)
        mean = total / count
        deviation = (square / count - mean.square()).clamp(min=0).sqrt()
        shape = (-1, *[1] * (self._channels_first(inputs[:1]).ndim - 2))
        self.register_buffer("mean", mean.to(float32).reshape(shape))
        scale = deviation.where(deviation > 0, torch.ones_like(deviation))  # a constant stays at zero
        self.register_buffer("deviation", scale.to(float32).reshape(shape))

    def _channels_first(self, inputs: Tensor) -> Tensor:
        if self.grey:
            return inputs.unsqueeze(1)
        return inputs.movedim(3, 1) if self.last else inputs

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the standardised channels, float32."""
        return (self._channels_first(inputs).to(float32) - self.mean) / self.deviation


def _scale(known: Tensor) -> tuple[float, float]:
    if not len(known):
        return 0.0, 1.0
    return float(known.mean()), float(known.std(correction=0)) or 1.0  # a constant stays at zero


def _positions(values: Sequence[int]) -> Tensor:
    return torch.tensor(values, dtype=torch.int64)


def _decimals(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
