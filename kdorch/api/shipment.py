"""The chosen student, rebuilt by today's code and proved to be the one that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kdorch.api.card import card_of
from kdorch.api.guard import standing
from kdorch.api.proof import differences, same_inputs
from kdorch.api.results import Results
from kdorch.api.stored import Stored, read_store
from kdorch.api.weights import fetch
from kdorch.errors import PromotionError

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor, nn

    from kdorch.shipping.promotion import Shipment
    from kdorch.training.evaluate import Answers


def shipment(results: Results, number: int, row: pd.Series[Any], uri: str, why: str) -> Shipment:
    """Return all that is needed to ship a student.

    Args:
        results: Of its study.
        number: Its trial.
        row: The training whose weights are shipped.
        uri: Where the runs of the study are.
        why: Why it was chosen, in sentences.

    Raises:
        StudyError: If the file of its own network has changed.
        PromotionError: If something that it needs is gone, or the code behind it does not do what it did when
            it was measured.
    """
    from kdorch.shipping.promotion import Shipment
    from kdorch.study.space import bind

    _check_code(results)
    stored = read_store(results)
    preprocessing = _preprocessing(results, stored)
    params = next(trial.params for trial in results.searched.complete() if trial.number == number)
    tree = bind(results.study, params)
    network, answers = rebuilt(
        results, tree["student"], row, stored, fetch(row["run_id"], row["weights"], uri)
    )
    return Shipment(
        network,
        preprocessing,
        stored.raw.numpy(),
        stored.task.names,
        row["run_id"],
        card_of(results, number, row, tree, stored.task, answers, why),
        stored.task.decoder(),
        standing(results, number),
    )


def _check_code(results: Results) -> None:
    """Make sure that the student's own code is what it was."""
    from kdorch.search.prepare import same_sources
    from kdorch.shipping.explaining import explained

    # The teacher and the losses are not shipped, and a checkpoint may have been thrown away by now.
    sources: Mapping[str, str] = results.record["sources"]
    shipped = {path: digest for path, digest in sources.items() if path.partition(".")[0] == "student"}
    with explained("The student's own module cannot be found", _changed(results)):
        same_sources(results.study, shipped)


def _preprocessing(results: Results, stored: Stored) -> nn.Module:
    from torch import no_grad

    from kdorch.shipping.explaining import explained

    who = f"The preprocessing of dataset {results.study.data.name!r}"
    with explained(f"{who} cannot be rebuilt", _changed(results)), no_grad():
        preprocessing = results.study.data.preprocess(stored.raw).eval()
        preprocessing.load_state_dict(stored.state)
        prepared = preprocessing(stored.raw)
    if not same_inputs(prepared, stored.prepared):
        raise PromotionError(
            f"{who} makes other inputs of the training rows than those that the student was trained on. "
            f"{_changed(results)}"
        )
    return preprocessing


def rebuilt(
    results: Results,
    part: dict[str, Any],
    row: pd.Series[Any],
    stored: Stored,
    weights: Mapping[str, Tensor],
) -> tuple[nn.Module, Answers]:
    """Return a student with its weights, if it scores what was measured, and its answers to validation rows.

    Args:
        results: Of its study.
        part: The student as a tree, its parameters filled in.
        row: Its training: the run, and metrics.
        stored: Data to prove it by.
        weights: Of that training.

    Raises:
        PromotionError: If it does not, or cannot be built.
    """
    from kdorch.discovery import installed
    from kdorch.shipping.explaining import explained
    from kdorch.training.building import SAMPLE, build
    from kdorch.training.evaluate import evaluate

    who = f"The student of run {row['run_id']}"
    with explained(f"{who} cannot be rebuilt", _changed(results)):
        sample, _ = next(stored.validation.batches(SAMPLE))
        network, _ = build(installed().part("student", part), stored.task, sample)
        network.load_state_dict(weights)
        answers = evaluate(network, stored.validation, stored.task)
        found = differences(row.to_dict(), answers, stored.task)
    if found:
        raise PromotionError(
            f"{who}, with the same weights, does not score what was measured: {', '.join(found)}. "
            f"{_changed(results)}"
        )
    return network, answers


def _changed(results: Results) -> str:
    """Return why something is not as it was measured, and what to do."""
    commit = results.record.get("commit")
    when = f"at commit {commit}" if commit else "when the study was run"
    return (
        f"The code behind it, or a package that this uses, is not what it was {when}. Put that back, or run "
        "the study again under a new name."
    )
