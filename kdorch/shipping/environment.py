"""Which versions are installed here: what the shipped model asks for, and what its card states."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version


def installed(package: str) -> str:
    """Return a package's public version, without a local part such as ``+cpu`` that no index serves."""
    try:
        return version(package).partition("+")[0]
    except PackageNotFoundError:
        return "unknown"


def requirements() -> list[str]:
    """Return what the shipped model needs; stated, because MLflow's inference is slow and adds too much."""
    return [f"{package}=={installed(package)}" for package in ("mlflow", "numpy", "torch")]


def versions() -> dict[str, str]:
    """Return the versions that a model card states, by name."""
    packages = {package: installed(package) for package in ("kdorch", "torch", "mlflow")}
    return {**packages, "python": platform.python_version()}
