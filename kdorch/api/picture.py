"""The picture of a study's front."""

from __future__ import annotations

from matplotlib.figure import Figure

from kdorch.api.results import Results
from kdorch.reporting.figure import front_figure


def draw(results: Results, title: str | None = None) -> Figure:
    """Draw the front of a study, with its teacher, its references and what was confirmed.

    Args:
        results: Of the study.
        title: Printed above the picture; the study's name by default.

    Raises:
        ChoiceError: If no trial is on it.
    """
    confirmed = results.confirmed.rename(columns={"candidate": "trial"})
    roles = {
        role: confirmed[confirmed["role"] == role] if len(confirmed) else None
        for role in ("confirm", "baseline")
    }
    return front_figure(
        results.trials,
        results.front,
        results.study.objectives,
        teacher=results.teacher,
        references=results.references,
        confirmed=roles["confirm"],
        scratch=roles["baseline"],
        title=results.name if title is None else title,
    )
