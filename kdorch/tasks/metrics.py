"""Scores by their torchmetrics names, for the tasks that have some there."""

from __future__ import annotations

import inspect
import re
import warnings
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeGuard

from kdorch.kinds import Direction, Task

if TYPE_CHECKING:
    from torch import Tensor
    from torchmetrics import Metric

_OTHERS = {  # of distributions and of directions, which no task of ours predicts
    "continuous_ranked_probability_score",
    "cosine_similarity",
    "jensen_shannon_divergence",
    "kldivergence",
}
_SIZES = ("num_classes", "num_labels", "num_outputs")  # how torchmetrics calls the number of outputs


def named(task: type[Task]) -> dict[str, Direction]:
    """Return torchmetrics' scores for a task, and which way is better: ``auroc``, ``cohen_kappa`` and so on.

    Those that need settings of their own, or have no better side, are left out.
    """
    return {name: _direction(kind) for name, kind in _classes(*task.library).items()}


def compute(task: Task, name: str, predictions: Tensor, targets: Tensor) -> float:
    """Return one of those scores, of several outputs the mean; what is given is what torchmetrics wants."""
    kind = _classes(*task.library)[name]
    takes = inspect.signature(kind.__init__).parameters
    settings: dict[str, Any] = {size: task.outputs for size in _SIZES if size in takes}
    if "validate_args" in takes:
        settings["validate_args"] = False
    with warnings.catch_warnings(action="ignore"):  # about classes that a split has no rows of, and memory
        metric = kind(**settings)
        metric.update(predictions, targets)
        return float(metric.compute().mean())


@cache
def _classes(module: str, prefix: str) -> dict[str, type[Metric]]:
    if not module:
        return {}
    found: dict[str, type[Metric]] = {
        _snake(name.removeprefix(prefix)): kind
        for name, kind in vars(import_module(module)).items()
        if name.startswith(prefix) and _is_score(kind)
    }
    return {name: found[name] for name in sorted(found.keys() - _OTHERS)}


def _is_score(kind: Any) -> TypeGuard[type[Metric]]:
    if not inspect.isclass(kind) or getattr(kind, "higher_is_better", None) is None:
        return False
    *parameters, _ = list(inspect.signature(kind.__init__).parameters.values())[1:]
    return all(each.default is not each.empty or each.name in _SIZES for each in parameters)


def _direction(kind: type[Metric]) -> Direction:
    return "max" if kind.higher_is_better else "min"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
