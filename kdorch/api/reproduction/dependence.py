"""What a training depends on, and is not what it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kdorch.api.reproduction.agreement import Difference
from kdorch.api.results import Results
from kdorch.errors import KdorchError
from kdorch.search import prepare
from kdorch.search.inputs import changed
from kdorch.study import Study

_DIGEST = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24,56}\b")
_STORED = ("data", "teacher", "transfer", "answers", "features")


def changes(results: Results, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield every difference.

    Args:
        results: Of the study.
        before: Versions, processor and stored entries that were noted.
        now: The same, as they are.
    """
    for name, old, new in changed(before, now):
        yield Difference(f"stored {name}" if name in _STORED else name, _short(old), _short(new))
    for path, old, new in prepare.changed_sources(results.study, results.record["sources"]):
        yield Difference(f"code, file or version behind {path}", _short(old), _short(new))
    yield from _edits(results)


def _edits(results: Results) -> Iterator[Difference]:
    """Yield what was changed in the study's file, if it is still there; the record has what was trained."""
    file, *settings = results.record.get("words") or [""]
    if not Path(file).is_file():
        return
    try:
        study = Study.load(file, settings[1::2])  # each after its --set
    except KdorchError:
        yield Difference(file, "the study", "one with mistakes: see kdorch study check")
        return
    for path, old, new in prepare.changes(study, results.record["study"]):
        yield Difference(f"{path} in {Path(file).name}", old, new)


def _short(value: Any) -> Any:
    """Return a value with digests cut to what tells them apart."""
    return _DIGEST.sub(r"\1", value) if isinstance(value, str) else value
