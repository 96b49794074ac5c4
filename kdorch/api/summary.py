"""The study's summary run in MLflow: the front as a table and as a picture, and its models."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from kdorch.api.front import front_rows, searched_paths
from kdorch.api.results import Results
from kdorch.reporting.figure import front_figure, save
from kdorch.tracking import DatasetRecord, Tracker
from kdorch.tracking.mlflow_tracker import open_tracker


def summarise(results: Results) -> None:
    """Bring the summary run up to date, and make model entities of the front and of the confirmed."""
    from kdorch.api import tracking_uri

    record = results.record
    tracker = open_tracker(results.home.path, tracking_uri())
    tracker.open(
        results.name, _note(results), DatasetRecord(results.study.data.name, record["data"]["digest"])
    )
    _link_models(results, tracker)
    if "summary_run" not in record:
        params = {"trials": len(results.trials), "front": len(results.front)}
        record["summary_run"] = tracker.start("summary", "summary", trial=None, params=params, tags={})
    run = record["summary_run"]
    best = results.front[results.quality]
    finals = {"front/size": len(results.front), f"front/{results.quality}": float(best.max())}
    tracker.log(run, curves={}, finals=finals, tags={"mlflow.note.content": _note(results)})
    tracker.table(run, "front", front_rows(results))
    with TemporaryDirectory() as folder:
        for file in picture(results, Path(folder)):
            tracker.upload(run, file)
    tracker.end(run, "complete")
    results.folder.write(record)


def picture(results: Results, folder: Path) -> tuple[Path, Path]:
    """Write the picture of the front into a folder, as SVG and PNG."""
    confirmed = results.confirmed.rename(columns={"candidate": "trial"})
    roles = {
        role: confirmed[confirmed["role"] == role] if len(confirmed) else None
        for role in ("confirm", "baseline")
    }
    figure = front_figure(
        results.trials,
        results.front,
        results.study.objectives,
        teacher=results.teacher,
        confirmed=roles["confirm"],
        scratch=roles["baseline"],
        title=results.name,
    )
    return save(figure, folder)


def _link_models(results: Results, tracker: Tracker) -> None:
    """Make a model entity, once, of each run on the front or in the confirmation."""
    models: dict[str, str] = results.record.setdefault("models", {})
    searched = searched_paths(results)
    rows: list[tuple[str, Any]] = [(f"trial-{row['trial']}", row) for _, row in results.front.iterrows()]
    rows += [
        (f"trial-{row['candidate']}-{row['role']}-{row['seed']}", row)
        for _, row in results.confirmed.iterrows()
    ]
    for name, row in rows:
        if row["run_id"] in models:
            continue
        metrics = {key: float(value) for key, value in row.items() if "/" in str(key) and pd.notna(value)}
        params = {path: row[path] for path in searched if path in row}
        models[row["run_id"]] = tracker.link_model(row["run_id"], f"{results.name}-{name}", params, metrics)


def _note(results: Results) -> str:
    study, teacher = results.study, results.teacher
    lines = [
        f"Distilling **{study.teacher.name}** into smaller students on **{study.data.name}**.",
        f"Teacher: {results.quality} {teacher[results.quality]:.4f}, {teacher['size/params']:,} parameters.",
        f"{len(results.trials)} complete trials, {len(results.front)} on the front.",
        "The run *summary* holds the front as a table and as a picture.",
    ]
    return "\n\n".join(lines)
