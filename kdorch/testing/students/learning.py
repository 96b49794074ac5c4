"""Checks on a student's network while it learns, is stored, and is shipped."""

from __future__ import annotations

import gc
import weakref
from copy import deepcopy

import torch
from safetensors.torch import load, save
from torch import nn

from kdorch.kinds import Output
from kdorch.testing.exporting import exported
from kdorch.testing.says import expect, explained, skip
from kdorch.testing.students.base import SIZES, StudentChecks, close
from kdorch.training.building import answer
from kdorch.training.weights import storable

_TRACED = 3  # none of the batches that the exported program is asked about


class LearningChecks(StudentChecks):
    """What becomes of the network."""

    def test_every_parameter_learns(self) -> None:
        """In training mode every parameter that wants a gradient gets one."""
        network = self.built().train()
        answer(network, self.batch(7)).logits.square().sum().backward()
        idle = [name for name, part in network.named_parameters() if part.requires_grad and part.grad is None]
        expect(
            not idle,
            f"{self.who}: the parameter {idle[:1]} gets no gradient.",
            why="it counts as size and keeps its random value for ever.",
            do="use it in forward, without detach() or torch.no_grad(), or do not make it.",
        )

    def test_survives_storage(self) -> None:
        """Its weights, stored as safetensors and loaded into a new network, give the same answers."""
        network, other, inputs = self.built(0), self.built(1), self.inputs(7)
        why, do = (
            "a student is kept, confirmed and shipped by its state_dict alone.",
            "register what forward uses as parameter or buffer; a plain tensor attribute is not stored.",
        )
        with explained(f"{self.who} cannot be stored", why=why, do=do):
            other.load_state_dict(load(save(storable(network.state_dict()))))
        same = close(self.ask(network, inputs).logits, self.ask(other, inputs).logits)
        expect(same, f"{self.who} answers otherwise once its weights are loaded again.", why=why, do=do)

    def test_can_be_copied(self) -> None:
        """A deep copy answers the same, and by weights of its own."""
        network, inputs = self.built(), self.inputs(2)
        before = self.ask(network, inputs).logits
        why = "a copy is exported, and networks are stacked as copies."
        do = "let forward use self.layer only: no closure over a layer, no hook bound to one network."
        with explained(f"{self.who} cannot be copied", why=why, do=do):
            copy = deepcopy(network)
        same = close(self.ask(copy, inputs).logits, before)
        _clear(copy)
        apart, cleared = close(self.ask(network, inputs).logits, before), self.ask(copy, inputs).logits
        _clear(network)
        own = close(self.ask(network, inputs).logits, cleared)
        what = "differs" if not same else "uses the original's weights"
        expect(same and apart and own, f"{self.who}: a copy {what}.", why=why, do=do)

    def test_keeps_nothing_of_a_batch(self) -> None:
        """What it has answered is let go of once nobody else holds it."""
        network = self.built()
        found = self.ask(network, self.inputs(2))
        held = [weakref.ref(tensor) for tensor in (found.logits, *found.features.values())]
        del found
        if any(each() is not None for each in held):
            gc.collect(1)  # what refers to itself, of the young: a whole collection takes long
        expect(
            not any(each() is not None for each in held),
            f"{self.who} holds on to what it has answered.",
            why="memory, and a copy of the network fails while it holds a graph.",
            do="return features in a kdorch.Output; where a hook keeps them, hand them over and forget them.",
        )

    def test_offers_the_features_it_has(self) -> None:
        """It declares features exactly if it answers them, each with the rows first and the same names."""
        network = self.built()
        answers = [
            *(self.ask(network, self.inputs(rows)) for rows in SIZES),
            self.ask(self.built(1).train(), self.inputs(7)),
        ]
        expect(
            all(bool(found.features) == self.offers_features for found in answers),
            f"{self.who} offers features: {self.offers_features}; it answers {[*answers[0].features]}.",
            why="a study's check decides by what is declared whether a loss on features can use it.",
            do='write provides={"features"} on its class, and return kdorch.Output(logits, features).',
        )
        names = {tuple(found.features) for found in answers}
        wrong = [
            (name, tuple(value.shape))
            for rows, found in zip((*SIZES, 7), answers, strict=True)
            for name, value in found.features.items()
            if len(value) != rows
        ]
        expect(
            len(names) == 1 and not wrong,
            f"{self.who} answers features {sorted(names)}, of which {wrong[:1]} has not the rows first.",
            why="losses find features by name and compare them row by row with the teacher's.",
            do="name features the same in every answer, and keep the rows as first dimension.",
        )

    def test_features_can_be_learnt(self) -> None:
        """The gradient of each feature reaches a weight."""
        if not self.offers_features:
            skip("it offers no features")
        found = answer(self.built().train(), self.batch(7))
        cut = [name for name, value in found.features.items() if not value.requires_grad]
        expect(
            not cut,
            f"{self.who}: the feature {cut[:1]} is cut off from the weights.",
            why="a loss on it would teach the student nothing.",
            do="leave out detach(), and .data, where features are collected.",
        )

    def test_can_be_exported(self) -> None:
        """torch.export takes it, for any number of rows, and the program answers the same."""
        network = deepcopy(self.built()).requires_grad_(requires_grad=False)
        why = "a promoted student ships as an exported program, which runs without kdorch."
        do = "let forward branch on no values, and on no number of rows; torch.where does what `if` did."
        with explained(f"{self.who} cannot be exported", why=why, do=do):
            program = exported(_Logits(network), self.inputs(_TRACED))
            answers = [
                (program(self.inputs(rows)), self.ask(network, self.inputs(rows)).logits) for rows in SIZES
            ]
        expect(
            all(close(one, other) for one, other in answers),
            f"{self.who}: the exported program answers otherwise.",
            why=why,
            do=do,
        )


@torch.no_grad()
def _clear(network: nn.Module) -> None:
    for parameter in network.parameters():
        parameter.zero_()


class _Logits(nn.Module):
    """The network as it is shipped: logits alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        found = self.network(inputs)
        return found.logits if isinstance(found, Output) else found
