"""Rows, networks, losses and a task for the tests of training; what they see is noted in `SEEN`."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from pydantic import PrivateAttr
from torch import nn

import kdorch
from kdorch.training import trial
from kdorch.training.rows import open_rows

FEATURES, CLASSES, TRAIN, VALIDATION = 6, 3, 101, 60
TASK = kdorch.Classification(labels=("a", "b", "c"), input_shape=(FEATURES,))
SEEN = []


def write_rows(folder):
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(CLASSES, FEATURES))
    for split, count, first in (("train", TRAIN, 0), ("validation", VALIDATION, TRAIN)):
        targets = np.arange(count) % CLASSES
        inputs = centres[targets] + generator.normal(size=(count, FEATURES))
        columns = {"inputs": inputs.astype(np.float32), "targets": targets, "rows": first + np.arange(count)}
        (folder / "data" / split).mkdir(parents=True)
        (folder / "teacher" / split).mkdir(parents=True)
        for name, column in columns.items():
            np.save(folder / "data" / split / f"{name}.npy", column)
        np.save(folder / "teacher" / split / "logits.npy", (2 * inputs @ centres.T).astype(np.float32))


OWN = ("student", "losses", "train", "seed", "weights", "recall", "bar", "sample")


def job(*described):
    """Return the spec of a job that carries these trials; whatever they share is the first one's."""
    shared = {field: value for field, value in described[0].items() if field not in OWN}
    trials = [
        {"name": str(place), **{field: each[field] for field in OWN if field in each}}
        for place, each in enumerate(described)
    ]
    return shared | {"trials": trials}


def result_of(described):
    """Run one trial and return its result."""
    reports = []
    trial.run(job(described), reports.append)
    return reports[-1]["result"]


def rows(stored, split, *, budget=2**40):
    return open_rows(stored / "data", split, stored / "teacher", budget=budget)


def plain():
    return nn.Sequential(nn.Linear(FEATURES, 8), nn.ReLU(), nn.Linear(8, CLASSES))


class Normed(nn.Sequential):
    """BatchNorm and dropout: both behave differently in training."""

    def __init__(self):
        hidden = [nn.Linear(FEATURES, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5)]
        super().__init__(*hidden, nn.Linear(8, CLASSES))


class Elsewhere(nn.Module):
    """Draws its weights from numpy's and Python's global generators."""

    def __init__(self):
        super().__init__()
        drawn = np.random.standard_normal((CLASSES, FEATURES)) + random.random()
        self.weight = nn.Parameter(torch.tensor(drawn, dtype=torch.float32))

    def forward(self, inputs):
        return inputs @ self.weight.T


class Lazy(nn.Sequential):
    def __init__(self):
        super().__init__(nn.LazyLinear(8), nn.ReLU(), nn.LazyBatchNorm1d(), nn.LazyLinear(CLASSES))


class Tuple(nn.Linear):
    """Answers as a recurrent network does."""

    def __init__(self):
        super().__init__(FEATURES, CLASSES)

    def forward(self, inputs):
        return super().forward(inputs), None


class Tied(nn.Module):
    """Two names for one matrix."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(FEATURES, FEATURES), nn.Linear(FEATURES, FEATURES)
        self.second.weight = self.first.weight
        self.last = nn.Linear(FEATURES, CLASSES)

    def forward(self, inputs):
        return self.last(self.second(self.first(inputs).relu()))


class Transposed(nn.Module):
    """A matrix that is not stored row by row."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(CLASSES, FEATURES).T)

    def forward(self, inputs):
        return inputs @ self.weight


class Watching(nn.Module):
    """Notes for each batch how many rows it had, the mode, and whether algorithms are deterministic."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(FEATURES, CLASSES)

    def forward(self, inputs):
        SEEN.append((len(inputs), self.training, torch.are_deterministic_algorithms_enabled()))
        return kdorch.Output(self.layer(inputs))


class Rude(nn.Linear):
    """Leaves the process changed."""

    def __init__(self):
        super().__init__(FEATURES, CLASSES)

    def forward(self, inputs):
        if self.training:
            np.seterr(divide="print")
        return super().forward(inputs)


class Scalar(nn.Module):
    """One number for each row, where the task needs one for each class."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(FEATURES, 1)

    def forward(self, inputs):
        return self.layer(inputs).squeeze(-1)


class Wide(nn.Linear):
    """Takes inputs of another width."""

    def __init__(self):
        super().__init__(FEATURES + 1, CLASSES)


class Greedy(nn.Linear):
    """Asks for more memory than any machine has."""

    def __init__(self):
        super().__init__(FEATURES, CLASSES)

    def forward(self, inputs):
        return super().forward(inputs) + torch.empty(2**60)


class Scripted(kdorch.Classification, name="scripted"):
    """A task whose scores are given beforehand."""

    script: tuple[Any, ...]  # of any number, NaN too
    _asked: list[str] = PrivateAttr(default_factory=list)

    def score(self, name, logits, targets):
        self._asked.append(name)
        return self.script[len(self._asked) - 1]


class Projection(nn.Module):
    """Compares a learnt projection of the student with the teacher; its batch norm shows what moved it."""

    def __init__(self, classes):
        super().__init__()
        self.layer, self.norm = nn.Linear(classes, classes), nn.BatchNorm1d(classes, affine=False)

    def forward(self, student, teacher, batch):
        return nn.functional.mse_loss(self.norm(self.layer(student.logits)), teacher.logits)

    def gradient(self, student, teacher, batch):
        raise AssertionError("a closed form leaves the part's own parameters without a gradient")


class Projected(kdorch.Loss, name="projected"):
    """A loss with a trainable part."""

    def build(self, task, student, teacher):
        return Projection(student.logits.shape[1])


class Poisoned(kdorch.Loss, name="poisoned"):
    """NaN at one training step, or always in validation."""

    step: int | None = None

    def build(self, task, student, teacher):
        steps = []

        def term(student, teacher, batch):
            if not student.logits.requires_grad:
                return torch.tensor(float("nan") if self.step is None else 0.0)
            steps.append(batch)
            return student.logits.mean() * (float("nan") if len(steps) == self.step else 1.0)

        return term


class Constant(kdorch.Loss, name="constant"):
    """A linear term: its gradient is a tensor that it keeps."""

    def build(self, task, student, teacher):
        return ConstantTerm()


class ConstantTerm:
    def __init__(self):
        self.direction = torch.tensor([1.0, -2.0, 0.5])
        self.whole = {}

    def __call__(self, student, teacher, batch):
        return (student.logits * self.direction).sum(-1).mean()

    def gradient(self, student, teacher, batch):
        count = len(student.logits)
        return self.whole.setdefault(count, (self.direction / count).repeat(count, 1))


class Shy(kdorch.Loss, name="shy"):
    """Offers a gradient, but has none."""

    def __call__(self, student, teacher, batch):
        return student.logits.square().mean()

    def gradient(self, student, teacher, batch):
        return None


class Viewed(kdorch.Loss, name="viewed", needs=()):
    """Looks at maps as only contiguous ones can be looked at."""

    def __call__(self, student, teacher, batch):
        late = student.features["late"]
        picture = torch.linspace(0, 1, late[0].numel())
        wished = student.logits.log_softmax(-1)[torch.arange(len(batch.rows)), batch.targets]
        return (late.view(len(late), -1) - picture).square().mean() - wished.mean()


class Known(kdorch.Measure, name="known"):
    """A number that is known before training and should be large."""

    before_training = True

    def produces(self, task):
        return {"toy/known": "max"}

    def __call__(self, subject):
        return {"toy/known": 1.0}


@kdorch.hookimpl
def register_losses(register):
    for loss in (Projected, Poisoned, Constant, Shy, Viewed):
        register(loss)


@kdorch.hookimpl
def register_measures(register):
    register(Known)
