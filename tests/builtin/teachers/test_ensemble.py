"""Several teachers, whose weights act in each trial."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import ValidationError

import kdorch
from kdorch.builtin.networks import Mlp
from kdorch.builtin.teachers import Ensemble, Sklearn, Trained

MEMBERS = {"small": Trained(network=Mlp(width=2)), "big": Trained(network=Mlp(width=8))}


class Fixed(kdorch.Teacher, name="fixed"):
    """Says one thing."""

    logits: tuple[float, ...]
    size: int = 3

    def fit(self, lessons: Any) -> dict[str, torch.Tensor]:
        return {"logits": torch.tensor(self.logits), "a.b": torch.tensor([lessons.seed])}

    def build(self, task: Any, state: Any) -> Any:
        return lambda batch: kdorch.Output(state["logits"].expand(len(batch.rows), -1))

    def parameters(self, task: Any, state: Any) -> int:
        return self.size


def heard(task: Any, one: tuple[float, ...], other: tuple[float, ...], *shares: float) -> torch.Tensor:
    weights = dict(zip(("one", "other"), shares, strict=False))
    ensemble = Ensemble(members={"one": Fixed(logits=one), "other": Fixed(logits=other)}, weights=weights)
    said = {f"members.{label}": torch.tensor([z]) for label, z in (("one", one), ("other", other))}
    return ensemble.recall(task, kdorch.Output(torch.zeros(1, len(one)), said)).logits[0]


def test_classes_get_the_mean_of_their_probabilities(room: Any) -> None:
    one, other = (1.0, 2.0, -3.0), (0.0, -1.0, 4.0)
    p, q = (torch.tensor(z).softmax(-1) for z in (one, other))
    task = room().task
    torch.testing.assert_close(heard(task, one, other).softmax(-1), (p + q) / 2)
    torch.testing.assert_close(heard(task, one, other, 3, 1).softmax(-1), (3 * p + q) / 4)
    torch.testing.assert_close(heard(task, one, other, 1, 0), torch.tensor(one).log_softmax(-1))
    torch.testing.assert_close(heard(task, one, other, 0, 0), heard(task, one, other))


def test_labels_get_the_mean_of_their_probabilities_and_numbers_their_mean(room: Any) -> None:
    one, other = (1.0, -2.0), (3.0, 0.5)
    p, q = (torch.tensor(z).sigmoid() for z in (one, other))
    said = heard(room("multilabel").task, one, other, 1, 3)
    torch.testing.assert_close(said.sigmoid(), (p + 3 * q) / 4)
    assert heard(room("regression").task, (1.0,), (3.0,), 1, 3).tolist() == [2.5]


def test_certain_members_stay_finite(room: Any) -> None:
    for task, zeros in ((room().task, (0.0,)), (room("multilabel").task, ())):
        said = heard(task, (200.0, -200.0, *zeros), (300.0, -100.0, *zeros), 1, 0)
        assert torch.isfinite(said).all()


def test_members_learn_under_seeds_of_their_own_and_their_parameters_add_up(room: Any) -> None:
    ensemble = Ensemble(members={"one": Fixed(logits=(1, 2, 3)), "other": Fixed(logits=(0, 0, 1), size=4)})
    state = ensemble.fit(room(seed=5))
    assert {name: state[name].item() for name in ("one.a.b", "other.a.b")} == {"one.a.b": 5, "other.a.b": 6}
    batch = room().train
    said = ensemble.build(room().task, state)(batch)
    assert said.logits.shape == (30, 3)
    assert said.features["members.other"][0].tolist() == [0, 0, 1]
    assert set(said.features) == ensemble.keeps()
    assert ensemble.parameters(room().task, state) == 7
    unknown = Ensemble(members={"one": Fixed(logits=(1, 2, 3)), "other": Fixed(logits=(0, 0, 1), size=0)})
    assert unknown.parameters(room().task, state) == 0


def test_weights_are_one_by_default_and_belong_to_members() -> None:
    assert Ensemble(members=MEMBERS).weights == {"small": 1.0, "big": 1.0}
    assert Ensemble(members=MEMBERS, weights={"big": 0.5}).weights == {"small": 1.0, "big": 0.5}
    for weights, told in (
        ({"bigg": 1}, "no member 'bigg'. Did you mean 'big'"),
        ({"big": -1}, "should be 0 or more"),
    ):
        with pytest.raises(ValidationError, match=told):
            Ensemble(members=MEMBERS, weights=weights)


def test_a_member_alone_or_one_that_folds_for_itself_is_refused() -> None:
    with pytest.raises(ValidationError, match="has two members or more"):
        Ensemble(members={"small": MEMBERS["small"]})
    folding = Trained(network=Mlp(), cross_fit=3)
    with pytest.raises(ValidationError, match="big has cross_fit: write it at the ensemble"):
        Ensemble(members=MEMBERS | {"big": folding})
    assert Ensemble(members=MEMBERS, cross_fit=3).folds() == 3


def test_it_is_what_its_members_are() -> None:
    raw = Sklearn(estimator="sklearn.svm:SVC", inputs="raw")
    assert not Ensemble(members=MEMBERS).raw
    assert not Ensemble(members=MEMBERS).foreign
    assert Ensemble(members=MEMBERS | {"raw": raw}).raw
    assert [network.width for network, _ in Ensemble(members=MEMBERS | {"raw": raw}).homework()] == [2, 8]
