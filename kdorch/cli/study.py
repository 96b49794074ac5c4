"""``kdorch study``: new, check, run, schema, show, report, list, reproduce, delete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from kdorch.cli.arguments import FILE, SET
from kdorch.cli.check import check
from kdorch.cli.delete import delete
from kdorch.cli.hints import INTERRUPTED, same_again
from kdorch.cli.listing import list_
from kdorch.cli.new import new
from kdorch.cli.report import report
from kdorch.cli.reproduce import reproduce
from kdorch.cli.schema import schema
from kdorch.cli.show import show


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
@click.option("--trials", type=int, help="Trials in all, in place of the study's own number.")
@click.option(
    "--timeout", type=float, help="Seconds until no more trials are begun; one that runs has as long again."
)
@click.option("--workers", type=Workers(), default="auto", help="Trainings at once; auto: one per core.")
@click.option("--device", default="auto", help="cpu, cuda or cuda:1; auto: a GPU if torch sees one.")
@click.option("--profile", is_flag=True, help="Tell at the end where the time went.")
@click.option("--json", "as_json", is_flag=True, help="The front, machine-readable; progress goes to stderr.")
@click.pass_obj
def run(
    home: Path,
    file: Path,
    overrides: tuple[str, ...],
    trials: int | None,
    timeout: float | None,
    workers: int | None,
    device: str,
    profile: bool,
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
                device=device,
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
    if profile and results.profile:
        from kdorch.cli.profile import print_profile

        print_profile(results.profile, aside=as_json)


study.add_command(new)
study.add_command(check)
study.add_command(schema)
study.add_command(show)
study.add_command(report)
study.add_command(list_)
study.add_command(reproduce)
study.add_command(delete)
