"""Find every mistake of a study at once, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from kdorch.discovery import Plugins
from kdorch.errors import PluginError, Problem, StudyError, shown
from kdorch.kinds import Loss, Student, Task, Teacher
from kdorch.spec import Choice, answer
from kdorch.study.buildable import unbuildable, unfound, unread
from kdorch.study.file import Source
from kdorch.study.metrics import task_of, unmeasured
from kdorch.study.model import Study
from kdorch.study.paths import NotTunable, Place, locate
from kdorch.study.sections import read_sections
from kdorch.study.showing import unshowable
from kdorch.study.space import dimension, references, specs
from kdorch.study.storing import unstorable
from kdorch.study.weights import idle, unreached
from kdorch.study.wording import sentence

_ELSEWHERE = {"targets", "full_distribution"}  # what a loss needs that no network provides


def checked(source: Source, plugins: Plugins) -> dict[str, Any]:
    """Return the study's sections, ready for ``Study``.

    Raises:
        StudyError: With every mistake, each with its line.
    """
    sections, problems = read_sections(source.tree, plugins, source.folder)
    problems += [*mistakes(sections, plugins), *unfound(sections)]
    if problems:
        raise located(problems, source)
    return sections


def located(problems: Iterable[Problem], source: Source) -> StudyError:
    """Return the error that tells problems in the order of the file, each with its line."""
    return StudyError(in_order(problems, source), source.name)


def in_order(problems: Iterable[Problem], source: Source) -> list[Problem]:
    """Return problems in the order of the file, each with its line."""
    placed = (_placed(problem, source) for problem in problems)
    return sorted(placed, key=lambda problem: problem.line or 0)


def _placed(problem: Problem, source: Source) -> Problem:
    if source.sets(problem.where):
        return replace(problem, where=f"{problem.where} (--set)")
    return replace(problem, line=source.line(problem.where))


def check(study: Study, plugins: Plugins) -> None:
    """Check a study that was written in Python.

    Raises:
        StudyError: With every mistake.
    """
    sections = {name: getattr(study, name) for name in Study.model_fields}
    found = [*mistakes(sections, plugins), *unfound(sections)]
    if found:
        raise StudyError(found, f"study {study.name!r}")


def mistakes(sections: Mapping[str, Any], plugins: Plugins) -> Iterator[Problem]:
    """Yield what does not fit among the sections; None stands for what could not be read."""
    for path, mark in (sections.get("tune") or {}).items():
        yield from _tune(path, mark, sections)
    yield from _tasks(sections, plugins)
    yield from _needs(sections)
    yield from idle(sections)
    yield from unreached(sections)
    yield from _misfits(sections, plugins)
    yield from unmeasured(sections, plugins)
    yield from unbuildable(sections, plugins)
    yield from unshowable(sections, plugins)
    yield from unstorable(sections, plugins)
    yield from unread(sections.get("plugins") or (), plugins)


# ---------------------------------------------------------------- what is tuned


def _tune(path: str, mark: Any, sections: Mapping[str, Any]) -> Iterator[Problem]:
    where = f"tune.{path}"
    try:
        place = locate(path, sections)
        if place and mark is not None:
            mark = dimension(path, mark, place).mark
            ends = mark.options if isinstance(mark, Choice) else (mark.low, mark.high)
            yield from (problem for end in ends for problem in _rejected(place, end, where))
    except NotTunable as error:
        yield Problem(where, error.what, error.hint)


def _rejected(place: Place, value: Any, where: str) -> Iterator[Problem]:
    try:
        type(place.owner).model_validate(place.holding(value))
    except ValidationError as error:
        what = f"{place.title} does not take {shown(value)}: it {sentence(error.errors()[0], tail=False)}"
        yield Problem(where, what)


# ---------------------------------------------------------------- how the parts fit each other


def _tasks(sections: Mapping[str, Any], plugins: Plugins) -> Iterator[Problem]:
    dataset = sections.get("data")
    if dataset is None:
        return
    if not dataset.tasks:
        yield Problem("data", f"the dataset {dataset.name!r} does not say which task it is for.")
        return
    wants = dataset.task_name()
    for path, part in (*specs(sections), *references(sections)):
        if part.tasks and wants not in part.tasks:
            does = ", ".join(sorted(part.tasks))
            what = f"{part.kind} {part.name!r} does {does}; the dataset {dataset.name!r} is for {wants}."
            able = ", ".join(_able(part.kind, wants, plugins))
            yield Problem(path, what, f"Known for {wants}: {able}." if able else "")


def _able(kind: str, task: str, plugins: Plugins) -> Iterator[str]:
    """Yield the names of a kind that do a task."""
    for entry in plugins.registries[kind]:
        with suppress(PluginError):  # broken; to be told where it is used
            if not entry.spec.tasks or task in entry.spec.tasks:
                yield entry.name


def _needs(sections: Mapping[str, Any]) -> Iterator[Problem]:
    everything = list(specs(sections))
    networks = [part for _, part in everything if isinstance(part, Teacher | Student)]
    for path, loss in everything:
        if isinstance(loss, Loss) and "features" in loss.needs:
            yield from _of_one_network(path, loss, networks)
        for part in networks if isinstance(loss, Loss) else ():
            for missing in sorted(loss.needs - _ELSEWHERE - answer(part, "offers", frozenset)):
                offers = ", ".join(sorted(part.offers())) or "only its prediction"
                what = f"loss {loss.name!r} needs {missing} from the {part.kind}, but {part.name!r} provides"
                yield Problem(
                    path, f"{what} {offers}.", f"Use another loss, or a {part.kind} that provides it."
                )


def _of_one_network(path: str, loss: Loss, networks: Sequence[Teacher | Student]) -> Iterator[Problem]:
    for part in networks:
        if isinstance(part, Teacher) and part.folds():
            what = f"loss {loss.name!r} needs features, but the {part.folds()} teachers that answer the"
            hint = "Leave cross_fit out, or use another loss."
            yield Problem(path, f"{what} training rows out of fold have no features in common.", hint)


def _misfits(sections: Mapping[str, Any], plugins: Plugins) -> Iterator[Problem]:
    dataset = sections.get("data")
    if dataset is not None and dataset.tasks:
        with suppress(PluginError):  # of which `unmeasured` speaks
            yield from misfits(sections, task_of(dataset, plugins))


def misfits(sections: Mapping[str, Any], task: type[Task], outputs: int | None = None) -> Iterator[Problem]:
    """Yield what in the losses does not suit the task, with the number of its outputs once that is known."""
    for path, part in specs(sections):
        if isinstance(part, Loss):
            try:
                told = answer(part, "misfits", Mapping, task, outputs)
            except PluginError as error:
                yield Problem(path, str(error))
                continue
            yield from (Problem(f"{path}.{field}", what) for field, what in told.items())
