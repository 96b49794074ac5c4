"""The largest entries of a teacher's answer: what is stored of it, and what a loss makes of that."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from kdorch.builtin.losses import ForwardKl, Hinton, Jsd, ReverseKl, SkewKl, SkewReverseKl, SoftCrossEntropy
from kdorch.kinds import Batch, Output
from kdorch.study.storing import bytes_of
from kdorch.training.top import narrowed, smallest, widened

CLASSES = 12
DIVERGENCES = [
    ForwardKl(),
    ReverseKl(),
    Jsd(beta=0.3),
    SkewKl(alpha=0.2),
    SkewReverseKl(alpha=0.2),
    Hinton(temperature=1.0),
]
BATCH = Batch(torch.zeros(4, 5), torch.zeros(4, 5, dtype=torch.long), torch.arange(4))


@pytest.fixture
def logits() -> tuple[Tensor, Tensor]:
    """Of a student and a teacher, in double precision: (rows, tokens, classes)."""
    generator = torch.Generator().manual_seed(0)
    student, teacher = 3 * torch.randn(2, 4, 5, CLASSES, generator=generator, dtype=torch.float64)
    return student, teacher


def exactly(teacher: Tensor, count: int) -> Output:
    """What is stored of a teacher's answer, without the rounding."""
    known = teacher.log_softmax(-1)
    kept, ids = known.topk(count)
    rest = known.scatter(-1, ids, -torch.inf).logsumexp(-1, keepdim=True)
    return Output(torch.cat((kept, rest), -1), support=ids)


def of_reduced(student: Tensor, stored: Output) -> Tensor:
    """The student's logits of the stored entries, and of all others together."""
    rest = student.scatter(-1, stored.support, -torch.inf).logsumexp(-1, keepdim=True)
    return torch.cat((student.gather(-1, stored.support), rest), -1)


def value_and_gradient(loss, student: Tensor, teacher: Output, *, reduced: bool = False):
    student = student.clone().requires_grad_()
    said = of_reduced(student, teacher) if reduced else student
    told = Output(teacher.logits) if reduced else widened(teacher, student)
    value = loss(Output(said), told, BATCH)
    return value.detach(), torch.autograd.grad(value, student)[0]


@pytest.mark.parametrize("loss", DIVERGENCES, ids=lambda loss: loss.name)
def test_a_divergence_is_that_of_the_stored_entries_and_all_others_as_one(logits, loss) -> None:
    student, teacher = logits
    stored = exactly(teacher, 3)
    found = value_and_gradient(loss, student, stored)
    torch.testing.assert_close(found, value_and_gradient(loss, student, stored, reduced=True))
    assert (found[0] - loss(Output(student), Output(teacher), BATCH)).abs() > 1e-3  # something was left out


@pytest.mark.parametrize("loss", [*DIVERGENCES, SoftCrossEntropy()], ids=lambda loss: loss.name)
def test_with_all_entries_it_is_the_divergence_of_the_whole(logits, loss) -> None:
    student, teacher = logits
    found = value_and_gradient(loss, student, exactly(teacher, CLASSES))
    torch.testing.assert_close(
        found, value_and_gradient(loss, student, Output(teacher)), rtol=1e-12, atol=1e-14
    )


def test_the_closed_form_sees_the_same(logits) -> None:
    student, teacher = logits
    told = widened(exactly(teacher, 3), student)
    _, expected = value_and_gradient(ForwardKl(), student, exactly(teacher, 3))
    torch.testing.assert_close(ForwardKl().gradient(Output(student), told, BATCH), expected)


def test_what_is_stored_is_rounded_by_little(logits) -> None:
    student, teacher = logits
    stored = narrowed(Output(teacher), 3)
    assert (stored.logits.dtype, stored.support.dtype) == (torch.float16, torch.uint8)
    rounded, exact = (
        value_and_gradient(ForwardKl(), student, each) for each in (stored, exactly(teacher, 3))
    )
    torch.testing.assert_close(rounded, exact, rtol=1e-3, atol=1e-5, check_dtype=False)


def test_a_teacher_that_is_certain_is_stored_without_infinity() -> None:
    certain = torch.zeros(1, CLASSES)
    certain[0, 3] = 1e6
    for count in (1, 5, CLASSES):
        stored = narrowed(Output(certain), count)
        assert stored.logits.isfinite().all()
        value, gradient = value_and_gradient(ForwardKl(), torch.randn(1, CLASSES), stored)
        assert value.isfinite()
        assert gradient.isfinite().all()


@pytest.mark.parametrize(
    ("classes", "dtype"),
    [(256, torch.uint8), (257, torch.uint16), (65536, torch.uint16), (65537, torch.int32)],
)
def test_ids_are_stored_in_the_smallest_type(classes: int, dtype: torch.dtype) -> None:
    told = torch.zeros(1, classes)
    told[0, classes - 1] = 1.0
    stored = narrowed(Output(told), 1)
    assert stored.support.dtype == dtype == smallest(classes)
    assert stored.support.item() == classes - 1
    assert bytes_of(1, classes) == stored.logits.nbytes + stored.support.nbytes


def test_features_stay_and_what_is_whole_is_left_alone(logits) -> None:
    student, teacher = logits
    whole = Output(teacher, {"late": teacher})
    assert widened(whole, student) is whole
    assert widened(narrowed(whole, 3), student).features == whole.features
