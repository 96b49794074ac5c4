"""The rows, and what their figures must be and should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module

from benchmarks.figures import Figure

_MODULES = ("whole", "trials", "teacher", "logging", "workers", "pruning", "start", "scale")


@dataclass(frozen=True)
class Bound:
    """What a figure must be.

    Attributes:
        label: Of the figure.
        must: The least that is acceptable.
        goal: What we want; None where nothing is beyond the must.
        more: Whether more is better.
        unit: Behind the numbers.
    """

    label: str
    must: float
    goal: float | None = None
    more: bool = False
    unit: str = ""

    def verdict(self, value: float) -> str:
        """Return how good a value is: ``goal``, ``must`` or ``missed``."""
        sign = -1 if self.more else 1
        if self.goal is not None and sign * value <= sign * self.goal:
            return "goal"
        if sign * value <= sign * self.must:
            return "goal" if self.goal is None else "must"
        return "missed"

    def texts(self) -> tuple[str, str]:
        """Return must and goal for people."""
        sign = "≥" if self.more else "≤"
        goal = "" if self.goal is None else f"{sign} {self.goal:g}{self.unit}"
        return f"{sign} {self.must:g}{self.unit}", goal


@dataclass(frozen=True)
class Effort:
    """How much to spend.

    Attributes:
        rounds: Of the two sides.
        quick: Whether to take smaller work, too, whose figures are only a hint.
    """

    rounds: int
    quick: bool = False

    def pick(self, usual: int, quick: int) -> int:
        """Return how much of something to take."""
        return quick if self.quick else usual


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        number: Its place.
        name: For the command line.
        what: Both sides, and what the clock sees.
        bounds: What its figures must be, by their order.
        measure: Returns a figure for each bound that can be measured.
    """

    number: int
    name: str
    what: str
    bounds: Sequence[Bound]
    measure: Callable[[Effort], Sequence[Figure]]


_ROWS: dict[int, Row] = {}


def row(
    number: int, name: str, what: str, *bounds: Bound
) -> Callable[[Callable[[Effort], Sequence[Figure]]], Callable[[Effort], Sequence[Figure]]]:
    """Make a function a row of the table."""

    def register(measure: Callable[[Effort], Sequence[Figure]]) -> Callable[[Effort], Sequence[Figure]]:
        _ROWS[number] = Row(number, name, what, bounds, measure)
        return measure

    return register


def rows() -> list[Row]:
    """Return all rows."""
    for module in _MODULES:
        import_module(f"benchmarks.rows.{module}")
    return [_ROWS[number] for number in sorted(_ROWS)]


def chosen(words: Iterable[str]) -> list[Row]:
    """Return the rows of these names or numbers; all if there are none.

    Raises:
        LookupError: If there is no such row.
    """
    everything = rows()
    known = {word: each for each in everything for word in (each.name, str(each.number))}
    for word in words:
        if word not in known:
            near = get_close_matches(word, known, 1)
            advice = f" Did you mean {near[0]!r}?" if near else " See --list."
            raise LookupError(f"There is no row {word!r}.{advice}")
    wanted = {known[word].number for word in words}
    return [each for each in everything if not wanted or each.number in wanted]
