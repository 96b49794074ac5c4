"""The verdicts of all studies in a project directory, as a table: ``python -m benchmarks.shipped [HOME]``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import kdorch
from kdorch.api.gaps import gaps
from kdorch.choosing.numbers import percent
from kdorch.reporting.page.wording import ends, interval

_TITLES = ("study", "score", "teacher", "parameters", "with it", "without", "gain", "verdict", "gap closed")


def table(home: Path) -> Iterator[str]:
    """Yield the lines of a table in Markdown, a row for each confirmed student.

    Args:
        home: The project directory.
    """
    yield _row(_TITLES)
    yield _row(["---"] * len(_TITLES))
    for folder in sorted((home / "studies").iterdir()):
        results = kdorch.Results(folder.name, home)
        closed = gaps(results)
        for trial, verdict in results.verdicts.items():
            teacher = results.teacher.get(verdict.metric)
            yield _row(
                [
                    folder.name,
                    verdict.metric.removeprefix("test/"),
                    "" if teacher is None else f"{teacher:.4f}",
                    f"{int(results.confirmed_of(trial)['size/params'].iloc[0]):,}",
                    interval(verdict.student),
                    interval(verdict.twin) + (", tuned" if verdict.baseline == "tuned" else ""),
                    "" if verdict.difference is None else ends(verdict.difference),
                    verdict.word,
                    percent(closed[trial].mean) if trial in closed and verdict.word == "helps" else "",
                ]
            )


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print("\n".join(table(Path(*sys.argv[1:] or [".kdorch"]))))  # noqa: T201  its purpose
