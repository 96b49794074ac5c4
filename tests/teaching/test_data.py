"""Rows are divided, prepared and stored; what decides the result is in its digest, and nothing else."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from teaching_toys import FEATURES, LABELS, Overflowing, Source, dataset, stored

from kdorch.builtin.datasets import BreastCancer, Digits
from kdorch.errors import DataError
from kdorch.study import Split
from kdorch.teaching.data import prepare
from kdorch.teaching.dividing import SPLITS
from kdorch.teaching.store import Store

ORIGIN = "toys 0"


def rows_of(entry):
    return {split: stored(entry.path, split, "rows").tolist() for split in SPLITS}


def kept(store, source=None, *, split=None, origin=ORIGIN, **fields):
    return prepare(store, dataset(source or Source.of(), **fields), origin, split or Split())


# ---------------------------------------------------------------- the division


def test_splits_are_disjoint_and_complete(store):
    entry = kept(store, split=Split(validation=0.3, test=0.1))
    rows = rows_of(entry)
    assert sorted(rows["train"] + rows["validation"] + rows["test"]) == list(range(90))
    assert {name: len(part) for name, part in rows.items()} == {"train": 54, "validation": 27, "test": 9}
    assert entry.facts["rows"] == {"train": 54, "validation": 27, "test": 9}


def test_splits_are_stratified(store):
    targets = np.repeat([0, 1, 2], [60, 20, 10])
    entry = kept(store, Source.of(targets=targets))
    shares = {split: np.bincount(stored(entry.path, split, "targets")).tolist() for split in SPLITS}
    assert shares == {"train": [36, 12, 6], "validation": [12, 4, 2], "test": [12, 4, 2]}


def test_the_division_depends_on_its_own_seed_alone(tmp_path):
    found = []
    for number, seed in enumerate((0, 0, 1)):
        random.seed(number)
        np.random.seed(number)
        torch.manual_seed(number)
        found.append(rows_of(kept(Store(tmp_path / str(number)), split=Split(seed=seed))))
    assert found[0] == found[1] != found[2]


def test_a_row_keeps_its_inputs_its_target_and_its_id(store):
    ids = np.random.default_rng(1).permutation(90) + 1000
    source = Source.of(rows=ids)
    entry = kept(store, source)
    for split in SPLITS:
        inputs, targets, rows = (stored(entry.path, split, name) for name in ("inputs", "targets", "rows"))
        places = inputs[:, 0].astype(int)  # the first input of each row is its place in the source
        assert rows.tolist() == ids[places].tolist()
        assert targets.tolist() == source.targets[places].tolist()
        assert inputs.shape[1:] == (FEATURES,)


def test_rows_beyond_one_chunk_are_all_prepared(store):
    source = Source.of(9000)
    entry = kept(store, source)
    inputs, rows = stored(entry.path, "train", "inputs"), stored(entry.path, "train", "rows")
    assert len(inputs) == 5400
    mean = source.inputs[rows].mean(0) * [0, 1, 1, 1]
    np.testing.assert_allclose(inputs, source.inputs[rows] - mean, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(("kind", "stored_as"), [("int32", "int64"), ("uint8", "int64"), ("bool", "int64")])
def test_whole_targets_are_stored_as_int64(store, kind, stored_as):
    entry = kept(store, Source.of(targets=(np.arange(90) % 2).astype(kind)))
    assert stored(entry.path, "test", "targets").dtype == stored_as


# ---------------------------------------------------------------- preprocessing


def test_preprocessing_is_fitted_on_training_rows_only(store):
    source = Source.of()
    entry = kept(store, source)
    (seen,) = source.fitted_on
    assert seen[:, 0].tolist() == stored(entry.path, "train", "rows").tolist()


def test_standardised_columns_have_the_training_rows_statistics(store):
    entry = prepare(store, BreastCancer(), ORIGIN, Split())
    train, validation = (stored(entry.path, split, "inputs") for split in ("train", "validation"))
    np.testing.assert_allclose(train.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(train.std(0), 1, atol=1e-5)
    assert np.abs(validation.mean(0)).max() > 0.01
    raw = BreastCancer().load().inputs[stored(entry.path, "train", "rows")]
    learnt = load_file(entry.path / "preprocessing.safetensors")["mean"]
    np.testing.assert_allclose(learnt, raw.mean(0))


def test_facts_describe_raw_and_prepared_rows(store):
    entry = prepare(store, Digits(), ORIGIN, Split())
    assert entry.facts["raw"] == {"dtype": "float64", "shape": [8, 8]}
    assert entry.facts["task"]["input_shape"] == [1, 8, 8]
    assert stored(entry.path, "train", "inputs").max() == 1
    example, rows = np.load(entry.path / "example.npy"), stored(entry.path, "train", "rows")
    assert np.array_equal(example, Digits().load().inputs[rows[: len(example)]])


# ---------------------------------------------------------------- the digest


def changed(column, place, value):
    column = column.copy()
    column[place] = value
    return column


BASE = Source.of(rows=np.arange(90))
CHANGES = {
    "an input": {"source": replace(BASE, inputs=changed(BASE.inputs, (7, 1), 0.5))},
    "the type of the inputs": {"source": replace(BASE, inputs=BASE.inputs.astype(np.float32))},
    "the shape of the inputs": {"source": replace(BASE, inputs=BASE.inputs.reshape(90, 2, 2))},
    "a target": {"source": replace(BASE, targets=changed(BASE.targets, 7, (BASE.targets[7] + 1) % 3))},
    "an id": {"source": replace(BASE, rows=changed(BASE.rows, 7, 1000))},
    "a label": {"source": replace(BASE, labels=("a", "b", "d"))},
    "the share of validation": {"split": Split(validation=0.21)},
    "the share of test": {"split": Split(test=0.21)},
    "the seed of the split": {"split": Split(seed=1)},
    "a field of the preprocessing": {"factor": 2.0},
    "the version of the plugin": {"origin": "toys 1"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_matters_makes_a_new_entry(store, change):
    before = kept(store, BASE)
    after = kept(store, **({"source": BASE} | CHANGES[change]))
    assert after.made
    assert after.digest != before.digest


def test_nothing_else_makes_a_new_entry(store):
    kept(store, BASE)
    for same in (np.asfortranarray(BASE.inputs), np.repeat(BASE.inputs, 2, axis=0)[::2]):
        source = replace(BASE, inputs=same, fitted_on=[])
        assert not kept(store, source).made
        assert not source.fitted_on


# ---------------------------------------------------------------- what cannot be used

INPUTS = Source.of().inputs
UNUSABLE = {
    "NaN": (
        {"inputs": changed(INPUTS, (3, 2), np.nan)},
        "the prepared inputs of row .* are NaN or infinity. In the source, row 3 is",
    ),
    "infinity": (
        {"inputs": changed(INPUTS, (3, 2), np.inf)},
        "the prepared inputs of row .* are NaN or infinity. In the source, row 3 is",
    ),
    "NaN targets": ({"targets": changed(np.zeros(90), 3, np.nan)}, "targets contain NaN"),
    "lengths": ({"targets": np.zeros(89, int)}, r"differ in length: {'inputs': 90, 'targets': 89}"),
    "length of ids": ({"rows": np.arange(91)}, r"differ in length: .*'rows': 91"),
    "repeated ids": ({"rows": np.arange(90) // 2 + 7}, "45 row ids repeat, the first is 7"),
    "missing ids": (
        {"rows": changed(np.arange(90.0), 3, np.nan)},
        "row ids are float64 .* must be whole numbers",
    ),
    "words for ids": (
        {"rows": np.array([f"r{row}" for row in range(90)])},
        "row ids are <U3 .* whole numbers",
    ),
    "ids in columns": (
        {"rows": np.zeros((90, 2), int)},
        r"row ids are int64 of shape \(90, 2\); .* one for each row",
    ),
    "a list of ids": ({"rows": list(range(90))}, "rows are a list; they must be a numpy array"),
    "text": ({"targets": np.array(["a", "b", "c"] * 30, object)}, "targets are object; they must be numbers"),
    "no rows": ({"inputs": np.zeros((0, 4)), "targets": np.zeros(0, int)}, "has no rows"),
    "a rare class": ({"targets": np.repeat([0, 1], [88, 2])}, "label 1 has 2 rows; each of the 3 splits"),
}


@pytest.mark.parametrize("defect", UNUSABLE)
def test_rows_that_cannot_be_used_are_refused(store, defect):
    fields, message = UNUSABLE[defect]
    with pytest.raises(DataError, match=f"dataset 'given'.*{message}"):
        kept(store, Source.of(**fields))
    assert not list(store.root.rglob("manifest.json"))


def test_too_few_rows_for_the_split_are_refused(store):
    with pytest.raises(
        DataError, match=r"dataset 'given': the rows cannot be divided as asked.*the fewest rows: 3"
    ):
        kept(store, Source.of(9))


def test_preprocessing_that_overflows_is_refused(store):
    with pytest.raises(
        DataError, match=r"'overflowing': .*every row is finite, so the preprocessing makes them"
    ):
        prepare(store, Overflowing(), ORIGIN, Split())


def test_a_mended_dataset_is_made(store):
    with pytest.raises(DataError):
        kept(store, Source.of(labels=LABELS, targets=np.repeat([0, 1], [88, 2])))
    assert kept(store).made
