"""Which trials may be trained together."""

from __future__ import annotations

from collections.abc import Hashable

from kdorch.training.prepared import Prepared
from kdorch.training.stack.layers import Unstackable, layers_of


def likeness(trial: Prepared) -> Hashable:
    """Return what trials must have in common to be trained in one stack: all but widths, rates and losses.

    Raises:
        Unstackable: If the trial cannot be in any.
    """
    if any(parameter.device.type != "cpu" for parameter in trial.network.parameters()):
        raise Unstackable("stacks have been measured on the CPU alone")
    if not trial.objective.closed:
        raise Unstackable("one of its losses has no closed-form gradient")
    layers = layers_of(trial.network, trial.task.input_shape)
    if trial.numerics.precision != "float32":
        raise Unstackable("a stack computes in float32")
    settings = trial.settings
    return (
        tuple(layer.signature() for layer in layers),
        (settings.epochs, settings.batch, settings.deterministic),
        tuple(map(id, trial.train)),
    )
