"""What a study will take, before it does, from what a few steps of its smallest and largest students took."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.filesize import decimal

from kdorch.discovery import installed
from kdorch.errors import KdorchError, TrainingError
from kdorch.kinds import Task
from kdorch.search import features, prepare
from kdorch.search.beside import Maker
from kdorch.search.calling import call
from kdorch.search.models import Model, models, placed
from kdorch.search.observer import Observer
from kdorch.search.patience import TRY
from kdorch.search.phases import most_at_once
from kdorch.search.placement import Placement
from kdorch.study import Study
from kdorch.study.storing import answer_bytes

_PROBE = "kdorch.training.probe:run"
_OVERHEAD = 0.03  # seconds a training costs beside its steps: asking, measuring, logging
_END = 1.0  # seconds: the summary
_RUN = 60_000  # bytes that a run takes in MLflow's database, beside its weights


@dataclass(frozen=True)
class Estimate:
    """How long and how large.

    Attributes:
        teacher: Seconds to make the teacher ready; 0 where it is, or nobody knows.
        training: Seconds of the shortest and of the longest training.
        trials: Trainings of the search.
        confirmations: Trainings of the confirmation.
        workers: Trainings at once.
        disk: Bytes, at most.
        references: Seconds to make them all ready; 0 where they are, or nobody knows.
        stack: Trainings in one stack, each of which takes that share of its seconds.
        scratch: Trainings of the search without the teacher.
        pruned: Whether some of the trainings will be given up, and take less.
        blind: Whether some of their losses read the teacher's features, and nobody knows yet how long that
            takes.
        start: Seconds until everything is imported; 0 where it is.
    """

    teacher: float
    training: tuple[float, float]
    trials: int
    confirmations: int
    workers: int
    disk: int
    references: float = 0.0
    stack: int = 1
    scratch: int = 0
    pruned: bool = False
    blind: bool = False
    start: float = 0.0

    def __str__(self) -> str:
        shortest, longest = (self.whole(seconds) for seconds in self.training)
        each = _span(*self.training)
        unknown = ", less what pruning saves" if self.pruned else ""
        unknown += ", without what losses on features take" if self.blind else ""
        together = f", {self.stack} as one" if self.stack > 1 else ""
        whole = f"about {_span(shortest, longest)} with {self.workers} at once{unknown}"
        return f"{whole}, up to {decimal(self.disk)}: {self._made()}{self._trainings()} of {each}{together}"

    def _trainings(self) -> str:
        others = {"without the teacher": self.scratch, "to confirm": self.confirmations}
        *most, last = [f"{self.trials} trials", *(f"{n} {what}" for what, n in others.items() if n)]
        return f"{', '.join(most)} and {last}" if most else last

    def _made(self) -> str:
        seconds = {"teacher": self.teacher, "references": self.references}
        known = [f"{who} {_time(each)}" for who, each in seconds.items() if each]
        return f"{' and '.join(known)}, " if known else ""

    def whole(self, training: float) -> float:
        """Return the seconds of the whole study if each training took this long."""
        count = self.trials + self.scratch + self.confirmations
        ready = self.start + self.teacher + self.references
        return ready + count * (training / self.workers + _OVERHEAD) + _END


def estimate(
    maker: Maker, placement: Placement, *, trials: int, scratch: int = 0, start: float = 0.0
) -> Estimate:
    """Return what a study will take.

    Args:
        maker: Of the study's teacher and references.
        placement: How trials are placed, and what was measured for it.
        trials: Trials of the search.
        scratch: Trials of the search without the teacher.
        start: Seconds until everything is imported; 0 where it is.

    Raises:
        KdorchError: If no student could be tried, or the network of a teacher cannot be trained.
    """
    if not placement.seconds:
        raise TrainingError(f"trials go {placement.why}.")
    study, where, facts = maker.study, maker.where, maker.data["facts"]
    (shown, teacher), *others = (_homework(maker, model) for model in models(study))
    twins = 1 + (study.confirm.baseline != "none")
    confirmations = study.confirm.top * study.confirm.seeds * twins
    most = max(trials, scratch)
    stack = min(placement.stack, most_at_once(study, most, where.workers), math.ceil(most / where.workers))
    seconds = sorted(placement.training(stack))
    task: Task = installed().part("task", facts["task"])
    spared = answer_bytes(task, None) - answer_bytes(task, study.store.top)
    stored = facts["bytes"] - sum(facts["rows"].values()) * spared
    runs = (trials + scratch + confirmations) * (_RUN + placement.bytes)
    return Estimate(
        teacher,
        (seconds[0], seconds[-1]),
        trials,
        confirmations,
        where.workers,
        disk=int(runs + stored + features.room(study, facts["rows"], shown)),
        references=sum(each for _, each in others),
        stack=stack,
        scratch=scratch,
        pruned=study.search.pruner != "none",
        blind=features.read_by(study) != [],
        start=start,
    )


def _homework(maker: Maker, model: Model) -> tuple[dict[str, int], float]:
    """Return how many numbers each feature of a model has, as far as is known, and what making it takes."""
    study = maker.study
    if not model.part.homework():
        return {}, 0.0
    stored = maker.is_stored(model)
    if stored and features.read_by(study) == []:
        return {}, 0.0
    spec = {
        "data": maker.data["path"],
        "task": maker.data["facts"]["task"] | {"metrics": list(study.metrics)},
        "score": list(prepare.score(study)),
        **maker.where.spec(),
    }
    with placed(model):
        done = [
            call(
                maker.executor,
                _PROBE,
                spec | {"network": network.model_dump(mode="json"), "train": dict(train)},
                threads=prepare.cores(),
                timeout=TRY,
            )
            for network, train in model.part.homework()
        ]
    # K teachers who each miss one fold in K take as long as K - 1 who miss none.
    seconds = sum(each["seconds"] for each in done) * max(model.part.folds(), 1)
    return done[0]["features"] if len(done) == 1 else {}, 0.0 if stored else seconds


def forewarn(maker: Maker, placement: Placement, left: int, scratch: int, observer: Observer) -> None:
    """Say what is strange about a study, and what the trials that are left will take.

    Args:
        maker: Of the study's teacher and references.
        placement: How trials are placed, and what was measured for it.
        left: Trials of the search that are left.
        scratch: Trials of the search without the teacher that are.
        observer: Who hears it.
    """
    for warning in cautions(maker.study, maker.data):
        observer.say(f"warning  {warning}")
    left, scratch = max(0, left), max(0, scratch)
    if left + scratch > 0:
        try:
            told = str(estimate(maker, placement, trials=left, scratch=scratch))
        except KdorchError as error:  # other students may do better: their trials will tell
            told = f"nobody knows how long: {error}"
        observer.say(f"ahead    {told}")


def cautions(study: Study, data: Mapping[str, Any]) -> list[str]:
    """Return what could make the results of a study look better than they are, in sentences."""
    found: list[str] = list(data["facts"]["warnings"])
    for model in models(study):
        if model.part.foreign:
            who = f"{model.kind} {model.label or model.part.name!r}"
            students = "" if model.label else ", and its students' may be"
            found.append(
                f"the {who} was made elsewhere. If it has seen rows that are now in the test split, its test "
                f"score is too good{students}."
            )
    return found


def _span(low: float, high: float) -> str:
    one, other = _time(low), _time(high)
    return one if one == other else f"{one} to {other}"


def _time(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{max(seconds, 0.1):.1f} s"  # noqa: PLR2004
