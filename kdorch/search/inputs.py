"""What a training depends on besides its study: noted in every session, compared when one is done again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdorch.discovery import installed
from kdorch.discovery.using import using
from kdorch.execution import Executor
from kdorch.search.calling import call
from kdorch.search.prepare import Change
from kdorch.study import Study
from kdorch.study.space import whole
from kdorch.teaching.store import contents, digest

_DESCRIBE = "kdorch.training.machine:describe"
_ENTRIES = ("data", "teacher", "transfer", "answers")


def inputs(
    study: Study, executor: Executor, shared: Mapping[str, Any], threads: int | None = None
) -> dict[str, Any]:
    """Return versions, processor, threads, and the digests of what is read from the store, by their names.

    Args:
        study: The study.
        executor: Who has workers.
        shared: What all trainings share.
        threads: Of torch, for each; None for the worker's own number.
    """
    spec = {"device": shared["device"], "packages": _packages(study)}
    computed = call(executor, _DESCRIBE, spec, threads=threads)
    measured = shared.get("numerics") or {}
    numerics = {name: measured[name] for name in ("memory_format", "precision") if name in measured}
    stored = {name: contents(path) for name, path in entries(shared).items()}
    return computed | {"numerics": numerics} | stored


def _packages(study: Study) -> list[str]:
    """Return what the code of others behind the parts builds on; nothing depends on references."""
    plugins = installed()
    parts = [part for path, part in whole(dict(study)) if not path.startswith("references.")]
    return sorted({name for part in parts for name in using(plugins, part)})


def entries(lessons: Mapping[str, Any]) -> dict[str, Path]:
    """Return the directories of the store that trainings read, by what is there."""
    found = {name: lessons[name] for name in _ENTRIES if lessons.get(name)}
    features = (lessons.get("features") or {}).get("stored")
    return {name: Path(path) for name, path in (found | ({"features": features} if features else {})).items()}


def keep(record: dict[str, Any], found: Mapping[str, Any]) -> str:
    """Write inputs into a study's record; return the name that its runs have for them."""
    name = digest(found)
    record["inputs"] = {**record.get("inputs", {}), name: dict(found)}
    return name


def changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """Return each input that is not what it was; what was not noted then is not compared."""
    return [
        (name, old, now.get(name)) for name, old in before.items() if old is not None and now.get(name) != old
    ]
