"""Find every mistake of a study at once, before anything is created or trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, cast, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from kdorch.discovery import Plugins
from kdorch.errors import PluginError, Problem, StudyError, did_you_mean
from kdorch.kinds import Dataset, Direction, Loss, Student, Task, Teacher
from kdorch.spec import Spec
from kdorch.study.file import Source
from kdorch.study.model import Study
from kdorch.study.parts import OneOf
from kdorch.study.space import problems as tune_problems

_ALWAYS = ("quality", "fidelity", "calibration", "size", "cost")


def checked(source: Source, plugins: Plugins) -> dict[str, Any]:
    """Return the study's sections, ready for ``Study``.

    Raises:
        StudyError: With every mistake, each with its line.
    """
    sections, problems = _sections(source.tree, plugins)
    problems += list(mistakes(sections, plugins))
    if problems:
        lined = [Problem(p.where, p.what, p.hint, p.line or source.line(p.where)) for p in problems]
        raise StudyError(sorted(lined, key=lambda problem: problem.line or 0), source.name)
    return sections


def check(study: Study, plugins: Plugins) -> None:
    """Check a study that was written in Python.

    Raises:
        StudyError: With every mistake.
    """
    found = list(mistakes({name: getattr(study, name) for name in Study.model_fields}, plugins))
    if found:
        raise StudyError(found, f"study {study.name!r}")


# ---------------------------------------------------------------- each section by itself


def _sections(tree: Mapping[str, Any], plugins: Plugins) -> tuple[dict[str, Any], list[Problem]]:
    """Validate section by section, and entry by entry where a section is a mapping of entries."""
    sections: dict[str, Any] = {}
    problems = [
        Problem(key, f"a study has no {key!r}.", did_you_mean(key, Study.model_fields))
        for key in tree.keys() - Study.model_fields.keys()
    ]
    for name, field in Study.model_fields.items():
        if name not in tree:
            if field.is_required():
                problems.append(Problem(name, "is missing."))
            else:
                sections[name] = field.default
            continue
        value, found = _validate(name, tree[name], plugins)
        problems += found
        if not found or value:
            sections[name] = value
    return sections, problems


def _validate(name: str, value: Any, plugins: Plugins) -> tuple[Any, list[Problem]]:
    annotation = Study.model_fields[name].annotation
    if get_origin(annotation) is not dict or not isinstance(value, Mapping) or not value:
        return _read(_section_adapter(name), name, value, plugins)
    entries, problems = {}, []
    for key, item in value.items():
        entry, found = _read(_entry_adapter(name), f"{name}.{key}", item, plugins)
        problems += found
        if not found:
            entries[key] = entry
    return entries, problems


@cache
def _section_adapter(name: str) -> TypeAdapter[Any]:
    field = Study.model_fields[name]
    return TypeAdapter(Annotated[field.annotation, field])


@cache
def _entry_adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_args(Study.model_fields[name].annotation)[1])


def _read(adapter: TypeAdapter[Any], where: str, value: Any, plugins: Plugins) -> tuple[Any, list[Problem]]:
    try:
        return adapter.validate_python(value, context={"find": plugins.find}), []
    except ValidationError as error:
        return None, [_problem(where, value, detail, plugins) for detail in error.errors()]


def _problem(where: str, value: Any, detail: Mapping[str, Any], plugins: Plugins) -> Problem:
    keys = [str(key) for key in detail["loc"] if not str(key).startswith("<")]
    path = ".".join([where, *keys])
    if detail["type"] == "extra_forbidden":
        known = _known_keys(where, value, keys[:-1], plugins)
        return Problem(path, f"there is no {keys[-1]!r} here.", did_you_mean(keys[-1], known))
    if detail["type"] in ("unknown_plugin", "no_use"):
        return Problem(path, detail["msg"])
    if detail["type"] == "missing":
        return Problem(path, "is missing.")
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    shown = "" if isinstance(detail["input"], Mapping | list) else f", not {detail['input']!r}"
    return Problem(path, f"{message}{'' if 'not ' in message else shown}.")


def _known_keys(where: str, value: Any, keys: Iterable[str], plugins: Plugins) -> Iterable[str]:
    """Return the fields of the mapping at ``keys``, as its plugin or section declares them."""
    root = where.partition(".")[0]
    kind = {"data": "dataset", "losses": "loss", "measures": "measure"}.get(root, root)
    for key in keys:
        value = value[int(key)] if isinstance(value, list) else value[key]
        kind = "student" if key == "network" else kind
    if isinstance(value, Mapping) and "use" in value:
        try:
            return plugins.find(kind, value["use"]).model_fields
        except (PluginError, KeyError):
            return ()
    if isinstance(value, Mapping) and "any" in value:
        return ("any",)
    section = Study.model_fields[root].annotation
    return section.model_fields if isinstance(section, type) and issubclass(section, BaseModel) else ()


# ---------------------------------------------------------------- how the sections fit each other


def mistakes(sections: Mapping[str, Any], plugins: Plugins) -> Iterator[Problem]:
    """Yield what does not fit among the sections that are valid by themselves."""
    yield from _tune(sections)
    yield from _tasks(sections, plugins)
    yield from _needs(sections)
    yield from _metrics(sections, plugins)


def _tune(sections: Mapping[str, Any]) -> Iterator[Problem]:
    for path, mark in (sections.get("tune") or {}).items():
        root = path.partition(".")[0]
        if root in ("student", "losses", "train") and root not in sections:
            continue  # its own problem comes first
        yield from tune_problems(path, mark, sections)


def _tasks(sections: Mapping[str, Any], plugins: Plugins) -> Iterator[Problem]:
    dataset = sections.get("data")
    if dataset is None:
        return
    for path, part in _parts(sections):
        if part.tasks and dataset.tasks and not part.tasks & dataset.tasks:
            does, wants = ", ".join(sorted(part.tasks)), ", ".join(sorted(dataset.tasks))
            yield Problem(path, f"{part.kind} {part.name!r} does {does}; the dataset {dataset.name!r} is for {wants}.")


def _needs(sections: Mapping[str, Any]) -> Iterator[Problem]:
    teacher = sections.get("teacher")
    students = [part for path, part in _parts(sections) if isinstance(part, Student)]
    for path, loss in _parts(sections):
        if not isinstance(loss, Loss):
            continue
        provided = [(part, part.provides) for part in students]
        if isinstance(teacher, Teacher):
            provided.insert(0, (teacher, teacher.capabilities()))
        for part, provides in provided:
            for missing in sorted(loss.needs - provides):
                offers = ", ".join(sorted(provides)) or "only its prediction"
                what = f"loss {loss.name!r} needs {missing} from the {part.kind}, but {part.name!r} provides {offers}."
                yield Problem(path, what)


def _metrics(sections: Mapping[str, Any], plugins: Plugins) -> Iterator[Problem]:
    known = directions(sections, plugins)
    if not known:
        return
    objectives = sections.get("objectives") or {}
    for section in ("objectives", "limits"):
        for metric in sections.get(section) or {}:
            if metric not in known:
                what = f"nobody measures {metric!r}."
                yield Problem(f"{section}.{metric}", what, did_you_mean(metric, known))
    for metric, direction in objectives.items():
        if known.get(metric, direction) != direction:
            better = "higher" if known[metric] == "max" else "lower"
            yield Problem(f"objectives.{metric}", f"{better} is better, so it cannot be {direction!r}.", f"Write {known[metric]}.")
    scores = {f"val/{name}" for name in task_of(sections["data"], plugins).directions}
    first = next(iter(objectives), None)
    if first in known and first not in scores:
        what = "the first objective chooses the best epoch, so it must be a score of the task"
        yield Problem(f"objectives.{first}", f"{what}: {', '.join(sorted(scores))}.")


def _parts(sections: Mapping[str, Any]) -> Iterator[tuple[str, Spec]]:
    """Yield each teacher, student and loss with its path, options of choices one by one."""
    found = {key: sections.get(key) for key in ("teacher", "student")}
    found |= {f"losses.{label}": part for label, part in (sections.get("losses") or {}).items()}
    for path, part in found.items():
        if isinstance(part, OneOf):
            yield from ((f"{path}.any.{label}", option) for label, option in part.any.items())
        elif part is not None:
            yield path, part


def directions(sections: Mapping[str, Any], plugins: Plugins) -> dict[str, Direction]:
    """Return every metric that a trial of this study measures, and which way is better."""
    dataset = sections.get("data")
    if dataset is None or len(dataset.tasks) != 1:
        return {}
    task = task_of(dataset, plugins)
    measures = [plugins.find("measure", name)() for name in _ALWAYS]
    found: dict[str, Direction] = {}
    for measure in [*measures, *(sections.get("measures") or ())]:
        found |= measure.produces(task)  # type: ignore[attr-defined]
    return found


def task_of(dataset: Dataset, plugins: Plugins) -> type[Task]:
    """Return the class of a dataset's task."""
    return cast("type[Task]", plugins.find("task", next(iter(dataset.tasks))))
