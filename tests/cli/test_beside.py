"""Whatever lies beside a study, or where the command is given, is nobody's library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("where", ["beside the file", "in the current directory"])
def test_files_named_like_libraries_are_left_alone(
    where: str, write: Callable[..., Path], cold_cli: Callable[..., Any], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for library in ("calendar", "pluggy", "random", "ruamel"):
        (tmp_path / f"{library}.py").write_text("raise RuntimeError('this is no library')")
    cwd = elsewhere if where == "beside the file" else tmp_path
    # The installed command, unlike python -c, has no current directory on its path.
    safe = {"PYTHONSAFEPATH": "1"}
    checked = cold_cli("study", "check", str(write()), cwd=cwd, environment=safe)
    assert (checked.returncode, checked.stderr) == (0, "")
