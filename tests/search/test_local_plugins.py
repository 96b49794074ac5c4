"""Plugins in a file beside the study, without packaging."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.discovery import installed
from kdorch.search.prepare import same, same_sources, sources

PLUGIN = """\
import kdorch


class Gaze(kdorch.Loss, name="gaze"):
    '''Squared differences.'''

    def __call__(self, student, teacher, batch):
        return (student.logits - teacher.logits).square().mean()


@kdorch.hookimpl
def register_losses(register):
    register(Gaze)
"""
GAZE = {"task": {"use": "task"}, "gaze": {"use": "gaze"}}


@pytest.fixture
def beside(tmp_path: Path, write: Callable[..., Path]) -> Iterator[Callable[..., Path]]:
    """Write a study with the file that it names as ``own_gaze.py``."""

    def beside(source: str = PLUGIN, **sections: Any) -> Path:
        (tmp_path / "own_gaze.py").write_text(source)
        return write(**({"losses": GAZE, "tune": {}, "plugins": ["./own_gaze.py"]} | sections))

    yield beside
    sys.modules.pop("own_gaze", None)


def told(file: Path) -> list[str]:
    with pytest.raises(kdorch.StudyError) as error:
        kdorch.Study.load(file)
    return [f"{problem.where}: {problem.what}" for problem in error.value.problems]


def test_it_is_found_from_any_directory_and_by_this_study_alone(
    beside: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file, before = beside(), list(sys.path)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert kdorch.Study.load(file).losses["gaze"].name == "gaze"
    assert "gaze" not in installed().names("loss")
    assert sys.path == before


def test_a_file_elsewhere_is_found_with_its_neighbours(beside: Callable[..., Path], tmp_path: Path) -> None:
    folder = tmp_path / "studies"
    folder.mkdir()
    file = shutil.move(beside(plugins=["../own_gaze.py"]), folder)
    study = kdorch.Study.load(file)
    assert study.plugins == (tmp_path / "own_gaze.py",)
    assert study.folders[-2:] == [str(tmp_path), str(tmp_path / "own_gaze.py")]


def test_in_python_too(beside: Callable[..., Path], tree: Callable[..., Any], tmp_path: Path) -> None:
    beside()
    study = kdorch.Study(**tree(losses=GAZE, tune={}, plugins=[tmp_path / "own_gaze.py"]))
    kdorch.check(study)
    assert kdorch.Study(**study.tree()) == study  # as a record brings it back


def test_its_content_is_what_counts_and_not_its_place(beside: Callable[..., Path], tmp_path: Path) -> None:
    from kdorch.discovery import importable

    study = kdorch.Study.load(beside())
    with importable(study.folders):
        before = sources(study)
    moved = tmp_path / "moved"
    moved.mkdir()
    for file in ("tiny.yaml", "own_gaze.py"):
        shutil.move(tmp_path / file, moved)
    sys.modules.pop("own_gaze")
    again = kdorch.Study.load(moved / "tiny.yaml")
    same(again, study.tree())
    with importable(again.folders):
        same_sources(again, before)
        (moved / "own_gaze.py").write_text(PLUGIN.replace("mean", "sum"))
        with pytest.raises(kdorch.StudyError, match=r"losses\.gaze: the code, file or version behind it"):
            same_sources(again, before)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import kdorch\nclass Gaze(:\n", "line 2 of own_gaze.py: SyntaxError: invalid syntax"),
        ("import kdorch\n\nkdorch.no\n", "line 3 of own_gaze.py: AttributeError: module 'kdorch' has no"),
        ("raise SystemExit(3)\n", "line 1 of own_gaze.py: SystemExit: 3."),
        (PLUGIN.replace('"gaze"', '"g/z"'), "own_gaze.py beside the study: a plugin cannot be called 'g/z'"),
    ],
)
def test_what_is_wrong_in_it_is_told_with_the_line(
    beside: Callable[..., Path], source: str, what: str
) -> None:
    problems = told(beside(source, losses={"task": {"use": "task"}}))
    assert [problem[: len(what) + 11] for problem in problems] == [f"plugins.0: {what}"]


def test_a_file_with_the_name_of_another_module_is_refused(
    beside: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "random.py").write_text(PLUGIN)
    [problem] = told(beside(plugins=["random.py"], losses={"task": {"use": "task"}}))
    assert problem.startswith("plugins.0: its name leads to <module 'random'")


@pytest.mark.slow
def test_workers_and_promotion_find_it_and_its_edits_end_the_study(
    beside: Callable[..., Path], cli: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    file = beside(
        search={"trials": 2, "sampler": "random"}, confirm={"top": 1, "seeds": 1, "baseline": "none"}
    )

    def run(*words: str, code: int = 0) -> str:
        done = cli("--home", str(home), *words, cwd=home)
        assert done.returncode == code, done.stderr
        return str(done.stdout + done.stderr)

    assert "2 trials" in run("study", "run", str(file))
    assert "version 1" in run("promote", "tiny", "--model", "gazing")
    (tmp_path / "own_gaze.py").write_text(PLUGIN.replace("mean", "sum"))
    assert "losses.gaze: the code, file or version" in run("study", "run", str(file), code=2)
