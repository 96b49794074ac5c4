"""How long it takes until something happens."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence

from benchmarks.figures import Figure, compared
from benchmarks.measuring import Cost, clock, interleaved
from benchmarks.registry import Bound, Effort, row

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


def _run(code: str) -> Callable[[int], Cost]:
    def side(_: int) -> Cost:
        with clock() as cost:
            subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        return cost

    return side
