"""The networks of `kdorch_audio.students`: stages from log-mel frames to logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn.functional import pad

import kdorch

if TYPE_CHECKING:
    from kdorch_audio.students import FrameCnn, Gru, Per

_KERNEL = 5  # frames, or steps, that a convolution sees


def gru(spec: Gru, mels: int, outputs: int) -> nn.Module:
    """Return recurrent layers."""
    width = spec.width
    entrance = nn.Sequential(Steps(spec.stride), nn.Linear(mels * spec.stride, width), nn.ReLU())
    layers = [Recurrent(width) for _ in range(spec.depth)]
    return _staged([nn.Sequential(entrance, layers[0]), *layers[1:]], spec.per, width, outputs)


def frame_cnn(spec: FrameCnn, mels: int, outputs: int) -> nn.Module:
    """Return convolutions along time."""
    entrance = nn.Sequential(nn.Flatten(1, 2), Entrance(mels, spec.width, spec.stride))
    layers = [Separable(spec.width, 2**place) for place in range(spec.depth)]
    return _staged([entrance, *layers], spec.per, spec.width, outputs)


def _staged(layers: list[nn.Module], per: Per, width: int, outputs: int) -> nn.Module:
    """Return layers, the first and the last of which are features, and what answers."""
    head = Moments(width, outputs) if per == "frame" else Whole(width, outputs)
    early, *others = layers
    return kdorch.Stages(early=early, late=nn.Sequential(*others), head=head)


class Steps(nn.Module):
    """Frames (rows, 1, mels, frames) to steps (rows, frames // stride, mels x stride)."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, frames: Tensor) -> Tensor:
        """Return the steps, each a few frames in one."""
        return frames.flatten(1, 2).unfold(2, self.stride, self.stride).transpose(1, 2).flatten(2)


class Recurrent(nn.Module):
    """A layer of gated recurrent units, (rows, steps, width) to the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.units = nn.GRU(width, width, batch_first=True)

    def forward(self, steps: Tensor) -> Tensor:
        """Return what the units say at each step."""
        said: Tensor = self.units(steps)[0]
        return said


class Entrance(nn.Module):
    """Frames (rows, mels, frames) to steps (rows, frames // stride, width) that hear no later frame."""

    def __init__(self, mels: int, width: int, stride: int) -> None:
        super().__init__()
        self.back = _KERNEL - stride  # so that the last frame of a step is the last that it hears
        self.mix = nn.Conv1d(mels, width, _KERNEL, stride, bias=False)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, frames: Tensor) -> Tensor:
        """Return the steps."""
        steps: Tensor = self.norm(self.mix(pad(frames, (self.back, 0)))).relu()
        return steps.transpose(1, 2)


class Separable(nn.Module):
    """What each channel was at some earlier steps, mixed, and added to the present; shapes stay."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.back = (_KERNEL - 1) * dilation
        self.each = nn.Conv1d(width, width, _KERNEL, dilation=dilation, groups=width, bias=False)
        self.mix = nn.Conv1d(width, width, 1, bias=False)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, steps: Tensor) -> Tensor:
        """Return the steps."""
        before = steps.transpose(1, 2)
        heard: Tensor = self.norm(self.mix(self.each(pad(before, (self.back, 0)))))
        return (before + heard).relu().transpose(1, 2)


class Whole(nn.Module):
    """One answer from the mean of all steps."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, outputs)

    def forward(self, steps: Tensor) -> Tensor:
        """Return logits (rows, outputs)."""
        logits: Tensor = self.linear(steps.mean(1))
        return logits


class Moments(nn.Module):
    """An answer for each of the equal parts that time is divided into."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs
        self.linear = nn.Linear(width, 1)

    def forward(self, steps: Tensor) -> Tensor:
        """Return logits (rows, outputs)."""
        said: Tensor = self.linear(steps).squeeze(2)
        share = said.shape[1] // self.outputs
        return said.unfold(1, share, share).mean(2)
