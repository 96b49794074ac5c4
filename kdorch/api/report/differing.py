"""Where teacher and chosen student differ, on validation rows, by what the task is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from kdorch.api.report.answers import Answers
from kdorch.api.report.classes import classes
from kdorch.api.report.outputs import labels, numbers
from kdorch.reporting.page.blocks import Block, Quote, Section
from kdorch.tasks.classification import Classification
from kdorch.tasks.multilabel import Multilabel
from kdorch.tasks.regression import Regression

_FENCED = re.compile(r"```\w*\n(.*)\n```", re.DOTALL)
_KINDS: dict[type, Callable[[Answers], list[Block]]] = {
    Classification: classes,
    Multilabel: labels,
    Regression: numbers,
}  # of other tasks only they know what an answer means; they show samples


def differing_section(answers: Answers, samples: Mapping[str, str]) -> Section | None:
    """Return how they differ, with examples; None where there is nothing to show.

    Args:
        answers: Of both.
        samples: What the task has to show of each model, as in ``Results.samples``.
    """
    blocks = next((show(answers) for kind, show in _KINDS.items() if isinstance(answers.task, kind)), [])
    blocks += [Quote(f"{who[0].upper()}{who[1:]}", _text(told)) for who, told in samples.items()]
    return Section("differing", "Where teacher and student differ", blocks) if blocks else None


def _text(markdown: str) -> str:
    """Return a sample without the fence that markdown puts around a text."""
    fenced = _FENCED.fullmatch(markdown.strip())
    return fenced[1] if fenced else markdown.strip()
