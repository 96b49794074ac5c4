"""Bring the chosen student to the MLflow model registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kdorch.api.results import Results
from kdorch.api.weights import where_runs_are
from kdorch.errors import ArgumentError, PromotionError
from kdorch.search.observer import Observer

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.entities.model_registry import ModelVersion

    from kdorch.shipping.promotion import Promoted


def promote(
    results: Results,
    *,
    model: str,
    alias: str | None = None,
    trial: int | None = None,
    within_share: float | None = None,
    maxima: Mapping[str, float] | None = None,
    unconfirmed: bool = False,
    force: str | None = None,
    observer: Observer | None = None,
) -> Promoted:
    """Choose a student, export it, verify it where kdorch is not, register and describe it, then alias it.

    Where a version has the alias, the student must beat it on the same test rows: be better by more than
    chance explains, or as good and better in another objective and worse in none. That version stays, and
    `rollback` goes back to it. If it is that very student, nothing is done.

    Of a confirmed student the seed that is best on the validation rows is shipped, so that its test result is
    the one in the ledger. Today's code rebuilds it, and must do to stored rows what it did then. A failure at
    any step registers nothing, and what a promotion that was killed has left is taken back by the next.

    Args:
        results: Of a study.
        model: Name of the registered model; made if it does not exist.
        alias: Alias to point at the new version.
        trial: This trial; else a rule, as in ``Results.choose``.
        within_share: The smallest within this share of the teacher.
        maxima: The best within these bounds.
        unconfirmed: Ship a student that was never confirmed, whose test result nobody knows.
        force: The reason for which it takes the alias although it does not beat the version that has it, or
            cannot be compared with it; stands on the new version and on its card.
        observer: Hears which step is taken.

    Raises:
        ArgumentError: If a reason is given, and no alias.
        ChoiceError: If no student satisfies the rule.
        StudyError: If the file of its own network has changed.
        TrackingError: If the runs are elsewhere or gone, or cannot be reached.
        BusyError: If another process of this project is promoting as this model.
        NotBetterError: If it does not beat the version that has the alias.
        PromotionError: If it is not confirmed, is not what was measured, or cannot be shipped, or somebody
            else has moved the alias meanwhile.
    """
    from kdorch.api.guard import succession
    from kdorch.discovery import importable
    from kdorch.shipping.champion import Succession, champion
    from kdorch.shipping.explaining import explained
    from kdorch.shipping.names import check_alias, check_model_name
    from kdorch.shipping.underway import underway
    from kdorch.tracking.address import connect

    reason = _reason(force, alias)
    check_model_name(model)
    if alias is not None:
        check_alias(alias)
    results.home.known(results.name)  # it may have been moved since the results were opened
    uri = where_runs_are(results)
    chosen = results.choose(trial=trial, within_share=within_share, maxima=maxima)
    row, number = _seed_to_ship(results, chosen, unconfirmed=unconfirmed), int(chosen["trial"])
    why = results.explain(trial=trial, within_share=within_share, maxima=maxima)
    observer = observer or Observer()
    observer.say(f"asking for {model} in MLflow")
    client = connect(uri)  # before anything is asked of it: MLflow would wait for an answer for minutes
    place = results.home.promotions, client, results.record["tracking"]
    with (
        importable(results.record["folders"]),
        underway(*place, run_id=row["run_id"], model=model, alias=alias) as mark,
    ):
        follows = Succession()
        if alias is not None:
            with explained(f"MLflow refused to say who has {alias!r} of model {model!r}", uri=uri):
                now = champion(client, model, alias)
            if now and now.run_id == row["run_id"] and not reason:
                return _as_it_is(now, alias)
            words = {"model": model, "alias": alias, "forced": reason}
            follows = succession(results, number, row["run_id"], client, now, **words)
        from kdorch.api.shipment import shipment  # here, as who is refused need not wait for torch
        from kdorch.shipping.promotion import promote as ship

        observer.say("rebuilding the student, and comparing it with what was measured")
        found = shipment(results, number, row, uri, why)
        return ship(
            found,
            tracking_uri=uri,
            model=model,
            alias=alias,
            mark=mark,
            succession=follows,
            say=observer.say,
        )


def _reason(force: str | None, alias: str | None) -> str:
    """Return why a student is promoted whatever speaks against it, in one line; empty for no such reason."""
    if force is None:
        return ""
    reason = " ".join(force.split())
    if not reason:
        raise ArgumentError(
            "force (--force) is the reason, which stays with the student: it cannot be empty."
        )
    if alias is None:
        raise ArgumentError(
            "force (--force) is about an alias (--alias) that another version may have: name it."
        )
    return reason


def _as_it_is(version: ModelVersion, alias: str) -> Promoted:
    """Return the student that is there already."""
    from kdorch.shipping.promotion import Promoted

    uri, card = f"models:/{version.name}@{alias}", version.description or ""
    return Promoted(version.name, int(version.version), uri, version.model_id or "", card, new=False)


def _seed_to_ship(results: Results, chosen: pd.Series[Any], *, unconfirmed: bool) -> pd.Series[Any]:
    seeds = results.confirmed_of(int(chosen["trial"]))
    if len(seeds):
        best = results.study.objectives[results.quality] == "max"
        return seeds.sort_values(results.quality, ascending=not best, kind="stable").iloc[0]
    if unconfirmed:
        return chosen
    known = sorted(set(results.confirmed["candidate"])) if len(results.confirmed) else []
    raise PromotionError(
        f"Trial {int(chosen['trial'])} was not confirmed on fresh seeds, so nobody knows how it tests. "
        f"Confirmed: {', '.join(map(str, known)) or 'none'}. Choose one with --trial, raise confirm.top and "
        "run the study again, or add --unconfirmed."
    )
