"""Train K students as one; what comes of each is what would come of it alone, to rounding."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from functools import reduce

import torch
from torch import Tensor

from kdorch.errors import TrainingError
from kdorch.kinds import Output
from kdorch.stopwatch import part
from kdorch.training.course import Fitted
from kdorch.training.evaluate import Answers, Means, rows_at_once
from kdorch.training.loop import measures_gradients, scored
from kdorch.training.prepared import Prepared
from kdorch.training.rows import Rows, lengths, shuffle
from kdorch.training.stack.layers import layers_of
from kdorch.training.stack.network import StackedMlp, joined
from kdorch.training.stack.objectives import Lanes, stacked_terms
from kdorch.training.stack.optimiser import FlatAdamW


@part("training")
def fit_stacked(trials: Sequence[Prepared]) -> list[Fitted | TrainingError]:
    """Train the networks of a lot in place; each is left with the weights of its best epoch.

    Args:
        trials: Of one likeness.

    Returns:
        What came of each; an error for those that diverged, which hurts no other.

    Raises:
        Unstackable: If a loss turns out to have no closed-form gradient; nothing is changed then.
    """
    started = time.perf_counter()
    stack = _Stack(trials)
    stack.fit()
    each = (time.perf_counter() - started) / sum(stack.epochs)
    for fitted, own in zip(stack.fitted, stack.epochs, strict=True):
        if isinstance(fitted, Fitted):
            fitted.seconds = each * own
    return stack.fitted


class _Stack:
    """The trials of a stack; those that are ``present`` are still trained, one in each lane."""

    def __init__(self, trials: Sequence[Prepared]) -> None:
        self.trials, first = trials, trials[0]
        self.settings, self.train, self.validation = first.settings, first.train, first.validation
        self.present = list(range(len(trials)))
        self.fitted: list[Fitted | TrainingError] = [Fitted() for _ in trials]
        self.epochs = [0] * len(trials)
        self.reached = [-math.inf] * len(trials)
        self.network = StackedMlp.of([layers_of(each.network, each.task.input_shape) for each in trials])
        self.best = self.network.flat.clone()
        rates, decays = (
            self.best.new_tensor([getattr(each.settings, name) for each in trials])[self.network.lanes]
            for name in ("lr", "weight_decay")
        )
        self.optimiser = FlatAdamW(self.network.flat, self.network.gradient, rates, decays)
        self.seeds = list(dict.fromkeys(each.seed for each in trials))
        self.generators = [torch.Generator().manual_seed(seed) for seed in self.seeds]
        self.terms = stacked_terms([each.objective for each in trials])

    def fit(self) -> None:
        """Train them all, each to its end."""
        count = len(self.train[0])
        steps = self.settings.epochs * len(lengths(count, self.settings.batch))
        step = 0
        for epoch in range(1, self.settings.epochs + 1):
            weights, measured = self._begin(epoch), not measures_gradients(epoch)
            view = self.train[(epoch - 1) % len(self.train)]
            for lanes in self._batches(view, count):
                logits = self.network(lanes.inputs())
                if measured:
                    self.network.backward(self._gradient(logits, lanes, weights))
                else:
                    measured = self._measure(logits, lanes, weights, epoch)
                self.optimiser.step((1 + math.cos(math.pi * step / steps)) / 2)
                step += 1
            self._drop(self._validate(epoch))
            if not self.present:
                return
        self.network.unload(self.best)

    def _begin(self, epoch: int) -> dict[str, Tensor]:
        """Return the weights of each loss in this epoch, shape (K, 1, 1); 0 for trials without it."""
        weights = {label: self.best.new_zeros(len(self.present), 1, 1) for label in self.terms}
        for lane, trial in enumerate(self._trials()):
            scheduled = trial.objective.begin(epoch)
            self._add(lane, epoch, {f"train/weight/{label}": weight for label, weight in scheduled.items()})
            for label, weight in trial.objective.weights.items():
                weights[label][lane] = weight
        return weights

    def _trials(self) -> list[Prepared]:
        return [self.trials[place] for place in self.present]

    def _batches(self, view: Rows, count: int) -> Iterator[Lanes]:
        order = [self.seeds.index(each.seed) for each in self._trials()]
        orders = [shuffle(count, generator) for generator in self.generators]
        for batches in zip(*(view.batches(self.settings.batch, each) for each in orders), strict=True):
            yield Lanes(batches, order)

    def _gradient(self, logits: Tensor, lanes: Lanes, weights: dict[str, Tensor]) -> Tensor:
        parts = (term.gradient(logits, lanes).mul_(weights[label]) for label, term in self.terms.items())
        return reduce(Tensor.add_, parts)

    def _measure(self, logits: Tensor, lanes: Lanes, weights: dict[str, Tensor], epoch: int) -> bool:
        """Set the gradient, one loss after the other, and note how long each one's is."""
        total = torch.zeros_like(self.network.gradient)
        for label, term in self.terms.items():
            self.network.backward(term.gradient(logits, lanes).mul_(weights[label]))
            norms = self.network.norms().tolist()
            for lane in term.members:
                self._add(lane, epoch, {f"train/grad/{label}": norms[lane]})
            total += self.network.gradient
        self.network.gradient.copy_(total)
        return True

    @part("validation")
    @torch.no_grad()
    def _validate(self, epoch: int) -> list[int]:
        """Score each one, and keep the weights of those better than ever; return the lanes that go on."""
        trials = self._trials()
        across = any(trial.objective.across_rows for trial in trials)
        means, logits, targets = [Means(trial.objective) for trial in trials], [], []
        size = self.settings.batch if across else rows_at_once(trials[0].task)
        for batch, told in self.validation.batches(size):
            said = self.network(batch.inputs.flatten(1)).contiguous()
            for mean, own in zip(means, said, strict=True):
                mean.add(Output(own), told, batch)
            logits.append(said)
            targets.append(batch.targets)
        right, answers = torch.cat(targets), torch.cat(logits, dim=1)
        going_on = [
            lane
            for lane, mean in enumerate(means)
            if self._goes_on(lane, Answers(answers[lane], right, None, mean.values()), epoch)
        ]
        better = [lane for lane, place in enumerate(self.present) if self._is_best(place, epoch)]
        self.network.copy_lanes(better, self.network.flat, self.best)
        return going_on

    def _is_best(self, place: int, epoch: int) -> bool:
        fitted = self.fitted[place]
        return isinstance(fitted, Fitted) and fitted.epoch == epoch

    def _goes_on(self, lane: int, answers: Answers, epoch: int) -> bool:
        place = self.present[lane]
        trial, fitted = self.trials[place], self.fitted[place]
        assert isinstance(fitted, Fitted)  # noqa: S101  those with an error are no longer present
        name, direction = trial.score
        self.epochs[place] = epoch
        try:
            values = scored(answers, trial.task, name, epoch)
        except TrainingError as error:
            self.fitted[place] = error
            return False
        fitted.add(epoch, values)
        trial.course.tell(fitted.curves)
        sign = 1 if direction == "max" else -1
        if sign * values[f"val/{name}"] > self.reached[place]:
            self.reached[place], fitted.epoch = sign * values[f"val/{name}"], epoch
        if trial.stop(epoch, sign * self.reached[place]):
            fitted.pruned = epoch
        return not fitted.pruned

    def _drop(self, kept: list[int]) -> None:
        """Go on with these lanes; whoever leaves costs nothing any more."""
        if len(kept) == len(self.present):
            return
        self.present = [self.present[lane] for lane in kept]
        if not kept:
            return
        whole = self.network
        self.network, self.best = whole.keep(kept), joined(whole.select(self.best, kept))
        self.optimiser.keep(
            self.network.flat, self.network.gradient, lambda flat: joined(whole.select(flat, kept))
        )
        self.terms = stacked_terms([each.objective for each in self._trials()])

    def _add(self, lane: int, epoch: int, values: dict[str, float]) -> None:
        fitted = self.fitted[self.present[lane]]
        assert isinstance(fitted, Fitted)  # noqa: S101  as above
        fitted.add(epoch, values)
