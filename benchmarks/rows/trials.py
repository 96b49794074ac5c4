"""Single trials: no Optuna, no MLflow, everything imported, data and teacher given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from benchmarks import ours
from benchmarks.figures import Figure, compared
from benchmarks.measuring import Cost, Side, clock, interleaved
from benchmarks.peers import bare, handwritten
from benchmarks.registry import Bound, Effort, row
from benchmarks.work import Given, Trial, given

_STACK = 16
_ENTRY = "a worker's job for one trial; validation after every epoch on both sides"


def _peer(train: Callable[[Given, Trial, int], float], start: Given, trial: Trial | None = None) -> Side:
    def side(seed: int) -> Cost:
        with clock() as cost:
            accuracy = train(start, trial or start.work.trial, seed)
        cost.accuracies = [accuracy]
        return cost

    return side


def _job(start: Given, **train: Any) -> Side:
    """Return a worker's job of one trial, with the numerics that the study chose."""
    study = start.work.one(train={**start.work.train, **train})
    job = ours.jobs(start, study, trials=1)[0]
    return lambda seed: ours.train(ours.seeded(job, seed))


@cache
def _w1(effort: Effort) -> dict[str, list[Cost]]:
    start = given("w1", quick=effort.quick)
    sides = {"kdorch": _job(start), "handwritten": _peer(handwritten.train, start)}
    if _has_torchdistill():
        from benchmarks.peers import distilled

        sides["torchdistill"] = _peer(distilled.train, start)
    if "precision" in start.work.train:
        sides["kdorch, fastest"] = _job(start, precision="auto")
    return interleaved(sides, effort.rounds)


def _has_torchdistill() -> bool:
    from importlib.util import find_spec

    return find_spec("torchdistill") is not None


@row(
    3,
    "w1-handwritten",
    f"W1, one trial, fp32: {_ENTRY} / the training of a hand-written script",
    Bound("", 0.25, 0.17),
)
def w1_handwritten(effort: Effort) -> Sequence[Figure]:
    """Compare with a careful engineer's training loop."""
    return [compared("", _w1(effort), "kdorch", "handwritten")]


@row(
    4,
    "w1-torchdistill",
    f"W1, one trial: {_ENTRY} / torchdistill 1.1.5",
    Bound("fp32", 0.25, 0.16),
    Bound("fastest numerics", 0.18, 0.11),
)
def w1_torchdistill(effort: Effort) -> Sequence[Figure]:
    """Compare with the library that people use."""
    found = _w1(effort)
    pairs = {"fp32": "kdorch", "fastest numerics": "kdorch, fastest"}
    return [
        compared(label, found, side, "torchdistill")
        for label, side in pairs.items()
        if side in found and "torchdistill" in found
    ]


@cache
def _jobs() -> list[dict[str, Any]]:
    """Return what a search of W2 gave its worker."""
    start = given("w2")
    return ours.jobs(start, start.work.study(), trials=2 * _STACK)


@row(
    5,
    "w2-torchdistill",
    "W2, one trial of a stack as kdorch makes it in a search / torchdistill 1.1.5 on one of its trials",
    Bound("", 0.15, 0.10),
)
def w2_torchdistill(effort: Effort) -> Sequence[Figure]:
    """Compare a trial in a stack with one alone in a library."""
    if not _has_torchdistill():
        return []
    from benchmarks.peers import distilled

    start, job = given("w2"), max(_jobs(), key=lambda job: len(job["trials"]))
    count = len(job["trials"])

    def stacked(number: int) -> Cost:
        cost = ours.train(job).per(count)
        cost.accuracies = [cost.accuracies[number % count]]
        return cost

    def alone(number: int) -> Cost:
        return _peer(distilled.train, start, ours.asked(job["trials"][number % count]))(0)

    found = interleaved({"kdorch": stacked, "torchdistill": alone}, effort.rounds, warm=True)
    return [compared("", found, "kdorch", "torchdistill", notes=[f"stacks of {count}"])]


@row(
    6,
    "cached",
    "One trial with the teacher's stored answers / a bare loop on the labels",
    Bound("W1", 1.08, 1.03),
    Bound("W3", 1.08, 1.03),
)
def cached(effort: Effort) -> Sequence[Figure]:
    """Show that having a teacher costs nothing while training."""
    figures = []
    for name in ("w1",) if effort.quick else ("w1", "w3"):
        start = given(name, quick=effort.quick)
        sides = {"kdorch": _job(start), "bare loop": _peer(bare.train, start)}
        figures.append(
            compared(name.upper(), interleaved(sides, effort.rounds, warm=True), "kdorch", "bare loop")
        )
    return figures


@row(
    9,
    "stacked",
    f"W2: {_STACK} trials as one job / the same trials one by one; per student",
    Bound("", 0.33, 0.24),
)
def stacked(effort: Effort) -> Sequence[Figure]:
    """Compare a stack with its own trials, alone."""
    jobs = _jobs()
    trials = [trial for each in jobs for trial in each["trials"]][:_STACK]
    job = jobs[0] | {"trials": trials}

    def one_by_one(_: int) -> Cost:
        costs = [ours.train(each) for each in ours.alone(job)]
        accuracies = [accuracy for cost in costs for accuracy in cost.accuracies]
        return Cost(sum(cost.cpu for cost in costs), sum(cost.wall for cost in costs), accuracies)

    found = interleaved({"stack": lambda _: ours.train(job), "alone": one_by_one}, effort.rounds, warm=True)
    return [compared("", found, "stack", "alone")]
