"""What a study will take, before it does, from a few steps of its smallest and largest student."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.filesize import decimal

from kdorch.discovery import installed
from kdorch.errors import KdorchError
from kdorch.execution import Executor
from kdorch.kinds import Task
from kdorch.search import features, prepare
from kdorch.search.models import Model, models, placed
from kdorch.search.observer import Observer
from kdorch.search.phases import plan_spec
from kdorch.search.where import Where
from kdorch.spec import Choice
from kdorch.study import Study
from kdorch.study.space import bind, space
from kdorch.study.storing import answer_bytes

_PROBE = "kdorch.training.probe:run"
_OVERHEAD = 0.12  # seconds a training costs beside its steps: asking, measuring, logging
_START = 6.0  # seconds: imports at the start, MLflow, the summary at the end
_RUN = 60_000  # bytes that a run takes in MLflow's database, beside its weights


@dataclass(frozen=True)
class Estimate:
    """How long and how large.

    Attributes:
        teacher: Seconds to make the teacher ready; 0 where nobody knows.
        training: Seconds of the shortest and of the longest training.
        trials: Trainings of the search.
        confirmations: Trainings of the confirmation.
        workers: Trainings at once.
        disk: Bytes, at most.
        references: Seconds to make them all ready; 0 where nobody knows.
    """

    teacher: float
    training: tuple[float, float]
    trials: int
    confirmations: int
    workers: int
    disk: int
    references: float = 0.0

    def __str__(self) -> str:
        shortest, longest = (self.whole(seconds) for seconds in self.training)
        each = _span(*self.training)
        later = f" and {self.confirmations} to confirm" if self.confirmations else ""
        return (
            f"about {_span(shortest, longest)} with {self.workers} at once, up to {decimal(self.disk)}: "
            f"{self._made()}{self.trials} trials{later} of {each}"
        )

    def _made(self) -> str:
        seconds = {"teacher": self.teacher, "references": self.references}
        known = [f"{who} {_time(each)}" for who, each in seconds.items() if each]
        they_are = "it is" if not self.references else "they are"
        return f"{' and '.join(known)} unless {they_are} stored, " if known else ""

    def whole(self, training: float) -> float:
        """Return the seconds of the whole study if each training took this long."""
        count = self.trials + self.confirmations
        return _START + self.teacher + self.references + count * (training + _OVERHEAD) / self.workers


def estimate(
    study: Study, executor: Executor, data: Mapping[str, Any], where: Where, *, trials: int
) -> Estimate:
    """Return what a study will take.

    Args:
        study: One that has been checked.
        executor: Where to try it.
        data: The stored dataset.
        where: Where jobs compute.
        trials: Trials of the search.

    Raises:
        KdorchError: If a network of the study cannot be built or trained.
    """
    facts = data["facts"]

    def probe(
        network: Mapping[str, Any],
        train: Mapping[str, Any],
        rows: int | None = None,
        *,
        alone: bool = False,
    ) -> dict[str, Any]:
        spec = {
            "data": data["path"],
            "task": facts["task"] | {"metrics": list(study.metrics)},
            "network": dict(network),
            "train": dict(train),
            "rows": rows,
            "score": list(prepare.score(study)),
            "alone": alone,
            **where.spec(),
        }
        return prepare.call(executor, _PROBE, spec, threads=prepare.cores() if alone else None)

    found = [probe(tree["student"], tree["train"], study.transfer.rows) for tree in extremes(study)]
    (homework, teacher), *others = (_homework(model, probe) for model in models(study))
    twins = 1 + (study.confirm.baseline == "paired")
    confirmations = study.confirm.top * study.confirm.seeds * twins
    seconds = sorted(each["seconds"] for each in found)
    runs = (trials + confirmations) * (_RUN + max(each["bytes"] for each in found))
    shown = homework[0]["features"] if len(homework) == 1 else {}
    task: Task = installed().part("task", facts["task"])
    spared = answer_bytes(task, None) - answer_bytes(task, study.store.top)
    stored = facts["bytes"] - sum(facts["rows"].values()) * spared
    disk = int(runs + stored + features.room(study, facts["rows"], shown))
    references = sum(each for _, each in others)
    return Estimate(
        teacher, (seconds[0], seconds[-1]), trials, confirmations, where.workers, disk, references=references
    )


def _homework(model: Model, probe: Callable[..., dict[str, Any]]) -> tuple[list[dict[str, Any]], float]:
    """Return what a few steps of each network showed that a model has to train, and the seconds of it all."""
    with placed(model):
        done = [
            probe(network.model_dump(mode="json"), train, alone=True)
            for network, train in model.part.homework()
        ]
    # K teachers who each miss one fold in K take as long as K - 1 who miss none.
    return done, sum(each["seconds"] for each in done) * max(model.part.folds(), 1)


def forewarn(
    study: Study, executor: Executor, data: Mapping[str, Any], where: Where, left: int, observer: Observer
) -> None:
    """Say what is strange about a study, and what the trials that are left will take."""
    for warning in cautions(study, data):
        observer.say(f"warning  {warning}")
    if left > 0:
        try:
            told = str(estimate(study, executor, data, where, trials=left))
        except KdorchError as error:  # other students may do better: their trials will tell
            told = f"nobody knows how long, as a first try failed: {error}"
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


def trials_at_the_ends(study: Study) -> list[dict[str, Any]]:
    """Return those of `extremes` as a worker takes trials, to try something with them."""
    return [
        plan_spec(tree, study.seed) | {"name": str(place), "weights": ""}
        for place, tree in enumerate(extremes(study))
    ]


def extremes(study: Study) -> Iterator[dict[str, Any]]:
    """Yield the trials at both ends of every range, for each student that may be chosen."""
    dimensions = space(study)
    students = next((each.mark for each in dimensions if each.path == "student"), None)
    for student in students.options if isinstance(students, Choice) else (None,):
        for end in (0, -1):
            params: dict[str, Any] = {} if student is None else {"student": student}
            for each in dimensions:
                if each.path in params or (each.when and params.get(each.when[0]) != each.when[1]):
                    continue
                ends = each.mark.options if isinstance(each.mark, Choice) else (each.mark.low, each.mark.high)
                # More rows at a step make an epoch shorter, so those go the other way round.
                params[each.path] = ends[-1 - end if each.path == "train.batch" else end]
            yield bind(study, params)


def _span(low: float, high: float) -> str:
    one, other = _time(low), _time(high)
    return one if one == other else f"{one} to {other}"


def _time(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{max(seconds, 0.1):.1f} s"  # noqa: PLR2004
