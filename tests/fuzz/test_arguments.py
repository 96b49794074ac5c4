"""Whatever is typed after ``kdorch``, it is done or refused, and of what is refused nothing is done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fuzzing import LONGEST, TRIED, command, files, room, share
from hypothesis import example, given
from hypothesis import strategies as st
from test_assignments import ASSIGNMENTS

pytestmark = pytest.mark.slow
SURFACE = "arguments"
ODD = st.sampled_from(
    ["", " ", ".", "..", "/", "-", "--", "-x", "--json=yes", "~", "nowhere", "../beside", "../beside/diary.txt", "é", "\udcff",
     "\x1b[2J", "a\nb", "x" * 400, "study", "tiny", "loss/hinton", "loss/", "/", "hinton/x", "digits", "CON", "*", "$(id)",
     "9" * 400, "nan", "-1", "0", "1e9", "0x10", "1%", "200%", "size/params=5", "a=b=c", "=", "plugins", "%s", "{0}", "room"]
)  # fmt: skip
TYPED = ODD | st.text(st.characters(exclude_characters="\x00", exclude_categories=()), max_size=8)
FILES = st.sampled_from(["wrong.yaml", "data.csv", "nowhere.yaml", ".", "data.npz", "images"]) | ODD
NUMBERS = st.sampled_from(["1", "0", "-1", "1.5", "nan", "inf", "9" * 30, "auto", "", "٣", "1_000"]) | ODD


def option(name: str, value: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[list[str]]:
    """Return an option with its value, which may be missing or behind an equals sign."""
    if value is None:
        return st.sampled_from([[name], [name, name], [f"{name}=1"]])
    given = value.flatmap(lambda word: st.sampled_from([[name, word], [name, word], [f"{name}={word}"]]))
    return given | st.just([name])


def words(
    *command: str, takes: list[st.SearchStrategy[str]], options: list[st.SearchStrategy[list[str]]]
) -> Any:
    """Return what may be typed after the name of a command."""
    arguments = st.tuples(*takes) | st.lists(TYPED | FILES, max_size=3)
    chosen = st.lists(st.one_of(option("--json"), *options), max_size=3)
    return st.builds(
        lambda rest, more: [*command, *rest, *(word for each in more for word in each)], arguments, chosen
    )


SET = option("--set", ASSIGNMENTS.filter(lambda word: "\x00" not in word))
RUN = [SET, option("--trials", NUMBERS), option("--timeout", NUMBERS), option("--workers", NUMBERS)]
COMMANDS = st.one_of(
    words("study", "run", takes=[FILES], options=[*RUN, option("--device", TYPED), option("--profile")]),
    words("study", "check", takes=[FILES], options=[SET]),
    words(
        "study",
        "new",
        takes=[FILES],
        options=[option(f"--{name}", TYPED) for name in ("target", "name", "output")],
    ),
    words("study", "show", takes=[TYPED], options=[]),
    words("study", "list", takes=[], options=[]),
    words("study", "delete", takes=[TYPED], options=[option("--yes")]),
    words("study", "schema", takes=[], options=[]),
    words(
        "promote",
        takes=[TYPED],
        options=[
            *(
                option(f"--{name}", TYPED)
                for name in ("model", "alias", "within", "max", "force", "rollback")
            ),
            option("--trial", NUMBERS),
            option("--unconfirmed"),
        ],
    ),
    words("ui", takes=[TYPED], options=[option("--port", NUMBERS)]),
    words("plugins", "list", takes=[], options=[option("--kind", TYPED)]),
    words(
        "plugins",
        "show",
        takes=[TYPED | st.sampled_from(["hinton", "student/cnn", "task/tokens"])],
        options=[],
    ),
    words("plugins", "check", takes=[ODD], options=[SET]),
    words(
        "plugins",
        "new",
        takes=[TYPED],
        options=[option("--kind", st.just("loss") | ODD), option("--name", TYPED)],
    ),
    words("data", "fetch", takes=[ODD], options=[]),
    words("data", "list", takes=[], options=[]),
    words("completion", takes=[TYPED | st.sampled_from(["bash", "fish"])], options=[]),
    st.lists(TYPED | st.sampled_from(["study", "run", "--help", "--version", "--quiet"]), max_size=4),
)
BEFORE = st.lists(option("--home", ODD) | st.sampled_from([["--quiet"], ["-h"], ["--nothing"]]), max_size=2)


def furnish(folder: Path) -> None:
    """Put a study that is wrong into a directory, and data that are not."""
    (folder / "wrong.yaml").write_text("name: wrong\ndata: {use: digits}\nteacher: 3\n")
    (folder / "data.csv").write_text(
        "size,label\n" + "".join(f"{row},{'xyz'[row % 3]}\n" for row in range(12))
    )
    (folder / "data.npz").write_bytes(b"PK")
    (folder / "images").mkdir()


@share(4)
@given(BEFORE, COMMANDS)
@example([["--home", "9" * 400]], ["study", "list"])
@example([], ["study", "check", ".", "--json"])
@example([], ["study", "new", "data.csv", "--name", "\udcff"])
def test_words(before: list[list[str]], typed: list[str]) -> None:
    with room() as folder:
        furnish(folder)
        there = files(folder)
        said = command(SURFACE, *(word for each in before for word in each), *typed)
        if said.code:
            assert files(folder) == there, said


PROCESSES = [
    ["study", "run", "\udcff.yaml"], ["study", "check", "wrong.yaml", "--set", "name=\udcff"], ["\udcff"],
    ["study", "new", "data.csv", "--output", "\udcff.yaml"], ["--home", "\udcff", "study", "list"],
    ["study", "show", "\x1b]0;title\x07"], ["plugins", "new", "\udcff", "--kind", "loss", "--name", "\udcff"],
]  # fmt: skip


@pytest.mark.parametrize("typed", PROCESSES, ids=ascii)
def test_words_in_a_process_of_its_own(typed: list[str], tmp_path: Path, clean: dict[str, str]) -> None:
    """Where text that is no UTF-8 comes and goes as the system has it."""
    TRIED[SURFACE] += 1
    furnish(tmp_path)
    main = [sys.executable, "-c", "from kdorch.cli import main; main()"]
    ended = subprocess.run(
        [*main, *typed], cwd=tmp_path, env=clean, capture_output=True, timeout=60, check=False
    )
    told = (ended.stdout + ended.stderr).decode("utf-8", "backslashreplace")
    assert ended.returncode in {0, 2}, told
    assert "Traceback" not in told
    assert "\x1b" not in told
    assert len(told) < LONGEST
