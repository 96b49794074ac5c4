"""A training done again from a study's record: what it reads is found or made again, and nothing is noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kdorch.errors import ExecutionError, StoreError, TrainingError
from kdorch.execution import Executor
from kdorch.search import prepare, showing
from kdorch.search.beside import Entry, Maker
from kdorch.search.calling import call, ignore
from kdorch.search.home import Home
from kdorch.search.inputs import entries, inputs
from kdorch.search.models import Model
from kdorch.search.observer import Observer
from kdorch.search.setting import shared
from kdorch.search.where import Where, where
from kdorch.study import Study
from kdorch.teaching.store import damaged


@dataclass(frozen=True)
class Again:
    """Trains what a session of a study has trained.

    Attributes:
        study: As its record has it.
        home: Project directory.
        uri: The tracking server, or None for the project's own database.
        record: What is known about the study.
        executor: Who has a worker.
        observer: Told what has to be made again.
    """

    study: Study
    home: Home
    uri: str | None
    record: Mapping[str, Any]
    executor: Executor
    observer: Observer

    def ready(self, device: str) -> dict[str, Any]:
        """Return what all trainings of the study share.

        Args:
            device: Where they were; if it is not here, they are where they can be.

        Raises:
            StoreError: If what is stored is not what was written there.
            KdorchError: If something is gone, and cannot be made again.
        """
        study, home, executor = self.study, self.home, self.executor
        there = _there(executor, device)
        data = self._found("data", partial(prepare.data, study, home, executor))
        maker = Maker(study, home, self.uri, executor, data, there)
        teacher = self._found("teacher", partial(maker.make, Model("teacher", study.teacher), ignore))
        shown = showing.transfer(study, home, executor, data["path"], ignore)
        lessons = showing.lessons(study, home, executor, (data, teacher, shown), there, Observer())
        for name, path in entries(lessons).items():
            _refuse_damaged(name, path)
        # It was within the limits then; and how it is computed was decided then.
        numerics = self.record["placement"].get("numerics", {})
        return shared(study, data, lessons, there) | {"limits": [], "numerics": numerics}

    def _found(self, name: str, make: Callable[[], Entry]) -> Entry:
        """Return what the record names, from the store; made again, as a run would, if it is gone."""
        known = self.record[name]
        path = self.home.store.resolve() / name / known["digest"]  # the home may have been moved
        if path.exists():
            _refuse_damaged(name, path)  # before anything is made of it
            return {**known, "path": str(path)}
        self.observer.say(f"{name} is no longer in the store: it is made again")
        return make()

    def inputs(self, common: Mapping[str, Any]) -> dict[str, Any]:
        """Return what they depend on now, besides the study."""
        return inputs(self.study, self.executor, common)

    def train(
        self, common: Mapping[str, Any], specs: Mapping[str, Mapping[str, Any]], name: str, folder: Path
    ) -> dict[str, Any]:
        """Train once.

        Args:
            common: What `ready` has returned.
            specs: Of the trial, and of those that it shares a stack with, in order, by their names.
            name: Of the trial.
            folder: Where weights are written, each by its trial's name.

        Returns:
            Its result, as `kdorch.training.trial.run` reports it.

        Raises:
            KdorchError: If it cannot be trained any more.
        """
        heard: dict[str, Any] = {}

        def hear(data: dict[str, Any]) -> None:
            if data["trial"] == name:
                heard.update(data)

        trials = [{**spec, "name": each, "weights": str(folder / each)} for each, spec in specs.items()]
        call(self.executor, "kdorch.training.trial:run", {**common, "trials": trials}, hear=hear)
        if "result" not in heard:
            raise TrainingError(heard.get("error", "it came to no result"))
        result: dict[str, Any] = heard["result"]
        return result

    def apart(
        self, common: Mapping[str, Any], student: Mapping[str, Any], weights: tuple[Path, Path]
    ) -> float | None:
        """Return how far the logits of two weights are apart; None if some do not fit the student."""
        spec = {**common, "student": student, "weights": list(map(str, weights))}
        found: float | None = call(self.executor, "kdorch.training.apart:run", spec)["logits"]
        return found


def _there(executor: Executor, device: str) -> Where:
    try:
        return where(executor, device, 1)
    except ExecutionError:
        return where(executor, "auto", 1)


def _refuse_damaged(name: str, path: Path) -> None:
    if wrong := damaged(path):
        raise StoreError(
            f"What is stored of {name} in {path} is damaged: {', '.join(wrong)} is not as it was written. "
            f"Delete it, and it is made again: rm -r {path}"
        )
