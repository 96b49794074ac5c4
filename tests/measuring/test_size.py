"""Parameters, bytes and operations against counts by hand; 2 operations per multiply-add."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.backends import mha, mkldnn
from torch.utils.flop_counter import FlopCounterMode

import kdorch
from kdorch.builtin.networks import Cnn, Mlp
from kdorch.measuring.flops import flops
from kdorch.measuring.size import Duration, Flops, Size

ROWS, WIDTH, HEADS, FORWARD = 5, 8, 2, 16


def subject(network: nn.Module, *shape: int, seconds: float = 0.0) -> kdorch.Subject:
    task = kdorch.Classification(labels=("a", "b"), input_shape=shape)
    return kdorch.Subject(network.eval(), task, torch.randn(2, *shape), train_seconds=seconds)


def operations(network: nn.Module, *shape: int) -> float:
    return Flops()(subject(network, *shape))["cost/flops"]


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)

    def forward(self, inputs: Tensor) -> Tensor:
        attended: Tensor = self.attention(inputs, inputs, inputs, need_weights=False)[0]
        return attended


class Fused(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        heads = inputs.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2)
        return nn.functional.scaled_dot_product_attention(heads, heads, heads)


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4, bias=False)
        self.second = nn.Linear(4, 4, bias=False)
        self.second.weight = self.first.weight


# ---------------------------------------------------------------- size


def test_parameters_and_bytes_of_an_mlp() -> None:
    task = kdorch.Classification(labels=("a", "b"), input_shape=(6,))
    params = 6 * 5 + 5 + 5 * 2 + 2
    found = Size()(subject(Mlp(width=5).build(task), 6))
    assert found == {"size/params": params, "size/bytes": 4 * params}


def test_buffers_count_as_bytes_only() -> None:
    found = Size()(subject(nn.BatchNorm1d(3), 3))
    assert found["size/params"] == 3 + 3
    assert (
        found["size/bytes"] == 4 * (3 + 3 + 3 + 3) + 8
    )  # weight, bias, mean, variance, and an int64 counter


def test_bytes_follow_the_type_of_the_weights() -> None:
    assert Size()(subject(nn.Linear(4, 3).half(), 4))["size/bytes"] == 2 * (12 + 3)


def test_tied_weights_are_one_set_of_parameters() -> None:
    assert Size()(subject(Tied(), 4))["size/params"] == 16


def test_size_and_operations_are_known_before_training() -> None:
    assert (Size.before_training, Flops.before_training, Duration.before_training) == (True, True, False)


# ---------------------------------------------------------------- operations


def test_operations_of_an_mlp_for_one_row() -> None:
    task = kdorch.Classification(labels=("a", "b"), input_shape=(6,))
    assert operations(Mlp(width=5).build(task), 6) == 2 * (6 * 5 + 5 * 2)


def test_operations_of_a_cnn_for_one_row() -> None:
    task = kdorch.Classification(labels=("a", "b"), input_shape=(1, 8, 8))
    first, second, last = 8 * 8 * 9 * 3, 4 * 4 * 9 * 3 * 6, 6 * 2
    assert operations(Cnn(width=3).build(task), 1, 8, 8) == 2 * (first + second + last)


PRODUCTS = 2 * (2 * ROWS * ROWS * WIDTH)  # queries with keys, weights with values
PROJECTIONS = 2 * (4 * ROWS * WIDTH * WIDTH)  # query, key, value, and out


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (Fused(), PRODUCTS),
        (Attending(), PRODUCTS + PROJECTIONS),
        (
            nn.TransformerEncoderLayer(WIDTH, HEADS, FORWARD, batch_first=True),
            PRODUCTS + PROJECTIONS + 2 * (2 * ROWS * WIDTH * FORWARD),
        ),
        (nn.LSTM(WIDTH, 4, batch_first=True), 2 * ROWS * 4 * 4 * (WIDTH + 4)),
        (nn.GRU(WIDTH, 4, batch_first=True), 2 * ROWS * 3 * 4 * (WIDTH + 4)),
    ],
    ids=["fused", "multihead", "encoder", "lstm", "gru"],
)
def test_operations_that_run_in_fused_kernels_are_seen(network: nn.Module, expected: int) -> None:
    assert operations(network, ROWS, WIDTH) == expected


class Choosing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(WIDTH, 3), nn.Linear(WIDTH, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        chosen: Tensor = torch.cond(inputs.sum() > 0, self.one, self.other, (inputs,))
        return chosen


def test_operations_within_a_choice_are_seen() -> None:
    assert operations(Choosing(), WIDTH) == 2 * WIDTH * 3


def test_counts_are_those_of_torch() -> None:
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, FORWARD, batch_first=True)
    network = nn.Sequential(nn.Conv1d(4, 6, 3, groups=2), layer, nn.ConvTranspose1d(6, 2, 2), nn.Flatten())
    inputs = torch.randn(1, 4, WIDTH + 2)
    with FlopCounterMode(display=False) as counter:
        network(inputs)
    assert flops(network, inputs) == counter.get_total_flops() > 0


def test_operations_are_seen_where_no_gradient_is_ever_taken() -> None:
    with torch.inference_mode():  # in which a layer arrives whole
        assert flops(nn.Linear(4, 3), torch.ones(1, 4)) == 2 * 4 * 3


def test_counting_leaves_the_fast_kernels_as_they_were() -> None:
    before = mha.get_fastpath_enabled(), mkldnn.enabled
    operations(Attending(), ROWS, WIDTH)
    with pytest.raises(RuntimeError):
        operations(nn.Linear(3, 3), 4)
    assert (mha.get_fastpath_enabled(), mkldnn.enabled) == before == (True, True)


def test_seconds_are_passed_on() -> None:
    assert Duration()(subject(nn.Linear(2, 2), 2, seconds=1.5)) == {"cost/train_seconds": 1.5}


@pytest.mark.parametrize("measure", [Size(), Flops(), Duration()])
def test_measures_produce_what_they_announce(measure: kdorch.Measure) -> None:
    announced = measure.produces(kdorch.Classification)
    assert set(measure(subject(nn.Linear(2, 2), 2))) == set(announced)
    assert set(announced.values()) == {"min"}
