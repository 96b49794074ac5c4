"""What would stop the parts of a study from being built in a worker, however well they fit each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from traceback import extract_tb
from typing import Any

from kdorch.discovery import Plugins, local
from kdorch.discovery.targets import complaint
from kdorch.errors import PluginError, Problem, did_you_mean, reason
from kdorch.spec import Spec, answer
from kdorch.study.space import whole


def unbuildable(sections: Mapping[str, Any], plugins: Plugins) -> Iterator[Problem]:
    """Yield what is not registered, and what parts themselves find missing."""
    for path, part in whole(sections):
        for below, spec in part.nested_parts():
            where = ".".join(filter(None, (path, below)))
            yield from _unregistered(where, spec, plugins)
            try:
                told = answer(spec, "complaints", Mapping)
            except PluginError as error:
                yield Problem(where, str(error))
                continue
            for field, what in told.items():
                yield Problem(f"{where}.{field}".rstrip("."), what)


def named_code(sections: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the code that a study names, as ``package.module:Class``, each after where it does so."""
    for path, part in whole(sections):
        for below, spec in part.nested_parts():
            for target in answer(spec, "import_paths", Iterable):
                field = next((name for name, value in spec if value == target), "")
                yield ".".join(filter(None, (path, below, field))), target
    augment = sections.get("augment")
    if augment and augment.target:
        yield "augment.target", augment.target


def unfound(sections: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield which code cannot be found, as far as that shows without importing it."""
    for where, target in named_code(sections):
        if what := complaint(target):
            yield Problem(where, f"{target}: {what}")


def unread(files: Iterable[Path], plugins: Plugins) -> Iterator[Problem]:
    """Yield which files with plugins are missing, fail to load, or offer nothing."""
    for index, file in enumerate(files):
        why = plugins.broken.get(local(file))
        if not file.is_file():
            near = did_you_mean(file.name, [other.name for other in file.parent.glob("*.py")])
            yield Problem(f"plugins.{index}", f"there is no file {file}.", near)
        elif file.suffix != ".py":
            yield Problem(f"plugins.{index}", f"{file.name} is no Python file: its name should end in .py.")
        elif why:
            text = str(why) if isinstance(why, PluginError) else f"{_line(why, file)}{reason(why)}."
            yield Problem(f"plugins.{index}", text)


def _line(error: BaseException, file: Path) -> str:
    """Return where in a file an error arose; empty if not there."""
    frames = [frame.lineno for frame in extract_tb(error.__traceback__) if Path(frame.filename) == file]
    if isinstance(error, SyntaxError) and error.filename == str(file):
        frames.append(error.lineno)
    return f"line {frames[-1]} of {file.name}: " if frames else ""


def _unregistered(where: str, spec: Spec, plugins: Plugins) -> Iterator[Problem]:
    """Yield why workers, who know a plugin by its name alone, would not find this object's class."""
    own = type(spec)
    if not own.name:
        hint = f"Write class {own.__name__}(..., name=...), and register it through an entry point."
        yield Problem(where, f"the class {own.__name__} has no name that workers could find it by.", hint)
        return
    try:
        found = plugins.find(spec.kind, spec.name)
    except PluginError as error:
        hint = f"Register {own.__name__} through an entry point, as the README shows."
        known = spec.name in plugins.registries[spec.kind]
        yield Problem(where, f"workers find plugins by name. {error}", "" if known else hint)
        return
    if _path(found) != _path(own):
        what = f"this is {_path(own)}, but by the name {spec.name!r} workers would find {_path(found)}."
        yield Problem(where, what, "Give it a name of its own.")


def _path(part: type[Spec]) -> str:
    # Not the class itself: a notebook may have loaded the same module twice.
    return f"{part.__module__}.{part.__qualname__}"
