"""The teacher is made ready once, and what is stored is what it says."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from teaching_toys import BUDGET, FEATURES, LABELS, SEEN, Attentive, Source, dataset, ready, stored
from torch.nn.functional import cross_entropy

import kdorch
from kdorch.builtin.datasets import BreastCancer
from kdorch.builtin.networks import Mlp, Module
from kdorch.builtin.teachers import Trained
from kdorch.discovery import Origin, installed
from kdorch.errors import DataError, TrainingError
from kdorch.kinds import Batch
from kdorch.study import Split
from kdorch.teaching import jobs
from kdorch.teaching.data import prepare
from kdorch.teaching.scoring import scores
from kdorch.teaching.store import Store
from kdorch.teaching.teacher import is_ready, read_test, stored_task
from kdorch.training.building import answer

TRAIN, VALIDATION, TEST = 54, 18, 18


def toy(name):
    return Module(target=f"teaching_toys:{name}")


def network_of(teacher, entry, data):
    """The teacher's network with the stored weights, built anew."""
    network = teacher.network.build(stored_task(data))
    network.load_state_dict(load_file(entry.path / "state.safetensors"))
    return network.eval()


def logits_of(module, inputs):
    return answer(module, Batch(inputs, inputs, inputs)).logits


# ---------------------------------------------------------------- once


def test_a_teacher_is_trained_and_asked_once(store, data):
    SEEN.clear()
    first, second = ready(store, Attentive(), data), ready(store, Attentive(), data)
    assert (first.made, second.made) == (True, False)
    assert first.path == second.path
    assert [what for what, _ in SEEN] == ["fit", "answer", "answer"]
    asked = sorted(SEEN[1][1] + SEEN[2][1])
    assert len(asked) == len(set(asked)) == TRAIN + VALIDATION == first.facts["rows_evaluated"]


def test_whether_it_is_stored_is_known_without_making_it(store, data):
    teacher, asked = Trained(network=Mlp(width=2), epochs=1), {"seed": 0, "score": ("accuracy", "max")}
    assert not is_ready(store, teacher, "toys 0", data, **asked)
    ready(store, teacher, data)
    assert is_ready(store, teacher, "toys 0", data, **asked)
    assert not is_ready(store, teacher, "toys 0", data, **asked | {"seed": 1})
    assert not is_ready(store, teacher, "toys 0", data, **asked, top=2)


def test_facts_count_the_work(store, data):
    teacher = Trained(network=Mlp(width=16), epochs=6, lr=0.02)
    facts = ready(store, teacher, data).facts
    assert facts["epochs_trained"] == 6
    assert facts["params"] == (FEATURES + 1) * 16 + 17 * len(LABELS)
    assert facts["rows_evaluated"] == TRAIN + VALIDATION


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"origin": "toys 1"}, {"score": ("loss", "min")}, {"teacher": {"epochs": 2}}, {"data": 1}],
    ids=str,
)
def test_any_change_that_matters_makes_a_new_entry(store, data, change):
    fields = {"teacher": {"epochs": 1}, "data": 0} | change
    ready(store, Trained(network=Mlp(width=4), epochs=1), data)
    teacher = Trained(network=Mlp(width=4), **fields.pop("teacher"))
    if fields.pop("data"):
        data = prepare(store, dataset(Source.of(120)), "toys 0", Split()).path
    assert ready(store, teacher, data, **fields).made


# ---------------------------------------------------------------- what is stored


NETWORKS = {"mlp": Mlp(width=16), "dropout": toy("Noisy"), "tied": toy("Tied")}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_outputs_are_the_network_s_own_answers_row_by_row(store, data, network):
    teacher = Trained(network=network, epochs=3, batch=16, lr=0.02)
    entry = ready(store, teacher, data)
    module = network_of(teacher, entry, data)
    for split in ("train", "validation"):
        inputs = torch.from_numpy(stored(data, split, "inputs"))
        targets = torch.from_numpy(stored(data, split, "targets"))
        with torch.no_grad():
            answers = torch.cat([logits_of(module, row.unsqueeze(0)) for row in inputs])
        logits = torch.from_numpy(stored(entry.path, split, "logits"))
        torch.testing.assert_close(logits, answers, rtol=0, atol=1e-5)
        loss = scores(entry.path, data, split)["loss"]
        assert loss == pytest.approx(cross_entropy(answers, targets).item(), abs=1e-5)


def test_the_stored_teacher_has_learnt(store):
    data = prepare(store, BreastCancer(), "toys 0", Split()).path
    teacher = Trained(network=Mlp(width=16), epochs=5, lr=0.02)
    path = ready(store, teacher, data, score=("loss", "min")).path
    found = scores(path, data, "validation", ["auroc"])
    assert set(found) == {"accuracy", "f1", "loss", "auroc"}
    assert min(found["accuracy"], found["auroc"]) > 0.9
    assert scores(path, data, "train")["loss"] < 0.15


def test_outputs_lie_in_the_order_of_the_rows(store, data):
    entry = ready(store, Attentive(), data)
    for split in ("train", "validation"):
        logits, rows = stored(entry.path, split, "logits"), stored(data, split, "rows")
        assert logits[:, 0].tolist() == (3 * rows).tolist()


def test_rows_larger_than_memory_give_the_same_outputs(tmp_path, data):
    teacher = Trained(network=toy("Noisy"), epochs=3, batch=16, lr=0.02)
    streamed, in_memory = (
        ready(Store(tmp_path / str(budget)), teacher, data, budget=budget) for budget in (0, BUDGET)
    )
    for split in ("train", "validation"):
        found = [stored(entry.path, split, "logits") for entry in (streamed, in_memory)]
        np.testing.assert_array_equal(*found)


def test_the_seed_decides_the_teacher(tmp_path, data):
    teacher, found = Trained(network=Mlp(width=4), epochs=1), []
    for number, seed in enumerate((5, 5, 6)):
        torch.manual_seed(number)
        entry = ready(Store(tmp_path / str(number)), teacher, data, seed=seed)
        found.append(stored(entry.path, "validation", "logits").tobytes())
    assert found[0] == found[1] != found[2]


# ---------------------------------------------------------------- the test rows


def test_making_ready_does_not_read_the_test_rows(store, data):
    shutil.rmtree(data / "test")
    SEEN.clear()
    entry = ready(store, Attentive(), data)
    ready(store, Trained(network=Mlp(width=4), epochs=1), data)
    shown = {row for _, rows in SEEN for row in rows}
    assert shown == {*stored(data, "train", "rows").tolist(), *stored(data, "validation", "rows").tolist()}
    assert not (entry.path / "test").exists()


def test_the_test_rows_are_answered_once_when_asked_for(store, data):
    SEEN.clear()
    entry = ready(store, Attentive(), data)
    first, second = (read_test(store, Attentive(), entry.path, data, BUDGET) for _ in range(2))
    assert (first.made, second.made) == (True, False)
    assert [len(rows) for _, rows in SEEN[3:]] == [TEST] == [first.facts["rows_evaluated"]]
    assert stored(first.path, "test", "logits")[:, 0].tolist() == (3 * stored(data, "test", "rows")).tolist()
    assert scores(second.path, data, "test").keys() == {"accuracy", "f1", "loss"}


# ---------------------------------------------------------------- what cannot be imitated


def test_answers_that_are_no_numbers_name_the_rows(store, data):
    bad = stored(data, "validation", "rows")[[2, 5]].tolist()
    with pytest.raises(DataError, match=rf"NaN or infinity for 2 rows, the first is row {bad[0]}\."):
        ready(store, Attentive(bad=bad), data)
    assert not list((store.root / "teacher").rglob("manifest.json"))
    assert ready(store, Attentive(), data).made


def test_answers_of_another_shape_are_refused(store, data):
    with pytest.raises(DataError, match=rf"shape \({TRAIN}, 2\); the task needs \({TRAIN}, 3\)"):
        ready(store, Attentive(outputs=2), data)


class Odd(kdorch.Teacher, name="odd"):
    """Answers what a plugin's author may have forgotten to wrap; or fails."""

    what: str

    def build(self, task, state):
        wrong = {
            "a tensor": lambda batch: torch.zeros(len(batch.rows), 3),
            "a list": lambda batch: kdorch.Output([[0.0] * 3] * len(batch.rows)),
            "an error": lambda batch: batch.inputs @ torch.zeros(7, 3),
        }
        return wrong[self.what]


@pytest.mark.parametrize(("what", "kind"), [("a tensor", "Tensor"), ("a list", "list")])
def test_answers_of_another_kind_are_refused(store, data, what, kind):
    with pytest.raises(DataError, match=f"answers a {kind}, not a kdorch.Output with a tensor of logits"):
        ready(store, Odd(what=what), data)


class Keeping(kdorch.Teacher, name="keeping"):
    """Returns from `fit` what an author may have forgotten to make a dict of tensors."""

    cross_fit: int = 0

    def folds(self):
        return self.cross_fit

    def fit(self, lessons):
        return self.kept


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (None, r"fit returns a NoneType, not a dict of tensors\. Keep nothing by \{\}\."),
        ([torch.ones(2)], "fit returns a list, not a dict"),
        ({"mean": torch.ones(2), "rows": 3}, "fit returns a int as 'rows'. Make it a tensor, or a field."),
    ],
)
@pytest.mark.parametrize("folds", [0, 2])
def test_a_state_that_cannot_be_kept_is_refused_in_words(store, data, monkeypatch, kept, told, folds):
    monkeypatch.setattr(Keeping, "kept", kept, raising=False)
    with pytest.raises(DataError, match=f"^teacher 'keeping': {told}"):
        ready(store, Keeping(cross_fit=folds), data)


def test_an_error_of_a_plugin_s_own_names_the_plugin(tmp_path, data):
    installed().registries["teacher"].add(Origin("toys", "0", "toys"), Odd)
    spec = {"store": str(tmp_path), "teacher": {"use": "odd", "what": "an error"}, "data": str(data)}
    spec |= {"budget": BUDGET, "metrics": [], "seed": 0, "score": ["accuracy", "max"]}
    with pytest.raises(DataError, match=r"^teacher 'odd' cannot be made ready: RuntimeError: mat1 and mat2"):
        jobs.teacher(spec, print)


def test_a_network_of_another_shape_is_not_trained(store, data):
    told = r"^the teacher's network 'module' \(teaching_toys:Narrow\) answers 2 rows with shape \(2, 2\).*\(rows, 3\)"
    with pytest.raises(TrainingError, match=told):
        ready(store, Trained(network=toy("Narrow"), epochs=1), data)


def test_a_teacher_that_diverges_says_so(store, data):
    with pytest.raises(TrainingError, match="the teacher diverged in epoch 1"):
        ready(store, Trained(network=Mlp(), lr=1e30), data)


# ---------------------------------------------------------------- as a worker runs it


def test_the_jobs_take_and_return_plain_values(tmp_path):
    store = str(tmp_path / "store")
    spec = {"store": store, "data": {"use": "digits"}, "split": {"validation": 0.2, "test": 0.2, "seed": 0}}
    data = jobs.data(spec, print)
    part = {"use": "trained", "network": {"use": "mlp", "width": 8}, "epochs": 1, "batch": 256}
    spec = {"store": store, "teacher": part, "data": data["path"], "budget": BUDGET, "metrics": ["auroc"]}
    teacher = jobs.teacher(spec | {"seed": 0, "score": ["accuracy", "max"]}, print)
    test = jobs.teacher_test(spec | {"entry": teacher["path"], "score": ["accuracy", "max"]}, print)
    assert json.loads(json.dumps([data, teacher, test])) == [data, teacher, test]
    assert [told["made"] for told in (data, teacher, test)] == [True, True, True]
    assert 0 < teacher["facts"]["validation"]["auroc"] < 1
    assert test["facts"]["test"].keys() == {"accuracy", "f1", "loss", "auroc"}
    assert teacher["facts"]["rows_evaluated"] + test["facts"]["rows_evaluated"] == 1797
    again = jobs.teacher(spec | {"seed": 0, "score": ["accuracy", "max"]}, print)
    assert again == teacher | {"made": False}
