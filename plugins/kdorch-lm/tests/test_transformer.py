"""The network tells the next token from those before it, and from nothing else."""

from __future__ import annotations

import pytest
import torch
from kdorch_lm.transformer import TransformerLm

import kdorch
from kdorch.testing import StudentContract

TASK = kdorch.Tokens(labels=tuple("abcdefg"), input_shape=(12,))


class TestTransformerLm(StudentContract):
    student = TransformerLm(layers=2, width=16, heads=2)
    input_shape = (12,)

    def inputs(self, rows: int) -> torch.Tensor:
        return torch.randint(self.task.outputs, (rows, 12), generator=torch.Generator().manual_seed(rows))


class TestSmallest(TestTransformerLm):
    """One block, one head, one pair; no convolution to speak of."""

    student = TransformerLm(layers=1, width=16, heads=1, expansion=1, reach=1)


def build(**fields: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return TransformerLm(**{"layers": 2, "width": 16, "heads": 2, **fields}).build(TASK).eval()


def tokens(rows: int = 1) -> torch.Tensor:
    return torch.randint(7, (rows, 12), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("place", [0, 5, 11])
def test_nothing_is_seen_of_what_comes_later(place: int) -> None:
    network, row = build(), tokens()
    changed = row.clone()
    changed[0, place] = (row[0, place] + 1) % 7
    moved = (network(row).logits - network(changed).logits).abs().amax(-1)[0]
    assert (moved[:place] == 0).all()
    assert (moved[place:] > 0).all()


def test_a_token_knows_how_far_the_others_are_not_where_it_stands() -> None:
    """Rotary positions, and no edge within reach: the same words say the same a few places later."""
    network = build(reach=1)
    row = tokens()
    later = torch.cat((row[:, :3], row[:, :9]), dim=1)
    with torch.no_grad():
        for block in network.blocks:
            block.attended.weight.zero_()
    assert torch.allclose(network(row).logits[0, :9], network(later).logits[0, 3:], atol=1e-6)
    turned = build().blocks[0](torch.ones(1, 12, 16), network.turns)
    assert torch.allclose(turned[0, 0], turned[0, 11], atol=1e-5)  # of equal tokens, any mean is the same


def test_the_features_are_what_each_block_adds_up_to() -> None:
    network = build(layers=3)
    found = network(tokens(4))
    assert {name: tuple(value.shape) for name, value in found.features.items()} == {
        f"layer{number}": (4, 12, 16) for number in (1, 2, 3)
    }
    last = network.norm(found.features["layer3"]) @ network.embedding.weight.T
    assert torch.equal(last, found.logits)


def test_heads_share_the_width_in_pairs() -> None:
    with pytest.raises(ValueError, match=r"width: 20 numbers cannot be shared by 4 heads.*multiple of 8"):
        TransformerLm(width=20, heads=4).build(TASK)


def test_other_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match=r"ids of tokens, \(tokens,\), not inputs of shape \(1, 8, 8\)"):
        TransformerLm().build(TASK.model_copy(update={"input_shape": (1, 8, 8)}))
