"""A whole study: prepare, search, confirm. Run it again and it goes on."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from kdorch.disk import usable
from kdorch.errors import ExecutionError, KdorchError
from kdorch.execution import Executor, LocalExecutor
from kdorch.search import prepare, showing
from kdorch.search.beginning import begin
from kdorch.search.beside import Beside, Maker
from kdorch.search.coordinator import Coordinator
from kdorch.search.estimate import forewarn
from kdorch.search.frames import candidates, open_confirmations, open_trials
from kdorch.search.home import Folder, Home
from kdorch.search.inputs import inputs, keep
from kdorch.search.interrupts import Attentive, Interrupts, held_back
from kdorch.search.journal import Journal, mend, open_journal
from kdorch.search.logbook import connect, open_page, pages_of
from kdorch.search.looking import look_back
from kdorch.search.models import models
from kdorch.search.observer import Observer
from kdorch.search.phases import Confirming, Searching
from kdorch.search.placement import Placement, place
from kdorch.search.profile import Profiled
from kdorch.search.reconcile import pick_up, unsettled
from kdorch.search.record import Record
from kdorch.search.setting import Phase, Setting, set_up
from kdorch.search.spool import Spool
from kdorch.search.together import fit_together
from kdorch.search.where import where
from kdorch.stopwatch import part
from kdorch.study import Study
from kdorch.tracking import RunRecord, Tracker

# What a trial imports, once for all workers; the last one is most of the cost of a first trial.
PRELOAD = ("torch", "torch._dynamo", "kdorch.training.trial", "torchmetrics.functional.classification")


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

    def run(self, conclude: Callable[[Tracker], None]) -> None:
        """Do what is left to do.

        Args:
            conclude: Called at the end, while the study is still held, with the tracker: what sums it up.

        Raises:
            KdorchError: If it cannot; nothing that is complete is lost.
        """
        with usable(self.home.path), self.folder.claim(), held_back() as interrupts:
            kept = mend(self.folder.journal)
            if kept:
                self.observer.say(f"the journal's last line was cut short: dropped, a copy is {kept.name}")
            record = begin(
                self.study, self.folder, self._journal, uri=self.uri, folders=self.folders, trials=self.trials
            )
            if record["concluded"] and self._is_complete():
                more = 2 * max(self.trials, self._searched.counted)
                self.observer.say(f"{self.study.name} is complete. For more: --trials {more}")
                return
            memory = None if self.study.search.memory == "auto" else self.study.search.memory
            executor = LocalExecutor(
                self.workers or prepare.cores(),
                preload=PRELOAD,
                sys_path=self.folders,
                log_dir=self.folder.logs,
                memory=memory,
            )
            profiled = Profiled(Attentive(executor, interrupts))
            with executor:
                tracker = connect(self.home, self.uri)  # while the workers import torch
                self._where = where(profiled, self.device, self.workers, memory)
                executor.limit(self._where.workers)
                self._run(profiled, tracker, record, interrupts)
            count = self._where.workers
            self._note(profile=profiled.profile(count).facts())  # for the summary; its own time comes below
            with part("summary"):
                conclude(tracker)
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
    def _confirmed(self) -> Record:
        return open_confirmations(self._journal, self.study)

    def _is_complete(self) -> bool:
        return not _is_open(self._searching()) and not _is_open(self._confirming())

    def _run(
        self, executor: Profiled, tracker: Tracker, record: dict[str, Any], interrupts: Interrupts
    ) -> None:
        if self._where.told:
            self.observer.say(f"device   {self._where.told}")
        tracker.outage.tell, tracker.outage.pausing = self.observer.say, interrupts.waiting
        data = prepare.data(self.study, self.home, executor, self._wait("data"))
        self._unchanged("data", data, record)
        rows = ", ".join(f"{count:,} {split}" for split, count in data["facts"]["rows"].items())
        prepare.fits(self.study, data["facts"]["task"])
        showing.showable(self.study, executor, data)
        self._try_together(executor, data)  # what is wrong without the teacher need not wait for it
        shown = showing.transfer(self.study, self.home, executor, data["path"], self._wait("views"))
        self.observer.say(f"data     {rows} (locked){showing.said(self.study, shown)}")
        for note in data["facts"].get("notes", ()):
            self.observer.say(f"data     {note}")
        placement = self._placed(executor, data, record)
        maker = Maker(self.study, self.home, self.uri, executor, data, self._where)
        forewarn(maker, placement, self._left(), self.observer)
        open_page(tracker, self.study, data, identity=record["identity"])
        pages = pages_of(tracker)
        self.folder.write(record | pages | {"concluded": False})
        runs = unsettled(tracker, self._searched)
        beside = Beside(maker, tracker, runs, self.observer)
        first, *others = models(self.study)
        teacher = beside.ready(first, lambda found: self._unchanged("teacher", found, record))
        self._try_together(executor, data, teacher["path"])
        references = {model.label: beside.ready(model) for model in others}
        record |= pages | {"data": data, "teacher": teacher, "references": references, "concluded": False}
        self.folder.write(record)
        entries = (data, teacher, shown)
        lessons = showing.lessons(self.study, self.home, executor, entries, self._where, self.observer)
        if self.study.teacher.raw and "features" in lessons:  # which nobody could be asked for before
            self._try_together(executor, data, teacher["path"], lessons["features"])
        setting = placement.applied(set_up(self.study, self.home, data, lessons, self._where))
        noted = inputs(self.study, executor, setting.shared, setting.threads)
        origin = keep(record, noted)
        setting = replace(setting, inputs=origin, spool=replace(setting.spool, origin=origin))
        self.folder.write(record)
        self._search(executor, tracker, beside, setting, record)

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
            self._drive(self._searching(), setting, executor, tracker, self.deadline)
            in_time = not self._searching().left(0)
            look_back(self.study.name, self._searched, self.trials, self.observer, in_time=in_time)
            if candidates(self.study, self._searched):
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

    def _wait(self, what: str) -> Callable[[float], None]:
        return partial(self.observer.wait, what)

    def _try_together(
        self,
        executor: Executor,
        data: dict[str, Any],
        teacher: str | None = None,
        source: dict[str, Any] | None = None,
    ) -> None:
        """Refuse parts that do not fit each other, if there is anything left to search."""
        if self._left() > 0:
            try:
                fit_together(self.study, executor, data, teacher, source, device=self._where.device)
            except ExecutionError as error:  # one of them took its worker down: others may do better
                self.observer.say(f"warning  the parts could not be tried together: {error}")

    def _left(self) -> int:
        return self.trials - self._searched.counted

    def _unchanged(self, what: str, entry: dict[str, Any], record: dict[str, Any]) -> None:
        """Make sure that a stored entry is the one that the complete trials were trained with."""
        if self._searched.complete():
            prepare.unchanged(self.study, record, what, entry["digest"])

    def _searching(self) -> Searching:
        return Searching(self.study, self._searched, self.trials)

    def _confirming(self) -> Confirming:
        params = {trial.number: trial.params for trial in self._searched.complete()}
        return Confirming(self.study, self._confirmed, candidates(self.study, self._searched), params)

    def _pick_up(
        self, tracker: Tracker, runs: Collection[RunRecord], spool: Spool, *, called_off: bool = False
    ) -> None:
        told = pick_up(self._searched, self._confirmed, tracker, runs, spool, called_off=called_off)
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

    def _placed(self, executor: Executor, data: dict[str, Any], record: dict[str, Any]) -> Placement:
        """Decide how trials are placed and computed, or go on as it was when the study was begun."""
        placement = place(self.study, executor, data, self._where, record.get("placement"))
        record["placement"] = placement.facts()
        self.folder.write(record)
        self.observer.say(f"trials   {placement.told()}; {self._where.workers} at once")
        if told := placement.computed():
            self.observer.say(f"numerics {told}")
        return placement


def _is_open(phase: Phase) -> bool:
    """Whether trials are to be trained, or have results that are still to be written down."""
    return bool(phase.left(0) or phase.record.running())
