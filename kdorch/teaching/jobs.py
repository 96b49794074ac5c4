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
from kdorch.study import Augment, Split, Transfer
from kdorch.teaching.data import prepare
from kdorch.teaching.features import keep_features
from kdorch.teaching.scoring import asked_scores, scores, single_scores
from kdorch.teaching.store import Entry, Store
from kdorch.teaching.teacher import is_ready, make_ready, read_test, stored_task
from kdorch.teaching.transfer import make_transfer, try_augment
from kdorch.teaching.views import answer_views
from kdorch.training.device import on_its_device

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


def augment(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Try the changes of the views on a few rows: ``data`` (path), ``augment``, ``seed``."""
    try_augment(Path(spec["data"]), Augment(**spec["augment"]), spec["seed"])
    return {}


def transfer(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Choose rows and make views: ``store``, ``data`` (path), ``transfer``, ``augment``, ``seed``."""
    data = Path(spec["data"])
    entry = make_transfer(
        Store(Path(spec["store"])),
        data,
        stored_task(data),
        transfer=Transfer(**spec["transfer"]),
        augment=Augment(**spec["augment"]),
        seed=spec["seed"],
    )
    return _told(entry)


@on_its_device
def teacher_views(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Have the teacher answer the views.

    It takes ``store``, ``teacher``, ``entry``, ``transfer``, ``data`` (paths), ``budget`` and ``top``.
    """
    entry = answer_views(
        Store(Path(spec["store"])),
        installed().part("teacher", spec["teacher"]),
        Path(spec["entry"]),
        Path(spec["transfer"]),
        Path(spec["data"]),
        budget=spec["budget"],
        top=spec.get("top"),
    )
    return _told(entry)


@on_its_device
def teacher_features(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Store the teacher's features, if they fit.

    It takes ``store``, ``teacher``, ``entry``, ``data``, ``transfer`` (paths; None if the student is shown
    all as it is), ``names`` (None for all), ``disk`` and ``budget`` (bytes), and ``dataset``.
    """
    found = installed().part("teacher", spec["teacher"])
    with _explained(found, "cannot show its features"):
        kept = keep_features(
            Store(Path(spec["store"])),
            found,
            Path(spec["entry"]),
            Path(spec["data"]),
            Path(spec["transfer"]) if spec["transfer"] else None,
            names=spec["names"],
            disk=spec["disk"],
            budget=spec["budget"],
            dataset=_dataset(spec),
        )
    told = _told(kept.entry) if kept.entry else {"path": None, "made": False}
    return told | {"names": kept.names, "bytes": kept.bytes}


@on_its_device
def teacher(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Make the teacher ready.

    It takes ``store``, ``teacher``, ``data`` (path), ``metrics``, ``seed``, ``score``, ``budget``, ``top``
    (how many entries of each distribution to store; None for the logits as they are); and, for teachers that
    need them, ``tracking`` (URI) and ``dataset``.
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
            tracking_uri=spec.get("tracking", ""),
            dataset=_dataset(spec),
            top=spec.get("top"),
        )
        if spec.get("top"):
            return _told(entry, validation=_asked(spec, entry.path, "validation").facts["scores"])
    return _told(entry, validation=scores(entry.path, data, "validation", spec["metrics"]))


def teacher_stored(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Look whether the teacher is in the store.

    It takes ``store``, ``teacher``, ``data`` (path), ``seed``, ``score`` and ``top``.
    """
    plugins = installed()
    found = plugins.part("teacher", spec["teacher"])
    stored = is_ready(
        Store(Path(spec["store"])),
        found,
        plugins.origins(found),
        Path(spec["data"]),
        seed=spec["seed"],
        score=tuple(spec["score"]),
        top=spec.get("top"),
    )
    return {"stored": stored}


@on_its_device
def teacher_test(spec: Mapping[str, Any], _: Report) -> dict[str, Any]:
    """Read the test rows with the teacher.

    It takes ``store``, ``teacher``, ``entry``, ``data`` (paths), ``metrics``, ``score``, ``budget`` and
    ``top``; and, for teachers that need it, ``dataset``.

    Returns:
        The entry, with scores under ``test`` of its facts, and what single rows scored under ``single``,
        where its answers are kept whole.
    """
    if spec.get("top"):
        asked = _asked(spec, Path(spec["entry"]), "test")
        return _told(asked, test=asked.facts["scores"])
    found, data = installed().part("teacher", spec["teacher"]), Path(spec["data"])
    store, made = Store(Path(spec["store"])), Path(spec["entry"])
    entry = read_test(store, found, made, data, spec["budget"], _dataset(spec))
    quality, _direction = spec["score"]
    single = {quality: single_scores(entry.path, data, "test", quality, spec["metrics"])}
    return _told(entry, test=scores(entry.path, data, "test", spec["metrics"]), single=single)


def _asked(spec: Mapping[str, Any], entry: Path, split: str) -> Entry:
    return asked_scores(
        Store(Path(spec["store"])),
        installed().part("teacher", spec["teacher"]),
        entry,
        Path(spec["data"]),
        split,
        budget=spec["budget"],
        metrics=spec["metrics"],
        dataset=_dataset(spec),
    )


def _dataset(spec: Mapping[str, Any]) -> Dataset | None:
    return installed().part("dataset", spec["dataset"]) if "dataset" in spec else None


def _told(entry: Entry, **scores: Mapping[str, Any]) -> dict[str, Any]:
    facts = entry.facts | scores
    return {"path": str(entry.path), "digest": entry.digest, "facts": facts, "made": entry.made}
