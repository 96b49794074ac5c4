"""Learning curves of the front, and of the chosen student with the teacher and without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kdorch.api.results import Results
from kdorch.reporting.page.blocks import UNKNOWN, Block, Picture, Section, Table, row
from kdorch.reporting.page.curves import curves_svg
from kdorch.reporting.page.wording import score

_MEMBERS = 8  # of the front: more curves cannot be told apart
_ROWS = 120  # of a table

Curve = dict[int, float]


def learning_section(results: Results, uri: str) -> Section | None:
    """Return the curves, read from MLflow; None if there are none.

    Raises:
        TrackingError: If they cannot be read.
    """
    from kdorch.tracking.history import curves

    quality, chosen = results.quality, int(results.choose()["trial"])
    runs = _members(results, chosen)
    found = {
        name: curve
        for name, curve in zip(runs, curves(runs.values(), quality, uri).values(), strict=True)
        if curve
    }
    blocks: list[Block] = []
    if found:
        strong = f"trial {chosen}"
        whose = f"{len(found)} trials of the front; {strong}, the chosen one, is the thick line"
        told = f"{quality} after each epoch of {whose if len(found) > 1 else strong}."
        blocks.append(_picture(results, "learning", found, strong, told))
    roles = {"with the teacher": "confirm", "without it": "baseline"}
    pair = {}
    for who, role in roles.items():
        seeds = results.confirmed_of(chosen, role)
        if len(seeds):
            pair[who] = _mean(curves(seeds["run_id"], quality, uri).values())
    pair = {who: curve for who, curve in pair.items() if curve}
    if len(pair) > 1:
        told = (
            f"Trial {chosen} with the teacher and without: {quality} after each epoch, mean over the seeds."
        )
        blocks.append(_picture(results, "pair", pair, "with the teacher", told))
    return Section("learning", "Learning curves", blocks) if blocks else None


def _members(results: Results, chosen: int) -> dict[str, str]:
    """Return the run of each trial to show, by name: of many, some all along the front."""
    front = results.front
    kept = front.iloc[:: -(-len(front) // _MEMBERS)]
    shown = front[front["trial"].isin([*kept["trial"], chosen])]
    return {f"trial {trial}": run for trial, run in zip(shown["trial"], shown["run_id"], strict=True)}


def _mean(curves: Iterable[Mapping[int, float]]) -> Curve:
    """Return the mean over the epochs that all of them have."""
    every = list(curves)
    shared = sorted(set.intersection(*(set(curve) for curve in every))) if every else []
    return {epoch: sum(curve[epoch] for curve in every) / len(every) for epoch in shared}


def _picture(results: Results, name: str, found: dict[str, Curve], strong: str, told: str) -> Picture:
    drawn = curves_svg(results.quality, found, strong, results.teacher.get(results.quality), told, name)
    epochs = sorted({epoch for curve in found.values() for epoch in curve})
    kept = epochs[:: -(-len(epochs) // _ROWS)]
    rows = [
        row([str(epoch), *(score(c[epoch]) if epoch in c else UNKNOWN for c in found.values())])
        for epoch in kept
    ]
    return Picture(drawn, told, Table("The numbers", ["epoch", *found], rows, folded=True))
