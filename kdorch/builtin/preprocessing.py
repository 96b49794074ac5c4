"""Arithmetic from raw data to what networks take; it travels inside the shipped model."""

from __future__ import annotations

from torch import Tensor, float32, nn


class Scale(nn.Module):
    """Grey images (rows, height, width) of any number type to (rows, 1, height, width) in 0..1."""

    def __init__(self, divisor: float) -> None:
        super().__init__()
        self.divisor = divisor

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the images divided by their largest grey value."""
        return inputs.to(float32).unsqueeze(1) / self.divisor


class Standardize(nn.Module):
    """A table (rows, columns) to zero mean and unit deviation, by the training rows it was made from."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, inputs: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", inputs.double().mean(0))
        # A constant column carries nothing; dividing it by one keeps it at zero.
        deviation = inputs.double().std(0, correction=0)
        self.register_buffer("deviation", deviation.where(deviation > 0, deviation.new_ones(())))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the standardised columns, float32."""
        return ((inputs - self.mean) / self.deviation).to(float32)
