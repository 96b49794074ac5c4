"""After a crash: bring Optuna and MLflow back in line before anything new is asked.

Optuna decides. A trial that still runs here belongs to a process that is gone, as the caller holds the study.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Collection

from optuna.trial import FrozenTrial, TrialState

from kdorch.search.endings import VALUES
from kdorch.search.record import INFEASIBLE, PRUNED, Record
from kdorch.search.spool import Spool
from kdorch.tracking import Outcome, RunRecord, Tracker
from kdorch.tracking.values import STATUS

_OUTCOME: dict[TrialState, Outcome] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


def unsettled(tracker: Tracker, *records: Record) -> list[RunRecord]:
    """Return the runs that trials may have to be brought in line with.

    All of them where the run of a trial that is not told has ended: whatever told it was lost with the end of
    the journal.
    """
    runs = tracker.runs(settled=False)
    known = {run.run_id for run in runs} | {None}
    untold = [trial for record in records for trial in record.running()]
    ended = any(trial.user_attrs.get("run_id") not in known for trial in untold)
    return tracker.runs() if ended else runs


def pick_up(
    records: Collection[Record],
    tracker: Tracker,
    runs: Collection[RunRecord],
    spool: Spool,
    *,
    called_off: bool = False,
) -> str:
    """Bring all phases in line, and remove the results that nobody waits for; arguments as of `reconcile`.

    Returns:
        What was interrupted, in words; empty if nothing was.
    """
    found = [reconcile(record, tracker, runs, spool, called_off=called_off) for record in records]
    spool.clear([record.label(trial) for record in records for trial in record.running()])
    salvaged, repeated = (sum(counts) for counts in zip(*found, strict=True))
    if not salvaged + repeated:
        return ""
    return f"after an interruption: {salvaged} salvaged, {repeated} to repeat"


def reconcile(
    record: Record,
    tracker: Tracker,
    runs: Collection[RunRecord],
    spool: Spool,
    *,
    called_off: bool = False,
) -> tuple[int, int]:
    """Salvage the trials whose results had arrived, have the others done again, and correct run states.

    Args:
        record: Trials of one phase.
        tracker: Where their runs are.
        runs: Of the study; those that have ended were told before, and are in line.
        spool: Where results are that had come home: their trials still run, and are completed when the phase
            goes on.
        called_off: Whether somebody stopped the study, so that what ran is not to blame.

    Returns:
        How many trials were salvaged, and how many are repeated.
    """
    by_trial: dict[int, list[RunRecord]] = defaultdict(list)
    for run in runs:
        if run.kind in record.kinds and run.trial is not None:
            by_trial[run.trial].append(run)
    outcomes = [
        _settle(record, trial, by_trial[trial.number], spool, called_off) for trial in record.running()
    ]
    for trial in record.trials(*_OUTCOME):
        _correct(tracker, trial, by_trial[trial.number])
    for trial in record.running():  # whose results are still to be written
        for run in by_trial[trial.number]:
            tracker.end({run.run_id: "failed"})
    return sum(outcomes), len(outcomes) - sum(outcomes)


def _settle(
    record: Record, trial: FrozenTrial, runs: list[RunRecord], spool: Spool, called_off: bool
) -> bool:
    """Tell a trial that still runs, if that is all that is missing; True if what became of it is known."""
    if INFEASIBLE in trial.user_attrs:
        record.prune(trial.number, trial.user_attrs[INFEASIBLE])
        return True
    if PRUNED in trial.user_attrs:
        record.give_up(trial.number, trial.user_attrs[PRUNED])
        return True
    whole = next((run for run in runs if _has_all(run, trial)), None)
    if whole is None and spool.parcel(record.label(trial)).result() is not None:
        return True
    if whole is None:
        record.retry(trial, "interrupted", counts=not called_off, died=False)
        return False
    record.tell(trial.number, json.loads(whole.tags[VALUES]))
    return True


def _has_all(run: RunRecord, trial: FrozenTrial) -> bool:
    """Whether it is the trial's own and has its result, which Optuna has as well, for later readers."""
    if run.run_id != trial.user_attrs.get("run_id") or VALUES not in run.tags:
        return False
    metrics = trial.user_attrs.get("metrics", {})
    wanted = {name for name, value in metrics.items() if math.isfinite(value)}
    return bool(wanted) and wanted <= run.metrics.keys()


def _correct(tracker: Tracker, trial: FrozenTrial, runs: list[RunRecord]) -> None:
    """Give each run of a finished trial its trial's outcome; a run that is not the trial's own has failed."""
    for run in runs:
        own = run.run_id == trial.user_attrs.get("run_id")
        outcome = _OUTCOME[trial.state] if own else "failed"
        if run.status != STATUS[outcome]:
            tracker.end({run.run_id: outcome})
