"""Names of one kind, each with where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pkgutil import resolve_name

from kdorch.errors import PluginError, did_you_mean
from kdorch.kinds import KINDS
from kdorch.spec import Spec


@dataclass(frozen=True)
class Origin:
    """The distribution that offers a plugin."""

    distribution: str
    version: str
    entry_point: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


@dataclass(frozen=True)
class Entry:
    """One registered name; a lazy one is imported when it is first used."""

    kind: str
    name: str
    target: type[Spec] | str
    origin: Origin

    @cached_property
    def spec(self) -> type[Spec]:
        """The class.

        Raises:
            PluginError: If it cannot be imported, or is not of its kind.
        """
        try:
            found = resolve_name(self.target) if isinstance(self.target, str) else self.target
        except Exception as error:  # noqa: BLE001  a third party's module can raise anything
            raise PluginError(
                f"The {self.kind} {self.name!r} of {self.origin} fails to import: {type(error).__name__}: {error}"
            ) from error
        _require(found, self.kind, self.origin)
        if found.name != self.name:
            raise PluginError(f"{self.origin} registers {found.__name__} as {self.name!r}, but it is named {found.name!r}.")
        return found  # type: ignore[no-any-return]

    @property
    def summary(self) -> str:
        """First line of the class's docstring, or why there is none."""
        try:
            return (self.spec.__doc__ or "").strip().partition("\n")[0]
        except PluginError as error:
            return str(error)


class Registry:
    """The plugins of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, list[Entry]] = {}

    def add(self, origin: Origin, target: type[Spec] | str, path: str | None = None) -> None:
        """Take a class, or a name and the import path of its class.

        Raises:
            PluginError: If it is not a named plugin of this kind.
        """
        if isinstance(target, str):
            if not path or ":" not in path:
                raise PluginError(f"{origin}: write register({target!r}, 'package.module:Class').")
            entry = Entry(self.kind, target, path, origin)
        else:
            _require(target, self.kind, origin)
            entry = Entry(self.kind, target.name, target, origin)
        self._entries.setdefault(entry.name, []).append(entry)

    def __getitem__(self, name: str) -> Entry:
        entries = self._entries.get(name, [])
        if not entries:
            raise PluginError(f"No {self.kind} is called {name!r}. {did_you_mean(name, self._entries)}")
        if len(entries) > 1:
            owners = " and ".join(str(entry.origin) for entry in entries)
            raise PluginError(
                f"Two plugins offer the {self.kind} {name!r}: {owners}. Uninstall one, or set "
                f"KDORCH_DISABLE={entries[-1].origin.entry_point} to leave that entry point out."
            )
        return entries[0]

    def __iter__(self) -> Iterator[Entry]:
        for name in sorted(self._entries):
            yield from self._entries[name]

    def conflicts(self) -> list[str]:
        """Return the names that more than one distribution offers."""
        return [name for name, entries in self._entries.items() if len(entries) > 1]


def _require(found: object, kind: str, origin: Origin) -> None:
    base = KINDS[kind]
    if not (isinstance(found, type) and issubclass(found, base)):
        raise PluginError(f"{origin}: {found!r} is not a {kind}; subclass kdorch.{base.__name__}.")
    if not found.name:
        shown = found.__name__
        raise PluginError(f"{origin}: {shown} has no name; write class {shown}(kdorch.{base.__name__}, name=\"...\").")
