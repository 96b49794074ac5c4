"""How a training is computed: the layout of its maps in memory, and the precision of its forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from kdorch.errors import reason
from kdorch.kinds import Output
from kdorch.study import Train
from kdorch.training.building import answer_to
from kdorch.training.layout import against_bfloat16, against_channels_last

_LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


@dataclass(frozen=True)
class Numerics:
    """What of a training's computation may differ and leave what is learnt as it is.

    Weights, optimiser and losses are in float32 whatever the precision is, and so is what is measured after
    training: that is how a student is used. An epoch's validation is computed as its training is.

    Attributes:
        memory_format: ``contiguous``, channel by channel, or ``channels_last``, pixel by pixel.
        precision: ``float32``, or ``bfloat16`` for what torch's autocast holds to bear it.
        note: What was wanted and may not be, in words.
    """

    memory_format: str = "contiguous"
    precision: str = "float32"
    note: str = field(default="", compare=False)

    @contextmanager
    def applied(self, network: nn.Module, *, features: bool = True) -> Iterator[nn.Module]:
        """Compute a network so for the duration; what is yielded shares its weights.

        Args:
            network: The network.
            features: Whether anybody looks at its features.
        """
        if self == Numerics():
            yield network
            return
        layout = _LAYOUTS[self.memory_format]
        network.to(memory_format=layout)  # type: ignore[call-overload]
        try:
            yield _Computed(network, layout, features=features, halved=self.precision == "bfloat16")
        finally:
            network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]

    def __str__(self) -> str:
        layout = ", channels last" if self.memory_format == "channels_last" else ""
        return layout + (", in bfloat16" if self.precision == "bfloat16" else "") + self.note


class _Computed(nn.Module):
    """A network whose inputs are laid out for it, and whose answers are contiguous float32."""

    def __init__(
        self, network: nn.Module, layout: torch.memory_format, *, features: bool, halved: bool
    ) -> None:
        super().__init__()
        self.network, self.layout, self.features, self.halved = network, layout, features, halved
        self.train(network.training)

    def forward(self, inputs: Tensor) -> Output:
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=self.halved):
            found = answer_to(self.network, inputs.contiguous(memory_format=self.layout))
        features = found.features if self.features else {}
        return Output(_plain(found.logits), {name: _plain(feature) for name, feature in features.items()})


def _plain(tensor: Tensor) -> Tensor:
    # A loss may call view(), which only knows contiguous tensors.
    return tensor.float().contiguous() if tensor.is_floating_point() else tensor


def settle(settings: Train, measured: Mapping[str, str], network: nn.Module, inputs: Tensor) -> Numerics:
    """Return how a student is trained: as its settings say, else as was measured, and only as it may be.

    Args:
        settings: Of the training.
        measured: The quickest ``memory_format`` and ``precision``; empty if nothing was measured.
        network: The student, in evaluation mode.
        inputs: A few of its rows.
    """
    settled = Numerics()
    for name, against in (("memory_format", against_channels_last), ("precision", against_bfloat16)):
        plain, wanted = getattr(settled, name), getattr(settings, name)
        if wanted == "auto":
            wanted = plain if settings.deterministic else measured.get(name, plain)
        if wanted != plain:
            tried = replace(settled, **{name: wanted})
            why_not = against(network, inputs) or _failure(tried, network, inputs)
            settled = replace(settled, note=f", not {wanted}, as {why_not}") if why_not else tried
    return settled


@torch.no_grad()
def _failure(numerics: Numerics, network: nn.Module, inputs: Tensor) -> str:
    """Return why a network that can be computed cannot be computed so; nothing if it can."""
    try:
        with numerics.applied(network) as computed:
            computed(inputs)
    except Exception as error:  # noqa: BLE001  anybody's network
        return f"it fails so: {reason(error)}"
    return ""
