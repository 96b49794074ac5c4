"""Closed forms against autograd, in float64 and in the worst that logits can be."""

from __future__ import annotations

import math

import pytest
import torch
from lessons import BY_LABEL, CASES, FLAGS, LABELLED, TASK, Lesson, both_ways, lesson, sequences, value

import kdorch
from kdorch.builtin.losses import Supervised, Uld

each_case = pytest.mark.parametrize("name", CASES)
NOBODY = torch.zeros(8, dtype=torch.bool)


def close(found: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", [*CASES, "task"])
def test_closed_form_equals_autograd(name: str) -> None:
    for rows in (1, 2, 8, 33):
        given = lesson(rows, seed=rows)
        term = CASES.get(name, Supervised()).build(TASK, given.student, given.teacher)
        found, expected = both_ways(term, given)
        close(found, expected)
        assert expected.abs().max() > 0


@each_case
def test_extreme_logits(name: str) -> None:
    """Some classes are certain, others impossible: probabilities are 0 and 1."""
    given = lesson(scale=1e4 / 3)
    close(*both_ways(CASES[name], given))
    assert math.isfinite(value(CASES[name], given))


@each_case
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32])
def test_low_precision(name: str, kind: torch.dtype) -> None:
    for scale in (1.0, 1e4 / 5):
        given = lesson(scale=scale)
        low = Lesson(given.student.logits.to(kind), given.teacher.logits.to(kind), given.batch.targets)
        rounded = Lesson(low.student.logits.double(), low.teacher.logits.double(), given.batch.targets)
        assert value(CASES[name], low) == pytest.approx(value(CASES[name], rounded), rel=1e-4)
        for found in both_ways(CASES[name], low):
            assert found.dtype == kind
            assert torch.isfinite(found).all()


@each_case
def test_a_student_that_says_the_same_of_everything(name: str) -> None:
    """A last layer that begins with zeros must not end in NaN, nor in a gradient of millions."""
    given = lesson()
    for kind in (torch.float64, torch.float32):
        flat = Lesson(torch.zeros(8, 10, dtype=kind), given.teacher.logits.to(kind), given.batch.targets)
        found, expected = both_ways(CASES[name], flat)
        torch.testing.assert_close(found, expected)
        assert found.abs().max() < 10


@each_case
def test_tokens_that_do_not_count(name: str) -> None:
    mask = torch.arange(20).reshape(4, 5) % 3 > 0
    given = sequences(mask)
    with torch.no_grad():
        given.student.logits[~mask] = math.nan  # what stands behind the end of a text may be anything
    given.teacher.logits[~mask] = math.inf
    found, expected = both_ways(CASES[name], given)
    close(found, expected)
    assert (found[~mask] == 0).all()
    close(found[mask], both_ways(CASES[name], given.only(mask))[0])


@each_case
def test_nothing_counts(name: str) -> None:
    for given in (sequences(torch.zeros(4, 5, dtype=torch.bool)), lesson(rows=0)):
        assert value(CASES[name], given) == 0
        for found in both_ways(CASES[name], given):
            assert found.shape == given.student.logits.shape
            assert (found == 0).all()


@pytest.mark.parametrize("name", LABELLED)
def test_labelled_rows_alone_count(name: str) -> None:
    known = torch.arange(8) % 3 > 0
    given = lesson(labelled=known)
    given.batch.targets[~known] = -1  # no class at all
    assert value(LABELLED[name], given) == pytest.approx(value(LABELLED[name], given.only(known)), rel=1e-12)
    found, expected = both_ways(LABELLED[name], given)
    close(found, expected)
    assert (found[~known] == 0).all()
    assert (found[known] != 0).any(-1).all()


@pytest.mark.parametrize("name", LABELLED)
def test_no_row_has_a_label(name: str) -> None:
    given = lesson(labelled=NOBODY)
    assert value(LABELLED[name], given) == 0
    for found in both_ways(LABELLED[name], given):
        assert (found == 0).all()


@pytest.mark.parametrize("name", LABELLED)
def test_labelled_tokens_count_where_both_say_so(name: str) -> None:
    known, mask = torch.arange(4) > 0, torch.arange(20).reshape(4, 5) % 3 > 0
    given = sequences(mask)
    given.batch.labelled = known
    alone = given.only(known.unsqueeze(1) & mask)
    assert value(LABELLED[name], given) == pytest.approx(value(LABELLED[name], alone), rel=1e-12)
    close(*both_ways(LABELLED[name], given))


@pytest.mark.parametrize("name", sorted(CASES.keys() - LABELLED.keys()))
def test_the_teacher_teaches_rows_without_a_label(name: str) -> None:
    assert value(CASES[name], lesson(labelled=NOBODY)) == value(CASES[name], lesson())


@pytest.mark.parametrize("name", BY_LABEL)
def test_label_by_label(name: str) -> None:
    for scale in (1.0, 1e4):
        given = lesson(scale=scale, mask=torch.rand(8, 4) > 0.5)
        close(*both_ways(BY_LABEL[name].build(FLAGS, given.student, given.teacher), given))


@pytest.mark.parametrize("classes", [(6, 10), (10, 6)])
def test_two_vocabularies(classes: tuple[int, int]) -> None:
    given = lesson()
    logits = (given.student.logits[:, : classes[0]], given.teacher.logits[:, : classes[1]])
    found, expected = both_ways(Uld(), Lesson(*logits, given.batch.targets))
    close(found, expected)
    assert found.shape == (8, classes[0])


@each_case
def test_a_gradient_leaves_its_inputs_as_they_were(name: str) -> None:
    given, before = lesson(), lesson()
    answer = kdorch.Output(given.student.logits.detach())
    CASES[name].gradient(answer, *given.args[1:]).mul_(0)  # type: ignore[attr-defined]
    assert torch.equal(given.student.logits, before.student.logits)
    assert torch.equal(given.teacher.logits, before.teacher.logits)
    assert torch.equal(given.batch.targets, before.batch.targets)
