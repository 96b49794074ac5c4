"""May this student take the place of the one that has the alias?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kdorch.api.results import Results
from kdorch.choosing.crossed import Scored
from kdorch.choosing.succession import Ruling, beats
from kdorch.errors import NotBetterError
from kdorch.search.ledger import Ledger
from kdorch.shipping.champion import Succession, rolled_back_tag
from kdorch.shipping.explaining import explained
from kdorch.shipping.standing import Standing, standing_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

_OR = 'or give a reason for which it shall take its place all the same: --force "REASON"'


def standing(results: Results, number: int) -> Standing | None:
    """Return how a student tested, as it will stand on its version; None if it was never confirmed."""
    seeds = results.confirmed_of(number)
    if not len(seeds):
        return None
    values = {metric: tuple(map(float, seeds[metric])) for metric in _objectives(results)}
    return Standing(results.record["data"]["digest"], tuple(seeds["weights"]), values)


def _objectives(results: Results) -> dict[str, Any]:
    """Return the study's objectives, the first of them on the test rows."""
    (_, first), *others = results.study.objectives.items()
    return {results.test_score: first, **dict(others)}


def succession(
    results: Results,
    number: int,
    run_id: str,
    client: MlflowClient,
    now: ModelVersion | None,
    *,
    model: str,
    alias: str,
    forced: str,
) -> Succession:
    """Return whose place a student takes, and why it may.

    Args:
        results: Of its study.
        number: Its trial.
        run_id: The run whose weights are shipped.
        client: Of the registry.
        now: The version that has the alias.
        model: The registered model.
        alias: The alias.
        forced: The reason for which it takes the place whatever speaks against it; empty for none.

    Raises:
        NotBetterError: If it does not beat the champion, cannot be compared with it, or was rolled back, and
            nobody forces it.
    """
    previous = None if now is None else int(now.version)
    ruling = Ruling(True, "") if now is None else _ruling(results, standing(results, number), now)
    if forced:
        return Succession(previous, ruling.told, forced)
    back = _rolled_back(client, model, alias, run_id)
    if back:
        raise NotBetterError(f"{back} Promote another one, {_OR}.")
    if not ruling.beats:
        raise NotBetterError(
            f"Trial {number} does not beat version {previous} of {model!r}, which has the alias {alias!r}: "
            f"{ruling.told}. Promote another one, or this one without an alias, {_OR}."
        )
    return Succession(previous, ruling.told)


def _rolled_back(client: MlflowClient, model: str, alias: str, run_id: str) -> str:
    """Return that the very same student was rolled back, as a sentence; empty if it was not."""
    with explained(f"MLflow refused to show the versions of model {model!r}", uri=client.tracking_uri):
        versions = client.search_model_versions(f"name = '{model}'")
    for version in versions:
        if version.run_id == run_id and rolled_back_tag(alias) in version.tags:
            when = version.tags[rolled_back_tag(alias)]
            return f"This very student was version {version.version}, which lost {alias!r} again on {when}."
    return ""


def _ruling(results: Results, student: Standing | None, now: ModelVersion) -> Ruling:
    """Compare the student with the champion, if that can be done."""
    held = standing_of(now.tags)
    objectives = _objectives(results)
    if held is None:
        return Ruling(False, "nothing says how that version tested, so they cannot be compared")
    if student is None:
        return Ruling(False, "it was not confirmed, so nobody knows how it tests")
    if held.data != student.data:
        return Ruling(
            False,
            f"that one was tested on other rows (data {held.data[:12]}, here {student.data[:12]}), so they "
            "cannot be compared",
        )
    unknown = [metric for metric in objectives if metric not in held.values]
    if unknown:
        return Ruling(False, f"of that one nobody knows {unknown[0]}, so they cannot be compared")
    (metric, direction), *others = objectives.items()
    ledger = Ledger(results.home.ledger)
    return beats(
        _scored(student, metric, ledger),
        _scored(held, metric, ledger),
        metric,
        direction,
        {name: (student.values[name], held.values[name], best) for name, best in others},
    )


def _scored(found: Standing, metric: str, ledger: Ledger) -> Scored:
    """Return the scores of the seeds, and those of single rows where this project's ledger has them."""
    rows = ledger.rows_of(found.data, dict(enumerate(found.weights)), metric.removeprefix("test/"))
    return Scored(dict(enumerate(found.values[metric])), rows)
