"""The study that somebody begins with, in the words of a study file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from kdorch.builtin.files.looking import Look

_SKEWED = 3  # how many times the rarest class the most frequent one may be
_SMALL = 500  # rows
_SEARCHED_TWICE = 20_000  # rows, up to which there is time for a search without the teacher


def draft(look: Look, path: str, name: str, file: str) -> str:
    """Return the text of a study.

    Args:
        look: What was seen of the data.
        path: Where the data lie, from the study's folder.
        name: Of the study.
        file: Of the study, for its own header.
    """
    task = look.fields["task"]
    network = "cnn" if look.images else "mlp"
    large = "{use: cnn, width: 32}" if look.images else "{use: mlp, width: 128, depth: 2}"
    skewed = bool(look.counts) and max(look.counts.values()) > _SKEWED * min(look.counts.values())
    weights = ", class_weights: balanced" if skewed else ""
    batch = 16 if look.rows < _SMALL else 64
    return f"""\
# The smallest network that predicts what the teacher does, from {path}.
# Every line may be changed. Whether it still makes sense: kdorch study check {file}
# Search, then test the best:                              kdorch study run {file}
name: {_yaml(name)}
data:
  use: files
{_data(look, path)}
{_split(look)}
# The teacher is a large network that is trained on your labels first. The student learns to answer like it.
teacher: {{use: trained, network: {large}, epochs: 30}}
student: {{use: {network}}}
losses:                                 # what the student minimises: a weighted sum
  task: {{use: task, weight: 0.2{weights}}}  # the labels{_balanced(skewed)}
  kd: {_distillation(task)}
train: {{epochs: 30, batch: {batch}, lr: 3e-3}}
tune:                                   # what is searched; auto is the range that comes with the part
  student.width: auto
{_tuned(task)}
  train.lr: {{low: 1e-3, high: 3e-2, log: true}}
objectives: {{{_objective(task, skewed)}: max, size/params: min}}   # the first also chooses the best epoch
search: {{trials: 30}}                    # students to try
{_confirm(look)}
"""


def _confirm(look: Look) -> str:
    """Return how the best are tested: where two searches take minutes, one of them has no teacher."""
    if look.rows <= _SEARCHED_TWICE:
        why = "the best, tested beside the best of a search without the teacher"
        return f"confirm: {{top: 3, seeds: 5, baseline: tuned}}   # {why}"
    why = "the best, trained again with and without the teacher, and tested"
    return f"confirm: {{top: 3, seeds: 5}}             # {why}"


def study_name(path: Path) -> str:
    """Return a name for a study of these data, of the letters that a study's name may have."""
    word = re.sub(r"[^A-Za-z0-9_.-]+", "-", path.resolve().stem).strip("-._")
    return word[:100] or "study"


def _data(look: Look, path: str) -> str:
    # As values from anywhere: JSON is YAML, whatever stands in a column's name.
    lines = [f"  path: {_yaml(path)}"]
    for field, value in look.fields.items():
        why = look.why.get(field)
        lines.append(f"  {field}: {_yaml(value)}" + (f"   # {why}" if why else ""))
    return "\n".join([*lines, *_offers(look)])


def _offers(look: Look) -> list[str]:
    """Return what only the owner of a table knows, to be filled in."""
    if "column" not in look.table[0] or look.images:
        return []
    codes = "  # categories: [COLUMN]   codes that look like numbers, such as postcodes"
    group = "  # group: COLUMN          its rows stay in one split, as those of one customer must"
    return ([] if "categories" in look.fields else [codes]) + ([] if "split" in look.fields else [group])


def _split(look: Look) -> str:
    if "split" in look.fields:
        return (
            f"# Rows are divided as the column {look.fields['split']} says; the test is locked until the end."
        )
    return "split: {validation: 0.2, test: 0.2}     # shares of the rows; the test is locked until the end"


def _yaml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_yaml, value))}]"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z_][\w./-]*", value, flags=re.ASCII):
        return (
            value
            if value.lower() not in {"true", "false", "null", "yes", "no", "on", "off"}
            else f'"{value}"'
        )
    return json.dumps(value, ensure_ascii=False)


def _balanced(skewed: bool) -> str:
    return "; rare classes count as much as frequent ones" if skewed else ""


def _distillation(task: str) -> str:
    if task == "classification":
        return "{use: hinton, weight: 0.8}          # the teacher's soft answers"
    return "{use: logit_mse, weight: 0.8}       # the teacher's answers"


def _tuned(task: str) -> str:
    if task == "classification":
        return "  losses.kd.temperature: auto"
    return "  losses.kd.weight: {low: 0.1, high: 1.0}"


def _objective(task: str, skewed: bool) -> str:
    plain = {"classification": "val/accuracy", "multilabel": "val/f1", "regression": "val/r2"}[task]
    return "val/f1" if skewed else plain
