"""Where the time of a study went, as tables."""

from __future__ import annotations

from collections.abc import Mapping

import click

from kdorch.cli.tables import console, table
from kdorch.search.profile import Profile


def print_profile(profile: Profile, *, aside: bool = False) -> None:
    """Print the seconds of the coordinator, of its writer and of the workers, part by part.

    Args:
        profile: Of one session.
        aside: Leave the standard output to the result.
    """
    _print(f"The coordinator's {profile.seconds:.1f} s:", profile.coordinator, aside=aside)
    if profile.writer:
        _print(f"Its writer's {sum(profile.writer.values()):.1f} s:", profile.writer, aside=aside)
    who = "1 worker's" if profile.workers == 1 else f"{profile.workers} workers'"
    _print(f"{who} {sum(profile.jobs.values()):.1f} s:", profile.jobs, aside=aside)


def _print(title: str, spent: Mapping[str, float], *, aside: bool) -> None:
    whole = sum(spent.values())
    rows = [
        {"part": name, "seconds": f"{seconds:.2f}", "share": f"{seconds / whole:.0%}"}
        for name, seconds in spent.items()
    ]
    click.echo(title, err=aside)
    console(aside=aside).print(table(rows, right=True))
