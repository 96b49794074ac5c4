"""The machine, the versions, the project directory, the plugins and the store."""

from __future__ import annotations

import os
import platform
import shutil
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout
from rich.filesize import decimal

from kdorch.api.doctor.findings import Finding
from kdorch.discovery import installed
from kdorch.errors import reason
from kdorch.search.home import Home, size
from kdorch.search.prepare import cores, memory

_SCARCE = 10**9  # bytes free; a store of a few datasets and a study's weights fit

LIBRARIES = ("torch", "mlflow", "optuna")


def machine() -> Iterator[Finding]:
    """Yield what kdorch runs on."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("kdorch", *LIBRARIES))
    yield Finding("ok", "versions", f"{versions}, Python {platform.python_version()}")
    yield Finding("ok", "machine", f"{platform.platform()}, {cores()} cores, {decimal(memory())} memory")


def directory(home: Path) -> Iterator[Finding]:
    """Yield how much room the project directory takes, and has."""
    if not home.exists():
        yield Finding("ok", "home", f"{home} is not there yet; the first study makes it")
        return
    free = shutil.disk_usage(home).free
    told = f"{home.resolve()}, {decimal(size(home))}, {decimal(free)} free"
    if not os.access(home, os.W_OK):
        yield Finding("fail", "home", f"{told}; it cannot be written", "Choose another with --home.")
    elif free < _SCARCE:
        yield Finding("warn", "home", told, "Make room: a full disk stops a study.")
    else:
        yield Finding("ok", "home", told)


def plugins() -> Iterator[Finding]:
    """Yield what is installed, and what is broken or in each other's way."""
    found = installed()
    counts = ", ".join(f"{len(list(registry))} {kind}" for kind, registry in found.registries.items())
    yield Finding("ok", "plugins", counts)
    for origin, why in found.broken.items():
        yield Finding("warn", "plugins", f"{origin} is broken: {reason(why)}", "See kdorch plugins list.")
    for registry in found.registries.values():
        for conflict in registry.conflicts():
            yield Finding("fail", "plugins", conflict)


def store(home: Home) -> Iterator[Finding]:
    """Yield what is stored, and what killed processes left half-made."""
    entries = [path for path in home.store.glob("*/*") if (path / "manifest.json").exists()]
    whole = [path for path in entries if path.suffix != ".partial"]
    kinds = Counter(path.parent.name for path in whole)
    told = ", ".join(f"{kinds[kind]} {kind}" for kind in ("data", "transfer", "teacher"))
    yield Finding("ok", "store", f"{told}, {decimal(size(home.store))}")
    for path in sorted(home.store.glob("*/*.partial")):
        if _is_being_made(path):
            yield Finding("ok", "store", f"{path.stem} is being made")
        else:
            what = f"{path} was left half-made, {decimal(size(path))}"
            yield Finding("warn", "store", what, f"Remove it: rm -r {path}")


def _is_being_made(partial: Path) -> bool:
    try:
        with FileLock(partial.with_suffix(".lock"), timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # nobody can write here
        return False
