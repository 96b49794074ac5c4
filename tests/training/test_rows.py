"""Rows in memory and rows from files are the same rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from training_toys import TRAIN, rows, write_rows

from kdorch.training.rows import InMemory, Streamed, lengths, open_rows, shuffle


def taken(source, size, order=None):
    """Each batch as a list of its tensors."""
    return [[b.inputs, b.targets, b.rows, told.logits] for b, told in source.batches(size, order)]


@pytest.fixture
def both(stored):
    return rows(stored, "train"), rows(stored, "train", budget=0)


@pytest.mark.parametrize("shuffled", [False, True])
def test_both_give_the_same_batches_in_the_same_order(both, shuffled):
    order = shuffle(TRAIN, torch.Generator().manual_seed(3)) if shuffled else torch.arange(TRAIN)
    found = [taken(source, 32, order if shuffled else None) for source in both]
    assert [len(batch[0]) for batch in found[0]] == [32, 32, 32, TRAIN - 96]
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=0)
    assert torch.equal(torch.cat([batch[2] for batch in found[0]]), order)  # ids of these rows count from 0


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize(
    ("size", "expected"),
    [(50, [50, 51]), (100, [101]), (20, [20, 20, 20, 20, 21]), (99, [99, 2]), (101, [101]), (500, [101])],
)
def test_a_row_that_is_left_over_joins_the_batch_before(both, size, expected, shuffled):
    order = shuffle(TRAIN, torch.Generator().manual_seed(3)) if shuffled else torch.arange(TRAIN)
    found = [taken(source, size, order if shuffled else None) for source in both]
    assert [len(batch[0]) for batch in found[0]] == expected == lengths(TRAIN, size)
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=0)
    assert torch.equal(torch.cat([batch[2] for batch in found[0]]), order)


def test_batches_of_one_row_stay_so_if_asked_for(both):
    assert [[len(batch[0]) for batch in taken(source, 1)] for source in both] == [[1] * TRAIN] * 2
    assert lengths(1, 8) == [1]


def test_the_columns_of_a_row_stay_together(both):
    stored = taken(both[0], TRAIN)[0]
    for source in both:
        for batch in taken(source, 10, shuffle(TRAIN, torch.Generator())):
            torch.testing.assert_close(batch, [column[batch[2]] for column in stored], rtol=0, atol=0)


def test_the_budget_decides_which(stored):
    size = sum(tensor.numel() * tensor.element_size() for tensor in taken(rows(stored, "train"), TRAIN)[0])
    assert isinstance(rows(stored, "train", budget=size), InMemory)
    assert isinstance(rows(stored, "train", budget=size - 1), Streamed)


@pytest.mark.parametrize("budget", [0, 2**40])
def test_without_a_teacher_nothing_is_told(stored, budget):
    source = open_rows(stored / "data", "validation", None, budget=budget)
    assert [told for _, told in source.batches(40)] == [None, None]


@pytest.mark.parametrize("budget", [0, 2**40])
def test_reading_leaves_the_global_generator_alone(stored, budget):
    before = torch.get_rng_state()
    taken(rows(stored, "train", budget=budget), 32)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("budget", [0, 2**40])
def test_batches_may_be_written_to(stored, budget):
    source = rows(stored, "train", budget=budget)
    next(source.batches(32, torch.arange(TRAIN)))[0].inputs.zero_()
    assert next(source.batches(32))[0].inputs.abs().sum() > 0


@pytest.mark.parametrize("shuffled", [False, True])
def test_rows_without_a_label_are_told_from_the_others(tmp_path, shuffled):
    write_rows(tmp_path)
    labelled = np.arange(TRAIN) % 4 > 0
    np.save(tmp_path / "data" / "train" / "labelled.npy", labelled)
    order = shuffle(TRAIN, torch.Generator().manual_seed(3)) if shuffled else None
    found = [list(rows(tmp_path, "train", budget=budget).batches(32, order)) for budget in (0, 2**40)]
    for (streamed, _), (held, _) in zip(*found, strict=True):
        assert held.labelled.dtype == torch.bool
        assert torch.equal(streamed.labelled, held.labelled)
        assert held.labelled.tolist() == labelled[held.rows].tolist()


@pytest.mark.parametrize("budget", [0, 2**40])
def test_where_all_rows_have_a_label_nothing_is_said_of_it(stored, budget):
    assert {batch.labelled for batch, _ in rows(stored, "train", budget=budget).batches(32)} == {None}
