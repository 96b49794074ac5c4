"""What a plugin changes in the process that it runs in."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from kdorch.drift import changes, current_state


@contextmanager
def watched(*, draws: bool = False) -> Iterator[list[str]]:
    """Note which settings change meanwhile, and put them back, so that one check cannot spoil the next.

    Args:
        draws: Whether drawing from a global random generator is a change, too.
    """
    found: list[str] = []
    before, settings = current_state(), _settings()
    drawn = (torch.random.get_rng_state(), _numpys()) if draws else None
    try:
        yield found
    finally:
        found += changes(before)
        if drawn and not torch.equal(drawn[0], torch.random.get_rng_state()):
            found.append("torch's random generator")
        if drawn and not np.array_equal(drawn[1], _numpys()):
            found.append("numpy's random generator")
        _restore(*settings)


def seed(number: int) -> None:
    """Seed as a trial does; torch.manual_seed also asks for devices, which takes long a hundred times."""
    random.seed(number)
    np.random.seed(number)
    torch.default_generator.manual_seed(number)


@contextmanager
def apart() -> Iterator[None]:
    """Compute with one thread meanwhile, and put back what was changed, so that no check spoils another.

    For a few small rows, several threads wait for each other only.
    """
    settings = _settings()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        _restore(*settings)


def _numpys() -> np.ndarray:
    state = np.random.get_state(legacy=False)
    assert isinstance(state, dict)  # noqa: S101  as asked for
    return np.append(state["state"]["key"], state["state"]["pos"])


def _settings() -> tuple[str, torch.dtype, int, bool, bool]:
    return (
        os.getcwd(),  # noqa: PTH109  as drift compares it
        torch.get_default_dtype(),
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_grad_enabled(),
    )


def _restore(folder: str, dtype: torch.dtype, threads: int, deterministic: bool, gradients: bool) -> None:
    os.chdir(folder)
    torch.set_default_dtype(dtype)
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    if torch.are_deterministic_algorithms_enabled() != deterministic:  # asking twice costs more than asking
        torch.use_deterministic_algorithms(deterministic)
    torch.set_grad_enabled(gradients)
