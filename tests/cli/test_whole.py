"""The commands on a real study: what they print, piped, and what comes next."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
NETWORK = """
from torch import nn


class Net(nn.Sequential):
    def __init__(self, width):
        super().__init__(nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))
"""


def next_step(output: str) -> list[str]:
    """Return the words of the command that is recommended."""
    (line,) = [line for line in output.splitlines() if line.startswith("Next: kdorch ")]
    return shlex.split(line.removeprefix("Next: kdorch "))


def test_piped_output_is_plain_lines(finished: Any) -> None:
    assert not CONTROL.search(finished.output)
    # A busy machine is told that it takes long.
    lines = [line for line in finished.output.splitlines() if not line.endswith("getting ready…")]
    assert lines[0] == "data     1,078 train, 359 validation, 360 test (locked)"
    assert re.fullmatch(r"trials   .+; \d+ at once", lines[1])
    assert lines[2].startswith("ahead    about ")
    assert lines[3].startswith("teacher  3,610 parameters, val/accuracy 0.")
    assert lines[4].startswith("reference naive  val/accuracy 0.")
    assert re.fullmatch(r"search +1/6  best val/accuracy 0\.\d{4}, front 1", lines[5])
    assert re.fullmatch(r"search: 6 trainings in \d+\.\d s", lines[11])
    assert any(re.match(r"confirmation +8/8$", line) for line in lines)
    assert ", the best of the confirmed, who have no knee: val/accuracy" in finished.output
    assert not [line for line in lines if line.endswith("…")]


def test_show_prints_the_same_front_again(finished: Any, cli: Callable[..., Any]) -> None:
    shown = cli("--home", str(finished.home), "study", "show", "tiny")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert finished.output.endswith(shown.stdout)


def test_show_in_json(finished: Any, cli: Callable[..., Any]) -> None:
    facts = json.loads(cli("--home", str(finished.home), "study", "show", "tiny", "--json").stdout)
    assert (facts["study"], facts["trials"]) == ("tiny", 6)
    assert facts["objectives"] == {"val/accuracy": "max", "size/params": "min"}
    sizes = [row["size/params"] for row in facts["front"]]
    assert sizes == sorted(sizes)
    assert facts["knee"] in [row["trial"] for row in facts["front"]]
    assert {"retention", "scratch", "test/accuracy", "student.width", "train.lr"} <= facts["front"][0].keys()


def test_show_needs_no_torch_and_writes_nothing(finished: Any, clean: dict[str, str]) -> None:
    script = (
        "import sys; from kdorch.cli import main\n"
        "try: main()\n"
        "finally: print('heavy:', *({'torch', 'mlflow', 'matplotlib', 'sklearn'} & sys.modules.keys()), file=sys.stderr)"
    )
    study = finished.home / "studies" / "tiny"
    before = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    words = ("--home", str(finished.home), "study", "show", "tiny")
    command = [sys.executable, "-c", script, *words]
    shown = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "heavy:\n")
    assert {path: path.read_bytes() for path in study.rglob("*") if path.is_file()} == before


def test_a_reader_that_stops_reading_is_no_error(finished: Any, command: list[str], clean: Any) -> None:
    words = ("--home", str(finished.home), "study", "show", "tiny", "--json")
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, *words], env=clean, **pipes) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 1


def test_a_changed_file_is_refused_with_the_key(finished: Any, cli: Callable[..., Any]) -> None:
    run = ("--home", str(finished.home), "study", "run", str(finished.file))
    refused = cli(*run, "--set", "train.epochs=4", "--set", "confirm.seeds=9")
    assert refused.returncode == 2
    assert "train.epochs: was 3, is now 4." in refused.stderr
    assert "confirm" not in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--max run_id=3", "no metric is called 'run_id'. Known: cost/flops, "),
        ("--max weights=3", "no metric is called 'weights'. Known: cost/flops, "),
        ("--max student=3", "no metric is called 'student'. Known: cost/flops, "),
        ("--max student.width=3", "no metric is called 'student.width'. Known: cost/flops, "),
        ("--max size/parms=3", "no metric is called 'size/parms'. Did you mean 'size/params'?"),
        ("--trial 1 --within 1%", "different rules, use one"),
        ("--within 1% --max size/params=3", "different rules, use one"),
        ("--trial 99", "the nearest number is 5"),
    ],
)
def test_a_rule_that_chooses_nothing_is_explained(words: str, told: str, finished: Any, kdorch: Any) -> None:
    answer = kdorch("--home", str(finished.home), "promote", "tiny", "--model", "toy", *words.split())
    assert (answer.code, answer.output) == (2, "")
    assert answer.errors.startswith("error: ")
    assert told in answer.errors


def test_from_a_module_beside_the_file_to_the_registry_by_what_is_printed(
    home: Path, write: Callable[..., Path], cold_cli: Callable[..., Any], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "my_net.py").write_text(NETWORK)
    for library in ("calendar", "optuna", "random", "yaml"):  # what else may lie there
        (tmp_path / f"{library}.py").write_text("raise RuntimeError('this is no library')")
    file = write(
        student={"use": "module", "target": "my_net:Net", "args": {"width": 8}},
        tune={"student.args.width": {"low": 4, "high": 24}, "train.lr": {"low": 5e-3, "high": 3e-2}},
    )
    answer = cold_cli("--home", str(home), "study", "check", str(file), cwd=elsewhere)
    for _ in ("run", "promote"):
        answer = cold_cli(*next_step(answer.stdout), cwd=elsewhere)
        assert (answer.returncode, answer.stderr) == (0, "")
    (told,) = [line for line in answer.stdout.splitlines() if line.startswith("Registered ")]
    assert re.fullmatch(
        r"Registered tiny-student, version 1, in .*/mlflow.db: models:/tiny-student@champion", told
    )
    assert next_step(answer.stdout) == ["--home", str(home), "ui"]
