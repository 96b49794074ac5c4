"""The ledger of the test split."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from kdorch.errors import StoreError
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


def test_of_all_that_read_the_same_rows_the_first_reading_counts(ledger: Ledger) -> None:
    ledger.add("digits", "a", {"accuracy": 0.1}, study="tiny", who="x")
    ledger.add("letters", "a", {"accuracy": 0.2}, study="tiny", who="x")
    with ledger.path.open("a") as file:  # two projects' ledgers, put together by hand
        file.write('{"data": "digits", "weights": "a", "values": {"accuracy": 0.9}}\n')
    ledger.add("digits", "b", {"accuracy": 0.3}, study="tiny", who="x")
    assert ledger.scores("digits") == {"a": {"accuracy": 0.1}, "b": {"accuracy": 0.3}}


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


RIGHT = {"accuracy": [1.0, 0.0, 1.0, 1.0]}


def test_what_single_rows_scored_lies_beside_the_reading(ledger: Ledger) -> None:
    rows = RIGHT | {"loss": [0.25, 3.5, 0.125, -1.0]}
    ledger.add("digits", "abc", {"accuracy": 0.75}, study="tiny", who="x", rows=rows)
    found = ledger.rows("digits", "abc")
    assert {name: values.tolist() for name, values in found.items()} == rows
    assert ledger.rows("digits", "xyz") == ledger.rows("letters", "abc") == {}


def test_of_an_old_reading_no_rows_are_known(ledger: Ledger) -> None:
    ledger.add("digits", "abc", {"accuracy": 0.75}, study="tiny", who="x")
    assert ledger.rows("digits", "abc") == {}


def test_ten_thousand_rows_that_are_right_or_wrong_take_two_kilobytes(ledger: Ledger) -> None:
    values = np.random.default_rng(0).integers(0, 2, 10_000)
    ledger.add("digits", "abc", {"accuracy": 0.5}, study="tiny", who="x", rows={"accuracy": values.tolist()})
    (file,) = ledger.path.parent.rglob("*.npz")
    assert file.stat().st_size < 2200
    assert (ledger.rows("digits", "abc")["accuracy"] == values).all()


def test_the_rows_of_the_first_reading_stay(ledger: Ledger) -> None:
    for study, rows in (("tiny", RIGHT), ("other", {"accuracy": [0.0] * 4})):
        ledger.add("digits", "abc", {"accuracy": 0.75}, study=study, who="x", rows=rows)
    assert ledger.rows("digits", "abc")["accuracy"].tolist() == RIGHT["accuracy"]


def test_whoever_is_killed_before_the_reading_is_written_has_kept_its_rows(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(json, "dumps", killed)
        with pytest.raises(KeyboardInterrupt):
            ledger.add("digits", "abc", {"accuracy": 0.75}, study="tiny", who="x", rows=RIGHT)
    assert ledger.find("digits", "abc") is None
    assert ledger.rows("digits", "abc")["accuracy"].tolist() == RIGHT["accuracy"]
    ledger.add("digits", "abc", {"accuracy": 0.75}, study="tiny", who="x", rows=RIGHT)
    assert ledger.find("digits", "abc") == {"accuracy": 0.75}
    assert [file.suffix for file in ledger.path.with_suffix("").rglob("*.*")] == [".npz"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half a file", b"a text", b"\x80\x04pickled"])
def test_rows_that_cannot_be_read_say_what_to_do(damage: bytes, ledger: Ledger) -> None:
    ledger.add("digits", "abc", {"accuracy": 0.75}, study="tiny", who="x", rows=RIGHT)
    (file,) = ledger.path.parent.rglob("*.npz")
    file.write_bytes(damage)
    with pytest.raises(StoreError, match=r"abc\.npz cannot be read.*Delete it"):
        ledger.rows("digits", "abc")
