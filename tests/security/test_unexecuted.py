"""A study that nobody trusts is read whole, and nothing of it is executed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.discovery import discover, own

NAMES = ("planted_plugin", "planted_network", "planted_entry")
STUDY = {
    "plugins": ["./planted_plugin.py"],
    "student": {"use": "module", "target": "planted_network:Net", "args": {"width": 3}},
    "augment": {"views": 2, "target": "planted_network:change"},
    "references": {"other": {"use": "sklearn", "estimator": "planted_network:Estimator"}},
    "losses": {"task": {"use": "task", "weight": 0.1}, "kd": {"use": "planted", "weight": 0.9}},
    "tune": {"student.args.width": {"low": 1, "high": 3}, "losses.kd.temperature": "auto"},
}


@pytest.fixture
def hostile(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A study whose plugin, network and installed neighbour leave a mark each as soon as they are imported."""
    file = write(**STUDY)
    folder = file.parent
    for name in NAMES:
        mark = str(folder / f"{name}.mark")
        (folder / f"{name}.py").write_text(f"from pathlib import Path\nPath({mark!r}).touch()\n")
    site = folder / "site"
    information = site / "planted-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[kdorch]\nplanted = planted_entry\n")
    (folder / "planted_entry.py").rename(site / "planted_entry.py")
    monkeypatch.syspath_prepend(str(site))
    own.cache_clear()
    discover.cache_clear()
    yield file
    own.cache_clear()
    discover.cache_clear()
    for name in NAMES:
        sys.modules.pop(name, None)


def marks(file: Path) -> list[str]:
    return sorted(mark.stem for mark in file.parent.glob("*.mark"))


def test_nothing_of_a_study_is_executed_and_all_of_it_is_told(hostile: Path, ask: Any) -> None:
    answer = ask("study", "check", str(hostile), "--no-plugins")
    assert (answer.code, marks(hostile)) == (0, [])
    lines = answer.output.splitlines()
    told = {line.removeprefix("not checked: ").partition(" ")[0] for line in lines[:-2]}
    places = {"plugins.0", "student.target", "augment.target", "references.other.estimator", "losses.kd"}
    assert told == places
    assert "Plugins of others were not loaded." in answer.output
    assert lines[-1] == "Running the study executes that code: read it first."


def test_what_was_not_executed_would_have_left_its_mark(hostile: Path, monkeypatch: Any) -> None:
    with pytest.raises(kdorch.StudyError):
        kdorch.Study.load(hostile)
    assert marks(hostile) == ["planted_entry", "planted_plugin"]
    monkeypatch.syspath_prepend(str(hostile.parent))
    import_module("planted_network")
    assert marks(hostile) == sorted(NAMES)


def test_mistakes_are_told_beside_what_was_not_checked(hostile: Path, ask: Any) -> None:
    wrong = ("--set", "train.lr=much", "--set", "teacher.epochs=0")
    answer = ask("study", "check", str(hostile), "--no-plugins", *wrong)
    assert (answer.code, marks(hostile)) == (2, [])
    assert "train.lr (--set): should be a number, not 'much'." in answer.errors
    assert "teacher.epochs (--set): should be at least 1, not 0." in answer.errors
    assert "2 problems" in answer.errors
    assert "not checked: losses.kd" in answer.output


def test_a_measure_that_is_not_known_may_yield_any_metric(hostile: Path, ask: Any) -> None:
    sections = ("--set", "measures=[{use: planted}]", "--set", "objectives={val/accuracy: max, size/x: min}")
    answer = ask("study", "check", str(hostile), "--no-plugins", "--json", *sections)
    told = json.loads(answer.output)
    assert (answer.code, told["problems"]) == (0, [])
    assert {"measures.0 (--set)", "objectives (--set)"} <= {each["where"] for each in told["unchecked"]}


def test_a_sound_study_of_kdorchs_own_parts_is_checked_whole(write: Any, ask: Any) -> None:
    answer = ask("study", "check", str(write()), "--no-plugins")
    assert (answer.code, answer.output.count("\n")) == (0, 1)


@pytest.mark.parametrize(
    "planted",
    ["!!python/object/apply:os.system ['touch {mark}']", "!!python/object/new:os.system ['touch {mark}']"],
)
def test_yaml_makes_no_objects(planted: str, tmp_path: Path, ask: Any) -> None:
    import yaml

    mark, file = tmp_path / "mark", tmp_path / "study.yaml"
    file.write_text(f"name: {planted.format(mark=mark)}\n")
    assert ask("study", "check", str(file), "--no-plugins").code == 2
    assert ask("study", "check", str(file)).code == 2
    assert not mark.exists()
    yaml.unsafe_load(file.read_text())
    assert mark.exists()


def test_a_few_lines_that_stand_for_millions_are_refused_at_once(tmp_path: Path, ask: Any) -> None:
    levels = [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]" for level in range(1, 12)]
    file = tmp_path / "study.yaml"
    file.write_text("\n".join(["l0: &l0 [x, x]", *levels]))
    answer = ask("study", "check", str(file), "--no-plugins")
    assert answer.code == 2
    assert "anchors (&) are repeated (*) within one another" in answer.errors
