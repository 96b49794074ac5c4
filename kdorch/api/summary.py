"""The study's summary run in MLflow: the front as a table and as a picture, and its models."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from kdorch.api.front import front_rows, models_told, pruning_told, twins_told
from kdorch.api.gaps import gaps_told
from kdorch.api.judged import verdict_rows, verdict_told
from kdorch.api.picture import draw
from kdorch.api.report import FILE, brief, worthwhile
from kdorch.api.results import Results
from kdorch.reporting.figure import save
from kdorch.search.logbook import dataset_record, page_of, run_of
from kdorch.search.placement import Placement
from kdorch.tracking import Tracker


def summarise(results: Results, tracker: Tracker) -> None:
    """Bring the summary run up to date, and make model entities of the front and of the confirmed.

    Args:
        results: Of the study.
        tracker: Where its runs are.
    """
    record = results.record
    dataset = dataset_record(results.study, record["data"])
    page = page_of(results.study)
    tracker.open(results.name, _note(results), dataset, identity=record["identity"], page=page)
    _link_models(results, tracker)
    run = run_of("summary", tracker.runs(settled=False))
    if run is None:
        run = tracker.start("summary", "summary", trial=None, params={}, tags={})
    finals: dict[str, float] = {"trials": len(results.trials), "front/size": len(results.front)}
    if len(results.scratch):
        finals["scratch/trials"] = len(results.scratch)
    if results.profile:
        finals |= results.profile.metrics()
    shown = "\n\n".join(f"### {who}\n\n{sample}" for who, sample in results.samples.items())
    note = "\n\n".join(filter(None, (_note(results), shown)))
    placement = Placement(**record["placement"])
    tags = {"mlflow.note.content": note} | placement.tags()
    tracker.log(run, curves={}, finals=finals | placement.metrics(), tags=tags)
    if shown:
        with TemporaryDirectory() as folder:
            file = Path(folder, "samples.md")
            file.write_text(shown, encoding="utf-8")
            tracker.upload(run, file)
    if len(results.front):
        _show_front(results, tracker, run)
    if worthwhile(results):
        with TemporaryDirectory() as folder:
            page_file = Path(folder, FILE)
            brief(results, page_file)
            tracker.upload(run, page_file)
    tracker.end({run: "complete"})


def _show_front(results: Results, tracker: Tracker, run: str) -> None:
    tracker.log(run, curves={}, finals={f"front/{results.quality}": results.best}, tags={})
    tracker.table(run, "front", front_rows(results))
    if results.verdicts:
        _show_verdict(results, tracker, run)
    with TemporaryDirectory() as folder:
        for file in save(draw(results), Path(folder)):
            tracker.upload(run, file)


def _show_verdict(results: Results, tracker: Tracker, run: str) -> None:
    """Keep all verdicts as a table, and that on the chosen student where runs of studies are compared."""
    tracker.table(run, "verdicts", verdict_rows(results))
    verdict = results.verdicts.get(int(results.choose()["trial"]))
    if verdict and (found := verdict.difference):
        finals = {"verdict/difference": found.mean, "verdict/low": found.low, "verdict/high": found.high}
        tracker.log(run, curves={}, finals=finals, tags={"kdorch.verdict": verdict.word})


def _link_models(results: Results, tracker: Tracker) -> None:
    """Make a model entity, once, of each run on the front or in the confirmation."""
    models: dict[str, str] = results.record.setdefault("models", {})
    params = _params(results)
    rows: list[tuple[int, str, Any]] = [(row["trial"], "", row) for _, row in results.front.iterrows()]
    rows += [
        (row["candidate"], f"-{row['role']}-{row['seed']}", row) for _, row in results.confirmed.iterrows()
    ]
    for trial, role, row in rows:
        if row["run_id"] in models:
            continue
        metrics = {key: float(value) for key, value in row.items() if "/" in str(key) and pd.notna(value)}
        name = re.sub(r"[^\w-]", "-", f"{results.name}-trial-{trial}{role}")  # MLflow takes no dots here
        models[row["run_id"]] = tracker.link_model(row["run_id"], name, params[row["run_id"]], metrics)
        results.folder.write(results.record)


def _params(results: Results) -> dict[str, dict[str, Any]]:
    """Return what was searched of each complete trial and confirmation, by its run."""
    confirmed = results.confirmations.complete() if len(results.confirmed) else ()
    found = {trial.user_attrs["run_id"]: trial.params for trial in results.searched.complete()}
    return found | {
        trial.user_attrs["run_id"]: results.recipes.params(trial.user_attrs["plan"]) for trial in confirmed
    }


def _note(results: Results) -> str:
    study = results.study
    all_told = (*models_told(results), *pruning_told(results), *twins_told(results))
    lines = [
        f"Distilling **{study.teacher.name}** into smaller students on **{study.data.name}**.",
        *(f"{told[0].upper()}{told[1:]}." for told in all_told),
        *verdict_told(results),
        *gaps_told(results),
        f"{len(results.trials)} complete trials, {len(results.front)} on the front. {_placed(results)}",
        "The run *summary* holds the front as a table and as a picture.",
    ]
    return "\n\n".join(lines)


def _placed(results: Results) -> str:
    """Return in sentences how trials were placed and computed."""
    placement = Placement(**results.record["placement"])
    sentences = filter(None, (f"Trained {placement.told()}", placement.computed()))
    return " ".join(f"{each[0].upper()}{each[1:]}." for each in sentences)
