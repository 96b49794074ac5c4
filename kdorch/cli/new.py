"""``kdorch study new``: look at somebody's data, and write a study to begin with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kdorch.cli.hints import command, say_next
from kdorch.cli.tables import console, table

if TYPE_CHECKING:
    from kdorch.builtin.files.looking import Look


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--target", "targets", multiple=True, metavar="COLUMN", help="What to predict; may be repeated."
)
@click.option("--name", help="Name of the study; the data's by default.")
@click.option("--output", type=click.Path(path_type=Path), help="The file to write; NAME.yaml by default.")
@click.pass_obj
def new(home: Path, data: Path, targets: tuple[str, ...], name: str | None, output: Path | None) -> None:
    """Look at DATA (a table, an .npz, a folder of images) and write a study to begin with."""
    from kdorch.builtin.files.drafting import draft, study_name
    from kdorch.builtin.files.looking import look
    from kdorch.errors import ArgumentError

    name = name or study_name(data)
    output = output or Path(f"{name}.yaml")
    if output.exists():
        raise ArgumentError(f"{output} is there already. Choose another file with --output.")
    if not output.parent.is_dir():
        raise ArgumentError(f"there is no folder {output.parent} to write {output.name} to.")
    found = look(data, targets)
    _print(found, data)
    text = draft(found, os.path.relpath(data, output.parent), name, str(output))
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        what = "a name is not text in UTF-8, so that no study can hold it"
        raise ArgumentError(f"{data}, {output}: {what}. Rename what has it.") from error
    output.write_bytes(content)
    click.echo(f"Wrote {output}.")
    say_next(command(home, "study", "check", str(output)))


def _print(look: Look, data: Path) -> None:
    same = f", {look.duplicates:,} of them the same as another" if look.duplicates else ""
    click.echo(f"{data}: {look.rows:,} rows{same}")
    console().print(table(look.table))
    target = look.fields.get("target", "the sub-folder")
    words = target if isinstance(target, str) else ", ".join(target)
    why = f" ({look.why['target']})" if look.why.get("target") else ""
    click.echo(f"Task: {look.fields['task']}. To predict: {words}{why}.")
    if look.counts:
        most = ", ".join(f"{label}: {count:,}" for label, count in look.counts.most_common(20))
        click.echo(f"Classes: {most}")
    if look.fields.get("ignore"):
        click.echo(f"Left out: {', '.join(look.fields['ignore'])} ({look.why['ignore']}).")
