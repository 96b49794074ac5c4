"""Count the operations of a network while it answers.

The counts of each operator are torch's. Its own counter imports torch._dynamo at the first operator, which
takes as long as torch itself, and every process that trains counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry


def flops(network: nn.Module, inputs: Tensor) -> int:
    """Return the floating-point operations of an answer, 2 per multiply-add."""
    counter = _Counter()
    with counter:
        network(inputs)
    if not counter.hidden:
        return counter.flops
    with FlopCounterMode(display=False) as theirs:
        network(inputs)
    return int(theirs.get_total_flops())


class _Counter(TorchDispatchMode):
    """Sums up what runs.

    Attributes:
        flops: So far.
        hidden: Whether there was an operator that takes functions, as ``torch.cond`` does: torch's counter
            sees into them.
    """

    supports_higher_order_operators = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch declares no types of it
        self.flops: int = 0
        self.hidden = False

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nobody compiles here, and to have torch._dynamo skip it, it is imported

    def __torch_dispatch__(
        self,
        operator: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if not isinstance(operator, OpOverload):
            self.hidden = True
            return operator(*args, **kwargs)
        with self:
            found = operator.decompose(*args, **kwargs)
        if found is NotImplemented:
            found = operator(*args, **kwargs)
            counts = flop_registry.get(operator.overloadpacket)
            self.flops += counts(*args, **kwargs, out_val=found) if counts else 0
        return found
