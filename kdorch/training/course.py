"""A training on its way: what it leaves, what others see of it, and how it goes on after a kill."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from kdorch.training.device import random_state, set_random_state

Curves = dict[str, list[float | None]]


@dataclass
class Fitted:
    """What a training leaves, beside the network with its best weights.

    Attributes:
        epoch: The best epoch by validation, from 1.
        curves: Metric to its value after each epoch, None where it was not measured.
        seconds: Time spent, validation included.
        pruned: The epoch after which it was given up; 0 if it was not.
    """

    epoch: int = 0
    curves: Curves = field(default_factory=dict)
    seconds: float = 0.0
    pruned: int = 0

    def add(self, epoch: int, values: dict[str, float]) -> None:
        """Continue the curves."""
        for name, value in values.items():
            curve = self.curves.setdefault(name, [])
            curve += [None] * (epoch - 1 - len(curve)) + [value]


@dataclass
class Standing:
    """Where a training stands between two epochs.

    Attributes:
        epoch: The last one that is over.
        step: Steps that were taken.
        best: The best score so far, larger is better.
        state: The weights that reached it.
        fitted: What the training would leave now.
    """

    epoch: int = 0
    step: int = 0
    best: float = -math.inf
    state: dict[str, Tensor] = field(default_factory=dict)
    fitted: Fitted = field(default_factory=Fitted)


@dataclass(frozen=True)
class Moving:
    """What a training changes with every step."""

    network: nn.Module
    optimizer: Optimizer
    order: Generator

    def kept(self) -> dict[str, Any]:
        """Return all of it, and what everybody else draws random numbers from."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "order": self.order.get_state(),
            "random": random_state(),
        }

    def bring_back(self, kept: Mapping[str, Any]) -> None:
        """Make it what it was."""
        self.network.load_state_dict(kept["network"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.order.set_state(kept["order"])
        set_random_state(kept["random"])


class Course:
    """Tells the curves of a long training while it runs, and keeps where it stands; of a short one nothing.

    Args:
        file: Where it is kept, named after all that decides what is computed; None to keep nothing.
        tell: Takes the curves so far.
        every: Seconds between two tellings, and between two keepings.
    """

    def __init__(
        self,
        file: Path | None = None,
        tell: Callable[[Curves], None] | None = None,
        every: tuple[float, float] = (5.0, 120.0),
    ) -> None:
        self._file, self._tell = file, tell
        self._every = every
        self._told = self._kept = time.monotonic()

    def resume(self, moving: Moving) -> Standing:
        """Go on where somebody else was killed: bring back what moves, and return where it stood."""
        if self._file is None or not self._file.exists():
            return Standing()
        kept = torch.load(self._file, weights_only=True)
        moving.bring_back(kept["moving"])
        stood = kept["standing"]
        return Standing(**stood | {"fitted": Fitted(**stood["fitted"])})

    def note(self, standing: Standing, moving: Moving) -> None:
        """Tell and keep what is due after an epoch."""
        self.tell(standing.fitted.curves)
        now = time.monotonic()
        if self._file is not None and now - self._kept >= self._every[1]:
            self._kept = now
            aside = self._file.with_suffix(".partial")
            aside.parent.mkdir(parents=True, exist_ok=True)
            torch.save({"moving": moving.kept(), "standing": asdict(standing)}, aside)
            aside.replace(self._file)

    def tell(self, curves: Curves) -> None:
        """Tell the curves if that is due."""
        now = time.monotonic()
        if self._tell is not None and now - self._told >= self._every[0]:
            self._told = now
            self._tell(curves)
