"""Plugins that have files to fetch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from kdorch.errors import PluginError, did_you_mean

if TYPE_CHECKING:
    from kdorch.discovery import Entry
    from kdorch.fetching import Fetched


def fetchable() -> Iterator[tuple[Entry, type[Fetched]]]:
    """Yield each plugin that has files to fetch."""
    from kdorch.discovery import installed
    from kdorch.fetching import Fetched

    for entry in installed():
        with suppress(PluginError):  # broken: `kdorch plugins list` tells
            if issubclass(entry.spec, Fetched):
                yield entry, entry.spec


def named(word: str) -> type[Fetched]:
    """Return the plugin of a name, which may be ``KIND/NAME``.

    Raises:
        PluginError: If there is none, it has nothing to fetch, or there are several.
    """
    known = list(fetchable())
    found = [spec for entry, spec in known if word in {entry.name, f"{entry.kind}/{entry.name}"}]
    if len(found) == 1:
        return found[0]
    if found:
        several = " or ".join(f"{spec.kind}/{spec.name}" for spec in found)
        raise PluginError(f"{word!r} is the name of several plugins. Write {several}.")
    near = did_you_mean(word, [entry.name for entry, _ in known])
    raise PluginError(
        f"There is nothing to fetch for {word!r}. {near or 'No plugin here has files to fetch.'}"
    )
