"""Made-up rows that a teacher can be made ready with."""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from kdorch.kinds import Columns, Dataset
from kdorch.testing.samples import make_task, raw_targets

_ROWS, _OUTPUTS = 96, 3


class MadeUp(Dataset, name="made-up", tasks={"classification", "multilabel", "regression"}):
    """96 grey images of 8 x 8, whose brightness follows their label.

    Attributes:
        task: Name of the task.
    """

    learns: str = "classification"

    def task_name(self) -> str:
        """Return the task that it was made for."""
        return self.learns

    def load(self) -> Columns:
        """Return images of shape (96, 8, 8), float32."""
        task = make_task(self.learns, _OUTPUTS)
        targets = raw_targets(task, _ROWS)
        noise = np.random.default_rng(0).normal(size=(_ROWS, 8, 8))
        images = noise + targets.reshape(_ROWS, -1)[:, :1, None]
        return Columns(images.astype(np.float32), targets, type(task)(labels=task.labels))  # type: ignore[attr-defined,call-arg]

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return what makes one channel of them."""
        return nn.Unflatten(1, (1, 8))
