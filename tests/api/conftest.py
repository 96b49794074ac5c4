"""A small study of somebody's own dataset plugin and network, to be changed after it was run."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import kdorch

# Float64 columns that single precision cannot tell apart.
PLUGIN = """
import numpy, torch
from torch import nn
import kdorch


class Far(kdorch.Dataset, name="far", tasks={"classification"}):
    def load(self):
        generator = numpy.random.default_rng(0)
        targets = numpy.arange(600) % 3
        inputs = 1e9 + generator.normal(size=(600, 4)) + targets[:, None]
        return kdorch.Columns(inputs, targets, kdorch.Classification(labels=["a", "b", "c"]))

    def preprocess(self, inputs):
        return Standard(inputs)


class Standard(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.register_buffer("mean", inputs.mean(0))
        self.register_buffer("deviation", inputs.std(0))

    def forward(self, inputs):
        return ((inputs - self.mean) / self.deviation).float()


@kdorch.hookimpl
def register_datasets(register):
    register(Far)
"""
TEACHER = """
from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 3))
"""
# Reading the code does not tell what it imports, as where a library decides by its settings.
NETWORK = """
from importlib import import_module

from torch import nn

last = import_module("help" + "er").last


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.first, self.last = nn.Linear(4, width), last(width)

    def forward(self, inputs):
        return self.last(self.first(inputs).relu())
"""
HELPER = """
from torch import nn


def last(width):
    return nn.Linear(width, 3)


class Warm(nn.Linear):
    def forward(self, inputs):
        return super().forward(inputs) * 1.05
"""


@pytest.fixture
def own_results(finished: Any, tmp_path: Path) -> kdorch.Results:
    """A copy of the finished study, to promote from."""
    return kdorch.Results("tiny", shutil.copytree(finished.home, tmp_path / "home"))


@dataclass(frozen=True)
class Own:
    """Everything of one person's study in one folder.

    Attributes:
        folder: With ``home``, the modules beside the study file, and ``site``, where the plugin is installed.
        cli: Runs ``kdorch``.
    """

    folder: Path
    cli: Callable[..., Any]

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def path(self) -> str:
        """Where Python finds kdorch and the plugin."""
        return os.pathsep.join([str(Path(__file__).parents[2]), str(self.folder / "site")])

    def kdorch(self, *words: str, home: Path | None = None) -> Any:
        place = ("--home", str(home or self.home))
        return self.cli(*place, *words, environment={"PYTHONPATH": self.path}, cwd=self.folder.parent)

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.folder / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))


@pytest.fixture(scope="session")
def _own_template(
    shared: Callable[..., Path], tree: Callable[..., dict[str, Any]], cli: Callable[..., Any]
) -> Path:
    def fill(folder: Path) -> None:
        info = folder / "site" / "far-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: far\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[kdorch]\nfar = far\n")
        (folder / "site" / "far.py").write_text(PLUGIN)
        for name, code in (("teacher", TEACHER), ("net", NETWORK), ("helper", HELPER)):
            (folder / f"{name}.py").write_text(code)
        study = tree(
            data={"use": "far"},
            teacher={"use": "trained", "network": {"use": "module", "target": "teacher:Net"}, "epochs": 5},
            student={"use": "module", "target": "net:Net"},
            tune={"train.lr": {"low": 1e-2, "high": 3e-2}},
            train={"epochs": 5, "batch": 32},
            search={"trials": 2, "sampler": "random"},
        )
        (folder / "tiny.yaml").write_text(json.dumps(study))
        ran = Own(folder, cli).kdorch("study", "run", str(folder / "tiny.yaml"))
        assert ran.returncode == 0, ran.stderr

    return shared("own", fill)


@pytest.fixture
def own(_own_template: Path, tmp_path: Path, cli: Callable[..., Any]) -> Own:
    """The study as if it had been run in a folder of the test's own."""
    folder = tmp_path / "own"
    shutil.copytree(_own_template, folder)
    record = folder / "home" / "studies" / "tiny" / "study.json"
    record.write_text(record.read_text().replace(str(_own_template), str(folder)))
    with sqlite3.connect(folder / "home" / "mlflow.db") as database:
        for table, column in (("runs", "artifact_uri"), ("experiments", "artifact_location")):
            change = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"
            database.execute(change, (str(_own_template), str(folder)))
    database.close()
    return Own(folder, cli)
