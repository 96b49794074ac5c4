"""How trials are computed: how many of them in one stack, and in which numerics, decided by measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from statistics import fmean
from typing import Any

from kdorch.errors import KdorchError
from kdorch.execution import Executor
from kdorch.search.ends import trials_at_the_ends
from kdorch.search.prepare import call
from kdorch.search.setting import Setting, shared
from kdorch.search.where import Where
from kdorch.study import Study

_PROBE = "kdorch.training.placing:run"
_STACK = 16  # trials in a stack: larger ones gain little, and the sampler learns from them too late
_GAIN = 0.9  # of the time of one by one: less is within what a busy machine does to a few steps
_MAPS = 3  # dimensions of an input that has channels: channels, height, width


@dataclass(frozen=True)
class Placement:
    """How many trials share a job, how they are computed, and what speaks for it.

    Attributes:
        stack: Most trials of one job, trained as one where they are alike.
        why: In words.
        seconds: That the whole training takes of each student that was tried, by the size of the stack it is
            in; empty if nothing was measured.
        bytes: Of the weights of the largest of them.
        numerics: The quickest ``memory_format`` and ``precision``, and the ``figures`` that say so; empty
            where there was nothing to decide.
    """

    stack: int = 1
    why: str = ""
    seconds: dict[str, list[float]] = field(default_factory=dict)
    bytes: int = 0
    numerics: dict[str, Any] = field(default_factory=dict)

    def training(self, size: int) -> list[float]:
        """Return the seconds of each student's training in a stack of another size.

        A step costs a part that a stack shares, and a part for each of its students.
        """
        alone, most = self.seconds["1"], max(map(int, self.seconds))
        own = self.seconds[str(most)]
        share = (1 / size - 1 / most) / (1 - 1 / most) if size < most else 0.0
        return [mine + share * (ours - mine) for ours, mine in zip(alone, own, strict=True)]

    def computed(self) -> str:
        """Return in words how trials are computed; nothing where it is as it would be anyway."""
        if not self.numerics:
            return ""
        seconds = self.numerics["figures"]["seconds"]
        chosen = f"{self.numerics['memory_format']} {self.numerics['precision']}"
        plain = "contiguous float32"
        share = seconds[chosen] / seconds[plain]
        return "" if chosen == plain else f"{chosen}, which takes {share:.2f} of the time of {plain}"

    def applied(self, setting: Setting) -> Setting:
        """Return a setting whose trials are placed and computed so."""
        return replace(setting, stack=self.stack, shared={**setting.shared, "numerics": self.numerics})

    def facts(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return asdict(self)


def place(
    study: Study,
    executor: Executor,
    data: Mapping[str, Any],
    where: Where,
    before: Mapping[str, Any] | None = None,
) -> Placement:
    """Decide how a study's trials are placed and computed. It needs no teacher.

    Args:
        study: The study.
        executor: Where to measure.
        data: The stored dataset.
        where: Where jobs compute.
        before: What was decided when the study was begun: it goes on as it was.
    """
    stack, why = _STACK, ""
    if study.search.stack != "auto":
        stack, why = study.search.stack, "as search.stack says"
    if study.train.deterministic:
        stack, why = 1, "one by one, as train.deterministic wants"
    found = _measured(study, executor, data, where, stack) if before is None else Placement(**before)
    return replace(found, stack=stack, why=why) if why else found


def _measured(
    study: Study, executor: Executor, data: Mapping[str, Any], where: Where, stack: int
) -> Placement:
    spec = shared(study, data, {"data": data["path"]}, where) | {
        "trials": trials_at_the_ends(study),
        "rows": study.transfer.rows,
        "stack": stack,
        "compare": _has_numerics(study, data["facts"]["task"]["input_shape"]),
    }
    try:
        found = call(executor, _PROBE, spec)
    except KdorchError as error:
        return Placement(why=f"one by one, as a first try failed: {error}")
    if not found["alone"]:
        return Placement(why="one by one, as no student could be tried")
    seconds = {"1": found["alone"], str(stack): found["stacked"]}
    return _decided(seconds, stack, found["against"], bytes=found["bytes"], numerics=found["numerics"])


def _has_numerics(study: Study, shape: list[int]) -> bool:
    """Return whether there is anything to decide in how students are computed."""
    maps = study.train.memory_format == "auto" and len(shape) == _MAPS
    return not study.train.deterministic and (maps or study.train.precision == "auto")


def _decided(seconds: dict[str, list[float]], stack: int, against: list[str], **measured: Any) -> Placement:
    share = fmean(seconds[str(stack)]) / fmean(seconds["1"])
    if share < _GAIN:
        why = f"up to {stack} as one, which takes {share:.2f} of the time of one by one"
        return Placement(stack, why, seconds, **measured)
    because = f"as {against[0]}" if against else "which is quickest"
    return Placement(1, f"one by one, {because}", seconds, **measured)
