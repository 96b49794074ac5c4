"""Whatever a session has a worker do belongs to a part of the profile."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import resolve_name

from kdorch.search import profile

ENTRY = re.compile(r'"(kdorch\.(?:training|teaching)\.[\w.]+:\w+)"')
OTHERS = ("again.py",)  # reproduces a trial, and has no profile


def test_every_job_has_a_part() -> None:
    files = [file for file in Path(profile.__file__).parent.glob("*.py") if file.name not in OTHERS]
    found = {file: ENTRY.findall(file.read_text()) for file in files}
    entries = {entry for named in found.values() for entry in named}
    assert entries == {*profile._WHOLE, profile._TRIALS}
    assert all(callable(resolve_name(entry)) for entry in entries)
    assert sum(map(bool, found.values())) > 1
