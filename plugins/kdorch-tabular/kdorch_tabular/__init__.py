"""Tables that R packages ship. This module names what there is; it imports neither torch nor pyreadr."""

from __future__ import annotations

from collections.abc import Callable

import kdorch


@kdorch.hookimpl
def register_datasets(register: Callable[..., None]) -> None:
    """One table; its file is fetched by ``kdorch data fetch spambase``."""
    register("spambase", "kdorch_tabular.spambase:Spambase")
