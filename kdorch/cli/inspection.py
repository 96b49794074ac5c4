"""``kdorch study check --no-plugins``: what a study says, with none of its code executed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from kdorch.errors import StudyError


def inspect(file: Path, overrides: Sequence[str], *, as_json: bool) -> None:
    """Print what was not checked, and that nothing else is wrong.

    Raises:
        StudyError: With every mistake.
    """
    from kdorch.study import inspection
    from kdorch.study.file import read

    found = inspection.inspect(read(file, overrides))
    if not as_json:
        for each in found.unchecked:
            click.echo(f"not checked: {each}")
    if found.problems:
        raise StudyError(found.problems, str(file))
    if as_json:
        unchecked = [asdict(each) for each in found.unchecked]
        click.echo(json.dumps({"file": str(file), "problems": [], "unchecked": unchecked}, indent=1))
        return
    click.echo(f"{file} has no mistake that shows before its data are prepared, and without its code.")
    if found.unchecked:
        click.echo("Running the study executes that code: read it first.")
