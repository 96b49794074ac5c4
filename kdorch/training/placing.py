"""Which way of training is quickest here: what a few steps of a study's own students say."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from kdorch.errors import TrainingError
from kdorch.training.alone import fit_alone, short
from kdorch.training.device import on_its_device
from kdorch.training.prepared import Bench, Infeasible, Prepared
from kdorch.training.stack import Unstackable, fit_stacked, likeness

SIZES = (4, 16)  # stacks that are tried; larger ones gain little, and the sampler learns from them too late
_TRIES = 3


@on_its_device
def run(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Train some students for a few steps, alone and in stacks of copies; what a worker runs.

    Args:
        spec: As `kdorch.training.trial.run` takes it; ``trials`` are those at the ends of the search space.

    Returns:
        ``seconds``: for each size of a stack, one among them, what a trial's few steps took on average; and
        ``reasons``: why some of the students cannot be stacked.
    """
    bench = Bench({**spec, "limits": []})
    seconds, reasons = dict.fromkeys((1, *SIZES), 0.0), []
    for trial in spec["trials"]:
        with suppress(Infeasible, TrainingError):  # the trials themselves will tell
            first = bench.prepare(trial)
            alone = _seconds(_fit, [short(first)])
            seconds[1] += alone
            try:
                likeness(first)
                for size in SIZES:
                    lot = [short(bench.prepare(trial)) for _ in range(size)]
                    seconds[size] += _seconds(fit_stacked, lot) / size
            except Unstackable as reason:
                reasons.append(str(reason))
                for size in SIZES:
                    seconds[size] += alone
    count = max(1, len(spec["trials"]))
    return {
        "seconds": {str(size): total / count for size, total in seconds.items()},
        "reasons": list(dict.fromkeys(reasons)),
    }


def _seconds(train: Callable[[Sequence[Prepared]], Any], lot: Sequence[Prepared]) -> float:
    """Return the least of a few tries: others on the machine only ever add to it."""
    found = []
    for _ in range(_TRIES):
        started = time.perf_counter()
        train(lot)
        found.append(time.perf_counter() - started)
    return min(found)


def _fit(trials: Sequence[Prepared]) -> None:
    for trial in trials:
        fit_alone(trial)
