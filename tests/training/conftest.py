from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from kdorch.discovery import Origin, discover, installed

sys.path.append(str(Path(__file__).parent))  # students are named by the import path of their class

import training_toys


@pytest.fixture(scope="module", autouse=True)
def _toys():
    """Offer the toy plugins through the public hooks, and compute on one thread, for one module of tests."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    discover.cache_clear()
    installed().add(training_toys, Origin("toys", "0", "toys"))
    yield
    discover.cache_clear()
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def stored(tmp_path_factory):
    """A stored dataset of three overlapping clouds, and a teacher's outputs for it."""
    folder = tmp_path_factory.mktemp("stored")
    training_toys.write_rows(folder)
    return folder


@pytest.fixture
def spec(stored, tmp_path):
    """Return a function that describes a trial and its job; what it is given replaces the default."""

    def make(**fields):
        default = {
            "data": str(stored / "data"),
            "teacher": str(stored / "teacher"),
            "task": training_toys.TASK.model_dump(),
            "student": {"use": "mlp", "width": 8},
            "losses": {"task": {"use": "task", "weight": 0.3}, "kd": {"use": "hinton", "weight": 0.7}},
            "train": {"epochs": 4, "batch": 32, "lr": 0.01},
            "seed": 0,
            "score": ["accuracy", "max"],
            "measures": [],
            "limits": [],
            "weights": str(tmp_path / "weights" / "student.safetensors"),
            "budget": 2**40,
        }
        return default | fields

    return make


@pytest.fixture
def run(spec):
    """Return a function that runs a trial and returns its result."""

    def call(**fields):
        return training_toys.result_of(spec(**fields))

    return call


@pytest.fixture
def own(run):
    """Return a function that runs a trial of a network of `training_toys`."""

    def call(network, args=None, **fields):
        part = {"use": "module", "target": f"training_toys:{network}", "args": args or {}}
        return run(student=part, **fields)

    return call
