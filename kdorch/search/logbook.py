"""What a study writes to its tracker besides trials: the page itself, the teacher and the references."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rich.filesize import decimal

from kdorch.errors import TrackingError
from kdorch.search.home import Home
from kdorch.search.models import Model
from kdorch.search.phases import flat
from kdorch.stopwatch import part
from kdorch.study import Study
from kdorch.study.space import space
from kdorch.tracking import DatasetRecord, Page, RunRecord, Tracker

LOCAL = "the project directory"


def place(uri: str | None) -> str:
    """Return where runs go, in words without secrets."""
    from kdorch.tracking.address import shown

    return LOCAL if uri is None else shown(uri)


@part("MLflow")
def connect(home: Home, uri: str | None) -> Tracker:
    """Return what writes to the tracking server, or for None to the project's own database.

    It takes seconds, most of them to import MLflow: time to do it is while the workers import torch.
    """
    from kdorch.tracking.mlflow_tracker import open_tracker

    return open_tracker(home.path, uri)


@part("MLflow")
def open_page(tracker: Tracker, study: Study, data: Mapping[str, Any], *, identity: str) -> None:
    """Open the study's page.

    Args:
        tracker: Where.
        study: The study.
        data: The stored dataset.
        identity: Of the study.
    """
    note = "Running. The run *summary* will hold the front."
    tracker.open(study.name, note, dataset_record(study, data), identity=identity, page=page_of(study))


def pages_of(tracker: Tracker) -> dict[str, str]:
    """Return the paths under which a server shows the study, as a list and as charts; empty without one."""
    host = "http://host"
    shown = {"page": tracker.url(host), "charts": tracker.url(host, charts=True)}
    return {name: (url or "").removeprefix(host) for name, url in shown.items()}


def page_of(study: Study) -> Page:
    """Return what the study's page shows."""
    quality = next(iter(study.objectives))
    test = [quality.replace("val/", "test/")] if quality.startswith("val/") else []
    return Page(study.objectives, test, [dimension.path for dimension in space(study)])


def dataset_record(study: Study, data: Mapping[str, Any]) -> DatasetRecord:
    """Return the stored dataset as MLflow shows it; the start of its digest is enough to tell data apart."""
    profile = json.dumps({"num_rows": sum(data["facts"]["rows"].values())})
    return DatasetRecord(study.data.name, data["digest"][:12], profile=profile)


def same_place(name: str, before: str, uri: str | None) -> None:
    """Make sure that a study is tracked where it was begun.

    Raises:
        TrackingError: If it was begun elsewhere.
    """
    if before != place(uri):
        back = "Unset MLFLOW_TRACKING_URI" if before == LOCAL else "Set MLFLOW_TRACKING_URI back"
        where = f"Study {name!r} is tracked in {before}, not in {place(uri)}."
        raise TrackingError(f"{where} {back}, or give the study a new name.")


def note_model(
    study: Study, tracker: Tracker, runs: Iterable[RunRecord], model: Model, entry: Mapping[str, Any]
) -> tuple[str, str]:
    """Log what the teacher or a reference is, and every time what this session had to do for it.

    Returns:
        Its run, and the same in words.
    """
    facts = entry["facts"]
    work = {name: facts[name] if entry["made"] else 0 for name in ("epochs_trained", "rows_evaluated")}
    finals = {f"val/{name}": value for name, value in facts["validation"].items()}
    notes = "; ".join(facts.get("notes", ()))  # entries of earlier versions have none
    who = {"kdorch.store": entry["digest"]} | ({"kdorch.reference": model.label} if model.label else {})
    run_id = run_of(model.kind, runs, who)
    if run_id is None:
        tags = who | ({"kdorch.notes": notes} if notes else {})
        params = flat(model.tree, f"{model.path}.")
        run_id = tracker.start(model.name, model.kind, trial=None, params=params, tags=tags)
    size = {"size/params": facts["params"]} if facts["params"] else {}  # 0: nobody knows
    did = {f"{model.kind}/{name}": count for name, count in work.items()}
    tracker.log(run_id, curves={}, finals=finals | size | did, tags={})
    tracker.end({run_id: "complete"})
    quality = next(iter(study.objectives))
    done = f"{work['epochs_trained']:,} epochs trained, {work['rows_evaluated']:,} rows evaluated now"
    told = f"{facts['params']:,} parameters, " if size else ""
    kept = _kept(facts.get("top"))
    return run_id, "; ".join(filter(None, (f"{told}{quality} {finals[quality]:.4f}", notes, kept, done)))


def _kept(top: Mapping[str, int] | None) -> str:
    """Return in words what is stored of the answers, where it is not everything."""
    if not top:
        return ""
    each = f"top {top['entries']} of {top['of']:,} stored, {top['each']} bytes per row or token"
    return f"{each}, {decimal(top['bytes'])} where everything would take {decimal(top['whole'])}"


def run_of(kind: str, runs: Iterable[RunRecord], tags: Mapping[str, str] | None = None) -> str | None:
    """Return the run of a kind, with these tags, that a study has one of."""
    wanted = (tags or {}).items()
    return next((run.run_id for run in runs if run.kind == kind and wanted <= run.tags.items()), None)
