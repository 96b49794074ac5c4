"""What a long record costs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import kdorch
from benchmarks import ours
from benchmarks.figures import Figure, compared
from benchmarks.instant import Instant
from benchmarks.measuring import Cost, clock, interleaved
from benchmarks.padding import pad
from benchmarks.registry import Bound, Effort, row
from benchmarks.work import Given, given
from kdorch.search.coordinator import Coordinator
from kdorch.search.ledger import Ledger
from kdorch.search.logbook import connect, open_page
from kdorch.search.observer import Observer
from kdorch.search.phases import Searching
from kdorch.search.setting import Setting
from kdorch.search.spool import Spool

_FEW, _MANY, _QUICK = 100, 10_000, 1_000
_REAL, _NEXT = 12, 20  # trials that are trained, and trials that are timed
_SHOW = "import sys; from kdorch.cli import main; sys.argv[0] = 'kdorch'; main()"


@row(
    14,
    "scale",
    f"W2, a record of {_MANY:,} finished trials, most of them copies: `kdorch study show`, CPU; "
    f"asking, telling and logging the next {_NEXT} trials, whose trainings take no time / the same at {_FEW}",
    Bound("study show", 5.0, 1.0, unit=" s"),
    Bound("next trial", 4.0, 2.0),
)
def scale(effort: Effort) -> Sequence[Figure]:
    """Compare the end of a long search with its beginning."""
    start, many = given("w2"), effort.pick(_MANY, _QUICK)
    homes = {count: _padded(start, count) for count in (_FEW, many)}

    def next_trials(count: int) -> Cost:
        return _next_trials(start, homes[count])

    sides = {f"{count:,} trials": lambda _, count=count: next_trials(count) for count in homes}
    found = interleaved(sides, effort.rounds, warm=True)
    shown = [_show(start, homes[many]) for _ in range(effort.rounds)]
    note = [f"{many:,} trials"]
    return [
        Figure("study show", [cost.cpu for cost in shown], notes=note),
        compared("next trial", found, f"{many:,} trials", f"{_FEW:,} trials", notes=note),
    ]


def _padded(start: Given, count: int) -> Path:
    home = start.fresh()
    results = kdorch.run(start.work.study(), home=home, workers=1, trials=_REAL)
    pad(results.searched, home / "mlflow.db", count)
    return home


def _show(start: Given, home: Path) -> Cost:
    arguments = ["--home", str(home), "study", "show", start.work.name]
    with clock() as cost:
        subprocess.run(  # noqa: S603  ours
            [sys.executable, "-c", _SHOW, *arguments], check=True, stdout=subprocess.DEVNULL
        )
    return cost


def _next_trials(start: Given, home: Path) -> Cost:
    """Search on with workers that need no time; opening the record is not counted."""
    results = kdorch.Results(start.work.name, home)
    study, record = results.study, results.searched
    [(result, weights)] = ours.done(ours.jobs(start, start.work.one(), trials=1)[0])
    data = results.record["data"]
    tracker = connect(results.home, None)
    open_page(tracker, study, data, identity=results.record["identity"])
    spool = Spool(results.folder.spool.resolve())
    setting = Setting(study, Path(data["path"]), {}, [], spool, Ledger(home / "ledger.jsonl"))
    phase = Searching(study, record, record.counted + _NEXT)
    with clock() as cost:
        Coordinator(phase, setting, Instant(result, weights), tracker, Observer()).drive()
    return cost.per(_NEXT)
