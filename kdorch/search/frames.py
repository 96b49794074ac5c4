"""The record as tables: one row per complete trial, one per confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optuna.trial import FrozenTrial

from kdorch.choosing.front import metric_values, pareto_front
from kdorch.discovery import installed
from kdorch.search.journal import Journal
from kdorch.search.recipes import Recipes
from kdorch.search.record import PRUNED, Record
from kdorch.search.scratch import Twin, twin_of
from kdorch.stopwatch import part
from kdorch.study import Study
from kdorch.study.metrics import limits

if TYPE_CHECKING:
    import pandas as pd


def open_trials(journal: Journal, study: Study) -> Record:
    """Open the trials of the search."""
    directions = list(study.objectives.values())
    return Record(journal, "search", directions, method=study.search.sampler, seed=study.seed)


def open_scratched(journal: Journal, study: Study) -> Record:
    """Open the trials of the search without a teacher."""
    directions, search = list(study.objectives.values()), study.search
    return Record(journal, "scratch", directions, kinds=("scratch",), method=search.sampler, seed=study.seed)


def open_confirmations(journal: Journal, study: Study) -> Record:
    """Open the trainings of the confirmation."""
    return Record(journal, "confirmation", list(study.objectives.values()), kinds=("confirm", "baseline"))


def trials_frame(record: Record | None) -> pd.DataFrame:
    """Return complete trials: ``trial``, parameters and metrics under their own names, ``run_id``."""
    complete = record.complete() if record else []
    return _frame([{"trial": trial.number} | trial.params | _facts(trial) for trial in complete], "trial")


def pruned_frame(record: Record | None) -> pd.DataFrame:
    """Return pruned trials: ``trial``, parameters, after which ``epoch`` of its ``epochs``, ``run_id``."""
    rows = []
    for trial in record.pruned() if record else ():
        known = trial.user_attrs
        rows.append({"trial": trial.number} | trial.params | known[PRUNED] | {"run_id": known["run_id"]})
    return _frame(rows, "trial")


def confirmations_frame(record: Record | None, *, tuned: bool = False) -> pd.DataFrame:
    """Return complete confirmations: ``candidate``, ``role`` (confirm, baseline), ``seed``, metrics.

    Args:
        record: Of the confirmation.
        tuned: Whether twins have a search of their own; then ``twin`` is the trial of it. A candidate's
            former twins, and those of another kind, are left out.
    """
    complete = record.complete() if record else []
    plans: list[dict[str, Any]] = [trial.user_attrs["plan"] for trial in complete]
    twins = {
        plan["candidate"]: plan.get("twin")
        for plan in plans
        if plan["role"] == "baseline" and ("twin" in plan) == tuned
    }.items()
    rows = [
        plan | _facts(trial)
        for plan, trial in zip(plans, complete, strict=True)
        if plan["role"] == "confirm" or (plan["candidate"], plan.get("twin")) in twins
    ]
    return _frame(rows, "candidate")


def _facts(trial: FrozenTrial) -> dict[str, object]:
    known: dict[str, Any] = trial.user_attrs
    metrics: dict[str, object] = known["metrics"]
    return metrics | {"run_id": known["run_id"], "weights": known["weights"]}


def _frame(rows: list[dict[str, object]], first: str) -> pd.DataFrame:
    import pandas as pd

    if not rows:
        return pd.DataFrame({first: pd.Series(dtype="int64")})
    table = pd.DataFrame(rows)
    # Parameters of a choice leave gaps where it was not taken, for which pandas makes floats of integers.
    gaps = [column for column in table.columns[table.isna().any()] if _is_whole(rows, column)]
    return table.astype(dict.fromkeys(gaps, "Int64"))


def _is_whole(rows: list[dict[str, object]], column: str) -> bool:
    return {type(row[column]) for row in rows if row.get(column) is not None} == {int}


def front_of(study: Study, trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials within the limits that no other beats in every objective, small to large."""
    for limit in limits(study, installed()) if len(trials) else ():
        values = metric_values(trials, [limit.metric])[:, 0]
        trials = trials.iloc[[row for row, value in enumerate(values) if limit.excess(value) <= 0]]
    return pareto_front(trials, study.objectives)


@part("choosing")
def candidates(study: Study, record: Record) -> list[int]:
    """Return the trials to confirm: the best of the front by the first objective."""
    front = front_of(study, trials_frame(record))
    if not study.confirm.top or not len(front):
        return []
    metric, direction = next(iter(study.objectives.items()))
    best = front.sort_values(metric, ascending=direction == "min", kind="stable")
    return [int(number) for number in best["trial"].head(study.confirm.top)]


def recipes(study: Study, searched: Record, scratched: Record | None) -> Recipes:
    """Return what looks up the parameters of complete trials, with the teacher and without."""
    found = [
        {trial.number: trial.params for trial in record.complete()} if record else {}
        for record in (searched, scratched)
    ]
    return Recipes(study, *found)


def twins(study: Study, searched: Record, scratched: Record) -> dict[int, Twin]:
    """Return whom of the search without a teacher each candidate is compared with, if it found anybody."""
    front = front_of(study, trials_frame(scratched))
    metrics = {trial.number: trial.user_attrs["metrics"] for trial in searched.complete()}
    pairs = ((number, twin_of(study, metrics[number], front)) for number in candidates(study, searched))
    return {number: twin for number, twin in pairs if twin}
