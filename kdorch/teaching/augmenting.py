"""The changes of a view: from some prepared rows to the same rows, seen otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name

import torch
from torch import Generator, Tensor

from kdorch.errors import PluginError, reason
from kdorch.study import Augment

Change = Callable[[Tensor, Generator], Tensor]


def changed(inputs: Tensor, augment: Augment, generator: Generator) -> Tensor:
    """Return prepared rows, changed by all that a study asks for but mixup.

    Args:
        inputs: Batch first; images are (rows, channels, height, width). They are left as they are.
        augment: What to change.
        generator: Where every random number comes from.

    Raises:
        PluginError: If the study's own function fails, or does not return such rows.
    """
    if augment.shift:
        inputs = shifted(inputs, augment.shift, generator)
    if augment.flip:
        inputs = flipped(inputs, generator)
    if augment.noise:
        inputs = inputs + augment.noise * torch.randn(inputs.shape, generator=generator, dtype=inputs.dtype)
    return _own(inputs, augment.target, generator) if augment.target else inputs


def shifted(images: Tensor, most: int, generator: Generator) -> Tensor:
    """Return each image moved by up to that many pixels either way; its border is repeated."""
    count, channels, height, width = images.shape
    down, right = torch.randint(-most, most + 1, (2, count, 1), generator=generator)
    rows = (torch.arange(height) + down).clamp(0, height - 1)
    columns = (torch.arange(width) + right).clamp(0, width - 1)
    return images[
        torch.arange(count)[:, None, None, None],
        torch.arange(channels)[:, None, None],
        rows[:, None, :, None],
        columns[:, None, None, :],
    ]


def flipped(images: Tensor, generator: Generator) -> Tensor:
    """Return the images, half of them mirrored left to right."""
    mirrored = torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5  # noqa: PLR2004  a fair coin
    return torch.where(mirrored, images.flip(-1), images)


def _own(inputs: Tensor, target: str, generator: Generator) -> Tensor:
    try:
        change: Change = resolve_name(target)
        found = change(inputs.clone(), generator)
    except Exception as error:
        raise PluginError(f"{target} fails on {_form(inputs)}: {reason(error)}") from error
    if not isinstance(found, Tensor):
        raise PluginError(f"{target} returns a {type(found).__name__}. Return the changed inputs, a tensor.")
    if found.shape != inputs.shape or found.dtype != inputs.dtype:
        raise PluginError(f"{target} returns {_form(found)} for {_form(inputs)}. Return the same form.")
    if not torch.isfinite(found).all():
        raise PluginError(f"{target} returns NaN or infinity for inputs that are finite.")
    return found


def _form(inputs: Tensor) -> str:
    return f"{str(inputs.dtype).removeprefix('torch.')} of shape {tuple(inputs.shape)}"


def try_own(inputs: Tensor, augment: Augment, seed: int) -> None:
    """Make sure that the study's own function repeats itself: a second try from the same seed is the same.

    Raises:
        PluginError: If it does not, or does not return such rows.
    """
    first, second = (changed(inputs, augment, Generator().manual_seed(seed)) for _ in range(2))
    if not torch.equal(first, second):
        raise PluginError(
            f"{augment.target} does not repeat itself for equal inputs and an equally seeded generator, so "
            "views could not be made again. Draw every random number from the generator that it is given, as "
            "in torch.rand(len(inputs), generator=generator)."
        )
