"""What no package holds, as it is made: once, and kept in the data directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kdorch.errors import DataError
from kdorch.fetching.directory import SETTING, home
from kdorch.teaching.store import Store


def generated(name: str, key: Mapping[str, Any], write: Callable[[Path], None]) -> Path:
    """Return the folder that ``write`` has filled, now or earlier, for all projects on this machine.

    It appears whole or not at all, and processes that want the same wait for the first.

    Args:
        name: A folder of the data directory, as the name of the dataset.
        key: All that decides the content, the version of what generates it included; JSON.
        write: Fills the empty folder that it is given.

    Raises:
        DataError: If there is no place for it.
    """

    def fill(folder: Path) -> dict[str, Any]:
        write(folder)
        return {}

    try:
        return Store(home()).make(name, key, fill).path
    except OSError as error:
        what = f"What {name!r} generates cannot be written to {home()}: {error.strerror or error}."
        raise DataError(f"{what} Make room there, or let {SETTING} name another directory.") from error
