"""Read a study that nobody trusts: all is checked that can be without executing any of its code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kdorch.discovery import own
from kdorch.errors import Problem, UnknownPart
from kdorch.study.buildable import named_code
from kdorch.study.check import in_order, mistakes
from kdorch.study.file import Source
from kdorch.study.sections import read_sections

_METRICS = ("objectives", "limits")  # sections that name what measures yield


@dataclass(frozen=True)
class Inspection:
    """What a study says, as far as that shows without executing anything of it.

    Attributes:
        problems: Its mistakes.
        unchecked: What only its code could tell, or a plugin that is not kdorch's own.
    """

    problems: list[Problem]
    unchecked: list[Problem]


def inspect(source: Source) -> Inspection:
    """Check a study, while kdorch's own plugins alone are loaded, and nothing is imported that it names."""
    plugins = own()
    sections, found = read_sections(source.tree, plugins, source.folder)
    strange = [problem for problem in found if isinstance(problem, UnknownPart)]
    problems = [problem for problem in found if not isinstance(problem, UnknownPart)]
    unchecked = [*map(_of_others, strange), *_code(sections)]
    if any(problem.where.startswith("measures") for problem in strange):
        what = "a measure that is not known here may yield what they name."
        unchecked += [Problem(name, what) for name in _METRICS if sections[name]]
        sections |= dict.fromkeys(_METRICS)
    problems += mistakes(sections, plugins)
    return Inspection(in_order(problems, source), in_order(unchecked, source))


def _of_others(problem: Problem) -> Problem:
    return replace(problem, what=f"{problem.what} Plugins of others were not loaded.")


def _code(sections: Mapping[str, Any]) -> Iterator[Problem]:
    for index, file in enumerate(sections.get("plugins") or ()):
        yield Problem(f"plugins.{index}", f"{file} is code, which was not executed.")
    for where, target in named_code(sections):
        yield Problem(where, f"{target} is code, which was not executed.")
