"""The facts of a student's model card, taken from the record of its study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kdorch.api.results import Results
from kdorch.api.use import calibration, intended

if TYPE_CHECKING:
    import pandas as pd

    from kdorch.choosing.intervals import Interval
    from kdorch.choosing.verdict import Verdict
    from kdorch.kinds import Task
    from kdorch.shipping.card import Card
    from kdorch.study import Study
    from kdorch.training.evaluate import Answers

    Values = dict[str, tuple[float, ...] | Interval]


def card_of(
    results: Results,
    number: int,
    row: pd.Series[Any],
    tree: Mapping[str, Any],
    task: Task,
    answers: Answers,
    why: str,
) -> Card:
    """Return the card of a student.

    Args:
        results: Of its study.
        number: Its trial.
        row: Its training: parameters, metrics, seed.
        tree: The study with the trial's parameters filled in.
        task: What it does.
        answers: What it says of the validation rows.
        why: Why it was chosen, in sentences.
    """
    from kdorch.shipping.card import Card, Network

    record, teacher = results.record, results.teacher
    quality, test = results.quality, results.test_score
    size, verdict = _size(teacher), results.verdicts.get(number)
    large = f"; its teacher has {size:,} parameters" if size else ""
    tested = f", {test} {row[test]:.4f}" if test in row else ", not tested"
    return Card(
        study=results.name,
        trial=number,
        summary=f"A student of {row['size/params']:,.0f} parameters, distilled on {_named(results)}: "
        f"{quality} {row[quality]:.4f}{tested}{large}.",
        data=_named(results),
        data_digest=record["data"]["digest"],
        rows=record["data"]["facts"]["rows"],
        teacher=Network(_line(record["study"]["teacher"]), size),
        references={
            label: Network(_line(record["study"]["references"][label]), _size(metrics))
            for label, metrics in results.references.items()
        },
        student=Network(_line(tree["student"]), int(row["size/params"]), int(row["size/bytes"])),
        why=why,
        verdict=verdict.sentence if verdict else "",
        results=_measured(results, number, row),
        spread=_spread(verdict),
        by_class=task.by_class(answers.logits, answers.targets),
        calibration=calibration(results, number, row, tuple(task.honesty)),
        intended=intended(results, _named(results)),
        losses={label: _line(loss) for label, loss in tree["losses"].items()},
        hyper_parameters={f"train.{key}": value for key, value in tree["train"].items()}
        | shown(results.study)
        | {"seed": int(row.get("seed", results.study.seed))},
        output_meaning=task.meaning(),
        columns=record["data"]["facts"].get("legend", ()),
        encoding=record["data"]["facts"].get("usage", ""),
        commit=record.get("commit"),
    )


def _size(metrics: Mapping[str, float]) -> int | None:
    """Return how many parameters a model has, if that is known."""
    return int(metrics["size/params"]) if "size/params" in metrics else None


def shown(study: Study) -> dict[str, Any]:
    """Return what a student was shown of the training rows, by dotted path, where that is not all as is."""
    return {
        f"{section}.{field}": value
        for section, part in (("transfer", study.transfer), ("augment", study.augment))
        for field, value in part.model_dump(mode="json", exclude_defaults=True).items()
    }


def _measured(results: Results, number: int, row: pd.Series[Any]) -> dict[str, Values]:
    """Return values by who was measured and metric, one for each seed, or the interval of a verdict."""
    scores = results.quality, results.test_score
    measured: dict[str, Values] = {
        "this model": {metric: (float(row[metric]),) for metric in (*scores, "val/ece") if metric in row},
        "teacher": _once(results.teacher, scores),
    }
    tuned = results.study.confirm.baseline == "tuned"
    twin = "best no larger of a search without the teacher" if tuned else "same student without the teacher"
    for who, role in {"student, fresh seeds": "confirm", twin: "baseline"}.items():
        seeds = results.confirmed_of(number, role)
        if len(seeds):
            measured[who] = {metric: tuple(seeds[metric]) for metric in scores}
            verdict = results.verdicts[number]
            tested = verdict.student if role == "confirm" else verdict.twin
            if tested:
                measured[who][results.test_score] = tested
    for label, reference in results.references.items():
        measured[f"reference {label}"] = _once(reference, scores)
    return measured


def _spread(verdict: Verdict | None) -> str:
    """Return what the intervals of the results are over, in words."""
    if verdict is None or verdict.rows is None:
        return "over the seeds (Student's t)"
    return "over the seeds (Student's t), and of the test over seeds and test rows"


def _once(metrics: Mapping[str, float], names: Iterable[str]) -> Values:
    """Return those of the metrics that are known, as values of one seed."""
    return {name: (metrics[name],) for name in names if name in metrics}


def _named(results: Results) -> str:
    """Return the dataset by its name, and by those of its files that are still there."""
    data = results.study.data
    files = ", ".join(file.name for file in data.named_files().values())
    return f"{data.name} ({files})" if files else data.name


def _line(part: Mapping[str, Any]) -> str:
    """Write a part in one line, as a study does."""
    fields = ", ".join(
        f"{key}: {_line(value) if isinstance(value, Mapping) else value}" for key, value in part.items()
    )
    return f"{{{fields}}}"
