"""``kdorch study show``: the front, and what to do next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kdorch.cli.completion import studies
from kdorch.cli.hints import command, run_again, say_next

if TYPE_CHECKING:
    from kdorch.api.overview import Overview
    from kdorch.api.results import Results

_WORDS = {"preparing": "being prepared", "running": "being run", "no result": "without a result"}


@click.command()
@click.argument("name", shell_complete=studies)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_obj
def show(home: Path, name: str, as_json: bool) -> None:
    """Print the front of the study NAME: quality, size, and its hyper-parameters."""
    from kdorch.api.results import Results

    results = Results(name, home)
    if as_json:
        click.echo(json.dumps(facts(results), indent=1))
    else:
        print_front(results)


def print_front(results: Results) -> None:
    """Print the front as a table, with the teacher and references above it and the next step below."""
    from kdorch.api.overview import overview

    now = overview(results)
    if now.front:
        _print_tables(results)
    else:
        missed = "keeps the limits" if len(results.trials) else "is complete"
        click.echo(f"{results.name}: no trial {missed} yet.")
    if now.state == "complete":
        say_next(_after(results, now))
        return
    what = _WORDS.get(now.state, now.state) + (f" by {now.holder}" if now.holder else "")
    beside = f" and {now.scratch} without the teacher" if now.scratch is not None else ""
    click.echo(f"The study is {what}: {now.done} of {now.total} trials{beside} are done.")
    home = results.home.path
    say_next(command(home, "study", "show", now.name) if now.holder else run_again(home, now.words))


def _after(results: Results, now: Overview) -> str:
    """Return what to type once a study is complete."""
    home, name = results.home.path, results.name
    if not now.front:
        return run_again(home, now.words, "--trials", str(2 * now.done))
    return command(home, "promote", name, "--model", f"{name}-student", "--alias", "champion")


def _print_tables(results: Results) -> None:
    from kdorch.api.front import (
        FRESH,
        front_rows,
        models_told,
        pruning_told,
        searched_paths,
        twins_told,
    )
    from kdorch.api.gaps import gaps_told
    from kdorch.api.judged import verdict_told
    from kdorch.cli.confirmed import beside_fresh_seeds
    from kdorch.cli.tables import console, paragraph, tables

    out = console()
    out.print(
        f"{results.name}: {len(results.trials)} trials, {len(results.front)} on the front", style="bold"
    )
    for told in (*pruning_told(results), *models_told(results), *twins_told(results)):
        out.print(paragraph(told, out.width))
    rows, searched = front_rows(results), searched_paths(results)
    out.print(*tables([_brief(row, results) for row in rows], out.width))
    if searched:
        out.print(*tables([_parameters(row, searched) for row in rows], out.width))
    retention = "retention: share of the teacher's test score, or *of its validation score"
    out.print(paragraph(retention, out.width))
    again = [beside_fresh_seeds(row, results.quality) for row in rows if row[FRESH] is not None]
    if again:
        out.print(*tables(again, out.width))
    for told in (results.explain(), *verdict_told(results), *gaps_told(results)):
        out.print(paragraph(told, out.width))


def _brief(row: dict[str, Any], results: Results) -> dict[str, str]:
    """Return what fits a terminal of 80 columns."""
    from kdorch.cli.tables import spread

    test = results.test_score
    others = [metric for metric in results.study.objectives if metric != results.quality]
    confirmed = row[test] is not None
    return {
        "trial": str(row["trial"]),
        "val": f"{row[results.quality]:.4f}",
        **{metric.partition("/")[2]: _number(row[metric]) for metric in others},
        "of teacher": _percent(row["of teacher"]),
        "test (95 %)": spread(row[test], row[f"{test} ±"]),
        "scratch (95 %)": spread(row["scratch"], row["scratch ±"]),
        "retention": _percent(row["test retention" if confirmed else "retention"])
        + ("" if confirmed else "*"),
    }


def _percent(share: float | None) -> str:
    from kdorch.choosing.numbers import percent

    return "-" if share is None else percent(share)


def _parameters(row: dict[str, Any], searched: list[str]) -> dict[str, str]:
    from kdorch.api.front import short_names

    values = ["-" if row[path] is None else _number(row[path]) for path in searched]
    return {"trial": str(row["trial"])} | dict(zip(short_names(searched), values, strict=True))


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)


def facts(results: Results) -> dict[str, Any]:
    """Return the front as programs read it."""
    from kdorch.api.front import front_rows
    from kdorch.api.gaps import gap_rows
    from kdorch.api.judged import test_readings, verdict_rows
    from kdorch.api.overview import overview

    times = sorted(test_readings(results).values())
    return {
        "study": results.name,
        "state": overview(results).state,
        "objectives": dict(results.study.objectives),
        "teacher": results.teacher,
        "references": results.references,
        "trials": len(results.trials),
        "pruned": len(results.pruned),
        "scratch": len(results.scratch),
        "front": front_rows(results),
        "knee": int(results.choose()["trial"]) if len(results.front) else None,
        "verdicts": verdict_rows(results),
        "gap closed": gap_rows(results),
        "test": {"readings": len(times), "first": times[0], "last": times[-1]} if times else None,
        "explanation": results.explain() if len(results.front) else None,
    }
