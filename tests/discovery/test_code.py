"""Code is told apart by what is in its files and in all of the user's own that it imports; none of it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kdorch.discovery import Origin, importable
from kdorch.discovery.code import digest, find

FILES = {
    "own_net.py": "import os, torch, kdorch\nimport own_blocks\nfrom own_tools import sizes\nraise SystemExit\n",
    "own_blocks.py": "def block():\n    from own_late import late\n",
    "own_late.py": "late = 1\n",
    "own_tools/__init__.py": "",
    "own_tools/sizes.py": "from . import deeper\nfrom .deeper.bottom import depth\n",
    "own_tools/deeper/__init__.py": "",
    "own_tools/deeper/bottom.py": "from ...beyond import nothing\nfrom own_net import Net\n",
    "own_tools/unused.py": "",
    "own_space/far/net.py": "",
    "own_mess.py": "import own_late\n\nclass Net(:\n",
    "own_bytes.py": "class Net: pass\0",
    "own_escape.py": "pattern = '\\d'\nimport own_late\n",
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write the files, some of them changed, into a folder."""

    def written(name: str = "project", **changed: str) -> Path:
        folder = tmp_path / name
        for path, content in (
            FILES | {key.replace("__py", ".py"): text for key, text in changed.items()}
        ).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        return folder

    return written


def of(folder: Path, module: str = "own_net") -> str:
    with importable([str(folder)]):
        return digest(module)


def test_where_it_lies_makes_no_difference(write: Callable[..., Path]) -> None:
    assert of(write("here")) == of(write("there")) != ""


@pytest.mark.parametrize(
    "path",
    [
        "own_net.py",
        "own_blocks.py",
        "own_late.py",
        "own_tools/__init__.py",
        "own_tools/sizes.py",
        "own_tools/deeper/__init__.py",
        "own_tools/deeper/bottom.py",
    ],
)
def test_whatever_it_imports_counts_however_far_away(path: str, write: Callable[..., Path]) -> None:
    folder = write()
    before = of(folder)
    with (folder / path).open("a") as file:
        file.write("more = 1\n")
    assert of(folder) != before


def test_what_it_does_not_import_does_not_count(write: Callable[..., Path]) -> None:
    folder = write()
    before = of(folder)
    (folder / "own_tools" / "unused.py").write_text("changed = 1")
    (folder / "own_tools" / "notes.txt").write_text("changed")
    assert of(folder) == before


def test_nothing_is_imported(write: Callable[..., Path]) -> None:
    before = set(sys.modules)
    of(write())
    assert set(sys.modules) == before


@pytest.mark.parametrize(
    "module", ["own_mess", "own_bytes", "own_escape", "own_space.far.net", "own_tools.deeper"]
)
def test_any_module_has_a_digest(module: str, write: Callable[..., Path]) -> None:
    assert of(write(), module) != ""


@pytest.mark.parametrize("module", ["no_such_module", "own_net.inner", "own_tools.no_such", "own_space.near"])
def test_there_is_none_of_what_cannot_be_found(module: str, write: Callable[..., Path]) -> None:
    assert of(write(), module) == ""


def test_a_finder_that_raises_stops_nothing(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def find_spec(self, *_: object) -> None:
            raise RuntimeError("broken")

    monkeypatch.setattr(sys, "meta_path", [Broken(), object(), *sys.meta_path])
    assert of(write()) != ""


def test_what_is_installed_counts_by_its_version(site, monkeypatch: pytest.MonkeyPatch) -> None:
    library = site.folder / "site-packages"
    library.mkdir()
    monkeypatch.syspath_prepend(str(library))
    (library / "their_library.py").write_text("import their_other\n")
    (library / "their_other.py").write_text("")
    site.write("own_model", "import their_library\n")
    before = digest("own_model"), digest("their_library")
    (library / "their_other.py").write_text("changed = 1")
    assert (digest("own_model"), digest("their_library")) == before
    (library / "their_library.py").write_text("import their_other\nchanged = 1\n")
    assert digest("own_model") == before[0]
    assert digest("their_library") != before[1]


def test_a_package_is_not_imported_to_find_what_is_in_it(write: Callable[..., Path], tmp_path: Path) -> None:
    with importable([str(write(**{"own_tools/__init____py": "raise SystemExit"}))]):
        place = find("own_tools.deeper.bottom")
    assert place is not None
    assert place.file == tmp_path / "project" / "own_tools" / "deeper" / "bottom.py"


# ---------------------------------------------------------------- plugins

PLUGIN = """
    import kdorch
    import own_arithmetic

    class Squared(kdorch.Loss, name="squared"):
        pass

    class Team(kdorch.Teacher, name="team"):
        network: kdorch.Student

    class Played(kdorch.Task, name="played"):
        pass

    class Rows(kdorch.Dataset, name="rows", tasks={"played"}):
        pass

    @kdorch.hookimpl
    def register_losses(register):
        register(Squared)

    @kdorch.hookimpl
    def register_teachers(register):
        register(Team)

    @kdorch.hookimpl
    def register_datasets(register):
        register(Rows)
"""
TASK = """
    import kdorch

    class Played(kdorch.Task, name="played"):
        pass

    @kdorch.hookimpl
    def register_tasks(register):
        register(Played)
"""


def test_the_origin_of_a_plugin_tells_its_version_and_its_code(site) -> None:
    site.add("kdorch-squared", PLUGIN, version="0.3")
    site.add("kdorch-played", TASK, version="2.0")
    site.write("own_arithmetic", "")
    plugins = site.plugins()
    loss, team = plugins.find("loss", "squared")(), plugins.find("teacher", "team")
    mlp = plugins.find("student", "mlp")()
    code = digest("kdorch_squared")
    assert plugins.origins(loss) == f"kdorch-squared 0.3 {code}"
    assert plugins.origins(mlp) == str(plugins.origin("student", "mlp"))
    assert plugins.origins(team(network=mlp)) == f"kdorch-squared 0.3 {code}, {plugins.origins(mlp)}"
    played = f"kdorch-played 2.0 {digest('kdorch_played')}"
    assert plugins.origins(plugins.find("dataset", "rows")()) == f"kdorch-squared 0.3 {code}, {played}"
    site.write("own_arithmetic", "changed = 1")
    assert plugins.origins(loss) != f"kdorch-squared 0.3 {code}"


def test_the_origin_of_a_part_tells_the_code_that_it_names(site) -> None:
    site.write("own_model", "Net = None")
    plugins = site.plugins()
    module = plugins.part("student", {"use": "module", "target": "own_model:Net"})
    ours = plugins.origins(plugins.find("student", "mlp")())
    before = plugins.origins(module)
    assert before == f"{ours}, own_model:Net {digest('own_model')}"
    site.write("own_model", "Net = 1")
    assert plugins.origins(module) != before
    assert isinstance(plugins.origin("student", "module"), Origin)
