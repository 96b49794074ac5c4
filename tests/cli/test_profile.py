"""What ``--profile`` prints."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kdorch.cli.profile import print_profile
from kdorch.search.profile import Profile

PROFILE = Profile(20.0, 2, {"waiting": 15.0, "MLflow": 4.0, "other": 1.0}, {"training": 25.0, "idle": 15.0})
PRINTED = """\
The coordinator's 20.0 s:
   part  seconds  share
waiting    15.00    75%
 MLflow     4.00    20%
  other     1.00     5%
2 workers' 40.0 s:
    part  seconds  share
training    25.00    62%
    idle    15.00    38%
"""


@pytest.mark.parametrize("aside", [False, True])
def test_seconds_and_shares_of_both_sides(capsys: pytest.CaptureFixture[str], aside: bool) -> None:
    print_profile(PROFILE, aside=aside)
    told = capsys.readouterr()
    assert (told.err if aside else told.out) == PRINTED
    assert (told.out if aside else told.err) == ""


def test_a_tracker_gets_them_by_side_and_part() -> None:
    assert PROFILE.metrics() == {
        "profile/coordinator/waiting": 15.0,
        "profile/coordinator/MLflow": 4.0,
        "profile/coordinator/other": 1.0,
        "profile/workers/training": 25.0,
        "profile/workers/idle": 15.0,
    }


@pytest.mark.slow
def test_it_stays_out_of_the_answer_for_scripts(
    finished: Any, cli: Callable[..., Any], tmp_path: Path
) -> None:
    home = shutil.copytree(finished.home, tmp_path / "home")
    told = cli("--home", str(home), "study", "run", str(finished.file), "--profile", "--json")
    assert "front" in json.loads(told.stdout)
    assert "The coordinator's " in told.stderr
    assert "2 workers' " in told.stderr or "1 worker's " in told.stderr
    assert "training" in told.stderr
