"""The contracts as a plugin's author uses them: pytest collects these classes."""

from kdorch.builtin.datasets import Digits
from kdorch.builtin.losses import Hinton
from kdorch.builtin.networks import Mlp
from kdorch.builtin.teachers import Trained
from kdorch.testing import DatasetContract, LossContract, StudentContract, TeacherContract


class TestLoss(LossContract):
    loss = Hinton(temperature=2.0)


class TestStudent(StudentContract):
    student = Mlp(width=6)


class TestTeacher(TeacherContract):
    teacher = Trained(network=Mlp(width=6), epochs=1)


class TestDataset(DatasetContract):
    dataset = Digits()
