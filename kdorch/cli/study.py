"""``kdorch study``: new, check, run, schema, show, list, delete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from kdorch.cli.delete import delete
from kdorch.cli.hints import INTERRUPTED, command, same_again, say_next
from kdorch.cli.listing import list_
from kdorch.cli.new import new
from kdorch.cli.schema import schema
from kdorch.cli.show import show

FILE = click.argument("file", type=click.Path(path_type=Path))
SET = click.option(
    "--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a key, as in train.epochs=5."
)


class Workers(click.types.IntParamType):
    """A number of workers, or ``auto``, which is None."""

    name = "number|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        return None if value == "auto" else super().convert(value, param, ctx)


@click.group()
def study() -> None:
    """Check, run and look at studies."""


@study.command()
@FILE
@SET
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, mistakes too.")
@click.pass_obj
def check(home: Path, file: Path, overrides: tuple[str, ...], as_json: bool) -> None:
    """Report every mistake in a study FILE, and what running it will take.

    Where there is no mistake, the data are prepared and a few steps of the smallest and the largest student
    are tried.
    """
    from kdorch.api.rehearsal import rehearse
    from kdorch.errors import StudyError
    from kdorch.study import Study
    from kdorch.study.space import space

    try:
        found = Study.load(file, overrides)
    except StudyError as error:
        if not as_json:
            raise
        click.echo(json.dumps(_mistakes(error), indent=1))
        raise click.exceptions.Exit(error.exit_code) from None
    trials, parameters, rehearsal = found.search.trials, len(space(found)), rehearse(found, home=home)
    if as_json:
        fine = {"file": str(file), "trials": trials, "parameters": parameters, "problems": []}
        click.echo(json.dumps(fine | rehearsal.facts(), indent=1))
        return
    for warning in rehearsal.warnings:
        click.echo(f"warning: {warning}")
    click.echo(f"{file} is fine: {trials} trials over {parameters} parameters.")
    click.echo(f"It will take {rehearsal.estimate}.")
    settings = [word for override in overrides for word in ("--set", override)]
    say_next(command(home, "study", "run", str(file), *settings))


def _mistakes(error: Any) -> dict[str, Any]:
    from dataclasses import asdict

    problems = [{"file": error.source} | asdict(problem) for problem in error.problems]
    return {"file": error.source, "problems": problems}


@study.command()
@FILE
@SET
@click.option("--trials", type=int, help="Trials in all, in place of the study's own number.")
@click.option("--timeout", type=float, help="Seconds after which no trial is begun.")
@click.option("--workers", type=Workers(), default="auto", help="Trainings at once; auto: one per core.")
@click.option("--json", "as_json", is_flag=True, help="The front, machine-readable; progress goes to stderr.")
@click.pass_obj
def run(
    home: Path,
    file: Path,
    overrides: tuple[str, ...],
    trials: int | None,
    timeout: float | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Search and confirm the study in FILE, or go on where it stopped."""
    from kdorch.cli.progress import Progress
    from kdorch.study import Study

    found = Study.load(file, overrides)
    with Progress(found, home, aside=as_json) as progress:
        import kdorch.api

        try:
            results = kdorch.api.run(
                found,
                home=home,
                workers=workers,
                trials=trials,
                timeout=timeout,
                observer=progress,
            )
        except KeyboardInterrupt:
            progress.stop()
            click.echo(f"Stopped; nothing that is complete is lost. Go on with: {same_again()}", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
    from kdorch.cli.show import facts, print_front

    if as_json:
        click.echo(json.dumps(facts(results), indent=1))
    else:
        print_front(results)


study.add_command(new)
study.add_command(schema)
study.add_command(show)
study.add_command(list_)
study.add_command(delete)
