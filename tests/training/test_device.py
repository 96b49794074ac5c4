"""Networks, rows and losses are all in one place while they are trained, and what comes of it is at home."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pretended import Pretended
from torch import nn
from training_toys import TASK, job, result_of, rows

from kdorch.discovery import installed
from kdorch.errors import ExecutionError
from kdorch.kinds import Batch, Mixed, Output
from kdorch.teaching.classroom import Classroom
from kdorch.training import device, trial
from kdorch.training.rows import InMemory, Some

META = torch.device("meta")


@pytest.fixture
def elsewhere(monkeypatch):
    """A pretended device; everything is watched."""
    pretended, numpy = Pretended(), torch.Tensor.numpy

    def array(tensor):
        assert not pretended.is_there(tensor), "an array of a tensor that is not at home"
        return numpy(tensor)

    monkeypatch.setattr(torch.Tensor, "numpy", array)
    monkeypatch.setattr(device, "_sent", pretended.send)
    with pretended:
        yield pretended


def batch():
    ones = torch.ones(4)
    return Batch(ones, ones, ones, ones > 0, None, None, Mixed(ones, ones))


def test_on_the_cpu_everything_is_where_it_belongs(stored):
    for thing in (torch.ones(2), nn.Linear(2, 2), batch(), rows(stored, "train")):
        assert device.there(thing) is thing
        assert device.home(thing) is thing
    held = rows(stored, "train")
    assert device.rows_there(held) is held
    assert device.answers_there(lambda: len) is len
    assert device.told() == ""


def test_whatever_holds_tensors_is_brought_there_whole():
    with device.computing_on("meta"):
        moved = device.there((batch(), Output(torch.ones(2), {"late": torch.ones(2)}), None, 3))
        network = device.there(nn.Linear(2, 2))
        assert device.told() == " on meta"
    found, said, *others = moved
    tensors = (
        found.inputs,
        found.targets,
        found.rows,
        found.labelled,
        found.mixed.targets,
        found.mixed.shares,
    )
    assert {each.device for each in (*tensors, said.logits, said.features["late"], network.weight)} == {META}
    assert (found.mask, said.support, others) == (None, None, [None, 3])
    assert device.there(torch.ones(2)).device.type == "cpu"  # again


@pytest.mark.parametrize("budget", [0, 2**40], ids=["streamed", "in memory"])
def test_batches_come_there(stored, budget):
    with device.computing_on("meta"):
        moved = device.rows_there(rows(stored, "train", budget=budget))
        some = device.rows_there(Some(rows(stored, "train", budget=budget), torch.arange(9)))
        for source, count in ((moved, len(rows(stored, "train"))), (some, 9)):
            assert len(source) == count
            found = list(source.batches(5, torch.randperm(count)))
            assert sum(len(batch.rows) for batch, _ in found) == count
            assert {each.device for batch, told in found for each in (batch.inputs, told.logits)} == {META}
    assert isinstance(moved, InMemory) == bool(budget)  # held there, or brought there one by one


LOSSES = {
    "labels and teacher": {"task": {"use": "task", "weight": 0.3}, "kd": {"use": "hinton", "weight": 0.7}},
    "weighted classes": {"task": {"use": "task", "class_weights": [1.0, 2.0, 3.0]}},
    "others": {"mse": {"use": "logit_mse"}, "dist": {"use": "dist"}},
}


@pytest.mark.parametrize("losses", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("budget", [0, 2**40], ids=["streamed", "in memory"])
def test_a_trial_is_in_one_place_and_its_result_at_home(spec, elsewhere, losses, budget):
    described = spec(losses=losses, budget=budget)
    here = result_of(described)
    assert elsewhere.operations == 0
    there = result_of(described | {"device": "meta"})
    assert elsewhere.operations > 100
    assert there["placement"] == "alone on meta"
    assert there["curves"] == here["curves"]
    for result in (here, there):
        del result["metrics"]["cost/train_seconds"]
    assert there["metrics"] == here["metrics"]
    assert there["digest"] == here["digest"]  # weights are written from copies at home


def test_the_test_rows_are_read_there(spec, elsewhere):
    described = spec()
    result_of(described)
    asked = job(described) | {"split": "validation"}
    scores = []
    for name in ("cpu", "meta"):
        trial.read_test(asked | {"device": name}, scores.append)
    assert scores[0] == scores[1]
    assert elsewhere.operations > 0


def test_a_tensor_that_is_forgotten_is_found(spec, elsewhere, monkeypatch):
    """The watch itself works: with the losses' parts, or the network, left at home, there is an error."""
    monkeypatch.setattr("kdorch.training.prepared.there", lambda thing: thing)
    with pytest.raises(RuntimeError, match="on two devices"):
        result_of(spec() | {"device": "meta"})


def test_a_teacher_that_cannot_go_there_answers_at_home():
    built = []

    def build():
        built.append(torch.ones(1).device)
        return lambda batch: Output(torch.from_numpy(np.array(batch.inputs.numpy())) * 2)

    with device.computing_on("meta"):
        answers = device.answers_there(build)
        for _ in range(2):
            assert answers(batch()).logits.tolist() == [2.0] * 4
    assert built == [META, torch.device("cpu")]  # tried there once


@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_without_a_gpu_it_is_the_cpu(name):
    if name == "auto" and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert device.find({"device": name}, print) == {"device": "cpu", "name": "CPU", "bytes": None}


def test_a_gpu_that_is_not_there_is_an_error():
    with pytest.raises(ExecutionError, match=r"^device 'cuda:99' is not there: torch sees .* use cpu\.$"):
        device.find({"device": "cuda:99"}, print)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_trains_as_the_cpu_does(spec):
    here, there = (result_of(spec() | {"device": name}) for name in ("cpu", "cuda"))
    assert there["placement"].endswith(" on cuda")
    assert there["metrics"]["val/loss"] == pytest.approx(here["metrics"]["val/loss"], rel=1e-3)
    assert there["metrics"]["val/accuracy"] == pytest.approx(here["metrics"]["val/accuracy"], abs=0.05)


def test_a_teacher_of_ours_is_trained_there(stored, elsewhere):
    lessons = Classroom(TASK, stored / "data", seed=0, score=("accuracy", "max"), budget=2**40)
    network = installed().part("student", {"use": "mlp", "width": 8})
    states = []
    for name in ("cpu", "meta"):
        with device.computing_on(name):
            states.append(lessons.showing(torch.arange(50)).fit(network, epochs=2, batch=16, lr=0.01))
        assert not any(map(elsewhere.is_there, states[-1].values()))
    here, there = states
    assert all(torch.equal(here[name], there[name]) for name in here)
    assert elsewhere.operations > 0
