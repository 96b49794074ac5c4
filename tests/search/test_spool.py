"""A result is kept whole or not at all: a kill may come at any moment."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from kdorch.search.spool import Spool

WEIGHTS = b"weights"
RESULT: dict[str, Any] = {"digest": sha256(WEIGHTS).hexdigest(), "metrics": {"val/accuracy": 0.5}}


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", "these inputs")


@pytest.fixture
def full(spool: Spool) -> Path:
    """The folder of a result."""
    parcel = spool.parcel("trial-3")
    parcel.folder.mkdir(parents=True)
    parcel.weights.write_bytes(WEIGHTS)
    parcel.keep(RESULT)
    return parcel.folder


def test_what_was_kept_is_found(spool: Spool, full: Path) -> None:
    assert spool.parcel("trial-3").result() == RESULT
    assert spool.parcel("trial-4").result() is None
    spool.parcel("trial-3").drop()
    assert not full.exists()
    spool.parcel("trial-3").drop()  # which is harmless


def test_one_without_weights_needs_none(spool: Spool) -> None:
    spool.parcel("trial-1").keep({"pruned": 3})
    assert spool.parcel("trial-1").result() == {"pruned": 3}


def test_half_a_result_is_none(spool: Spool, full: Path) -> None:
    file = full / "result.json"
    whole = file.read_text()
    for length in range(len(whole)):
        file.write_text(whole[:length])
        assert spool.parcel("trial-3").result() is None


def test_nor_is_one_with_other_weights_or_from_other_inputs(spool: Spool, full: Path) -> None:
    (full / "student.safetensors").write_bytes(WEIGHTS[:-1])
    assert spool.parcel("trial-3").result() is None
    (full / "student.safetensors").unlink()
    assert spool.parcel("trial-3").result() is None
    (full / "student.safetensors").write_bytes(WEIGHTS)
    assert Spool(spool.folder, "others").parcel("trial-3").result() is None
    assert spool.parcel("trial-3").result() == RESULT


def test_what_nobody_waits_for_is_removed(spool: Spool, full: Path) -> None:
    spool.parcel("trial-4").keep({"pruned": 1})
    spool.clear(["trial-3"])
    assert [folder.name for folder in spool.folder.iterdir()] == ["trial-3"]
    spool.clear([])
    assert not [*spool.folder.iterdir()]
    Spool(spool.folder / "absent").clear([])
