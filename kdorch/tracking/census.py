"""How many runs MLflow shows as finished, to be compared with the record."""

from __future__ import annotations

from kdorch.tracking.address import connect
from kdorch.tracking.asking import all_runs, explained

_TRAININGS = {"trial", "scratch", "confirm", "baseline"}  # kinds of run that stand for a trial in Optuna


def experiments(uri: str) -> int:
    """Return how many experiments there are.

    Raises:
        TrackingError: If nobody answers, or the database is none.
    """
    client = connect(uri)
    with explained(uri, "cannot be read"):
        return len(client.search_experiments())


def finished(uri: str, identity: str) -> int:
    """Return how many trainings of a study are finished.

    Args:
        uri: The tracking server or database.
        identity: Of the study.

    Raises:
        TrackingError: If MLflow refuses.
    """
    client = connect(uri)
    mine = f"tags.`kdorch.identity` = '{identity}'"
    with explained(uri, "cannot be read"):
        pages = [each.experiment_id for each in client.search_experiments(filter_string=mine)]
        done = all_runs(client, pages, f"{mine} AND attributes.status = 'FINISHED'")
        return sum(run.data.tags.get("kdorch.kind") in _TRAININGS for run in done)
