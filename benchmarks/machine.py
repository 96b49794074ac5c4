"""What it was measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_BUSY = 0.3  # of the cores at work for others


def facts() -> dict[str, Any]:
    """Return the machine and the versions of what is measured and compared with."""
    packages = ("kdorch", "torch", "optuna", "mlflow", "torchdistill", "numpy", "scikit-learn")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in packages},
    }


def load() -> float:
    """Return how many processes wanted a core in the last minute, on average."""
    return round(os.getloadavg()[0], 2)


def warning(before: float) -> str | None:
    """Return what to say of a machine that was at work when we came; None if it was not."""
    cores = len(os.sched_getaffinity(0))
    if before <= _BUSY * cores:
        return None
    return (
        f"The machine was busy: a load of {before:g} on {cores} cores before we began. CPU ratios of "
        "interleaved rounds stand that, walls do not: run it again on a quiet machine."
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
