"""Take a study's page out of MLflow, so that its name is free and what was there can be brought back."""

from __future__ import annotations

import time
from dataclasses import dataclass

from kdorch.tracking.address import connect
from kdorch.tracking.asking import all_runs, explained


@dataclass(frozen=True)
class Page:
    """What MLflow holds of a study.

    Attributes:
        experiment: Its experiment's id.
        name: Its experiment's name, which somebody may have changed.
        runs: How many runs are in it.
        models: Versions in the registry that came from them, as in ``toy 1``.
    """

    experiment: str
    name: str
    runs: int
    models: tuple[str, ...]


def find_page(uri: str, study: str, identity: str) -> Page | None:
    """Return the page of a study, if there is one that was not deleted.

    Args:
        uri: The tracking server or database.
        study: The study's name.
        identity: The study's identity: an experiment of its name may be somebody else's.

    Raises:
        TrackingError: If nobody answers.
    """
    client = connect(uri)
    with explained(uri, "refused"):
        found = client.search_experiments(filter_string=f"tags.`kdorch.identity` = '{identity}'")
        if not found:
            return None
        runs = {run.info.run_id for run in all_runs(client, [found[0].experiment_id])}
        versions = client.search_model_versions(f"tags.`kdorch.study` = '{study}'")
    models = sorted(f"{each.name} {each.version}" for each in versions if each.run_id in runs)
    return Page(str(found[0].experiment_id), found[0].name, len(runs), tuple(models))


def remove_page(uri: str, page: Page) -> str:
    """Rename and delete an experiment; return its new name.

    MLflow keeps the name of a deleted experiment in use, so it is renamed first.

    Raises:
        TrackingError: If MLflow refuses.
    """
    client = connect(uri)
    name = f"{page.name}-deleted-{time.strftime('%Y%m%d-%H%M%S')}"
    with explained(uri, "refused"):
        client.rename_experiment(page.experiment, name)
        client.delete_experiment(page.experiment)
    return name
