"""Whether ``package.module:Class`` leads somewhere, as far as source shows: nothing is imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from pkgutil import iter_modules

from kdorch.discovery.code import Place, find, parse
from kdorch.errors import did_you_mean

# Where one of these stands, a module may have names that its source does not show.
_DYNAMIC = {"*", "__getattr__", "exec", "globals", "setattr", "vars"}


def complaint(target: str) -> str:
    """Return why an import path leads nowhere, as sentences; empty if it may lead somewhere."""
    module, _, attribute = target.partition(":")
    name, place = attribute.partition(".")[0], find(module)
    if place is None:
        return f"there is no module {module!r}. {_near(module)}"
    if place.file is None or place.file.suffix != ".py" or find(f"{module}.{name}"):
        return ""  # a namespace, an extension, a module within a package: only importing it would tell
    try:
        tree = parse(place.read())
    except SyntaxError as error:
        line = f"line {error.lineno} of " if error.lineno else ""
        return f"{line}{place.file} is not Python: {error.msg}."
    return _about(name, tree, place)


def _near(module: str) -> str:
    own = [folder for folder in sys.path if "site-packages" not in folder]
    near = get_close_matches(module, [found.name for found in iter_modules(own)], n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return "It is looked for among what is installed, beside the study's file and in the current directory."


def _about(name: str, tree: ast.Module, place: Place) -> str:
    names = list(_names(tree))
    if not _DYNAMIC.isdisjoint(names):
        return ""
    if name not in names:
        made = [node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
        return f"{place.file} has no {name!r}. {did_you_mean(name, made)}".rstrip()
    values = [node.value for node in tree.body if isinstance(node, ast.Assign) and _binds(node, name)]
    if names.count(name) == 1 and values and isinstance(values[0], ast.Constant):
        return f"in {place.file}, {name} is {values[0].value!r}, and no class."
    return ""


def _binds(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _names(tree: ast.Module) -> Iterator[str]:
    """Yield every name in a module, in functions too: one too many spares a complaint that would be wrong."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
