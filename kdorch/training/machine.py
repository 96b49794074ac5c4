"""What a training is computed with: versions, processor, threads."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

_PACKAGES = ("kdorch", "torch", "numpy", "torchmetrics", "scikit-learn")


def describe(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Say what a training here would be computed with; what a worker runs, with as many threads as one has.

    Args:
        spec: ``device`` as torch calls it; ``packages`` whose versions matter besides those that always do.
    """
    return {
        **{package: _version(package) for package in (*_PACKAGES, *spec["packages"])},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": f"{_processor()}, {torch.backends.cpu.get_cpu_capability()}",
        "threads": torch.get_num_threads(),
        "device": spec["device"],
        **({} if spec["device"] == "cpu" else _gpu(spec["device"])),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """Return the model of the processor: libraries choose their kernels by it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _gpu(device: str) -> dict[str, Any]:
    name = torch.cuda.get_device_name(device)
    return {"gpu": name, "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
