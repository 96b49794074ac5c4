"""How to get the same again: commands, seeds, versions, digests, and the study itself."""

from __future__ import annotations

from io import StringIO
from typing import Any

from kdorch.api.results import Results
from kdorch.reporting.page.blocks import Block, Cell, Quote, Section, Table, row
from kdorch.reporting.page.wording import plain
from kdorch.search.commands import command, run_again


def again_section(results: Results) -> Section:
    """Return how to reproduce the study."""
    home = results.home.path
    lines = [run_again(home, results.record.get("words", ()))] if results.record.get("words") else []
    if len(results.front):
        trial = int(results.choose()["trial"])
        lines.append(command(home, "study", "reproduce", results.name, "--trial", str(trial)))
    lines.append(command(home, "study", "report", results.name))
    blocks: list[Block] = [Quote("Commands", "\n".join(lines), copied=True)]
    blocks.append(
        Table(
            "What it depends on",
            ["what", "value"],
            [row([what, Cell(value, worded=True)]) for what, value in _facts(results)],
        )
    )
    blocks.append(
        Quote("The study, with every default", _yaml(results.record["study"]), copied=True, folded=True)
    )
    return Section("again", "How to reproduce it", blocks)


def _facts(results: Results) -> list[tuple[str, str]]:
    record, study = results.record, results.study
    seeds = sorted(set(results.confirmed["seed"])) if len(results.confirmed) else []
    found = [
        ("commit", record.get("commit")),
        ("seed of the search", study.seed),
        ("seed of the split", study.split.seed),
        ("seeds of the confirmation", ", ".join(map(str, seeds))),
        ("digest of the data", record.get("data", {}).get("digest")),
        ("digest of the teacher", record.get("teacher", {}).get("digest")),
    ]
    noted: dict[str, Any] = next(reversed(record.get("inputs", {}).values()), {})
    found += [
        (name, value)
        for name, value in noted.items()
        if isinstance(value, str | int) and name not in ("data", "teacher")
    ]
    found += [(f"code behind {path}", origin) for path, origin in record.get("sources", {}).items()]
    return [
        (what, value if isinstance(value, str) else plain(value))
        for what, value in found
        if value not in (None, "")
    ]


def _yaml(tree: dict[str, Any]) -> str:
    from ruamel.yaml import YAML

    writer, out = YAML(), StringIO()
    writer.width = 100
    writer.dump(tree, out)
    return out.getvalue()
