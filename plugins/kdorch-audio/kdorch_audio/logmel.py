"""From samples to log-mel frames, in plain torch: what every dataset of sound is prepared with."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

import kdorch

_FULL_SCALE = 2.0**15  # of int16
_FLOOR = 1e-6  # power below which all is silence, far above what rounding to 16 bits leaves
_ROWS = 256  # rows at a time while means are taken
_CONSTANT = 1e-4  # deviation of a logarithm, in single precision, below which it is rounding


class LogMel(nn.Module):
    """Samples (rows, samples), int16, to standardised log-mel frames (rows, 1, mels, frames), float32.

    A frame is a window of samples under a Hann window, its power spectrum weighed by triangles on the mel
    scale, and the logarithm of that. It ends at its last sample, and before the first sample there is
    silence: no frame hears what is still to come, and there are samples // hop of them. Each mel band has
    zero mean and unit deviation over the rows that the module is made from.

    Args:
        inputs: Rows to learn means and deviations from.
        rate: Samples per second.
        window: Samples of a frame.
        hop: Samples from one frame to the next.
        mels: Bands.
    """

    hann: Tensor
    filters: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(self, inputs: Tensor, *, rate: int, window: int, hop: int, mels: int) -> None:
        super().__init__()
        self.hop = hop
        self.register_buffer("hann", torch.hann_window(window))
        self.register_buffer("filters", mel_filters(rate, window, mels))
        found = torch.cat([self.powers(rows).sum(-1) for rows in inputs.split(_ROWS)]).double()
        frames = inputs.shape[1] // hop
        mean = found.mean(0) / frames
        spread = [(self.powers(rows) - mean[:, None]).square().mean(-1) for rows in inputs.split(_ROWS)]
        deviation = torch.cat(spread).mean(0).sqrt()
        self.register_buffer("mean", mean.float()[:, None])
        # A band in which nothing ever changes carries nothing; dividing it by one keeps it at zero.
        self.register_buffer("deviation", deviation.where(deviation > _CONSTANT, 1.0).float()[:, None])

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the frames."""
        frames: Tensor = ((self.powers(inputs) - self.mean) / self.deviation).unsqueeze(1)
        return frames

    def powers(self, inputs: Tensor) -> Tensor:
        """Return the logarithm of the power in each band, not standardised, shape (rows, mels, frames)."""
        window = len(self.hann)
        samples = pad(inputs.float() / _FULL_SCALE, (window - self.hop, 0))
        spectrum = torch.fft.rfft(samples.unfold(-1, window, self.hop) * self.hann)
        power: Tensor = spectrum.real.square() + spectrum.imag.square()
        return (power @ self.filters.T + _FLOOR).log().transpose(1, 2)


def mel_filters(rate: int, window: int, mels: int) -> Tensor:
    """Return triangles of height 1, evenly spaced on the mel scale of HTK from 0 Hz to half the rate.

    That scale is mel(f) = 2595 log10(1 + f / 700); each triangle ends where its neighbours have their peak
    (S. Young et al., The HTK Book). Slaney's, the default of librosa, is linear below 1 kHz and divides each
    triangle by its width; a band's scale is lost in standardising anyway.

    Returns:
        Shape (mels, window // 2 + 1).

    Raises:
        DataError: If a triangle is so narrow that it lies between two frequencies of the transform.
    """
    highest = 2595 * math.log10(1 + rate / 2 / 700)
    marks = torch.linspace(0, highest, mels + 2, dtype=torch.float64)
    corners = 700 * (10 ** (marks / 2595) - 1)
    bins = torch.linspace(0, rate / 2, window // 2 + 1, dtype=torch.float64)
    left, peak, right = (part[:, None] for part in (corners[:-2], corners[1:-1], corners[2:]))
    filters = torch.minimum((bins - left) / (peak - left), (right - bins) / (right - peak)).clamp(min=0)
    empty = int((filters.sum(1) == 0).sum())
    if empty:
        what = f"{empty} of {mels} mel bands hear nothing, as windows have {window} samples"
        raise kdorch.DataError(f"{what} at {rate:,} Hz. Ask for fewer: data.mels.")
    return filters.float()
