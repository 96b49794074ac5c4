"""The last resort: an error that nobody expected, kept where it can be read and passed on."""

from __future__ import annotations

import platform
import tempfile
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from traceback import format_exception

from kdorch.cli.discretion import discreet
from kdorch.cli.hints import same_again
from kdorch.errors import reason

EXIT_CODE = 70  # EX_SOFTWARE of sysexits.h


def explain(error: Exception, home: Path) -> str:
    """Keep the traceback of an error, and return a line about it for the user."""
    what = discreet(f"something went wrong inside kdorch: {reason(error)}".rstrip("."))
    facts = f"kdorch {version('kdorch')}, Python {platform.python_version()}, {platform.platform()}"
    details = discreet("\n".join([same_again(), facts, "", *format_exception(error)]))
    for folder in (home, Path(tempfile.gettempdir())):
        with suppress(OSError):  # a full disk may be the very cause
            file = _keep(details, folder)
            return f"{what}. The details are in {file}; please report them, with the study if there is one."
    return f"{what}. Please report these details, with the study if there is one:\n{details}"


def _keep(details: str, folder: Path) -> Path:
    name = time.strftime("error-%Y%m%d-%H%M%S-")
    with tempfile.NamedTemporaryFile(
        "w", prefix=name, suffix=".txt", dir=folder, encoding="utf-8", errors="backslashreplace", delete=False
    ) as file:
        file.write(details)
    return Path(file.name)
