"""A whole study: prepare, search, confirm. Run it again and it goes on."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from optuna.trial import TrialState

from kdorch.discovery import installed
from kdorch.errors import KdorchError
from kdorch.execution import Executor, LocalExecutor
from kdorch.search import prepare
from kdorch.search.coordinator import Coordinator, Phase, Setting
from kdorch.search.frames import candidates, open_confirmations, open_trials
from kdorch.search.home import Folder, Home
from kdorch.search.ledger import Ledger
from kdorch.search.logbook import note_teacher, open_page, place
from kdorch.search.observer import Observer
from kdorch.search.phases import Confirming, Searching
from kdorch.search.reconcile import reconcile
from kdorch.search.record import Record
from kdorch.study import Study
from kdorch.study.check import directions
from kdorch.tracking import Tracker

# What a trial imports, once for all workers; the last one is most of the cost of a first trial.
PRELOAD = ("torch", "torch._dynamo", "kdorch.training.trial", "torchmetrics.functional.classification")


@dataclass
class Session:
    """One ``study run``.

    Attributes:
        study: What to search.
        home: Where.
        uri: The tracking server, or None for the project's own database.
        workers: How many trainings at once.
        trials: How many trials in all.
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

    def run(self) -> None:
        """Do what is left to do.

        Raises:
            KdorchError: If it cannot; nothing that is complete is lost.
        """
        with self.folder.claim():
            before = self.folder.read()
            if before:
                prepare.same(self.study, before["study"])
                if self._is_complete():
                    self.observer.say(f"{self.study.name} is complete. For more: --trials {2 * self.trials}")
                    return
            executor = LocalExecutor(
                self.workers, preload=PRELOAD, sys_path=self.folders, log_dir=self.folder.logs
            )
            with executor:
                self._run(executor, before or {})

    @cached_property
    def folder(self) -> Folder:
        """The study's directory."""
        return self.home.study(self.study.name)

    @cached_property
    def _searched(self) -> Record:
        return open_trials(self.folder, self.study)

    @cached_property
    def _confirmed(self) -> Record:
        return open_confirmations(self.folder, self.study)

    def _is_complete(self) -> bool:
        running = self._searched.trials(TrialState.RUNNING) + self._confirmed.trials(TrialState.RUNNING)
        if running or not self._searched.complete():
            return False
        return not self._searching().wants(0) and not self._confirming().wants(0)

    def _run(self, executor: Executor, before: dict[str, Any]) -> None:
        data = prepare.data(self.study, self.home, executor)
        prepare.same_rows(self.study, before, data["digest"])
        rows = ", ".join(f"{count:,} {split}" for split, count in data["facts"]["rows"].items())
        self.observer.say(f"data     {rows} (locked)")
        tracker = open_page(self.study, self.home, self.uri, data, before.get("tracking"))
        budget = prepare.budget(self.workers)
        teacher = prepare.teacher(self.study, self.home, executor, data["path"], budget)
        page = (tracker.url("http://host") or "").removeprefix("http://host")
        run, told = note_teacher(self.study, tracker, before.get("teacher_run"), teacher)
        self.observer.say(f"teacher  {told}")
        record = before | {"study": self.study.tree(), "data": data, "teacher": teacher, "teacher_run": run}
        record |= {"tracking": place(self.uri), "page": page}
        self.folder.write(record)
        setting = self._setting(data, teacher, budget)
        self._pick_up(tracker)
        self._drive(self._searching(), setting, executor, tracker, self.deadline)
        self._insist_on_results()
        if self.study.confirm.top:
            self._read_test(executor, record, budget)
            self._drive(self._confirming(), setting, executor, tracker, math.inf)

    def _searching(self) -> Searching:
        return Searching(self.study, self._searched, self.trials)

    def _confirming(self) -> Confirming:
        chosen = candidates(self.study, self._searched)
        params = {trial.number: trial.params for trial in self._searched.complete()}
        return Confirming(self.study, self._confirmed, {number: params[number] for number in chosen})

    def _pick_up(self, tracker: Tracker) -> None:
        runs = tracker.runs()
        salvaged, repeated = reconcile(self._searched, tracker, runs, ("trial",))
        more = reconcile(self._confirmed, tracker, runs, ("confirm", "baseline"))
        salvaged, repeated = salvaged + more[0], repeated + more[1]
        if salvaged + repeated:
            self.observer.say(f"after an interruption: {salvaged} salvaged, {repeated} to repeat")

    def _drive(
        self, phase: Phase, setting: Setting, executor: Executor, tracker: Tracker, deadline: float
    ) -> None:
        if phase.wants(0):
            started, before = time.monotonic(), phase.record.counted
            Coordinator(phase, setting, executor, tracker, self.observer).drive(deadline)
            seconds, done = time.monotonic() - started, phase.record.counted - before
            self.observer.say(f"{phase.title}: {done} trainings in {seconds:.1f} s")

    def _insist_on_results(self) -> None:
        if self._searched.complete():
            return
        trials = self._searched.trials()
        last = (
            trials[-1].user_attrs.get("reason", "it broke a limit before training")
            if trials
            else "none was begun"
        )
        raise KdorchError(f"No trial of {self.study.name!r} came to an end. The last one: {last}")

    def _setting(self, data: dict[str, Any], teacher: dict[str, Any], budget: int) -> Setting:
        known = directions({"data": self.study.data, "measures": self.study.measures}, installed())
        limits = [(metric, bound, known[metric]) for metric, bound in self.study.limits.items()]
        shared = {
            "data": data["path"],
            "teacher": teacher["path"],
            "task": data["facts"]["task"],
            "score": list(prepare.score(self.study)),
            "measures": self.study.tree()["measures"],
            "limits": limits,
            "budget": budget,
        }
        weights = self.folder.weights.resolve()
        shutil.rmtree(weights, ignore_errors=True)  # of trainings that a kill interrupted
        return Setting(self.study, Path(data["path"]), shared, limits, weights, Ledger(self.home.ledger))

    def _read_test(self, executor: Executor, record: dict[str, Any], budget: int) -> None:
        """Let the teacher answer the test rows, once, for the confirmed students to be compared with."""
        paths = record["teacher"]["path"], record["data"]["path"]
        scores = prepare.teacher_test(self.study, self.home, executor, paths, budget)["facts"]["test"]
        data, teacher = record["data"]["digest"], record["teacher"]["digest"]
        ledger = Ledger(self.home.ledger)
        if ledger.find(data, teacher) is None:
            ledger.add(data, teacher, scores, study=self.study.name, who="teacher")
        record["teacher"]["facts"]["test"] = scores
        self.folder.write(record)
