"""Whatever happens to the text of a study, or to what it says, only a StudyError comes of it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from kdorch import StudyError
from kdorch.study import Study

SEEDS = [*range(5), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(5, 17))]
EACH = 15
FULL = """\
name: full
data: {use: digits}
teacher: {use: trained, network: {use: mlp, width: 64}, epochs: 3}
student: {any: [{use: mlp, depth: 2}, {use: module, target: "net:Net", args: {width: 8}}]}
losses:
  task: {use: task, weight: 0.1, class_weights: balanced}
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
PIECES = [*":,[]{}&*!|>'\"%@`#-?~\t\n\\", "  ", ": ", "- ", "<<: ", "---\n", "\x00", "\ufeff", "é", "\u202e", "!!int ", "!!set ", "*soft", "&soft ", "1e999", "nan"]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 10**30, 0.5, float("nan"), float("inf"), "", "auto", "use", "any", "é", "x" * 999,
    [], [None], [[]], [1, "a"], {}, {"use": "mlp"}, {"use": None}, {"use": {}}, {"any": None}, {"any": [1, {}]},
    {"any": {"a": {}}}, {"low": None, "high": []}, {"low": 1, "high": 2}, {"": {"": ""}}, {"a.b": 1},
]  # fmt: skip
KEYS = ["", ".", "use", "any", "a.b", "train", "0", "student.any", "é", "<choice>", "[key]", "__class__"]


def texts(chance: random.Random) -> Iterator[str]:
    """Yield the study with characters cut out, put in, doubled, or lines moved."""
    for _ in range(EACH):
        text = FULL
        for _ in range(chance.randint(1, 4)):
            at, end = sorted(chance.sample(range(len(text)), 2))
            end = min(end, at + chance.randint(1, 12))
            text = text[:at] + chance.choice(["", chance.choice(PIECES), text[at:end] * 2]) + text[end:]
        yield text


def trees(chance: random.Random, load: Callable[[str], Any]) -> Iterator[str]:
    """Yield the study with values replaced, keys renamed, added and taken away."""
    for _ in range(EACH):
        tree = load(FULL)
        for _ in range(chance.randint(1, 3)):
            holder, key = chance.choice(list(places(tree)))
            match chance.randint(0, 3) if isinstance(holder, dict) else 0:
                case 0:
                    holder[key] = deepcopy(chance.choice(VALUES))
                case 1:
                    del holder[key]
                case 2:
                    holder[chance.choice(KEYS)] = holder.pop(key)
                case _:
                    holder[chance.choice(KEYS)] = deepcopy(chance.choice(VALUES))
        yield json.dumps(tree).replace("NaN", ".nan").replace("Infinity", ".inf")


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    for key in node if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from places(node[key])


def refusals(file: Path, changed: Iterator[str]) -> Iterator[StudyError]:
    for text in changed:
        file.write_text(text, encoding="utf-8", errors="surrogatepass")
        try:
            Study.load(file)
        except StudyError as error:
            yield error
        except Exception as error:
            raise AssertionError(f"{error!r} of:\n{text}") from error


def check(found: list[StudyError], file: Path) -> None:
    for error in found:
        assert error.source == str(file)
        for problem in error.problems:
            assert problem.where
            assert problem.what[-1] in ".?", problem
            assert "\n" not in str(problem)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_study_with_typing_mistakes(seed: int, write: Callable[[str], Path]) -> None:
    file = write(FULL)
    found = list(refusals(file, texts(random.Random(seed))))
    check(found, file)
    assert len(found) > EACH / 3


@pytest.mark.parametrize("seed", SEEDS)
def test_a_study_that_says_something_else(seed: int, write: Callable[[str], Path]) -> None:
    from kdorch.study.file import read

    file = write(FULL)
    found = list(refusals(file, trees(random.Random(seed), lambda text: read(write(text)).tree)))
    check(found, file)
    assert len(found) > EACH / 3


def test_the_study_itself_is_sound(load: Callable[..., Study]) -> None:
    assert load(FULL).name == "full"
