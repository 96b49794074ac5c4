"""YAML 1.2 to ruamel's annotated values, and what is wrong with a text that is not YAML."""

from __future__ import annotations

import re
import warnings
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from kdorch.errors import Problem, StudyError
from kdorch.study.bounds import TOO_DEEP, excess

# What ruamel says (its context; the problem), what that means, what to do, and whether the line to look at
# is that of the context. Groups of the pattern fill the braces.
_MEANINGS = (
    (r"found character '\\t'", "is indented with a tab.", "YAML takes spaces only.", False),
    (r"found character '(.)'", "has a value that begins with {0}.", "Put it in quotes.", False),
    (r"parsing a flow mapping", "has a {{ that is never closed.", "Close it with }}.", True),
    (r"parsing a flow sequence", "has a [ that is never closed.", "Close it with ].", True),
    (r"scanning a quoted scalar", "has a quote that is never closed.", "Close it.", True),
    (
        r"mapping values are not allowed",
        "has a colon where no key can be.",
        "Put text that holds a colon in quotes, and a space after each key's colon, here and one line above.",
        False,
    ),
    (
        r"expected <block end>|could not find expected ':'|did not find expected",
        "has a line that does not fit those above it.",
        "Keys of one section begin in the same column, each followed by a colon.",
        False,
    ),
    (
        r"found undefined alias '(.*)'",
        "refers to *{0}, but nothing above is marked &{0}.",
        "Put text that begins with * in quotes.",
        False,
    ),
    (
        r"for merging",
        "has <<: before what is no mapping.",
        "Write <<: *name, of a mapping marked &name.",
        False,
    ),
    (r"another document", "has a second document.", "One file holds one study: remove the ---.", False),
)


def parse(text: str, source: str, where: str) -> Any:
    """Return what a text says.

    Raises:
        StudyError: If it is not YAML.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of a name that is given twice, which YAML allows
            # Aliases are counted before they are followed: ruamel itself would print all that they stand for.
            told = excess(YAML().compose(text)) if "*" in text else None
            found = None if told else YAML().load(text)
        told = told or excess(found)
        if told is None:
            return found
        problem = Problem(where, *told)
    except DuplicateKeyError as error:
        key = str(error.problem).partition('"')[2].partition('"')[0]
        problem = Problem(where, f"has the key {key!r} twice.", "Keep one.", error.problem_mark.line + 1)
    except MarkedYAMLError as error:
        problem = _explained(error, where)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = Problem(
            where, f"has the invisible character U+{ord(text[error.position]):04X}.", "Remove it.", line
        )
    except RecursionError:
        problem = Problem(where, *TOO_DEEP)
    except (AttributeError, LookupError, TypeError) as error:  # ruamel's own accidents
        problem = Problem(where, f"has a tag (!!) that does not suit its value ({error}).", "Remove it.")
    except (YAMLError, ValueError) as error:
        problem = Problem(where, f"is not YAML: {str(error).partition(chr(10))[0].partition(';')[0]}.")
    raise StudyError([problem], source)


def _explained(error: MarkedYAMLError, where: str) -> Problem:
    said = f"{error.context}; {error.problem}"
    marks = [mark for mark in (error.problem_mark, error.context_mark) if mark]
    for pattern, what, hint, begins in _MEANINGS:
        if found := re.search(pattern, said):
            words = found.groups()
            mark = marks[-1 if begins else 0]
            return Problem(where, what.format(*words), hint.format(*words), mark.line + 1)
    return Problem(
        where, f"is not YAML: {error.problem or error.context}.", line=marks[0].line + 1 if marks else None
    )
