"""What the command line and a notebook both call."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from kdorch.api.notebook import observer_for
from kdorch.api.promotion import promote
from kdorch.api.reproduction import reproduce
from kdorch.api.results import Results
from kdorch.api.reversal import rollback
from kdorch.discovery import importable, installed
from kdorch.errors import ArgumentError
from kdorch.search import HOME
from kdorch.search.observer import Observer
from kdorch.stopwatch import part, stopwatch
from kdorch.study import Study
from kdorch.tracking import Tracker

__all__ = ["Results", "check", "promote", "reproduce", "rollback", "run"]


def check(study: Study) -> None:
    """Check that the parts of a study fit each other.

    Raises:
        StudyError: With every mistake.
    """
    from kdorch.study.check import check as check_study

    with importable(study.folders):
        check_study(study, installed())


def run(
    study: Study,
    *,
    home: str | Path = HOME,
    workers: int | None = None,
    device: str = "auto",
    trials: int | None = None,
    timeout: float | None = None,
    observer: Observer | None = None,
    folders: Sequence[str | Path] = (),
) -> Results:
    """Run a study, or go on with it, and return what it found.

    Args:
        study: What to search.
        home: Project directory. Runs go to its own MLflow database, or to ``MLFLOW_TRACKING_URI`` if set.
        workers: Trainings at once; one per core by default, on a GPU no more than it has room for.
        device: Where networks are trained: ``auto`` for a GPU if torch sees one, else the CPU; ``cpu``,
            ``cuda``, ``cuda:1``.
        trials: Trials in all, in place of the study's own number.
        timeout: Seconds after which no further trial is begun; one that runs has as long again, and a minute
            at least, before it is called off.
        observer: Hears about progress. By default a notebook shows it, and nobody hears in a script;
            ``kdorch.Observer()`` keeps a notebook quiet, too.
        folders: Directories to import the study's own modules from; by default that of its file and the
            current one.

    Raises:
        ArgumentError: If a number makes no sense.
        KdorchError: If the study is wrong or cannot be run; what is complete is kept.
    """
    stopwatch.restart()
    with part("start-up"):
        from kdorch.search.home import Home
        from kdorch.search.run import Session
        from kdorch.study.check import check as check_study

    def conclusion() -> Callable[[Tracker], None]:
        # Here, as a study that is complete needs neither MLflow nor a picture.
        from kdorch.api.summary import summarise

        return lambda tracker: summarise(Results(study.name, home), tracker)

    _refuse_nonsense(workers, trials, timeout, device)
    session = Session(
        study=study,
        home=Home(Path(home)),
        uri=tracking_uri(Path(home)),
        workers=workers,
        device=device,
        trials=study.search.trials if trials is None else trials,
        deadline=math.inf if timeout is None else time.monotonic() + timeout,
        observer=observer or observer_for(study),
        folders=[str(Path(folder).resolve()) for folder in folders or study.folders],
    )
    with importable(session.folders):
        with part("start-up"):
            check_study(study, installed())
        session.run(conclusion)
    return Results(study.name, home)


def _refuse_nonsense(workers: int | None, trials: int | None, timeout: float | None, device: str) -> None:
    """Refuse what would start nothing; the command line leaves it to this, too."""
    wrong = []
    if workers is not None and workers < 1:
        wrong.append(f"workers should be at least 1, not {workers}. Leave it out for one per core.")
    if trials is not None and trials < 1:
        wrong.append(f"trials should be at least 1, not {trials}. Leave it out for the study's own number.")
    if timeout is not None and not timeout > 0:  # so that it holds for nan, too
        wrong.append(f"timeout should be above 0 seconds, not {timeout}. Leave it out to go on to the end.")
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", device):
        wrong.append(f"device should be auto, cpu, cuda or cuda:1, not {device!r}. Leave it out for auto.")
    if wrong:
        raise ArgumentError("\n".join(wrong))


def tracking_uri(home: Path) -> str | None:
    """Return the tracking server of the environment, or None for the project's own database.

    A process that has opened that very database with ``mlflow.set_tracking_uri`` finds it in its environment.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or None
    scheme, _, path = (uri or "").partition(":///")
    own = scheme == "sqlite" and Path(path).resolve() == home.resolve() / "mlflow.db"
    return None if own else uri
