"""One trial by itself: its training, whole or only the first steps of it."""

from __future__ import annotations

from dataclasses import replace

from kdorch.stopwatch import part
from kdorch.training.course import Course, Fitted
from kdorch.training.loop import fit
from kdorch.training.pooling import quick_pooling
from kdorch.training.prepared import Prepared
from kdorch.training.rows import head

_STEPS = 12


@part("training")
def fit_alone(trial: Prepared) -> Fitted:
    """Train the student; it is left with the weights of its best epoch.

    Raises:
        TrainingError: If it diverges.
    """
    looked_at = not trial.objective.closed
    with (
        quick_pooling(trial.network),
        trial.numerics.applied(trial.network, features=looked_at) as network,
    ):
        return fit(
            network,
            trial.objective,
            trial.train,
            trial.validation,
            trial.task,
            trial.settings,
            seed=trial.seed,
            score=trial.score,
            stop=trial.stop,
            course=trial.course,
        )


def short(trial: Prepared, steps: int = _STEPS) -> Prepared:
    """Return the trial as one of a few steps, too slow to diverge."""
    count = len(trial.train[0])
    share = min(1.0, steps * trial.settings.batch / count)
    return replace(
        trial,
        train=[head(trial.train[0], max(1, int(share * count)))],
        validation=head(trial.validation, max(1, int(share * len(trial.validation)))),
        settings=trial.settings.model_copy(update={"epochs": 1, "lr": 1e-9}),
        course=Course(),
    )
