"""``kdorch promote``: bring a student to the MLflow model registry."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from kdorch.cli.completion import studies
from kdorch.cli.hints import command, say_next


@click.command()
@click.argument("study", shell_complete=studies)
@click.option("--model", required=True, help="Name in the registry; made if it does not exist.")
@click.option("--alias", help="Alias to point at the new version, as in champion.")
@click.option("--trial", type=int, help="Choose this trial.")
@click.option("--within", metavar="SHARE", help="Choose the smallest within this of the teacher, as in 1%.")
@click.option(
    "--max",
    "maxima",
    multiple=True,
    metavar="METRIC=VALUE",
    help="Choose the best within, as in size/params=5000.",
)
@click.option("--unconfirmed", is_flag=True, help="Ship a student whose test result nobody knows.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_obj
def promote(
    home: Path,
    study: str,
    model: str,
    alias: str | None,
    trial: int | None,
    within: str | None,
    maxima: tuple[str, ...],
    unconfirmed: bool,
    as_json: bool,
) -> None:
    """Register a student of STUDY, verified where kdorch is not. Without a rule: the knee of the front."""
    from kdorch.api.promotion import promote as ship
    from kdorch.api.results import Results
    from kdorch.choosing.rules import parse_limit, parse_share

    within_share = None if within is None else parse_share(within)
    bounds = dict(map(parse_limit, maxima)) if maxima else None
    promoted = ship(
        Results(study, home),
        model=model,
        alias=alias,
        trial=trial,
        within_share=within_share,
        maxima=bounds,
        unconfirmed=unconfirmed,
    )
    if as_json:
        click.echo(json.dumps(asdict(promoted), indent=1))
        return
    click.echo(promoted.card)
    click.echo(f"Registered {promoted.name}, version {promoted.version}: {promoted.uri}")
    say_next(command(home, "ui"))
