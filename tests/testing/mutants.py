"""Plugins with one planted defect each, by the check that has to find it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import cycle
from typing import Any, TypeVar

import pytest

from kdorch.spec import Spec
from kdorch.testing import examine

Kind = TypeVar("Kind", bound=type[Spec])
_DRAWS = cycle((0.2, 0.9, 0.5))


class Mutants(defaultdict[str, list[Spec]]):
    """Mutants by the name of a check."""

    def __init__(self) -> None:
        super().__init__(list)

    def caught_by(self, check: str, **fields: Any) -> Callable[[Kind], Kind]:
        """Plant a mutant: this check alone has to find it."""

        def plant(kind: Kind) -> Kind:
            self[check].append(kind(**fields))
            return kind

        return plant

    def cases(self) -> list[Any]:
        """Return each check with each of its mutants, as parameters of a test."""
        return [
            pytest.param(check, each, id=each.name) for check, mutants in self.items() for each in mutants
        ]


def caught(spec: Spec) -> dict[str, str]:
    """Return the checks that a plugin fails, each with its message."""
    return {finding.check: finding.message for finding in examine(spec) if finding.outcome == "failed"}


def check_alone(check: str, mutant: Spec) -> None:
    """Make sure that this check finds the mutant, in words that help, and no other does."""
    found = caught(mutant)
    assert list(found) == [check], found
    assert mutant.name in found[check]
    assert "Why it matters: " in found[check]
    assert "What to do: " in found[check]


def drawn() -> float:
    """Draw a number below 1 that no seed decides, and never the last one: a test would fail for it now and then."""
    return next(_DRAWS)
