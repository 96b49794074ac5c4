"""How often the verdict is wrong about a teacher that does nothing: `python -m benchmarks.verdict`, in short."""

from __future__ import annotations

import pytest

from benchmarks.verdict import Case, said

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


def test_a_teacher_with_an_effect_is_found() -> None:
    found = said(Case(seeds=5, rows=5000, effect=0.02), 100)
    assert found["helps"] > 0.9
    assert "hurts" not in found
