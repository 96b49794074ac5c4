"""Small networks to train, and a door for anybody's module."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from inspect import signature
from itertools import pairwise
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

import kdorch
from kdorch.errors import did_you_mean

if TYPE_CHECKING:
    from torch import nn


_TASKS = {"classification", "multilabel", "regression"}  # one vector of logits for each row


class Mlp(kdorch.Student, name="mlp", tasks=_TASKS, provides={"features"}):
    """A multi-layer perceptron with ReLU; inputs of any shape are flattened.

    Its features are vectors: ``late``, the last hidden layer, and ``hidden1``, ``hidden2`` … before it.

    Attributes:
        width: Units of each hidden layer.
        depth: Hidden layers.
    """

    width: Annotated[int, Field(ge=1), kdorch.Range(4, 64, log=True)] = 32
    depth: Annotated[int, Field(ge=0), kdorch.Range(1, 3)] = 1

    def offers(self) -> frozenset[str]:
        """Return features, if there is a hidden layer."""
        return self.provides if self.depth else frozenset()

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network."""
        from torch import nn

        sizes = [math.prod(task.input_shape), *[self.width] * self.depth]
        if not self.depth:
            return nn.Sequential(nn.Flatten(), nn.Linear(sizes[0], task.outputs))
        names = [*(f"hidden{place}" for place in range(1, self.depth)), "late"]
        stages: dict[str, nn.Module] = {}
        for name, (before, after) in zip(names, pairwise(sizes), strict=True):
            flat = [] if stages else [nn.Flatten()]
            stages[name] = nn.Sequential(*flat, nn.Linear(before, after), nn.ReLU())
        return kdorch.Stages(**stages, head=nn.Linear(sizes[-1], task.outputs))


class Cnn(kdorch.Student, name="cnn", tasks=_TASKS, provides={"features"}):
    """Two 3 x 3 convolutions with ReLU, average pooling and a linear layer, for small images.

    Its features are maps: ``early`` with ``width`` channels at half the size of the image, then ``late`` with
    twice as many.

    Attributes:
        width: Channels of the first convolution; the second has twice as many.
    """

    width: Annotated[int, Field(ge=1), kdorch.Range(2, 32, log=True)] = 8

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If inputs are not images (channels, height, width).
        """
        from torch import nn

        if len(task.input_shape) != 3:  # noqa: PLR2004  channels, height, width
            raise ValueError(
                f"cnn takes images (channels, height, width), not inputs of shape {task.input_shape}"
            )
        channels, width = task.input_shape[0], self.width
        # ReLU after the pooling says the same as before it, of a quarter as many numbers.
        early = nn.Sequential(nn.Conv2d(channels, width, 3, padding=1), nn.MaxPool2d(2), nn.ReLU())
        late = nn.Sequential(nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU())
        head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * width, task.outputs))
        return kdorch.Stages(early=early, late=late, head=head)


class Module(kdorch.Student, name="module"):
    """Your own ``torch.nn.Module``, by its import path.

    Attributes:
        target: ``package.module:Class``; modules beside the study file can be imported.
        args: Keyword arguments of the class; each can be tuned, as ``student.args.width``.
        features: What losses on features see: ``{late: encoder.layer.5}`` lets the output of that module, by
            its path within the network, be the feature ``late``.
    """

    target: kdorch.ClassPath
    args: Annotated[dict[str, Any], Field(default_factory=dict)]
    features: Annotated[dict[str, str], Field(default_factory=dict)]

    def offers(self) -> frozenset[str]:
        """Return features, if some are named."""
        return self.provides | {"features"} if self.features else self.provides

    def import_paths(self) -> tuple[str, ...]:
        """Return the target."""
        return (self.target,)

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If the target cannot be imported or does not take the arguments, or the network has
                no such module as a feature names.
        """
        from torch import nn

        try:
            make = resolve_name(self.target)
            _check_arguments(make, self.args)
            network = make(**self.args)
        except (ImportError, AttributeError, TypeError) as error:
            raise ValueError(f"{self.target} with {self.args}: {error}") from error
        if not isinstance(network, nn.Module):
            made = type(network).__name__
            raise ValueError(f"{self.target} makes a {made}, not a torch.nn.Module")  # noqa: TRY004
        if self.features:
            kdorch.Taps(self.features).attach(network)
        return network


def _check_arguments(make: Callable[..., Any], args: Mapping[str, Any]) -> None:
    """Raise a TypeError that names the nearest argument if one of ``args`` is not taken."""
    try:
        taken = signature(make).parameters
    except ValueError:  # written in C
        return
    if any(each.kind is each.VAR_KEYWORD for each in taken.values()):
        return
    for name in args:
        if name not in taken:
            raise TypeError(f"there is no argument {name!r}. {did_you_mean(name, taken)}".rstrip())
