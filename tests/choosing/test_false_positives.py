"""How often the verdict is wrong about a teacher that does nothing: `python -m benchmarks.verdict`, in short."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.verdict import Case, Table, false_positive, said

SHORT = 300


def most(share: float, repetitions: int) -> float:
    """Return what a share may look like in so many repetitions: in one test of a thousand it looks like more."""
    return share + 3.1 * (share * (1 - share) / repetitions) ** 0.5


@pytest.mark.parametrize(
    "case",
    [
        Case(seeds=3, rows=90, spread=0.0),
        Case(seeds=3, rows=360, candidates=3, spread=0.02),
        Case(seeds=5, rows=90, candidates=3, accuracy=0.99),
        Case(seeds=5, rows=90, hardness=0.0),
        Case(seeds=10, rows=360, candidates=3, hardness=0.9),
    ],
    ids=str,
)
def test_a_teacher_without_effect_is_seldom_said_to_have_one(case: Case) -> None:
    assert said(case, SHORT)["helps or hurts"] <= most(0.05, SHORT)


def test_seeds_alone_would_often_be_wrong_about_other_rows() -> None:
    case = Case(seeds=10, rows=360, candidates=3, hardness=0.9, alone=True)
    assert said(case, SHORT)["helps or hurts"] > 0.3


def test_a_table_has_the_share_of_each_case_where_it_belongs() -> None:
    rows = {f"{hardness:.0%} rows": {"seeds": 3, "rows": 90, "hardness": hardness} for hardness in (0.0, 0.9)}
    columns = {f"{count}": {"candidates": count, "alone": True} for count in (1, 2)}
    with ThreadPoolExecutor(2) as pool:
        *_, first, second, _ = Table("", false_positive, rows, columns, repetitions=40).lines(pool)
    for line, row in zip((first, second), rows, strict=True):
        shares = (false_positive(Case(**rows[row], **column), 40) for column in columns.values())
        assert line == f"| {row} | {' | '.join(f'{share:.1%}' for share in shares)} |"
    assert first.split("|")[2:] != second.split("|")[2:]


def test_a_teacher_with_an_effect_is_found() -> None:
    found = said(Case(seeds=5, rows=5000, effect=0.02), 100)
    assert found["helps"] > 0.9
    assert "hurts" not in found
