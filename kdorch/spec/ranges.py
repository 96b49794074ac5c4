"""Where to search: what a field declares for ``auto``, and what a study writes under ``tune``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Number = int | float


@dataclass(frozen=True)
class Range:
    """Where to search a number: ``low`` to ``high``, both included.

    Attributes:
        log: Search the logarithm; for scales such as learning rates and temperatures.
        step: Distance between values; integers step by 1 by default.
    """

    low: Number
    high: Number
    log: bool = False
    step: Number | None = None

    def __post_init__(self) -> None:
        for end in ("low", "high", *(() if self.step is None else ("step",))):
            value = getattr(self, end)
            if isinstance(value, bool) or not isinstance(value, Number) or not math.isfinite(value):
                raise ValueError(f"{end} must be a number, not {value!r}")
        if not isinstance(self.log, bool):
            raise ValueError(f"log must be true or false, not {self.log!r}")  # noqa: TRY004  pydantic's border
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) is above high ({self.high}); swap them")
        if self.log and self.low <= 0:
            raise ValueError(f"a logarithmic range needs low above 0, not {self.low}")
        if self.step is not None:
            self._check_step(self.step)

    def _check_step(self, step: Number) -> None:
        if self.log:
            raise ValueError("a range is either logarithmic or has a step, not both")
        if step <= 0:
            raise ValueError(f"step must be above 0, not {step}")
        low, high = Decimal(str(self.low)), Decimal(str(self.high))
        rest = (high - low) % Decimal(str(step))  # in decimals, as it was written: 0.3 is three times 0.1
        if rest:
            raise ValueError(
                f"steps of {step} from {low} do not reach high ({high}); write high: {high - rest}, say"
            )


@dataclass(frozen=True, init=False)
class Choice:
    """Values to choose from when they have no order: ``Choice("relu", "gelu")``."""

    options: tuple[Any, ...]

    def __init__(self, *options: Any) -> None:
        if not options:
            raise ValueError("a choice needs at least one option")
        object.__setattr__(self, "options", options)
