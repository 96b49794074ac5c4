"""A network that shows what it computes on the way to its logits."""

from __future__ import annotations

from torch import Tensor, nn

from kdorch.kinds.values import Output


class Stages(nn.ModuleDict):
    """Named stages that run in turn; losses on features see what all but the last one answer.

    ``Stages(early=..., late=..., head=...)`` answers ``Output(logits, {"early": ..., "late": ...})``. The
    features are what the next stage is given anyway: nothing is computed for them, and an exported graph has
    no trace of them.

    Args:
        stages: At least one, by name; each takes what the one before it answers, and the last one's answer is
            the logits, shape (rows, outputs).

    Raises:
        ValueError: If there is none.
    """

    def __init__(self, **stages: nn.Module) -> None:
        if not stages:
            raise ValueError("Stages needs at least one stage, which answers the logits")
        super().__init__(stages)

    def forward(self, inputs: Tensor) -> Output:
        """Return the logits, with the features in the order in which they are computed."""
        found: dict[str, Tensor] = {}
        for name, stage in self._modules.items():
            inputs = found[name] = stage(inputs)
        return Output(found.pop(name), found)
