"""Build a network, and make sure that it fits the task before anything is spent on it."""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import Tensor, nn

from kdorch.errors import TrainingError, reason
from kdorch.kinds import Batch, Output, Student, Task

SAMPLE = 2  # rows to read shapes from; two, so that a squeezed batch dimension shows


def seed(number: int) -> None:
    """Seed every generator that a network or a loss may draw from; workers were forked with one state."""
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def build(student: Student, task: Task, batch: Batch, *, role: str = "student") -> tuple[nn.Module, Output]:
    """Build the network and let it answer a few rows, which lets lazy layers take their shape.

    Args:
        student: What to build; its weights come from torch's global generator.
        task: What it has to answer.
        batch: A few prepared rows.
        role: What the network is, for messages.

    Returns:
        The network in evaluation mode, and its answer.

    Raises:
        TrainingError: If it cannot be built or cannot answer, or answers in another shape than the task's.
    """
    who = title(student, role)
    try:
        network = student.build(task)
    except Exception as error:
        raise TrainingError(f"{who} cannot be built: {reason(error)}") from error
    if not isinstance(network, nn.Module):
        made = type(network).__name__
        raise TrainingError(f"{who} cannot be built: build returns a {made}, not a torch.nn.Module.")
    network.eval()
    try:
        with torch.no_grad():
            shown = answer(network, batch)
    except Exception as error:
        what = f"{who} fails on {len(batch.rows)} rows of shape {task.input_shape}"
        raise TrainingError(f"{what}: {reason(error)}") from error
    check(shown, task, batch, who)
    return network, shown


def title(student: Student, role: str = "student") -> str:
    """Return what a message calls a network."""
    return f"{role} {student.name!r}" + "".join(f" ({path})" for path in student.import_paths())


def check(shown: Output, task: Task, batch: Batch, who: str) -> None:
    """Make sure that a network's answer has the form that the task needs.

    Raises:
        TrainingError: If it has not.
    """
    if not isinstance(shown.logits, torch.Tensor):
        made = type(shown.logits).__name__
        raise TrainingError(f"{who} answers a {made}. Return the logits as a tensor, or a kdorch.Output.")
    got = tuple(shown.logits.shape)
    if got != (len(batch.rows), *task.output_shape):
        wanted = ", ".join(map(str, ("rows", *task.output_shape)))
        raise TrainingError(
            f"{who} answers {len(batch.rows)} rows with shape {got}, "
            f"but the task needs logits of shape ({wanted})."
        )


def answer(network: nn.Module, batch: Batch) -> Output:
    """Return the network's output, whether it returns logits or an ``Output``."""
    return answer_to(network, batch.inputs)


def answer_to(network: nn.Module, inputs: Tensor) -> Output:
    """Return the network's output for inputs without their batch."""
    found = network(inputs)
    return found if isinstance(found, Output) else Output(found)
