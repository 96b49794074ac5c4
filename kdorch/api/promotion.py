"""Bring the chosen student to the MLflow model registry."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kdorch.api.card import card_of
from kdorch.api.results import Results
from kdorch.errors import PromotionError

if TYPE_CHECKING:
    import pandas as pd

    from kdorch.shipping.promotion import Promoted, Shipment


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
    the one in the ledger. A failure at any step registers nothing.

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
        PromotionError: If it is not confirmed, or cannot be shipped.
    """
    from kdorch.api import tracking_uri
    from kdorch.search.logbook import same_place
    from kdorch.shipping.promotion import promote as ship
    from kdorch.tracking.database import local_uri

    same_place(results.name, results.record["tracking"], tracking_uri())
    chosen = results.choose(trial=trial, within_share=within_share, maxima=maxima)
    number = int(chosen["trial"])
    row = _seed_to_ship(results, chosen, unconfirmed=unconfirmed)
    uri = tracking_uri() or local_uri(results.home.path)
    return ship(_shipment(results, number, row, uri), tracking_uri=uri, model=model, alias=alias)


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


def _shipment(results: Results, number: int, row: pd.Series[Any], uri: str) -> Shipment:
    import numpy as np
    import torch
    from safetensors.torch import load_file

    from kdorch.discovery import installed
    from kdorch.shipping.promotion import Shipment
    from kdorch.teaching.teacher import stored_task

    sys.path += [folder for folder in results.record["folders"] if folder not in sys.path]
    data = Path(results.record["data"]["path"])
    task = stored_task(data)
    example = np.load(data / "example.npy")
    preprocessing = results.study.data.preprocess(torch.from_numpy(example))
    preprocessing.load_state_dict(load_file(data / "preprocessing.safetensors"))
    tree = _bound(results, number)
    network = installed().part("student", tree["student"]).build(task).eval()
    with torch.no_grad():
        network(preprocessing(torch.from_numpy(example)))  # lets lazy layers take their shape
    network.load_state_dict(_weights(row["run_id"], row["weights"], uri))
    return Shipment(
        network,
        preprocessing,
        example,
        tuple(getattr(task, "labels", ())),
        row["run_id"],
        card_of(results, number, row, tree),
    )


def _bound(results: Results, number: int) -> dict[str, Any]:
    from kdorch.study.space import bind

    params = next(trial.params for trial in results.searched.complete() if trial.number == number)
    return bind(results.study, params)


def _weights(run_id: str, digest: str, uri: str) -> dict[str, Any]:
    """Fetch a run's weights and make sure that they are the ones that were measured."""
    from hashlib import sha256

    from safetensors.torch import load

    from kdorch.tracking.address import connect

    with TemporaryDirectory() as folder:
        content = Path(connect(uri).download_artifacts(run_id, "student.safetensors", folder)).read_bytes()
    if sha256(content).hexdigest() != digest:
        raise PromotionError(
            f"The weights of run {run_id} are not those that were measured: their digest differs."
        )
    return load(content)  # type: ignore[no-any-return]
