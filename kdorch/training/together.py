"""Do the parts of a study fit together? Two rows tell, before anything is spent on a training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from kdorch.discovery import installed
from kdorch.errors import TrainingError
from kdorch.kinds import Batch, Output, Task
from kdorch.kinds.schedule import highest
from kdorch.training.asking import Asked, features_from
from kdorch.training.building import SAMPLE, seed
from kdorch.training.device import on_its_device, there
from kdorch.training.rows import open_rows
from kdorch.training.supposed import supposed
from kdorch.training.top import widened
from kdorch.training.trying import Unfit, blamed, try_loss, try_student

_SPLIT = "validation"  # of which two rows are tried


@dataclass
class _Pairing:
    """What came of an option of the student, alone or with a loss, in all variants that were tried.

    Attributes:
        tried: How many variants.
        failed: Of each that failed, the key that is wrong, why, and the parameters of the variant.
    """

    tried: int = 0
    failed: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)


@on_its_device
def run(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Try every student with every loss on two rows; what a worker runs.

    Args:
        spec: ``data`` and ``teacher`` (stored directories; without a teacher random logits stand in for it),
            ``recall`` (a teacher with fields that act in each trial, or None), ``features`` (where they are
            stored, how to ask the teacher for them, or None), ``task``, ``students`` and
            ``losses``: what to try, each as its key, its part, and the parameters that make this variant.

    Returns:
        ``problems``: keys and what is wrong there, one for each option of the student with each of a loss.
    """
    plugins = installed()
    task: Task = plugins.part("task", spec["task"])
    batch, told = _two_rows(spec, task)
    found: dict[tuple[str, str], _Pairing] = {}
    for place, student, chosen in spec["students"]:
        alone = found.setdefault((place, ""), _Pairing())
        alone.tried += 1
        part = plugins.part("student", student)
        try:
            seed(0)
            said = try_student(part, task, batch)
        except TrainingError as error:
            at, what = blamed(part, error.__cause__)
            alone.failed.append((_at(place, at), what or str(error), chosen))
            continue
        for where, loss, params in spec["losses"]:
            pairing = found.setdefault((place, where), _Pairing())
            pairing.tried += 1
            term = plugins.part("loss", loss)
            try:
                if highest(term.weight) > 0:
                    try_loss(term, task, *there((said, widened(told, said.logits), batch)))
            except Unfit as unfit:
                pairing.failed.append((_at(where, unfit.field), unfit.what, {**chosen, **params}))
    return {"problems": list(dict.fromkeys(_told(found)))}


def _two_rows(spec: Mapping[str, Any], task: Task) -> tuple[Batch, Output]:
    """Return rows, and what the teacher says of them."""
    teacher = Path(spec["teacher"]) if spec["teacher"] else None
    recall = None
    if teacher and spec["recall"]:
        recall = partial(installed().part("teacher", spec["recall"]).recall, task)
    rows = open_rows(Path(spec["data"]), _SPLIT, teacher, budget=0, recall=recall)
    if source := spec.get("features"):
        rows = Asked(rows, features_from(source, installed(), task, None, budget=0)(_SPLIT))
    batch, told = next(rows.batches(SAMPLE))
    return batch, told or supposed(task, len(batch.rows))


def _at(key: str, below: str) -> str:
    return f"{key}.{below}".rstrip(".")


def _told(found: Mapping[tuple[str, str], _Pairing]) -> Iterator[tuple[str, str]]:
    """Yield the first failure of each pairing, with what it needs to be seen: the student, the parameters."""
    students = {place for place, where in found if not where}
    for (place, where), pairing in found.items():
        for key, what, params in pairing.failed[:1]:
            others = [found[other, where] for other in students if (other, where) in found]
            alone = where and any(not each.failed or each.failed[0][:2] != (key, what) for each in others)
            seen = [place] if alone else []
            if len(pairing.failed) < pairing.tried:
                seen += [f"{path}: {value}" for path, value in params.items()]
            ended = what if what.endswith((".", "?")) else f"{what}."
            yield key, f"{ended} Seen with {', '.join(seen)}." if seen else ended
