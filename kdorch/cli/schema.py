"""``kdorch study schema``."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file.")
def schema(output: Path | None) -> None:
    """Print a JSON schema of studies, for editors that complete and check them while you write.

    It knows the plugins that are installed: make it again when they change. An editor with
    yaml-language-server, such as VS Code with the YAML extension by Red Hat, finds it by the first line of a
    study:

    \b
    # yaml-language-server: $schema=study.schema.json

    What spans several keys only `kdorch study check` can tell.
    """  # noqa: D301  \b is click's mark for text that is not to be wrapped
    from kdorch.discovery import installed
    from kdorch.errors import StoreError
    from kdorch.study.schema import schema as found

    text = json.dumps(found(installed()), indent=1)
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{output} cannot be written: {error.strerror}. Write it elsewhere.") from error
    click.echo(f"{output} is written. Begin a study beside it with this line:")
    click.echo(f"# yaml-language-server: $schema={output.name}")
