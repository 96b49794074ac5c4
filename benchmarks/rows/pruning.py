"""What giving trainings up saves, and what it costs."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import kdorch
from benchmarks.curves import TRIALS, Recorded, fresh, recorded, study
from benchmarks.figures import Figure
from benchmarks.hypervolume import hypervolume
from benchmarks.registry import Bound, Effort, row
from benchmarks.rules import RULES, Rule

_KEPT = 0.99  # of the hypervolume, or what was saved does not count
_REPLAYED = {"W2": "w2", "W2, wide ranges": "w2-wide", "W1, wide ranges": "w1-wide"}
_LIVE, _LIVE_SEEDS = "W2, wide ranges", 5


@dataclass(frozen=True)
class Saving:
    """What a rule did to the trials of one seed.

    Attributes:
        faster: What all epochs cost, by what those cost that were trained.
        kept: Share of the hypervolume.
    """

    faster: float
    kept: float


@row(
    11,
    "pruning",
    "Epochs of a search of 40 trials without / with pruner: optimistic, at .99 of the hypervolume or more: "
    "replayed on random trials that were trained to their end, by their time; in studies that TPE searches",
    Bound("W2", 1.8, 2.3, more=True),
    Bound("W2, wide ranges", 1.8, 2.3, more=True),
    Bound("W1, wide ranges", 1.8, 2.3, more=True),
    Bound("live, one by one", 1.8, 2.3, more=True),
)
def pruning(effort: Effort) -> Sequence[Figure]:
    """Replay our rule and others, and run studies with and without it."""
    replayed = [_replayed(label, recorded(name)) for label, name in _REPLAYED.items()]
    return [*replayed, _live(effort.pick(_LIVE_SEEDS, 1))]


def _replayed(label: str, seeds: Sequence[Sequence[Recorded]]) -> Figure:
    found = {name: [replay(trials, rule()) for trials in seeds] for name, rule in RULES.items()}
    for count in (2, 10):
        savings = [replay(trials, RULES["optimistic"](), count) for trials in seeds]
        found[f"optimistic, {count} at once"] = savings
    notes = [f"{name} {_said(savings)}" for name, savings in found.items()]
    return _figure(label, found["optimistic"], notes)


def replay(trials: Sequence[Recorded], rule: Rule, count: int = 1) -> Saving:
    """Train on paper, in the order of proposal.

    Args:
        trials: Trained to their end.
        rule: What gives them up.
        count: How many are begun at once, without knowing of each other.
    """
    trained, finished = 0.0, []
    for first in range(0, len(trials), count):
        some = trials[first : first + count]
        stops = [rule.begin(trial.params, len(trial.curve)) for trial in some]
        for trial, stop in zip(some, stops, strict=True):
            best = list(accumulate(trial.curve, max))
            epochs = next((epoch for epoch, score in enumerate(best, 1) if stop(epoch, score)), len(best))
            rule.end(best[:epochs], trial.params, len(best))
            trained += trial.seconds * epochs / len(best)
            if epochs == len(best):
                finished.append((best[-1], trial.params))
    everyone = [(trial.score, trial.params) for trial in trials]
    faster = sum(trial.seconds for trial in trials) / trained
    return Saving(faster, _volume(finished, everyone) / _volume(everyone, everyone))


def _volume(values: Sequence[Sequence[float]], among: Sequence[Sequence[float]]) -> float:
    return hypervolume(values, 1.1 * max(size for _, size in among))


def _live(seeds: int) -> Figure:
    alone = [_saved(seed, {"stack": 1}) for seed in range(seeds)]
    stacked = [_saved(seed, {}) for seed in range(seeds)]
    notes = [f"{_LIVE}: one by one {_said(alone)}", f"as a user has it, in stacks {_said(stacked)}"]
    return _figure("live, one by one", alone, notes)


def _saved(seed: int, search: dict[str, Any]) -> Saving:
    without, pruned = (_run(seed, search | {"pruner": pruner}) for pruner in ("none", "optimistic"))
    every = [*without[1], *pruned[1]]
    return Saving(without[0] / pruned[0], _volume(pruned[1], every) / _volume(without[1], every))


def _run(seed: int, search: dict[str, Any]) -> tuple[int, list[list[float]]]:
    """Run a study as users do; return the epochs it trained, and what its finished trials reached."""
    name = _REPLAYED[_LIVE]
    tried = study(name, seed=seed, search=search | {"trials": TRIALS})
    results = kdorch.run(tried, home=fresh(name), workers=1)
    epochs = len(results.trials) * tried.train.epochs + sum(results.pruned.get("epoch", ()))
    return epochs, results.trials[list(tried.objectives)].to_numpy().tolist()


def _figure(label: str, found: Sequence[Saving], notes: Sequence[str]) -> Figure:
    fair = statistics.fmean(each.kept for each in found) >= _KEPT
    return Figure(label, [each.faster for each in found], fair=fair, notes=notes)


def _said(found: Sequence[Saving]) -> str:
    faster, kept = ([getattr(each, name) for each in found] for name in ("faster", "kept"))
    mean = f"{statistics.fmean(faster):.2f} times faster with {statistics.fmean(kept):.4f}"
    return f"{mean} of the hypervolume (at least {min(kept):.4f})"
