"""A training on its way: what it leaves, what others see of it, and how it goes on after a kill."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Generator, Tensor, nn

from kdorch.training.device import random_state, set_random_state
from kdorch.training.evaluate import Answers
from kdorch.training.optimiser import AdamW

Curves = dict[str, list[float | None]]


@dataclass
class Fitted:
    """What a training leaves, beside the network with its best weights.

    Attributes:
        epoch: The best epoch by validation, from 1.
        curves: Metric to its value after each epoch, None where it was not measured.
        seconds: Time spent, validation included.
        pruned: The epoch after which it was given up; 0 if it was not.
        answers: On the validation rows, computed as its training is, if the last epoch was the best.
    """

    epoch: int = 0
    curves: Curves = field(default_factory=dict)
    seconds: float = 0.0
    pruned: int = 0
    answers: Answers | None = None

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
    optimiser: AdamW
    order: Generator

    def kept(self) -> dict[str, Any]:
        """Return all of it, and what everybody else draws random numbers from."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimiser.state_dict(),
            "order": self.order.get_state(),
            "random": random_state(),
        }

    def bring_back(self, kept: Mapping[str, Any]) -> None:
        """Make it what it was."""
        self.network.load_state_dict(kept["network"])
        self.optimiser.load_state_dict(kept["optimizer"])
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
        kept = _read(self._file)
        if kept is None:
            return Standing()
        moving.bring_back(kept["moving"])
        stood = kept["standing"]
        return Standing(**stood | {"fitted": Fitted(**stood["fitted"])})

    def note(self, standing: Standing, moving: Moving) -> None:
        """Tell and keep what is due after an epoch."""
        self.tell(standing.fitted.curves)
        now = time.monotonic()
        if self._file is not None and now - self._kept >= self._every[1]:
            self._kept = now
            _write(self._file, {"moving": moving.kept(), "standing": asdict(standing)})

    def tell(self, curves: Curves) -> None:
        """Tell the curves if that is due."""
        now = time.monotonic()
        if self._tell is not None and now - self._told >= self._every[0]:
            self._told = now
            self._tell(curves)


def _read(file: Path | None) -> dict[str, Any] | None:
    """Return what is kept; nothing where a disk has lost it, which only costs time."""
    if file is None or not file.exists():
        return None
    try:
        kept: dict[str, Any] = torch.load(file, weights_only=True)
    except (OSError, EOFError, RuntimeError, UnpicklingError):
        return None
    return kept


def _write(file: Path, kept: Mapping[str, Any]) -> None:
    """Replace what is kept, whole or not at all; a disk that takes no more is no reason to stop training."""
    aside = file.with_suffix(".partial")
    with suppress(OSError, RuntimeError):  # torch has errors of its own for a full disk
        file.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as stream:
            torch.save(kept, stream)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(file)
