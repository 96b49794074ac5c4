"""A dataset made of given arrays, networks and teachers; what they are asked is noted in `SEEN`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

import kdorch
from kdorch.teaching.teacher import make_ready

FEATURES, LABELS = 4, ("a", "b", "c")
BUDGET = 2**40  # bytes: everything in memory
SEEN = []


@dataclass
class Source:
    """Rows in the form of a source; each row's first input is its id."""

    inputs: np.ndarray
    targets: np.ndarray
    rows: np.ndarray | None = None
    labels: tuple[str, ...] = LABELS
    fitted_on: list[torch.Tensor] = field(default_factory=list)

    @classmethod
    def of(cls, count=90, **fields):
        generator = np.random.default_rng(0)
        targets = generator.permutation(np.arange(count) % len(LABELS))
        inputs = generator.normal(size=(count, FEATURES)) + 2 * targets[:, None]
        inputs[:, 0] = np.arange(count)
        return cls(**({"inputs": inputs, "targets": targets} | fields))


class Shift(nn.Module):
    """Raw columns less their mean; the first column, which holds the id, stays as it is."""

    def __init__(self, inputs, factor):
        super().__init__()
        mean = inputs.mean(0)
        mean[0] = 0
        self.register_buffer("mean", mean)
        self.factor = factor

    def forward(self, inputs):
        return ((inputs - self.mean) * self.factor).float()


def dataset(source, *, factor=1.0):
    """Return a dataset that loads these rows."""

    class Given(kdorch.Dataset, name="given"):
        factor: float = 1.0

        def load(self):
            task = kdorch.Classification(labels=source.labels)
            return kdorch.Columns(source.inputs, source.targets, task, source.rows)

        def preprocess(self, inputs):
            source.fitted_on.append(inputs.clone())
            return Shift(inputs, self.factor)

    return Given(factor=factor)


class Overflowing(kdorch.Dataset, name="overflowing"):
    """Its preprocessing makes infinity of finite inputs."""

    def load(self):
        source = Source.of()
        return kdorch.Columns(source.inputs, source.targets, kdorch.Classification(labels=LABELS))

    def preprocess(self, inputs):
        return Shift(inputs, 1e300)


class Tied(nn.Module):
    """Two names for one matrix, and one that is not stored row by row."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(FEATURES, FEATURES), nn.Linear(FEATURES, FEATURES)
        self.second.weight = self.first.weight
        self.last = nn.Parameter(torch.randn(len(LABELS), FEATURES).T)

    def forward(self, inputs):
        return self.second(self.first(inputs).relu()) @ self.last


class Noisy(nn.Sequential):
    """Dropout: only a network in evaluation mode answers the same twice."""

    def __init__(self):
        super().__init__(nn.Linear(FEATURES, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, len(LABELS)))


class Narrow(nn.Linear):
    """One logit too few."""

    def __init__(self):
        super().__init__(FEATURES, len(LABELS) - 1)


class Attentive(kdorch.Teacher, name="attentive"):
    """Knows the answer to each row by heart; notes what it is shown."""

    bad: tuple[int, ...] = ()
    outputs: int = len(LABELS)

    def fit(self, lessons):
        SEEN.append(("fit", [*lessons.train.rows.tolist(), *lessons.validation.rows.tolist()]))
        return {"scale": torch.tensor([3.0])}

    def build(self, task, state):
        def answer(batch):
            SEEN.append(("answer", batch.rows.tolist()))
            logits = torch.zeros(len(batch.rows), self.outputs)
            logits[:, 0] = batch.rows.float() * state["scale"]
            logits[np.isin(batch.rows, self.bad)] = torch.nan
            return kdorch.Output(logits)

        return answer


def ready(store, teacher, data, *, origin="toys 0", seed=0, score=("accuracy", "max"), budget=BUDGET):
    return make_ready(store, teacher, origin, data, seed=seed, score=score, budget=budget)


def stored(path, split, name):
    return np.load(Path(path) / split / f"{name}.npy")


@kdorch.hookimpl
def register_teachers(register):
    register(Attentive)
