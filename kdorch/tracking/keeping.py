"""Files that are kept with a run once its study is over."""

from __future__ import annotations

from pathlib import Path

from kdorch.errors import TrackingError
from kdorch.tracking.address import connect
from kdorch.tracking.asking import all_runs, explained


def keep_with_summary(file: Path, name: str, identity: str, uri: str) -> None:
    """Keep a copy of a file with the summary run of a study, in place of one of that name.

    Args:
        file: What to keep.
        name: What it is called there.
        identity: Of the study.
        uri: The tracking server or database.

    Raises:
        TrackingError: If there is no such run, or MLflow refuses.
    """
    client = connect(uri)
    mine = f"tags.`kdorch.identity` = '{identity}'"
    with explained(uri, "does not take the page"):
        pages = [each.experiment_id for each in client.search_experiments(filter_string=mine)]
        runs = [*all_runs(client, pages, f"{mine} AND tags.`kdorch.kind` = 'summary'")]
        if not runs:
            raise TrackingError("the study has no summary run yet, so MLflow does not keep the page.")
        client.log_text(runs[-1].info.run_id, file.read_text(encoding="utf-8"), name)
