"""A second device that is not there: tensors of the CPU, of which each is known to be here or there.

What torch refuses on a GPU is refused here, too: an operation on tensors of both places, and a tensor from there as
an array. Numbers may be of either place, and positions from here may choose from what is there.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

_CHOOSING = {torch.ops.aten.index.Tensor}


class Pretended(TorchDispatchMode):
    """Watches every operation while it is entered."""

    def __init__(self):
        super().__init__()
        self._there = {}  # storages by address; kept, so that no address is used again
        self.operations = 0

    def is_there(self, tensor):
        return tensor.untyped_storage().data_ptr() in self._there

    def send(self, thing, device):
        """Stand in for `device._sent`."""
        there = device.type != "cpu"
        if isinstance(thing, nn.Module):
            for tensor in (*thing.parameters(), *thing.buffers()):
                tensor.data = self._copied(tensor.data, there)
            return thing
        return self._copied(thing, there)

    def _copied(self, tensor, there):
        with torch.utils._python_dispatch._disable_current_modes():
            copy = tensor.detach().clone()
        if there:
            self._mark(copy)
        return copy

    def _mark(self, tensor):
        storage = tensor.untyped_storage()
        self._there[storage.data_ptr()] = storage

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        given = [each for each in tree_flatten((args, kwargs or {}))[0] if isinstance(each, Tensor)]
        places = {
            self.is_there(each) for each in given[: 1 if operation in _CHOOSING else None] if each.dim()
        }
        if len(places) > 1:
            shapes = [(tuple(each.shape), "there" if self.is_there(each) else "here") for each in given]
            raise RuntimeError(f"{operation} on two devices: {shapes}")
        found = operation(*args, **(kwargs or {}))
        if any(map(self.is_there, given)):
            self.operations += 1
            for each in tree_flatten(found)[0]:
                if isinstance(each, Tensor) and each.untyped_storage().data_ptr():
                    self._mark(each)
        return found
