"""``kdorch plugins check``: whether a plugin keeps the contract of its kind."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kdorch.cli import voice
from kdorch.cli.hints import say_next
from kdorch.cli.plugins.naming import NAME, kind_and_name

if TYPE_CHECKING:
    from kdorch.errors import Problem
    from kdorch.spec import Spec
    from kdorch.testing import Finding

_MARKS = {"passed": ("ok", "green"), "skipped": ("skip", "yellow"), "failed": ("fail", "red")}
_SET = click.option(
    "--set", "settings", multiple=True, metavar="FIELD=VALUE", help="Set a field, as in temperature=2."
)


@click.command()
@NAME
@_SET
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def check(name: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Hold an installed plugin to the contract of its kind: what kdorch and its users rely on.

    Fields without a default are given with --set, in the words of a study.
    """
    from kdorch.discovery import importable

    kind, short = kind_and_name(name)
    with importable([str(Path.cwd())]):
        plugin = _made(kind, short, settings)
        from kdorch.testing import examine  # which imports torch: not before a mistake in the words is told

        found = examine(plugin)
    broken = sum(finding.outcome == "failed" for finding in found)
    if as_json:
        click.echo(json.dumps({"kind": kind, "name": short, "checks": [*map(asdict, found)]}, indent=1))
    else:
        _print(found)
        done = len(found) - sum(finding.outcome == "skipped" for finding in found)
        click.echo(f"{name}: {done - broken} of {done} checks passed.")
        say_next(f"kdorch plugins {'check' if broken else 'show'} {name}")
    if broken:
        raise click.exceptions.Exit(1)


def _made(kind: str, name: str, settings: tuple[str, ...]) -> Spec:
    """Return the plugin with these fields.

    Raises:
        KdorchError: If there is no such plugin, or it does not take them.
    """
    from pydantic import ValidationError

    from kdorch.discovery import installed
    from kdorch.errors import StudyError
    from kdorch.study.file import assign
    from kdorch.study.wording import problems

    tree: dict[str, Any] = {"use": name}
    for setting in settings:
        assign(tree, setting)
    try:
        return installed().part(kind, tree)  # type: ignore[no-any-return]
    except ValidationError as error:
        found = [_here(problem) for problem in problems(error, tree)]
    raise StudyError(found, f"{kind} {name!r}")


def _here(problem: Problem) -> Problem:
    """Say what to do about it on the command line, where there is no file to write in."""
    missing = problem.what == "is missing."
    return replace(problem, hint=f"Give it with --set {problem.where}=VALUE." if missing else "")


def _print(found: list[Finding]) -> None:
    from rich.text import Text

    from kdorch.cli.tables import console

    out = console()
    for finding in found:
        if finding.outcome == "failed" or not voice.is_quiet():
            mark, colour = _MARKS[finding.outcome]
            out.print(Text.assemble((f"{mark:4}", colour), f"  {finding.about}"), soft_wrap=True)
            for line in finding.message.splitlines():
                out.print(f"      {line}", soft_wrap=True)
