"""How long it takes until something happens."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from benchmarks.figures import Figure, compared
from benchmarks.measuring import Cost, clock, interleaved
from benchmarks.ours import RUN
from benchmarks.registry import Bound, Effort, row
from benchmarks.work import Given, given
from kdorch.search.home import Home

_HELP = "import sys; sys.argv = ['kdorch', '--help']; from kdorch.cli import main; main()"


@row(
    12,
    "help",
    "kdorch --help / importing torch, optuna and mlflow; whole processes",
    Bound("", 0.06, 0.03),
    Bound("absolute", 0.3, 0.12, unit=" s"),
)
def helped(effort: Effort) -> Sequence[Figure]:
    """Compare with what a command line that imports everything at the top makes its users wait for."""
    sides = {"kdorch --help": _run(_HELP), "imports": _run("import torch, optuna, mlflow")}
    found = interleaved(sides, effort.rounds, warm=True)
    figure = compared("", found, "kdorch --help", "imports")
    return [figure, Figure("absolute", [cost.cpu for cost in found["kdorch --help"]], figure.sides)]


@row(
    15,
    "first",
    "W2, its teacher stored, MLflow's database empty: from the command until the first trial is asked for",
    Bound("wall", 8.0, unit=" s"),
)
def first_trial(effort: Effort) -> Sequence[Figure]:
    """Wait for the first trial, and end the study."""
    start = given("w2")
    start.fresh()  # the teacher is stored now, and the disk cache warm
    return [Figure("wall", [_first(start) for _ in range(effort.rounds)])]


def _first(start: Given) -> float:
    home = start.fresh()
    journal = Home(home).study(start.work.name).journal
    arguments = ["--home", str(home), "study", "run", str(start.work.file)]
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603  ours
        [sys.executable, "-c", RUN, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and not (journal.exists() and b"param_name" in journal.read_bytes()):
            time.sleep(0.02)
        seconds = time.monotonic() - began
        process.kill()
    return seconds


def _run(code: str) -> Callable[[int], Cost]:
    def side(_: int) -> Cost:
        with clock() as cost:
            subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)  # noqa: S603  ours
        return cost

    return side
