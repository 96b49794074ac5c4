"""One promotion as a registered model at a time."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from kdorch.errors import BusyError
from kdorch.shipping.intent import Intent, abandoned, claim, read
from kdorch.shipping.underway import underway

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader")
HERE = "the project directory"


def test_a_second_promotion_as_the_same_model_is_refused(store: Any, tmp_path: Path) -> None:
    told = "Another process promotes a student as 'toy', or rolls it back. Wait for it, or end it."
    words = {"run_id": "1", "alias": None}
    with claim(tmp_path, HERE, "toy") as note:
        with pytest.raises(BusyError, match=told):
            underway(tmp_path, store.client, HERE, model="toy", **words).__enter__()
        assert not note.exists()
        with claim(tmp_path, HERE, "other"), claim(tmp_path, "elsewhere", "toy"):
            pass


def test_what_was_killed_as_another_model_is_taken_back_unless_it_goes_on(store: Any, tmp_path: Path) -> None:
    store.client.create_registered_model("killed", tags={"kdorch.promotion": "its mark"})
    store.client.create_model_version("killed", "nowhere", tags={"kdorch.promotion": "its mark"})
    with claim(tmp_path, HERE, "killed") as note:
        note.write_text(json.dumps(asdict(Intent("its mark", store.run_id, "killed", "champion"))))
        with underway(tmp_path, store.client, HERE, run_id=store.run_id, model="toy", alias=None):
            assert store.registered() == {"killed": [1]}
    assert abandoned(tmp_path) == ["killed"]
    with underway(tmp_path, store.client, "elsewhere", run_id=store.run_id, model="toy", alias=None):
        assert store.registered() == {"killed": [1]}
    with underway(tmp_path, store.client, HERE, run_id=store.run_id, model="toy", alias=None):
        assert store.registered() == {}
    assert abandoned(tmp_path) == []


def test_a_run_that_was_deleted_for_good_stops_nobody(store: Any, tmp_path: Path) -> None:
    with claim(tmp_path, HERE, "killed") as note:
        note.write_text(json.dumps(asdict(Intent("its mark", "gone", "killed", "champion"))))
    with underway(tmp_path, store.client, HERE, run_id=store.run_id, model="toy", alias=None):
        assert not note.exists()


@pytest.mark.parametrize("later", [{"kdorch.rolled_back.champion": "2026-01-01"}, {}])
def test_who_has_lost_its_alias_since_came_to_its_end(
    store: Any, tmp_path: Path, later: dict[str, str]
) -> None:
    client, own = store.client, {"kdorch.promotion": "its mark", "kdorch.underway": "champion"}
    client.create_registered_model("toy")
    client.create_model_version("toy", "nowhere", tags=own | later)
    if not later:
        client.create_model_version("toy", "nowhere", tags={"kdorch.previous.champion": "1"})
    with claim(tmp_path, HERE, "toy") as note:
        note.write_text(json.dumps(asdict(Intent("its mark", store.run_id, "toy", "champion"))))
    with underway(tmp_path, store.client, HERE, run_id=store.run_id, model="other", alias=None):
        pass
    assert 1 in store.registered()["toy"]
    assert "kdorch.underway" not in client.get_model_version("toy", "1").tags


@pytest.mark.parametrize("content", ["", '{"mark": "1", "run_', "[]"])
def test_a_note_that_is_not_whole_tells_of_nothing(content: str, tmp_path: Path) -> None:
    note = tmp_path / "promotion.json"
    note.write_text(content)
    assert read(note) is None
    assert abandoned(tmp_path) == []
