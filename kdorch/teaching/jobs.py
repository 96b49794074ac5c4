"""What workers run to prepare a study, from plain values to plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kdorch.discovery import installed
from kdorch.study import Split
from kdorch.teaching.data import prepare
from kdorch.teaching.store import Entry, Store
from kdorch.teaching.teacher import make_ready, read_test

Report = Callable[[dict[str, Any]], None]


def data(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Prepare the dataset: ``store``, ``data``, ``split``."""
    plugins = installed()
    dataset = plugins.part("dataset", spec["data"])
    origin = plugins.origins(dataset)
    return _told(prepare(Store(Path(spec["store"])), dataset, origin, Split(**spec["split"])))


def teacher(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Make the teacher ready: ``store``, ``teacher``, ``data`` (path), ``seed``, ``score``, ``budget``."""
    plugins = installed()
    found = plugins.part("teacher", spec["teacher"])
    return _told(
        make_ready(
            Store(Path(spec["store"])),
            found,
            plugins.origins(found),
            Path(spec["data"]),
            seed=spec["seed"],
            score=tuple(spec["score"]),
            budget=spec["budget"],
        )
    )


def teacher_test(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Read the test rows with the teacher: ``store``, ``teacher``, ``entry``, ``data``, ``budget``."""
    found = installed().part("teacher", spec["teacher"])
    return _told(
        read_test(Store(Path(spec["store"])), found, Path(spec["entry"]), Path(spec["data"]), spec["budget"])
    )


def _told(entry: Entry) -> dict[str, Any]:
    return {"path": str(entry.path), "digest": entry.digest, "facts": entry.facts, "made": entry.made}
