"""Every mistake of a study at once: each one once, at its line, and none hides another."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kdorch import StudyError
from kdorch.study import Study

Complaints = Callable[..., list[str]]

# ---------------------------------------------------------------- a dozen mistakes, and more

WRONG = """\
name: "bad name"
data: {use: digits}
teacher: {use: trained, network: {use: mlp, widht: 256}, epochs: 0}
student:
  any:
    - {use: mlp, depth: -1}
    - {use: cnn, wdth: 3, width: no}
losses:
  task: {use: task, weight: -1}
  kd: {use: hintom, weight: 0.9}
  l2: {use: logit_mse, wait: 3}
  a.b: {use: task}
train: {epoch: 20, lr: 1e-3x}
tune:
  student.mlp.widht: auto
  losses.k.temperature: auto
  losses.kd.temperature: auto
  losses.l2.weight: auto
  train.lr: {low: 1e-4, hihg: 3e-2}
  train.batchs: {low: 3}
  train.batch: auto
  teacher.epochs: [1, 2]
objectives: {val/accurcy: mxa, val/loss: max, size/params: mim}
limits:
  size/parms: 20000
  size/bytes: lots
  val/f1: .inf
serch: {trials: 40}
confirm: {top: 2.5, baseline: yes}
split: {validation: 0.6, test: 0.5}
"""
EXPECTED = """\
name (line 1): should be a letter or digit and then letters, digits, _ . or -, at most 100 in all, as in bad-name, \
not 'bad name'.
teacher.network.widht (line 3): there is no 'widht' here. Did you mean 'width'?
teacher.epochs (line 3): should be at least 1, not 0.
student.any.mlp.depth (line 6): should be at least 0, not -1.
student.any.cnn.width (line 7): should be a whole number, not 'no'.
student.any.cnn.wdth (line 7): there is no 'wdth' here. Did you mean 'width'?
losses.task.weight (line 9): should be at least 0, not -1.
losses.kd (line 10): No loss is called 'hintom'. Did you mean 'hinton'?
losses.l2.wait (line 11): there is no 'wait' here. Did you mean 'weight'?
losses.a.b (line 12): a label is made of letters, digits, _ and -, not 'a.b'.
train.lr (line 13): should be a number, not '1e-3x'.
train.epoch (line 13): there is no 'epoch' here. Did you mean 'epochs'?
tune.student.mlp.widht (line 15): student 'mlp' has no field 'widht'. Did you mean 'width'?
tune.losses.k.temperature (line 16): there is no loss 'k'. Did you mean 'kd'?
tune.losses.l2.weight (line 18): says auto, but loss 'logit_mse' declares no range for it. \
Write {low: ..., high: ...}.
tune.train.lr (line 19): a range has no 'hihg'. Did you mean 'high'?
tune.train.batchs (line 20): a range needs high: {low: ..., high: ...}.
tune.train.batchs (line 20): train has no field 'batchs'. Did you mean 'batch'?
tune.train.batch (line 21): says auto, but train declares no range for it. Write {low: ..., high: ...}.
tune.teacher.epochs (line 22): teacher cannot be searched: it runs once for all trials. \
Make one study for each.
objectives.val/accurcy (line 23): should be 'max' or 'min', not 'mxa'.
objectives.val/accurcy (line 23): nobody measures this. Did you mean 'val/accuracy'?
objectives.val/loss (line 23): lower is better, so it cannot be 'max'. Write min.
objectives.size/params (line 23): should be 'max' or 'min', not 'mim'.
limits.size/bytes (line 26): should be a number, not 'lots'.
limits.val/f1 (line 27): should be a finite number, not inf.
limits.size/parms (line 25): nobody measures this. Did you mean 'size/params'?
serch (line 28): a study has no 'serch'. Did you mean 'search'?
confirm.top (line 29): should be a whole number, not 2.5.
confirm.baseline (line 29): should be 'paired', 'tuned' or 'none', not 'yes'.
split (line 30): validation and test together must be below 1, to leave rows to train on.
"""


def test_every_mistake_is_told_once_with_its_line(complaints: Complaints) -> None:
    assert sorted(complaints(WRONG)) == sorted(EXPECTED.splitlines())


def test_mistakes_come_in_the_order_of_the_file(load: Callable[..., Study]) -> None:
    with pytest.raises(StudyError) as error:
        load(WRONG)
    lines = [problem.line for problem in error.value.problems]
    assert lines == sorted(line for line in lines if line)
    assert str(error.value).partition("\n")[0].endswith("study.yaml has 31 problems:")


def test_nothing_is_wrong_with_the_small_study(load: Callable[..., Study], small: str) -> None:
    assert load(small).search.trials == 40


# ---------------------------------------------------------------- one section hides nothing in another


@pytest.mark.parametrize(
    "broken",
    [
        "losses.task.weight=-1",
        "losses.task.weigth=1",
        "losses.task={use: tusk}",
        "student.widht=1",
        "train.epochs=0",
        "objectives.size/params=mim",
        "limits.size/params=few",
        "teacher.network.widht=1",
        "name=a b",
        "tune.losses.kd.weight=3",
    ],
)
def test_a_mistake_elsewhere_silences_nothing(complaints: Complaints, small: str, broken: str) -> None:
    others = [
        "losses.kd.temperatur=1",
        "tune.losses.kd.temprature=auto",
        "tune.student.width={low: 0, high: 9}",
        "tune.train.batch=auto",
        "limits.size/prams=3",
    ]
    alone = complaints(small, *others)
    assert len(alone) == 5
    assert set(alone) < set(complaints(small, *others, broken))
    assert len(complaints(small, *others, broken)) == 6


@pytest.mark.parametrize(
    ("broken", "depends"),
    [
        ("losses.kd={use: hintom}", "tune.losses.kd.temperature=auto"),
        ("student={use: mpl}", "tune.student.width=auto"),
        ("student={any: {a: {use: mpl}, b: {use: cnn}, c: {use: mlp}}}", "tune.student.a.width=auto"),
        ("train=3", "tune.train.lr={low: 1e-4, high: 1e-2}"),
        ("data={use: digitz}", "limits.val/perplexity=3"),
        ("objectives.val/accuracy=mxa", "objectives.size/params=min"),
    ],
)
def test_what_depends_on_a_broken_part_is_not_blamed(
    complaints: Complaints, small: str, broken: str, depends: str
) -> None:
    assert len(complaints(small, broken, depends)) == 1
