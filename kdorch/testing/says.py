"""Failures that read as help: what is wrong, why it matters, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from unittest import SkipTest

from kdorch.errors import reason
from kdorch.fetching import Fetched
from kdorch.spec import Spec


class ContractError(AssertionError):
    """A plugin does not keep its contract."""


def expect(holds: object, what: str, *, why: str, do: str) -> None:
    """Go on if something holds.

    Raises:
        ContractError: If it does not; with what is wrong, why it matters, and what to do.
    """
    __tracebackhide__ = True  # pytest shows the check that asked, not this line
    if not holds:
        raise ContractError(_text(what, why, do))


@contextmanager
def explained(what: str, *, why: str, do: str) -> Iterator[None]:
    """Let an exception of the plugin read like any other failure; its traceback stays behind it."""
    __tracebackhide__ = True
    try:
        yield
    except (ContractError, SkipTest):
        raise
    except Exception as error:
        raise ContractError(_text(f"{what}: {reason(error)}", why, do)) from error


def skip(because: str) -> NoReturn:
    """Say that a check has nothing to look at; pytest, which need not be there, counts it as skipped."""
    __tracebackhide__ = True
    raise SkipTest(because)


def need_files(*parts: Spec) -> None:
    """Skip the check where nobody has fetched the files of a part yet."""
    __tracebackhide__ = True
    for _, part in (found for each in parts for found in each.nested_parts()):
        if isinstance(part, Fetched) and part.folder is None and (absent := part.absent()):
            skip(f"{part.kind} {part.name!r}: {absent}")


def _text(what: str, why: str, do: str) -> str:
    return f"{what}\nWhy it matters: {why}\nWhat to do: {do}"
