"""Having workers do something: what comes back of it, in which order, and what is raised."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kdorch import errors
from kdorch.execution import LocalExecutor
from kdorch.search.calling import call, call_each


def test_the_errors_of_a_worker_keep_their_class() -> None:
    with LocalExecutor(1, preload=(), sys_path=[str(Path(__file__).parent)]) as executor:
        assert call(executor, "helping:answer", {"question": "6 x 7"}) == {"answer": 42}
        with pytest.raises(errors.DataError, match=r"^no rows$"):
            call(executor, "helping:refuse", {"what": "DataError", "why": "no rows"})
        with pytest.raises(errors.KdorchError, match=r"^ValueError: why not$"):
            call(executor, "helping:refuse", {"what": "ValueError", "why": "why not"})
        with pytest.raises(errors.KdorchError, match=r"^Problem: a name that our errors have$"):
            call(executor, "helping:borrow_a_name", {"why": "a name that our errors have"})
        with pytest.raises(
            errors.KdorchError, match=r"^StudyError: the file has 1 problem:\n  a: is wrong\.$"
        ):
            call(executor, "helping:refuse_a_study", {})
        with pytest.raises(errors.KdorchError, match=r"helping:die was lost 3 times: .* Run the study again"):
            call(executor, "helping:die", {})
        with pytest.raises(
            errors.KdorchError, match=r"helping:hang was lost once: exceeded its deadline of 0"
        ):
            call(executor, "helping:hang", {}, timeout=0.02)


def test_several_are_done_at_once_and_come_back_in_order(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    both = [{"pipe": str(pipe), "end": end} for end in "rw"]
    many = [{"question": number} for number in range(5)]
    with LocalExecutor(2, preload=(), sys_path=[str(Path(__file__).parent)]) as executor:
        assert call_each(executor, "helping:meet", both, timeout=60) == both
        assert call_each(executor, "helping:repeat", many) == many


def test_where_one_fails_the_others_come_to_their_end() -> None:
    with LocalExecutor(2, preload=(), sys_path=[str(Path(__file__).parent)]) as executor:
        refusing = {"what": "DataError", "why": "no rows"}
        with pytest.raises(errors.DataError, match=r"^no rows$"):
            call_each(executor, "helping:refuse", [refusing, refusing, refusing])
        assert call(executor, "helping:answer", {"question": "6 x 7"}) == {"answer": 42}
