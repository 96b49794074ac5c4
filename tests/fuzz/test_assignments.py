"""Whatever is assigned with ``--set``, it is carried out or refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fuzzing import refusal, share
from hypothesis import example, given
from hypothesis import strategies as st
from junk import TEXTS, VALUES, WORDS, spoilt, yaml
from test_study_files import PIECES, TAGS, TREE, told

from kdorch import StudyError
from kdorch.study import Study

pytestmark = pytest.mark.slow
SURFACE = "--set"


def paths(node: object, above: str = "") -> Iterator[str]:
    """Yield the dotted path of everything in a study."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield f"{above}{key}"
        yield from paths(value, f"{above}{key}.")


KNOWN = [
    *paths(TREE),
    "student.mlp.width",
    "student.module.args.new",
    "losses.kd.soft.weight.to",
    "tune.train.lr",
]
PATHS = st.one_of(
    st.sampled_from(KNOWN),
    st.lists(st.sampled_from(KNOWN) | WORDS | TEXTS, min_size=1, max_size=3).map(".".join),
    st.sampled_from(KNOWN).flatmap(lambda path: spoilt(path, (".", "..", "=", "0", "any", " "))),
)
VALUE = VALUES.map(yaml) | TAGS | TEXTS | WORDS
ASSIGNMENTS = st.one_of(
    st.builds("{}={}".format, PATHS, VALUE), PATHS, TEXTS, spoilt("train.epochs=5", PIECES)
)


@pytest.fixture(scope="module")
def file() -> Iterator[Path]:
    """A study, small to be read fast."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "net.py").write_text("class Net: ...")
        made = Path(folder) / "study.yaml"
        made.write_text(yaml(TREE))
        yield made


@share(3)
@given(assignments=st.lists(ASSIGNMENTS, min_size=1, max_size=3))
@example(assignments=["train.epochs=0x" + "f" * 5000])
@example(assignments=["name=!!bool 3"])
def test_assignments(assignments: list[str], file: Path) -> None:
    error = refusal(SURFACE, lambda: Study.load(file, assignments))
    assert error is None or isinstance(error, StudyError), repr(error)
    if error:
        told(error, Path(error.source) if error.source == "--set" else file)
