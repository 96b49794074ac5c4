"""The figures as JSON and as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure
from benchmarks.registry import Bound, Row

_COLOURS = {"goal": "green", "must": "yellow"}


@dataclass(frozen=True)
class Outcome:
    """What became of a row.

    Attributes:
        row: Which.
        figures: Those that could be measured.
        seconds: How long that took.
        failure: Why not, if it failed.
    """

    row: Row
    figures: Sequence[Figure]
    seconds: float
    failure: str = ""

    def facts(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        figures = [
            figure.facts() | {"bound": bound.texts(), "unit": bound.unit, "verdict": verdict(bound, figure)}
            for bound, figure in self.pairs()
            if figure
        ]
        known = {"number": self.row.number, "name": self.row.name, "what": self.row.what}
        return known | {"seconds": round(self.seconds, 1), "failure": self.failure, "figures": figures}

    def pairs(self) -> Iterator[tuple[Bound, Figure | None]]:
        """Yield each bound with its figure, or None where there is none."""
        found = {figure.label: figure for figure in self.figures}
        for bound in self.row.bounds:
            yield bound, found.get(bound.label)


def verdict(bound: Bound, figure: Figure | None) -> str:
    """Return how good a figure is; a ratio of unequal work counts for nothing."""
    if figure is None:
        return "not measured"
    return "less accurate" if figure.fair is False else bound.verdict(figure.value)


def write(path: Path, machine: Mapping[str, Any], outcomes: Sequence[Outcome]) -> None:
    """Write everything that was measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"machine": machine, "rows": [outcome.facts() for outcome in outcomes]}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")


def show(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print the table, and below it what a reader should know."""
    table = Table("#", "row", "must", "goal", "measured", "quartiles", "verdict")
    for column in table.columns:
        column.no_wrap = True
    for outcome in outcomes:
        for bound, figure in outcome.pairs():
            table.add_row(str(outcome.row.number), *_cells(outcome, bound, figure))
    console.print(table)
    for outcome in outcomes:
        said = [*([outcome.failure] if outcome.failure else []), *_notes(outcome)]
        for text in said:
            console.print(f"{outcome.row.number} {outcome.row.name}: {text}", markup=False, highlight=False)


def _cells(outcome: Outcome, bound: Bound, figure: Figure | None) -> list[str]:
    title = f"{outcome.row.name} {bound.label}".strip()
    word = "failed" if outcome.failure else verdict(bound, figure)
    coloured = f"[{_COLOURS.get(word, 'red')}]{word}[/]"
    if figure is None:
        return [title, *bound.texts(), "", "", coloured]
    low, high = figure.facts()["quartiles"]
    spread = f"{low:.3g} to {high:.3g}" if len(figure.rounds) > 1 else ""
    return [title, *bound.texts(), f"{figure.value:.3g}{bound.unit}", spread, coloured]


def _notes(outcome: Outcome) -> Iterator[str]:
    for figure in outcome.figures:
        sides = [f"{name} {_cost(side)}" for name, side in figure.sides.items()]
        yield " ".join(filter(None, [figure.label, "; ".join([*sides, *figure.notes])]))


def _cost(side: Mapping[str, float]) -> str:
    accuracy = f", accuracy {side['accuracy']:.4f}" if "accuracy" in side else ""
    return f"{side['cpu']:.3g} s CPU, {side['wall']:.3g} s wall{accuracy}"
