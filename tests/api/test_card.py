"""What the model card takes from a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kdorch.api.card import shown
from kdorch.study import Study


def test_it_tells_what_the_student_was_shown(tree: Callable[..., Mapping[str, Any]]) -> None:
    study = Study(**tree(augment={"views": 3, "noise": 0.1}, transfer={"labels": 50, "omit": ["3"]}))
    told = {"transfer.labels": 50, "transfer.omit": ["3"], "augment.views": 3, "augment.noise": 0.1}
    assert shown(study) == told
    assert shown(Study(**tree())) == {}
