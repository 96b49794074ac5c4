"""Wrong studies and what is said of each: ``wrong/GROUP/MISTAKE.yaml``, shown in ``docs/errors.md``.

A new mistake is a new file; a group is a folder, and what a study names may lie in it, too. Mistakes that only
the data can show belong into ``wrong/data``, with their tables beside them. Read the page after renewing it::

    python tests/study/test_wrong.py
"""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest

from kdorch.cli import main
from kdorch.discovery import discover
from kdorch.study import Study

WRONG = Path(__file__).with_name("wrong")
PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
SOUND = (WRONG / "sound.yaml").read_text()
NOT_FILES = {"file/folder": "(a directory)", "file/emty.yaml": "(there is no such file)"}
# These are found in a worker, by reading all of the data and trying the parts on them.
READ = (
    "data/fewer-rows-than-splits.yaml",
    "data/header-only.yaml",
    "data/more-entries-than-classes.yaml",
    "data/numbers-for-classes.yaml",
    "data/one-class.yaml",
    "data/two-classes.yaml",
    "data/unknown-class.yaml",
    "data/unseeded-views.yaml",
    "data/views-for-another-disk.yaml",
    "together/losses.yaml",
    "together/students.yaml",
)
CASES = sorted([*(str(file.relative_to(WRONG)) for file in WRONG.glob("*/*.yaml")), *NOT_FILES])
COMMAND = "# kdorch study check "  # the first line of a study that is wrong only with some --set
INTRODUCTION = """\
# What kdorch says of a wrong study

Every mistake of a study is told at once, in the order of the file, before a minute of training is spent. This
page shows what `kdorch study check` says of {count} wrong studies: those in [tests/study/wrong](../tests/study/wrong),
by group. `python tests/study/test_wrong.py` writes it, and a test compares it.

Most differ in a line or two from this study, which is sound; of those, only the difference is shown:

```yaml
{sound}```
"""
WIDTH = 160


@contextlib.contextmanager
def plugins_beside(case: str) -> Iterator[None]:
    """Install what lies in ``site`` beside a study, for the duration."""
    site = WRONG / Path(case).parent / "site"
    with patch.object(sys, "path", [*([str(site)] if site.is_dir() else []), *sys.path]):
        discover.cache_clear()
        try:
            yield
        finally:
            discover.cache_clear()


@cache
def said(case: str) -> tuple[int, str]:
    """Return the exit code and the standard error of ``kdorch study check`` in the folder of a study."""
    folder, name = WRONG / Path(case).parent, Path(case).name
    errors = io.StringIO()
    with (
        TemporaryDirectory() as home,
        plugins_beside(case),
        contextlib.chdir(folder),
        contextlib.redirect_stderr(errors),
        patch.dict(os.environ, {"KDORCH_DATA": "/home/me/data"}),
        patch.object(sys, "argv", ["kdorch", "--home", home, "study", "check", name, *settings(case)]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return ended.value.code, errors.getvalue().replace(str(folder), "…").replace(os.sep, "/")


def settings(case: str) -> list[str]:
    first = text(case).partition("\n")[0]
    return shlex.split(first.removeprefix(COMMAND))[1:] if first.startswith(COMMAND) else []


def text(case: str) -> str:
    file = WRONG / case
    return NOT_FILES.get(case) or file.read_text(encoding="utf-8", errors="backslashreplace")


def shown(case: str) -> str:
    """Return a study as the page shows it: what is not in the sound one."""
    lines, sound = text(case).splitlines(), SOUND.splitlines()
    changes = [line for line in difflib.ndiff(sound, lines) if line[0] in "+-"]
    whole = len(set(lines) & set(sound)) < len(sound) / 2
    kept = lines if whole else changes
    body = "\n".join(line if len(line) <= WIDTH else f"{line[:WIDTH]}…" for line in kept)
    return f"```{'yaml' if whole else 'diff'}\n{body}\n```" if body else "```yaml\n```"


def entry(case: str) -> str:
    return f"### {case}\n\n{shown(case)}\n\n```text\n{said(case)[1]}```\n"


def page() -> str:
    parts = [INTRODUCTION.format(count=len(CASES), sound=SOUND)]
    for at, case in enumerate(CASES):
        group = case.partition("/")[0]
        if not at or not CASES[at - 1].startswith(f"{group}/"):
            parts.append(f"## {group}\n")
        parts.append(entry(case))
    return "\n".join(parts)


MARKED = [pytest.param(case, marks=pytest.mark.slow if case in READ else ()) for case in CASES]


@pytest.mark.parametrize("case", MARKED)
def test_what_is_said_of_a_wrong_study(case: str) -> None:
    """It is what the page shows; every message has a place, and no jargon."""
    assert entry(case) in PAGE.read_text(encoding="utf-8")
    code, told = said(case)
    first, *problems = told.splitlines()
    assert code == 2
    assert re.fullmatch(r"error: .+ has \d+ problems?:", first)
    for problem in problems:
        assert re.match(r"  \S.*: .+[.?]$", problem)
        assert not re.search(r"Traceback|pydantic|ruamel|Input should|Value error|<\w+>|\bNone\b", problem)
        assert len(problem) < 500
    lines = [int(found) for found in re.findall(r"^  \S+ \(line (\d+)\)", told, flags=re.MULTILINE)]
    assert lines == sorted(lines)


def test_the_page_shows_nothing_else() -> None:
    assert re.findall(r"^### (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE) == CASES


def test_the_sound_study_is_sound() -> None:
    assert Study.load(WRONG / "sound.yaml").name == "sound"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
