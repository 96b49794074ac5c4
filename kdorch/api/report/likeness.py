"""Calibration, and agreement with the teacher."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kdorch.api.report.front import anchor
from kdorch.api.results import Results
from kdorch.reporting.names import axis_name
from kdorch.reporting.page.blocks import Block, Cell, Picture, Section, Table, row
from kdorch.reporting.page.wording import plain, score

if TYPE_CHECKING:
    from kdorch.api.report.answers import Answers
    from kdorch.choosing.front import Floats
    from kdorch.kinds import Task


def likeness_section(results: Results, answers: Answers | None = None) -> Section | None:
    """Return how honest confidences are, and how like the teacher the students of the front answer.

    Args:
        results: Of the study.
        answers: What the chosen student said; without it there is only what was measured in the search.
    """
    from kdorch.discovery import installed

    if not len(results.front):
        return None
    task: Task = installed().part("task", results.record["data"]["facts"]["task"])
    blocks: list[Block] = [*_reliability(answers)] if answers else []
    blocks += _measured(results, task)
    title = "Calibration and agreement" if task.honesty else "Agreement with the teacher"
    return Section("likeness", title, blocks) if blocks else None


def _measured(results: Results, task: Task) -> list[Block]:
    wanted = {f"val/{name}": way for name, way in {**task.honesty, **task.likeness}.items()}
    names = [name for name in wanted if name in results.front and results.front[name].notna().any()]
    if not names:
        return []
    rows = [
        row([Cell(str(found["trial"]), anchor(int(found["trial"]))), *(plain(found[name]) for name in names)])
        for found in results.front.to_dict("records")
    ]
    better = {"max": "more is better", "min": "less is better"}
    head = ["trial", *(f"{axis_name(name)}, {better[wanted[name]]}" for name in names)]
    return [Table("Measured on the validation rows, in the search", head, rows)]


def _reliability(answers: Answers) -> list[Block]:
    """Return how often answers of each confidence are right, where one of several classes is chosen."""
    from kdorch.reporting.page.honesty import ENOUGH, bins, reliability_svg
    from kdorch.tasks.classification import Classification

    if not isinstance(answers.task, Classification):
        return []
    said = ({} if answers.teacher is None else {"teacher": answers.teacher}) | {"student": answers.student}
    models = {}
    for who, logits in said.items():
        shares = probabilities(logits)
        models[who] = bins(shares.max(1), (shares.argmax(1) == answers.targets).astype(float))
    rows_told = f"{len(answers.rows):,} validation rows ({answers.who})"
    told = f"How often answers of each confidence are right, on {rows_told}."
    rows = [
        row(
            [
                f"{who}, {each.low:.1f} to {each.high:.1f}",
                f"{each.rows:,}",
                score(each.confidence),
                score(each.right),
            ]
        )
        for who, found in models.items()
        for each in found
    ]
    table = Table("The numbers", ["confidence", "answers", "mean confidence", "right"], rows, folded=True)
    line = "On the line, confidence is honest. Larger marks are more answers;"
    few = f"those of fewer than {ENOUGH} are in the table alone."
    return [Picture(reliability_svg(models, told), f"{told} {line} {few}", table)]


def probabilities(logits: np.ndarray) -> Floats:
    """Return the softmax of each row."""
    shifted = np.exp(logits.astype(float) - logits.max(-1, keepdims=True))
    shares: Floats = shifted / shifted.sum(-1, keepdims=True)
    return shares
