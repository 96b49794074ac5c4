"""Training rows answered by teachers who have not seen them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from teaching_toys import BUDGET, LABELS, SEEN, Source, dataset, stored

import kdorch
from kdorch.errors import DataError
from kdorch.study import Split
from kdorch.teaching.data import prepare
from kdorch.teaching.folding import folds
from kdorch.teaching.teacher import make_ready, stored_task


class Rote(kdorch.Teacher, name="rote"):
    """Knows the rows it was shown, and says so: a logit of 1 for those, of -1 for others."""

    count: int = 5

    def folds(self):
        return self.count

    def fit(self, lessons):
        SEEN.append(lessons.train.rows.tolist())
        assert torch.equal(lessons.ids("train"), lessons.train.rows)
        return {"known": lessons.train.rows}

    def build(self, task, state):
        def answer(batch):
            logits = torch.zeros(len(batch.rows), task.outputs)
            logits[:, 0] = torch.isin(batch.rows, state["known"]).float() * 2 - 1
            logits[:, 1] = batch.rows
            assert torch.equal(batch.inputs[:, 0].long(), batch.rows)
            return kdorch.Output(logits)

        return answer


def source(**fields):
    class Grouped(kdorch.Dataset, name="grouped"):
        def load(self):
            made = Source.of(90)
            task = kdorch.Classification(labels=LABELS)
            return kdorch.Columns(made.inputs, made.targets, task, **fields)

        def preprocess(self, inputs):
            return dataset(Source.of(90)).preprocess(inputs)

    return Grouped()


def ready(store, teacher, data):
    return make_ready(store, teacher, "toys", data, seed=0, score=("accuracy", "max"), budget=BUDGET)


def test_no_teacher_answers_a_training_row_that_it_was_shown(store, data):
    SEEN.clear()
    entry = ready(store, Rote(), data)
    train, validation = (stored(entry.path, split, "logits") for split in ("train", "validation"))
    assert train[:, 1].tolist() == stored(data, "train", "rows").tolist()
    assert set(train[:, 0]) == {-1.0}
    assert validation[:, 1].tolist() == stored(data, "validation", "rows").tolist()
    everything, *parts = SEEN
    assert len(parts) == 5
    assert all(set(part) < set(everything) for part in parts)
    left_out = sorted(row for part in parts for row in set(everything) - set(part))
    assert left_out == sorted(everything)
    assert entry.facts["notes"] == ["5 teachers for out-of-fold outputs"]


def test_without_folds_the_one_teacher_has_seen_them_all(store, data):
    assert set(stored(ready(store, Rote(count=0), data).path, "train", "logits")[:, 0]) == {1.0}


def test_every_fold_has_its_share_of_each_class(data):
    targets = stored(data, "train", "targets")
    rows = stored(data, "train", "rows").tolist()
    for left_out, shown in folds(stored_task(data), data, 3, seed=0):
        counts = np.bincount(targets[[rows.index(row) for row in left_out]])
        assert counts.tolist() == [6, 6, 6]
        assert np.bincount(targets[shown]).tolist() == [12, 12, 12]


def test_folds_follow_the_seed(data):
    task = stored_task(data)
    first, same, other = ([rows.tolist() for rows, _ in folds(task, data, 3, seed)] for seed in (0, 0, 1))
    assert first == same != other


def test_rows_of_one_group_are_in_one_fold(store):
    groups = np.array([f"patient {row % 15}" for row in range(90)])
    data = prepare(store, source(groups=groups), "toys", Split()).path
    found = [set(groups[left_out]) for left_out, _ in folds(stored_task(data), data, 3, seed=0)]
    assert all(found)
    assert sum(map(len, found)) == len(set.union(*found)) == len({*groups[stored(data, "train", "rows")]})


def test_rows_without_a_label_are_answered_by_the_teacher_of_all_rows(store):
    labelled = np.arange(90) % 3 != 0
    data = prepare(store, source(labelled=labelled), "toys", Split()).path
    logits = stored(ready(store, Rote(count=2), data).path, "train", "logits")
    known = stored(data, "train", "labelled")
    assert set(logits[known, 0]) == {-1.0}
    assert set(logits[~known, 0]) == {1.0}


def test_more_folds_than_there_are_rows_of_a_class_or_groups_are_refused(store, data):
    told = r"teacher.cross_fit: 19 folds, but only 18 training rows of class a. Write cross_fit: 18 or less."
    with pytest.raises(DataError, match=told):
        ready(store, Rote(count=19), data)
    data = prepare(store, source(groups=np.arange(90) % 6), "toys", Split()).path
    with pytest.raises(
        DataError, match=r"5 folds, but only \d groups among the training rows. Write cross_fit"
    ):
        ready(store, Rote(count=5), data)
