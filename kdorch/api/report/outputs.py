"""What teacher and student say of each output: of labels that are there or not, and of numbers."""

from __future__ import annotations

import numpy as np

from kdorch.api.report.answers import Answers
from kdorch.api.report.examples import SHOWN, examples
from kdorch.reporting.page.blocks import Block, Picture, Table, row
from kdorch.reporting.page.honesty import predictions_svg
from kdorch.reporting.page.wording import plain, score

_DRAWN = 4  # numbers


def labels(answers: Answers) -> list[Block]:
    """Return how often each label is found, where it is and where not, and rows on which they disagree."""
    true = answers.targets > 0
    said = {"student": answers.student > 0} | (
        {} if answers.teacher is None else {"teacher": answers.teacher > 0}
    )
    rows = []
    for place, label in enumerate(answers.task.names):
        there = true[:, place]
        cells = [f"{there.sum():,}"]
        for guess in said.values():
            found = guess[:, place]
            cells += [_part(found[there]), _part(there[found])]
        rows.append(row([label, *cells]))
    head = ["label", "rows", *(f"{what}, {who}" for who in said for what in ("recall", "precision"))]
    table = Table(f"Each label, on {len(true):,} validation rows ({answers.who})", head, rows)
    return [table, *_apart(answers, true, said)]


def _apart(answers: Answers, true: np.ndarray, said: dict[str, np.ndarray]) -> list[Block]:
    """Return the rows of which teacher and student say most labels otherwise."""
    if "teacher" not in said:
        return []
    differing = (said["student"] != said["teacher"]).sum(1)
    most = np.argsort(-differing, kind="stable")[: min(SHOWN, np.count_nonzero(differing))]
    each = {"labels": true, "teacher": said["teacher"], "student": said["student"]}
    words = [
        [(who, _labelled(answers.task.names, found[place])) for who, found in each.items()] for place in most
    ]
    return examples(answers, most, words, "Rows on which they differ in most labels")


def _labelled(names: tuple[str, ...], there: np.ndarray) -> str:
    return ", ".join(name for name, found in zip(names, there, strict=True) if found) or "none"


def _part(found: np.ndarray) -> str:
    return score(float(found.mean())) if len(found) else plain(None)


def numbers(answers: Answers) -> list[Block]:
    """Return what is predicted against what is true, and where they are farthest apart."""
    deviation, mean = (np.array(getattr(answers.task, field)) for field in ("deviation", "mean"))
    true = answers.targets * deviation + mean
    known = ({} if answers.teacher is None else {"teacher": answers.teacher}) | {"student": answers.student}
    said = {who: logits * deviation + mean for who, logits in known.items()}
    blocks: list[Block] = []
    for place, name in enumerate(answers.task.names[:_DRAWN]):
        told = f"{name}: predicted against true, {len(true):,} validation rows ({answers.who})."
        each = {who: values[:, place] for who, values in said.items()}
        drawn = predictions_svg(name, true[:, place], each, told, f"predictions-{place}")
        blocks.append(Picture(drawn, told, _errors(name, true[:, place], each)))
    if "teacher" in said:
        apart = np.abs(answers.student - known["teacher"]).sum(1)
        farthest = np.argsort(-apart, kind="stable")[:SHOWN]
        words = [
            [
                (who, ", ".join(map(plain, values[place].tolist())))
                for who, values in ({"true": true} | said).items()
            ]
            for place in farthest
        ]
        blocks += examples(answers, farthest, words, "Rows on which they are farthest apart")
    return blocks


def _errors(name: str, true: np.ndarray, said: dict[str, np.ndarray]) -> Table:
    quantiles = {"on half of the rows": 0.5, "on nine of ten": 0.9, "on all": 1.0}
    rows = [
        row([what, *(plain(float(np.quantile(np.abs(values - true), q))) for values in said.values())])
        for what, q in quantiles.items()
    ]
    return Table(f"{name}: the largest error", ["", *said], rows)
