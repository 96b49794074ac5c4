"""What is imported before the first job comes."""

from __future__ import annotations

import pytest

from kdorch.errors import ExecutionError
from kdorch.execution import Job, local


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_a_file_beside_an_entry_shadows_no_library(make_executor, tmp_path, monkeypatch, way):
    monkeypatch.setattr(local, "CAN_FORK", way == "fork")
    for library in ("calendar", "optuna", "random"):
        (tmp_path / f"{library}.py").write_text("raise RuntimeError('this is no library')")
    entry = "import calendar, optuna, random\ndef call(spec, report): return {'days': calendar.mdays[2]}"
    (tmp_path / "own_entry.py").write_text(entry)
    executor = make_executor(preload=["random"], sys_path=[str(tmp_path)])
    executor.submit(Job("job", "own_entry:call", {}))
    assert executor.until("done", "error")[-1].data == {"days": 28}


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_nobody_looks_for_garbage_among_modules(make_executor, tmp_path, monkeypatch, way):
    monkeypatch.setattr(local, "CAN_FORK", way == "fork")
    (tmp_path / "early.py").write_text("import gc\nmeanwhile = gc.isenabled()")
    found = "{'meanwhile': early.meanwhile, 'now': gc.isenabled(), 'frozen': gc.get_freeze_count() > 1000}"
    (tmp_path / "own_entry.py").write_text(f"import early, gc\ndef call(spec, report): return {found}")
    executor = make_executor(preload=["early"], sys_path=[str(tmp_path)])
    executor.submit(Job("job", "own_entry:call", {}))
    found = executor.until("done", "error")[-1].data
    assert found == {"meanwhile": False, "now": True, "frozen": True}


def test_workers_that_cannot_start_are_told(make_executor, tmp_path):
    (tmp_path / "deadly.py").write_text("import os; os._exit(3)")
    executor = make_executor(preload=["deadly"], sys_path=[str(tmp_path)])
    with pytest.raises(ExecutionError, match="before they were ready"):
        executor.run("echo")
