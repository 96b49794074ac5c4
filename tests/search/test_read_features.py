"""Which of the teacher's features a study reads, and what is said of storing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import kdorch
from kdorch.search import features, prepare
from kdorch.search.home import Home
from kdorch.search.where import on_cpu

Tree = Callable[..., dict[str, Any]]
HINT = {"use": "hint", "layers": {"late": "late"}}


class Anything(kdorch.Loss, name="anything", needs={"features"}):
    """Says nothing of what it reads."""


def study(tree: Tree, **sections: Any) -> kdorch.Study:
    return kdorch.Study(**tree(**{"tune": {}, **sections}))


def test_only_what_losses_name_is_read(tree: Tree) -> None:
    assert features.read_by(study(tree)) == []
    assert features.read_by(study(tree, losses={"hint": HINT})) == ["late"]
    choice = {
        "any": [HINT, {"use": "rkd", "layers": {"late": "early", "hidden1": "late"}}, {"use": "hinton"}]
    }
    assert features.read_by(study(tree, losses={"kd": choice})) == ["early", "late"]


def test_what_a_tuned_layer_may_be_is_read_too(tree: Tree) -> None:
    tuned = {"losses.hint.layers.late": ["early", "middle"], "losses.hint.weight": {"low": 1, "high": 9}}
    found = study(tree, losses={"hint": HINT}, tune=tuned)
    assert features.read_by(found) == ["early", "late", "middle"]


def test_a_loss_that_says_nothing_may_read_anything(tree: Tree) -> None:
    assert Anything().teacher_features() is None
    losses = {"hint": HINT, "more": Anything()}
    assert features.read_by(study(tree, losses=losses)) is None


@pytest.mark.parametrize(
    ("kept", "names", "source", "told"),
    [
        (
            {"path": "/store/f", "names": ["a", "b"], "bytes": 1_200_000_000, "made": False},
            {"late": "late"},
            {"stored": "/store/f"},
            "of 2 layers stored, 1.2 GB",
        ),
        (
            {"path": "/f", "names": ["a"], "bytes": 1, "made": True, "facts": {"rows_evaluated": 1437}},
            {"late": "a"},
            {"stored": "/f"},
            "of 1 layer stored, 1 byte, for which the teacher ran again: 1,437 rows",
        ),
        (
            {"path": None, "names": ["a"], "bytes": 13_000_000_000},
            {"late": "a"},
            None,
            "are recomputed in each trial: 13.0 GB would not fit store.disk 10.0 GB",
        ),
    ],
)
def test_it_is_said_what_became_of_them(
    tree: Tree,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    kept: dict[str, Any],
    names: dict[str, str],
    source: dict[str, str] | None,
    told: str,
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(features, "call", lambda executor, job, spec, wait, **_: asked.append(spec) or kept)
    found = study(tree, losses={"hint": {"use": "hint", "layers": names}})
    entries = {"path": "/data"}, {"path": "/teacher"}, None
    given, words = features.ready(found, Home(tmp_path), None, entries, on_cpu(1), print)  # type: ignore[arg-type]
    assert words == told
    again = {"teacher": found.tree()["teacher"], "state": "/teacher/state.safetensors"}
    assert given == (source or again)
    assert asked[0]["names"] == sorted(names.values())
    assert asked[0]["disk"] == 10_000_000_000


def test_views_lie_on_the_same_disk(tree: Tree, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    kept = {"path": None, "names": ["late"], "bytes": 3000}
    monkeypatch.setattr(features, "call", lambda executor, job, spec, wait, **_: asked.append(spec) or kept)
    found = study(tree, losses={"hint": HINT}, store={"disk": "4kB"})
    entries = (
        {"path": "/data"},
        {"path": "/teacher"},
        {"path": "/views", "facts": {"views": 2, "bytes": 1500}},
    )
    _, words = features.ready(found, Home(tmp_path), None, entries, on_cpu(1), print)  # type: ignore[arg-type]
    assert asked[0]["disk"] == 2500
    assert words.endswith("3.0 kB would not fit store.disk 4.0 kB beside views of 1.5 kB")


def test_a_study_without_such_losses_stores_none(tree: Tree, tmp_path: Any) -> None:
    entries = {"path": "/data"}, {"path": "/teacher"}, None
    assert features.ready(study(tree), Home(tmp_path), None, entries, on_cpu(1), print) == (None, "")  # type: ignore[arg-type]


def test_what_may_lie_on_disk_may_change_between_runs(tree: Tree) -> None:
    prepare.same(study(tree, store={"disk": "1KB"}), study(tree).tree())


@pytest.mark.parametrize(
    ("layers", "disk", "expected"),
    [({"late": "late"}, "1MB", 4 * 30 * 5), ({"late": "late"}, "1B", 0), ({"late": "unknown"}, "1MB", 0)],
)
def test_the_estimate_counts_what_will_be_stored(
    tree: Tree, layers: dict[str, str], disk: str, expected: int
) -> None:
    found = study(tree, losses={"hint": {"use": "hint", "layers": layers}}, store={"disk": disk})
    rows = {"train": 20, "validation": 10, "test": 10}
    assert features.room(found, rows, {"early": 1000, "late": 5}) == expected
    assert features.room(study(tree), rows, {"late": 5}) == 0
