"""The verdict on a study's confirmed students, from its record and the ledger of the test rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kdorch.choosing.crossed import Scored
from kdorch.choosing.intervals import Interval
from kdorch.choosing.numbers import finite
from kdorch.choosing.verdict import Verdict, verdicts
from kdorch.search.ledger import Ledger

if TYPE_CHECKING:
    from kdorch.api.results import Results

_INTERVALS = ("student", "twin", "difference")


def judge(results: Results) -> dict[int, Verdict]:
    """Return the verdict on each confirmed student by trial: those of the front first, small to large."""
    direction = results.study.objectives[results.quality]
    return verdicts(results.tested, results.test_score, direction, results.study.confirm.baseline)


def tested(results: Results) -> dict[int, tuple[Scored, Scored]]:
    """Return what each confirmed student and its twin scored on the test rows, in the same order."""
    if not len(results.confirmed):
        return {}
    table = results.confirmed
    confirmed = {int(trial) for trial in table[table["role"] == "confirm"]["candidate"]}
    on_front = [int(trial) for trial in results.front["trial"] if trial in confirmed]
    return {
        trial: (_scored(results, trial, "confirm"), _scored(results, trial, "baseline"))
        for trial in dict.fromkeys([*on_front, *sorted(confirmed)])
    }


def _scored(results: Results, trial: int, role: str) -> Scored:
    table = results.confirmed_of(trial, role)
    if not len(table):
        return Scored({}, {})
    metric, data = results.test_score, results.record["data"]["digest"]
    weights = dict(zip(table["seed"], table["weights"], strict=True))
    rows = Ledger(results.home.ledger).rows_of(data, weights, metric.removeprefix("test/"))
    return Scored(dict(zip(table["seed"], table[metric], strict=True)), rows)


def verdict_told(results: Results) -> Iterator[str]:
    """Yield the verdicts as sentences, what their intervals are over, and when the test rows were read."""
    found = results.verdicts.values()
    yield from (verdict.sentence for verdict in found)
    if any(verdict.student.n > 1 for verdict in found):
        yield f"{_basis(results)} {_read(results)}"
    elif found:
        yield _read(results)


def _basis(results: Results) -> str:
    found = results.verdicts.values()
    rows = f" and {results.record['data']['facts']['rows']['test']:,} test rows"
    over = f"seeds{rows}" if any(verdict.rows for verdict in found) else "seeds alone"
    together = sum(verdict.difference is not None for verdict in found)
    words = f"; those of differences hold for all {together} students together" if together > 1 else ""
    return f"Intervals are 95 %, over {over}{words}."


def _read(results: Results) -> str:
    readings = test_readings(results)
    days = sorted({time.partition("T")[0] for time in readings.values()})
    if not days:
        return "No ledger says when the test was read."
    when = f"on {days[0]}" if len(days) == 1 else f"from {days[0]} to {days[-1]}"
    students = f"each of {len(readings)} trained students" if len(readings) > 1 else "the one trained student"
    return f"The test was read once by {students}, {when}."


def test_readings(results: Results) -> dict[str, str]:
    """Return when (UTC) confirmed students and their twins read the test rows, by digest of the weights."""
    table = results.confirmed
    if not len(table):
        return {}
    data, weights = results.record["data"]["digest"], set(table["weights"])
    return {
        entry["weights"]: entry["time"]
        for entry in Ledger(results.home.ledger).entries()
        if entry.get("data") == data and entry.get("weights") in weights
    }


def verdict_rows(results: Results) -> list[dict[str, Any]]:
    """Return the verdicts as rows of a table; an interval without ends has None for them."""
    return [_row(verdict) for verdict in results.verdicts.values()]


def _row(verdict: Verdict) -> dict[str, Any]:
    row = {key: value for key, value in asdict(verdict).items() if key not in _INTERVALS}
    row["worth"] = finite(verdict.worth)
    for key in _INTERVALS:
        interval: Interval | None = getattr(verdict, key)
        for end in ("mean", "low", "high"):
            row[f"{key} {end}"] = finite(getattr(interval, end, None))
    return row
