"""Promotion: from a trained student to a registered model, or to nothing at all.

The steps, in this order: check the names; wrap preprocessing and network into one module; export it and log
it beside its run; load it in a process without kdorch and compare; register, link, describe, and point the
alias. What a failure at any step leaves, or a kill, `underway` takes back.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from kdorch.errors import PromotionError
from kdorch.shipping.artifact import digest, save
from kdorch.shipping.card import Card, render
from kdorch.shipping.champion import Succession
from kdorch.shipping.environment import installed
from kdorch.shipping.explaining import explained
from kdorch.shipping.names import check_alias, check_model_name
from kdorch.shipping.registry import Registry
from kdorch.shipping.standing import Standing
from kdorch.shipping.usage import Usage
from kdorch.shipping.verification import verify
from kdorch.shipping.wrapping import BATCH_SIZES, answers, unit, wrap

_SQLITE = "sqlite:///"
_ROWS = max(BATCH_SIZES)


@dataclass(frozen=True)
class Shipment:
    """All that is needed to ship one student.

    Attributes:
        network: The student with its weights; takes prepared inputs, returns a logits tensor or an object
            with the attribute ``logits``.
        preprocessing: From rows as the dataset ships them to what the network takes; may be ``nn.Identity``.
            Floating-point inputs that it makes reach the network in the network's precision.
        example: At least seven rows as the dataset ships them, batch first; three travel with the model.
        labels: Names of the outputs, in their order; empty where there are none.
        run_id: The MLflow run that trained the student.
        card: The facts of the model card.
        decoder: From logits to what a client expects; None if they are just that.
        standing: How it tested, for those that come after it; None of a student that was never confirmed.
    """

    network: nn.Module
    preprocessing: nn.Module
    example: NDArray[Any]
    labels: tuple[str, ...]
    run_id: str
    card: Card
    decoder: nn.Module | None = None
    standing: Standing | None = None


@dataclass(frozen=True)
class Promoted:
    """A registered student.

    Attributes:
        name: The registered model.
        version: Its new version, from 1.
        uri: ``models:/name@alias``, or ``models:/name/version`` without an alias.
        model_id: The logged model behind the version.
        card: The model card, in markdown.
        previous: The version whose place it took; None if nothing had the alias.
        comparison: How it compares with that one, as the rest of a sentence.
        new: Whether it was registered now, and was not there already.
    """

    name: str
    version: int
    uri: str
    model_id: str
    card: str
    previous: int | None = None
    comparison: str = ""
    new: bool = True


def promote(
    shipment: Shipment,
    *,
    tracking_uri: str,
    model: str,
    alias: str | None,
    mark: str,
    succession: Succession,
    say: Callable[[str], None],
) -> Promoted:
    """Ship a student to an MLflow registry, verified in a process without kdorch.

    Args:
        shipment: The student and the facts about it. Its modules are copied, never changed.
        tracking_uri: The MLflow server or database that holds the run and the registry.
        model: Name of the registered model; made if it does not exist, else gains a version.
        alias: Name to point at the new version, such as ``champion``; None for none.
        mark: On all that is made, by which `underway` knows it.
        succession: Whose place it takes, and why it may.
        say: Hears which step is taken.

    Returns:
        Where the student now is.

    Raises:
        PromotionError: A name is refused, the student cannot be exported, its export does not run or answers
            differently, MLflow refuses, or somebody else has moved the alias. `underway` then takes back
            what was registered.
    """
    _check(shipment, model, alias)
    with explained("the student does not run on the example rows"):
        module = wrap(shipment.preprocessing, shipment.network, shipment.decoder)
        example = np.array(shipment.example[:_ROWS])  # a memory map may be read-only, which torch refuses
        expected = answers(module, example)
    logits = expected[_ROWS]
    _check_labels(shipment.labels, logits)
    uri = _absolute(tracking_uri)
    with (
        TemporaryDirectory(prefix="kdorch-promote-") as folder,
        # MLflow meets deprecations of newer SQLAlchemys; nothing the caller could act on.
        warnings.catch_warnings(action="ignore", category=DeprecationWarning),
        explained(f"MLflow refused to take model {model!r}", uri=uri),
    ):
        registry, files = Registry(uri, mark), Path(folder, "model")
        say("exporting it with its preprocessing")
        saved = save(
            module,
            files,
            example=example,
            logits=logits,
            labels=shipment.labels,
            columns=shipment.card.columns,
            encoding=shipment.card.encoding,
            metadata=_metadata(shipment),
        )
        say("comparing its answers in a process without kdorch")
        model_id = registry.log_model(saved, files, shipment.run_id)
        verify(model_id, files, uri, example, expected, unit(module, example))
        say(f"registering it as {model}")
        tags = _tags(shipment) | {"kdorch.digest": digest(files)} | (succession.tags(alias) if alias else {})
        version = registry.register(model, model_id, tags)
        address = f"models:/{model}@{alias}" if alias else f"models:/{model}/{version}"
        usage = _usage(shipment, logits, address)
        card = render(replace(shipment.card, usage=usage, succession=_succession(succession, model, alias)))
        registry.link(shipment.run_id, model_id)
        registry.describe(model, version, model_id, card)
        if alias:
            registry.point(alias, model, version, succession.previous)
    return Promoted(model, version, address, model_id, card, succession.previous, succession.told)


def _check(shipment: Shipment, model: str, alias: str | None) -> None:
    check_model_name(model)
    if alias is not None:
        check_alias(alias)
    example = shipment.example
    if example.dtype.kind not in "biuf" or example.ndim == 0 or len(example) < _ROWS:
        raise PromotionError(
            f"the example must hold at least {_ROWS} numeric rows, batch first, to verify the export "
            f"at batch sizes {', '.join(map(str, BATCH_SIZES))}; it has dtype {example.dtype} and shape "
            f"{example.shape}."
        )


def _check_labels(labels: tuple[str, ...], logits: NDArray[Any]) -> None:
    outputs = logits.shape[-1] if logits.ndim > 1 else 1
    named = {outputs, 2} if outputs == 1 else {outputs}  # one logit can tell two classes apart
    if labels and len(labels) not in named:
        raise PromotionError(
            f"{len(labels)} names for {outputs} outputs: answers would be named wrongly. "
            "Give one name per output, in their order, or none."
        )


def _absolute(tracking_uri: str) -> str:
    """Anchor a relative SQLite path, because verification works in a folder of its own."""
    if not tracking_uri.startswith(_SQLITE):
        return tracking_uri
    return _SQLITE + str(Path(tracking_uri.removeprefix(_SQLITE)).absolute())


def _metadata(shipment: Shipment) -> dict[str, object]:
    return {
        "labels": list(shipment.labels),
        "study": shipment.card.study,
        "trial": shipment.card.trial,
        "data_digest": shipment.card.data_digest,
        "kdorch_version": installed("kdorch"),
    }


def _tags(shipment: Shipment) -> dict[str, str]:
    card = shipment.card
    return {
        "kdorch.study": card.study,
        "kdorch.trial": str(card.trial),
        "kdorch.data_digest": card.data_digest,
        "kdorch.version": installed("kdorch"),
    } | (shipment.standing.tags() if shipment.standing else {})


def _succession(succession: Succession, model: str, alias: str | None) -> str:
    """Return whose place the student takes, in sentences for its card."""
    told = []
    if alias and succession.previous is not None:
        how = f": {succession.told}" if succession.told else ""
        told.append(f"It took the place of version {succession.previous} of {model} as {alias}{how}.")
    if succession.forced:
        told.append(f'Somebody decided that by hand: "{succession.forced}".')
    return " ".join(told)


def _usage(shipment: Shipment, logits: NDArray[Any], address: str) -> Usage:
    return Usage(
        uri=address,
        dtype=str(shipment.example.dtype),
        row_shape=shipment.example.shape[1:],
        output_shape=logits.shape[1:],
        labels=shipment.labels,
    )
