"""The contracts as a plugin's author uses them: pytest collects these classes."""

from kdorch.builtin.datasets import Digits
from kdorch.builtin.losses import Hinton
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


class TestTeacher(TeacherContract):
    teacher = Trained(network=Mlp(width=6), epochs=1)


class TestDataset(DatasetContract):
    dataset = Digits()
