"""What scikit-learn's estimators want and answer."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import Any

import numpy as np
from numpy.typing import NDArray

import kdorch
from kdorch.errors import reason


def fitted(target: str, args: dict[str, Any], lessons: kdorch.Lessons, inputs: NDArray[Any]) -> bytes:
    """Fit an estimator on the training rows that have a label.

    Args:
        target: Its class.
        args: Arguments of the class.
        lessons: What to learn.
        inputs: All training rows, shape (rows, numbers).

    Returns:
        What skops writes of it.

    Raises:
        DataError: If it cannot be fitted, or written.
    """
    from skops.io import dumps

    batch, task = lessons.train, lessons.task
    known = slice(None) if batch.labelled is None else batch.labelled.numpy()
    try:
        estimator = resolve_name(target)(**args)
        if "random_state" in estimator.get_params() and "random_state" not in args:
            estimator.set_params(random_state=lessons.seed)
        estimator.fit(inputs[known], _targets(batch.targets.numpy()[known], task))
        content: bytes = dumps(estimator)
    except Exception as error:
        raise kdorch.DataError(f"teacher.estimator: {target} fails: {reason(error)}") from error
    return content


def _targets(targets: NDArray[Any], task: kdorch.Task) -> NDArray[Any]:
    if isinstance(task, kdorch.Multilabel):
        return targets.astype(np.int64)
    return targets[:, 0] if isinstance(task, kdorch.Regression) and task.outputs == 1 else targets


def check_able(estimator: Any, task: kdorch.Task) -> None:
    """Make sure that an estimator answers what can be imitated.

    Raises:
        DataError: If it does not.
    """
    wanted = "predict" if isinstance(task, kdorch.Regression) else "predict_proba"
    if not hasattr(estimator, wanted):
        raise kdorch.DataError(
            f"teacher: a {type(estimator).__name__} has no {wanted}. Take another; "
            "sklearn.calibration:CalibratedClassifierCV gives probabilities to a classifier without."
        )


def said(estimator: Any, inputs: NDArray[Any], task: kdorch.Task, *, by_name: bool) -> NDArray[Any]:
    """Return what an estimator answers: numbers or probabilities, shape (rows, outputs).

    Args:
        estimator: A fitted one.
        inputs: Shape (rows, numbers).
        task: What it answers.
        by_name: Its classes may be the names of the dataset's; else they are positions.

    Raises:
        DataError: If it fails.
    """
    try:
        if isinstance(task, kdorch.Regression):
            return np.asarray(estimator.predict(inputs)).reshape(len(inputs), -1)
        found = estimator.predict_proba(inputs)
    except ValueError as error:
        raise kdorch.DataError(f"the teacher's estimator fails: {reason(error)}") from error
    if isinstance(task, kdorch.Multilabel):
        return _of_labels(found, estimator)
    probabilities = np.zeros((len(inputs), task.outputs))
    probabilities[:, _places(estimator.classes_, task, by_name=by_name)] = found
    return probabilities


def _of_labels(found: Any, estimator: Any) -> NDArray[Any]:
    """Return the probability of each label; several estimators answer a list of (absent, there)."""
    if not isinstance(found, list):
        return np.asarray(found)
    columns = []
    for probabilities, classes in zip(found, estimator.classes_, strict=True):
        there = np.flatnonzero(np.asarray(classes) == 1)
        columns.append(probabilities[:, there[0]] if len(there) else np.zeros(len(probabilities)))
    return np.stack(columns, 1)


def _places(classes: Any, task: kdorch.Task, *, by_name: bool) -> list[int]:
    """Return which output each class of an estimator is; one fitted on few rows may not know all."""
    labels = [str(label) for label in getattr(task, "labels", ())]
    names = [str(each) for each in classes]
    if by_name and set(names) <= set(labels):
        return [labels.index(name) for name in names]
    if all(name.isdigit() and int(name) < task.outputs for name in names):
        return [int(name) for name in names]
    raise kdorch.DataError(
        f"the teacher's classes ({', '.join(names)}) are not those of the dataset ({', '.join(labels)})."
    )
