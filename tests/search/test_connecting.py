"""MLflow is connected to while workers are busy, and what is wrong with it does not wait for them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import kdorch
from kdorch.errors import TrackingError

pytestmark = pytest.mark.slow

_NOBODY = "http://127.0.0.1:1"
_PLUGIN = """
import signal

import kdorch


class Large(kdorch.Dataset, name="large", tasks={"classification"}):
    '''Rows that take long to come.'''

    def load(self):
        signal.alarm(30)
        signal.pause()


@kdorch.hookimpl
def register_datasets(register):
    register(Large)
"""


@pytest.fixture
def large(tmp_path: Path, write: Callable[..., Path]) -> Iterator[kdorch.Study]:
    (tmp_path / "own_large.py").write_text(_PLUGIN)
    yield kdorch.Study.load(write(plugins=["./own_large.py"], data={"use": "large"}))
    sys.modules.pop("own_large", None)


def test_a_server_that_nobody_answers_for_is_told_while_rows_are_fetched(
    large: kdorch.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", _NOBODY)
    with pytest.raises(TrackingError, match=_NOBODY):
        kdorch.run(large, home=tmp_path / "home", workers=1)
