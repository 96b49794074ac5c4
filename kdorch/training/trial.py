"""Trials, from plain values to plain values: what a worker runs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from kdorch.discovery import installed
from kdorch.drift import changes, current_state
from kdorch.errors import TrainingError
from kdorch.kinds import Task
from kdorch.training.alone import fit_alone
from kdorch.training.building import SAMPLE, build
from kdorch.training.by_row import by_row
from kdorch.training.course import Fitted
from kdorch.training.device import home, on_its_device, rows_there, there, told
from kdorch.training.evaluate import evaluate
from kdorch.training.prepared import Bench, Infeasible, Prepared, Report
from kdorch.training.rows import open_rows
from kdorch.training.stack import Unstackable, fit_stacked, likeness, lots


@on_its_device
def run(spec: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Train and measure some students.

    Args:
        spec: What all of them share: ``data`` and ``teacher`` (stored directories; no teacher for a study
            without), ``task``, ``score`` (name, direction), ``measures``, ``limits`` (metric, bound,
            direction), ``budget`` (bytes of rows to hold in memory); where there are such, also ``transfer``
            and ``answers`` (stored directories: what a student is shown of the training rows, what the
            teacher says of their views) and ``features`` (see `features_of`), and ``numerics``: the quickest
            ``memory_format`` and ``precision``, unless a trial has its own; ``every``: after how many seconds
            a training tells its curves, and keeps where it stands.
            ``trials``: of each its ``name``, ``student``, ``losses``, ``train``, ``seed``, ``weights`` (file
            to write), perhaps ``recall``, a teacher with fields that act in each trial, ``bar``, which it has
            to clear or is given up, ``until``, the epoch after which it is given up in any case, ``sample``:
            whether to make something to look at, and with ``every``, ``checkpoint``: the file that keeps
            where it stands, named after all that decides its digits.
        report: Called for each trial with its name under ``trial`` and: before training ``known``, metrics;
            now and then ``curves`` so far; when it is done ``result``, which has ``metrics``, ``curves``,
            ``epoch``, the ``digest`` of the weights, the ``placement`` in words, perhaps the names of its
            ``stack``, itself among them, and perhaps a ``sample``; or ``infeasible``, the limits that are
            broken before training; or ``pruned``, the epoch after which it was given up, with its ``metrics``
            and ``curves`` so far. Where one of a stack diverges, ``error``. Nothing of those that could not
            be trained as if they were alone, as another one had changed this process.

    Raises:
        TrainingError: If the parts of a trial do not fit each other, or training diverges.
    """
    bench, found = Bench(spec, report), current_state()
    alike: dict[Hashable, list[Prepared]] = {}

    def disturbed() -> bool:
        return len(spec["trials"]) > 1 and bool(changes(found))

    for described in spec["trials"]:
        if disturbed():
            return {}
        with _repeatable(**described["train"]):
            try:
                trial = bench.prepare(described)
            except Infeasible as infeasible:
                report({"trial": described["name"], "result": infeasible.result})
                continue
            report({"trial": trial.name, "known": trial.known})
            try:
                alike.setdefault(likeness(trial), []).append(trial)
            except Unstackable as reason:  # at once, as it may draw from the generators that were seeded
                _tell(report, bench, trial, fit_alone(trial), f"alone{trial.numerics}, as {reason}")
    for trials in (lot for each in alike.values() for lot in lots(each)):
        if disturbed():
            return {}
        with _repeatable(**dict(trials[0].settings)):
            _train_together(trials, bench, report, disturbed)
    return {}


def _train_together(
    trials: list[Prepared], bench: Bench, report: Report, disturbed: Callable[[], bool]
) -> None:
    found: Iterable[Fitted | TrainingError] = map(fit_alone, trials)
    placement, stack = "alone", []
    if len(trials) > 1:
        try:
            found, placement = fit_stacked(trials), f"in a stack of {len(trials)}"
            stack = [trial.name for trial in trials]
        except Unstackable as reason:
            placement = f"alone, as {reason}"
    for trial, fitted in zip(trials, found, strict=True):
        _tell(report, bench, trial, fitted, placement, stack)
        if disturbed():
            return


def _tell(
    report: Report,
    bench: Bench,
    trial: Prepared,
    fitted: Fitted | TrainingError,
    placement: str,
    stack: Sequence[str] = (),
) -> None:
    if isinstance(fitted, Fitted):
        placed = {"placement": f"{placement}{told()}"} | ({"stack": list(stack)} if stack else {})
        report({"trial": trial.name, "result": bench.finish(trial, fitted) | placed})
    else:
        report({"trial": trial.name, "error": f"{type(fitted).__name__}: {fitted}"})


@on_its_device
def read_test(spec: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Score stored weights on one split; what a worker runs to read the test.

    Args:
        spec: ``data``, ``task``, ``score``, ``budget`` as above; the ``split``; ``trials``: of each its
            ``name``, ``student`` and ``weights``.
        report: Called for each trial with its name under ``trial``, its ``scores``, and under ``rows``, for
            the score that students are chosen by, what `by_row` returns.
    """
    plugins = installed()
    task: Task = plugins.part("task", spec["task"])
    rows = rows_there(open_rows(Path(spec["data"]), spec["split"], None, budget=spec["budget"]))
    batch, _told = home(next(rows.batches(SAMPLE)))
    quality, _direction = spec["score"]
    for trial in spec["trials"]:
        network, _shown = build(plugins.part("student", trial["student"]), task, batch)
        network.load_state_dict(load_file(trial["weights"]))
        answers = evaluate(there(network), rows, task)
        names = (*task.directions, *task.metrics)
        scores = {name: task.score(name, answers.logits, answers.targets) for name in names}
        single = {quality: by_row(task, quality, answers.logits, answers.targets)}
        report({"trial": trial["name"], "scores": scores, "rows": single})
    return {}


@contextmanager
def _repeatable(*, deterministic: bool = False, **_: Any) -> Iterator[None]:
    """Insist on deterministic algorithms for the duration, when the settings of a training ask for it."""
    before = torch.get_deterministic_debug_mode()
    if deterministic:
        torch.use_deterministic_algorithms(mode=True)  # which imports torch's compiler, to tell that, too
    else:
        torch.set_deterministic_debug_mode("default")
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(before)
