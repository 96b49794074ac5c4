"""What workers run to prepare a study, from plain values to plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kdorch.discovery import installed
from kdorch.errors import DataError, KdorchError, reason
from kdorch.kinds import Dataset
from kdorch.spec import Spec
from kdorch.study import Split
from kdorch.teaching.data import prepare
from kdorch.teaching.store import Entry, Store
from kdorch.teaching.teacher import make_ready, read_test, scores

Report = Callable[[dict[str, Any]], None]


def data(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Prepare the dataset: ``store``, ``data``, ``split``."""
    plugins = installed()
    dataset = plugins.part("dataset", spec["data"])
    origin = plugins.origins(dataset)
    with _explained(dataset, "cannot be prepared"):
        entry = prepare(Store(Path(spec["store"])), dataset, origin, Split(**spec["split"]))
    return _told(entry)


@contextmanager
def _explained(part: Spec, cannot: str) -> Iterator[None]:
    """Say whose code an error comes from; ours say it themselves."""
    try:
        yield
    except KdorchError:
        raise
    except Exception as error:
        raise DataError(f"{part.kind} {part.name!r} {cannot}: {reason(error)}.") from error


def teacher(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Make the teacher ready.

    It takes ``store``, ``teacher``, ``data`` (path), ``metrics``, ``features``, ``seed``, ``score``,
    ``budget``; and, for teachers that need them, ``tracking`` (URI) and ``dataset``.
    """
    plugins, data = installed(), Path(spec["data"])
    found = plugins.part("teacher", spec["teacher"])
    with _explained(found, "cannot be made ready"):
        entry = make_ready(
            Store(Path(spec["store"])),
            found,
            plugins.origins(found),
            data,
            seed=spec["seed"],
            score=tuple(spec["score"]),
            budget=spec["budget"],
            metrics=spec["metrics"],
            features=spec["features"],
            tracking_uri=spec.get("tracking", ""),
            dataset=_dataset(spec),
        )
    return _told(entry, validation=scores(entry.path, data, "validation", spec["metrics"]))


def teacher_test(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Read the test rows with the teacher.

    It takes ``store``, ``teacher``, ``entry``, ``data`` (paths), ``metrics`` and ``budget``; and, for
    teachers that need it, ``dataset``.
    """
    found, data = installed().part("teacher", spec["teacher"]), Path(spec["data"])
    store, made = Store(Path(spec["store"])), Path(spec["entry"])
    entry = read_test(store, found, made, data, spec["budget"], _dataset(spec))
    return _told(entry, test=scores(entry.path, data, "test", spec["metrics"]))


def _dataset(spec: Mapping[str, Any]) -> Dataset | None:
    return installed().part("dataset", spec["dataset"]) if "dataset" in spec else None


def _told(entry: Entry, **scores: dict[str, float]) -> dict[str, Any]:
    facts = entry.facts | scores
    return {"path": str(entry.path), "digest": entry.digest, "facts": facts, "made": entry.made}
