"""What students are compared with, from the store to the tracker: the teacher, and the references."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kdorch.execution import Executor
from kdorch.search.calling import Wait, call
from kdorch.search.home import Home
from kdorch.search.ledger import Ledger
from kdorch.search.logbook import note_model
from kdorch.search.models import Model, placed
from kdorch.search.observer import Observer
from kdorch.search.prepare import cores, score
from kdorch.search.where import Where
from kdorch.study import Study
from kdorch.tracking import RunRecord, Tracker
from kdorch.tracking.database import local_uri

Entry = dict[str, Any]


def _whatever(_: Entry) -> None:
    """Go on with anything."""


@dataclass(frozen=True)
class Maker:
    """Has workers make models ready, or find them in the store; writes nowhere else.

    Attributes:
        study: The study.
        home: Project directory.
        uri: The tracking server, or None for the project's own database.
        executor: Who has workers.
        data: The stored dataset.
        where: Where jobs compute.
    """

    study: Study
    home: Home
    uri: str | None
    executor: Executor
    data: Entry
    where: Where

    def make(self, model: Model, wait: Wait) -> Entry:
        """Train or load a model, or find it in the store."""
        spec = self._spec(model) | {"tracking": self.uri or local_uri(self.home.path)}
        with placed(model):
            return call(self.executor, "kdorch.teaching.jobs:teacher", spec, wait, threads=cores())

    def is_stored(self, model: Model) -> bool:
        """Return whether a model is in the store; not of one that changes elsewhere, as nobody asks there."""
        found: bool = call(self.executor, "kdorch.teaching.jobs:teacher_stored", self._spec(model))["stored"]
        return found

    def read_test(self, model: Model, entry: Entry) -> Entry:
        """Let a model answer the test rows, once."""
        spec = self._spec(model) | {"entry": entry["path"]}
        with placed(model):
            return call(self.executor, "kdorch.teaching.jobs:teacher_test", spec, threads=cores())

    def _spec(self, model: Model) -> dict[str, Any]:
        return {
            "store": str(self.home.store.resolve()),
            "teacher": model.tree,
            "dataset": self.study.tree()["data"],
            "data": self.data["path"],
            "metrics": list(self.study.metrics),
            "seed": self.study.seed,
            "score": list(score(self.study)),
            "top": self.study.store.top,
            **self.where.spec(),
        }


@dataclass
class Beside:
    """Makes models ready, once, and lets them read the test rows, once.

    Attributes:
        maker: Has workers do it.
        tracker: Where the runs are.
        runs: Those of earlier sessions.
        observer: Who watches.
    """

    maker: Maker
    tracker: Tracker
    runs: Collection[RunRecord]
    observer: Observer
    _noted: list[tuple[Model, Entry, str]] = field(default_factory=list)

    def ready(self, model: Model, accept: Callable[[Entry], None] = _whatever) -> Entry:
        """Train or load a model, or find it in the store; log it, and say how good it is.

        Args:
            model: The teacher or a reference.
            accept: Raises an error if it is not to be gone on with.
        """
        entry = self.maker.make(model, partial(self.observer.wait, model.name))
        accept(entry)
        run, told = note_model(self.maker.study, self.tracker, self.runs, model, entry)
        self._noted.append((model, entry, run))
        self.observer.say(f"{model.name:7}  {told}")
        return entry

    def test(self) -> None:
        """Let each answer the test rows, once, for the confirmed students to be compared with."""
        ledger, data = Ledger(self.maker.home.ledger), self.maker.data["digest"]
        for model, entry, run in self._noted:
            facts = self.maker.read_test(model, entry)["facts"]
            found = facts["test"]
            who = {"study": self.maker.study.name, "who": model.name}
            ledger.add(data, entry["digest"], found, **who, rows=facts.get("single"))
            entry["facts"] |= {"test": found, "sample": facts.get("sample", "")}
            finals = {f"test/{name}": value for name, value in found.items()}
            self.tracker.log(run, curves={}, finals=finals, tags={})
