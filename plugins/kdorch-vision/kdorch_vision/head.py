"""A linear head for a network that stays as it is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import kdorch
from kdorch_vision.enlarging import Enlarged

_ROWS = 64  # large images at once
_STEPS = 200


@torch.no_grad()
def seen(network: Enlarged, inputs: Tensor) -> Tensor:
    """Return what the head sees of each row, once the network's scale is that of these rows."""
    deviation, mean = torch.var_mean(inputs, (0, 2, 3), correction=0)
    network.scale.running_mean, network.scale.running_var = mean, deviation
    return torch.cat([network.vectors(rows) for rows in inputs.split(_ROWS)])


def fitted(vectors: Tensor, targets: Tensor, task: kdorch.Task, penalty: float) -> nn.Linear:
    """Return the head with the smallest loss.

    Args:
        vectors: What it sees, shape (rows, units).
        targets: Encoded labels.
        task: What is learnt.
        penalty: Factor of the squared weights.
    """
    head = nn.Linear(vectors.shape[1], task.outputs)
    for parameter in head.parameters():
        nn.init.zeros_(parameter)
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = task.loss(head(vectors), targets) + penalty * head.weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return head


def answers(network: Enlarged, inputs: Tensor) -> kdorch.Output:
    """Return what the network says of prepared images, and the features that are tapped."""
    parts = [network(rows) for rows in inputs.split(_ROWS)]
    if isinstance(parts[0], Tensor):
        return kdorch.Output(torch.cat(parts))
    features = {name: torch.cat([part.features[name] for part in parts]) for name in parts[0].features}
    return kdorch.Output(torch.cat([part.logits for part in parts]), features)
