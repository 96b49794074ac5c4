"""AdamW over the parameters of a network, all of them in one call of torch's fused kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

State = dict[str, Tensor]

_BETAS, _EPSILON = (0.9, 0.999), 1e-8  # torch's defaults


@torch.no_grad()
def step_fused(
    weights: list[Tensor], gradients: list[Tensor], states: list[State], rate: float, decay: float
) -> None:
    """Take a step in place, by torch's fused kernel."""
    means, squares, steps = ([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq", "step"))
    adamw(
        weights,
        gradients,
        means,
        squares,
        [],
        steps,
        fused=True,
        amsgrad=False,
        beta1=_BETAS[0],
        beta2=_BETAS[1],
        lr=rate,
        weight_decay=decay,
        eps=_EPSILON,
        maximize=False,
    )


def begun(weights: Tensor) -> State:
    """Return what is known of weights before their first step, under torch's names."""
    step = torch.zeros((), device=weights.device)
    return {"step": step, "exp_avg": torch.zeros_like(weights), "exp_avg_sq": torch.zeros_like(weights)}


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

    def step(self, rate: float) -> None:
        """Take a step with a learning rate; a parameter without a gradient stays where it is."""
        weights: list[Tensor] = []
        gradients: list[Tensor] = []
        states: list[State] = []
        for place, each in enumerate(self._parameters):
            if each.grad is not None:
                if place not in self._states:
                    self._states[place] = begun(each)
                weights.append(each)
                gradients.append(each.grad)
                states.append(self._states[place])
        if weights:
            step_fused(weights, gradients, states, rate, self._decay)

    def state_dict(self) -> dict[str, Any]:
        """Return what a training goes on with."""
        return {"state": self._states}

    def load_state_dict(self, kept: Mapping[str, Any]) -> None:
        """Go on with it."""
        self._states = {
            place: {name: value.to(self._parameters[place].device) for name, value in state.items()}
            for place, state in kept["state"].items()
        }
