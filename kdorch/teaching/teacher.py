"""The teacher, made ready once; what it says about each row is stored and read by every trial."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from kdorch.discovery import installed
from kdorch.errors import DataError
from kdorch.kinds import Batch, Dataset, Direction, Output, Task, Teacher
from kdorch.study.storing import bytes_of
from kdorch.teaching.answers import answer_all
from kdorch.teaching.classroom import Classroom
from kdorch.teaching.folding import OutOfFold, folds
from kdorch.teaching.raw import RawRows, hearing
from kdorch.teaching.store import Entry, Store, digest
from kdorch.training.building import SAMPLE
from kdorch.training.device import answers_there
from kdorch.training.rows import open_rows
from kdorch.training.weights import storable

ALGORITHM = 4  # raise it when the same teacher would come out different
_SINGLE = 4  # bytes of a number in single precision


def make_ready(
    store: Store,
    teacher: Teacher,
    origin: str,
    data: Path,
    *,
    seed: int,
    score: tuple[str, Direction],
    budget: int,
    metrics: Sequence[str] = (),
    tracking_uri: str = "",
    dataset: Dataset | None = None,
    top: int | None = None,
) -> Entry:
    """Train or load the teacher and store its state and its answers to training and validation rows, once.

    Args:
        store: Where to store them.
        teacher: The teacher.
        origin: Who offers it and its network (`Plugins.origins`).
        data: Directory of the stored dataset.
        seed: Initial weights and order of the rows.
        score: The task's score that chooses its best epoch.
        budget: Bytes of rows that may be held in memory.
        metrics: Further scores, by their torchmetrics names; one may be the one that chooses.
        tracking_uri: The MLflow server or database of the study.
        dataset: What ships the rows, for a teacher that takes them as they are.
        top: How many entries of each distribution are stored; None for the logits as they are.

    Raises:
        DataError: If its answers are not finite, or its logits not of the task's shape.
    """
    classroom = Classroom(
        stored_task(data, metrics),
        data,
        seed,
        score,
        budget,
        tracking_uri,
        RawRows(dataset) if teacher.raw and dataset else None,
    )
    teacher = teacher.settled(classroom)
    key = _key(teacher, origin, data, seed, score, top)
    classroom.checkpoints = store.root / "checkpoints" / digest(key)
    made = store.make("teacher", key, lambda folder: _write(folder, teacher, classroom, top))
    shutil.rmtree(classroom.checkpoints, ignore_errors=True)
    return made


def is_ready(
    store: Store,
    teacher: Teacher,
    origin: str,
    data: Path,
    *,
    seed: int,
    score: tuple[str, Direction],
    top: int | None = None,
) -> bool:
    """Return whether `make_ready` would find the teacher in the store; not of one that changes elsewhere."""
    return store.find("teacher", _key(teacher, origin, data, seed, score, top)) is not None


def _key(
    teacher: Teacher, origin: str, data: Path, seed: int, score: tuple[str, Direction], top: int | None
) -> dict[str, Any]:
    return {
        "teacher": teacher.store_key(),
        "origin": origin,
        "data": data.name,
        "seed": seed,
        "score": list(score),
        "algorithm": ALGORITHM,
    } | ({"top": top} if top else {})


def _write(folder: Path, teacher: Teacher, classroom: Classroom, top: int | None) -> dict[str, Any]:
    started, task = time.perf_counter(), classroom.task
    state = _fitted(teacher, classroom)
    save_file(storable(state), folder / "state.safetensors")
    whole = hearing(classroom.raw, answers_there(lambda: teacher.build(task, state)))
    answers = {"train": _out_of_fold(teacher, classroom, whole), "validation": whole}
    rows = sum(
        answer_all(
            folder / split,
            answers[split],
            task,
            classroom.data,
            classroom.budget,
            kept=teacher.keeps(),
            top=top,
        )
        for split in answers
    )
    return {
        "epochs_trained": classroom.diary.epochs_trained,
        "rows_evaluated": rows,
        "params": teacher.parameters(task, state),
        "notes": classroom.diary.notes,
        "top": _room(folder, task, top),
        "threads": torch.get_num_threads(),
        "seconds": time.perf_counter() - started,
    }


def _room(folder: Path, task: Task, top: int | None) -> dict[str, int] | None:
    """Return what the largest entries take, in bytes of one distribution and in all, and everything would."""
    if top is None:
        return None
    files = [file for name in ("logits", "support") for file in folder.glob(f"*/{name}.npy")]
    size, each = sum(np.load(file, mmap_mode="r").nbytes for file in files), bytes_of(top, task.outputs)
    whole = size // each * _SINGLE * task.outputs
    return {"entries": top, "of": task.outputs, "each": each, "bytes": size, "whole": whole}


def _fitted(teacher: Teacher, classroom: Classroom) -> dict[str, Tensor]:
    state = teacher.fit(classroom)
    who = f"teacher {teacher.name!r}: fit returns"
    if not isinstance(state, dict):
        raise DataError(f"{who} a {type(state).__name__}, not a dict of tensors. Keep nothing by {{}}.")
    for name, value in state.items():
        if not isinstance(value, Tensor):
            raise DataError(f"{who} a {type(value).__name__} as {name!r}. Make it a tensor, or a field.")
    return state


def _out_of_fold(
    teacher: Teacher, classroom: Classroom, whole: Callable[[Batch], Output]
) -> Callable[[Batch], Output]:
    """Return what answers each training row by a teacher who has not seen it, if that is asked for."""
    count = teacher.folds()
    if not count:
        return whole
    found: list[tuple[Tensor, Callable[[Batch], Output]]] = []
    for left_out, shown in folds(classroom.task, classroom.data, count, classroom.seed):
        state = _fitted(teacher, classroom.showing(shown))
        answers = answers_there(partial(teacher.build, classroom.task, state))
        found.append((left_out, hearing(classroom.raw, answers)))
    classroom.note(f"{count} teachers for out-of-fold outputs")
    return OutOfFold(found, whole)


def read_test(
    store: Store, teacher: Teacher, entry: Path, data: Path, budget: int, dataset: Dataset | None = None
) -> Entry:
    """Store the teacher's logits for the test rows, once; only confirmed students ask for them."""
    key = {"teacher": entry.name, "data": data.name, "split": "test", "algorithm": ALGORITHM}

    def write(folder: Path) -> dict[str, Any]:
        task, answers = stored_task(data), asked_again(teacher, entry, data, dataset)
        rows = answer_all(folder / "test", answers, task, data, budget)
        return {"rows_evaluated": rows, "sample": sample(teacher, task, answers, data)}

    return store.make("teacher", key, write)


def asked_again(
    teacher: Teacher, entry: Path, data: Path, dataset: Dataset | None = None
) -> Callable[[Batch], Output]:
    """Return what answers a batch, from the state in a directory."""
    raw = RawRows(dataset) if teacher.raw and dataset else None
    state = load_file(entry / "state.safetensors")
    return hearing(raw, answers_there(lambda: teacher.build(stored_task(data), state)))


@torch.no_grad()
def sample(teacher: Teacher, task: Task, answers: Callable[[Batch], Output], data: Path) -> str:
    """Return something to look at, of a teacher who answers inputs that no row has."""
    if teacher.by_rows or teacher.raw:
        return ""
    batch, _ = next(open_rows(data, "validation", None, budget=0).batches(SAMPLE))
    return task.sample(lambda inputs: answers(replace(batch, inputs=inputs)).logits, batch)


def stored_task(data: Path, metrics: Sequence[str] = ()) -> Task:
    """Return the task of a stored dataset, with further scores by their torchmetrics names."""
    facts = json.loads((data / "manifest.json").read_text())["facts"]
    return installed().part("task", facts["task"] | {"metrics": list(metrics)})  # type: ignore[no-any-return]
