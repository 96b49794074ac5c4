"""The fine-tuning of a teacher, from top to bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

import kdorch
from kdorch_text.teachers.reading import Reader, batches

if TYPE_CHECKING:
    from kdorch_text.teachers.huggingface import HuggingfaceText

_WARM_UP = 0.1  # of all steps
_DECAY = 0.01
_NORM = 1.0  # of the gradient, at most


def finetuned(spec: HuggingfaceText, lessons: kdorch.Lessons) -> dict[str, Tensor]:
    """Return the weights of the best epoch by validation.

    Args:
        spec: The teacher.
        lessons: What to learn.

    Raises:
        TrainingError: If it diverges.
    """
    task, rows = lessons.task, lessons.train
    known = torch.arange(len(rows.rows)) if rows.labelled is None else rows.labelled.nonzero()[:, 0]
    assert rows.raw is not None  # noqa: S101  who is raw gets raw rows
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(lessons.seed)
        reader = Reader.pretrained(spec, task.outputs)
        tokens, targets = reader.tokens(rows.raw[known]), rows.targets[known]
        lengths = torch.tensor([len(each) for each in tokens])
        long = int((lengths == spec.length).sum())
        if long:
            lessons.note(
                f"{long:,} training texts fill its {spec.length} tokens: of longer ones it reads no more"
            )
        optimizer = torch.optim.AdamW(_groups(reader), lr=spec.lr, fused=True)
        steps = spec.epochs * -(-len(known) // spec.batch)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share(step, steps))
        generator = torch.Generator().manual_seed(lessons.seed)
        best, state = -float("inf"), {}
        for epoch in range(1, spec.epochs + 1):
            reader.train()
            for some in batches(lengths, spec.batch, generator):
                optimizer.zero_grad()
                logits = reader([tokens[row] for row in some.tolist()]).logits
                task.loss(logits, targets[some]).backward()
                nn.utils.clip_grad_norm_(reader.parameters(), _NORM)
                optimizer.step()
                schedule.step()
            reached, told = _validated(reader.eval(), lessons)
            lessons.note(f"epoch {epoch} of {spec.epochs}: {told} on the validation rows")
            if reached > best:
                best = reached
                state = {name: tensor.clone() for name, tensor in reader.state_dict().items()}
    return state


def _groups(reader: Reader) -> list[dict[str, object]]:
    """Return the weights that decay, and the biases and norms, which do not."""
    wanted = [weight for weight in reader.parameters() if weight.requires_grad]
    return [
        {"params": [weight for weight in wanted if weight.ndim > 1], "weight_decay": _DECAY},
        {"params": [weight for weight in wanted if weight.ndim <= 1], "weight_decay": 0.0},
    ]


def _share(step: int, steps: int) -> float:
    """Return the learning rate in a step, as a share of the highest."""
    warm = max(1, round(_WARM_UP * steps))
    return (step + 1) / warm if step < warm else max(0.0, (steps - step) / max(1, steps - warm))


@torch.no_grad()
def _validated(reader: Reader, lessons: kdorch.Lessons) -> tuple[float, str]:
    """Return the first score of the task, the larger the better, and in words."""
    task, rows = lessons.task, lessons.validation
    name, direction = next(iter(task.directions.items()))
    logits = reader.answer(rows).logits
    if not torch.isfinite(logits).all():
        raise kdorch.TrainingError("the teacher diverged: it answers NaN or infinity. Lower teacher.lr.")
    score = task.score(name, logits, rows.targets)
    return score if direction == "max" else -score, f"{name} {score:.4f}"
