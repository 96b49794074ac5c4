"""Every error that kdorch raises on purpose: what is wrong, where, why, and what to do.

KdorchError
├── ArgumentError    a call asks for what makes no sense
├── StudyError       the study file, or what it asks for, is wrong: all mistakes at once
├── PluginError      a plugin is missing, broken, or collides with another
├── DataError        a dataset cannot be used as it is
├── StoreError       the project directory cannot be read or written as needed
├── BusyError        another process holds the study, or the model
├── ExecutionError   a job cannot be given to a worker, or no worker can be started
├── TrainingError    a training diverged or its parts do not fit
├── TrackingError    MLflow refused, or cannot be reached
├── ChoiceError      no student satisfies the rule
└── PromotionError   a student cannot be shipped; nothing was registered
    └── NotBetterError   it does not beat the one whose place it would take
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

_LONGEST = 60  # characters of a value that a message shows


class KdorchError(Exception):
    """Base class; the command line prints the message and exits with ``exit_code``."""

    exit_code = 2


class ArgumentError(KdorchError):
    """A call asks for what makes no sense; nothing was begun."""


@dataclass(frozen=True)
class Problem:
    """One mistake.

    Attributes:
        where: Dotted path of the key, as in ``losses.kd.temperature``; empty for the whole file.
        what: What is wrong and, where it helps, why.
        hint: What to do about it.
        line: Line in the file, from 1, when known.
    """

    where: str
    what: str
    hint: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.where + (f" (line {self.line})" if self.line else "")
        told = ": ".join(filter(None, (place, self.what))) + (f" {self.hint}" if self.hint else "")
        return printable(told).replace("\n", r"\n")


class UnknownPart(Problem):
    """No plugin is known by this name; where only kdorch's own were loaded, another may have it."""


class StudyError(KdorchError):
    """The study is wrong; carries every problem that was found, not the first one.

    Args:
        problems: What was found.
        source: Where.
        headline: What is said of the source before the problems, in place of their number.
    """

    def __init__(self, problems: Iterable[Problem], source: str = "the study", headline: str = "") -> None:
        self.problems = list(problems)
        self.source = source
        count = f"{len(self.problems)} problem" + ("s" if len(self.problems) != 1 else "")
        lines = [f"{source} {headline or f'has {count}:'}", *(f"  {problem}" for problem in self.problems)]
        super().__init__("\n".join(lines))


class PluginError(KdorchError):
    """A plugin is missing, broken, or collides with another."""


class DataError(KdorchError):
    """A dataset cannot be used as it is."""


class StoreError(KdorchError):
    """The project directory cannot be read or written as needed."""


class BusyError(KdorchError):
    """Another process holds the study, or the registered model."""


class ExecutionError(KdorchError):
    """A job cannot be given to a worker, or no worker can be started."""


class TrainingError(KdorchError):
    """A training diverged, or its parts do not fit each other."""


class TrackingError(KdorchError):
    """MLflow refused, or cannot be reached."""


class ChoiceError(KdorchError):
    """No student satisfies the rule."""


class PromotionError(KdorchError):
    """A student cannot be shipped; nothing was registered."""


class NotBetterError(PromotionError):
    """A student does not beat the one whose place it would take; nothing was registered."""

    exit_code = 1


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'x'?`` for a near miss, else a sentence that lists what is known."""
    names = sorted(known)
    folded = {name.casefold(): name for name in names}
    near = get_close_matches(word.casefold(), folded, n=1)
    if near:
        return f"Did you mean {folded[near[0]]!r}?{_look_alikes(word)}"
    return f"Known: {', '.join(names)}." if names else ""


def _look_alikes(word: str) -> str:
    """Return which letters only look like those of the right word."""
    strange = {
        letter: unicodedata.name(letter, "an unknown character") for letter in word if not letter.isascii()
    }
    return "".join(f" {letter!r} is {name}." for letter, name in strange.items())


def printable(text: str) -> str:
    """Return a text with what cannot be seen written out, so that no file steers a terminal."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1] for letter in text
    )


def shown(value: Any) -> str:
    """Return a value as a message shows it, in one short line."""
    if isinstance(value, Mapping):
        return "a mapping of keys"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 4 :]}"


def reason(error: BaseException) -> str:
    """Return an exception in one line: its type, and what it says."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
