"""The search space: dotted paths of the study, each with the values to try."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from kdorch.errors import shown
from kdorch.spec import Choice, Range, Spec
from kdorch.study.parts import OneOf
from kdorch.study.paths import NotTunable, Place, locate

if TYPE_CHECKING:
    from kdorch.study.model import Study


@dataclass(frozen=True)
class Dimension:
    """One searched parameter.

    Attributes:
        path: Its name in the study, in Optuna and in MLflow.
        kind: ``int``, ``float`` or ``choice``.
        mark: Its range or options.
        when: The choice (path, label) that must be taken for this parameter to exist.
    """

    path: str
    kind: Literal["int", "float", "choice"]
    mark: Range | Choice
    when: tuple[str, str] | None = None


def space(study: Study) -> list[Dimension]:
    """Return the dimensions of a study that has been checked; choices come before what depends on them."""
    sections = {field: getattr(study, field) for field in type(study).model_fields}
    places = {path: locate(path, sections) for path in study.tune}
    tuned = [dimension(path, study.tune[path], place) for path, place in places.items() if place]
    return [*choices(sections), *tuned]


def choices(sections: Mapping[str, Any]) -> Iterator[Dimension]:
    """Yield a dimension for every part that is a choice of plugins."""
    for path, part in parts(sections):
        if isinstance(part, OneOf):
            yield Dimension(path, "choice", Choice(*part.any))


def parts(sections: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the student and each loss with its path, as instances or as trees."""
    yield "student", sections.get("student")
    for label, loss in (sections.get("losses") or {}).items():
        yield f"losses.{label}", loss


def whole(sections: Mapping[str, Any]) -> Iterator[tuple[str, Spec]]:
    """Yield every part of a study with its path: `specs`, `references`, the dataset and the measures."""
    if sections.get("data"):
        yield "data", sections["data"]
    yield from specs(sections)
    yield from references(sections)
    yield from ((f"measures.{measure.name}", measure) for measure in sections.get("measures") or ())


def specs(sections: Mapping[str, Any]) -> Iterator[tuple[str, Spec]]:
    """Yield the teacher, each student and each loss with its path, options of choices one by one."""
    for path, part in (("teacher", sections.get("teacher")), *parts(sections)):
        if isinstance(part, OneOf):
            yield from ((f"{path}.any.{label}", option) for label, option in part.any.items())
        elif part is not None:
            yield path, part


def references(sections: Mapping[str, Any]) -> Iterator[tuple[str, Spec]]:
    """Yield each reference with its path."""
    for label, part in (sections.get("references") or {}).items():
        if part is not None:
            yield f"references.{label}", part


def dimension(path: str, mark: str | Range | Choice, place: Place) -> Dimension:
    """Return the dimension that a line under ``tune`` describes.

    Raises:
        NotTunable: If it says ``auto`` and nothing declares a range, or the values do not suit the field.
    """
    if isinstance(mark, str):
        if place.declared is None:
            what = f"says auto, but {place.title} declares no range for it."
            raise NotTunable(what, "Write {low: ..., high: ...}.")
        mark = place.declared
    if isinstance(mark, Range):
        return Dimension(path, _number(mark, place), mark, place.when)
    for option in mark.options:
        if not isinstance(option, str | int | float | None):
            what = f"has {shown(option)} for an option."
            raise NotTunable(what, "Options are numbers, words, true, false or null.")
    return Dimension(path, "choice", mark, place.when)


def _number(mark: Range, place: Place) -> Literal["int", "float"]:
    whole = all(float(value).is_integer() for value in (mark.low, mark.high, mark.step or 1))
    if place.keys and place.type in (None, int, float):
        # Nothing declares what a module takes: it is a whole number if all that is written here is.
        written = all(isinstance(value, int) for value in (mark.low, mark.high, mark.step or 1))
        return "int" if written and place.type is not float else "float"
    if place.type not in (int, float):
        raise NotTunable("is not a number.", "Write a list of options to choose from.")
    if place.type is int and not whole:
        raise NotTunable(f"takes whole numbers, not {mark.low} to {mark.high}.")
    return "int" if place.type is int else "float"


def bind(study: Study, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``student``, ``losses`` and ``train`` of one trial as trees, its parameters in place.

    So is the ``teacher``, if some of its fields act in each trial.
    """
    tree = study.tree()
    sections = ("student", "losses", "train", *(("teacher",) if study.teacher.recalled else ()))
    trial = {section: tree[section] for section in sections}
    taken = {path: params[path] for path, part in parts(trial) if "any" in part}
    for path, label in taken.items():
        holder, key = _holder(trial, path.split("."))
        holder[key] = holder[key]["any"][label]
    for path in params.keys() - taken.keys():
        keys = _within(path, taken)
        if keys:
            holder, key = _holder(trial, keys)
            holder[key] = params[path]
    return trial


def _within(path: str, taken: Mapping[str, str]) -> list[str]:
    """Return the keys of a path without the label of the option it is in; nothing if that was not taken."""
    for above, label in taken.items():
        if path.startswith(f"{above}."):
            option, *keys = path.removeprefix(f"{above}.").split(".")
            return [*above.split("."), *keys] if option == label else []
    return path.split(".")


def _holder(tree: dict[str, Any], keys: list[str]) -> tuple[dict[str, Any], str]:
    for key in keys[:-1]:
        tree = tree[key]
    return tree, keys[-1]
