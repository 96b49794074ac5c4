"""How many cases are tried: some thousands in every run of the tests, many more in ``tox -e fuzz``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

sys.path.append(str(Path(__file__).parent))  # the tests share modules

from fuzzing import TRIED

_COMMON = settings(
    database=None,
    deadline=None,  # a busy machine is no mistake; `fuzzing.bounded` counts what is computed
    phases=[Phase.explicit, Phase.generate],  # to make a case small that takes long would take hours
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
settings.register_profile("tests", _COMMON, max_examples=50, derandomize=True)
settings.register_profile("campaign", _COMMON, max_examples=300, derandomize=False, print_blob=True)
if settings.get_current_profile_name() != "campaign":
    settings.load_profile("tests")


@pytest.fixture(autouse=True)
def _counted(request: pytest.FixtureRequest) -> Iterator[None]:
    """Report how many cases a test has tried, wherever it runs."""
    before = TRIED.copy()
    yield
    request.node.user_properties += [("tried", [*each]) for each in (TRIED - before).items()]
