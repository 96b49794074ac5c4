"""``kdorch study reproduce``: what is printed, and the exit codes."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kdorch.api.reproduction import Difference, Reproduction
from kdorch.cli.reproduce import show

STACKED = Reproduction(
    who="Trial 24",
    verdict="within 1e-4",
    equal=True,
    placement=("in a stack of 5", "alone"),
    epoch=34,
    logits=4.4e-5,
    results=(),
    inputs=(),
    noted=True,
)


def shown(capsys: pytest.CaptureFixture[str], **changed: Any) -> list[str]:
    show(replace(STACKED, **changed))
    return capsys.readouterr().out.splitlines()


def test_what_is_equal_is_told_in_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys) == [
        "Trial 24 was trained again alone; before, it was in a stack of 5.",
        (
            "Equal within 1e-4: the same best epoch, 34; curves and metrics agree, and logits of validation "
            "rows are at most 4.4e-05 apart."
        ),
    ]
    assert shown(capsys, verdict="bit for bit", placement=("alone", "alone")) == [
        "Trial 24 was trained again as before, alone.",
        "Equal, bit for bit: weights, curves and metrics.",
    ]


def test_what_differs_is_listed_and_the_rest_counted(capsys: pytest.CaptureFixture[str]) -> None:
    results = tuple(Difference(f"val/{number}", 1.0, 2.0) for number in range(11))
    inputs = (Difference("torch", "2.0", "2.1"),)
    lines = shown(capsys, verdict="differs", equal=False, logits=0.5, results=results, inputs=inputs)
    assert lines[1:3] == ["What came of it differs:", "  val/0 was 1.0, is now 2.0"]
    assert lines[10:] == [
        "  … and 3 more: --json lists them",
        "Logits of validation rows are up to 0.5 apart.",
        "What it depends on is not what it was:",
        "  torch was 2.0, is now 2.1",
        "It differs.",
    ]


def test_where_nothing_explains_it_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, verdict="differs", equal=False, logits=None, noted=False)
    assert lines[1:] == [
        "The recorded weights do not fit the student that is built now.",
        "Versions, processor and stored entries were not noted when it was trained.",
        "It differs, though nothing is different that was noted.",
    ]


def test_a_deterministic_trial_has_to_be_equal_bit_for_bit(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, equal=False)[-1] == (
        "It differs by rounding, and train.deterministic promises every bit; nothing is different that was noted."
    )


@pytest.mark.slow
def test_the_command_tells_by_its_exit_code(kdorch: Any, finished: Any, tmp_path: Path) -> None:
    home = Path(shutil.copytree(finished.home, tmp_path / "home"))
    command = ("--home", str(home), "study", "reproduce")
    answer = kdorch(*command, "tiny", "--trial", "0")
    assert (answer.code, answer.errors) == (0, "")
    assert answer.output.startswith("Trial 0 was trained ")
    assert "\nEqual" in answer.output
    assert answer.output.endswith(f"Next: kdorch --home {home} study show tiny\n")

    record = home / "studies" / "tiny" / "study.json"
    record.write_text(record.read_text().replace('  "seed": 0,\n', '  "seed": 1,\n', 1))
    answer = kdorch(*command, "tiny", "--trial", "0", "--json")
    assert (answer.code, answer.errors) == (1, "")
    found = json.loads(answer.output)
    assert (found["verdict"], found["equal"]) == ("differs", False)
    assert found["inputs"] == [{"name": "seed in tiny.yaml", "before": 1, "now": 0}]

    for words, told in (
        (("tinny", "--trial", "0"), "No study 'tinny' in .* Did you mean 'tiny'"),
        (("tiny", "--trial", "77"), "trial 77 is not among the 6 complete trials"),
        (("tiny", "--trial", "0", "--seed", "3"), "not confirmed with seed 3"),
    ):
        answer = kdorch(*command, *words)
        assert (answer.code, answer.output) == (2, "")
        assert re.search(told, answer.errors)
