"""Bring the chosen student to the MLflow model registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kdorch.api.results import Results
from kdorch.api.weights import where_runs_are
from kdorch.errors import PromotionError

if TYPE_CHECKING:
    import pandas as pd

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
) -> Promoted:
    """Choose a student, export it, verify it where kdorch is not, register and describe it, then alias it.

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

    Raises:
        ChoiceError: If no student satisfies the rule.
        StudyError: If the file of its own network has changed.
        TrackingError: If the runs are elsewhere or gone, or cannot be reached.
        BusyError: If another process is promoting a student of this study.
        PromotionError: If it is not confirmed, is not what was measured, or cannot be shipped.
    """
    from kdorch.api.shipment import shipment
    from kdorch.discovery import importable
    from kdorch.shipping.promotion import promote as ship
    from kdorch.shipping.underway import underway

    results.home.known(results.name)  # it may have been moved since the results were opened
    uri = where_runs_are(results)
    chosen = results.choose(trial=trial, within_share=within_share, maxima=maxima)
    row = _seed_to_ship(results, chosen, unconfirmed=unconfirmed)
    with importable(results.record["folders"]):
        found = shipment(results, int(chosen["trial"]), row, uri)
        with underway(results.folder.promotion, uri, run_id=row["run_id"], model=model, alias=alias) as mark:
            return ship(found, tracking_uri=uri, model=model, alias=alias, mark=mark)


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
