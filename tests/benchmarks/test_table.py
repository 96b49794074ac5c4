"""The rows, and what a call writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.command import main
from benchmarks.page import PAGE, RESULTS, renewed
from benchmarks.registry import chosen, rows

ROOT = Path(__file__).parents[2]


def test_every_row_has_a_number_a_name_and_bounds():
    known = rows()
    assert {row.number for row in known} >= {*range(1, 15)}
    assert len({row.name for row in known}) == len(known)
    assert all(row.bounds and row.what for row in known)


def test_the_list_measures_nothing_and_names_every_row():
    said = CliRunner().invoke(main, ["--list"], env={"COLUMNS": "200"})
    assert said.exit_code == 0
    assert [row.name for row in rows() if row.name not in said.output] == []


def test_rows_are_chosen_by_name_and_by_number():
    assert [row.number for row in chosen(["help", "3"])] == [3, 12]


def test_a_row_that_is_not_there_is_named_with_one_that_is():
    said = CliRunner().invoke(main, ["loging"])
    assert said.exit_code == 2
    assert "There is no row 'loging'. Did you mean 'logging'?" in said.output


def test_the_page_shows_the_results_that_are_shipped():
    page = PAGE.read_text()
    assert renewed(page, json.loads(RESULTS.read_text())) == page, "run: python -m benchmarks.page"


@pytest.mark.slow
def test_a_quick_run_writes_what_it_measured(tmp_path):
    """In a directory of its own, as it keeps data and teachers in the current one."""
    out = tmp_path / "found.json"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    command = [sys.executable, "-m", "benchmarks", "help", "logging", "stacked", "--quick", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert {"cores", "processor", "versions", "load", "rounds", "busy"} <= found["machine"].keys()
    assert [row["name"] for row in found["rows"]] == ["logging", "stacked", "help"]
    for row in found["rows"]:
        assert row["failure"] == ""
        for figure in row["figures"]:
            assert {"median", "quartiles", "rounds", "sides", "bound", "verdict"} <= figure.keys()
            assert 0 < figure["median"] < 2
    assert "help absolute" in done.stdout
