"""Data as a study names them: prepared, and looked at by ``kdorch study new``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fuzzing import command, files, refusal
from hypothesis import strategies as st
from junk import LETTERS

from kdorch.builtin.files.dataset import Files
from kdorch.study import Split, Study
from kdorch.teaching.data import prepare
from kdorch.teaching.store import Store

SURFACE = "data files"
NAMES = st.sampled_from(
    ["size", "word", "label", "when", "id", "y", "", " label", "größe", "a,b", "a\nb", "\x00", "1"]
)
CELLS = st.one_of(
    st.sampled_from(
        ["1", "2.5", "-3", "1e999", "nan", "inf", "-inf", "0x10", "1_000", "9" * 400, "1e-400", "True"]
    )
    | st.sampled_from(
        ["a", "b", "c", "yes", "no", "", " ", "NA", "null", "2026-01-31", "9999-99-99", "1677-01-01"]
    )
    | st.sampled_from(
        ["train", "validation", "test", "../beside/diary.txt", "a.png", "x" * 5000, '"', '"a', "a,b"]
    )
    | st.sampled_from(["'", "\x00", "\x1b[2J", "\ufeff", "=1+1", "é", "\u202e"]),
    st.text(LETTERS, max_size=6),
    st.floats().map(repr),
)
TASKS = st.sampled_from(["classification", "multilabel", "regression"])


@st.composite
def fields(draw: Any, names: list[str]) -> dict[str, Any]:
    """Return what a study says of a file with these columns or arrays."""
    name = st.sampled_from([*names, "label"]) if draw(st.integers(0, 9)) else NAMES
    found: dict[str, Any] = {"task": draw(TASKS)}
    if draw(st.integers(0, 9)):
        found["target"] = draw(st.just("label") | name | st.lists(name, min_size=1, max_size=3).map(tuple))
    for field in draw(st.lists(st.sampled_from(["features", "ignore", "categories"]), max_size=2)):
        found[field] = tuple(draw(st.lists(name, max_size=3)))
    for field in draw(st.lists(st.sampled_from(["split", "group", "time", "id", "image"]), max_size=1)):
        found[field] = draw(name)
    if not draw(st.integers(0, 4)):
        found["missing"] = "refuse"
    if "image" in found:
        found["size"] = draw(st.none() | st.just((4, 4)))
    return found


def use(path: Path, said: dict[str, Any]) -> None:
    """Prepare a dataset; it is kept whole, or refused and nothing of it kept."""
    store = path.absolute().parent / "store"
    error = refusal(SURFACE, lambda: prepare(Store(store), Files(path=path, **said), "fuzz", Split()))
    kept = [Path(file) for file in files(store) if file.endswith("test/inputs.npy")]
    assert bool(error) == (not kept), files(store)
    assert not [file for file in files(store) if "partial" in file or "tmp" in file], files(store)


def new(path: Path, *words: str) -> None:
    """Write a study of a file; what is written can be read, and nothing is written of what is refused."""
    before = files(Path())
    said = command(SURFACE, "--quiet", "study", "new", str(path), "--output", "made.yaml", *words)
    made = sorted(set(files(Path())) - set(before))
    assert made == ([] if said.code else ["made.yaml"]), (said, made)
    if not said.code:
        Study.load("made.yaml")
