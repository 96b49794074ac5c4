"""Where a job computes: networks, rows and losses get there, and results come home, through here alone.

On the CPU everything is where it belongs, and nothing is done. Only workers ask torch for a GPU, and
only when they have a job: what a process has begun on a GPU, those that it forks cannot use.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import wraps
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from kdorch.errors import ExecutionError
from kdorch.kinds import Batch, Output
from kdorch.training.rows import InMemory, Rows, Some

Thing = TypeVar("Thing")
Answers = Callable[[Batch], Output]
Job = Callable[[Mapping[str, Any], Callable[[dict[str, Any]], None]], dict[str, Any]]

_HOME = torch.device("cpu")
_device = _HOME


def find(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Find the device that is meant; what a worker runs.

    Args:
        spec: ``device``: ``auto`` for a GPU if torch sees one, ``cpu``, ``cuda`` or ``cuda:1``.

    Returns:
        ``device`` as torch calls it, its ``name``, and the ``bytes`` of its memory; None for the CPU.

    Raises:
        ExecutionError: If it is not there.
    """
    wanted, count = spec["device"], torch.cuda.device_count()
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        return {"device": "cpu", "name": "CPU", "bytes": None}
    number = torch.device("cuda" if wanted == "auto" else wanted).index or 0
    if number >= count:
        seen = f"torch sees {count} GPUs" if count else "torch sees no GPU"
        built = "" if torch.version.cuda else f": torch {torch.__version__} was built without CUDA"
        raise ExecutionError(
            f"device {wanted!r} is not there: {seen}{built}. Leave --device out, or use cpu."
        )
    found = torch.cuda.get_device_properties(number)
    return {"device": f"cuda:{number}", "name": found.name, "bytes": found.total_memory}


def on_its_device(job: Job) -> Job:
    """Have a job compute on the ``device`` of its spec, the CPU without one."""

    @wraps(job)
    def run(spec: Mapping[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        with computing_on(spec.get("device", "cpu")):
            return job(spec, report)

    return run


@contextmanager
def computing_on(name: str) -> Iterator[None]:
    """Let `there` mean this device for the duration."""
    global _device  # noqa: PLW0603  as torch's own default device: one job runs at a time
    before, _device = _device, torch.device(name)
    try:
        yield
    finally:
        _device = before


def at_home() -> bool:
    """Return whether the job computes on the CPU."""
    return _device == _HOME


def there(thing: Thing) -> Thing:
    """Bring tensors, or what holds them, to where the job computes; a network is moved, all else copied."""
    return thing if at_home() else _moved(thing, _device)


def home(thing: Thing) -> Thing:
    """Bring the same back, to be measured and written."""
    return thing if at_home() else _moved(thing, _HOME)


def rows_there(rows: Rows) -> Rows:
    """Return rows whose batches come where the job computes: all at once if they are held in memory."""
    if at_home():
        return rows
    if isinstance(rows, Some):
        return Some(rows_there(rows.rows), rows.positions)
    return there(rows) if isinstance(rows, InMemory) else Moving(rows)


def answers_there(build: Callable[[], Answers]) -> Answers:
    """Return what answers batches where the job computes, if it can be built there; else at home.

    Args:
        build: Builds it.
    """
    return build() if at_home() else Placed(build)


def random_state() -> list[Tensor]:
    """Return what a job draws random numbers from: torch's generators at home and there."""
    others = [] if at_home() else [torch.cuda.get_rng_state(_device)]
    return [torch.get_rng_state(), *others]


def set_random_state(states: Sequence[Tensor]) -> None:
    """Have a job draw on from where another one was, on the same device."""
    torch.set_rng_state(states[0])
    for state in states[1:]:
        torch.cuda.set_rng_state(state.cpu(), _device)


def told() -> str:
    """Return where the job computes, as the end of a sentence; nothing for the CPU."""
    return "" if at_home() else f" on {_device}"


@dataclass
class Moving:
    """Rows that are brought there batch by batch.

    Attributes:
        rows: At home.
    """

    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[tuple[Batch, Output | None]]:
        """Yield the batches of ``rows``."""
        yield from map(there, self.rows.batches(size, order))


class Placed:
    """A teacher that is tried where the job computes, with the first batch, and stays at home if it cannot.

    What it is made of is not known: a network may go there, an estimator or a program may not.

    Args:
        build: Builds it.
    """

    def __init__(self, build: Callable[[], Answers]) -> None:
        self._build = build
        self._answers: Answers | None = None

    def __call__(self, batch: Batch) -> Output:
        """Return its answer, at home."""
        if self._answers is None:
            self._answers = self._settled(batch)
        return self._answers(batch)

    def _settled(self, batch: Batch) -> Answers:
        try:
            with _device:  # what builds a network makes its weights there
                answers = self._build()
            answers(there(batch))
        except Exception:  # noqa: BLE001  what is wrong with the teacher itself shows at home, too
            traceback.print_exc()
            return self._build()
        return lambda batch: home(answers(there(batch)))


def _moved(thing: Any, device: torch.device) -> Any:
    if isinstance(thing, Tensor | nn.Module):
        return _sent(thing, device)
    if isinstance(thing, Mapping):
        return {name: _moved(each, device) for name, each in thing.items()}
    if isinstance(thing, tuple):
        return tuple(_moved(each, device) for each in thing)
    if is_dataclass(thing) and not isinstance(thing, type):
        return replace(
            thing, **{each.name: _moved(getattr(thing, each.name), device) for each in fields(thing)}
        )
    return thing


def _sent(thing: Tensor | nn.Module, device: torch.device) -> Tensor | nn.Module:
    return thing.to(device)
