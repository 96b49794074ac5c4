"""The ledger of the test split."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kdorch.search.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.jsonl")


def test_a_reading_is_found_by_data_and_weights(ledger: Ledger) -> None:
    assert ledger.find("digits", "abc") is None
    ledger.add("digits", "abc", {"accuracy": 0.9}, study="tiny", who="tiny-0001-confirm-1000")
    assert ledger.find("digits", "abc") == {"accuracy": 0.9}
    assert ledger.find("digits", "xyz") is None
    assert ledger.find("letters", "abc") is None


def test_the_same_weights_are_written_down_once_whoever_reads_them(ledger: Ledger) -> None:
    for study in ("tiny", "other"):
        ledger.add("digits", "abc", {"accuracy": 0.9}, study=study, who="teacher")
    assert [entry["study"] for entry in ledger.entries()] == ["tiny"]


def test_an_entry_says_who_read_what_and_when(ledger: Ledger) -> None:
    ledger.add("digits", "abc", {"accuracy": 0.9}, study="tiny", who="teacher")
    entry = json.loads(ledger.path.read_text())
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "data": "digits", "weights": "abc", "study": "tiny", "who": "teacher", "values": {"accuracy": 0.9},
    }  # fmt: skip


def test_a_torn_last_line_holds_no_reading_and_swallows_none(ledger: Ledger) -> None:
    ledger.add("digits", "a", {"accuracy": 0.1}, study="tiny", who="x")
    with ledger.path.open("a") as file:
        file.write('{"data": "digits", "weights": "b", "val')
    assert ledger.find("digits", "b") is None
    ledger.add("digits", "c", {"accuracy": 0.3}, study="tiny", who="x")
    assert ledger.find("digits", "a") == {"accuracy": 0.1}
    assert ledger.find("digits", "c") == {"accuracy": 0.3}


@pytest.mark.parametrize("line", ["[1]", "7", "null", '"digits"', "{}", '{"data": "digits"}'])
def test_a_line_that_is_no_reading_is_passed_over(line: str, ledger: Ledger) -> None:
    ledger.path.write_text(f"{line}\n")
    ledger.add("digits", "a", {"accuracy": 0.1}, study="tiny", who="x")
    assert ledger.find("digits", "a") == {"accuracy": 0.1}
    assert ledger.find("digits", "b") is None


def test_writers_do_not_mix_their_lines(ledger: Ledger) -> None:
    def add(number: int) -> None:
        Ledger(ledger.path).add("digits", str(number), {"accuracy": number}, study="tiny", who="x" * 2000)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    assert all(ledger.find("digits", str(number)) == {"accuracy": number} for number in range(40))
