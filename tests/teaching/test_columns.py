"""Rows larger than memory, and rows of which some lack a label: what the store keeps of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from teaching_toys import Shift, stored

import kdorch
from kdorch.errors import DataError
from kdorch.study import Split
from kdorch.teaching import cautions
from kdorch.teaching import data as module
from kdorch.teaching.data import prepare
from kdorch.teaching.dividing import SPLITS
from kdorch.teaching.store import Store
from kdorch.teaching.teacher import stored_task

COUNT = 90
INPUTS = np.random.default_rng(0).normal(size=(COUNT, 4)) + np.arange(COUNT)[:, None]
HEIGHTS = 1000 + 50 * np.random.default_rng(1).normal(size=COUNT)
NUMBERS = kdorch.Columns(INPUTS, HEIGHTS, kdorch.Regression(labels=("height",)))
CLASSES = kdorch.Columns(INPUTS, np.arange(COUNT) % 3, kdorch.Classification(labels=("a", "b", "c")))


def kept(store, columns):
    class Given(kdorch.Dataset, name="given"):
        def load(self):
            return columns

        def preprocess(self, inputs):
            return Shift(inputs, 1.0)

    return prepare(store, Given(), "toys 0", Split())


def files(entry):
    return {
        str(path.relative_to(entry.path)): path.read_bytes()
        for path in entry.path.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }


# ---------------------------------------------------------------- larger than memory


class Lazy:
    """Rows that exist only where they are asked for; notes how many were asked for at once."""

    def __init__(self, array):
        self.array, self.dtype, self.shape, self.asked = array, array.dtype, array.shape, []

    def __len__(self):
        return len(self.array)

    def __getitem__(self, chosen):
        assert isinstance(chosen, np.ndarray)
        self.asked.append(len(chosen))
        return self.array[chosen]


def test_rows_in_chunks_are_stored_as_rows_at_once(tmp_path, monkeypatch):
    at_once = kept(Store(tmp_path / "once"), NUMBERS)
    for each in (module, cautions):
        monkeypatch.setattr(each, "_CHUNK", 7)
    monkeypatch.setattr(module, "_IN_MEMORY", 0)
    lazy = Lazy(INPUTS)
    in_chunks = kept(Store(tmp_path / "chunks"), replace(NUMBERS, inputs=lazy))
    assert max(lazy.asked) == 7
    assert in_chunks.digest == at_once.digest
    assert files(in_chunks) == files(at_once)
    assert in_chunks.facts == at_once.facts


def test_of_large_rows_fewer_are_prepared_at_once(tmp_path, monkeypatch):
    at_once = kept(Store(tmp_path / "once"), NUMBERS)
    monkeypatch.setattr(module, "_AT_ONCE", 3 * INPUTS[0].nbytes)
    lazy = Lazy(INPUTS)
    in_threes = kept(Store(tmp_path / "threes"), replace(NUMBERS, inputs=lazy))
    assert lazy.asked.count(3) == len(INPUTS) / 3
    assert files(in_threes) == files(at_once)


# ---------------------------------------------------------------- labels


def test_numbers_are_stored_at_unit_scale_of_the_training_rows(store):
    entry = kept(store, NUMBERS)
    assert stored(entry.path, "train", "targets").shape == (54, 1)
    np.testing.assert_allclose(stored(entry.path, "train", "targets").mean(), 0, atol=1e-6)
    np.testing.assert_allclose(stored(entry.path, "train", "targets").std(), 1, atol=1e-6)
    task = stored_task(entry.path)
    for split in SPLITS:
        back = task.decoder()(torch.from_numpy(stored(entry.path, split, "targets")))
        np.testing.assert_allclose(back[:, 0], HEIGHTS[stored(entry.path, split, "rows")], rtol=1e-6)


def test_missing_labels_are_told_apart_and_never_learnt_from(store):
    labelled = np.arange(COUNT) % 3 > 0
    heights = np.where(labelled, HEIGHTS, np.nan)
    entry = kept(store, replace(NUMBERS, targets=heights, labelled=labelled))
    assert entry.facts["unlabelled"] == 30
    for split in SPLITS:
        rows = stored(entry.path, split, "rows")
        assert stored(entry.path, split, "labelled").tolist() == labelled[rows].tolist()
        assert np.isfinite(stored(entry.path, split, "targets")).all()
    task, rows = stored_task(entry.path), stored(entry.path, "train", "rows")
    assert task.mean == pytest.approx([HEIGHTS[rows][labelled[rows]].mean()])
    assert not list(kept(store, NUMBERS).path.rglob("labelled.npy"))


def test_a_missing_class_may_be_any_number(store):
    labelled = np.arange(COUNT) % 5 > 0
    targets = np.where(labelled, CLASSES.targets, -1)
    entry = kept(store, replace(CLASSES, targets=targets, labelled=labelled))
    assert set(stored(entry.path, "train", "targets")) == {0, 1, 2}
    counts = stored_task(entry.path).counts
    assert sum(counts) == entry.facts["rows"]["train"] - entry.facts["unlabelled"]


# ---------------------------------------------------------------- what the columns say of the division

SAYS = {
    "groups": np.arange(COUNT) // 9,
    "times": np.datetime64("2026-01-01") + np.arange(COUNT).astype("timedelta64[D]"),
    "parts": np.array(["train", "validation", "train", "test"])[np.arange(COUNT) % 4],
    "labelled": np.arange(COUNT) % 3 > 0,
}


@pytest.mark.parametrize("what", SAYS)
def test_what_is_said_of_the_division_is_part_of_the_digest(store, what):
    entry, said = kept(store, CLASSES), SAYS[what]
    told = kept(store, replace(CLASSES, **{what: said}))
    moved = kept(store, replace(CLASSES, **{what: np.roll(said, 1)}))
    assert len({entry.digest, told.digest, moved.digest}) == 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (SAYS | {"labelled": None}, "says in more than one way how rows are divided. Keep one."),
        ({"groups": np.arange(3)}, r"differ in length: {'inputs': 90, 'groups': 3}"),
        ({"labelled": np.ones(COUNT, int)}, "labelled is int64; it must be bool"),
        ({"parts": np.array(["train", "val"] * 45)}, "a ready-made split is 'val'"),
    ],
    ids=["several", "length", "labelled", "parts"],
)
def test_what_makes_no_sense_is_refused(store, fields, message):
    with pytest.raises(DataError, match=f"^dataset 'given'.*{message}"):
        kept(store, replace(CLASSES, **fields))
