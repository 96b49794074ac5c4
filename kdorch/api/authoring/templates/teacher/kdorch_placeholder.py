"""The nearest training rows as a teacher.

Every `kdorch` command loads this module, so torch is imported inside methods, where they need it at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

import kdorch
from pydantic import Field

if TYPE_CHECKING:
    from torch import Tensor


class Placeholder(kdorch.Teacher, name="placeholder", tasks={"classification"}):
    """Ask the training rows that are nearest, and count their labels.

    It needs no training, and cannot be shipped, for it is all the training rows: a small student that says
    the same can. Not for inputs of many columns that mean nothing: there every row is as near as any other.

    Attributes:
        neighbours: How many rows are asked.
        doubt: Share of the answer that is spread evenly over all classes.
    """

    # It runs once for all trials, but these fields act on what it has said, so that a study can search them.
    recalled: ClassVar[frozenset[str]] = frozenset({"doubt"})

    # In one line: the type, what is allowed, what `auto` searches, and the default.
    neighbours: Annotated[int, Field(ge=1)] = 10
    doubt: Annotated[float, Field(gt=0, le=1), kdorch.Range(0.01, 0.5, log=True)] = 0.1

    def folds(self) -> int:
        """Let others answer for a training row: it is its own nearest neighbour."""
        return 5

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return all that is to be kept: the training rows that have a label."""
        rows = lessons.train
        known = slice(None) if rows.labelled is None else rows.labelled
        return {"inputs": rows.inputs[known].flatten(1), "targets": rows.targets[known]}

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return what answers a batch, from what `fit` returned."""
        from torch import cdist
        from torch.nn.functional import one_hot

        def answer(batch: kdorch.Batch) -> kdorch.Output:
            distances = cdist(batch.inputs.flatten(1), state["inputs"])
            nearest = distances.topk(min(self.neighbours, distances.shape[1]), largest=False).indices
            votes = one_hot(state["targets"][nearest], task.outputs).sum(1)
            return kdorch.Output((votes + 1e-3).log())  # logits: their softmax gives the shares of the votes

        return answer

    def recall(self, task: kdorch.Task, told: kdorch.Output) -> kdorch.Output:
        """Return what a trial is told, from what `answer` returned."""
        shares = (1 - self.doubt) * told.logits.softmax(-1) + self.doubt / task.outputs
        return kdorch.Output(shares.log())


@kdorch.hookimpl
def register_teachers(register: Callable[..., None]) -> None:
    """Offer the teacher; the entry point in pyproject.toml leads here."""
    register(Placeholder)
