"""The classic: weighted counts of words, and a linear classifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import Tensor

_FLOOR = 1e-7


class Tfidf(
    kdorch.Teacher, name="tfidf", tasks={"classification"}, reference="sklearn.feature_extraction.text"
):
    """TF-IDF of words and a logistic regression on them (scikit-learn): what any text model has to beat.

    Meant as a reference. As a teacher it needs ``cross_fit``, as it knows its rows nearly by heart.

    Attributes:
        ngrams: Most words in a row that count as one.
        penalty: Inverse of the penalty on large weights, scikit-learn's C.
        cross_fit: Answer training rows by this many models, each those that it has not seen.
    """

    ngrams: Annotated[int, Field(ge=1, le=3)] = 1
    penalty: Annotated[float, Field(gt=0)] = 1.0
    cross_fit: Annotated[int, Field(ge=2)] | None = None

    @property
    def raw(self) -> bool:
        """It reads texts."""
        return True

    def folds(self) -> int:
        """Return the number of folds."""
        return self.cross_fit or 0

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return what skops writes of the fitted pipeline."""
        import torch
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from skops.io import dumps

        from kdorch_text.rows import decode

        rows = lessons.train
        assert rows.raw is not None  # noqa: S101  who is raw gets raw rows
        known = slice(None) if rows.labelled is None else rows.labelled
        words = TfidfVectorizer(ngram_range=(1, self.ngrams), sublinear_tf=True)
        pipeline = make_pipeline(words, LogisticRegression(C=self.penalty, max_iter=1000))
        pipeline.fit(decode(rows.raw[known].numpy()), rows.targets[known].numpy())
        return {"pipeline": torch.frombuffer(bytearray(dumps(pipeline)), dtype=torch.uint8)}

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return the fitted pipeline."""
        import torch
        from skops.io import get_untrusted_types, loads

        from kdorch_text.rows import decode

        content = bytes(state["pipeline"].numpy())
        pipeline = loads(content, trusted=get_untrusted_types(data=content))  # written by `fit`
        known = torch.from_numpy(pipeline[-1].classes_)

        def answer(batch: kdorch.Batch) -> kdorch.Output:
            assert batch.raw is not None  # noqa: S101  who is raw gets raw rows
            told = torch.from_numpy(pipeline.predict_proba(decode(batch.raw.numpy())))
            probabilities = told.new_zeros(len(told), task.outputs)
            probabilities[:, known] = told
            return kdorch.Output(probabilities.clamp(min=_FLOOR).log().float())

        return answer

    def parameters(self, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
        """Return how many weights the classifier has."""
        from skops.io import get_untrusted_types, loads

        content = bytes(state["pipeline"].numpy())
        return int(loads(content, trusted=get_untrusted_types(data=content))[-1].coef_.size)
