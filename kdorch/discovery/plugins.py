"""Load entry points one by one; a broken plugin never stops the rest."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from kdorch import hookspecs
from kdorch.discovery.registry import Entry, Origin, Registry
from kdorch.errors import PluginError
from kdorch.hookspecs import GROUP, HOOKS
from kdorch.spec import Spec


class Plugins:
    """Everything that is installed, by kind; ``broken`` holds what failed to load and why."""

    def __init__(self, entries: Iterable[EntryPoint] = ()) -> None:
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.registries = {kind: Registry(kind) for kind in HOOKS}
        self.broken: dict[Origin, Exception] = {}
        disabled = os.environ.get("KDORCH_DISABLE", "").split(",")
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name not in disabled:
                self._load(entry)

    def _load(self, entry: EntryPoint) -> None:
        source = entry.dist
        origin = Origin(source.name, source.version, entry.name) if source else Origin(entry.value, "?", entry.name)
        try:
            self.add(entry.load(), origin)
        except Exception as error:  # noqa: BLE001  a third party's module can raise anything
            self.broken[origin] = error

    def add(self, plugin: object, origin: Origin) -> None:
        """Register an object with hook implementations: all that it offers, or nothing if one is wrong.

        Raises:
            PluginError: If it offers something that is not a plugin.
        """
        self.manager.register(plugin, f"{origin.distribution}:{origin.entry_point}")
        offers: list[tuple[str, tuple[Any, ...]]] = []
        try:
            self.manager.check_pending()
            others = self.manager.get_plugins() - {plugin}
            for kind, hook in HOOKS.items():
                trial = Registry(kind)
                call = self.manager.subset_hook_caller(hook, others)
                call(register=partial(_take, trial, origin, offers))
        except Exception:
            self.manager.unregister(plugin)
            raise
        for kind, offer in offers:
            self.registries[kind].add(origin, *offer)

    def find(self, kind: str, name: str) -> type[Spec]:
        """Return a plugin's class.

        Raises:
            PluginError: If there is none, there are two, or it fails to import.
        """
        try:
            return self.registries[kind][name].spec
        except PluginError as error:
            failed = [f"{origin} failed to load: {type(why).__name__}: {why}" for origin, why in self.broken.items()]
            raise PluginError(" ".join([str(error), *failed])) from error

    def origin(self, kind: str, name: str) -> Origin:
        """Return the distribution that offers a plugin."""
        return self.registries[kind][name].origin

    def part(self, kind: str, value: dict[str, Any]) -> Any:
        """Return the spec that ``{use: name, ...}`` describes."""
        fields = {key: field for key, field in value.items() if key != "use"}
        return self.find(kind, value["use"]).model_validate(fields, context={"find": self.find})

    def __iter__(self) -> Iterator[Entry]:
        for registry in self.registries.values():
            yield from registry


def _take(trial: Registry, origin: Origin, offers: list[tuple[str, tuple[Any, ...]]], *offer: Any) -> None:
    """Validate at the author's own line, before anything is kept."""
    trial.add(origin, *offer)
    offers.append((trial.kind, offer))


@cache
def installed() -> Plugins:
    """Return the plugins of this environment, found once per process."""
    return Plugins(entry_points(group=GROUP))
