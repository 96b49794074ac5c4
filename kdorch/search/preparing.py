"""Everything that is ready before the first trial: data, placement, teacher, references, what is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from kdorch.errors import ExecutionError
from kdorch.execution import Executor
from kdorch.search import prepare, showing
from kdorch.search.beside import Beside, Entry, Maker
from kdorch.search.estimate import forewarn
from kdorch.search.home import Home
from kdorch.search.inputs import inputs, keep
from kdorch.search.logbook import open_page, pages_of
from kdorch.search.models import models
from kdorch.search.observer import Observer
from kdorch.search.placement import Placement, place
from kdorch.search.reconcile import unsettled
from kdorch.search.record import Record
from kdorch.search.setting import Setting, set_up
from kdorch.search.together import fit_together
from kdorch.search.where import Where
from kdorch.stopwatch import part
from kdorch.study import Study
from kdorch.tracking import Tracker


@dataclass(frozen=True)
class Preparation:
    """Makes a study ready, and notes in its record what there is.

    Attributes:
        study: The study.
        home: Project directory.
        uri: The tracking server, or None for the project's own database.
        executor: Who has workers.
        where: Where jobs compute.
        records: Trials of all phases, those of the search first.
        left: How many of the search are to be trained.
        scratch: How many of the search without the teacher are.
        observer: Who watches.
        record: What is known about the study; what is found out is added to it, and written down.
        connected: Where the study's page is opened, once there is a connection.
    """

    study: Study
    home: Home
    uri: str | None
    executor: Executor
    where: Where
    records: Sequence[Record]
    left: int
    scratch: int
    observer: Observer
    record: dict[str, Any]
    connected: Future[Tracker]

    def make(self) -> tuple[Setting, Beside, Tracker]:
        """Return what all trainings share, what students are compared with, and where both are told.

        Raises:
            StudyError: If parts do not fit each other, or what is there.
            KdorchError: If something cannot be made ready.
        """
        study, executor = self.study, self.executor
        data, shown = self._rows()
        placement = self._placed(data)
        maker = Maker(study, self.home, self.uri, executor, data, self.where)
        forewarn(maker, placement, self.left, self.scratch, self.observer)
        with part("MLflow"):
            tracker = self.connected.result()
        open_page(tracker, study, data, identity=self.record["identity"])
        self._note(**pages_of(tracker), concluded=False)
        beside = Beside(maker, tracker, unsettled(tracker, *self.records), self.observer)
        teacher = self._models(beside, data)
        lessons = showing.lessons(
            study, self.home, executor, (data, teacher, shown), self.where, self.observer
        )
        if study.teacher.raw and "features" in lessons:  # which nobody could be asked for before
            self._try_together(data, teacher["path"], lessons["features"])
        setting = placement.applied(set_up(study, self.home, data, lessons, self.where))
        origin = keep(self.record, inputs(study, executor, setting.shared, setting.threads))
        self._note()
        return replace(setting, inputs=origin, spool=replace(setting.spool, origin=origin)), beside, tracker

    def _rows(self) -> tuple[Entry, Entry | None]:
        """Return the stored data, and what the student is shown of them if that is not all."""
        study, executor = self.study, self.executor
        data = prepare.data(study, self.home, executor, self._wait("data"))
        self._unchanged("data", data)
        rows = ", ".join(f"{count:,} {split}" for split, count in data["facts"]["rows"].items())
        prepare.fits(study, data["facts"]["task"])
        showing.showable(study, executor, data)
        self._try_together(data)  # what is wrong without the teacher need not wait for it
        shown = showing.transfer(study, self.home, executor, data["path"], self._wait("views"))
        self.observer.say(f"data     {rows} (locked){showing.said(study, shown)}")
        for note in data["facts"].get("notes", ()):
            self.observer.say(f"data     {note}")
        return data, shown

    def _models(self, beside: Beside, data: Entry) -> Entry:
        """Make the teacher and then the references ready; return the teacher."""
        first, *others = models(self.study)
        teacher = beside.ready(first, partial(self._unchanged, "teacher"))
        self._try_together(data, teacher["path"])
        references = {model.label: beside.ready(model) for model in others}
        self._note(data=data, teacher=teacher, references=references, concluded=False)
        return teacher

    def _placed(self, data: Entry) -> Placement:
        """Decide how trials are placed and computed, or go on as it was when the study was begun."""
        placement = place(self.study, self.executor, data, self.where, self.record.get("placement"))
        self._note(placement=placement.facts())
        self.observer.say(f"trials   {placement.told()}; {self.where.workers} at once")
        if told := placement.computed():
            self.observer.say(f"numerics {told}")
        return placement

    def _note(self, **facts: Any) -> None:
        self.record.update(facts)
        self.home.study(self.study.name).write(self.record)

    def _wait(self, what: str) -> Callable[[float], None]:
        def waited(seconds: float) -> None:
            if self.connected.done():
                self.connected.result()  # that nothing can be tracked need not wait for what takes long
            self.observer.wait(what, seconds)

        return waited

    def _try_together(
        self, data: Entry, teacher: str | None = None, source: dict[str, Any] | None = None
    ) -> None:
        """Refuse parts that do not fit each other, if there is anything left to search."""
        if self.left > 0:
            try:
                fit_together(self.study, self.executor, data, teacher, source, device=self.where.device)
            except ExecutionError as error:  # one of them took its worker down: others may do better
                self.observer.say(f"warning  the parts could not be tried together: {error}")

    def _unchanged(self, what: str, entry: Entry) -> None:
        """Make sure that a stored entry is the one that the complete trials were trained with."""
        if self.records[0].complete():
            prepare.unchanged(self.study, self.record, what, entry["digest"])
