"""Before a study costs anything: what is strange about it, and what it will take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdorch.discovery import importable
from kdorch.search import HOME
from kdorch.study import Study

if TYPE_CHECKING:
    from kdorch.search.estimate import Estimate

_START = 5.0  # seconds until a run has imported what it needs, here and in its workers


@dataclass(frozen=True)
class Rehearsal:
    """What is known of a study before it runs.

    Attributes:
        rows: Rows of each split.
        notes: What was mended in the data.
        warnings: What could make its results look better than they are.
        estimate: Time and disk.
    """

    rows: dict[str, int]
    notes: list[str]
    warnings: list[str]
    estimate: Estimate

    def facts(self) -> dict[str, Any]:
        """Return it as JSON takes it: rows, notes, warnings, ``seconds`` (least, most), bytes."""
        seconds = [self.estimate.whole(training) for training in self.estimate.training]
        return {
            "rows": self.rows,
            "notes": self.notes,
            "warnings": self.warnings,
            "seconds": seconds,
            "bytes": self.estimate.disk,
        }


def rehearse(study: Study, *, home: str | Path = HOME, workers: int | None = None) -> Rehearsal:
    """Prepare the data and try a few steps of the smallest and the largest student.

    Args:
        study: One that has been checked.
        home: Project directory; the prepared data stay in its store, for the run.
        workers: Trainings at once; one per core by default.

    Raises:
        StudyError: If parts do not fit each other, as far as that is seen without the teacher.
        KdorchError: If the data cannot be used.
    """
    from kdorch.execution import LocalExecutor
    from kdorch.search import prepare
    from kdorch.search.beside import Maker
    from kdorch.search.estimate import cautions, estimate
    from kdorch.search.home import Home
    from kdorch.search.placement import place
    from kdorch.search.run import PRELOAD
    from kdorch.search.scratch import budget
    from kdorch.search.showing import showable
    from kdorch.search.together import fit_together
    from kdorch.search.where import where

    folders = [str(folder) for folder in study.folders]
    with importable(folders), LocalExecutor(1, preload=PRELOAD, sys_path=folders) as executor:
        project = Home(Path(home))
        data = prepare.data(study, project, executor)
        prepare.fits(study, data["facts"]["task"])
        showable(study, executor, data)
        fit_together(study, executor, data)
        found = where(executor, "auto", workers)
        placement = place(study, executor, data, found)
        maker = Maker(study, project, None, executor, data, found)
        trials = study.search.trials
        scratch = budget(study, trials) if study.confirm.searched else 0
        expected = estimate(maker, placement, trials=trials, scratch=scratch, start=_START)
    facts = data["facts"]
    return Rehearsal(facts["rows"], facts.get("notes", []), cautions(study, data), expected)
