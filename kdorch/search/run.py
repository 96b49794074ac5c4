"""A whole study: prepare, search, confirm. Run it again and it goes on."""

from __future__ import annotations

import logging
import math
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kdorch.discovery import installed
from kdorch.errors import KdorchError, TrackingError
from kdorch.execution import Executor, LocalExecutor
from kdorch.search import prepare
from kdorch.search.coordinator import Coordinator, Phase, Setting
from kdorch.search.frames import candidates, open_confirmations, open_trials
from kdorch.search.home import Folder, Home
from kdorch.search.ledger import Ledger
from kdorch.search.observer import Observer
from kdorch.search.phases import Confirming, Searching, flat
from kdorch.search.reconcile import reconcile
from kdorch.study import Study
from kdorch.study.check import directions
from kdorch.tracking import DatasetRecord, Tracker

_log = logging.getLogger(__name__)
PRELOAD = ("torch", "torch._dynamo", "kdorch.training.trial", "kdorch.builtin.losses", "torchmetrics.functional.classification")


@dataclass
class Session:
    """One ``study run``.

    Attributes:
        study: What to search.
        home: Where.
        uri: The tracking server, or None for the project's own database.
        workers: How many trainings at once.
        trials: How many trials in all; the study's own number by default.
        deadline: Moment of ``time.monotonic`` after which no trial is begun.
        observer: Who watches.
        folders: Directories whose modules the study may name.
    """

    study: Study
    home: Home
    uri: str | None
    workers: int
    trials: int
    deadline: float
    observer: Observer
    folders: Sequence[str] = ()

    @cached_property
    def folder(self) -> Folder:
        """The study's directory."""
        return self.home.study(self.study.name)

    def run(self) -> None:
        """Do what is left to do.

        Raises:
            KdorchError: If it cannot; nothing that is complete is lost.
        """
        with self.folder.claim():
            before = self.folder.read()
            if before:
                prepare.same(self.study, before["study"])
            with LocalExecutor(self.workers, preload=PRELOAD, sys_path=self.folders, log_dir=self.folder.logs) as executor:
                self._run(executor, before)

    def _run(self, executor: Executor, before: dict[str, Any] | None) -> None:
        data = prepare.data(self.study, self.home, executor)
        if before and before["data"]["digest"] != data["digest"]:
            raise KdorchError(f"The rows of {self.study.data.name!r} have changed since the study began. Give it a new name.")
        tracker = self._tracker(data, before)  # opened while workers are warming up
        self.observer.say(f"data     {_rows(data['facts']['rows'])}")
        budget = prepare.budget(self.workers)
        teacher = prepare.teacher(self.study, self.home, executor, data["path"], budget)
        record = (before or {}) | {"study": self.study.tree(), "data": data, "teacher": teacher, "tracking": self._where()}
        self._note_teacher(tracker, record, teacher)
        self.folder.write(record)
        setting = self._setting(data, teacher, budget)
        trials, confirmations = open_trials(self.folder, self.study), open_confirmations(self.folder, self.study)
        runs = tracker.runs()
        salvaged, repeated = reconcile(trials, tracker, runs, ("trial",))
        more = reconcile(confirmations, tracker, runs, ("confirm", "baseline"))
        if salvaged + repeated + sum(more):
            self.observer.say(f"picked up after an interruption: {salvaged + more[0]} salvaged, {repeated + more[1]} to repeat")
        self._drive(Searching(self.study, trials, self.trials), setting, executor, tracker, self.deadline)
        if not trials.complete():
            reasons = [trial.user_attrs.get("reason", "it broke a limit before training") for trial in trials.trials()]
            raise KdorchError(f"No trial of {self.study.name!r} came to an end. The last one: {reasons[-1] if reasons else 'none was begun'}")
        chosen = candidates(self.study, trials)
        if chosen:
            self._read_test(executor, record, data, teacher, budget)
            params = {trial.number: trial.params for trial in trials.complete() if trial.number in chosen}
            phase = Confirming(self.study, confirmations, {number: params[number] for number in chosen})
            self._drive(phase, setting, executor, tracker, math.inf)

    def _drive(self, phase: Phase, setting: Setting, executor: Executor, tracker: Tracker, deadline: float) -> None:
        if phase.wants(0):
            started, before = time.monotonic(), phase.record.counted
            Coordinator(phase, setting, executor, tracker, self.observer).drive(deadline)
            seconds, done = time.monotonic() - started, phase.record.counted - before
            self.observer.say(f"{phase.title:8} {done} trainings in {seconds:.1f} s")

    def _setting(self, data: dict[str, Any], teacher: dict[str, Any], budget: int) -> Setting:
        tree = self.study.tree()
        known = directions({"data": self.study.data, "measures": self.study.measures}, installed())
        limits = [(metric, bound, known[metric]) for metric, bound in self.study.limits.items()]
        shared = {
            "data": data["path"],
            "teacher": teacher["path"],
            "task": data["facts"]["task"],
            "score": list(prepare.score(self.study)),
            "measures": tree["measures"],
            "limits": limits,
            "budget": budget,
        }
        weights = self.folder.weights.resolve()
        shutil.rmtree(weights, ignore_errors=True)  # of trainings that a kill interrupted
        return Setting(self.study, Path(data["path"]), shared, limits, weights, Ledger(self.home.ledger))

    def _tracker(self, data: dict[str, Any], before: dict[str, Any] | None) -> Tracker:
        from kdorch.tracking.mlflow_tracker import open_tracker

        if before and before["tracking"] != self._where():
            raise TrackingError(
                f"Study {self.study.name!r} is tracked in {before['tracking']}, not in {self._where()}. "
                "Set MLFLOW_TRACKING_URI back, or give the study a new name."
            )
        tracker = open_tracker(self.home.path, self.uri)
        rows = data["facts"]["rows"]
        profile = f'{{"num_rows": {sum(rows.values())}}}'
        note = f"Distilling into **{self.study.name}**: {' and '.join(self.study.objectives)}. Front and picture: the run *summary*."
        tracker.open(self.study.name, note, DatasetRecord(self.study.data.name, data["digest"], profile=profile))
        return tracker

    def _where(self) -> str:
        from kdorch.tracking.address import public

        return public(self.uri) if self.uri else "the project directory"

    def _note_teacher(self, tracker: Tracker, record: dict[str, Any], teacher: dict[str, Any]) -> None:
        """Log the teacher once, and what this session had to do for it every time."""
        facts = teacher["facts"]
        cost = {
            "teacher/epochs_trained": facts["epochs_trained"] if teacher["made"] else 0,
            "teacher/rows_evaluated": facts["rows_evaluated"] if teacher["made"] else 0,
        }
        did = ", ".join(f"{value:,} {name.partition('/')[2].replace('_', ' ')}" for name, value in cost.items())
        quality = next(iter(self.study.objectives))
        value = facts["validation"][quality.removeprefix("val/")]
        self.observer.say(f"teacher  {facts['params']:,} parameters, {quality} {value:.4f}; {did}")
        finals = {f"val/{name}": value for name, value in facts["validation"].items()} | cost
        if "teacher_run" not in record:
            tags = {"kdorch.store": teacher["digest"]}
            params = flat({"teacher": self.study.tree()["teacher"]})
            record["teacher_run"] = tracker.start("teacher", "teacher", trial=None, params=params, tags=tags)
            finals |= {"size/params": facts["params"]}
        tracker.log(record["teacher_run"], curves={}, finals=finals, tags={})
        tracker.end(record["teacher_run"], "complete")

    def _read_test(
        self, executor: Executor, record: dict[str, Any], data: dict[str, Any], teacher: dict[str, Any], budget: int
    ) -> None:
        found = prepare.teacher_test(self.study, self.home, executor, (teacher["path"], data["path"]), budget)
        scores, ledger = found["facts"]["test"], Ledger(self.home.ledger)
        if ledger.find(data["digest"], teacher["digest"]) is None:
            ledger.add(data["digest"], teacher["digest"], scores, study=self.study.name, who="teacher")
        record["teacher"]["facts"]["test"] = scores
        self.folder.write(record)


def _rows(rows: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in rows.items()) + " (locked)"
