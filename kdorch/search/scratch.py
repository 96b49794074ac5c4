"""Students without a teacher, searched as those with one are: what a teacher has to beat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from kdorch.discovery import installed
from kdorch.kinds import Loss
from kdorch.study import Study
from kdorch.study.space import space

if TYPE_CHECKING:
    import pandas as pd

_OF_A_TEACHER = ("losses.", "teacher.")


def from_scratch(study: Study) -> Study:
    """Return the study whose students learn from their labels alone, all else being as it is.

    What only a teacher makes a difference to is not searched: all of the losses but the fields, other than
    its weight, of the loss on labels.
    """
    label, loss = _of_labels(study)
    own = f"losses.{label}."
    tune = {
        path: mark
        for path, mark in study.tune.items()
        if not path.startswith(_OF_A_TEACHER) or (path.startswith(own) and path.split(".")[2] != "weight")
    }
    return study.model_copy(update={"losses": {label: loss.model_copy(update={"weight": 1.0})}, "tune": tune})


def budget(study: Study, trials: int) -> int:
    """Return how many trials without a teacher match so many with one: more of the same one say nothing."""
    return trials if space(from_scratch(study)) else min(1, trials)


def _of_labels(study: Study) -> tuple[str, Loss]:
    """Return the study's loss on labels by its own label, or a plain one."""
    for label, loss in study.losses.items():
        if isinstance(loss, Loss) and loss.name == "task":
            return label, loss
    return "task", cast("Loss", installed().part("loss", {"use": "task"}))


@dataclass(frozen=True)
class Twin:
    """Whom a confirmed student is compared with.

    Attributes:
        trial: Of the search without a teacher.
        resized: Whether it is larger than the student, whose own network is then trained as it was.
    """

    trial: int
    resized: bool


def twin_of(study: Study, candidate: Mapping[str, Any], found: pd.DataFrame) -> Twin | None:
    """Return the best by validation that was found without a teacher and is no larger.

    If all are larger, the best of them says how to train a student of the candidate's own size.

    Args:
        study: The study.
        candidate: Metrics of a trial of the search.
        found: The front of the search without a teacher.
    """
    import pandas as pd

    if not len(found):
        return None
    quality, *others = study.objectives.items()
    small = pd.Series(data=True, index=found.index)
    for size, direction in others:
        if not size.startswith("val/"):  # else it is a quality, too
            values = found[size] if direction == "min" else -found[size]
            small &= values <= (candidate[size] if direction == "min" else -candidate[size])
    among = found[small] if small.any() else found
    best = among.sort_values(quality[0], ascending=quality[1] == "min", kind="stable").iloc[0]
    return Twin(int(best["trial"]), resized=not small.any())
