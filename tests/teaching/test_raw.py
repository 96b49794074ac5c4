"""Teachers that take rows as the dataset ships them, and teachers that settle what may change."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
import torch
from teaching_toys import BUDGET, LABELS, Source, dataset, stored

import kdorch
from kdorch.errors import DataError
from kdorch.study import Split
from kdorch.teaching.data import prepare
from kdorch.teaching.raw import RawRows
from kdorch.teaching.teacher import make_ready, read_test


class Rough(kdorch.Teacher, name="rough"):
    """Answers with the raw inputs that it hears."""

    raw: ClassVar[bool] = True

    def fit(self, lessons):
        return {"heard": lessons.train.raw, "rows": lessons.train.rows}

    def build(self, task, state):
        return lambda batch: kdorch.Output(batch.raw[:, :3])


class Fickle(kdorch.Teacher, name="fickle"):
    """Has a name for what changes elsewhere."""

    alias: str = "champion"
    version: int = 0

    def settled(self, lessons):
        return self.model_copy(update={"version": NOW[self.alias], "alias": ""})

    def build(self, task, state):
        return lambda batch: kdorch.Output(torch.full((len(batch.rows), task.outputs), float(self.version)))


NOW = {"champion": 3, "latest": 3}


def ready(store, teacher, data, shipped=None):
    return make_ready(
        store, teacher, "toys", data, seed=0, score=("accuracy", "max"), budget=BUDGET, dataset=shipped
    )


def test_raw_rows_are_joined_by_their_ids_in_every_split(store):
    source = Source.of(90, rows=np.random.default_rng(1).permutation(90) * 7)
    source.inputs = source.inputs.round(3)
    shipped = dataset(source, factor=9.0)
    data = prepare(store, shipped, "toys", Split()).path
    entry = ready(store, Rough(), data, shipped)
    places = {int(row): place for place, row in enumerate(source.rows)}
    test = read_test(store, Rough(), entry.path, data, BUDGET, shipped)
    for path, split in ((entry.path, "train"), (entry.path, "validation"), (test.path, "test")):
        expected = source.inputs[[places[row] for row in stored(data, split, "rows").tolist()], :3]
        np.testing.assert_allclose(stored(path, split, "logits"), expected, rtol=1e-6)


def test_the_dataset_is_loaded_again_only_for_who_needs_it(store):
    class Once(kdorch.Dataset, name="once"):
        def load(self):
            raise AssertionError("loaded again")

    shipped = dataset(Source.of())
    data = prepare(store, shipped, "toys", Split()).path
    assert ready(store, Fickle(), data, Once()).made


def test_rows_that_are_gone_are_counted():
    shipped = dataset(Source.of(10))
    assert RawRows(shipped)(torch.tensor([9, 3]))[:, 0].tolist() == [9.0, 3.0]
    with pytest.raises(DataError, match=r"has lost 2 rows since it was stored, the first is row 12\."):
        RawRows(shipped)(torch.tensor([3, 12, 77]))


def test_what_a_teacher_settles_on_names_the_entry(store, data, monkeypatch):
    first = ready(store, Fickle(), data)
    assert not ready(store, Fickle(alias="latest"), data).made
    monkeypatch.setitem(NOW, "champion", 4)
    second = ready(store, Fickle(), data)
    assert second.made
    assert second.path != first.path
    assert stored(second.path, "train", "logits").max() == 4
    assert len(LABELS) == stored(second.path, "train", "logits").shape[1]
