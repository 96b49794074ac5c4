"""Tables and texts on terminals of every width: nothing is cut off, and lines can be read."""

from __future__ import annotations

import pytest
from rich.console import Console

from kdorch.cli.tables import paragraph, tables

ROWS = [
    {"trial": str(trial)} | {f"parameter{each}": f"0.0{trial}234{each}" for each in range(9)}
    for trial in range(2)
]
TOLD = (
    "Trial 30: inconclusive: -0.0133 (-0.0471 to +0.0205) in test/accuracy beside the same student, so far. "
)


def printed(width: int, *renderables: object) -> list[str]:
    console = Console(width=width, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(*renderables)
    return [line.rstrip() for line in captured.get().splitlines()]


@pytest.mark.parametrize("width", [40, 79, 80, 120])
def test_no_number_is_cut_off_where_a_terminal_is_narrow(width: int) -> None:
    lines = printed(width, *tables(ROWS, width))
    assert max(map(len, lines)) <= width
    for trial, *numbers in (row.values() for row in ROWS):
        parts = [line.split() for line in lines if line.split()[0] == trial]
        assert [number for part in parts for number in part[1:]] == numbers


def test_what_is_wider_than_the_terminal_goes_on_in_the_next_line() -> None:
    lines = printed(20, *tables([{"trial": "1", "optimizer": "sgd_with_momentum"}], 20))
    assert "".join(line.split()[-1] for line in lines[1:]) == "sgd_with_momentum"


def test_a_table_that_fits_is_one() -> None:
    assert len(list(tables(ROWS, 200))) == 1
    assert len(list(tables(ROWS[:1], 5 + 9 * (2 + 10)))) == 1
    assert len(list(tables(ROWS[:1], 5 + 9 * (2 + 10) - 1))) == 2


@pytest.mark.parametrize("width", [40, 80, 100, 160])
def test_a_text_on_a_terminal_is_indented_where_it_goes_on(width: int) -> None:
    first, *others = lines = paragraph(TOLD * 3, width).splitlines()
    assert max(map(len, lines)) <= min(width, 100)
    assert first.startswith("Trial 30: ")
    assert all(line.startswith("  ") for line in others)
    assert " ".join(line.strip() for line in lines) == (TOLD * 3).strip()


def test_a_pipe_has_each_text_in_a_line() -> None:
    assert paragraph(TOLD * 3, 1000) == TOLD * 3
