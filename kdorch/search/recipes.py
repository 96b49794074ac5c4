"""What is trained in the confirmation, from the parameters that the searches have found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kdorch.search.scratch import from_scratch
from kdorch.study import Study
from kdorch.study.space import bind

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Recipes:
    """Looks up the parameters of trials.

    Attributes:
        study: The study.
        searched: Parameters of the trials of the search, by their numbers.
        scratched: The same of the search without a teacher.
    """

    study: Study
    searched: Mapping[int, Params]
    scratched: Mapping[int, Params] = field(default_factory=dict)

    def params(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was searched of the student that a plan describes."""
        own = self.searched[plan["candidate"]]
        if plan["role"] == "confirm":
            return dict(own)
        if "twin" not in plan:
            return {path: value for path, value in own.items() if not path.startswith("losses.")}
        twin = self.scratched[plan["twin"]]
        return _without(twin, "student") | _only(own, "student") if plan["resized"] else dict(twin)

    def tree(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """Return its ``student``, ``losses`` and ``train``."""
        if "twin" in plan:
            return bind(self._untaught, self.params(plan))
        tree = bind(self.study, self.searched[plan["candidate"]])
        if plan["role"] == "baseline":
            tree["losses"] = {"task": _labels_alone(tree["losses"])}
        return tree

    @cached_property
    def _untaught(self) -> Study:
        return from_scratch(self.study)


def _labels_alone(losses: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the loss on the labels, with the classes weighted as the study does, and nothing beside it."""
    own = next((loss for loss in losses.values() if loss["use"] == "task"), {"use": "task"})
    return {**own, "weight": 1.0}


def _only(params: Params, part: str) -> dict[str, Any]:
    return {path: value for path, value in params.items() if path.partition(".")[0] == part}


def _without(params: Params, part: str) -> dict[str, Any]:
    return {path: value for path, value in params.items() if path.partition(".")[0] != part}
