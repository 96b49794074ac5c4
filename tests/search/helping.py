"""What workers run in these tests."""

from __future__ import annotations

import builtins
import os
import signal
from pathlib import Path
from typing import Any

from kdorch import errors


def answer(spec: dict[str, Any], _: Any) -> dict[str, Any]:
    return {"answer": 42}


def repeat(spec: dict[str, Any], _: Any) -> dict[str, Any]:
    return spec


def meet(spec: dict[str, Any], _: Any) -> dict[str, Any]:
    """Open an end of a pipe, which waits for whoever opens the other."""
    with Path(spec["pipe"]).open(spec["end"]):
        return spec


def refuse(spec: dict[str, Any], _: Any) -> dict[str, Any]:
    known = getattr(errors, spec["what"], None)
    raise (known or getattr(builtins, spec["what"]))(spec["why"])


def borrow_a_name(spec: dict[str, Any], _: Any) -> dict[str, Any]:
    raise type("Problem", (Exception,), {})(spec["why"])


def refuse_a_study(spec: dict[str, Any], _: Any) -> dict[str, Any]:
    raise errors.StudyError([errors.Problem("a", "is wrong.")], "the file")


def hang(spec: dict[str, Any], _: Any) -> dict[str, Any]:
    signal.pause()
    return {}


def tell_one_and_hang(spec: dict[str, Any], report: Any) -> dict[str, Any]:
    first, *others = spec["trials"]
    if others:
        report({"trial": first["name"], "error": "told"})
    return hang(spec, report)


def die(spec: dict[str, Any], _: Any) -> dict[str, Any]:
    os._exit(3)
