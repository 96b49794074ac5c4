"""The training loop: everything here runs once per step or once per epoch, so nothing else may."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import torch
from torch import nn

from kdorch.errors import TrainingError
from kdorch.kinds import Direction, Task
from kdorch.stopwatch import part
from kdorch.study import Train
from kdorch.study.pruning import Stop, never
from kdorch.training.building import answer
from kdorch.training.course import Course, Fitted, Moving
from kdorch.training.evaluate import Answers, evaluate
from kdorch.training.objective import Objective
from kdorch.training.optimiser import AdamW
from kdorch.training.rows import Rows, lengths, shuffle
from kdorch.training.top import widened


def measures_gradients(epoch: int) -> bool:
    """Whether the gradient of each loss is measured in an epoch: in 1, 2, 4, 8, …, as they change."""
    return epoch & (epoch - 1) == 0


def fit(
    network: nn.Module,
    objective: Objective,
    train: Sequence[Rows],
    validation: Rows,
    task: Task,
    settings: Train,
    *,
    seed: int,
    score: tuple[str, Direction],
    stop: Stop = never,
    course: Course | None = None,
) -> Fitted:
    """Train a network in place; it is left with the weights of its best epoch.

    Args:
        network: Built after the seed was set.
        objective: What to minimise.
        train: Rows to learn from, in all their views: each epoch takes the next one.
        validation: Rows that choose the best epoch.
        task: What is learnt.
        settings: Epochs, batch, learning rate.
        seed: Order of the rows.
        score: The task's score that chooses the best epoch, and which way is better.
        stop: Whether to give up, asked after each epoch.
        course: Who sees it on its way, and from where it goes on.

    Raises:
        TrainingError: If the network diverges.
    """
    started = time.perf_counter()
    everything = nn.ModuleList([network, *objective.parts()]).train()
    parameters, own = list(everything.parameters()), list(network.parameters())
    optimiser = AdamW(parameters, settings.weight_decay)
    generator = torch.Generator().manual_seed(seed)
    count = len(train[0])
    steps = settings.epochs * len(lengths(count, settings.batch))
    name, sign = f"val/{score[0]}", 1 if score[1] == "max" else -1
    course, moving = course or Course(), Moving(everything, optimiser, generator)
    now = course.resume(moving)
    answers: Answers | None = None
    fitted, before = now.fitted, now.fitted.seconds
    for epoch in range(now.epoch + 1, settings.epochs + 1):
        scheduled = objective.begin(epoch)
        fitted.add(epoch, {f"train/weight/{label}": weight for label, weight in scheduled.items()})
        measured = not measures_gradients(epoch)
        view = train[(epoch - 1) % len(train)]
        for batch, stored in view.batches(settings.batch, shuffle(count, generator)):
            for parameter in parameters:
                parameter.grad = None
            output = answer(network, batch)
            told = stored and widened(stored, output.logits)
            if measured:
                objective.backward(output, told, batch)
            else:
                norms, measured = objective.measure(output, told, batch, own), True
                fitted.add(epoch, {f"train/grad/{label}": norm for label, norm in norms.items()})
            optimiser.step(settings.lr * (1 + math.cos(math.pi * now.step / steps)) / 2)
            now.step += 1
        with part("validation"):
            answers = evaluate(network, validation, task, objective, settings.batch)
            values = scored(answers, task, score[0], epoch)
        fitted.add(epoch, values)
        if sign * values[name] > now.best:
            now.best, fitted.epoch = sign * values[name], epoch
            now.state = {key: tensor.clone() for key, tensor in everything.state_dict().items()}
        now.epoch, fitted.seconds = epoch, before + time.perf_counter() - started
        if stop(epoch, sign * now.best):
            fitted.pruned = epoch
            break
        course.note(now, moving)
    everything.load_state_dict(now.state)
    fitted.answers = answers if fitted.epoch == now.epoch else None
    return fitted


def scored(answers: Answers, task: Task, score: str, epoch: int) -> dict[str, float]:
    """Return each loss and the score of an epoch.

    Raises:
        TrainingError: If one of them, or an answer, is not finite.
    """
    if not torch.isfinite(answers.logits).all():
        advice = f"Lower the learning rate, or look at the losses ({', '.join(answers.losses)})."
        raise TrainingError(f"diverged in epoch {epoch}: the network answers NaN or infinity. {advice}")
    values = {f"val/loss/{label}": value for label, value in answers.losses.items()}
    values[f"val/{score}"] = task.score(score, answers.logits, answers.targets)
    for name, value in values.items():
        if not math.isfinite(value):
            advice = "Lower the learning rate or the weight of the loss."
            raise TrainingError(f"diverged in epoch {epoch}: {name} is {value}. {advice}")
    return values
