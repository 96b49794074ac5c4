"""What a training will cost here, from a few steps of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from kdorch.discovery import installed
from kdorch.kinds import Loss
from kdorch.study import Train
from kdorch.training.building import SAMPLE, build, seed
from kdorch.training.loop import fit
from kdorch.training.objective import Objective
from kdorch.training.rows import head, open_rows

_STEPS = 16


def run(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Train a network on the labels for a few steps; what a worker runs.

    Args:
        spec: ``data`` (stored directory), ``task``, ``network``, ``train``, ``score`` (name, direction),
            ``budget`` (bytes of rows to hold in memory), and ``rows``: how many are trained on, None for all.

    Returns:
        ``seconds`` of the whole training, validation included, ``bytes`` of the weights, and ``features``:
        how many numbers each has for one row.

    Raises:
        TrainingError: If the network does not fit the data.
    """
    plugins, data = installed(), Path(spec["data"])
    task, settings = plugins.part("task", spec["task"]), Train(**spec["train"])
    train, validation = (
        open_rows(data, split, None, budget=spec["budget"]) for split in ("train", "validation")
    )
    count = spec["rows"] or len(train)
    share = min(1.0, _STEPS * settings.batch / count)
    few = [head(train, math.ceil(share * count)), head(validation, math.ceil(share * len(validation)))]
    batch, _told = next(validation.batches(SAMPLE))
    seed(0)
    network, shown = build(plugins.part("student", spec["network"]), task, batch)
    supervised = cast("Loss", plugins.find("loss", "task")())
    objective = Objective({"task": supervised}, task, shown, None)
    once = settings.model_copy(update={"epochs": 1, "lr": 1e-6})  # too slow to diverge
    for _again in range(2):  # the first one imports what the first optimiser of a process needs
        fitted = fit(network, objective, few[:1], few[1], task, once, seed=0, score=tuple(spec["score"]))
    weights = sum(tensor.nbytes for tensor in network.state_dict().values())
    features = {name: feature[0].numel() for name, feature in shown.features.items()}
    return {"seconds": settings.epochs * fitted.seconds / share, "bytes": weights, "features": features}
