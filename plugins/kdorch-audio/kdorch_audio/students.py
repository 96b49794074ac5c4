"""Networks for log-mel frames, small enough for a device that listens all day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import nn

TASKS = {"classification", "multilabel", "regression"}
Width = Annotated[int, Field(ge=1), kdorch.Range(8, 48, log=True)]
Stride = Annotated[int, Field(ge=1), kdorch.Choice(1, 2, 4)]
Per = Literal["clip", "frame"]


class Gru(kdorch.Student, name="gru", tasks=TASKS, provides={"features"}):
    """Gated recurrent units that read log-mel frames as they come.

    What it says at a step depends on that one and those before it, never on later ones: it can listen to a
    stream. Its features are sequences (rows, steps, width): ``early`` after the first layer, ``late`` after
    the last.

    Attributes:
        width: Units of each layer, and of the linear layer before the first.
        depth: Recurrent layers.
        stride: Frames that make one step; what is left over at the end is not heard.
        per: ``clip`` for one answer, from the mean of all steps; ``frame`` where the task's outputs are
            moments, in order: each has its equal share of the steps.
    """

    width: Width = 16
    depth: Annotated[int, Field(ge=1), kdorch.Range(1, 2)] = 1
    stride: Stride = 2
    per: Per = "clip"

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If inputs are not (1, mels, frames), or frames cannot be shared out.
        """
        from kdorch_audio.networks import gru

        return gru(self, *_sizes(self, task))


class FrameCnn(kdorch.Student, name="frame_cnn", tasks=TASKS, provides={"features"}):
    """Convolutions along time, mel bands as channels: one that is strided, then dilated separable ones.

    No step depends on later ones. With ``depth`` d it hears 4 (2^d - 1) steps back, and the frames of its
    first convolution (S. Choi et al., Temporal Convolution for Real-time Keyword Spotting, Interspeech 2019).
    Its features are sequences (rows, steps, width): ``early`` after the first convolution, ``late`` after the
    last.

    Attributes:
        width: Channels.
        depth: Separable convolutions after the first one, each with twice the dilation.
        stride: Frames from one step to the next.
        per: As for ``gru``.
    """

    width: Width = 16
    depth: Annotated[int, Field(ge=1), kdorch.Range(1, 4)] = 2
    stride: Stride = 2
    per: Per = "clip"

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If inputs are not (1, mels, frames), or frames cannot be shared out.
        """
        from kdorch_audio.networks import frame_cnn

        return frame_cnn(self, *_sizes(self, task))


def _sizes(student: Gru | FrameCnn, task: kdorch.Task) -> tuple[int, int]:
    """Return mel bands and outputs."""
    shape = task.input_shape
    if len(shape) != 3 or shape[0] != 1:  # noqa: PLR2004  one channel, mels, frames
        raise ValueError(
            f"{student.name} takes log-mel frames (1, mels, frames), not inputs of shape {shape}"
        )
    steps = shape[2] // student.stride
    if not steps:
        what = f"{student.name} makes a step of {student.stride} frames, and rows have {shape[2]}"
        raise ValueError(f"{what}; set a smaller stride")
    if student.per == "frame" and steps % task.outputs:
        raise ValueError(
            f"{student.name} cannot share {steps} steps out among {task.outputs} outputs; set stride, or "
            "write per: clip if the outputs are no moments"
        )
    return shape[1], task.outputs
