"""Find the smallest student that still does the teacher's job.

Everything a study or a plugin needs is named here and imported when it is first used, so that
``import kdorch`` costs milliseconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kdorch.api import Results, check, promote, reproduce, rollback, run
    from kdorch.builtin.files.folders import files_by_class
    from kdorch.builtin.files.images import image_size, read_images
    from kdorch.builtin.files.labelled import Table
    from kdorch.builtin.files.pictures import image_usage
    from kdorch.builtin.preprocessing import Scale, Standardize
    from kdorch.builtin.taps import Taps
    from kdorch.errors import (
        ArgumentError,
        BusyError,
        ChoiceError,
        DataError,
        ExecutionError,
        KdorchError,
        NotBetterError,
        PluginError,
        PromotionError,
        StoreError,
        StudyError,
        TrackingError,
        TrainingError,
    )
    from kdorch.fetching import Debian, Fetched, Npm, Pip, generated
    from kdorch.hookspecs import hookimpl
    from kdorch.kinds import (
        Batch,
        Columns,
        Dataset,
        Direction,
        Lessons,
        Loss,
        Measure,
        Mixed,
        Output,
        Schedule,
        Student,
        Subject,
        Task,
        Teacher,
        Term,
    )
    from kdorch.kinds.distributions import log_softmax, softmax
    from kdorch.kinds.stages import Stages
    from kdorch.search.observer import Observer
    from kdorch.spec import Choice, ClassPath, Range, Spec
    from kdorch.study import Augment, Confirm, OneOf, Search, Split, Store, Study, Train, Transfer
    from kdorch.tasks.classification import Classification
    from kdorch.tasks.multilabel import Multilabel
    from kdorch.tasks.regression import Regression
    from kdorch.tasks.tokens import Tokens

_HOMES = {
    "kdorch.api": ("Results", "check", "promote", "reproduce", "rollback", "run"),
    "kdorch.errors": (
        "ArgumentError", "BusyError", "ChoiceError", "DataError", "ExecutionError", "KdorchError",
        "NotBetterError", "PluginError", "PromotionError", "StoreError", "StudyError", "TrackingError",
        "TrainingError",
    ),
    "kdorch.builtin.files.folders": ("files_by_class",),
    "kdorch.builtin.files.images": ("image_size", "read_images"),
    "kdorch.builtin.files.labelled": ("Table",),
    "kdorch.builtin.files.pictures": ("image_usage",),
    "kdorch.builtin.preprocessing": ("Scale", "Standardize"),
    "kdorch.builtin.taps": ("Taps",),
    "kdorch.fetching": ("Debian", "Fetched", "Npm", "Pip", "generated"),
    "kdorch.hookspecs": ("hookimpl",),
    "kdorch.kinds": (
        "Batch", "Columns", "Dataset", "Direction", "Lessons", "Loss", "Measure", "Mixed", "Output",
        "Schedule", "Student", "Subject", "Task", "Teacher", "Term",
    ),
    "kdorch.kinds.distributions": ("log_softmax", "softmax"),
    "kdorch.kinds.stages": ("Stages",),
    "kdorch.search.observer": ("Observer",),
    "kdorch.spec": ("Choice", "ClassPath", "Range", "Spec"),
    "kdorch.study": ("Augment", "Confirm", "OneOf", "Search", "Split", "Store", "Study", "Train", "Transfer"),
    "kdorch.tasks.classification": ("Classification",),
    "kdorch.tasks.multilabel": ("Multilabel",),
    "kdorch.tasks.regression": ("Regression",),
    "kdorch.tasks.tokens": ("Tokens",),
}  # fmt: skip
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = [
    "ArgumentError",
    "Augment",
    "Batch",
    "BusyError",
    "Choice",
    "ChoiceError",
    "ClassPath",
    "Classification",
    "Columns",
    "Confirm",
    "DataError",
    "Dataset",
    "Debian",
    "Direction",
    "ExecutionError",
    "Fetched",
    "KdorchError",
    "Lessons",
    "Loss",
    "Measure",
    "Mixed",
    "Multilabel",
    "NotBetterError",
    "Npm",
    "Observer",
    "OneOf",
    "Output",
    "Pip",
    "PluginError",
    "PromotionError",
    "Range",
    "Regression",
    "Results",
    "Scale",
    "Schedule",
    "Search",
    "Spec",
    "Split",
    "Stages",
    "Standardize",
    "Store",
    "StoreError",
    "Student",
    "Study",
    "StudyError",
    "Subject",
    "Table",
    "Taps",
    "Task",
    "Teacher",
    "Term",
    "Tokens",
    "TrackingError",
    "Train",
    "TrainingError",
    "Transfer",
    "check",
    "files_by_class",
    "generated",
    "hookimpl",
    "image_size",
    "image_usage",
    "log_softmax",
    "promote",
    "read_images",
    "reproduce",
    "rollback",
    "run",
    "softmax",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'kdorch' has no attribute {name!r}")
