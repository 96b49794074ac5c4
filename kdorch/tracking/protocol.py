"""What a tracker does, in words that know no MLflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from kdorch.errors import TrackingError
from kdorch.kinds import Direction
from kdorch.tracking.outage import Outage

Kind = Literal["teacher", "reference", "trial", "scratch", "confirm", "baseline", "summary"]
Outcome = Literal["complete", "pruned", "failed"]
Curves = Mapping[str, Sequence[float | None]]
"""Metric to its value after each epoch, None where it was not measured."""

_LONGEST_DIGEST = 36  # MLflow's column


@dataclass(frozen=True)
class DatasetRecord:
    """The data a study is about, as it appears beside its runs.

    Attributes:
        name: For example ``digits``.
        digest: Of the data itself, at most 36 characters; metrics compare when name and digest are the same.
        source: JSON object, where the data came from.
        schema: JSON object; MLflow shows ``{"mlflow_colspec": [{"name": ..., "type": ...}]}`` as columns.
        profile: JSON object, for example ``{"num_rows": 1797}``.

    Raises:
        TrackingError: The digest is empty or too long to be stored.
    """

    name: str
    digest: str
    source: str = "{}"
    schema: str = "{}"
    profile: str = "{}"

    def __post_init__(self) -> None:
        if not 0 < len(self.digest) <= _LONGEST_DIGEST:
            raise TrackingError(
                f"dataset {self.name!r}: its digest has {len(self.digest)} characters, but MLflow stores "
                f"1 to {_LONGEST_DIGEST}. Shorten it, for example to the first 32 hexadecimal digits."
            )


@dataclass(frozen=True)
class Page:
    """What a study's page shows before anybody sets it up.

    Attributes:
        objectives: Metric to direction; the first is the quality, the second the size.
        test: Metrics on the test rows.
        params: Dotted paths of what is searched.
    """

    objectives: Mapping[str, Direction]
    test: Sequence[str]
    params: Sequence[str]


@dataclass(frozen=True)
class RunRecord:
    """One run as the tracker remembers it; what is needed to bring it in line with the study.

    Attributes:
        run_id: The tracker's own id.
        kind: What ran, one of ``Kind``.
        trial: Number of the trial, None for runs that belong to none.
        status: ``RUNNING``, ``FINISHED`` (complete), ``KILLED`` (pruned) or ``FAILED``.
        tags: All tags, the tracker's own included.
        metrics: Finals by name, and the last point of each curve under ``epoch/<name>``.
    """

    run_id: str
    kind: str
    trial: int | None
    status: str
    tags: dict[str, str]
    metrics: dict[str, float]


@dataclass(frozen=True)
class NewRun:
    """A run that is over, to be written at once.

    Attributes:
        name: Shown in the list of runs.
        kind: What ran.
        trial: Number of the trial, if it is one.
        params: Dotted path to value.
        tags: Beside what every run has.
        began: When it did, in seconds since 1970; now if None.
        curves: As in `Tracker.log`.
        finals: As in `Tracker.log`.
        files: Kept with the run.
    """

    name: str
    kind: Kind
    trial: int | None
    params: Mapping[str, Any]
    tags: Mapping[str, str]
    began: float | None = None
    curves: Curves = field(default_factory=dict)
    finals: Mapping[str, float] = field(default_factory=dict)
    files: Sequence[Path] = ()


class Tracker(Protocol):
    """Where runs are written.

    Every method raises ``TrackingError`` when what is behind it refuses, or is away for too long.

    Attributes:
        outage: What is done about a server that is away.
    """

    outage: Outage

    def open(
        self, study: str, note: str, dataset: DatasetRecord, *, identity: str, page: Page | None = None
    ) -> None:
        """Create the study's page, or find it again; must come before anything else.

        Args:
            study: Name of the study and of its page.
            note: Markdown at the top of the page; replaces an older note.
            dataset: Linked to every run and to every metric of a model.
            identity: Of the study; another one of the same name has another, and gets no access.
            page: What is shown; the tracker's own choice if None.
        """

    def start(
        self,
        name: str,
        kind: Kind,
        *,
        trial: int | None,
        params: Mapping[str, Any],
        tags: Mapping[str, str],
        began: float | None = None,
    ) -> str:
        """Begin a run and return its id.

        Args:
            name: Shown in the list of runs.
            kind: What runs.
            trial: Number of the trial, if it is one.
            params: Dotted path to value; values that are too long end in ``… (N characters)``.
            tags: Beside what every run has: ``kdorch.study``, ``.identity``, ``.kind`` and ``.trial``.
            began: When it did, in seconds since 1970; now if None.
        """

    def log(
        self,
        run_id: str,
        *,
        curves: Curves,
        finals: Mapping[str, float],
        tags: Mapping[str, str],
    ) -> None:
        """Write results, in as few calls as possible.

        A curve and a final often share a name, and are not the same number: the final is the chosen epoch's,
        the curve ends with the last. So every curve is written as ``epoch/<name>``, at steps 1 to its length,
        and every final under its own name at step 0. Numbers that are not finite are left out; the tag
        ``kdorch.nonfinite`` names their metrics.

        Args:
            run_id: From ``start``.
            curves: One number an epoch.
            finals: One number each.
            tags: Added to the run's, last of all.
        """

    def write(self, runs: Sequence[NewRun]) -> list[str]:
        """Write runs that are over, all but their ends, and return their ids.

        As ``start`` and ``log`` do, at once: when there are ids everything is there.
        """

    def upload(self, run_id: str, file: Path, folder: str = "") -> None:
        """Keep a copy of ``file`` (a figure, a model) with the run, in ``folder``."""

    def table(self, run_id: str, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep ``rows`` as ``<name>.json``, shown as a table; columns in order of appearance, gaps empty."""

    def end(self, outcomes: Mapping[str, Outcome]) -> None:
        """Close runs: complete, pruned and failed become ``FINISHED``, ``KILLED`` and ``FAILED``.

        Args:
            outcomes: By their ids.
        """

    def runs(self, *, settled: bool = True) -> list[RunRecord]:
        """Return the runs of the study, oldest first, except those that somebody deleted.

        Args:
            settled: With the trials of searches that have ended: thousands, of which each takes a
                millisecond and 10 kB.
        """

    def link_model(
        self, run_id: str, name: str, params: Mapping[str, Any], metrics: Mapping[str, float]
    ) -> str:
        """Make a model entity out of a run that has ended or not, unless there is one, and return its id.

        One that a killed process has left half-made is completed.

        Costs more than the run itself: for the front and the confirmed, not for every trial.

        Args:
            run_id: The run that made the model.
            name: Without any of ``/ : . % " '``.
            params: As in ``start``.
            metrics: Linked to the model and to the study's dataset; what is not finite is left out.
        """

    def url(self, base: str | None = None, *, run_id: str | None = None, charts: bool = False) -> str | None:
        """Return where a browser finds the study, or one run of it.

        Args:
            base: Address of a server that shows this tracker's store; a tracker on a server has its own.
            run_id: One run instead of the whole study.
            charts: The study's trials as charts instead of its runs as a list.

        Returns:
            None when there is no server to look at.
        """
