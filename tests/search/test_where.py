"""How many trainings at once, and how many rows each may hold, by where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.search import where
from kdorch.search.where import Where, on_cpu, on_gpu

GIB = 2**30


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen cores and 64 GiB."""
    monkeypatch.setattr(where, "cores", lambda: 16)
    monkeypatch.setattr("kdorch.search.prepare.memory", lambda: 64 * GIB)


def test_the_cpu_has_a_worker_for_each_core() -> None:
    assert on_cpu(None) == Where("cpu", 16, GIB)
    assert on_cpu(2) == Where("cpu", 2, 8 * GIB)
    assert on_cpu(2).spec() == {"device": "cpu", "budget": 8 * GIB}


@pytest.mark.parametrize(
    ("size", "wanted", "workers", "room"),
    [
        (80 * GIB, None, 16, GIB),  # as many as there are cores; the computer's memory is what is short
        (12 * GIB, None, 6, GIB // 2),  # a quarter of the GPU for the rows of all
        (GIB, None, 1, GIB // 4),
        (12 * GIB, 2, 2, 3 * GIB // 2),
    ],
)
def test_a_gpu_has_workers_as_it_has_room(size: int, wanted: int | None, workers: int, room: int) -> None:
    found = on_gpu(wanted, device="cuda:0", name="GPU", bytes=size)
    assert (found.workers, found.budget) == (workers, room)
    assert found.spec() == {"device": "cuda:0", "budget": room}
    assert f"cuda:0, GPU with {size / 1e9:.1f} GB, {workers} trainings at once" == found.told


@pytest.mark.slow
def test_a_gpu_that_is_not_there_ends_the_study_before_anything(tree: Any, home: Path) -> None:
    with pytest.raises(kdorch.ExecutionError, match="device 'cuda:99' is not there"):
        kdorch.run(kdorch.Study(**tree()), home=home, device="cuda:99")
