"""Whatever stands in a study file, it is read or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fuzzing import PAYLOAD, files, refusal, room, share
from hypothesis import example, given
from hypothesis import strategies as st
from junk import changed, damaged, spoilt, yaml

from kdorch import StudyError
from kdorch.study import Study

SURFACE = "study files"
TEXT = """\
name: full
data: {use: digits}
teacher: {use: trained, network: {use: mlp, width: 64}, epochs: 3}
references: {small: {use: trained, network: {use: mlp, width: 8}}}
student: {any: [{use: mlp, depth: 2}, {use: module, target: "net:Net", args: {width: 8}}]}
losses:
  task: {use: task, weight: {from: 1, to: 0.1, epochs: 3}, class_weights: balanced}
  kd: {any: {soft: &soft {use: hinton, weight: 0.9}, hard: {<<: *soft, temperature: 1}}}
train: {epochs: 5, lr: 1e-3}
split: {validation: 0.2, test: 0.2}
tune:
  student.mlp.width: {low: 4, high: 64, log: true}
  student.module.args.width: [8, 16]
  losses.kd.soft.temperature: auto
objectives: {val/accuracy: max, size/params: min}
limits: {size/params: 10000}
metrics: [auroc]
measures: []
store: {disk: 1GB}
search: {trials: 10, sampler: tpe}
confirm: {top: 1, seeds: 2, baseline: none}
"""
TREE: dict[str, Any] = {
    "name": "full",
    "data": {"use": "digits"},
    "teacher": {"use": "trained", "network": {"use": "mlp", "width": 64}, "epochs": 3},
    "references": {"small": {"use": "trained", "network": {"use": "mlp", "width": 8}}},
    "student": {
        "any": [{"use": "mlp", "depth": 2}, {"use": "module", "target": "net:Net", "args": {"width": 8}}]
    },
    "losses": {
        "task": {"use": "task", "weight": {"from": 1, "to": 0.1, "epochs": 3}, "class_weights": "balanced"},
        "kd": {
            "any": {"soft": {"use": "hinton", "weight": 0.9}, "hard": {"use": "hinton", "temperature": 1}}
        },
    },
    "train": {"epochs": 5, "lr": 1e-3},
    "split": {"validation": 0.2, "test": 0.2},
    "transfer": {"labels": 50},
    "augment": {"views": 4, "shift": 1},
    "plugins": [],
    "tune": {
        "student.mlp.width": {"low": 4, "high": 64, "log": True},
        "student.module.args.width": [8, 16],
        "losses.kd.soft.temperature": "auto",
    },
    "objectives": {"val/accuracy": "max", "size/params": "min"},
    "limits": {"size/params": 10000},
    "metrics": ["auroc"],
    "measures": [],
    "store": {"disk": "1GB", "top": None},
    "search": {"trials": 10, "sampler": "tpe", "pruner": "none"},
    "confirm": {"top": 1, "seeds": 2, "baseline": "none"},
}
PIECES = (
    *":,[]{}&*!|>'\"%@`#-?~\t\n\\\r\x00\x07\ufeff\u202e\u2028é",
    "  ", ": ", "- ", "<<: ", "---\n", "...\n", "!!int ", "!!set ", "!!binary ", "*soft", "&soft ", "1e999", ".nan",
    "? ", "%YAML 1.1\n", "%TAG ! tag:x,2000:\n", "name: again\n", "0o17", "2026-01-31", "=", "\U0001f600",
)  # fmt: skip
TAGS = st.sampled_from(
    [
        f'!!python/object/apply:os.system ["touch ../{PAYLOAD}"]',
        f'!!python/object/new:os.system ["touch ../{PAYLOAD}"]',
        f"!!python/object/apply:builtins.open ['../{PAYLOAD}', 'w']",
        "!!python/name:os.system", "!!python/module:os", "!!python/tuple [1, 2]", "!unknown {a: 1}", "!!set {a, b}",
        "!!omap [a: 1, b: 2]", "!!pairs [a: 1, a: 2]", "!!binary aGVsbG8=", "!!binary '?'", "!!timestamp 2026-13-99",
        "!!int a", "!!float .", "!!bool 3", "!!null x", "!!str [1]", "!!map [1]", "!!seq {a: 1}", "!!merge <<",
        "2026-01-31T25:61:00", "&a [*a]", "&a {b: *a}", "{<<: {use: mlp}}", "{<<: [{a: 1}, {b: 2}]}", "? [1, 2] : 3",
        "{[1, 2]: 3}", "{{a: 1}: 2}", "{1: 1, 1.0: 2, true: 3}", "{~: 1}", "|2\n  a\n b", ">-\n  a", "'\\x'", '"\\x"',
        '"\\ud800"', "0b2", "0x", "1__0", "1:30:00", "+.inf", "-.INF", "." * 40, "9" * 5000, "0x" + "f" * 5000, "0x" + "f" * 300, '"\\ud83d\\ude00"', "1e" + "9" * 400,
    ]
)  # fmt: skip
KEYS = st.sampled_from([*TREE, "seed", "train.lr", "<<", "? x"])


def bomb(depth: int, width: int, form: str) -> str:
    """Return a few lines that stand for width ** depth values."""
    open_, close = {"list": "[]", "mapping": "{}"}[form]
    lines = [f"l0: &l0 {open_}{'k: v' if form == 'mapping' else 'v'}{close}"]
    for level in range(1, depth + 1):
        inner = [f"{f'k{at}: ' * (form == 'mapping')}*l{level - 1}" for at in range(width)]
        lines.append(f"l{level}: &l{level} {open_}{', '.join(inner)}{close}")
    return "\n".join([*lines, f"metrics: *l{depth}", ""])


def load(content: str | bytes) -> StudyError | None:
    """Read a study with this content; where it is refused, so does a run, and nothing comes of it."""
    with room() as folder:
        (folder / "net.py").write_text("class Net: ...")
        file = folder / "study.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        error = refusal(SURFACE, lambda: Study.load(file))
        assert error is None or isinstance(error, StudyError), repr(error)
        if error:
            told(error, file)
        assert {file.partition("/")[0] for file in files(folder)} <= {"net.py", "study.yaml"}
    return error


def told(error: StudyError, file: Path) -> None:
    """Make sure that each problem has a place, and is a sentence in one line."""
    assert error.source == str(file)
    for problem in error.problems:
        assert problem.where
        assert problem.what[-1] in ".?", problem
        assert len(str(problem).splitlines()) == 1, problem


def test_the_study_itself_is_sound() -> None:
    assert load(TEXT) is None
    assert load(yaml(TREE)) is None


@share(1.5)
@given(spoilt(TEXT, PIECES))
def test_a_study_with_typing_mistakes(text: str) -> None:
    load(text)


@pytest.mark.slow
@share(3)
@given(changed(TREE))
def test_a_study_that_says_something_else(tree: dict[str, Any]) -> None:
    load(yaml(tree))


@pytest.mark.slow
@share(1)
@given(KEYS, TAGS, st.sampled_from(["before", "after"]))
@example("metrics", "!!bool 3", "after")
@example("seed", "0x" + "f" * 5000, "after")
@example("metrics", '"\\ud800"', "after")
@example("data", '{use: digits, "\\ud83d\\ude00": 1}', "before")
@example("metrics", '"\\e[2J"', "after")
def test_yaml_that_no_study_needs(key: str, value: str, where: str) -> None:
    line = f"{key}: {value}\n"
    load(line + TEXT if where == "before" else TEXT + line)


@share(0.5)
@given(
    st.sampled_from(["utf-8-sig", "utf-16", "utf-32-be", "latin-1", "cp1252"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_other_encodings_and_ends_of_lines(encoding: str, end: str) -> None:
    load(("# é\n" + TEXT).replace("\n", end).encode(encoding))


@share(0.5)
@given(damaged(TEXT.encode()))
def test_a_file_that_was_damaged(content: bytes) -> None:
    load(content)


@share(0.1)
@example(9, 9, "mapping")
@given(st.integers(2, 12), st.integers(2, 12), st.sampled_from(["list", "mapping"]))
def test_a_few_lines_that_stand_for_too_much(depth: int, width: int, form: str) -> None:
    load(TEXT + bomb(depth, width, form))
