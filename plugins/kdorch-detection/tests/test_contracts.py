"""What kdorch asks of students, losses and datasets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from kdorch_detection.centernet import CenterNet
from kdorch_detection.heat_map import HeatMap
from kdorch_detection.scenes import Scenes
from kdorch_detection.task import Detection

import kdorch
from kdorch.builtin.losses import Cwd, Supervised
from kdorch.testing import DatasetContract, LossContract, StudentContract


class TestCenterNet(StudentContract):
    student = CenterNet(width=4)
    input_shape = (1, 32, 32)

    def tasks(self) -> Iterator[kdorch.Task]:
        yield Detection(labels=("cat", "dog"), size=(32, 32), input_shape=self.input_shape)


class TestDeep(StudentContract):
    """Three colours, and sides that cannot be halved as often as the network does."""

    student = CenterNet(width=6, depth=2)
    input_shape = (3, 20, 36)

    def tasks(self) -> Iterator[kdorch.Task]:
        yield Detection(labels=("cat",), size=(20, 36), input_shape=self.input_shape)


class Maps:
    """What losses are given: two classes, or one."""

    def tasks(self, *, fewest: bool = False) -> Iterator[kdorch.Task]:
        labels = ("cat",) if fewest else ("cat", "dog")
        yield Detection(labels=labels, size=(16, 20), input_shape=(1, 16, 20))

    def targets(self, task: kdorch.Task, rows: int) -> np.ndarray:
        found = np.full((rows, 3, 5), -1.0)
        found[:, 0] = (2, 1, 9, 12, 0)
        found[::2, 1] = (10, 2, 20, 16, task.outputs - 5)
        return found


class TestHeatMap(Maps, LossContract):
    loss = HeatMap()


class TestLabels(Maps, LossContract):
    loss = Supervised()


class TestChannels(Maps, LossContract):
    loss = Cwd(layers={"late": "late"})


class TestScenes(DatasetContract):
    dataset = Scenes(scenes=60)
