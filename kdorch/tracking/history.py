"""What a run was told while it lasted, read back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kdorch.tracking.address import connect
from kdorch.tracking.asking import explained
from kdorch.tracking.values import CURVES


@dataclass(frozen=True)
class History:
    """One run.

    Attributes:
        tags: All of them.
        curves: Of each curve, its number of each epoch that has one.
    """

    tags: dict[str, str]
    curves: dict[str, dict[int, float]]


def history(run_id: str, uri: str) -> History:
    """Read a run.

    Raises:
        TrackingError: If it is not there, or nobody answers.
    """
    client = connect(uri)
    with explained(uri, f"cannot show run {run_id}"):
        data = client.get_run(run_id).data
        names = [name for name in data.metrics if name.startswith(CURVES)]
        curves = {
            name.removeprefix(CURVES): {
                point.step: point.value for point in client.get_metric_history(run_id, name)
            }
            for name in names
        }
    return History(dict(data.tags), curves)


def curves(run_ids: Iterable[str], metric: str, uri: str) -> dict[str, dict[int, float]]:
    """Return one curve of each run: its number of each epoch that has one.

    Raises:
        TrackingError: If a run is not there, or nobody answers.
    """
    client = connect(uri)
    with explained(uri, "cannot show learning curves"):
        return {
            run_id: {point.step: point.value for point in client.get_metric_history(run_id, CURVES + metric)}
            for run_id in run_ids
        }
