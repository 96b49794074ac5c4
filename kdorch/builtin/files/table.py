"""Tables: read twice, once to see what the columns are, once to turn them into numbers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import kdorch
from kdorch.builtin.files.division import DIVISION, divided
from kdorch.builtin.files.reading import chunks, header, texts
from kdorch.builtin.files.schema import Column, columns, refuse_missing
from kdorch.builtin.files.scratch import scratch
from kdorch.builtin.files.survey import LABEL_WORDS, MANY, Survey, survey
from kdorch.builtin.files.targets import assembled

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from kdorch.builtin.files.dataset import Files

_YES = {word: float(position) for position, words in enumerate(LABEL_WORDS) for word in words}


def load(files: Files) -> kdorch.Columns:
    """Return the rows of a table, or those of the images that it lists."""
    path, targets = files.path, files.targets_named
    names = features(files, header(path))
    surveys = survey(path, [*names, *targets])
    rows = surveys[targets[0]].rows
    if not rows:
        raise kdorch.DataError(f"{path} has no rows, only the names of its columns.")
    if files.missing == "refuse":
        refuse_missing(path, {name: surveys[name] for name in names})
    seen = columns(path, (surveys[name] for name in names), files.categories)
    wanted = [target(files.task, path, surveys[name]) for name in targets]
    inputs: np.ndarray | None = None if files.image else scratch((rows, len(seen)), "float64")
    others = {field: name for field in DIVISION if (name := getattr(files, field))}
    values, kept = fill(path, seen, wanted, inputs, [*others.values(), *filter(None, [files.image])])
    labels = wanted[0].categories if files.task == "classification" else targets
    where = f"{path}, column {', '.join(map(repr, targets))}"
    notes: list[str] = []
    usage = ""
    if inputs is None:
        from kdorch.builtin.files.images import listed
        from kdorch.builtin.files.pictures import image_usage

        inputs, notes = listed(path, kept[str(files.image)], files.size, files.channels)
        usage = image_usage(inputs.shape[1:])
    division = divided({field: kept[name] for field, name in others.items()}, str(path))
    legend = tuple(column.legend for column in seen)
    found = assembled(inputs, files.task, labels, values, division, where, legend)
    return replace(found, notes=notes, usage=usage)


def features(files: Files, names: list[str]) -> list[str]:
    """Return the names of the columns to learn from, in their order."""
    if files.image:
        return []
    if files.features:
        return [name for name in files.features if name not in files.ignore]
    used = {*files.targets_named, *files.ignore, *(getattr(files, field) for field in DIVISION)}
    return [name for name in names if name not in used]


def target(task: str, path: Path, survey: Survey) -> Column:
    """Return a column to predict.

    Raises:
        DataError: If it does not suit the task.
    """
    where = f"{path}, column {survey.name!r}"
    if survey.missing == survey.rows:
        raise kdorch.DataError(f"{where}: no row has a label.")
    if task == "classification":
        if len(survey.counts) > MANY or (survey.fractions and survey.text is None):
            what = "numbers" if survey.text is None else "texts"
            advice = " To predict a number, write task: regression." if survey.text is None else ""
            raise kdorch.DataError(f"{where}: {survey.different} different {what} are no classes.{advice}")
        return Column(survey.name, survey.labels())
    if task == "multilabel":
        strange = next((word for word in survey.counts if word.lower() not in _YES), None)
        if strange is not None:
            raise kdorch.DataError(f"{where}: a label is there (1) or not (0), not {strange!r}.")
    elif survey.text:
        row, word = survey.text
        raise kdorch.DataError(f"{where}: {word!r} in row {row} is no number; the task is a regression.")
    return Column(survey.name)


def fill(
    path: Path, seen: list[Column], wanted: list[Column], inputs: np.ndarray | None, kept: list[str]
) -> tuple[np.ndarray, dict[str, pd.Series]]:
    """Encode a table chunk by chunk; return the values to predict, and the cells of columns to keep."""
    import numpy as np
    import pandas as pd

    names = dict.fromkeys([*(column.name for column in (*seen, *wanted)), *kept])
    values, cells, start = [], defaultdict(list), 0
    for chunk in chunks(path, list(names)):
        if inputs is not None:
            for position, column in enumerate(seen):
                inputs[start : start + len(chunk), position] = column.encode(chunk[column.name])
        values.append(np.stack([label(column, chunk[column.name]) for column in wanted], axis=1))
        for name in kept:
            cells[name].append(chunk[name])
        start += len(chunk)
    return np.concatenate(values), {name: pd.concat(found) for name, found in cells.items()}


def label(column: Column, cells: pd.Series) -> np.ndarray:
    """Return cells of a column to predict as float64, NaN where a label is missing."""
    import numpy as np

    found = column.encode(cells)
    if column.categories:
        return found
    words = texts(cells).map(lambda word: _YES.get(str(word).lower(), np.nan)).to_numpy(np.float64)
    return np.where(np.isnan(found), words, found)  # words of a multilabel task; a regression has none
