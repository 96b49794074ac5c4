"""Whatever a session has a worker do belongs to a part of the profile."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import resolve_name

from kdorch.search import profile

ENTRY = re.compile(r'"(kdorch\.(?:training|teaching)\.[\w.]+:\w+)"')


def test_every_job_has_a_part() -> None:
    files = Path(profile.__file__).parent.glob("*.py")
    entries = {entry for file in files for entry in ENTRY.findall(file.read_text())}
    assert entries == {*profile._WHOLE, profile._TRIALS}
    assert all(callable(resolve_name(entry)) for entry in entries)
    assert (
        len({file for file in Path(profile.__file__).parent.glob("*.py") if ENTRY.search(file.read_text())})
        > 1
    )
