"""Whole studies, with Optuna, MLflow and weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from benchmarks import ours
from benchmarks.figures import Figure, compared
from benchmarks.hypervolume import hypervolume
from benchmarks.measuring import Cost, clock, interleaved
from benchmarks.peers import bare
from benchmarks.processes import told
from benchmarks.registry import Bound, Effort, row
from benchmarks.work import Given, Trial, given

_TRIALS, _FEW = 40, 12
_KEPT = 0.99  # of the script's hypervolume
_HELPS = ("search.pruner=optimistic", "train.precision=auto")


def _ours(start: Given, trials: int, seed: int) -> dict[str, Any]:
    # One seed is lucky with one way of drawing numbers and not with the other: each round has its own.
    return ours.study(start, trials, f"seed={seed}")


def _script(start: Given, trials: int, seed: int, threads: int = 1) -> dict[str, Any]:
    home = start.fresh()
    arguments = [start.work.name, str(start.file), str(trials), str(home), str(seed)]
    return told("benchmarks.peers.handwritten", arguments, threads=threads)


def _cost(answer: dict[str, Any]) -> Cost:
    return Cost(answer["cpu"], answer["wall"], [accuracy for accuracy, _size in answer["values"]])


def _bare(trials: Sequence[Trial], seed: int) -> Cost:
    start = given("w2", seed=seed)
    with clock() as cost:
        cost.accuracies = [bare.train(start, trial, 0) for trial in trials]
    return cost


@cache
def _w2(effort: Effort) -> dict[str, list[Cost]]:
    start, trials = given("w2"), effort.pick(_TRIALS, _FEW)
    jobs = ours.jobs(start, start.work.study(), trials)  # the bare loop trains students of the same sizes
    same = [ours.asked(trial) for job in jobs for trial in job["trials"]]
    sides = {
        "kdorch": lambda seed: _cost(_ours(given("w2", seed=seed), trials, seed)),
        "bare loop": lambda seed: _bare(same, seed),
        "handwritten": lambda seed: _cost(_script(given("w2", seed=seed), trials, seed)),
    }
    return interleaved(sides, effort.rounds)


_CLOCK = (
    "The clock starts when everything is imported, on all sides, and sees all processes: trying, searching, "
    "training, logging, the summary. Data and teacher are given."
)


@row(
    1,
    "w2-bare",
    f"W2, a study of {_TRIALS} trials with MLflow and weights / bare loops on labels, same sizes. {_CLOCK}",
    Bound("", 1.0, 0.60),
)
def w2_bare(effort: Effort) -> Sequence[Figure]:
    """Compare a study with the training alone."""
    return [compared("", _w2(effort), "kdorch", "bare loop")]


@row(
    2,
    "w2-handwritten",
    f"W2, a study of {_TRIALS} trials / a hand-written Optuna and MLflow script. {_CLOCK}",
    Bound("", 0.15, 0.09),
)
def w2_handwritten(effort: Effort) -> Sequence[Figure]:
    """Compare a study with what one would write by hand."""
    return [compared("", _w2(effort), "kdorch", "handwritten")]


@row(
    13,
    "together",
    f"W1, `kdorch study run` of {_TRIALS} trials, 2 workers, {' '.join(_HELPS)} / the hand-written script at "
    f"its faster number of threads: walls of whole processes, at {_KEPT:g} of its hypervolume",
    Bound("", 1 / 8, 1 / 20),
)
def together(effort: Effort) -> Sequence[Figure]:
    """Compare what a user waits for."""
    start, trials = partial(given, "w1", quick=effort.quick, seed=0), effort.pick(_TRIALS, 4)
    threads = 1 if effort.quick else min((1, 2), key=lambda count: _script(start(), 2, 0, count)["wall"])
    fronts: dict[str, list[float]] = {"kdorch": [], "handwritten": []}
    largest = sum(parameter.numel() for parameter in start().work.student(32).parameters())

    def side(name: str, run: Callable[[int], Sequence[Sequence[float]]]) -> Callable[[int], Cost]:
        def whole(seed: int) -> Cost:
            start(seed=seed)
            with clock() as cost:
                values = run(seed)
            fronts[name].append(hypervolume(values, largest))
            return cost

        return whole

    def ours_whole(seed: int) -> Sequence[Sequence[float]]:
        return ours.command(start(seed=seed), trials, f"seed={seed}", *_HELPS, workers=2)

    def script(seed: int) -> Sequence[Sequence[float]]:
        found: list[list[float]] = _script(start(seed=seed), trials, seed, threads)["values"]
        return found

    sides = {"kdorch": side("kdorch", ours_whole), "handwritten": side("handwritten", script)}
    found = interleaved(sides, effort.rounds)
    figure = compared("", found, "kdorch", "handwritten", "wall")
    kept = sum(fronts["kdorch"]) / sum(fronts["handwritten"])
    notes = [f"hypervolume kept {kept:.3f}", f"the script with {threads} threads"]
    return [Figure("", figure.rounds, figure.sides, kept >= _KEPT, notes)]
