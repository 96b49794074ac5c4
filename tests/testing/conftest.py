"""Mutants: plugins with one planted defect each, and what finds it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kdorch.spec import Spec
from kdorch.testing import examine


@pytest.fixture(scope="session")
def caught() -> Callable[[Spec], dict[str, str]]:
    """Return the checks that a plugin fails, each with its message."""

    def find(spec: Spec) -> dict[str, str]:
        return {finding.check: finding.message for finding in examine(spec) if finding.outcome == "failed"}

    return find
