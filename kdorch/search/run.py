"""A whole study: prepare, search, confirm. Run it again and it goes on."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kdorch.disk import usable
from kdorch.errors import KdorchError
from kdorch.execution import LocalExecutor
from kdorch.search import prepare
from kdorch.search.beginning import begin
from kdorch.search.beside import Beside
from kdorch.search.coordinator import Coordinator
from kdorch.search.frames import candidates, open_confirmations, open_scratched, open_trials, recipes, twins
from kdorch.search.home import Folder, Home
from kdorch.search.interrupts import Attentive, Interrupts, held_back
from kdorch.search.journal import Journal, mend, open_journal
from kdorch.search.logbook import connect
from kdorch.search.looking import look_back, tell_twins
from kdorch.search.observer import Observer
from kdorch.search.phases import Confirming, FromScratch, Searching
from kdorch.search.preparing import Preparation
from kdorch.search.profile import Profiled
from kdorch.search.reconcile import pick_up
from kdorch.search.record import Record, begun
from kdorch.search.scratch import Twin, budget
from kdorch.search.setting import Phase, Setting
from kdorch.search.spool import Spool
from kdorch.search.where import where
from kdorch.stopwatch import part
from kdorch.study import Study
from kdorch.tracking import RunRecord, Tracker

# What a trial imports, once for all workers; the second one is what the first gradient of a process imports.
PRELOAD = ("torch", "torch.fx.experimental.symbolic_shapes", "kdorch.training.trial")


@dataclass
class Session:
    """One ``study run``.

    Attributes:
        study: What to search.
        home: Where.
        uri: The tracking server, or None for the project's own database.
        workers: How many trainings at once; None for as many as there is room for.
        device: On which: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.
        trials: How many trials in all.
        deadline: Moment of ``time.monotonic`` after which no trial is begun.
        observer: Who watches.
        folders: Directories whose modules the study may name.
    """

    study: Study
    home: Home
    uri: str | None
    workers: int | None
    device: str
    trials: int
    deadline: float
    observer: Observer
    folders: Sequence[str] = ()

    def run(self, conclusion: Callable[[], Callable[[Tracker], None]]) -> None:
        """Do what is left to do.

        Args:
            conclusion: Called while workers start, on another thread: imports and returns what sums the study
                up. That is called at the end, while the study is still held, with the tracker.

        Raises:
            KdorchError: If it cannot; nothing that is complete is lost.
        """
        with usable(self.home.path), self.folder.claim(), held_back() as interrupts:
            kept = mend(self.folder.journal)
            if kept:
                self.observer.say(f"the journal's last line was cut short: dropped, a copy is {kept.name}")
            memory = None if self.study.search.memory == "auto" else self.study.search.memory
            executor = LocalExecutor(
                self.workers or prepare.cores(),
                preload=[*PRELOAD, *(["torchmetrics"] if self.study.metrics else [])],
                sys_path=self.folders,
                log_dir=self.folder.logs,
                memory=memory,
            )
            profiled = Profiled(Attentive(executor, interrupts))
            with ThreadPoolExecutor(1) as aside, executor:  # whose workers import torch meanwhile
                record = begin(
                    self.study,
                    self.folder,
                    self._journal,
                    uri=self.uri,
                    folders=self.folders,
                    trials=self.trials,
                )
                if record["concluded"] and self._is_complete():
                    more = 2 * max(self.trials, self._searched.counted)
                    self.observer.say(f"{self.study.name} is complete. For more: --trials {more}")
                    return
                # To import MLflow takes seconds, in which workers have rows to read and students to try.
                connected = aside.submit(self._connect, interrupts)
                concluded = aside.submit(conclusion)
                self._where = where(profiled, self.device, self.workers, memory)
                executor.limit(self._where.workers)
                tracker = self._run(profiled, connected, record)
            count = self._where.workers
            self._note(profile=profiled.profile(count).facts())  # for the summary; its own time comes below
            with part("summary"):
                concluded.result()(tracker)
            complete = self._is_complete()
            self._note(concluded=complete, profile=profiled.profile(count).facts())
            if complete:
                shutil.rmtree(self.folder.checkpoints, ignore_errors=True)
                shutil.rmtree(self.folder.spool, ignore_errors=True)

    def _note(self, **facts: Any) -> None:
        self.folder.write((self.folder.read() or {}) | facts)

    @cached_property
    def folder(self) -> Folder:
        """The study's directory."""
        return self.home.study(self.study.name)

    @cached_property
    def _journal(self) -> Journal:
        return open_journal(self.folder.journal)

    @cached_property
    def _searched(self) -> Record:
        return open_trials(self._journal, self.study)

    @cached_property
    def _scratched(self) -> Record | None:
        """The trials without the teacher; None where there are to be none, and none were begun before."""
        wanted = self.study.confirm.searched or "scratch" in begun(self._journal)
        return open_scratched(self._journal, self.study) if wanted else None

    @cached_property
    def _confirmed(self) -> Record:
        return open_confirmations(self._journal, self.study)

    @property
    def _records(self) -> list[Record]:
        return [record for record in (self._searched, self._scratched, self._confirmed) if record]

    def _is_complete(self) -> bool:
        phases: list[Phase] = [self._searching(), *self._from_scratch(), self._confirming()]
        return not any(map(_is_open, phases))

    def _connect(self, interrupts: Interrupts) -> Tracker:
        tracker = connect(self.home, self.uri)
        tracker.outage.tell, tracker.outage.pausing = self.observer.say, interrupts.waiting
        return tracker

    def _run(self, executor: Profiled, connected: Future[Tracker], record: dict[str, Any]) -> Tracker:
        if self._where.told:
            self.observer.say(f"device   {self._where.told}")
        preparation = Preparation(
            study=self.study,
            home=self.home,
            uri=self.uri,
            executor=executor,
            where=self._where,
            records=self._records,
            left=self.trials - self._searched.counted,
            scratch=sum(
                budget(self.study, self.trials) - each.record.counted for each in self._from_scratch()
            ),
            observer=self.observer,
            record=record,
            connected=connected,
        )
        setting, beside, tracker = preparation.make()
        self._search(executor, tracker, beside, setting, record)
        return tracker

    def _search(
        self, executor: Profiled, tracker: Tracker, beside: Beside, setting: Setting, record: dict[str, Any]
    ) -> None:
        """Put in order what the last session left, and do what is left to do."""
        self._pick_up(tracker, beside.runs, setting.spool)
        for trial in self._searched.complete():
            self.observer.recall(trial.user_attrs["metrics"])
        for _pruned in self._searched.pruned():
            self.observer.recall(None)
        try:
            self._drive(self._searching(), setting, executor, tracker, self._until())
            in_time = not self._searching().left(0)
            look_back(self.study.name, self._searched, self.trials, self.observer, in_time=in_time)
            if candidates(self.study, self._searched):
                for phase in self._from_scratch():
                    self._drive(phase, setting, executor, tracker, self.deadline)
                    in_time = not phase.left(0)
                    tell_twins(phase.record, phase.total, self._twins(), self.observer, in_time=in_time)
                beside.test()
                self.folder.write(record)
                self._drive(self._confirming(), setting, executor, tracker, math.inf)
            if tracker.outage.count:  # runs may have been begun that nobody heard of
                self._pick_up(tracker, tracker.runs(settled=False), setting.spool)
        except KeyboardInterrupt:
            with suppress(KdorchError):  # what cannot be put in order now will be at the next start
                if not tracker.outage.hopeless:
                    self._pick_up(tracker, tracker.runs(settled=False), setting.spool, called_off=True)
            raise

    def _searching(self) -> Searching:
        return Searching(self.study, self._searched, self.trials)

    def _from_scratch(self) -> list[FromScratch]:
        """Return the search without the teacher, which is to have as many trials, if there is to be one."""
        if self._scratched is None or not self.study.confirm.searched:
            return []
        return [FromScratch(self.study, self._scratched, self._searched.counted)]

    def _confirming(self) -> Confirming:
        records, chosen = (self._searched, self._scratched), candidates(self.study, self._searched)
        return Confirming(self.study, self._confirmed, chosen, recipes(self.study, *records), self._twins())

    def _twins(self) -> dict[int, Twin]:
        """Return whom candidates are compared with, once the search without the teacher is as long."""
        phases = self._from_scratch()
        if not phases or _is_open(phases[0]):
            return {}
        return twins(self.study, self._searched, phases[0].record)

    def _until(self) -> float:
        """Return when the search has to end: half of the time is for that without the teacher."""
        if not self.study.confirm.searched:
            return self.deadline
        now = time.monotonic()
        return now + max(0.0, self.deadline - now) / 2

    def _pick_up(
        self, tracker: Tracker, runs: Collection[RunRecord], spool: Spool, *, called_off: bool = False
    ) -> None:
        told = pick_up(self._records, tracker, runs, spool, called_off=called_off)
        if told:
            self.observer.say(told)

    def _drive(
        self, phase: Phase, setting: Setting, executor: Profiled, tracker: Tracker, deadline: float
    ) -> None:
        if _is_open(phase):
            started, before = time.monotonic(), phase.record.counted
            executor.note(Coordinator(phase, setting, executor, tracker, self.observer).drive(deadline))
            seconds, done = time.monotonic() - started, phase.record.counted - before
            self.observer.say(f"{phase.title}: {done} trainings in {seconds:.1f} s")


def _is_open(phase: Phase) -> bool:
    """Whether trials are to be trained, or have results that are still to be written down."""
    return bool(phase.left(0) or phase.record.running())
