"""AdamW over the parameters of a network, all of them in one call of torch's fused kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn
from torch.optim.adamw import adamw

State = dict[str, torch.Tensor]

BETAS, EPSILON = (0.9, 0.999), 1e-8  # torch's defaults


class AdamW:
    """Decoupled weight decay (Loshchilov & Hutter, ICLR 2019, algorithm 2).

    The digits are those of ``torch.optim.AdamW(fused=True)``, whose function this calls. The first optimiser
    class of a process imports torch._dynamo, which takes as long as torch itself; the function does not.

    Args:
        parameters: What to train, in place.
        decay: Weight decay, per unit of learning rate.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], decay: float) -> None:
        self._parameters, self._decay = list(parameters), decay
        self._states: dict[int, State] = {}

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Take a step with a learning rate; a parameter without a gradient stays where it is."""
        moved = [place for place, each in enumerate(self._parameters) if each.grad is not None]
        if not moved:
            return
        states = [self._state(place) for place in moved]
        adamw(
            [self._parameters[place] for place in moved],
            [gradient for place in moved if (gradient := self._parameters[place].grad) is not None],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            fused=True,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=rate,
            weight_decay=self._decay,
            eps=EPSILON,
            maximize=False,
        )

    def _state(self, place: int) -> State:
        if place not in self._states:
            parameter = self._parameters[place]
            self._states[place] = {
                "step": torch.zeros((), device=parameter.device),
                "exp_avg": torch.zeros_like(parameter, memory_format=torch.preserve_format),
                "exp_avg_sq": torch.zeros_like(parameter, memory_format=torch.preserve_format),
            }
        return self._states[place]

    def state_dict(self) -> dict[str, Any]:
        """Return what a training goes on with."""
        return {"state": self._states}

    def load_state_dict(self, kept: Mapping[str, Any]) -> None:
        """Go on with it."""
        self._states = {
            place: {name: value.to(self._parameters[place].device) for name, value in state.items()}
            for place, state in kept["state"].items()
        }
