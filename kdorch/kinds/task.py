"""What is learnt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, Self

from kdorch.kinds.values import Batch, Direction
from kdorch.spec import Spec

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn


class Task(Spec):
    """What is learnt: the supervised loss, the scores, and the shape of inputs and outputs.

    Class attributes:
        directions: Its scores, and which way is better.
        likeness: Its measures of fidelity, likewise.
        honesty: Its measures of calibration, likewise.
        library: Where torchmetrics keeps further scores for it, and how their names begin there.
        exclusive: One of the entries of its last dimension is right: their softmax is a distribution.
        answers: What a shipped model answers, as a sentence for its card.
        located: Its labels say where things are in the input, so a view must not move them.

    Attributes:
        input_shape: Shape of one prepared input, without the batch; the core fills it in.
        metrics: Further scores by their torchmetrics names; the core fills them in from the study.
    """

    kind: ClassVar[str] = "task"
    directions: ClassVar[Mapping[str, Direction]] = {}
    likeness: ClassVar[Mapping[str, Direction]] = {}
    honesty: ClassVar[Mapping[str, Direction]] = {}
    library: ClassVar[tuple[str, str]] = ("", "")
    exclusive: ClassVar[bool] = False
    answers: ClassVar[str] = "Logits."
    located: ClassVar[bool] = False

    input_shape: tuple[int, ...] = ()
    metrics: tuple[str, ...] = ()

    @property
    def outputs(self) -> int:
        """Number of logits per row, or per place in it: classes, labels, numbers, entries of a vocabulary."""
        raise NotImplementedError

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of one row's logits, ``(outputs,)`` by default; it may depend on ``input_shape``."""
        return (self.outputs,)

    @property
    def names(self) -> tuple[str, ...]:
        """What the numbers along the last axis of a shipped model's answer are; empty if they have no names.

        By default the ``labels``, where the task has some.
        """
        return tuple(getattr(self, "labels", ()))

    def meaning(self) -> str:
        """Return what a shipped model answers: ``answers``, unless it depends on the fields."""
        return self.answers

    def complaint(self, targets: np.ndarray) -> str:
        """Return what is wrong with the labels of a dataset, as a sentence; empty if nothing is."""
        return ""

    def fitted(self, targets: np.ndarray) -> Self:
        """Return the task with what it has to know of the training labels."""
        return self

    def strata(self, targets: np.ndarray) -> np.ndarray | None:
        """Return the labels of which each split needs its share, or None where rows have no such label."""
        return None

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Return labels in the form that the loss compares logits with."""
        return targets

    def mask(self, targets: np.ndarray) -> np.ndarray | None:
        """Return which tokens of encoded labels count, bool, shape (rows, tokens); None if all do.

        It reaches losses as ``batch.mask``.
        """
        return None

    def decoder(self) -> nn.Module | None:
        """Return what turns logits into what a client expects, as a module; None if they are just that."""
        return None

    def loss(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the supervised loss, averaged over the batch, as a scalar.

        Args:
            logits: Of the student, shape (rows, *output_shape).
            targets: Encoded labels.
            weights: Of the rows in the average, shape (rows,); all equal by default.
        """
        raise NotImplementedError

    def loss_gradient(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor | None:
        """Return d loss / d logits in closed form, or None where there is none that is cheap."""
        return None

    def score(self, name: str, logits: Tensor, targets: Tensor) -> float:
        """Return one of the scores named in ``directions`` or ``metrics``."""
        raise NotImplementedError

    def row_scores(self, name: str, logits: Tensor, targets: Tensor) -> Tensor | None:
        """Return a score of each row by itself, shape (rows,); None where the score is not their mean.

        Intervals over test rows come from these. Without them, from the score with some rows left out.
        """
        return None

    def by_class(self, logits: Tensor, targets: Tensor) -> dict[str, dict[str, float]]:
        """Return ``rows``, ``recall`` and ``precision`` by class, for a model card; nothing by default.

        A class without rows has no recall, and one that is never the answer no precision: NaN.
        """
        return {}

    def fidelity(self, student: Tensor, teacher: Tensor) -> dict[str, float]:
        """Return how closely the student's logits follow the teacher's, by the names of ``likeness``."""
        raise NotImplementedError

    def sample(self, answer: Callable[[Tensor], Tensor], batch: Batch) -> str:
        """Return something to look at, in markdown, for the summary of a study; nothing by default.

        Asked once of the teacher and of each confirmed student. It must be the same every time, so what it
        draws it draws from a generator of its own.

        Args:
            answer: From prepared inputs, batch first, to logits; without a graph.
            batch: A few validation rows.
        """
        return ""

    def calibration(self, logits: Tensor, targets: Tensor) -> dict[str, float]:
        """Return how honest the predicted confidences are, by the names of ``honesty``."""
        return {}
