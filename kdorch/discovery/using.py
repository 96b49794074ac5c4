"""Which libraries the code behind a part uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires

from kdorch.discovery.code import libraries
from kdorch.discovery.plugins import Plugins
from kdorch.hookspecs import GROUP
from kdorch.spec import Spec

_NAME = re.compile(r"[\w.-]+")  # a requirement begins with it


def using(plugins: Plugins, part: Spec) -> Iterator[str]:
    """Yield the distributions that a part and those in it build on; ours build on what kdorch does.

    Of an installed plugin it is what its distribution requires, of anybody's own modules what they import.
    """
    for _, each in part.nested_parts():
        entry = plugins.registries[each.kind][each.name]
        if entry.origin.distribution != GROUP:
            yield from _required(entry.origin.distribution)
            yield from libraries(entry.spec.__module__)
        for target in each.import_paths():
            yield from libraries(target.partition(":")[0])


def _required(distribution: str) -> Iterator[str]:
    try:
        found = requires(distribution) or []
    except PackageNotFoundError:  # a file beside a study
        return
    for requirement in found:
        name = _NAME.match(requirement)
        if name and "extra ==" not in requirement:
            yield name.group()
