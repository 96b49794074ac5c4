"""The arithmetic of a shipped model: by hand, on rows that training never had, and exported."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from kdorch.builtin.files.dataset import Files
from kdorch.builtin.files.preparing import Grid, Tabular

NAN = float("nan")


def rows(*cells: list[float]) -> Tensor:
    return torch.tensor(cells, dtype=torch.float64)


def fitted() -> Tabular:
    """A number with a gap, a category with a gap, and a constant number."""
    return Tabular(rows([1, 0, 7], [3, 2, 7], [NAN, 2, 7], [5, NAN, 7]), categories=[1])


def test_numbers_codes_and_gaps_by_hand() -> None:
    found = fitted()(rows([1, 0, 7], [NAN, 2, 8], [3, NAN, 7]))
    unit = (8 / 3) ** 0.5
    assert found.dtype == torch.float32
    expected = torch.tensor(
        [  # number, constant; codes 0 and 2; gaps of number and category
            [-2 / unit, 0, 1, 0, 0, 0],
            [0, 1, 0, 1, 1, 0],
            [0, 0, 0, 0, 0, 1],
        ]
    )
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("code", [1.0, -1.0, 99.0])
def test_a_category_that_training_did_not_have_is_zero_everywhere(code: float) -> None:
    assert fitted()(rows([3, code, 7])).tolist() == [[0, 0, 0, 0, 0, 0]]


def test_a_gap_that_training_did_not_have_is_the_mean() -> None:
    assert fitted()(rows([3, 0, NAN])).tolist() == [[0, 0, 1, 0, 0, 0]]


def test_what_was_learnt_fits_a_module_made_of_any_rows(tmp_path: Path, people: pd.DataFrame) -> None:
    """Promotion makes it again from a few rows, by a dataset that has not loaded anything."""
    people.to_csv(tmp_path / "data.csv", index=False)
    files = Files(path=tmp_path / "data.csv", target="label")
    inputs = torch.from_numpy(files.load().inputs.copy())
    original = files.preprocess(inputs)
    again = Files(path=tmp_path / "data.csv", target="label").preprocess(inputs[:2])
    again.load_state_dict(original.state_dict())
    assert torch.equal(again(inputs), original(inputs))
    assert original(inputs).shape == (12, 1 + 3 + 2 + 2)


@pytest.mark.parametrize(
    ("module", "inputs"),
    [
        (fitted(), rows([1, 0, 7], [NAN, 2, 8], [3, NAN, 7], [2, 5, NAN], [9, 9, 9])),
        (Tabular(rows([1, 2], [0, 1]), categories=[0, 1]), rows([1, 2], [0, NAN], [5, 1], [1, 1])),
        (Grid(torch.arange(60).reshape(5, 4, 3).byte()), torch.arange(96).reshape(8, 4, 3).byte()),
        (Grid(torch.arange(180).reshape(5, 4, 3, 3).byte()), torch.arange(216).reshape(6, 4, 3, 3).byte()),
    ],
    ids=["table", "codes", "grey", "colour"],
)
def test_the_exported_graph_does_the_same(module: nn.Module, inputs: Tensor) -> None:
    exported = torch.export.export(
        module.eval(), (inputs[:3],), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)
    ).module()
    for count in (1, 2, len(inputs)):
        assert torch.equal(exported(inputs[:count]), module(inputs[:count]))


@pytest.mark.parametrize(
    ("shape", "prepared"),
    [
        ((4, 5), (1, 4, 5)),
        ((4, 5, 3), (3, 4, 5)),
        ((4, 5, 1), (1, 4, 5)),
        ((3, 4, 5), (3, 4, 5)),
        ((2, 3, 4, 5), (2, 3, 4, 5)),
    ],
)
def test_channels_come_first_and_have_unit_scale(shape: tuple[int, ...], prepared: tuple[int, ...]) -> None:
    inputs = torch.randint(0, 255, (50, *shape), dtype=torch.uint8, generator=torch.manual_seed(0))
    found = Grid(inputs)(inputs)
    assert found.shape[1:] == prepared
    channels = found.transpose(0, 1).flatten(1)
    torch.testing.assert_close(channels.mean(1), torch.zeros(prepared[0]), atol=1e-5, rtol=0)
    torch.testing.assert_close(channels.std(1, correction=0), torch.ones(prepared[0]), atol=1e-5, rtol=0)
