"""Rows are divided by chance within each label, by group, by time, or as the source says; never otherwise."""

from __future__ import annotations

import numpy as np
import pytest

import kdorch
from kdorch.errors import DataError
from kdorch.study import Split
from kdorch.teaching.dividing import SPLITS, divide

CLASSES = kdorch.Classification(labels=("a", "b", "c"))
NUMBERS = kdorch.Regression(labels=("y",))
FLAGS = kdorch.Multilabel(labels=("p", "q"))
HUNDRED = np.arange(100)


def columns(targets=None, task=NUMBERS, **more):
    targets = np.linspace(0, 1, 100) if targets is None else targets
    return kdorch.Columns(np.zeros((len(targets), 1)), targets, task, **more)


def divided(*args, split=None, **fields):
    found = divide(columns(*args, **fields), split or Split())
    assert list(found) == list(SPLITS)
    assert all((np.diff(part) > 0).all() for part in found.values())
    everything = np.concatenate(list(found.values()))
    assert len(everything) == len(np.unique(everything))
    return found


def counts(found):
    return {name: len(part) for name, part in found.items()}


def labelled(*missing):
    return ~np.isin(HUNDRED, missing)


# ---------------------------------------------------------------- by chance


def test_each_split_gets_its_share_of_every_class():
    targets = np.repeat([0, 1, 2], [60, 30, 10])
    found = divided(targets, CLASSES)
    shares = {name: np.bincount(targets[part]).tolist() for name, part in found.items()}
    assert shares == {"train": [36, 18, 6], "validation": [12, 6, 2], "test": [12, 6, 2]}


@pytest.mark.parametrize(
    ("task", "targets"),
    [(NUMBERS, np.linspace(0, 1, 100)), (FLAGS, np.eye(2)[HUNDRED % 2])],
    ids=["numbers", "flags"],
)
def test_rows_without_classes_are_divided_by_chance(task, targets):
    found = divided(targets, task, split=Split(validation=0.3, test=0.1))
    assert counts(found) == {"train": 60, "validation": 30, "test": 10}
    other = divided(targets, task, split=Split(validation=0.3, test=0.1, seed=1))
    assert not np.array_equal(found["test"], other["test"])
    assert (np.diff(found["test"]) > 1).any()  # not a piece of the source


def test_the_division_is_the_same_every_time():
    for fields in ({}, {"groups": HUNDRED // 5}, {"times": HUNDRED}):
        first, second = divided(**fields), divided(**fields)
        assert all(np.array_equal(first[name], second[name]) for name in SPLITS)


# ---------------------------------------------------------------- by group, by time, by hand


@pytest.mark.parametrize("seed", range(5))
def test_a_group_is_never_on_two_sides(seed):
    groups = np.random.default_rng(seed).integers(0, 20, 100)
    found = divided(groups=groups, split=Split(seed=seed))
    owners = [set(groups[part].tolist()) for part in found.values()]
    assert sum(map(len, owners)) == len(set().union(*owners)) == len(np.unique(groups))
    assert [len(owner) for owner in owners] == [12, 4, 4]


@pytest.mark.parametrize("kind", [int, "datetime64[h]"])
def test_the_newest_rows_are_the_test(kind):
    times = np.random.default_rng(0).permutation(100).astype(kind)
    found = divided(times=times)
    assert counts(found) == {"train": 60, "validation": 20, "test": 20}
    assert times[found["train"]].max() < times[found["validation"]].min()
    assert times[found["validation"]].max() < times[found["test"]].min()


def test_rows_of_one_moment_stay_together():
    times = HUNDRED // 30  # moments 0, 1, 2 have thirty rows each, moment 3 has ten
    found = divided(times=times, split=Split(validation=0.25, test=0.1))
    assert {name: set(times[part].tolist()) for name, part in found.items()} == {
        "train": {0, 1},
        "validation": {2},
        "test": {3},
    }


def test_a_ready_made_division_is_kept():
    parts = np.array(["test", "train", "validation", "train"])[HUNDRED % 4]
    found = divided(parts=parts, split=Split(seed=7))
    assert all((parts[found[name]] == name).all() for name in SPLITS)
    assert sum(counts(found).values()) == 100


def test_without_a_validation_training_rows_make_one_and_the_test_stays():
    targets = np.repeat([0, 1, 2], [60, 30, 10])
    parts = np.array(["train", "test"])[HUNDRED % 2]
    found = divided(targets, CLASSES, parts=parts)
    assert np.bincount(targets[found["validation"]]).tolist() == [6, 3, 1]
    assert (parts[found["validation"]] == "train").all()
    assert found["test"].tolist() == np.flatnonzero(parts == "test").tolist()


# ---------------------------------------------------------------- rows without a label


def test_rows_without_a_label_are_only_trained_on():
    missing = HUNDRED[::2]
    found = divided(HUNDRED % 3, CLASSES, labelled=labelled(*missing))
    assert counts(found) == {"train": 80, "validation": 10, "test": 10}
    assert set(missing) <= set(found["train"])


def test_those_of_a_held_out_group_are_left_out():
    groups = HUNDRED // 5
    found = divided(groups=groups, labelled=labelled(*HUNDRED[::5], *range(95, 100)))  # all of the last group
    held = {*groups[found["validation"]], *groups[found["test"]]}
    assert not held & {*groups[found["train"]]}
    assert {95, 96, 97, 98, 99} <= set(found["train"])
    assert set(HUNDRED[::5]) - set(found["train"]) == {5 * group for group in held}


def test_those_of_a_held_out_time_are_left_out():
    found = divided(times=HUNDRED, labelled=labelled(10, 99))
    assert 10 in found["train"]
    assert not any(99 in part for part in found.values())


def test_those_of_a_held_out_part_are_left_out():
    parts = np.array(["test", "train", "validation", "train"])[HUNDRED % 4]
    found = divided(parts=parts, labelled=labelled(0, 1, 2))
    assert [name for name in SPLITS for row in (0, 1, 2) if row in found[name]] == ["train"]


# ---------------------------------------------------------------- what cannot be divided

FEW = np.repeat([0, 1, 2], [3, 3, 3])
UNDIVIDED = {
    "a rare class": (
        {"targets": np.repeat([0, 1], [98, 2]), "task": CLASSES},
        "label 1 has 2 rows; each of the 3 splits needs one.",
    ),
    "few rows": ({"targets": FEW, "task": CLASSES}, "the rows cannot be divided as asked: .* fewest rows: 3."),
    "one row": ({"targets": np.zeros(1)}, "the rows cannot be divided as asked: "),
    "few groups": ({"groups": HUNDRED % 2}, "there are 2 groups; each of the 3 splits needs one."),
    "small shares of groups": (
        {"groups": HUNDRED % 3, "split": Split(validation=0.1, test=0.1)},
        "the groups cannot be divided as asked: ",
    ),
    "one moment": ({"times": np.zeros(100)}, "no row is left for train and validation; each of the 3 splits"),
    "a strange part": (
        {"parts": np.array(["train", "val"])[HUNDRED % 2]},
        "a ready-made split is 'val'; it must be one of train, validation, test.",
    ),
    "a missing part": (
        {"parts": np.array(["train", "validation"])[HUNDRED % 2]},
        "no row is left for test;",
    ),
    "only a validation without labels": (
        {"parts": np.array([*SPLITS])[HUNDRED % 3], "labelled": HUNDRED % 3 != 1},
        "no row with a label is left for validation;",
    ),
    "a part without labels": (
        {"parts": np.array([*SPLITS])[HUNDRED % 3], "labelled": HUNDRED % 3 < 2},
        "no row with a label is left for test;",
    ),
    "no label at all": ({"labelled": np.zeros(100, bool)}, "no row has a label."),
}  # fmt: skip


@pytest.mark.parametrize("why", UNDIVIDED)
def test_what_cannot_be_divided_is_explained(why):
    fields, message = UNDIVIDED[why]
    with pytest.raises(DataError, match=f"^{message}"):
        divided(**fields)
