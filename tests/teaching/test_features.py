"""A teacher's features are stored where a loss needs them, and come back with the rows they belong to."""

from __future__ import annotations

import pytest
import torch
from teaching_toys import BUDGET, LABELS, stored

import kdorch
from kdorch.errors import DataError
from kdorch.teaching.teacher import make_ready
from kdorch.training.rows import open_rows, shuffle

MAPS = "maps/of 2.5"  # which is no name of a file


class Seeing(kdorch.Teacher, name="seeing", provides={"features"}):
    """Its features are made of the row ids."""

    fault: str = ""

    def build(self, task, state):
        def answer(batch):
            ids = batch.rows.float()
            maps = torch.stack([ids, -ids], 1).unsqueeze(-1)
            maps = maps[:-1] if self.fault == "short" else maps
            maps = maps / 0 if self.fault == "infinite" else maps
            return kdorch.Output(torch.zeros(len(ids), len(LABELS)), {"late": ids, MAPS: maps})

        return answer


def ready(store, data, *, fault="", features=True):
    return make_ready(
        store,
        Seeing(fault=fault),
        "toys 0",
        data,
        seed=0,
        score=("loss", "min"),
        budget=BUDGET,
        features=features,
    )


@pytest.mark.parametrize("budget", [0, BUDGET])
def test_features_come_back_with_their_rows(store, data, budget):
    entry = ready(store, data)
    rows = open_rows(data, "train", entry.path, budget=budget)
    for batch, told in rows.batches(7, shuffle(len(rows), torch.Generator().manual_seed(1))):
        assert told.features.keys() == {"late", MAPS}
        assert torch.equal(told.features["late"], batch.rows.float())
        assert told.features[MAPS].shape == (len(batch.rows), 2, 1)
        assert torch.equal(told.features[MAPS][:, 1, 0], -batch.rows.float())


def test_unneeded_they_are_not_stored(store, data):
    entry = ready(store, data, features=False)
    assert [path.name for path in (entry.path / "train").iterdir()] == ["logits.npy"]
    asked = ready(store, data)
    assert asked.made
    assert stored(asked.path, "train", "logits").shape == (54, 3)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("short", r"answers 54 rows with 53 of features\.maps%2Fof%202\.5; features have the batch first"),
        ("infinite", "answers NaN or infinity for 54 rows"),
    ],
)
def test_features_that_cannot_be_imitated_are_refused(store, data, fault, message):
    with pytest.raises(DataError, match=message):
        ready(store, data, fault=fault)
