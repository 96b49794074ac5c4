"""Which rows and labels a student is shown, and in which versions; the teacher answers each once."""

from __future__ import annotations

import json

import numpy as np
import pytest
import teaching_toys
import torch
from teaching_toys import BUDGET, SEEN, Attentive, ready
from torch import Generator

import kdorch
from kdorch.errors import PluginError
from kdorch.study import Augment, Transfer
from kdorch.teaching.augmenting import changed, flipped, shifted
from kdorch.teaching.teacher import stored_task
from kdorch.teaching.transfer import make_transfer, try_augment
from kdorch.teaching.views import answer_views

LABELS = teaching_toys.LABELS
NOISY = {"views": 3, "noise": 0.1}


def column(folder, name):
    return np.load(folder / f"{name}.npy")


@pytest.fixture
def make(store, data):
    def make(seed=0, *, transfer=None, **augment):
        task = stored_task(data)
        chosen, changes = Transfer(**(transfer or {})), Augment(**augment)
        return make_transfer(store, data, task, transfer=chosen, augment=changes, seed=seed)

    return make


# ---------------------------------------------------------------- rows and labels


def test_labels_are_kept_of_every_class_by_its_share(make, data):
    targets = column(data / "train", "targets")
    labelled = column(make(transfer={"labels": 12}).path, "labelled")
    assert labelled.sum() == 12
    assert [labelled[targets == label].sum() for label in range(len(LABELS))] == [4, 4, 4]


def test_a_rare_class_keeps_one_label():
    from kdorch.teaching.transfer import _spread

    strata = np.repeat([0, 1, 2], [900, 90, 3])
    chosen = np.bincount(strata[_spread(strata, 50, seed=0)])
    assert chosen.tolist() == [44, 5, 1]
    assert np.bincount(strata[_spread(strata, 3, seed=5)]).tolist() == [1, 1, 1]
    assert sorted(_spread(strata, 993, seed=1)) == list(range(993))


def test_some_rows_are_shown_of_every_class_its_share(make, data):
    entry, targets = make(transfer={"rows": 12, "labels": 6}), column(data / "train", "targets")
    kept, labelled = column(entry.path, "kept"), column(entry.path, "labelled")
    assert np.bincount(targets[kept]).tolist() == [4, 4, 4]
    assert (entry.facts["rows"], entry.facts["labels"], entry.facts["omitted"]) == (12, 6, len(targets) - 12)
    assert set(np.flatnonzero(labelled)) < set(kept)
    assert (column(make(transfer={"rows": 12}).path, "kept") == kept).all()


def test_other_seeds_keep_other_labels_and_the_same_seed_the_same(make, tmp_path):
    one, again, other = (column(make(seed, transfer={"labels": 12}).path, "labelled") for seed in (0, 0, 1))
    assert (one == again).all()
    assert (one != other).any()


def test_rows_of_an_omitted_class_are_not_shown_in_any_view(make, data):
    entry = make(transfer={"omit": ["b"]}, **NOISY)
    kept, inputs = column(entry.path, "kept"), column(data / "train", "inputs")
    assert set(column(data / "train", "targets")[kept]) == {0, 2}
    assert (entry.facts["rows"], entry.facts["omitted"]) == (len(kept), len(inputs) - len(kept))
    assert not (entry.path / "labelled.npy").exists()
    for number in (2, 3):
        view = column(entry.path / f"view-{number}", "inputs")
        assert 0 < np.abs(view - inputs[kept]).max() < 1


def test_rows_whose_class_nobody_knows_stay_and_get_no_label(make, data):
    targets = column(data / "train", "targets")
    unknown = np.arange(len(targets)) % 4 == 0
    np.save(data / "train" / "labelled.npy", ~unknown)
    entry = make(transfer={"omit": ["a"], "labels": 10})
    kept, labelled = column(entry.path, "kept"), column(entry.path, "labelled")
    assert set(np.flatnonzero(unknown)) <= set(kept)
    assert labelled.sum() == labelled[kept].sum() == entry.facts["labels"] == 10
    assert not (labelled & unknown).any()
    assert set(targets[labelled]) == {1, 2}


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("kind", [kdorch.Multilabel, kdorch.Regression])
def test_targets_may_have_a_column_for_each_output(store, data, kind, count):
    file = data / "train" / "targets.npy"
    targets = (np.load(file)[:, None] > range(count)).astype("float32")
    np.save(file, targets)
    found = make_transfer(
        store,
        data,
        kind(labels=LABELS[:count]),
        transfer=Transfer(labels=7),
        augment=Augment(views=2, mixup=0.3),
        seed=0,
    )
    assert (found.facts["rows"], found.facts["labels"]) == (len(targets), 7)
    assert column(found.path / "view-2", "mixed.targets").shape == targets.shape


# ---------------------------------------------------------------- views


def test_views_come_from_the_seed_and_differ(make, store):
    first, other = make(0, **NOISY), make(1, **NOISY)
    [second, third] = (column(first.path / f"view-{number}", "inputs") for number in (2, 3))
    assert (second != third).any()
    assert (second != column(other.path / "view-2", "inputs")).any()
    again = make_transfer(
        type(store)(store.root / "elsewhere"),
        store.root / "data" / json.loads((first.path / "manifest.json").read_text())["key"]["data"],
        kdorch.Classification(labels=LABELS),
        transfer=Transfer(),
        augment=Augment(**NOISY),
        seed=0,
    )
    assert (second == column(again.path / "view-2", "inputs")).all()


def test_the_teacher_answers_each_row_and_view_once_and_is_not_trained_again(make, store, data):
    teacher = Attentive()
    SEEN.clear()
    entry = ready(store, teacher, data)
    plain = list(SEEN)
    shown = make(**NOISY)
    assert ready(store, teacher, data).digest == entry.digest
    for _ in range(2):
        paths = {"entry": entry.path, "transfer": shown.path, "data": data}
        told = answer_views(store, teacher, **paths, budget=BUDGET)
    ids = column(data / "train", "rows").tolist()
    assert [*plain, ("answer", ids), ("answer", ids)] == SEEN
    assert told.facts["rows_evaluated"] == 2 * len(ids)
    for number in (2, 3):
        assert column(told.path / f"view-{number}", "logits")[:, 0].tolist() == [3.0 * row for row in ids]


def test_rows_are_mixed_with_their_like(make, data):
    entry = make(views=2, mixup=0.4, transfer={"labels": 30})
    inputs, targets = column(data / "train", "inputs"), column(data / "train", "targets")
    labelled, view = column(entry.path, "labelled"), entry.path / "view-2"
    mixed, partners = column(view, "inputs"), column(view, "mixed.targets")
    shares = column(view, "mixed.shares")
    assert ((shares >= 0.5) & (shares <= 1)).all()
    assert len(np.unique(shares)) > 10
    # The first input of a row is its id, so what it was mixed with can be read from it.
    others = np.rint((mixed[:, 0] - shares * inputs[:, 0]) / np.maximum(1 - shares, 1e-9))
    clear = shares < 0.99
    place = {int(row): position for position, row in enumerate(column(data / "train", "rows"))}
    partner = np.array([place[int(row)] for row in others[clear]])
    assert (labelled[partner] == labelled[clear]).all()
    assert (targets[partner] == partners[clear]).all()
    assert (partner != np.flatnonzero(clear)).any()
    own = shares[clear, None]
    expected = own * inputs[clear] + (1 - own) * inputs[partner]
    np.testing.assert_allclose(mixed[clear], expected, rtol=1e-5, atol=1e-5)


# ---------------------------------------------------------------- changes


IMAGES = torch.arange(1000.0).reshape(10, 2, 10, 5)


def test_a_shifted_image_is_the_same_image_elsewhere():
    found = shifted(IMAGES, 2, Generator().manual_seed(0))
    moves = set()
    for before, after in zip(IMAGES, found, strict=True):
        centre = after[:, 4, 2]
        [(row, place)] = (before[0] == centre[0]).nonzero().tolist()
        down, right = row - 4, place - 2
        rows = (torch.arange(10) + down).clamp(0, 9)
        columns = (torch.arange(5) + right).clamp(0, 4)
        assert torch.equal(after, before[:, rows][:, :, columns])
        moves.add((down, right))
    assert len(moves) > 4
    assert {abs(step) for move in moves for step in move} == {0, 1, 2}


def test_half_of_the_images_are_mirrored():
    images = IMAGES.repeat(20, 1, 1, 1)
    found = flipped(images, Generator().manual_seed(0))
    same, mirrored = ((found == other).flatten(1).all(1) for other in (images, images.flip(-1)))
    assert (same ^ mirrored).all()
    assert 70 < mirrored.sum() < 130


def test_noise_has_its_deviation_and_the_inputs_stay():
    inputs = torch.zeros(2000, 3)
    found = changed(inputs, Augment(views=2, noise=0.3), Generator().manual_seed(0))
    assert found.std().item() == pytest.approx(0.3, rel=0.05)
    assert (inputs == 0).all()


OWN = """
import torch

def careful(inputs, generator):
    inputs += torch.randn(inputs.shape, generator=generator)  # in place, of a copy
    return inputs

def careless(inputs, generator):
    return inputs + torch.randn(inputs.shape)

def narrow(inputs, generator):
    return inputs[:, 1:]

def double(inputs, generator):
    return inputs.double()

def undefined(inputs, generator):
    return inputs / 0

def nothing(inputs, generator):
    pass

def raises(inputs, generator):
    raise ValueError("not today")
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "own_changes.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path / "code")
    yield "own_changes:{}".format
    monkeypatch.delitem(__import__("sys").modules, "own_changes", raising=False)


def test_an_own_function_may_do_anything_that_repeats_itself(own, make, data):
    augment = {"views": 2, "target": own("careful")}
    try_augment(data, Augment(**augment), seed=0)
    view = column(make(**augment).path / "view-2", "inputs")
    assert (view - column(data / "train", "inputs")).std() == pytest.approx(1, rel=0.2)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("careless", "careless does not repeat itself for equal inputs and an equally seeded generator"),
        (
            "narrow",
            r"returns float32 of shape \(54, 3\) for float32 of shape \(54, 4\). Return the same form.",
        ),
        ("double", r"returns float64 of shape \(54, 4\) for float32"),
        ("undefined", "returns NaN or infinity for inputs that are finite"),
        ("nothing", "returns a NoneType. Return the changed inputs, a tensor."),
        ("raises", "own_changes:raises fails on float32 of shape .*: ValueError: not today"),
        ("missing", "own_changes:missing fails on .*: AttributeError"),
    ],
)
def test_an_own_function_that_does_not_is_refused(own, data, name, message):
    with pytest.raises(PluginError, match=message):
        try_augment(data, Augment(views=2, target=own(name)), seed=0)
