"""A teacher's features are read from the store, or asked for again where they do not fit: a trial sees no difference."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from teaching_toys import BUDGET, LABELS, ready, stored

import kdorch
from kdorch.builtin.losses import Hint, Rkd
from kdorch.builtin.networks import Mlp, Module
from kdorch.builtin.teachers import Trained
from kdorch.errors import DataError
from kdorch.teaching.features import keep_features
from kdorch.teaching.teacher import stored_task
from kdorch.training import trial
from kdorch.training.asking import Asked, Recomputed, Stored
from kdorch.training.building import SAMPLE
from kdorch.training.rows import open_rows, shuffle

MAPS = "maps/of 2.5"  # which is no name of a file
ROWS = 54 + 18  # of training and validation
ALL = ROWS * 3 * 4  # bytes of both features


class Seeing(kdorch.Teacher, name="seeing", provides={"features"}):
    """Its features are made of the row ids."""

    fault: str = ""

    def build(self, task, state):
        def answer(batch):
            ids = batch.rows.float()
            maps = torch.stack([ids, -ids], 1).unsqueeze(-1)
            maps = maps[:-1] if self.fault == "short" else maps
            maps = maps / 0 if self.fault == "infinite" else maps
            return kdorch.Output(torch.zeros(len(ids), len(LABELS)), {"late": ids.unsqueeze(1), MAPS: maps})

        return answer


def keep(store, data, *, names=None, disk=BUDGET, fault="", entry=None, teacher=None):
    entry = entry or ready(store, Seeing(), data, score=("loss", "min"))
    teacher = teacher or Seeing(fault=fault)
    return keep_features(store, teacher, entry.path, data, None, names=names, disk=disk, budget=BUDGET)


# ---------------------------------------------------------------- the store


@pytest.mark.parametrize("budget", [0, BUDGET])
def test_features_come_back_with_their_rows(store, data, budget):
    entry = ready(store, Seeing(), data, score=("loss", "min"))
    kept = keep(store, data, entry=entry)
    rows = open_rows(data, "train", entry.path, budget=budget)
    asked = Asked(rows, Stored(kept.entry.path / "train", None, budget))
    assert len(asked) == len(rows)
    for batch, told in asked.batches(7, shuffle(len(rows), torch.Generator().manual_seed(1))):
        assert told.features.keys() == {"late", MAPS}
        assert torch.equal(told.features["late"][:, 0], batch.rows.float())
        assert told.features[MAPS].shape == (len(batch.rows), 2, 1)
        assert torch.equal(told.features[MAPS][:, 1, 0], -batch.rows.float())


def test_features_are_found_by_row_id_in_whatever_order_they_lie(tmp_path):
    ids = np.array([7, 3, 11, 5])
    np.save(tmp_path / "rows.npy", ids)
    np.save(tmp_path / "features.late.npy", 10 * ids)
    rows = torch.tensor([5, 11, 7])
    assert Stored(tmp_path, None, BUDGET)(kdorch.Batch(rows, rows, rows))["late"].tolist() == [50, 110, 70]


def test_only_what_is_named_is_stored_and_that_once(store, data):
    kept = keep(store, data, names=["late"])
    assert (kept.names, kept.bytes) == (["late"], ROWS * 4)
    assert {file.name for file in (kept.entry.path / "train").iterdir()} == {"features.late.npy", "rows.npy"}
    assert not keep(store, data, names=["late"]).entry.made
    assert keep(store, data, names=["late", MAPS]).entry.made


def test_the_teacher_is_the_same_whatever_is_kept_of_it(store, data):
    entry = ready(store, Seeing(), data, score=("loss", "min"))
    keep(store, data, entry=entry)
    assert not ready(store, Seeing(), data, score=("loss", "min")).made
    assert stored(entry.path, "train", "logits").shape == (54, 3)
    assert [path.name for path in (entry.path / "train").iterdir()] == ["logits.npy"]


@pytest.mark.parametrize(("disk", "fits"), [(ALL, True), (ALL - 1, False), (0, False)])
def test_what_does_not_fit_is_not_stored(store, data, disk, fits):
    kept = keep(store, data, disk=disk)
    assert kept.bytes == ALL
    assert kept.names == ["late", MAPS]
    assert (kept.entry is not None) == fits
    if fits:
        written = [np.load(file).nbytes for file in kept.entry.path.rglob("features.*.npy")]
        assert sum(written) == kept.bytes


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("short", r"answers 54 rows with 53 of features\.maps%2Fof%202\.5; features have the batch first"),
        ("infinite", "answers NaN or infinity for 54 rows"),
    ],
)
def test_features_that_cannot_be_imitated_are_refused(store, data, fault, message):
    with pytest.raises(DataError, match=message):
        keep(store, data, fault=fault)


def test_a_feature_that_the_teacher_does_not_show(store, data):
    with pytest.raises(DataError, match=r"no feature 'lat', which a loss names\. Did you mean 'late'\?"):
        keep(store, data, names=["lat"])


# ---------------------------------------------------------------- a trial


@pytest.fixture
def lesson(store, data, tmp_path):
    """Return a function that runs a trial with losses on features, and what it wrote."""
    network = Mlp(width=12, depth=2)
    teacher = Trained(network=network, epochs=2, batch=16, lr=0.02)
    entry = ready(store, teacher, data)
    kept = keep(store, data, names=["hidden1", "late"], entry=entry, teacher=teacher)
    asked = {"teacher": teacher.model_dump(mode="json"), "state": str(entry.path / "state.safetensors")}
    hint, rkd = Hint(layers={"late": "late"}), Rkd(layers={"late": "hidden1"})

    def run(source, seed=0, budget=BUDGET):
        torch.manual_seed(np.random.randint(1000))  # whatever happened before in this process
        weights = tmp_path / "student.safetensors"
        spec = {
            "data": str(data),
            "teacher": str(entry.path),
            "features": asked if source == "asked" else {"stored": str(kept.entry.path)},
            "task": stored_task(data).model_dump(),
            "student": {"use": "mlp", "width": 5},
            "losses": {"hint": hint.model_dump(mode="json"), "rkd": rkd.model_dump(mode="json")},
            "train": {"epochs": 3, "batch": 16, "lr": 0.01},
            "seed": seed,
            "score": ["loss", "min"],
            "measures": [],
            "limits": [],
            "weights": str(weights),
            "budget": budget,
        }
        reports = []
        trial.run({"trials": [{"name": "it"} | spec], **spec}, reports.append)
        return reports[-1]["result"], load_file(weights)

    return run


def timeless(result):
    """Return a result without the time that it took."""
    metrics = {name: value for name, value in result["metrics"].items() if name != "cost/train_seconds"}
    return result | {"metrics": metrics}


def alike(one, other):
    """Whether two trials are the same bit for bit, but for the time they took."""
    return timeless(one[0]) == timeless(other[0])


def test_a_trial_is_the_same_whether_features_are_stored_or_asked_for(lesson):
    stored_ones, asked = lesson("stored"), lesson("asked")
    # A teacher that is asked for fewer rows at once may round otherwise, which depends on the processor.
    expected = timeless(stored_ones[0])["metrics"]
    assert timeless(asked[0])["metrics"] == pytest.approx(expected, rel=1e-6)
    for name, weights in asked[1].items():
        torch.testing.assert_close(weights, stored_ones[1][name])
    assert alike(stored_ones, lesson("stored", budget=0))
    assert stored_ones[0]["metrics"]["val/loss/hint"] > 0


def test_the_seed_decides_what_is_trained_beside_the_student_too(lesson):
    first, again, other = (lesson("stored", seed=seed) for seed in (0, 0, 1))
    assert alike(first, again)
    assert not alike(first, other)


def test_nothing_but_the_student_is_shipped(lesson):
    result, weights = lesson("stored")
    network = Mlp(width=5).build(kdorch.Classification(labels=LABELS, input_shape=(4,)))
    assert weights.keys() == network.state_dict().keys()
    assert result["metrics"]["size/params"] == sum(tensor.numel() for tensor in weights.values())


def test_the_teacher_is_asked_without_a_gradient_and_in_evaluation_mode(store, data):
    noisy = Module(target="teaching_toys:Noisy", features={"late": "2"})  # its dropout
    teacher = Trained(network=noisy, epochs=1)
    entry = ready(store, teacher, data)
    batch, _ = next(open_rows(data, "train", None, budget=BUDGET).batches(SAMPLE))
    asked = Recomputed(teacher, stored_task(data), entry.path / "state.safetensors", ["late"])
    one, other = asked(batch), asked(batch)
    assert not one["late"].requires_grad
    assert torch.equal(one["late"], other["late"])
