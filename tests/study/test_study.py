"""A study is the same in YAML, in Python, and back again."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError
from safetensors.numpy import save_file

import kdorch
from kdorch.builtin.datasets import Digits
from kdorch.builtin.losses import Hinton, LogitMse, Supervised
from kdorch.builtin.networks import Cnn, Mlp, Module
from kdorch.builtin.teachers import Checkpoint, Trained
from kdorch.measuring.size import Size
from kdorch.study import Confirm, Search, Split, Study, Train

FULL = """\
name: full
seed: 3
data: {use: digits}
teacher: {use: trained, network: {use: cnn, width: 16}, epochs: 2, lr: 1e-2}
student:
  any:
    - {use: mlp, width: 8}
    - {use: cnn}
    - {use: module, target: "net:Net", args: {width: 8, act: relu}}
losses:
  task: {use: task, weight: 0.1}
  kd:
    any:
      soft: {use: hinton, temperature: 2}
      hard: {use: logit_mse, weight: 0.5}
split: {validation: 0.1, test: 0.3, seed: 7}
train: {epochs: 5, batch: 32, lr: 1e-4, weight_decay: 0, deterministic: true}
tune:
  student.mlp.width: auto
  student.cnn.width: {low: 2, high: 8, log: true}
  student.module.args.width: {low: 0, high: 64, step: 8}
  losses.kd.soft.temperature: {low: 1, high: 4}
  losses.task.weight: {low: 0, high: 1}
  train.batch: [32, 64]
objectives: {val/accuracy: max, size/params: min}
limits: {size/params: 20000, val/accuracy: 0.5}
measures: [{use: size}]
search: {trials: 3, sampler: random}
confirm: {top: 1, seeds: 2, baseline: none}
"""


def in_python() -> Study:
    return Study(
        name="full",
        seed=3,
        data=Digits(),
        teacher=Trained(network=Cnn(width=16), epochs=2, lr=1e-2),
        student=kdorch.OneOf(
            any=[Mlp(width=8), Cnn(), Module(target="net:Net", args={"width": 8, "act": "relu"})]
        ),
        losses={
            "task": Supervised(weight=0.1),
            "kd": kdorch.OneOf(any={"soft": Hinton(temperature=2), "hard": LogitMse(weight=0.5)}),
        },
        split=Split(validation=0.1, test=0.3, seed=7),
        train=Train(epochs=5, batch=32, lr=1e-4, weight_decay=0, deterministic=True),
        tune={
            "student.mlp.width": "auto",
            "student.cnn.width": kdorch.Range(2, 8, log=True),
            "student.module.args.width": kdorch.Range(0, 64, step=8),
            "losses.kd.soft.temperature": kdorch.Range(1, 4),
            "losses.task.weight": {"low": 0, "high": 1},
            "train.batch": kdorch.Choice(32, 64),
        },
        objectives={"val/accuracy": "max", "size/params": "min"},
        limits={"size/params": 20000, "val/accuracy": 0.5},
        measures=[Size()],
        search=Search(trials=3, sampler="random"),
        confirm=Confirm(top=1, seeds=2, baseline="none"),
    )


def test_yaml_and_python_make_the_same_study(load: Callable[..., Study]) -> None:
    assert load(FULL) == in_python()


def test_where_a_file_lies_makes_no_other_study_but_decides_where_modules_are(
    load: Callable[..., Study], small: str, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "study.yaml").write_text(small)
    here, other = load(small), Study.load(tmp_path / "other" / "study.yaml")
    assert here == other != load(small, "seed=1")
    assert here.folders == [str(tmp_path), str(Path.cwd())]
    assert other.folders == [str(tmp_path / "other"), str(Path.cwd())]
    assert pickle.loads(pickle.dumps(other)).folders == other.folders
    assert in_python().folders == [str(Path.cwd())]


def test_the_tree_is_what_a_file_would_say(load: Callable[..., Study]) -> None:
    tree = load(FULL).tree()
    assert tree["student"]["any"]["mlp"] == {"use": "mlp", "width": 8, "depth": 1}
    assert tree["losses"]["kd"]["any"]["hard"] == {"use": "logit_mse", "weight": 0.5}
    assert tree["teacher"]["network"] == {"use": "cnn", "width": 16}
    assert tree["tune"] == {
        "student.mlp.width": "auto",
        "student.cnn.width": {"low": 2, "high": 8, "log": True},
        "student.module.args.width": {"low": 0, "high": 64, "step": 8},
        "losses.kd.soft.temperature": {"low": 1, "high": 4},
        "losses.task.weight": {"low": 0, "high": 1},
        "train.batch": [32, 64],
    }


def test_the_tree_makes_the_same_study_again(load: Callable[..., Study], small: str) -> None:
    for study in (load(FULL), load(small)):
        assert Study(**json.loads(json.dumps(study.tree()))) == study


def test_a_study_survives_pickle(load: Callable[..., Study]) -> None:
    study = load(FULL)
    assert pickle.loads(pickle.dumps(study)) == study


def test_a_study_is_frozen(load: Callable[..., Study], small: str) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load(small).seed = 3  # type: ignore[misc]


def test_paths_of_plugins_start_at_the_file_and_are_plain_text_in_the_tree(
    load: Callable[..., Study], small: str, tmp_path: Path
) -> None:
    save_file({}, tmp_path / "best.safetensors")
    study = load(small, "teacher={use: checkpoint, network: {use: mlp}, weights: best.safetensors}")
    assert study.teacher == Checkpoint(network=Mlp(), weights=tmp_path / "best.safetensors")
    assert study.tree()["teacher"]["weights"] == str(tmp_path / "best.safetensors")


def test_assignments_reach_the_study(load: Callable[..., Study], small: str) -> None:
    study = load(small, "train.lr=1e-4", "search.trials=7", "limits.size/params=5", "losses.kd.temperature=9")
    assert (study.train.lr, study.search.trials) == (1e-4, 7)
    assert (study.limits, study.losses["kd"]) == ({"size/params": 5}, Hinton(weight=0.9, temperature=9))
