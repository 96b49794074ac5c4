"""``kdorch study check``: every mistake, and what running the study will take."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kdorch.cli.arguments import FILE, SET
from kdorch.cli.hints import command, say_next
from kdorch.errors import DataError, Problem, StudyError

if TYPE_CHECKING:
    from kdorch.api.rehearsal import Rehearsal
    from kdorch.study import Study


@click.command()
@FILE
@SET
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, mistakes too.")
@click.option("--no-plugins", is_flag=True, help="Execute none of the study's code, and load no plugin.")
@click.pass_obj
def check(home: Path, file: Path, overrides: tuple[str, ...], as_json: bool, no_plugins: bool) -> None:
    """Report every mistake in a study FILE, and what running it will take.

    Where there is no mistake, the data are prepared and a few steps of the smallest and the largest student
    are tried. Of a study from somebody whom you do not trust, --no-plugins executes nothing.
    """
    from kdorch.cli.inspection import inspect
    from kdorch.study import Study
    from kdorch.study.space import space

    try:
        if no_plugins:
            inspect(file, overrides, as_json=as_json)
            return
        found = Study.load(file, overrides)
        rehearsal = _rehearsed(found, home, file, overrides)
    except StudyError as error:
        if not as_json:
            raise
        problems = [{"file": error.source} | asdict(problem) for problem in error.problems]
        click.echo(json.dumps({"file": error.source, "problems": problems}, indent=1))
        raise click.exceptions.Exit(error.exit_code) from None
    trials, parameters = found.search.trials, len(space(found))
    if as_json:
        fine = {"file": str(file), "trials": trials, "parameters": parameters, "problems": []}
        click.echo(json.dumps(fine | rehearsal.facts(), indent=1))
        return
    for note in rehearsal.notes:
        click.echo(f"data: {note}")
    for warning in rehearsal.warnings:
        click.echo(f"warning: {warning}")
    click.echo(f"{file} is fine: {trials} trials over {parameters} parameters.")
    click.echo(f"It will take {rehearsal.estimate}.")
    settings = [word for override in overrides for word in ("--set", override)]
    say_next(command(home, "study", "run", str(file), *settings))


def _rehearsed(study: Study, home: Path, file: Path, overrides: tuple[str, ...]) -> Rehearsal:
    """Rehearse the study; what it finds is a mistake with a line, like any other."""
    from kdorch.api.rehearsal import rehearse
    from kdorch.study.check import located
    from kdorch.study.file import read

    try:
        return rehearse(study, home=home)
    except DataError as error:
        problems = [Problem("data", str(error))]
    except StudyError as error:
        problems = error.problems
    raise located(problems, read(file, overrides))
