"""``kdorch promote``: bring a student to the MLflow model registry, or an alias back to where it was."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kdorch.cli.completion import studies
from kdorch.cli.hints import command, say_next

if TYPE_CHECKING:
    from kdorch.shipping.promotion import Promoted


@click.command()
@click.argument("study", required=False, shell_complete=studies)
@click.option("--model", help="Name in the registry; made if it does not exist.")
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
@click.option(
    "--force", metavar="REASON", help="Take the alias, better or not; the reason stays with the student."
)
@click.option(
    "--rollback", metavar="MODEL", help="Point the alias (champion) at the version that had it before."
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_obj
def promote(home: Path, /, study: str | None, rollback: str | None, as_json: bool, **options: Any) -> None:
    """Register a student of STUDY, verified where kdorch is not. Without a rule: the knee of the front.

    It takes an alias from another version only if it beats that one on the same test rows; if not, the exit
    code is 1, and nothing has changed.
    """
    if rollback is not None:
        _roll_back(home, rollback, study, as_json=as_json, **options)
        return
    if study is None or options["model"] is None:
        raise click.UsageError("Name a study, and the model to register: kdorch promote STUDY --model NAME")
    promoted = _promote(home, study, **options)
    if as_json:
        click.echo(json.dumps(asdict(promoted), indent=1))
        return
    click.echo(promoted.card)
    click.echo(_told(promoted, _registry(home)))
    say_next(command(home, "ui"))


def _promote(home: Path, study: str, within: str | None, maxima: tuple[str, ...], **options: Any) -> Promoted:
    from kdorch.cli.status import Status

    with Status("reading the study") as status:
        from kdorch.api.promotion import promote
        from kdorch.api.results import Results
        from kdorch.choosing.rules import parse_limit, parse_share

        share = None if within is None else parse_share(within)
        bounds = dict(map(parse_limit, maxima)) if maxima else None
        results = Results(study, home)
        return promote(results, within_share=share, maxima=bounds, observer=status, **options)


def _registry(home: Path) -> str:
    from kdorch.api import tracking_uri
    from kdorch.tracking.address import shown

    uri = tracking_uri(home)
    return str(home / "mlflow.db") if uri is None else shown(uri)


def _told(promoted: Promoted, registry: str) -> str:
    """Return what was done, where, and whose place was taken."""
    if not promoted.new:
        return (
            f"Version {promoted.version} of {promoted.name} is this very student, and has the alias already."
        )
    told = f"Registered {promoted.name}, version {promoted.version}, in {registry}: {promoted.uri}"
    if promoted.previous is None:
        return told
    how = f" ({promoted.comparison})" if promoted.comparison else ""
    return f"{told}\nIt took the place of version {promoted.previous}{how}."


def _roll_back(
    home: Path, registered: str, study: str | None, *, alias: str | None, as_json: bool, **options: Any
) -> None:
    given = [name for name, value in options.items() if value not in (None, ()) and value is not False]
    others = [f"--{name}".replace("maxima", "max") for name in given]
    if study is not None or others:
        raise click.UsageError(f"--rollback takes --alias alone, not {study or others[0]}.")
    from kdorch.cli.status import Status

    with Status("looking for the version before"):
        from kdorch.api.reversal import rollback

        done = rollback(registered, alias="champion" if alias is None else alias, home=home)
    if as_json:
        click.echo(json.dumps(asdict(done), indent=1))
        return
    click.echo(f"{done.alias} of {done.name} is version {done.version} again, instead of {done.instead_of}.")
    say_next(command(home, "ui"))
