"""The command line."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks import machine, report
from benchmarks.processes import adopt_orphans
from benchmarks.registry import Effort, Row, chosen

_ROUNDS, _QUICK = 5, 1
_WIDTH = 100  # of the table, also where nobody says how wide the terminal is
_RESULTS = Path(__file__).parent / "results"


@click.command()
@click.argument("rows", nargs=-1)
@click.option("--list", "only_list", is_flag=True, help="Say what there is, and measure nothing.")
@click.option("--quick", is_flag=True, help="One round of smaller work: minutes, and only a hint.")
@click.option("--rounds", type=click.IntRange(1), help=f"Rounds of each row; {_ROUNDS} by default.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The JSON file; in benchmarks/results by default."
)
def main(rows: tuple[str, ...], only_list: bool, quick: bool, rounds: int | None, out: Path | None) -> None:
    """Measure ROWS, by name or number, or all of them: kdorch beside what it is compared with."""
    try:
        wanted = chosen(rows)
    except LookupError as error:
        raise click.UsageError(str(error.args[0])) from None
    if only_list:
        _list(wanted)
        return
    effort = Effort(rounds or (_QUICK if quick else _ROUNDS), quick)
    _measure(wanted, effort, out or _RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}.json")


def _list(rows: list[Row]) -> None:
    table = Table("#", "row", "must", "goal", "what", show_lines=True)
    for each in rows:
        texts = [bound.texts() for bound in each.bounds]
        must, goal = ("\n".join(column) for column in zip(*texts, strict=True))
        labels = "\n".join([each.name, *(f"  {bound.label}" for bound in each.bounds if bound.label)])
        table.add_row(str(each.number), labels, must, goal, each.what)
    Console().print(table)


def _measure(rows: list[Row], effort: Effort, out: Path) -> None:
    adopt_orphans()
    console, before = Console(), machine.load()
    console.width = max(console.width, _WIDTH)
    warning = machine.warning(before)
    if warning:
        console.print(f"[yellow]{warning}[/]")
    facts = machine.facts() | {"busy": warning, "quick": effort.quick, "rounds": effort.rounds}
    outcomes: list[report.Outcome] = []
    for each in rows:
        console.print(f"{each.number} {each.name} …", highlight=False)
        outcomes.append(_outcome(each, effort))
        # After each row, as the next one may take long.
        report.write(out, facts | {"load": [before, machine.load()]}, outcomes)
    report.show(outcomes, console)
    console.print(f"Written to {out}", highlight=False)


def _outcome(row: Row, effort: Effort) -> report.Outcome:
    """Measure a row; one that fails must not take the others along."""
    started = time.monotonic()
    try:
        return report.Outcome(row, row.measure(effort), time.monotonic() - started)
    except Exception as error:  # noqa: BLE001  the other rows go on
        why = f"{type(error).__name__}: {error}"
        return report.Outcome(row, (), time.monotonic() - started, why)
