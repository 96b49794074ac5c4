"""The contract of students, and what is special about those that read ids of tokens."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from kdorch_text.students.bag import Bag
from kdorch_text.students.cnn import TextCnn
from kdorch_text.students.transformer import TextTransformer

import kdorch
from kdorch.testing import StudentContract

LENGTH = 12
STUDENTS = [
    Bag(vocabulary=40, width=6, pairs=30),
    TextCnn(vocabulary=40, width=8, filters=5),
    TextTransformer(vocabulary=40, width=8, layers=2, heads=2),
]
TASK = kdorch.Classification(labels=("a", "b", "c"), input_shape=(LENGTH,))


@pytest.mark.parametrize("student", STUDENTS, ids=lambda student: student.name)
def test_they_do_not_offer_themselves_for_boxes_or_tokens(student: kdorch.Student) -> None:
    assert student.tasks == {"classification", "multilabel", "regression"}


class Reads(StudentContract):
    """Rows of ids: some tokens, then padding."""

    input_shape: ClassVar[tuple[int, ...]] = (LENGTH,)

    def inputs(self, rows: int) -> torch.Tensor:
        random = torch.Generator().manual_seed(rows)
        ids = torch.randint(1, 60, (rows, LENGTH), generator=random)
        lengths = torch.randint(1, LENGTH + 1, (rows, 1), generator=random)
        return ids.where(torch.arange(LENGTH) < lengths, 0)


class TestBag(Reads):
    student = STUDENTS[0]


class TestBagOfWordsAlone(Reads):
    student = Bag(vocabulary=40, width=6, pairs=0, dropout=0.0)


class TestTextCnn(Reads):
    student = STUDENTS[1]


class TestTextTransformer(Reads):
    student = STUDENTS[2]


def build(student: kdorch.Student, task: kdorch.Task = TASK) -> torch.nn.Module:
    torch.manual_seed(0)
    return student.build(task).eval()


def ask(student: kdorch.Student, ids: list[list[int]], task: kdorch.Task = TASK) -> kdorch.Output:
    with torch.no_grad():
        return build(student, task)(torch.tensor(ids))


@pytest.mark.parametrize("student", STUDENTS, ids=lambda student: student.name)
def test_padding_makes_no_difference(student: kdorch.Student) -> None:
    """But for a learnt position, which is 0 at the start."""
    longer = TASK.model_copy(update={"input_shape": (2 * LENGTH,)})
    ids = [[5, 3, 9, *[0] * (LENGTH - 3)]]
    short, padded = ask(student, ids), ask(student, [ids[0] + [0] * LENGTH], longer)
    for name in ("pooled",):
        assert torch.allclose(short.features[name], padded.features[name], atol=1e-5)
    assert torch.allclose(short.logits, padded.logits, atol=1e-5)


@pytest.mark.parametrize("student", STUDENTS, ids=lambda student: student.name)
def test_ids_beyond_its_vocabulary_are_unknown(student: kdorch.Student) -> None:
    rare, unknown = ([[5, token, 9, *[0] * (LENGTH - 3)]] for token in (40, 1))
    assert torch.equal(ask(student, rare).logits, ask(student, unknown).logits)
    known = [[5, 39, 9, *[0] * (LENGTH - 3)]]
    assert not torch.allclose(ask(student, known).logits, ask(student, unknown).logits)


@pytest.mark.parametrize("student", STUDENTS, ids=lambda student: student.name)
def test_an_empty_text_has_an_answer_and_does_no_harm(student: kdorch.Student) -> None:
    """Attention to nothing, too, is a number, and so is its gradient."""
    network = build(student).train()
    logits = network(torch.tensor([[0] * LENGTH, [5] * LENGTH])).logits
    assert torch.isfinite(logits).all()
    logits.sum().backward()
    assert all(torch.isfinite(weight.grad).all() for weight in network.parameters())


def test_order_counts_but_for_words_alone() -> None:
    one, other = ([[*tokens, *[0] * (LENGTH - 3)]] for tokens in ([5, 3, 9], [9, 3, 5]))
    assert torch.allclose(*(ask(Bag(vocabulary=40), ids).logits for ids in (one, other)))
    assert not torch.allclose(*(ask(Bag(vocabulary=40, pairs=999), ids).logits for ids in (one, other)))
    assert not torch.allclose(*(ask(STUDENTS[1], ids).logits for ids in (one, other)))


def test_a_transformers_features_are_sequences_of_its_tokens() -> None:
    features = ask(STUDENTS[2], [[5, 3, 9, *[0] * (LENGTH - 3)]]).features
    assert {name: tuple(value.shape[1:]) for name, value in features.items()} == {
        "embedded": (LENGTH, 8), "layer1": (LENGTH, 8), "layer2": (LENGTH, 8), "pooled": (8,),
    }  # fmt: skip
    assert not features["layer2"][0, 3:].any()
    assert features["layer2"][0, :3].all()


@pytest.mark.parametrize("student", STUDENTS, ids=lambda student: student.name)
def test_other_inputs_are_refused(student: kdorch.Student) -> None:
    image = TASK.model_copy(update={"input_shape": (1, 8, 8)})
    with pytest.raises(ValueError, match=r"takes ids of tokens \(length,\), not inputs of shape \(1, 8, 8\)"):
        student.build(image)


def test_heads_divide_the_width() -> None:
    with pytest.raises(ValueError, match="3 heads do not divide a width of 8"):
        TextTransformer(width=8, heads=3).build(TASK)
