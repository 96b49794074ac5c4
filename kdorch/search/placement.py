"""How trials are computed: how many of them in one stack, and in which numerics, decided by measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from statistics import fmean
from typing import Any

from kdorch.errors import KdorchError
from kdorch.execution import Executor
from kdorch.search.calling import call
from kdorch.search.ends import trials_at_the_ends
from kdorch.search.numerics import numerics
from kdorch.search.patience import TRY, patience
from kdorch.search.prepare import cores
from kdorch.search.setting import Setting, shared
from kdorch.search.where import Where
from kdorch.study import Study

_PROBE = "kdorch.training.placing:run"
_STACK = 16  # trials in a stack: larger ones gain little, and the sampler learns from them too late
_TRIED = 8  # copies in the stack that is tried: most searches have no larger ones, for the sampler's sake
_NUMERICS = ("memory_format", "precision")


@dataclass(frozen=True)
class Placement:
    """How many trials share a job, how they are computed, and what speaks for it.

    Attributes:
        stack: Most trials of one job, trained as one where they are alike.
        why: In words.
        threads: Of each job.
        gain: How many times as fast they are as one thread.
        seconds: That the whole training takes on one thread, of each student that was tried, by the size of
            the stack it is in; empty if nothing was measured.
        bytes: Of the weights of the largest of them.
        numerics: The quickest ``memory_format`` and ``precision``, and the ``figures`` that say so; empty
            where there was nothing to decide.
    """

    stack: int = 1
    why: str = ""
    threads: int = 1
    gain: float = 1.0
    seconds: dict[str, list[float]] = field(default_factory=dict)
    bytes: int = 0
    numerics: dict[str, Any] = field(default_factory=dict)

    def training(self, size: int) -> list[float]:
        """Return the seconds of each student's training, placed so but in a stack of another size.

        A step costs a part that a stack shares, and a part for each of its students.
        """
        alone, most = self.seconds["1"], max(map(int, self.seconds))
        own = self.seconds[str(most)]
        share = (1 / size - 1 / most) / (1 - 1 / most) if size < most else 0.0
        found = (mine + share * (ours - mine) for ours, mine in zip(alone, own, strict=True))
        return [seconds / self.gain for seconds in found]

    def computed(self) -> str:
        """Return in words how trials are computed; nothing where it is as it would be anyway."""
        if not self.numerics:
            return ""
        seconds = self.numerics["figures"]["seconds"]
        chosen = f"{self.numerics['memory_format']} {self.numerics['precision']}"
        plain = "contiguous float32"
        share = seconds[chosen] / seconds[plain]
        return "" if chosen == plain else f"{chosen}, which takes {share:.2f} of the time of {plain}"

    def told(self) -> str:
        """Return in words how trials are placed."""
        gain = f", {self.gain:.1f} times as fast as on one" if self.gain > 1 else ""
        return self.why + (f"; on {self.threads} threads each{gain}" if self.threads > 1 else "")

    def applied(self, setting: Setting) -> Setting:
        """Return a setting whose trials are placed and computed so."""
        # A teacher that is asked in each training takes time that nobody has measured.
        expected = () if "teacher" in setting.shared.get("features", ()) else self.seconds.get("1", ())
        return replace(
            setting,
            stack=self.stack,
            threads=self.threads,
            shared={**setting.shared, "numerics": self.numerics},
            deadline=patience(setting.study, expected),
        )

    def metrics(self) -> dict[str, float]:
        """Return its figures under names for a tracker: ``placement/seconds/8`` is the students' mean."""
        found: dict[str, float] = {"stack": self.stack, "threads": self.threads, "gain": self.gain}
        found |= {f"seconds/{size}": fmean(seconds) for size, seconds in self.seconds.items()}
        figures = self.numerics.get("figures", {"seconds": {}, "scores": []})
        found |= {
            f"seconds/{each}".replace(" ", "/"): seconds for each, seconds in figures["seconds"].items()
        }
        for place, scores in enumerate(figures["scores"]):
            found |= {f"score/{each}/{place}": scores[each] for each in ("float32", "bfloat16")}
        return {f"placement/{name}": value for name, value in found.items()}

    def tags(self) -> dict[str, str]:
        """Return its decisions under names for a tracker."""
        chosen = {name: str(self.numerics[name]) for name in _NUMERICS if name in self.numerics}
        return {f"kdorch.{name}": value for name, value in ({"placement": self.told()} | chosen).items()}

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
    found = _measured(study, executor, data, where) if before is None else Placement(**before)
    # With more workers than before, as many threads as then would wait for each other.
    found = found if found.threads <= _spare(where) else replace(found, threads=1, gain=1.0)
    fixed: dict[str, Any] = {}
    if study.search.threads != "auto":
        fixed = {"threads": study.search.threads, "gain": 1.0}
    if study.train.deterministic:
        fixed |= {"stack": 1, "why": "one by one, as train.deterministic wants"}
    elif study.search.stack != "auto":
        fixed |= {"stack": study.search.stack, "why": "as search.stack says"}
    return replace(found, **fixed)


def _spare(where: Where) -> int:
    """Return how many cores there are for each job."""
    return max(1, cores() // where.workers) if where.device == "cpu" else 1


def _measured(study: Study, executor: Executor, data: Mapping[str, Any], where: Where) -> Placement:
    stack = _STACK if study.search.stack == "auto" else study.search.stack
    size = 1 if study.train.deterministic else min(stack, _TRIED)
    spec = shared(study, data, {"data": data["path"]}, where) | {
        "trials": trials_at_the_ends(study),
        "rows": study.transfer.rows,
        "stack": size,
    }
    try:
        tried = numerics(study, executor, spec, data["facts"]["task"]["input_shape"])
        spec |= {"numerics": tried.chosen, "alone": tried.alone}
        found = call(executor, _PROBE, spec, threads=_spare(where), timeout=TRY)
    except KdorchError as error:
        return Placement(why=f"one by one, as a first try failed: {error}")
    if not found["alone"]:
        return Placement(why="one by one, as no student could be tried")
    return Placement(
        stack=stack if found["pays"] else 1,
        why=_why(found, stack, size),
        threads=found["threads"],
        gain=found["gain"],
        seconds={"1": found["alone"], str(size): found["stacked"]},
        bytes=found["bytes"],
        numerics=tried.chosen,
    )


def _why(found: Mapping[str, Any], stack: int, size: int) -> str:
    if found["pays"]:
        share = fmean(found["stacked"]) / fmean(found["alone"])
        return f"up to {stack} as one: {size} take {share:.2f} of the time of one by one"
    return f"one by one, as {found['against'][0]}" if found["against"] else "one by one, which is quickest"
