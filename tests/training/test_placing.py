"""What a few steps tell about stacks."""

from __future__ import annotations

import pytest
from training_toys import job

from kdorch.training import placing


@pytest.fixture
def measured(spec):
    def call(*trials):
        return placing.run(job(*(spec(**each) for each in trials)), lambda data: None)

    return call


def test_every_size_is_measured(measured):
    found = measured({"student": {"use": "mlp", "width": 4}}, {"student": {"use": "mlp", "width": 32}})
    assert list(found["seconds"]) == ["1", "4", "16"]
    assert all(seconds > 0 for seconds in found["seconds"].values())
    assert found["seconds"]["16"] < found["seconds"]["1"]
    assert found["reasons"] == []


def test_what_cannot_be_stacked_costs_the_same_in_every_size_and_says_why(measured):
    found = measured({"student": {"use": "module", "target": "training_toys:Normed"}})
    assert len(set(found["seconds"].values())) == 1
    assert found["reasons"] == ["it has a BatchNorm1d"]


def test_limits_and_divergence_are_left_to_the_trials(measured):
    mlp = {"student": {"use": "mlp", "width": 8}, "limits": [["size/params", 1.0, "min"]]}
    assert measured(mlp)["seconds"]["1"] > 0
    poisoned = {"losses": {"task": {"use": "task"}, "bad": {"use": "poisoned"}}}
    assert set(measured(poisoned)["seconds"].values()) == {0.0}
