"""``kdorch study show``: the front, and what to do next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

    from kdorch.api.results import Results


SHARES = ("retention", "of teacher")


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_obj
def show(home: Path, name: str, as_json: bool) -> None:
    """Print the front of the study NAME: quality, size, and its hyper-parameters."""
    from kdorch.api.results import Results

    results = Results(name, home)
    if as_json:
        click.echo(json.dumps(_facts(results), indent=1))
    else:
        print_front(results)


def print_front(results: Results) -> None:
    """Print the front as a table, with the teacher above it and the next step below."""
    from rich.console import Console

    from kdorch.api.front import front_rows, searched_paths

    if not len(results.front):
        click.echo(f"{results.name}: no trial keeps the limits yet. Go on: kdorch study run FILE --trials N")
        return
    quality, teacher = results.quality, results.teacher
    test = results.test_score
    told = f", {test} {teacher[test]:.4f}" if test in teacher else ""
    console = Console(highlight=False)
    console.print(
        f"[bold]{results.name}[/bold]: {len(results.trials)} trials, {len(results.front)} on the front"
    )
    console.print(f"teacher: {quality} {teacher[quality]:.4f}{told}, {teacher['size/params']:,} parameters")
    rows, searched = front_rows(results), searched_paths(results)
    console.print(_table(rows, [column for column in rows[0] if column not in searched]))
    if searched:
        console.print(_table(rows, ["trial", *searched]))
    among = "the confirmed" if len(results.confirmed) else "the front"
    click.echo(f"The knee of {among} is trial {int(results.choose()['trial'])}.")
    click.echo(f"Next: kdorch promote {results.name} --model {results.name}-student --alias champion")


def _table(rows: list[dict[str, Any]], columns: list[str]) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(_cell(column, row[column]) for column in columns))
    return table


def _cell(column: str, value: Any) -> str:
    if value is None:
        return "-"
    if column in SHARES:
        return f"{value:.1%}"
    if "/" in column and not column.startswith("size/"):
        return f"{value:.4f}"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)


def _facts(results: Results) -> dict[str, Any]:
    from kdorch.api.front import front_rows

    return {
        "study": results.name,
        "objectives": dict(results.study.objectives),
        "teacher": results.teacher,
        "trials": len(results.trials),
        "front": front_rows(results),
        "knee": int(results.choose()["trial"]) if len(results.front) else None,
    }
