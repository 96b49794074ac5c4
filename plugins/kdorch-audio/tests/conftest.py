"""Recordings that tests write."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

Write = Callable[..., Path]


@pytest.fixture(scope="session", autouse=True)
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have tests generate what they need, in a data directory of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KDORCH_DATA", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Compute with one: for a few small rows, several only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def write() -> Write:
    """Return what writes a WAV file of int16 samples, (samples,) or (samples, channels)."""

    def written(path: Path, samples: Any, rate: int = 8000, width: int = 2) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = np.asarray(samples, dtype=f"<i{width}")
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1 if content.ndim == 1 else content.shape[1])
            file.setsampwidth(width)
            file.setframerate(rate)
            file.writeframes(content.tobytes())
        return path

    return written
