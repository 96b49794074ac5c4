"""What ``kdorch plugins new`` writes is whole, and it writes over nothing."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kdorch import ArgumentError, Range
from kdorch.api.authoring import KINDS, write
from kdorch.discovery import Origin, Plugins, installed
from kdorch.kinds import KINDS as ALL_KINDS
from kdorch.study.file import read
from kdorch.study.sections import read_sections

Write = Callable[..., list[Path]]


@pytest.fixture
def make(tmp_path: Path) -> Write:
    def make(kind: str = "loss", name: str = "sharp_edges", folder: Path = tmp_path / "new") -> list[Path]:
        return write(folder, kind, name, installed())

    return make


@pytest.fixture
def offered(make: Write, tmp_path: Path) -> Iterator[Callable[[str], Plugins]]:
    """Write a plugin of a kind and return what its entry point offers."""

    def offered(kind: str) -> Plugins:
        make(kind)
        project = tomllib.loads((tmp_path / "new" / "pyproject.toml").read_text())["project"]
        [(name, module)] = project["entry-points"]["kdorch"].items()
        spec = importlib.util.spec_from_file_location(module, tmp_path / "new" / f"{module}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[module] = loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        plugins = Plugins()
        plugins.add(loaded, Origin(project["name"], project["version"], name))
        return plugins

    yield offered
    sys.modules.pop("kdorch_sharp_edges", None)


@pytest.mark.parametrize("kind", KINDS)
def test_the_entry_point_leads_to_the_plugin(offered: Callable[[str], Plugins], kind: str) -> None:
    plugins = offered(kind)
    [entry] = plugins
    assert (entry.kind, entry.name) == (kind, "sharp_edges")
    assert issubclass(entry.spec, ALL_KINDS[kind])
    assert entry.spec.__name__ == "SharpEdges"
    assert entry.spec.__doc__
    assert len(entry.spec.model_fields) > (kind == "loss")  # a loss has a weight anyway


@pytest.mark.parametrize("kind", ["loss", "student", "teacher"])
def test_what_can_be_searched_says_how(offered: Callable[[str], Plugins], kind: str) -> None:
    [entry] = offered(kind)
    assert any(isinstance(mark, Range) for mark in entry.spec.search_space().values())


@pytest.mark.parametrize("kind", KINDS)
def test_the_study_uses_the_plugin(make: Write, tmp_path: Path, kind: str) -> None:
    make(kind)
    source = read(tmp_path / "new" / "studies" / "try.yaml")
    sections, problems = read_sections(source.tree, installed(), source.folder)
    [problem] = problems  # it is not installed
    assert problem.what.startswith(f"No {kind} is called 'sharp_edges'.")
    assert sections["name"] == "try_sharp_edges"


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_template_is_left(make: Write, tmp_path: Path, kind: str) -> None:
    files = make(kind)
    assert {str(file) for file in files} == {
        ".gitignore", "README.md", "kdorch_sharp_edges.py", "pyproject.toml", "studies/try.yaml", "tests/test_sharp_edges.py",
    }  # fmt: skip
    for file in files:
        text = (tmp_path / "new" / file).read_text()
        assert "placeholder" not in text.casefold()
        assert "KIND" not in text
        assert file.suffix != ".py" or compile(text, str(file), "exec")


def test_compiled_modules_that_an_installer_left_are_not_copied(
    make: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kdorch.api import authoring

    for folder in ("every", "loss/__pycache__"):
        (tmp_path / "templates" / folder).mkdir(parents=True)
    (tmp_path / "templates/loss/__pycache__/kdorch_placeholder.cpython-311.pyc").write_bytes(b"\xff")
    (tmp_path / "templates/loss/kdorch_placeholder.py").write_text("Placeholder = 1\n")
    monkeypatch.setattr(authoring, "_TEMPLATES", tmp_path / "templates")
    assert make() == [Path("kdorch_sharp_edges.py")]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Sharp-Edges", "beginning with a letter, at most 40, as in sharp_edges, not 'Sharp-Edges'"),
        ("2nd", "as in nd, not '2nd'"),
        ("", "as in sharp, not ''"),
        ("../there", "as in there, not '../there'"),
        ("a" * 41, f"as in {'a' * 40}, not "),
        ("hinton", "there is a loss 'hinton' already, of kdorch "),
        ("none", "its class would be called None, which is taken"),
        ("tensor", "its class would be called Tensor, which is taken"),
    ],
)
def test_names_that_would_not_work_are_refused(make: Write, tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(ArgumentError, match=r"^--name: ") as refused:
        make(name=name)
    assert why in str(refused.value)
    assert not (tmp_path / "new").exists()


def test_a_module_that_is_there_already_is_not_hidden(
    make: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kdorch_sharp_edges.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ArgumentError, match="there is a module kdorch_sharp_edges already"):
        make()


def test_one_name_in_two_kinds_is_allowed(make: Write) -> None:
    assert make(kind="student", name="hinton")


def test_nothing_is_overwritten(make: Write, tmp_path: Path) -> None:
    mine = tmp_path / "new" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    for folder in (mine.parent, mine):
        with pytest.raises(ArgumentError, match="is there already"):
            make(folder=folder)
    assert [file.name for file in mine.parent.iterdir()] == ["mine.txt"]
    with pytest.raises(ArgumentError, match=r"cannot be written to: Not a directory\."):
        make(folder=mine / "below")


def test_an_empty_directory_will_do(make: Write, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    assert make()
