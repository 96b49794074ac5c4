"""A task, and boxes for it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from kdorch_detection.task import Detection
from torch import Tensor


@pytest.fixture
def task() -> Detection:
    return Detection(labels=("cat", "dog"), size=(32, 48), most=5, input_shape=(1, 32, 48))


@pytest.fixture
def boxes() -> Tensor:
    """Two rows; the second has one box."""
    return torch.tensor(
        [
            [[0.0, 0.0, 12.0, 10.0, 0.0], [20.0, 9.0, 41.0, 30.0, 1.0]],
            [[30.0, 2.0, 46.0, 22.0, 1.0], [-1.0, -1.0, -1.0, -1.0, -1.0]],
        ]
    )


@pytest.fixture
def perfect(task: Detection, boxes: Tensor) -> Tensor:
    """Return the logits of a network that knows the boxes."""
    from kdorch_detection.maps import wanted

    answer = wanted(boxes, 2, 8, 12)
    logits = torch.zeros(2, 6, 8, 12)
    logits[:, :2] = answer.heat.clamp(1e-6, 1 - 1e-6).logit()
    for row, place in np.argwhere(answer.there.numpy()):
        down, across = (each[row, place] for each in answer.place)
        logits[row, 2:, down, across] = answer.regressed[row, place]
    return logits
