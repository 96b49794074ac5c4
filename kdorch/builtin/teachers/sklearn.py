"""A teacher of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

import kdorch
from kdorch.builtin.teachers.fields import Folds, Inputs
from kdorch.builtin.teachers.programs import packed, unpacked
from kdorch.errors import reason

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


class Sklearn(kdorch.Teacher, name="sklearn", tasks={"classification", "multilabel", "regression"}):
    """Any estimator with ``predict_proba``, or for a regression with ``predict``; it sees rows flattened.

    Of a probability p the logit is log p, of a label that may be there beside others log p - log(1 - p).
    What an estimator rules out has the probability 1e-7.

    Attributes:
        estimator: Its class, as in ``sklearn.ensemble:HistGradientBoostingClassifier``, to be fitted here.
        args: Arguments of the class. A ``random_state`` that is not given is the study's seed.
        file: In place of a class: a fitted one that ``skops.io.dump`` wrote. Its classes are the dataset's,
            by name or by position; for a regression it answers in the units of the dataset.
        trust: Load types from ``file`` that skops does not know to be harmless.
        inputs: ``prepared`` as for a student, or ``raw`` as the dataset ships them.
        cross_fit: Answer training rows by this many estimators, each those that it has not seen. Boosted
            trees and forests know their rows by heart, so that their answers to them say little.
    """

    estimator: kdorch.ClassPath | None = None
    args: dict[str, Any] = Field(default_factory=dict)
    file: Path | None = None
    trust: bool = False
    inputs: Inputs = "prepared"
    cross_fit: Folds | None = None

    @property
    def foreign(self) -> bool:
        """Whether it was fitted elsewhere."""
        return self.file is not None

    @property
    def raw(self) -> bool:
        """Whether it takes what the dataset ships."""
        return self.inputs == "raw"

    def folds(self) -> int:
        """Return the number of folds."""
        return self.cross_fit or 0

    def complaints(self) -> dict[str, str]:
        """Return that the file is missing, or that it is not clear where the estimator comes from."""
        if (self.estimator is None) == (self.file is None):
            return {
                "estimator": "write either estimator: MODULE:CLASS, to fit one, or file: PATH, to load it."
            }
        if self.file is None:
            return {}
        found = {} if self.file.is_file() else {"file": f"there is no file {self.file}."}
        unused = (field for field in ("args", "cross_fit") if getattr(self, field))
        return found | dict.fromkeys(unused, "goes with estimator: one that is loaded is fitted already.")

    def import_paths(self) -> Sequence[str]:
        """Return the class."""
        return () if self.estimator is None else (self.estimator,)

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return the fitted estimator, as skops writes it.

        Raises:
            DataError: If it cannot be fitted, or is not to be loaded.
        """
        from kdorch.builtin.teachers.estimators import fitted

        if self.estimator is None:
            return {"estimator": packed(self._loaded())}
        return {"estimator": packed(fitted(self.estimator, self.args, lessons, self._flat(lessons.train)))}

    def _loaded(self) -> bytes:
        from skops.io import get_untrusted_types

        assert self.file is not None  # noqa: S101  as there is no estimator
        try:
            content = self.file.read_bytes()
            strange = get_untrusted_types(data=content)
        except Exception as error:
            raise kdorch.DataError(
                f"teacher.file: {self.file} cannot be read: {reason(error)}. Write it with skops.io.dump."
            ) from error
        if strange and not self.trust:
            raise kdorch.DataError(
                f"teacher.trust: {self.file.name} holds types that skops does not know to be harmless: "
                f"{', '.join(strange)}. Loading them may run code; if you know who wrote the file, write "
                "trust: true."
            )
        return content

    def _flat(self, batch: kdorch.Batch) -> np.ndarray:
        inputs = batch.raw if self.raw else batch.inputs
        assert inputs is not None  # noqa: S101  who is raw gets raw rows
        found: np.ndarray = inputs.numpy().reshape(len(batch.rows), -1)
        return found

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return the fitted estimator."""
        from skops.io import get_untrusted_types, loads
        from torch import from_numpy

        from kdorch.builtin.teachers.answering import as_logits
        from kdorch.builtin.teachers.estimators import check_able, said

        content = unpacked(state["estimator"])
        estimator = loads(content, trusted=get_untrusted_types(data=content))  # `fit` asked for trust
        check_able(estimator, task)

        def answer(batch: kdorch.Batch) -> kdorch.Output:
            found = said(estimator, self._flat(batch), task, by_name=self.file is not None)
            if isinstance(task, kdorch.Regression) and self.file is None:  # fitted to numbers of unit scale
                return kdorch.Output(from_numpy(found.astype("float32")))
            return kdorch.Output(as_logits(task, found, "probabilities", batch.rows))

        return answer
