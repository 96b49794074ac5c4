"""A stand-in for torchvision, which has no CPU build for our PyTorch and would bring gigabytes of CUDA.

torchdistill imports it for models and datasets of images that our work does not use. Its training code, which
is what we measure, is untouched.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_MODULES = ("datasets", "models", "models.densenet", "models.resnet", "transforms", "transforms.functional")


class _Empty(ModuleType):
    """A module in which every name is a class that does nothing."""

    __path__: list[str] = []  # noqa: RUF012  what makes a module a package

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def pretend() -> None:
    """Stand in for torchvision, unless it is installed."""
    if "torchvision" in sys.modules or find_spec("torchvision"):
        return
    for name in ("torchvision", *(f"torchvision.{module}" for module in _MODULES)):
        sys.modules[name] = _Empty(name)
