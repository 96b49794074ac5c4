"""What a network's own modules say on the way to its logits, without a change to its code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import partial

from torch import Tensor, nn

import kdorch

_SHOWN = 20


class Taps:
    """Hooks that let a network answer an ``Output`` with features; a copy of the network has its own.

    The hooks only hold on to what is computed anyway, so that an exported graph has no trace of them.

    Args:
        paths: Path of a module by the name of its feature.
    """

    def __init__(self, paths: Mapping[str, str]) -> None:
        self.paths = paths
        self.seen: dict[str, Tensor] = {}

    def attach(self, network: nn.Module) -> None:
        """Register the hooks.

        Raises:
            ValueError: If the network has no such module.
        """
        modules = dict(network.named_modules(remove_duplicate=False))
        for name, path in self.paths.items():
            if not path or path not in modules:
                raise ValueError(f"features.{name}: {_unknown(path, filter(None, modules))}")
            modules[path].register_forward_hook(partial(self._keep, name))
        network.register_forward_hook(self._give)

    def _keep(self, name: str, module: nn.Module, inputs: object, output: object) -> None:
        found = output[0] if isinstance(output, tuple) and output else output  # as recurrent layers answer
        if not isinstance(found, Tensor):
            what = type(found).__name__
            raise TypeError(f"features.{name}: {self.paths[name]!r} answers a {what}, not a tensor")
        self.seen[name] = found

    def _give(self, network: nn.Module, inputs: object, output: Tensor | kdorch.Output) -> kdorch.Output:
        seen, self.seen = self.seen, {}  # nothing is held longer than its batch
        idle = [f"features.{name}: {path!r}" for name, path in self.paths.items() if name not in seen]
        if idle:
            raise ValueError(f"{idle[0]} is a module that forward does not call")
        if isinstance(output, kdorch.Output):
            return kdorch.Output(output.logits, {**output.features, **seen})
        return kdorch.Output(output, seen)


def _unknown(path: str, modules: Iterable[str]) -> str:
    names = list(modules)
    near = get_close_matches(path, names, n=1)
    meant = f" Did you mean {near[0]!r}?" if near else ""
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    known = ", ".join(names[:_SHOWN]) or "none"
    return f"the network has no module {path!r}.{meant} Its modules: {known}{rest}"
