"""``kdorch study``: check, run, schema, show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kdorch.cli.hints import INTERRUPTED, command, same_again
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
@click.pass_obj
def check(home: Path, file: Path, overrides: tuple[str, ...]) -> None:
    """Report every mistake in a study FILE; nothing is created or trained."""
    from kdorch.study import Study
    from kdorch.study.space import space

    found = Study.load(file, overrides)
    click.echo(f"{file} is fine: {found.search.trials} trials over {len(space(found))} parameters.")
    settings = [word for override in overrides for word in ("--set", override)]
    click.echo(f"Next: {command(home, 'study', 'run', str(file), *settings)}")


@study.command()
@FILE
@SET
@click.option("--trials", type=int, help="Trials in all, in place of the study's own number.")
@click.option("--timeout", type=float, help="Seconds after which no trial is begun.")
@click.option("--workers", type=Workers(), default="auto", help="Trainings at once; auto: one per core.")
@click.pass_obj
def run(
    home: Path,
    file: Path,
    overrides: tuple[str, ...],
    trials: int | None,
    timeout: float | None,
    workers: int | None,
) -> None:
    """Search and confirm the study in FILE, or go on where it stopped."""
    from kdorch.cli.progress import Progress
    from kdorch.study import Study

    found = Study.load(file, overrides)
    with Progress(found) as progress:
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
    from kdorch.cli.show import print_front

    print_front(results)


study.add_command(schema)
study.add_command(show)
