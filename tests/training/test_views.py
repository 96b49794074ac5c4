"""What a student is shown of the training rows, from memory and from files, one view an epoch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from training_toys import TASK, TRAIN, plain, rows, write_rows

from kdorch.builtin.losses import Hinton, Supervised
from kdorch.kinds import Output
from kdorch.study import Train
from kdorch.training.building import seed
from kdorch.training.evaluate import evaluate
from kdorch.training.loop import fit
from kdorch.training.objective import Objective
from kdorch.training.rows import Streamed
from kdorch.training.views import open_views

KEPT = np.arange(3, TRAIN, 2)
both = pytest.mark.parametrize("budget", [0, 2**40], ids=["streamed", "in memory"])
SHOWN = Output(torch.zeros(2, 3))


def save(folder, **columns):
    folder.mkdir(parents=True, exist_ok=True)
    for name, column in columns.items():
        np.save(folder / f"{name}.npy", column)


@pytest.fixture
def stored(tmp_path):
    """Rows of which half are shown, some of these with a label, in three views, the last one mixed."""
    write_rows(tmp_path)
    inputs = np.load(tmp_path / "data" / "train" / "inputs.npy")[KEPT]
    save(tmp_path / "shown", kept=KEPT, labelled=np.arange(TRAIN) % 5 > 0)
    for number in (2, 10):
        save(tmp_path / "shown" / f"view-{number}", inputs=inputs + number)
        save(tmp_path / "answers" / f"view-{number}", logits=np.full((len(KEPT), 3), number, np.float32))
    mixed = {"mixed.targets": KEPT % 3, "mixed.shares": np.full(len(KEPT), 0.75, np.float32)}
    save(tmp_path / "shown" / "view-10", **mixed)
    return tmp_path


def views(stored, budget=2**40, **paths):
    paths = {
        "teacher": stored / "teacher",
        "transfer": stored / "shown",
        "answers": stored / "answers",
    } | paths
    return open_views(stored / "data", **paths, budget=budget)


def whole(view):
    [found] = view.batches(10_000)
    return found


@both
def test_each_view_has_its_rows_labels_and_answers(stored, budget):
    everything, told = whole(rows(stored, "train"))
    first, second, third = found = views(stored, budget)
    for number, view in zip((0, 2, 10), found, strict=True):
        batch, answers = whole(view)
        assert len(view) == len(KEPT)
        assert batch.rows.tolist() == KEPT.tolist()
        assert batch.targets.tolist() == everything.targets[KEPT].tolist()
        assert batch.labelled.tolist() == (KEPT % 5 > 0).tolist()
        torch.testing.assert_close(batch.inputs, everything.inputs[KEPT] + number)
        expected = told.logits[KEPT] if view is first else torch.full((len(KEPT), 3), float(number))
        assert torch.equal(answers.logits, expected)
    assert whole(first)[0].mixed is whole(second)[0].mixed is None
    mixed = whole(third)[0].mixed
    assert (mixed.targets.tolist(), set(mixed.shares.tolist())) == ((KEPT % 3).tolist(), {0.75})


def test_both_kinds_of_rows_give_the_same_batches(stored):
    order = torch.randperm(len(KEPT), generator=torch.Generator().manual_seed(0))
    for held, streamed in zip(views(stored), views(stored, 0), strict=True):
        for (one, said), (other, told) in zip(
            held.batches(8, order), streamed.batches(8, order), strict=True
        ):
            for name in ("inputs", "targets", "rows", "labelled"):
                assert torch.equal(getattr(one, name), getattr(other, name))
            assert (one.mixed is None) == (other.mixed is None)
            assert torch.equal(said.logits, told.logits)


def test_the_views_share_the_budget(stored):
    sizes = [sum(tensor.nbytes for tensor in held.columns.values()) for held in views(stored)[1:]]
    assert [isinstance(view, Streamed) for view in views(stored, 3 * sizes[0])[1:]] == [False, True]


def test_without_a_teacher_nothing_is_told_of_any_view(stored):
    assert [whole(view)[1] for view in views(stored, teacher=None, answers=None)] == [None] * 3


@both
def test_what_the_teacher_recalls_is_recalled_of_every_view(stored, budget):
    def louder(told):
        return Output(told.logits * 2)

    plain_views, loud = views(stored, budget), views(stored, budget, recall=louder)
    for one, other in zip(plain_views, loud, strict=True):
        assert torch.equal(whole(one)[1].logits * 2, whole(other)[1].logits)
    assert whole(loud[2])[0].mixed is not None


def trained(stored, training, epochs=5):
    seed(1)
    network = plain()
    objective = Objective({"task": Supervised(), "kd": Hinton()}, TASK, SHOWN, SHOWN)
    settings = Train(epochs=epochs, batch=16, lr=0.02)
    fit(
        network,
        objective,
        training,
        rows(stored, "validation"),
        TASK,
        settings,
        seed=3,
        score=("loss", "min"),
    )
    return network.state_dict()


class Noted:
    """Rows that note when they are asked for."""

    def __init__(self, rows, name, notes):
        self.rows, self.name, self.notes = rows, name, notes

    def __len__(self):
        return len(self.rows)

    def batches(self, size, order=None):
        self.notes.append(self.name)
        return self.rows.batches(size, order)


def test_each_epoch_takes_the_next_view_and_then_the_first_again(stored):
    notes = []
    training = [Noted(view, number, notes) for number, view in enumerate(views(stored))]
    trained(stored, training)
    assert notes == [0, 1, 2, 0, 1]


def test_one_view_is_trained_on_as_the_rows_are_bit_for_bit(stored):
    alone = views(stored, transfer=None, answers=None)
    assert len(alone) == 1
    one, other = trained(stored, alone), trained(stored, [rows(stored, "train")])
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_loss_on_labels_is_averaged_over_the_rows_that_have_one(stored):
    """Batches may differ in how many those are."""
    labelled = np.zeros(TRAIN, bool)
    labelled[:30] = True
    save(stored / "data" / "train", labelled=labelled)
    objective = Objective({"task": Supervised(), "kd": Hinton()}, TASK, SHOWN, SHOWN)
    network = plain()
    batch, told = whole(rows(stored, "train"))
    with torch.no_grad():
        once = objective.values(Output(network(batch.inputs)), told, batch)
    for size in (7, 32):
        parts = [whole_batch for whole_batch, _ in rows(stored, "train").batches(size)]
        assert len({part.labelled.float().mean().item() for part in parts}) > 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("kdorch.training.evaluate._ROWS", size)
            found = evaluate(network, rows(stored, "train"), TASK, objective).losses
        assert found["task"] == pytest.approx(once["task"].item(), rel=1e-5)
        assert found["kd"] == pytest.approx(once["kd"].item(), rel=1e-5)
