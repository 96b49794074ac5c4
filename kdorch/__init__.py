"""Find the smallest student that still does the teacher's job.

Everything a study or a plugin needs is named here and imported when it is first used, so that
``import kdorch`` costs milliseconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kdorch.api import Results, check, promote, run
    from kdorch.errors import ChoiceError, DataError, KdorchError, PluginError, PromotionError, StudyError
    from kdorch.hookspecs import hookimpl
    from kdorch.kinds import (
        Batch,
        Columns,
        Dataset,
        Lessons,
        Loss,
        Measure,
        Output,
        Student,
        Subject,
        Task,
        Teacher,
    )
    from kdorch.spec import Choice, Range, Spec
    from kdorch.study import OneOf, Study
    from kdorch.tasks.classification import Classification

_HOMES = {
    "kdorch.api": ("Results", "check", "promote", "run"),
    "kdorch.errors": (
        "ChoiceError", "DataError", "KdorchError", "PluginError", "PromotionError", "StudyError",
    ),
    "kdorch.hookspecs": ("hookimpl",),
    "kdorch.kinds": (
        "Batch", "Columns", "Dataset", "Lessons", "Loss", "Measure", "Output", "Student", "Subject", "Task",
        "Teacher",
    ),
    "kdorch.spec": ("Choice", "Range", "Spec"),
    "kdorch.study": ("OneOf", "Study"),
    "kdorch.tasks.classification": ("Classification",),
}  # fmt: skip
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = [
    "Batch",
    "Choice",
    "ChoiceError",
    "Classification",
    "Columns",
    "DataError",
    "Dataset",
    "KdorchError",
    "Lessons",
    "Loss",
    "Measure",
    "OneOf",
    "Output",
    "PluginError",
    "PromotionError",
    "Range",
    "Results",
    "Spec",
    "Student",
    "Study",
    "StudyError",
    "Subject",
    "Task",
    "Teacher",
    "check",
    "hookimpl",
    "promote",
    "run",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'kdorch' has no attribute {name!r}")
