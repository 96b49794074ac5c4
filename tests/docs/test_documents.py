"""The words beside the code: links lead somewhere, examples run, and the same thing is said once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

import kdorch
from kdorch import errors, study
from kdorch.cli.data.naming import named
from kdorch.cli.main import cli
from kdorch.fetching import find

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
STUDIES = sorted((ROOT / "studies").glob("*.yaml"))
README = (ROOT / "README.md").read_text()
MEASURED = re.findall(r"^\| .*\(studies/([\w-]+)\.yaml\)(.* parameters.*)$", README, flags=re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_exist(page):
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert not missing


def test_ci_calls_the_test_command_of_the_readme():
    test_command = blocks(ROOT / "README.md", "bash")[1].strip()
    assert "\n" not in test_command
    assert test_command in (ROOT / ".ci" / "run").read_text().splitlines()


def test_the_readme_installs_and_runs_in_one_line():
    assert blocks(ROOT / "README.md", "bash")[0].strip() == (
        "pip install -c constraints.txt . && kdorch study run studies/digits.yaml"
    )


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.stem)
def test_shipped_studies_are_valid_and_say_what_they_cost_and_give(study):
    header = [line for line in study.read_text().splitlines() if line.startswith("#")]
    assert any(f"kdorch study run studies/{study.name}" in line for line in header)
    assert any(re.search(r"\d+ s .*cold", line) for line in header)
    assert any("test" in line and "±" in line for line in header)
    skip_without_its_plugins(header)
    assert kdorch.Study.load(study).name == study.stem


@pytest.mark.parametrize(("study", "row"), MEASURED, ids=[study for study, _ in MEASURED])
def test_figures_of_the_readme_are_those_of_the_header(study, row):
    header = " ".join((ROOT / "studies" / f"{study}.yaml").read_text().split())
    figures = re.findall(r"\d\.\d{4} ± 0\.\d{4}|[\d,]+(?= parameters)", row)
    assert len(figures) == 3  # how large the student is, its score, and that of its twin
    assert [figure for figure in figures if figure not in header] == []


def skip_without_its_plugins(header):
    """Such studies are checked where the plugin is tested, too: in `tests/plugins`."""
    lines = "\n".join(header)
    for plugin in re.findall(r"pip install \S*/plugins/([\w-]+)", lines):
        try:
            distribution(plugin)
        except PackageNotFoundError:
            pytest.skip(f"{plugin} is not installed")
    for name in re.findall(r"kdorch data fetch (\w+)", lines):
        if find(named(name).source) is None:
            pytest.skip(f"nobody has run: kdorch data fetch {name}")


@pytest.mark.slow
def test_the_plugin_of_the_readme_works(tmp_path):
    """It is taken as it stands, installed by hand, and found, checked and trained with."""
    [plugin] = [block for block in blocks(ROOT / "README.md", "python") if "hookimpl" in block]
    [pyproject] = blocks(ROOT / "README.md", "toml")
    project = tomllib.loads(pyproject)["project"]
    entry = project["entry-points"]["kdorch"]
    (tmp_path / f"{next(iter(entry.values()))}.py").write_text(plugin)
    info = tmp_path / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    name, version = project["name"], project["version"]
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [f"{name} = {target}" for name, target in entry.items()]
    (info / "entry_points.txt").write_text("\n".join(["[kdorch]", *lines]))
    assert len(plugin.splitlines()) <= 25
    code = (
        "import torch, kdorch\n"
        "from kdorch.discovery import installed\n"
        "loss = installed().part('loss', {'use': 'correlation'})\n"
        "task = kdorch.Classification(labels=['a', 'b', 'c'])\n"
        "one = kdorch.Output(torch.randn(5, 3, requires_grad=True))\n"
        "other = kdorch.Output(torch.randn(5, 3))\n"
        "term = loss.build(task, one, other)\n"
        "batch = kdorch.Batch(torch.zeros(5, 2), torch.zeros(5, dtype=torch.long), torch.arange(5))\n"
        "value = term(one, other, batch); value.backward()\n"
        "assert abs(term(other, other, batch).item()) < 1e-5 < value.item()\n"
        "print(installed().origin('loss', 'correlation'))\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == f"{project['name']} {project['version']}"


@pytest.mark.parametrize("block", blocks(ROOT / "README.md", "yaml"))
def test_the_readme_shows_the_study_that_is_shipped(block):
    assert block in (ROOT / "studies" / "digits.yaml").read_text()


def test_the_architecture_page_names_every_room():
    page = (ROOT / "docs" / "architecture.md").read_text()
    rooms = {path.stem for path in (ROOT / "kdorch").iterdir() if not path.name.startswith(("_", "py."))}
    missing = [room for room in rooms if not re.search(rf"^\|.*`{room}`.*\|", page, flags=re.MULTILINE)]
    assert not missing


def test_the_layers_that_are_checked_are_all_the_rooms():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    listed = {room.strip() for layer in layers for room in layer.split("|")}
    rooms = {path.stem for path in (ROOT / "kdorch").iterdir() if not path.name.startswith(("_", "py."))}
    assert listed == rooms - {"builtin"}


def test_public_names_are_listed_once_and_can_be_imported():
    assert sorted(kdorch.__all__) == sorted(kdorch._HOME)
    for name in kdorch.__all__:
        assert getattr(kdorch, name) is not None


def test_every_error_is_public_and_in_the_tree():
    names = [
        name for name, found in vars(errors).items() if name.endswith("Error") and isinstance(found, type)
    ]
    assert set(names) <= set(kdorch.__all__)
    assert re.findall(r"^(?: {4})?(?:[├└]── )?(\w+Error)\b", errors.__doc__, flags=re.MULTILINE) == names


def test_every_section_of_a_study_is_public():
    assert set(study.__all__) <= set(kdorch.__all__)


def test_constraints_pin_every_dependency():
    pinned = {line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [wanted for extra in project["optional-dependencies"].values() for wanted in extra]
    wanted = [*project["dependencies"], *extras, "tox"]
    names = {re.split(r"[<>=!~\[]", requirement)[0].lower() for requirement in wanted}
    assert names <= pinned
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text()


def test_the_notebook_was_run_as_a_whole_and_is_small():
    file = ROOT / "docs" / "notebook.ipynb"
    cells = [cell for cell in json.loads(file.read_text())["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not any(output["output_type"] == "error" for cell in cells for output in cell["outputs"])
    assert file.stat().st_size < 300_000


def commands(group, path=()):
    for name, command in group.commands.items():
        yield from (
            commands(command, (*path, name)) if hasattr(command, "commands") else [" ".join((*path, name))]
        )


def test_the_command_line_page_lists_every_command_and_exit_code():
    page = (ROOT / "docs" / "command-line.md").read_text()
    listed = re.findall(r"^\| `kdorch ([a-z]+(?: [a-z]+)?)\b.*` \|", page, flags=re.MULTILINE)
    assert sorted(listed) == sorted(commands(cli))
    codes = re.findall(r"^\| (\d+) \| (.*) \|$", page, flags=re.MULTILINE)
    told = re.findall(r"^  (\d+) +(.*)$", cli.epilog, flags=re.MULTILINE)
    assert [(code, text.replace("`", "")) for code, text in codes] == told


def test_the_command_line_page_says_what_answers_in_json():
    def answers(group, path=()):
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from answers(command, (*path, name))
            elif any("--json" in option.opts for option in command.params):
                yield " ".join((*path, name))

    page = (ROOT / "docs" / "command-line.md").read_text()
    [sentence] = re.findall(r"## For scripts\n\n(.*?)`--json`", page, flags=re.DOTALL)
    assert sorted(re.findall(r"`([^`]+)`", sentence)) == sorted(answers(cli))
