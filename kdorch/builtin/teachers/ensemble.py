"""A teacher that is several."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, SerializeAsAny, ValidationInfo, field_validator

import kdorch
from kdorch.builtin.teachers.fields import Folds
from kdorch.errors import did_you_mean, shown

if TYPE_CHECKING:
    from torch import Tensor

_PREFIX = "members."
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class Ensemble(
    kdorch.Teacher,
    name="ensemble",
    tasks={"classification", "multilabel", "regression"},
    reference="Hinton et al., Distilling the knowledge in a neural network, 2015, section 3",
):
    """The weighted mean of what several teachers say: of probabilities, or of the numbers of a regression.

    With weights w scaled to sum to 1 and members' probabilities p_m at temperature 1, its logits are
    log(sum of w_m p_m) for classes, and log p - log(1 - p) with p = sum of w_m p_m for labels that may all be
    there; of numbers z_m they are the sum of w_m z_m. A loss softens the mean, not the members.

    What each member says is stored once; weights act in each trial, and may be searched:
    ``tune: {teacher.weights.big: auto}``.

    Attributes:
        members: Teachers by label. Each has a seed of its own.
        weights: Of each member, relative to the others; 1 by default. All 0 count as all equal.
        cross_fit: Answer training rows by this many ensembles that have not seen them.
    """

    recalled: ClassVar[frozenset[str]] = frozenset({"weights"})

    members: dict[Label, SerializeAsAny[kdorch.Teacher]]
    weights: Annotated[dict[str, float], kdorch.Range(0.0, 1.0)] = Field(default={}, validate_default=True)
    cross_fit: Folds | None = None

    @field_validator("members")
    @classmethod
    def _together(cls, members: dict[str, kdorch.Teacher]) -> dict[str, kdorch.Teacher]:
        if len(members) < 2:  # noqa: PLR2004
            raise ValueError("an ensemble has two members or more: members: {a: {use: NAME}, b: {use: NAME}}")
        folding = [label for label, member in members.items() if member.folds()]
        if folding:
            raise ValueError(f"{folding[0]} has cross_fit: write it at the ensemble, for all members")
        return members

    @field_validator("weights")
    @classmethod
    def _one_for_each(cls, weights: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        members = info.data.get("members", weights)
        for label, weight in weights.items():
            if label not in members:
                raise ValueError(f"there is no member {shown(label)}. {did_you_mean(label, members)}")
            if weight < 0:
                raise ValueError("should be 0 or more, for each member")
        return {label: weights.get(label, 1.0) for label in members}

    @property
    def foreign(self) -> bool:
        """Whether a member is."""
        return any(member.foreign for member in self.members.values())

    @property
    def raw(self) -> bool:
        """Whether a member takes what the dataset ships."""
        return any(member.raw for member in self.members.values())

    @property
    def by_rows(self) -> bool:
        """Whether a member looks its answers up."""
        return any(member.by_rows for member in self.members.values())

    def folds(self) -> int:
        """Return the number of folds."""
        return self.cross_fit or 0

    def keeps(self) -> frozenset[str]:
        """Return the logits of its members."""
        return frozenset(_PREFIX + label for label in self.members)

    def settled(self, lessons: kdorch.Lessons) -> Self:
        """Return the ensemble of settled members."""
        members = {label: member.settled(lessons) for label, member in self.members.items()}
        return self.model_copy(update={"members": members})

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return the states of all members, made ready one by one."""
        return {
            f"{label}.{name}": tensor
            for number, (label, member) in enumerate(self.members.items())
            for name, tensor in member.fit(lessons.under(lessons.seed + number)).items()
        }

    def homework(self) -> list[tuple[kdorch.Student, dict[str, float]]]:
        """Return the networks of all members."""
        return list(chain.from_iterable(member.homework() for member in self.members.values()))

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return what has all members answer."""
        members = {label: member.build(task, _own(state, label)) for label, member in self.members.items()}

        def answer(batch: kdorch.Batch) -> kdorch.Output:
            said = {_PREFIX + label: member(batch).logits for label, member in members.items()}
            logits = next(iter(said.values()))
            return kdorch.Output(self.recall(task, kdorch.Output(logits, said)).logits, said)

        return answer

    def recall(self, task: kdorch.Task, told: kdorch.Output) -> kdorch.Output:
        """Return the weighted mean of what the members said."""
        from torch import stack, tensor

        said = stack([told.features[_PREFIX + label] for label in self.members])
        weights = tensor([self.weights[label] for label in self.members])
        if not weights.any():
            weights = weights + 1
        shares = (weights / weights.sum()).reshape(-1, *[1] * (said.ndim - 1))
        return kdorch.Output(_mean(task, said, shares))

    def parameters(self, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
        """Return the sum of the members'; 0 if nobody knows that of one."""
        counts = [member.parameters(task, _own(state, label)) for label, member in self.members.items()]
        return sum(counts) if all(counts) else 0


def _own(state: Mapping[str, Tensor], label: str) -> dict[str, Tensor]:
    prefix = f"{label}."
    return {name.removeprefix(prefix): part for name, part in state.items() if name.startswith(prefix)}


def _mean(task: kdorch.Task, said: Tensor, shares: Tensor) -> Tensor:
    """Return the mean over the first axis, computed in logarithms so that nothing is rounded to 0 or 1."""
    from torch.nn.functional import logsigmoid

    if isinstance(task, kdorch.Regression):
        return (shares * said).sum(0)
    if isinstance(task, kdorch.Multilabel):
        there, absent = ((logsigmoid(z) + shares.log()).logsumexp(0) for z in (said, -said))
        return there - absent
    return (said.log_softmax(-1) + shares.log()).logsumexp(0)
