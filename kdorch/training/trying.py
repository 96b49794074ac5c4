"""Try a network, and a loss, on a few rows as a training would; say in a sentence why it cannot learn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from kdorch.errors import TrainingError, did_you_mean, reason
from kdorch.kinds import Batch, Loss, Output, Student, Task, Term
from kdorch.spec import Spec
from kdorch.training.building import answer, build, check, title
from kdorch.training.device import there


class Unfit(Exception):  # noqa: N818  never leaves this package: it becomes a problem of the study
    """Why a loss cannot be learnt from.

    Args:
        what: A sentence.
        field: Which of its fields is to blame, if one is.
    """

    def __init__(self, what: str, field: str = "") -> None:
        super().__init__(what)
        self.what, self.field = what, field


def try_student(student: Student, task: Task, batch: Batch) -> Output:
    """Build a network and pass a gradient through it; return what it answers in evaluation mode.

    Raises:
        TrainingError: If it cannot be trained.
    """
    network, shown = build(student, task, batch)
    who = title(student)
    if not torch.isfinite(shown.logits).all():
        raise TrainingError(f"{who} answers NaN or infinity before it is trained.")
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise TrainingError(f"{who} has no parameters to train.")
    with _explained(who):
        output = answer(there(network).train(), there(batch))
    check(output, task, batch, f"in training mode, {who}")
    if not output.logits.requires_grad:
        raise TrainingError(f"{who} answers logits without a gradient: they are cut off from its parameters.")
    with _explained(who):
        output.logits.sum().backward()
    return shown


@contextmanager
def _explained(who: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise TrainingError(f"{who} cannot be trained: {reason(error)}") from error


def try_loss(loss: Loss, task: Task, student: Output, teacher: Output, batch: Batch) -> None:
    """Compute a term and its gradient once.

    Args:
        loss: The loss.
        task: What is learnt.
        student: A student's answer for a few rows.
        teacher: The teacher's.
        batch: The rows.

    Raises:
        Unfit: If a training could not go on with what it is.
    """
    _find_layers(loss, student, teacher)
    with _blaming(loss, "cannot be built"):
        term = there(loss.build(task, student, teacher))
    _try_term(loss, term, student, teacher, batch)
    if hasattr(term, "gradient") and not isinstance(term, nn.Module):
        _try_gradient(loss, term, student, teacher, batch)


def _find_layers(loss: Loss, student: Output, teacher: Output) -> None:
    """Make sure that the features are there which a loss names in its field ``layers``."""
    layers = getattr(loss, "layers", None)
    if "features" not in loss.needs or not isinstance(layers, dict):
        return
    for ours, theirs in layers.items():
        for who, name, features in (
            ("student", ours, student.features),
            ("teacher", theirs, teacher.features),
        ):
            if name not in features:
                hint = did_you_mean(str(name), features) or "It shows none."
                raise Unfit(f"the {who} shows no feature {name!r}. {hint}", "layers")


def blamed(part: Spec, error: BaseException | None) -> tuple[str, str]:
    """Return the field that an error begins with, as in ``layers.late: …``, and what it says of it."""
    field, _, what = str(error).partition(": ")
    return (field, what) if field.partition(".")[0] in type(part).model_fields else ("", "")


@contextmanager
def _blaming(loss: Loss, does: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        field, what = blamed(loss, error)
        raise Unfit(what or f"loss {loss.name!r} {does}: {reason(error)}", field) from error


def _try_term(loss: Loss, term: Term, student: Output, teacher: Output, batch: Batch) -> None:
    leaves = _each(student, lambda tensor: tensor.detach().clone().requires_grad_(tensor.is_floating_point()))
    value = _computed(loss, term, leaves, teacher, batch)
    if not isinstance(value, Tensor) or value.numel() != 1:
        tensor = isinstance(value, Tensor)
        made = f"shape {tuple(value.shape)}" if tensor else f"a {type(value).__name__}"
        advice = "Average it over the rows." if tensor else "Return the mean over the rows, without item()."
        raise Unfit(f"loss {loss.name!r} answers {made}, not one number as a tensor. {advice}")
    if not torch.isfinite(value):
        raise Unfit(f"loss {loss.name!r} is {value.item()} on {len(batch.rows)} rows.")
    wanted = [tensor for tensor in _tensors(leaves) if tensor.requires_grad]
    with _blaming(loss, "has no derivative"):
        gradients = torch.autograd.grad(value, wanted, allow_unused=True) if value.requires_grad else ()
    found = [gradient for gradient in gradients if gradient is not None]
    if not found:
        what = f"loss {loss.name!r} has no gradient in what the student says, so there is nothing to learn."
        raise Unfit(f"{what} Compute it from student.logits or student.features, without detach or numpy.")
    if not all(gradient.isfinite().all() for gradient in found):
        raise Unfit(f"loss {loss.name!r} has a gradient of NaN or infinity on {len(batch.rows)} rows.")


def _try_gradient(loss: Loss, term: Any, student: Output, teacher: Output, batch: Batch) -> None:
    gradient = _computed(loss, term.gradient, Output(student.logits), teacher, batch)
    if gradient is None:
        return  # it takes the long way
    got, wanted = tuple(gradient.shape), tuple(student.logits.shape)
    if got != wanted:
        raise Unfit(f"the gradient of loss {loss.name!r} has shape {got}, and the logits have {wanted}.")
    if not gradient.isfinite().all():
        raise Unfit(f"the gradient of loss {loss.name!r} is NaN or infinity on {len(batch.rows)} rows.")


def _computed(loss: Loss, term: Callable[..., Any], *shown: Output | Batch) -> Any:
    """Return what a term makes of copies, which it has to leave as they are."""
    given = _each(shown, Tensor.clone)  # no leaves: a change in place is seen, not refused by autograd
    with _blaming(loss, "fails on two rows"):
        value = term(*given)
    for changed, original in zip(_tensors(given), _tensors(shown), strict=True):
        if not torch.equal(changed, original):
            what = f"loss {loss.name!r} changes what it is given in place, which every other loss sees."
            raise Unfit(f"{what} Let it compute new tensors: no +=, and no methods that end in _.")
    return value


def _each(shown: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Return the same with each tensor changed: of outputs, batches, mappings and tuples."""
    if isinstance(shown, Tensor):
        return change(shown)
    if isinstance(shown, Output | Batch):
        return replace(shown, **{name: _each(field, change) for name, field in vars(shown).items()})
    if isinstance(shown, Mapping):
        return {name: _each(field, change) for name, field in shown.items()}
    return tuple(_each(each, change) for each in shown) if isinstance(shown, tuple) else shown


def _tensors(shown: Any) -> list[Tensor]:
    found: list[Tensor] = []

    def noted(tensor: Tensor) -> Tensor:
        found.append(tensor)
        return tensor

    _each(shown, noted)
    return found
