"""How much is said: for people, for scripts, and for who looks for a cause."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kdorch.cli import completion, voice
from kdorch.cli.main import cli as group


@pytest.fixture(autouse=True)
def _normal() -> Any:
    yield
    voice.choose("normal")


@pytest.mark.slow
def test_quiet_leaves_out_what_comes_next(kdorch: Any, write: Callable[..., Path]) -> None:
    write()
    lines = kdorch("--quiet", "study", "check", "tiny.yaml").output.splitlines()
    assert lines[0] == "tiny.yaml is fine: 4 trials over 3 parameters."
    assert not [line for line in lines if line.startswith("Next: ")]


def test_verbose_tells_where_an_error_comes_from(kdorch: Any) -> None:
    answer = kdorch("-v", "study", "show", "tiny")
    assert (answer.code, answer.output) == (2, "")
    assert answer.errors.startswith("Traceback (most recent call last):")
    assert answer.errors.splitlines()[-1].startswith("error: No study 'tiny' in .kdorch.")


def test_quiet_and_verbose_is_refused(kdorch: Any) -> None:
    answer = kdorch("-q", "-v", "study", "list")
    assert answer.code == 2
    assert "--quiet and --verbose: use one." in answer.errors


def test_mistakes_in_json(kdorch: Any, write: Callable[..., Path]) -> None:
    write(student={"use": "mpl"})
    answer = kdorch("study", "check", "tiny.yaml", "--json")
    assert (answer.code, answer.errors) == (2, "")
    [problem] = json.loads(answer.output)["problems"]
    line = next(n for n, text in enumerate(Path("tiny.yaml").read_text().splitlines(), 1) if "mpl" in text)
    assert problem["file"] == "tiny.yaml"
    assert problem["where"] == "student"
    assert line - 1 <= problem["line"] <= line
    assert "mlp" in problem["what"] + problem["hint"]


@pytest.mark.slow
def test_a_study_that_is_fine_in_json(kdorch: Any, write: Callable[..., Path]) -> None:
    write()
    told = json.loads(kdorch("study", "check", "tiny.yaml", "--json").output)
    (least, most), size = told.pop("seconds"), told.pop("bytes")
    assert 0 < least <= most < 1000
    assert size > 0
    rows = {"train": 1078, "validation": 359, "test": 360}
    fine = {"file": "tiny.yaml", "trials": 4, "parameters": 3, "problems": []}
    assert told == fine | {"rows": rows, "notes": [], "warnings": []}


def test_a_plugin_in_json(kdorch: Any) -> None:
    told = json.loads(kdorch("plugins", "show", "loss/hinton", "--json").output)
    assert (told["kind"], told["name"]) == ("loss", "hinton")
    assert {field["field"]: field["default"] for field in told["fields"]} == {
        "weight": "1.0",
        "temperature": "4.0",
    }


@pytest.mark.slow
def test_a_run_in_json_leaves_the_output_to_the_front(
    finished: Any, home: Path, write: Any, cli: Any
) -> None:
    words = ("study", "run", str(write(confirm={"top": 0})), "--json")
    done = cli("-v", "--home", str(home), *words)
    assert done.returncode == 0, done.stderr
    front = json.loads(done.stdout)
    assert (front["study"], front["state"], front["trials"]) == ("tiny", "complete", 4)
    assert re.search(r"^ +0\.0 s  logs +\S+/studies/tiny/logs$", done.stderr, re.MULTILINE)
    assert re.search(r"^ +\d+\.\d s  teacher  3,610 parameters", done.stderr, re.MULTILINE)
    again = cli("-q", "--home", str(home), *words)
    assert (json.loads(again.stdout), again.stderr) == (front, "")


def complete(*words: str) -> list[str]:
    from click.shell_completion import BashComplete

    *before, typed = words
    made = BashComplete(group, {}, "kdorch", "_KDORCH_COMPLETE")
    return [item.value for item in made.get_completions(before, typed)]


def test_names_are_completed(tmp_path: Path) -> None:
    from kdorch.search.home import Home

    for name in ("digits", "dogs", "cats"):
        Home(tmp_path).study(name).write({})
    home = ("--home", str(tmp_path))
    for command in (("study", "show"), ("study", "delete"), ("promote",), ("ui",)):
        assert complete(*home, *command, "d") == ["digits", "dogs"]
    assert complete("plugins", "show", "loss/hi") == ["loss/hint", "loss/hinton"]
    assert complete("do") == ["doctor"]


@pytest.mark.parametrize("shell", sorted(completion._FILES))
def test_the_script_calls_kdorch(shell: str, kdorch: Any) -> None:
    answer = kdorch("completion", shell)
    assert answer.code == 0
    assert f"_KDORCH_COMPLETE={shell}_complete" in answer.output
