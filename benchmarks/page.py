"""The table of ``docs/benchmarks.md``, which ``python -m benchmarks.page`` makes of ``results.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
_MARKED = re.compile(r"(?<=<!-- results -->\n).*?(?=<!-- end -->)", flags=re.DOTALL)


def renewed(page: str, found: Mapping[str, Any]) -> str:
    """Return the page with the results of a run."""
    return _MARKED.sub("\n".join(_lines(found)) + "\n", page)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    machine = found["machine"]
    versions = ", ".join(f"{name} {each}" for name, each in machine["versions"].items() if each)
    before, after = machine["load"]
    yield f"{machine['cores']} cores of {machine['processor']}, {versions}."
    yield f"Load {before:g} before and {after:g} after; {machine['rounds']} rounds."
    if machine["busy"]:
        yield f"**{machine['busy']}**"
    yield from ("", "| # | | must | goal | measured | quartiles | |", "|---|---|---|---|---|---|---|")
    for row in found["rows"]:
        if row["failure"]:
            yield f"| {row['number']} | {row['name']} | | | | | failed |"
        for figure in row["figures"]:
            low, high = (f"{each:.3g}" for each in figure["quartiles"])
            cells = [
                row["number"],
                f"{row['name']} {figure['label']}".strip(),
                *figure["bound"],
                f"{figure['median']:.3g}{figure['unit']}",
                f"{low} to {high}" if len(figure["rounds"]) > 1 else "",
                figure["verdict"],
            ]
            yield f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(), json.loads(RESULTS.read_text())))
