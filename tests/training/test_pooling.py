"""Max pooling is computed otherwise, and nobody can tell by the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

import kdorch
from kdorch.training.evaluate import evaluate
from kdorch.training.numerics import Numerics
from kdorch.training.pooling import halved_maximum, quick_pooling
from kdorch.training.rows import InMemory

ALL = [
    Numerics(layout, precision)
    for layout in ("contiguous", "channels_last")
    for precision in ("float32", "bfloat16")
]


class Seen(TorchDispatchMode):
    """Notes what ReLU is given, and what torch pools."""

    def __init__(self) -> None:
        super().__init__()
        self.relu: list[int] = []
        self.pooled: list[int] = []

    def __torch_dispatch__(self, function: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = function.overloadpacket.__name__
        if name in ("relu", "relu_"):
            self.relu.append(args[0].numel())
        if name == "max_pool2d_with_indices":
            self.pooled.append(args[0].numel())
        return function(*args, **(kwargs or {}))


def cnn(channels: int = 6, pool: Callable[[], nn.Module] = lambda: nn.MaxPool2d(2)) -> nn.Sequential:
    torch.manual_seed(0)
    relu = nn.ReLU()  # one for both places, as many write it
    body = nn.Sequential(nn.Conv2d(1, channels, 3), relu, pool(), nn.Conv2d(channels, 4, 3), relu)
    network = nn.Sequential(body, nn.Flatten(), nn.LazyLinear(3))
    network(images()[0])  # tells the lazy layer its size
    return network


def images() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    # Rounded, so that many a maximum is there twice, and large, so that many are below zero.
    return (4 * torch.randn(32, 1, 12, 12, generator=generator)).round(), torch.arange(32) % 3


def learnt(network: nn.Module, numerics: Numerics, steps: int = 5) -> dict[str, Tensor]:
    inputs, targets = images()
    optimizer = torch.optim.SGD(network.parameters(), 0.05)
    with numerics.applied(network) as computed:
        for _ in range(steps):
            optimizer.zero_grad()
            answered = computed(inputs)
            logits = answered if isinstance(answered, Tensor) else answered.logits
            functional.cross_entropy(logits, targets).backward()
            optimizer.step()
    return network.state_dict()


@pytest.mark.parametrize("numerics", ALL, ids=str)
@pytest.mark.parametrize(
    "pool",
    [
        lambda: nn.MaxPool2d(2, padding=1),
        lambda: nn.MaxPool2d((1, 2)),
        lambda: nn.MaxPool2d(3, stride=2, padding=1),
        lambda: nn.MaxPool2d(3),
    ],
    ids=["padded", "pairs", "overlapping", "wide"],
)
def test_the_same_is_learnt_to_the_last_bit(pool: Callable[[], nn.Module], numerics: Numerics) -> None:
    plain, quick = cnn(pool=pool), cnn(pool=pool)
    with quick_pooling(quick):
        found = learnt(quick, numerics)
    for name, tensor in learnt(plain, numerics).items():
        assert torch.equal(tensor, found[name]), name


@pytest.mark.parametrize("numerics", ALL, ids=str)
def test_of_windows_of_four_the_same_is_learnt(numerics: Numerics) -> None:
    plain, quick = cnn(), cnn()
    with quick_pooling(quick), Seen() as seen:
        found = learnt(quick, numerics)
    assert not seen.pooled  # by torch
    for name, tensor in learnt(plain, numerics).items():
        # Equal maxima may get the gradient of each other.
        torch.testing.assert_close(tensor, found[name], rtol=0, atol=2e-3, msg=name)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("channels", [1, 3, 32])
def test_halved_maxima_are_those_of_torch(channels: int, dtype: torch.dtype, layout: Any) -> None:
    numbers = torch.randperm(4 * channels * 10 * 14)  # all different, as 16 bits tell them apart
    inputs = (numbers % 256 - 128).to(dtype).reshape(4, channels, 10, 14)
    pushed = torch.arange(4 * channels * 35).remainder(100).to(dtype).reshape(4, channels, 5, 7)
    inputs = inputs.contiguous(memory_format=layout).requires_grad_()
    expected, found = functional.max_pool2d(inputs, 2), halved_maximum(inputs)
    assert torch.equal(found, expected)
    (gradient,) = torch.autograd.grad(found, inputs, pushed)
    assert torch.equal(functional.avg_pool2d(4 * gradient.float(), 2), pushed.float())  # all of it, once
    at_most_one = (gradient != 0).float()
    assert functional.avg_pool2d(4 * at_most_one, 2).max() == 1
    largest = inputs == functional.interpolate(expected.float(), scale_factor=2.0).to(dtype)
    assert largest[gradient != 0].all()


def test_a_gradient_of_the_gradient_is_that_of_torch() -> None:
    inputs = torch.randn(2, 3, 6, 8, dtype=torch.float64, requires_grad=True)
    found = []
    for pooled in (halved_maximum(inputs), functional.max_pool2d(inputs, 2)):
        (gradient,) = torch.autograd.grad(pooled.square().sum(), inputs, create_graph=True)
        found.append(torch.autograd.grad(gradient.square().sum(), inputs)[0])
    assert found[0].abs().sum() > 0
    assert torch.equal(*found)


@pytest.mark.parametrize("shape", [(2, 3, 7, 8), (2, 3, 8, 7)])
def test_maps_of_odd_sizes_are_left_to_torch(shape: tuple[int, ...]) -> None:
    network, inputs = nn.Sequential(nn.MaxPool2d(2)), torch.randn(shape)
    expected = network(inputs)
    with quick_pooling(network), Seen() as seen:
        assert torch.equal(network(inputs), expected)
    assert seen.pooled


def test_relu_is_computed_of_what_the_pooling_leaves() -> None:
    network = cnn()
    with Seen() as before:
        network(images()[0])
    with quick_pooling(network), Seen() as seen:
        network(images()[0])
    assert 4 * seen.relu[0] == before.relu[0]
    assert seen.relu[1] == before.relu[1]


def test_whoever_walks_through_the_modules_finds_what_was_written() -> None:
    network = cnn()
    written = list(network[0])
    with quick_pooling(network):
        assert list(network[0]) == written
        assert list(network.state_dict()) == list(cnn().state_dict())
    assert "forward" not in vars(network[0])


@pytest.mark.parametrize("place", [1, 2])
def test_what_is_watched_shows_what_it_showed(place: int) -> None:
    network, shown = cnn(), []
    network[0][place].register_forward_hook(lambda _module, _inputs, output: shown.append(output.shape))
    network(images()[0])
    before = shown[:]
    with quick_pooling(network):
        network(images()[0])
    assert shown == before * 2


def test_what_relu_changes_in_place_is_changed_for_all_who_hold_it() -> None:
    network, held = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2)), []
    network[0].register_forward_hook(lambda _module, _inputs, output: held.append(output))
    network(images()[0])
    with quick_pooling(network):
        network(images()[0])
    assert torch.equal(*held)


def test_pooling_that_tells_its_indices_tells_them() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2, return_indices=True))
    expected = network(images()[0])
    with quick_pooling(network):
        found = network(images()[0])
    assert all(torch.equal(*both) for both in zip(expected, found, strict=True))


def test_pooling_of_somebody_s_own_stays_behind_relu() -> None:
    class Least(nn.MaxPool2d):
        def forward(self, inputs: Tensor) -> Tensor:
            return -super().forward(-inputs)

    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), Least(2), nn.ReLU(), nn.MaxPool2d(2))
    network[0].bias.data.fill_(-1.0)
    expected = network(images()[0])
    with quick_pooling(network), Seen() as seen:
        assert torch.equal(network(images()[0]), expected)
    assert seen.relu[0] == 4 * 25 * 32 * 4


def test_a_sequential_with_a_forward_of_its_own_keeps_it() -> None:
    class Twice(nn.Sequential):
        def forward(self, inputs: Tensor) -> Tensor:
            found: Tensor = 2 * super().forward(inputs)
            return found

    network = Twice(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2))
    expected = network(images()[0])
    with quick_pooling(network):
        assert torch.equal(network(images()[0]), expected)


def test_what_is_validated_and_measured_is_pooled_so_as_well() -> None:
    inputs, targets = images()
    rows = InMemory({"inputs": inputs, "targets": targets, "rows": torch.arange(len(inputs))})
    network, task = cnn(), kdorch.Classification(labels=("a", "b", "c"), input_shape=(1, 12, 12))
    with Seen() as seen:
        found = evaluate(network, rows, task)
    assert not seen.pooled
    assert torch.equal(found.logits, network.eval()(inputs))
