"""Who takes an alias from whom, and who does not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

import kdorch
from kdorch.tracking.address import connect
from kdorch.tracking.database import local_uri

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]

REFUSED = """
import sys
from kdorch.cli import main
try:
    main()
finally:
    print("with torch" if "torch" in sys.modules else "without torch", file=sys.stderr)
"""


def promoting(results: kdorch.Results, cli: Any) -> Any:
    """Return what runs ``kdorch promote`` to the champion of ``digits-student``."""
    home = ("--home", str(results.home.path), "promote", results.name)
    return lambda *words: cli(*home, "--model", "digits-student", "--alias", "champion", *words)


def versions(results: kdorch.Results) -> dict[int, Any]:
    client = connect(local_uri(results.home.path))
    found = client.search_model_versions("name = 'digits-student'")
    return {
        int(version.version): client.get_model_version(version.name, version.version) for version in found
    }


def change_tags(results: kdorch.Results, **tags: str) -> None:
    """Let the first version say other things of itself."""
    client = connect(local_uri(results.home.path))
    for tag, value in tags.items():
        client.set_model_version_tag("digits-student", "1", f"kdorch.{tag}", value)


def record_as(results: kdorch.Results, trial: int) -> None:
    """Let the first version have tested as a trial did, so that of the two nothing but the size differs."""
    standing = json.loads(versions(results)[1].tags["kdorch.standing"])
    standing["values"]["test/accuracy"] = list(results.confirmed_of(trial)["test/accuracy"])
    standing["weights"] = ["ab", "cd"]  # of others, whose rows the ledger here does not have
    change_tags(results, standing=json.dumps(standing))


def test_a_place_is_taken_from_the_beaten_alone(
    own_results: kdorch.Results, cli: Any, clean: dict[str, str]
) -> None:
    promote = promoting(own_results, cli)
    small, large = (int(trial) for trial in own_results.eligible["trial"])
    assert promote("--trial", str(small)).returncode == 0
    again = promote("--trial", str(small))
    assert again.returncode == 0
    assert "Version 1 of digits-student is this very student, and has the alias already.\n" in again.stdout
    assert versions(own_results).keys() == {1}

    record_as(own_results, large)
    refused = promote("--trial", str(large))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert (
        f"error: Trial {large} does not beat version 1 of 'digits-student', which has the alias"
        in refused.stderr
    )
    assert re.search(r"test/accuracy [+-]0\.\d{4} \(.* to .*\), which may be chance", refused.stderr)
    assert '--force "REASON"' in refused.stderr
    assert versions(own_results).keys() == {1}
    words = ("--home", str(own_results.home.path), "promote", "tiny", "--model", "digits-student")
    command = [sys.executable, "-c", REFUSED, *words, "--alias", "champion", "--trial", str(large)]
    waited = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
    assert waited.returncode == 1
    assert waited.stderr.endswith("without torch\n")

    forced = promote("--trial", str(large), "--force", "We pay for\n the larger one.")
    assert (forced.returncode, forced.stderr) == (0, "")
    assert "It took the place of version 1 (test/accuracy" in forced.stdout
    assert 'Somebody decided that by hand: "We pay for the larger one.".' in forced.stdout
    tags = versions(own_results)[2].tags
    assert (tags["kdorch.forced"], tags["kdorch.previous.champion"]) == ("We pay for the larger one.", "1")
    assert versions(own_results)[2].aliases == ["champion"]

    back = cli("--home", str(own_results.home.path), "promote", "--rollback", "digits-student", "--json")
    assert json.loads(back.stdout) == {
        "name": "digits-student",
        "alias": "champion",
        "version": 1,
        "instead_of": 2,
    }
    assert versions(own_results)[1].aliases == ["champion"]
    further = cli("--home", str(own_results.home.path), "promote", "--rollback", "digits-student")
    assert (further.returncode, further.stdout) == (2, "")
    assert "version 1 of 'digits-student' came to 'champion' without one before it" in further.stderr
    returning = promote("--trial", str(large))
    assert returning.returncode == 1
    assert "This very student was version 2, which lost 'champion' again on 20" in returning.stderr
    assert versions(own_results).keys() == {1, 2}


def test_what_cannot_be_compared_takes_no_place(own_results: kdorch.Results) -> None:
    small, large = (int(trial) for trial in own_results.eligible["trial"])
    words = {"model": "digits-student", "alias": "champion"}
    kdorch.promote(own_results, trial=large, **words)
    recorded = json.loads(versions(own_results)[1].tags["kdorch.standing"])
    assert len(recorded["weights"]) == len(recorded["values"]["test/accuracy"]) == 2
    unconfirmed = next(int(trial) for trial in own_results.trials["trial"] if trial not in (small, large))
    with pytest.raises(kdorch.NotBetterError, match="it was not confirmed, so nobody knows how it tests"):
        kdorch.promote(own_results, trial=unconfirmed, unconfirmed=True, **words)
    for standing, told in (
        (recorded | {"data": "abc"}, r"tested on other rows \(data abc, here [0-9a-f]{12}\)"),
        (recorded | {"values": {"test/f1": [0.9, 0.9]}}, "nobody knows test/accuracy"),
        ("by hand", "nothing says how that version tested"),
    ):
        change_tags(own_results, standing=json.dumps(standing))
        with pytest.raises(kdorch.NotBetterError, match=told):
            kdorch.promote(own_results, trial=small, **words)
    assert versions(own_results).keys() == {1}


def test_a_smaller_one_that_is_as_good_takes_the_place(own_results: kdorch.Results) -> None:
    small, large = (int(trial) for trial in own_results.eligible["trial"])
    words = {"model": "digits-student", "alias": "champion"}
    kdorch.promote(own_results, trial=large, **words)
    record_as(own_results, small)
    promoted = kdorch.promote(own_results, trial=small, **words)
    assert (promoted.previous, promoted.version) == (1, 2)
    assert promoted.comparison.startswith(
        "test/accuracy +0.0000 (+0.0000 to +0.0000), which may be chance; size"
    )
    assert (
        f"It took the place of version 1 of digits-student as champion: {promoted.comparison}."
        in promoted.card
    )
