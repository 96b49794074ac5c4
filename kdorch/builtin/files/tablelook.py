"""A first look at a table: the role of each column, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import kdorch
from kdorch.builtin.files.division import SPLITS
from kdorch.builtin.files.images import IMAGES
from kdorch.builtin.files.looking import Look, one_of, pixels
from kdorch.builtin.files.reading import chunks, header
from kdorch.builtin.files.survey import LABEL_WORDS, MANY, Survey, survey

_TARGETS = ("target", "label", "class", "y")
_CLASSES = 20  # different whole numbers that are taken for classes, not for amounts


def table(path: Path, targets: Sequence[str]) -> Look:
    """Look at a table.

    Raises:
        DataError: If it cannot be learnt from.
    """
    names = header(path)
    one_of(targets, names, f"{path} has no column")
    surveys = survey(path, names)
    rows = surveys[names[0]].rows
    if not rows:
        raise kdorch.DataError(f"{path} has no rows, only the names of its columns.")
    chosen, reason = (list(targets), "") if targets else _guess(names)
    task = _task([surveys[name] for name in chosen])
    roles = {name: _role(each) for name, each in surveys.items() if name not in chosen}
    target = chosen[0] if len(chosen) == 1 else chosen
    fields, why = _fields(roles)
    fields, why = {"task": task, "target": target} | fields, {"target": reason} | why
    counts = surveys[chosen[0]].counts if task == "classification" else Counter()
    if "image" in fields:
        cells = (
            cell for chunk in chunks(path, [fields["image"]]) for cell in chunk[fields["image"]].dropna()
        )
        more, reasons = pixels([path.parent / str(cell) for cell in cells])
        fields, why = fields | more, why | reasons
        fields.pop("ignore", None), fields.pop("categories", None)
    shown = [_shown(each, "target" if name in chosen else roles[name][0]) for name, each in surveys.items()]
    duplicates = _duplicates(path, [name for name in names if name != fields.get("id")])
    return Look(rows, shown, fields, why, counts, duplicates, images="image" in fields)


def _guess(names: list[str]) -> tuple[list[str], str]:
    named = [name for word in _TARGETS for name in names if name.lower() == word]
    if named:
        return named[:1], "taken for its name; --target chooses another"
    return names[-1:], "the last column; --target chooses another"


def _task(targets: Sequence[Survey]) -> str:
    if len(targets) > 1:
        words = {word.lower() for each in targets for word in each.counts}
        return "multilabel" if words <= {*LABEL_WORDS[0], *LABEL_WORDS[1]} else "regression"
    target = targets[0]
    amounts = target.fractions or len(target.counts) > _CLASSES
    return "regression" if target.text is None and amounts else "classification"


def _role(survey: Survey) -> tuple[str, str]:
    """Return how a column is used, a field of the dataset or nothing, and why."""
    words = {word.lower() for word in survey.counts}
    if survey.missing == survey.rows:
        return "ignore", "empty"
    if words <= SPLITS.keys() and survey.text:
        complete = not survey.missing and {SPLITS[word] for word in words} == set(SPLITS.values())
        return ("split", "") if complete else ("ignore", "a split, but not in train, validation and test")
    if survey.name.lower() == "id" and not survey.missing and _different(survey):
        return "id", ""
    return _words(survey) if survey.text else ("", "")


def _words(survey: Survey) -> tuple[str, str]:
    if survey.text and not survey.numbers and Path(survey.text[1]).suffix.lower() in IMAGES:
        return "image", ""
    if survey.dates:
        return "ignore", "dates; with time: COLUMN the newest rows become the test"
    if survey.crowded:
        return "ignore", "nearly every text is different"
    return ("categories", "numbers and words") if survey.numbers else ("", "")


def _different(survey: Survey) -> bool:
    return len(survey.counts) > MANY or len(survey.counts) == survey.rows


def _fields(roles: Mapping[str, tuple[str, str]]) -> tuple[dict[str, Any], dict[str, str]]:
    fields: dict[str, Any] = {}
    why: dict[str, list[str]] = {}
    for name, (role, reason) in roles.items():
        if role in {"ignore", "categories"}:
            fields.setdefault(role, []).append(name)
            why.setdefault(role, []).append(reason)
        elif role:
            fields.setdefault(role, name)
    return fields, {role: "; ".join(dict.fromkeys(reasons)) for role, reasons in why.items()}


def _shown(survey: Survey, role: str) -> dict[str, str]:
    kind = "number" if survey.text is None else "text" if survey.crowded else "category"
    kind = "date" if survey.dates else kind
    return {
        "column": survey.name,
        "type": "empty" if survey.missing == survey.rows else kind,
        "different": survey.different,
        "missing": f"{survey.missing:,}",
        "used as": role or "feature",
    }


def _duplicates(path: Path, names: list[str]) -> int:
    import numpy as np
    import pandas as pd

    if not names:
        return 0
    hashes = [pd.util.hash_pandas_object(chunk, index=False).to_numpy() for chunk in chunks(path, names)]
    every = np.concatenate(hashes)
    return len(every) - len(np.unique(every))
