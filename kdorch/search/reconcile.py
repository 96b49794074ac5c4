"""After a crash: bring Optuna and MLflow back in line before anything new is asked.

Optuna decides. A trial that still runs here belongs to a process that is gone, as the caller holds the study.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Collection

from optuna.trial import FrozenTrial, TrialState

from kdorch.search.books import VALUES
from kdorch.search.record import INFEASIBLE, PRUNED, Record
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
    untold = [trial for record in records for trial in record.trials(TrialState.RUNNING)]
    ended = any(trial.user_attrs.get("run_id") not in known for trial in untold)
    return tracker.runs() if ended else runs


def reconcile(
    record: Record,
    tracker: Tracker,
    runs: Collection[RunRecord],
    kinds: Collection[str],
    *,
    called_off: bool = False,
) -> tuple[int, int]:
    """Salvage the trials whose results had arrived, have the others done again, and correct run states.

    Args:
        record: Trials of one phase.
        tracker: Where their runs are.
        runs: Of the study; those that have ended were told before, and are in line.
        kinds: The kinds of run that belong to this phase.
        called_off: Whether somebody stopped the study, so that what ran is not to blame.

    Returns:
        How many trials were salvaged, and how many are repeated.
    """
    by_trial: dict[int, list[RunRecord]] = defaultdict(list)
    for run in runs:
        if run.kind in kinds and run.trial is not None:
            by_trial[run.trial].append(run)
    unfinished = record.trials(TrialState.RUNNING)
    outcomes = [_settle(record, trial, by_trial[trial.number], called_off) for trial in unfinished]
    for trial in record.trials(*_OUTCOME):
        _correct(tracker, trial, by_trial[trial.number])
    return sum(outcomes), len(outcomes) - sum(outcomes)


def _settle(record: Record, trial: FrozenTrial, runs: list[RunRecord], called_off: bool) -> bool:
    """Tell a trial that still runs; True if what became of it was known."""
    if INFEASIBLE in trial.user_attrs:
        record.prune(trial.number, trial.user_attrs[INFEASIBLE])
        return True
    if PRUNED in trial.user_attrs:
        record.give_up(trial.number, trial.user_attrs[PRUNED])
        return True
    whole = next((run for run in runs if _has_all(run, trial)), None)
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
            tracker.end(run.run_id, outcome)
