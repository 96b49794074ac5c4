"""``kdorch study reproduce``: train a trial again from its record, and compare."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kdorch.cli import voice
from kdorch.cli.completion import studies
from kdorch.cli.hints import command, say_next

if TYPE_CHECKING:
    from kdorch.api.reproduction import Difference, Reproduction

_SHOWN = 8  # lines of what differs; --json has them all
DIFFERS = 1


@click.command()
@click.argument("name", shell_complete=studies)
@click.option("--trial", type=int, required=True, help="The trial, as `kdorch study show` numbers it.")
@click.option("--seed", type=int, help="Its confirmation with this seed, in place of the trial.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_obj
def reproduce(home: Path, name: str, trial: int, seed: int | None, as_json: bool) -> None:
    """Train a trial of the study NAME again from its record, and compare.

    Equal is bit for bit with train.deterministic, else within 1e-4. Says which inputs are not what they were.
    Nothing is written but what has to be made again in the store. Exit code 1 if it comes out different.
    """
    from kdorch.api.reproduction import reproduce as train_again
    from kdorch.api.results import Results
    from kdorch.search.observer import Observer

    class Aside(Observer):
        def say(self, text: str) -> None:
            if not voice.is_quiet():
                click.echo(text, err=True)

    found = train_again(Results(name, home), trial, seed=seed, observer=Aside())
    if as_json:
        click.echo(json.dumps(asdict(found), indent=1))
    else:
        show(found)
        say_next(command(home, "study", "show", name))
    if not found.equal:
        raise click.exceptions.Exit(DIFFERS)


def show(found: Reproduction) -> None:
    """Print what came of it."""
    before, now = found.placement
    placed = f"as before, {now}" if before == now else f"{now}; before, it was {before}"
    click.echo(f"{found.who} was trained again {placed}.")
    _list(found.results, "What came of it differs:")
    if found.logits is None:
        click.echo("The recorded weights do not fit the student that is built now.")
    elif found.verdict == "differs":
        click.echo(f"Logits of validation rows are up to {found.logits:.2g} apart.")
    _list(found.inputs, "What it depends on is not what it was:")
    if not found.noted:
        click.echo("Versions, processor and stored entries were not noted when it was trained.")
    click.echo(_verdict(found))


def _list(differences: tuple[Difference, ...], title: str) -> None:
    if differences:
        click.echo(title)
    for each in differences[:_SHOWN]:
        click.echo(f"  {each}")
    if len(differences) > _SHOWN:
        click.echo(f"  … and {len(differences) - _SHOWN} more: --json lists them")


def _verdict(found: Reproduction) -> str:
    if found.verdict == "bit for bit":
        return "Equal, bit for bit: weights, curves and metrics."
    if found.equal:
        return (
            f"Equal within 1e-4: the same best epoch, {found.epoch}; curves and metrics agree, and logits of "
            f"validation rows are at most {found.logits:.2g} apart."
        )
    if found.verdict == "differs":
        return "It differs." if found.inputs else "It differs, though nothing is different that was noted."
    because = "" if found.inputs else "; nothing is different that was noted"
    return f"It differs by rounding, and train.deterministic promises every bit{because}."
