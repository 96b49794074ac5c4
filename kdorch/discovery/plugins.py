"""Load entry points one by one; a broken plugin never stops the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pluggy

from kdorch import hookspecs
from kdorch.discovery.code import digest
from kdorch.discovery.folders import plugin_files
from kdorch.discovery.registry import Entry, Origin, Registry, local
from kdorch.errors import PluginError, reason
from kdorch.hookspecs import GROUP, HOOKS
from kdorch.spec import Spec


class Plugins:
    """Everything that is installed, by kind; ``broken`` holds what failed to load and why."""

    def __init__(self, entries: Iterable[EntryPoint] = ()) -> None:
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.registries = {kind: Registry(kind) for kind in HOOKS}
        self.broken: dict[Origin, BaseException] = {}
        disabled = {name.strip() for name in os.environ.get("KDORCH_DISABLE", "").split(",")}
        for origin, entry in sorted(((_origin(entry), entry) for entry in entries), key=_ours_first):
            if not {origin.distribution, origin.entry_point} & disabled:
                self._load(entry.load, origin)

    def read(self, file: Path) -> None:
        """Load a file that is not installed; it is imported by its name, as its neighbours would do it."""

        def module() -> object:
            found = import_module(file.stem)
            if found.__file__ is None or not file.samefile(found.__file__):
                raise PluginError(f"its name leads to {found}. Give the file another one.")
            return found

        self._load(module, local(file))

    def _load(self, load: Callable[[], object], origin: Origin) -> None:
        try:
            self.add(load(), origin)
        except (Exception, SystemExit) as error:  # noqa: BLE001  a third party's module can raise anything
            self.broken[origin] = error

    def add(self, plugin: object, origin: Origin) -> None:
        """Register an object with hook implementations: all that it offers, or nothing if one is wrong.

        Raises:
            PluginError: If it offers something that is not a plugin, or nothing at all.
        """
        known = self.manager.get_name(plugin)
        if known:
            raise PluginError(f"{origin} leads to the same module as {known}; uninstall one of them.")
        try:
            self.manager.register(plugin, f"{origin.distribution}:{origin.entry_point}")
            self.manager.check_pending()
            offers = list(self._offers(plugin, origin))
        except BaseException:
            if self.manager.is_registered(plugin):
                self.manager.unregister(plugin)
            raise
        for kind, offer in offers:
            self.registries[kind].add(origin, *offer)

    def _offers(self, plugin: object, origin: Origin) -> Iterator[tuple[str, tuple[Any, ...]]]:
        marked = {caller.name for caller in self.manager.get_hookcallers(plugin) or ()}
        forgotten = [hook for hook in HOOKS.values() if hasattr(plugin, hook) and hook not in marked]
        if forgotten:
            raise PluginError(f"{origin}: write @kdorch.hookimpl above def {forgotten[0]}.")
        if not marked:
            who = origin if origin.is_local else f"{origin}: the entry point {origin.entry_point!r}"
            what = "offers nothing: it has no function register_... marked with @kdorch.hookimpl"
            raise PluginError(f"{who} {what}.")
        others = self.manager.get_plugins() - {plugin}
        for kind, hook in HOOKS.items():
            offers: list[tuple[Any, ...]] = []
            call = self.manager.subset_hook_caller(hook, others)
            call(register=partial(_take, Registry(kind), origin, offers))
            yield from ((kind, offer) for offer in offers)

    def find(self, kind: str, name: str) -> type[Spec]:
        """Return a plugin's class.

        Raises:
            PluginError: If there is none, there are two, or it fails to import.
        """
        registry = self.registries[kind]
        try:
            return registry[name].spec
        except PluginError as error:
            if name in registry or not self.broken:
                raise
            failed = "; ".join(_failure(origin, why) for origin, why in self.broken.items())
            raise PluginError(f"{error} It may come with what failed to load: {failed}.") from error

    def names(self, kind: str) -> list[str]:
        """Return the names of a kind, in order."""
        return sorted({entry.name for entry in self.registries[kind]})

    def origin(self, kind: str, name: str) -> Origin:
        """Return the distribution that offers a plugin."""
        return self.registries[kind][name].origin

    def origins(self, part: Spec) -> str:
        """Return who offers a part and those in it, with digests of code that is not ours.

        With a dataset goes its task.
        """
        found = (word for _, each in part.nested_parts() for word in self._origins(each))
        return ", ".join(dict.fromkeys(found))

    def _origins(self, part: Spec) -> Iterator[str]:
        tasks = part.tasks if part.kind == "dataset" else ()
        for kind, name in ((part.kind, part.name), *(("task", task) for task in sorted(tasks))):
            entry = self.registries[kind][name]
            ours = entry.origin.distribution == GROUP
            yield str(entry.origin) if ours else f"{entry.origin} {digest(entry.spec.__module__)}"
        for target in part.import_paths():
            yield f"{target} {digest(target.partition(':')[0])}"

    def part(self, kind: str, value: dict[str, Any]) -> Any:
        """Return the spec that ``{use: name, ...}`` describes."""
        fields = {key: field for key, field in value.items() if key != "use"}
        return self.find(kind, value["use"]).model_validate(fields, context={"find": self.find})

    def __iter__(self) -> Iterator[Entry]:
        for registry in self.registries.values():
            yield from registry


def _origin(entry: EntryPoint) -> Origin:
    source = entry.dist
    return Origin(source.name, source.version, entry.name) if source else Origin(entry.value, "?", entry.name)


def _failure(origin: Origin, error: BaseException) -> str:
    if origin.is_local:
        return str(origin)  # why, the study is told where it names the file
    return str(error).rstrip(".") if isinstance(error, PluginError) else f"{origin}: {reason(error)}"


def _ours_first(found: tuple[Origin, EntryPoint]) -> tuple[bool, str, str]:
    """Sort so that in a conflict the advice is to leave out somebody else's plugin."""
    origin, _ = found
    return origin.distribution != GROUP, origin.distribution, origin.entry_point


def _take(
    trial: Registry, origin: Origin, offers: list[tuple[Any, ...]], target: object, path: object = None
) -> None:
    """Validate at the author's own line, before anything is kept."""
    trial.add(origin, target, path)
    offers.append((target, path))


@cache
def own() -> Plugins:
    """Return kdorch's own plugins: no module of anybody else is imported, whatever is installed."""
    return Plugins(entry for entry in entry_points(group=GROUP) if entry.module.partition(".")[0] == GROUP)


def installed() -> Plugins:
    """Return the plugins of this environment, and of the files that `importable` lets in."""
    return discover(plugin_files())


@cache
def discover(files: tuple[Path, ...]) -> Plugins:
    """Return the plugins of this environment and of these files, found once per process."""
    plugins = Plugins(entry_points(group=GROUP))
    for file in files:
        plugins.read(file)
    return plugins
