"""Everything that comes with kdorch keeps its contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from mutants import caught
from pydantic import ValidationError
from safetensors.torch import save_file
from torch import nn

from kdorch.builtin.files.dataset import Files
from kdorch.builtin.losses import Supervised
from kdorch.builtin.networks import Mlp
from kdorch.builtin.teachers import Checkpoint, Ensemble, Exported, Predictions, Sklearn
from kdorch.discovery import installed
from kdorch.spec import Spec
from kdorch.testing.samples import make_task

BAYES = "sklearn.naive_bayes:GaussianNB"
GIVEN = {"layers": {"late": "late"}}  # fields of many built-ins that have no default


def checkpoint(folder: Path) -> Checkpoint:
    network, weights = Mlp(width=4), folder / "weights.safetensors"
    save_file(network.build(make_task("classification", 3)).state_dict(), weights)
    return Checkpoint(network=network, weights=weights)


def predictions(folder: Path) -> Predictions:
    said = np.random.default_rng(0).dirichlet(np.ones(3), size=96)  # the made-up rows are 96, of a, b and c
    np.savez(folder / "said.npz", row=np.arange(96), **dict(zip("abc", said.T, strict=True)))
    return Predictions(path=folder / "said.npz")


def foreign(folder: Path) -> Exported:
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    program = torch.export.export(
        network, (torch.zeros(3, 1, 8, 8),), dynamic_shapes=({0: torch.export.Dim.AUTO},)
    )
    torch.export.save(program, folder / "network.pt2")
    return Exported(path=folder / "network.pt2", trust=True)


def ensemble(folder: Path) -> Ensemble:
    return Ensemble(members={"api": predictions(folder), "bayes": Sklearn(estimator=BAYES)}, cross_fit=2)


def table(folder: Path) -> Files:
    numbers = np.random.default_rng(0).normal(size=(90, 2))
    lines = [
        f"{one},{two},{'red' if row % 2 else 'blue'},{row % 3}" for row, (one, two) in enumerate(numbers)
    ]
    (folder / "table.csv").write_text("\n".join(["one,two,colour,kind", *lines]))
    return Files(path=folder / "table.csv", target="kind")


# What a built-in is made with, where its defaults and GIVEN do not do; and further ways to make one.
EXAMPLES: dict[str, Callable[[Path], Spec]] = {
    "dataset/files": table,
    "loss/task balanced": lambda _: Supervised(class_weights="balanced"),
    "student/mlp without a hidden layer": lambda _: Mlp(depth=0),
    "teacher/checkpoint": checkpoint,
    "teacher/ensemble": ensemble,
    "teacher/exported": foreign,
    "teacher/predictions": predictions,
    "teacher/sklearn": lambda _: Sklearn(estimator=BAYES),
}
COLLECTED = {"dataset/digits", "loss/hinton", "student/mlp", "student/module", "teacher/trained"}  # next door
COLLECTED |= {"teacher/registry"}  # asks an MLflow server: its contract is in test_registry.py
ALL = {
    f"{entry.kind}/{entry.name}"
    for entry in installed()
    if entry.origin.distribution == "kdorch" and entry.kind in {"dataset", "loss", "student", "teacher"}
}


def example(name: str, folder: Path) -> Spec:
    if name in EXAMPLES:
        return EXAMPLES[name](folder)
    kind = installed().find(*name.split("/"))
    try:
        return kind(**{field: value for field, value in GIVEN.items() if field in kind.model_fields})
    except ValidationError as error:
        return pytest.fail(f"Add {name!r} to EXAMPLES in {__file__}, so that its contract is run: {error}")


@pytest.mark.parametrize("name", sorted(ALL - COLLECTED | EXAMPLES.keys()))
def test_a_built_in_keeps_its_contract(name, tmp_path):
    assert not caught(example(name, tmp_path))
