"""The contracts as a plugin's author uses them: pytest collects these classes."""

import numpy as np

import kdorch
from kdorch.builtin.datasets import Digits
from kdorch.builtin.losses import Hinton, LogitMse
from kdorch.builtin.networks import Mlp, Module
from kdorch.builtin.teachers import Trained
from kdorch.testing import DatasetContract, LossContract, StudentContract, TeacherContract
from kdorch.testing.samples import make_task


class TestLoss(LossContract):
    loss = Hinton(temperature=2.0)


class TestStudent(StudentContract):
    student = Mlp(width=6)


class TestForeignStudent(StudentContract):
    student = Module(target="torch.nn:Linear", args={"in_features": 8, "out_features": 5})
    input_shape = (8,)

    def tasks(self):
        yield make_task("classification", 5, self.input_shape)


class Places(kdorch.Task, name="places"):
    """Maps of three classes: an answer is no vector, and kdorch makes up no labels for it."""

    @property
    def outputs(self):
        return 3

    @property
    def output_shape(self):
        return (3, 4, 5)


class TestLossOfAnOwnTask(LossContract):
    loss = LogitMse()

    def tasks(self, *, fewest=False):
        yield Places()

    def targets(self, task, rows):
        return np.zeros((rows, 4, 5), np.int64)


class TestTeacher(TeacherContract):
    teacher = Trained(network=Mlp(width=6), epochs=1)


class TestDataset(DatasetContract):
    dataset = Digits()
