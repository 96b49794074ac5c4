"""Tokens: what counts, and scores that do not depend on how a text is cut into tokens."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch.nn.functional import cross_entropy

import kdorch

TASK = kdorch.Tokens(labels=("a", "b", "the", "<end>"), characters=(1, 1, 3, 0), input_shape=(5,))
LOGITS = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
TARGETS = torch.tensor([[0, 1, 2, 3, -100], [2, 2, -100, -100, -100], [-100] * 5])
COUNTED = TARGETS != -100


def test_as_many_answers_as_places() -> None:
    assert TASK.outputs == 4
    assert TASK.output_shape == (5, 4)


def test_what_does_not_count_is_masked() -> None:
    found = TASK.mask(TARGETS.numpy())
    assert found is not None
    assert np.array_equal(found, COUNTED.numpy())
    assert TASK.mask(np.zeros((2, 5), int)) is None


@pytest.mark.parametrize("weights", [None, torch.tensor([0.2, 1.0, 3.0])])
def test_loss_is_the_mean_over_tokens_that_count(weights: torch.Tensor | None) -> None:
    of_tokens = torch.ones(3, 5) if weights is None else weights[:, None].expand(3, 5)
    each = cross_entropy(LOGITS[COUNTED], TARGETS[COUNTED], reduction="none")
    wanted = (each * of_tokens[COUNTED]).sum() / of_tokens[COUNTED].sum()
    assert TASK.loss(LOGITS, TARGETS, weights).item() == pytest.approx(wanted.item(), rel=1e-6)


@pytest.mark.parametrize("weights", [None, torch.tensor([0.2, 1.0, 3.0])])
def test_closed_form_is_the_gradient(weights: torch.Tensor | None) -> None:
    logits = LOGITS.clone().requires_grad_()
    (wanted,) = torch.autograd.grad(TASK.loss(logits, TARGETS, weights), logits)
    assert torch.allclose(TASK.loss_gradient(LOGITS, TARGETS, weights), wanted, rtol=1e-6)


def test_where_nothing_counts_loss_and_gradient_are_zero() -> None:
    assert TASK.loss(LOGITS[2:], TARGETS[2:]).item() == 0
    assert not TASK.loss_gradient(LOGITS[2:], TARGETS[2:]).any()


def test_scores() -> None:
    nats = TASK.loss(LOGITS, TARGETS).item()
    characters = 1 + 1 + 3 + 0 + 3 + 3  # a b the <end>, the the
    assert TASK.score("loss", LOGITS, TARGETS) == nats
    assert TASK.score("perplexity", LOGITS, TARGETS) == pytest.approx(math.exp(nats))
    assert TASK.score("bits_per_character", LOGITS, TARGETS) == pytest.approx(
        nats / math.log(2) * 6 / characters
    )
    right = (LOGITS.argmax(-1) == TARGETS)[COUNTED].double().mean().item()
    assert TASK.score("accuracy", LOGITS, TARGETS) == pytest.approx(right)


def test_characters_are_those_of_the_labels_by_default() -> None:
    plain = kdorch.Tokens(labels=("a", "b", "the", "<"), input_shape=(5,))
    spelt = kdorch.Tokens(labels=("a", "b", "the", "<"), characters=(1, 1, 3, 1), input_shape=(5,))
    one, other = (task.score("bits_per_character", LOGITS, TARGETS) for task in (plain, spelt))
    assert one == other


def test_fidelity_is_of_tokens() -> None:
    other = LOGITS.roll(1, 0)
    found = TASK.fidelity(LOGITS, other)
    told, said = other.softmax(-1), LOGITS.softmax(-1)
    assert found["kl"] == pytest.approx((told * (told / said).log()).sum(-1).mean().item())
    same = (LOGITS.argmax(-1) == other.argmax(-1)).double().mean().item()
    assert found["agreement"] == pytest.approx(same)


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (np.zeros(3, int), "targets must be whole numbers, (rows, tokens), not int64 of (3,)."),
        (np.zeros((3, 2)), "targets must be whole numbers, (rows, tokens), not float64 of (3, 2)."),
        (np.array([[0, 1], [2, 4]]), "row 1 has token 4 at place 1; the vocabulary goes from 0 to 3."),
        (np.array([[0, -1]]), "row 0 has token -1 at place 1; the vocabulary goes from 0 to 3."),
        (np.full((2, 2), -100), "no token counts: all targets are -100."),
        (np.array([[0, -100]]), ""),
    ],
)
def test_wrong_targets_are_told(targets: np.ndarray, said: str) -> None:
    assert TASK.complaint(targets) == said


def test_each_label_has_its_characters() -> None:
    with pytest.raises(ValidationError, match="characters has 1 numbers for 2 labels"):
        kdorch.Tokens(labels=("a", "b"), characters=(1,))


# ---------------------------------------------------------------- something to look at


def counting(inputs: torch.Tensor) -> torch.Tensor:
    """After each token comes the next label, for certain."""
    return 100.0 * torch.nn.functional.one_hot((inputs + 1) % 4, 4)


def batch_of(inputs: torch.Tensor, targets: torch.Tensor) -> kdorch.Batch:
    return kdorch.Batch(inputs, targets, torch.arange(len(inputs)))


def test_a_model_goes_on_with_half_a_row() -> None:
    rows = torch.tensor([[0, 0, 3, 3, 3, 3, 3]])
    sample = TASK.sample(counting, batch_of(rows[:, :-1], rows[:, 1:]))
    assert sample == "```text\naa<end> [...] abthe\n```"
    assert rows[0, 3:].tolist() == [3] * 4


def test_what_is_drawn_is_the_same_every_time_and_follows_the_model() -> None:
    rows = torch.zeros(2, 41, dtype=torch.long)
    batch = batch_of(rows[:, :-1], rows[:, 1:])
    one, again = (TASK.sample(lambda inputs: torch.zeros(*inputs.shape, 4), batch) for _ in range(2))
    assert one == again
    assert set("b<") < set(one)


def test_tokens_that_are_no_text_to_be_continued_have_no_sample() -> None:
    rows = torch.tensor([[0, 1, 2, 3, 0, 1]])
    assert TASK.sample(counting, batch_of(rows, rows)) == ""
    assert TASK.sample(counting, batch_of(torch.zeros(1, 6, 3), rows)) == ""
    assert kdorch.Classification(labels=("a", "b")).sample(counting, batch_of(rows, rows)) == ""
