"""Where teacher and chosen student differ, on validation rows, by what the task is."""

from __future__ import annotations

from collections.abc import Callable

from kdorch.api.report.answers import Answers
from kdorch.api.report.classes import classes
from kdorch.api.report.outputs import labels, numbers
from kdorch.api.results import Results
from kdorch.reporting.page.blocks import Block, Quote, Section
from kdorch.tasks.classification import Classification
from kdorch.tasks.multilabel import Multilabel
from kdorch.tasks.regression import Regression

_KINDS: dict[type, Callable[[Answers], list[Block]]] = {
    Classification: classes,
    Multilabel: labels,
    Regression: numbers,
}  # of other tasks only they know what an answer means; they show samples


def differing_section(results: Results, answers: Answers) -> Section | None:
    """Return how they differ, with examples; None where there is nothing to show."""
    blocks = next((show(answers) for kind, show in _KINDS.items() if isinstance(answers.task, kind)), [])
    blocks += [Quote(who[:1].upper() + who[1:], sample.strip()) for who, sample in results.samples.items()]
    return Section("differing", "Where teacher and student differ", blocks) if blocks else None
