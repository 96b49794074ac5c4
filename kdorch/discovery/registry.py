"""Names of one kind, each with where it came from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from pkgutil import resolve_name

from kdorch.errors import PluginError, did_you_mean, reason, shown
from kdorch.kinds import KINDS
from kdorch.spec import Spec

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")  # no dots and slashes: names stand inside paths
_LOCAL = "beside the study"


@dataclass(frozen=True)
class Origin:
    """The distribution that offers a plugin."""

    distribution: str
    version: str
    entry_point: str

    @property
    def is_local(self) -> bool:
        """Whether it is a file that is not installed."""
        return self.version == _LOCAL

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


def local(file: Path) -> Origin:
    """Return the origin of plugins in a file that is not installed; where it lies does not matter."""
    return Origin(file.name, _LOCAL, file.stem)


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
        except (Exception, SystemExit) as error:
            what = f"The {self.kind} {self.name!r} of {self.origin} fails to import"
            raise PluginError(f"{what}: {reason(error)}") from error
        spec = _checked(found, self.kind, self.origin)
        if spec.name != self.name:
            what = f"{self.origin} registers {spec.__name__} as {self.name!r}"
            raise PluginError(f"{what}, but it is named {spec.name!r}.")
        return spec


class Registry:
    """The plugins of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, list[Entry]] = {}

    def add(self, origin: Origin, target: object, path: object = None) -> None:
        """Take a class, or a name and the import path of its class.

        Raises:
            PluginError: If it is not a named plugin of this kind.
        """
        if isinstance(target, str):
            if not isinstance(path, str) or ":" not in path:
                raise PluginError(f"{origin}: write register({target!r}, 'package.module:Class').")
            entry = Entry(self.kind, _named(target, origin), path, origin)
        else:
            spec = _checked(target, self.kind, origin)
            entry = Entry(self.kind, spec.name, spec, origin)
        others = self._entries.setdefault(entry.name, [])
        if origin in (other.origin for other in others):
            raise PluginError(f"{origin} registers the {self.kind} {entry.name!r} twice.")
        others.append(entry)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> Entry:
        entries = self._entries.get(name, [])
        if not entries:
            raise PluginError(
                f"No {self.kind} is called {shown(name)}. {did_you_mean(name, self._entries)}".strip()
            )
        if len(entries) > 1:
            raise PluginError(_conflict(entries))
        return entries[0]

    def __iter__(self) -> Iterator[Entry]:
        for name in sorted(self._entries):
            yield from self._entries[name]

    def conflicts(self) -> list[str]:
        """Return, for each name that more than one entry point offers, who they are and what to do."""
        return [_conflict(entries) for _, entries in sorted(self._entries.items()) if len(entries) > 1]


def _conflict(entries: list[Entry]) -> str:
    owners = " and ".join(str(entry.origin) for entry in entries)
    first, last = entries[0].origin, entries[-1].origin
    both = f"Two plugins offer the {entries[0].kind} {entries[0].name!r}: {owners}."
    if last.is_local:
        return f"{both} Give that in {last.distribution} another name."
    other = last.entry_point if first.distribution == last.distribution else last.distribution
    return f"{both} Uninstall one, or set KDORCH_DISABLE={other} to leave that one out."


def _checked(found: object, kind: str, origin: Origin) -> type[Spec]:
    base = KINDS[kind]
    if not (isinstance(found, type) and issubclass(found, base)):
        raise PluginError(f"{origin}: {found!r} is not a {kind}; subclass kdorch.{base.__name__}.")
    if not found.name:
        shown = found.__name__
        raise PluginError(
            f'{origin}: {shown} has no name; write class {shown}(kdorch.{base.__name__}, name="...").'
        )
    _named(found.name, origin)
    try:
        found.model_rebuild()  # of types that are defined below the class
    except Exception as error:
        why = str(error).partition("\n")[0]
        raise PluginError(f"{origin}: the fields of {found.__name__} have no types: {why}.") from error
    return found


def _named(name: str, origin: Origin) -> str:
    if not _NAME.fullmatch(name):
        raise PluginError(f"{origin}: a plugin cannot be called {name!r}; use letters, digits, _ and -.")
    return name
