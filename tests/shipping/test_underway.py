"""One promotion of a study at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from kdorch.errors import BusyError
from kdorch.shipping.intent import abandoned
from kdorch.shipping.underway import underway


def test_a_second_promotion_at_once_is_refused(tmp_path: Path) -> None:
    note = tmp_path / "tiny" / "promotion.json"
    note.parent.mkdir()
    told = "A student of 'tiny' is being promoted by another process. Wait for it, or end it."
    words = {"run_id": "1", "model": "toy", "alias": None}
    with FileLock(note.with_suffix(".lock")), pytest.raises(BusyError, match=told):
        underway(note, f"sqlite:///{tmp_path}/mlflow.db", **words).__enter__()
    assert not note.exists()


@pytest.mark.parametrize("content", ["", '{"mark": "1", "run_', "[]"])
def test_a_note_that_is_not_whole_tells_of_nothing(content: str, tmp_path: Path) -> None:
    note = tmp_path / "promotion.json"
    note.write_text(content)
    assert abandoned(note) is None
