"""Teacher, students and the same students without a teacher, on the test rows."""

from __future__ import annotations

from kdorch.api.gaps import gaps_told
from kdorch.api.judged import verdict_told
from kdorch.api.report.front import anchor
from kdorch.api.results import Results
from kdorch.choosing.intervals import mean_interval
from kdorch.reporting.page.blocks import UNKNOWN, Cell, Picture, Section, Table, Words, row
from kdorch.reporting.page.means import Confirmed, means_svg
from kdorch.reporting.page.wording import ends, interval, score

_CAPTION = (
    "Test scores, and validation scores: in the search, and of students on fresh seeds; "
    "of differences more is always better"
)
_TWINS = {
    "none": "",
    "paired": "Without a teacher: the same student, settings and seeds, trained on the labels alone.",
    "tuned": "Without a teacher: the best of a search of the same budget that had no teacher.",
}


def confirmed_section(results: Results) -> Section | None:
    """Return what the confirmation found; None before there was one."""
    if not results.verdicts:
        return None
    test = results.test_score
    students = [_student(results, trial) for trial in results.verdicts]
    levels = {
        who: metrics[test]
        for who, metrics in {"teacher": results.teacher, **results.references}.items()
        if test in metrics
    }
    told = f"{test} of {len(students)} confirmed students, with a teacher and without, and of the teacher."
    caption = "Means with 95 % intervals; small dots are seeds. " + _TWINS[results.study.confirm.baseline]
    picture = Picture(means_svg(test, students, levels, told), caption.strip(), _table(results, levels))
    sentences = [Words(told) for told in (*verdict_told(results), *gaps_told(results))]
    return Section("verdict", "With the teacher and without", [*sentences, picture])


def _student(results: Results, trial: int) -> Confirmed:
    verdict, test = results.verdicts[trial], results.test_score
    with_it, without = (results.confirmed_of(trial, role) for role in ("confirm", "baseline"))
    return Confirmed(
        f"trial {trial}",
        anchor(trial),
        verdict.student,
        verdict.twin,
        list(with_it[test]),
        list(without[test]) if len(without) else [],
    )


def _table(results: Results, levels: dict[str, float]) -> Table:
    quality, test = results.quality, results.test_score
    head = ["", test, "without a teacher", "difference", "verdict", f"{quality}, searched", quality]
    others = [
        row([who, score(level), UNKNOWN, UNKNOWN, "", UNKNOWN, score(_val(results, who))])
        for who, level in levels.items()
    ]
    return Table(_CAPTION, head, [*_rows(results), *others])


def _rows(results: Results) -> list[list[Cell]]:
    searched = results.trials.set_index("trial")[results.quality]
    rows = []
    for trial, verdict in results.verdicts.items():
        again = mean_interval(list(results.confirmed_of(trial)[results.quality]))
        cells = [
            interval(verdict.student),
            interval(verdict.twin),
            ends(verdict.difference) if verdict.difference else UNKNOWN,
            verdict.word,
            score(searched[trial]),
            interval(again),
        ]
        rows.append(row([Cell(f"trial {trial}", anchor(trial)), *cells]))
    return rows


def _val(results: Results, who: str) -> float | None:
    return {"teacher": results.teacher, **results.references}[who].get(results.quality)
