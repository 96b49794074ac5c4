"""Where a session computes: on which device, how many jobs at once, and how many rows each may hold there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rich.filesize import decimal

from kdorch.execution import Executor
from kdorch.search.calling import call
from kdorch.search.prepare import budget, cores

_FIND = "kdorch.training.device:find"
_EACH = 2 * 2**30  # bytes of a GPU for each worker: what CUDA takes for a process, a network, its rows


@dataclass(frozen=True)
class Where:
    """Where jobs compute.

    Attributes:
        device: As torch calls it: ``cpu``, ``cuda:0``.
        workers: Jobs at once.
        budget: Bytes of rows that each may hold in memory.
        told: The device, for people; empty for the CPU.
    """

    device: str
    workers: int
    budget: int
    told: str = ""

    def spec(self) -> dict[str, Any]:
        """Return what a job has to know of it."""
        return {"device": self.device, "budget": self.budget}


def where(executor: Executor, device: str, workers: int | None, memory: int | None = None) -> Where:
    """Have a worker look for the device; this process asks torch for none.

    Args:
        executor: Who has workers.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.
        workers: How many jobs at once; None for one per core, on a GPU no more than it has room for.
        memory: Bytes that a worker may use; a quarter of them may be rows.

    Raises:
        ExecutionError: If the device is not there.
    """
    found = call(executor, _FIND, {"device": device})
    place = on_cpu(workers) if found["bytes"] is None else on_gpu(workers, **found)
    return replace(place, budget=min(place.budget, memory // 4)) if memory else place


def on_cpu(workers: int | None) -> Where:
    """Return the CPU, for one job per core where nobody says how many."""
    workers = workers or cores()
    return Where("cpu", workers, budget(workers))


def on_gpu(workers: int | None, *, device: str, name: str, bytes: int) -> Where:  # noqa: A002  as the job says
    """Return a GPU, a quarter of which is for rows: they are read in the computer's own memory first."""
    workers = workers or max(1, min(cores(), bytes // _EACH))
    room = min(budget(workers), bytes // (4 * workers))
    told = f"{device}, {name} with {decimal(bytes)}, {workers} trainings at once"
    return Where(device, workers, room, told)
