from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from kdorch.builtin.preprocessing import Standardize
from kdorch.errors import PromotionError
from kdorch.shipping.wrapping import answers, unit, wrap
from kdorch.tasks.units import Units


class Says(nn.Module):
    """Answers with whatever ``say`` makes of its inputs."""

    def __init__(self, say: Any) -> None:
        super().__init__()
        self.say = say

    def forward(self, inputs: Tensor) -> Any:
        return self.say(inputs)


def test_the_copy_is_ready_and_the_original_untouched() -> None:
    network = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5)).train()
    module = wrap(nn.Identity(), network)
    module.network[0].weight.zero_()
    assert not module.training
    assert not any(weight.requires_grad for weight in module.parameters())
    assert network.training
    assert all(weight.requires_grad for weight in network.parameters())
    assert network[0].weight.abs().sum() > 0


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
def test_prepared_rows_are_cast_to_the_precision_of_the_network(precision: torch.dtype) -> None:
    network = nn.Linear(4, 3, dtype=precision)
    rows = np.random.default_rng(0).normal(size=(7, 4))
    found = answers(wrap(nn.Identity(), network), rows)
    assert torch.from_numpy(found[7]).dtype == precision
    torch.testing.assert_close(
        torch.from_numpy(found[7]), network(torch.from_numpy(rows).to(precision)).detach()
    )


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.uint8, np.bool_])
def test_rows_reach_the_preprocessing_as_they_are(kind: type) -> None:
    seen = []
    module = wrap(Says(lambda inputs: (seen.append(inputs.dtype), inputs)[1]), Says(lambda inputs: inputs))
    answers(module, np.ones((7, 2), kind))
    assert set(seen) == {torch.from_numpy(np.ones(1, kind)).dtype}


def test_large_numbers_are_told_apart() -> None:
    rows = np.random.default_rng(0).normal(1e9, 1, (7, 4))
    preprocessing = Standardize(torch.from_numpy(rows))
    found = answers(wrap(preprocessing, Says(lambda inputs: inputs)), rows)
    expected = (rows - rows.mean(0)) / rows.std(0)
    np.testing.assert_allclose(found[7], expected, atol=1e-5)


def test_token_ids_stay_integers() -> None:
    module = wrap(nn.Identity(), nn.Sequential(nn.Embedding(10, 4), nn.Flatten()))
    found = answers(module, np.arange(14).reshape(7, 2) % 10)
    assert {size: logits.shape for size, logits in found.items()} == {1: (1, 8), 2: (2, 8), 7: (7, 8)}


def test_logits_may_be_an_attribute_of_the_answer() -> None:
    module = wrap(nn.Identity(), Says(lambda inputs: SimpleNamespace(logits=inputs * 2)))
    assert (answers(module, np.ones((7, 2)))[7] == 2).all()


def test_preprocessing_comes_first() -> None:
    module = wrap(Says(lambda inputs: inputs + 1), Says(lambda inputs: inputs * 10))
    assert (answers(module, np.ones((7, 2)))[7] == 20).all()


def test_units_come_last() -> None:
    module = wrap(nn.Identity(), Says(lambda inputs: inputs), Units((1000.0, 0.0), (50.0, 0.1)))
    assert (answers(module, np.ones((7, 2)))[7] == np.array([[1050, 0.1]], np.float32)).all()
    np.testing.assert_allclose(unit(module, np.ones((7, 2))), [[50, 0.1]], rtol=1e-4)


def test_a_logit_is_its_own_unit() -> None:
    assert unit(wrap(nn.Identity(), nn.Identity()), np.zeros((7, 2))).tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("say", "complaint"),
    [
        (lambda inputs: inputs.sum(), "one row per input row|one"),
        (lambda inputs: inputs[:1], "answers 2 rows with a tensor of shape"),
        (lambda inputs: SimpleNamespace(logits=[1.0]), "a list"),
        (lambda inputs: inputs / 0, "not finite"),
    ],
)
def test_an_answer_that_is_not_a_row_of_logits_per_row_is_refused(say: Any, complaint: str) -> None:
    with pytest.raises(PromotionError, match=complaint):
        answers(wrap(nn.Identity(), Says(say)), np.ones((7, 2)))
