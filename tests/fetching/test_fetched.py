"""A dataset whose files are fetched, from the study that lacks them to the command that brings them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from click.testing import CliRunner, Result

import kdorch
from kdorch.cli.main import cli
from kdorch.discovery import discover, installed
from kdorch.teaching.store import Store

PLUGIN = """
    import kdorch

    class MadeUp(kdorch.Fetched, kdorch.Dataset, name="made_up", tasks={{"classification"}}):
        '''Two rows.

        Not for more.
        '''

        source = {source!r}

        def load(self):
            import numpy as np

            rows = np.loadtxt(self.fetched() / "rows.csv", delimiter=",")
            task = kdorch.Classification(labels=["a", "b"])
            return kdorch.Columns(np.repeat(rows, 20, 0) + np.arange(40)[:, None], np.arange(40) % 2, task)

        def preprocess(self, inputs):
            return kdorch.Standardize(inputs)

    @kdorch.hookimpl
    def register_datasets(register):
        register(MadeUp)
"""


@pytest.fixture
def made_up(
    source: kdorch.Debian, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[type[kdorch.Fetched]]:
    """Install the dataset."""
    site = tmp_path / "site"
    info = site / "kdorch_made_up-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "kdorch_made_up.py").write_text(
        dedent(PLUGIN.format(source=source)).replace("Debian(", "kdorch.Debian(")
    )
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: kdorch-made-up\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[kdorch]\nmade_up = kdorch_made_up\n")
    monkeypatch.syspath_prepend(str(site))
    discover.cache_clear()
    yield installed().find("dataset", "made_up")
    discover.cache_clear()
    sys.modules.pop("kdorch_made_up", None)


def kdorch_data(*words: str) -> Result:
    return CliRunner().invoke(cli, ["data", *words])


def checked(tree: Any, **fields: Any) -> str:
    """Return what the check of a study with the dataset says; empty if nothing."""
    try:
        kdorch.check(kdorch.Study(**tree(data={"use": "made_up"} | fields)))
    except kdorch.StudyError as error:
        [problem] = error.problems
        return str(problem)
    return ""


def test_a_study_is_told_what_to_fetch_and_is_fine_afterwards(
    made_up: Any, tree: Any, directory: Path
) -> None:
    told = "kdorch data fetch made_up"
    assert checked(tree) == f"data: the files are not in {directory}. `{told}` brings them, about 1.0 kB."
    with pytest.raises(kdorch.DataError, match=f"dataset 'made_up': .*{told}"):
        made_up().load()
    assert kdorch_data("fetch", "made_up").exit_code == 0
    assert checked(tree) == ""
    assert made_up().load().inputs.shape == (40, 2)


def test_what_was_lost_or_cut_short_since_is_told_and_fetched_again(made_up: Any, tree: Any) -> None:
    kdorch_data("fetch", "made_up")
    rows = made_up().fetched() / "rows.csv"
    whole, again = rows.read_text(), "`kdorch data fetch made_up` brings them again."
    rows.unlink()
    assert checked(tree) == f"data: {rows.parent} has lost rows.csv. {again}"
    assert "made_up: fetched, 14 bytes in" in kdorch_data("fetch", "made_up").output
    assert rows.read_text() == whole
    rows.write_text(whole[:-3])
    assert checked(tree) == f"data: {rows.parent} has 11 bytes, not the 14 that were fetched. {again}"
    rows.write_text(whole[::-1])  # of the same size: what fetches reads it, a study does not
    assert "made_up: fetched" in kdorch_data("fetch", "made_up").output
    assert rows.read_text() == whole
    assert "made_up: here already" in kdorch_data("fetch", "made_up").output


def test_files_that_are_already_there_need_no_fetching(
    made_up: Any, tree: Any, made: Any, tmp_path: Path
) -> None:
    folder = made(tmp_path / "mine")
    assert checked(tree, folder=str(folder)) == ""
    assert made_up(folder=folder).load().inputs.shape == (40, 2)
    (folder / "rows.csv").write_text("1,2\n3,5\n")
    (folder / "mail" / "b.txt").unlink()
    text = checked(tree, folder=str(folder))
    assert text.startswith(
        f"data.folder: {folder} does not hold the files of 'made_up': mail/*.txt has the sha256 "
    )
    assert "; rows.csv has the sha256 " in text
    (folder / "rows.csv").unlink()
    assert "; rows.csv is missing." in checked(tree, folder=str(folder))
    assert checked(tree, folder=str(tmp_path / "none")).endswith("there is no such folder.")


def test_where_the_files_are_does_not_decide_what_is_stored(made_up: Any, made: Any, tmp_path: Path) -> None:
    one, other = made_up(), made_up(folder=made(tmp_path / "mine"))
    assert one.store_key() == other.store_key()
    store = Store(tmp_path / "store")
    assert store.path("data", one.store_key()) == store.path("data", other.store_key())
    assert one != other


def test_list_and_fetch_say_what_is_where(made_up: Any, directory: Path) -> None:
    listed = kdorch_data("list").output.splitlines()
    assert listed[0] == f"The data directory is {directory}; KDORCH_DATA names another."
    assert " ".join(listed[2].split()) == "made_up Two rows. 1.0 kB not here: made-up, by apt-get"
    assert listed[-1] == "Next: kdorch data fetch made_up"
    told = kdorch_data("fetch", "dataset/made_up")
    folder = made_up().fetched()
    assert told.stdout.splitlines() == [f"made_up: fetched, 14 bytes in {folder}", "Next: kdorch data list"]
    assert told.stderr == "Fetching made-up with apt-get, about 1.0 kB …\n"
    again = kdorch_data("fetch", "made_up")
    assert again.stdout.startswith(f"made_up: here already, 14 bytes in {folder}")
    assert again.stderr == ""
    found = json.loads(kdorch_data("list", "--json").output)
    assert found["directory"] == str(directory)
    [row] = [row for row in found["data"] if row["name"] == "made_up"]
    assert row == {
        "kind": "dataset",
        "name": "made_up",
        "distribution": "kdorch-made-up",
        "summary": "Two rows.",
        "package": "made-up",
        "client": "apt-get",
        "bytes": 14,
        "folder": str(folder),
    }


@pytest.mark.parametrize(
    ("word", "told"), [("made_upp", "Did you mean 'made_up'?"), ("digits", "'digits'. Known: ")]
)
def test_a_name_with_nothing_to_fetch_is_told_before_anything_is_fetched(
    made_up: Any, word: str, told: str, directory: Path
) -> None:
    error = kdorch_data("fetch", "made_up", word).exception
    assert isinstance(error, kdorch.PluginError)
    assert str(error).startswith(f"There is nothing to fetch for {word!r}. ")
    assert told in str(error)
    assert not directory.exists()


def test_without_plugins_there_is_nothing_to_list(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    monkeypatch.setattr("kdorch.cli.data.naming.fetchable", lambda: iter(()))
    assert kdorch_data("list").output.splitlines()[1] == "No plugin here has files to fetch."


def test_a_class_without_a_source_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match=r"Forgotten: write source = kdorch\.Npm\(\.\.\.\)"):

        class Forgotten(kdorch.Fetched, kdorch.Dataset, name="forgotten"):
            """No files."""


def test_the_directory_is_the_users_unless_it_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from kdorch.fetching import home

    monkeypatch.delenv("KDORCH_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert home().name == "kdorch"
    monkeypatch.setenv("KDORCH_DATA", "~/data")
    assert home() == Path.home() / "data"
    monkeypatch.setenv("KDORCH_DATA", "data")
    monkeypatch.chdir(tmp_path)
    assert home() == tmp_path / "data"


@pytest.mark.slow
def test_contracts_skip_what_nobody_has_fetched(made_up: Any) -> None:
    from kdorch.testing import examine

    findings = examine(made_up())
    skipped = [finding for finding in findings if "kdorch data fetch made_up" in finding.message]
    assert {finding.outcome for finding in skipped} == {"skipped"}
    assert len(skipped) >= 15
    kdorch_data("fetch", "made_up")
    assert not [finding for finding in examine(made_up()) if finding.outcome == "failed"]
