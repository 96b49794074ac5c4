"""How large a student is, and what it costs to run and to train."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from kdorch.kinds import Direction, Measure, Subject, Task


class Size(Measure, name="size"):
    """Parameters, and bytes of all weights and buffers; known before training."""

    before_training: ClassVar[bool] = True

    def produces(self, task: type[Task]) -> Mapping[str, Direction]:
        """Return the two sizes."""
        return {"size/params": "min", "size/bytes": "min"}

    def __call__(self, subject: Subject) -> dict[str, float]:
        """Count both."""
        params = sum(parameter.numel() for parameter in subject.network.parameters())
        size = sum(tensor.numel() * tensor.element_size() for tensor in subject.network.state_dict().values())
        return {"size/params": params, "size/bytes": size}


class Flops(Measure, name="flops"):
    """Floating-point operations for one row, 2 per multiply-add; known before training."""

    before_training: ClassVar[bool] = True

    def produces(self, task: type[Task]) -> Mapping[str, Direction]:
        """Return their number."""
        return {"cost/flops": "min"}

    def __call__(self, subject: Subject) -> dict[str, float]:
        """Count them while one row is answered."""
        from torch import no_grad

        from kdorch.measuring.flops import flops

        with no_grad(), _in_the_open():
            return {"cost/flops": flops(subject.network, subject.inputs[:1])}


class Duration(Measure, name="duration"):
    """Seconds of training."""

    def produces(self, task: type[Task]) -> Mapping[str, Direction]:
        """Return their number."""
        return {"cost/train_seconds": "min"}

    def __call__(self, subject: Subject) -> dict[str, float]:
        """Pass on what was measured."""
        return {"cost/train_seconds": subject.train_seconds}


@contextmanager
def _in_the_open() -> Iterator[None]:
    """Compute with plain kernels: the counter does not see into the fused ones of a CPU."""
    from torch.backends import mha, mkldnn
    from torch.nn.attention import SDPBackend, sdpa_kernel

    before = mha.get_fastpath_enabled(), mkldnn.enabled
    mha.set_fastpath_enabled(False)  # hides nn.MultiheadAttention
    mkldnn.enabled = False  # type: ignore[assignment]  # hides nn.LSTM
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        mha.set_fastpath_enabled(before[0])
        mkldnn.enabled = before[1]
