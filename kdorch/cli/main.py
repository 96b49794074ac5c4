"""The ``kdorch`` command."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextvars import ContextVar
from io import TextIOWrapper
from pathlib import Path

import click

from kdorch.cli import completion, data, doctor, plugins, promote, study, ui, voice
from kdorch.cli.discretion import discreet
from kdorch.cli.hints import INTERRUPTED
from kdorch.disk import refusal
from kdorch.errors import KdorchError, printable
from kdorch.search import HOME

_EXIT_CODES = """
\b
Exit codes:
  0    done
  1    doctor or plugins check found what fails, study reproduce what differs, promote nobody better
  2    a mistake, explained on stderr; nothing that is complete is lost
  70   an error inside kdorch; its details are kept in a file
  130  interrupted with Ctrl-C
"""
_GARBAGE = 100_000  # new objects until Python looks for garbage: modules are none, and 700 of them come soon
_HOME = ContextVar("home", default=Path(HOME))  # for what has to be told once click has left the command


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=_EXIT_CODES
)
@click.version_option(package_name="kdorch")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=HOME,
    show_default=True,
    help="Project directory: trials, MLflow database, stored teachers.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only errors and results.")
@click.option("-v", "--verbose", is_flag=True, help="Tell times, logs, and where errors come from.")
@click.pass_context
def cli(context: click.Context, home: Path, quiet: bool, verbose: bool) -> None:
    """Find the smallest student that still does the teacher's job.

    \b
    kdorch study new data.csv               a study of your own data
    kdorch study run studies/digits.yaml    search, confirm
    kdorch ui                               look at the runs in MLflow
    kdorch study show digits                the front, and what to do next
    kdorch promote digits --model NAME      bring a student to the registry
    """  # noqa: D301  \b is click's mark for text that is not to be wrapped
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose: use one.")
    voice.choose("quiet" if quiet else "verbose" if verbose else "normal")
    context.obj = home
    _HOME.set(home)


cli.add_command(study.study)
cli.add_command(plugins.plugins)
cli.add_command(data.data)
cli.add_command(promote.promote)
cli.add_command(ui.ui)
cli.add_command(doctor.doctor)
cli.add_command(completion.completion)


def main() -> None:
    """Run the command line; the one place where errors become messages and exit codes."""
    gc.set_threshold(_GARBAGE)
    atexit.register(_end)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # a path is printed as it was typed, UTF-8 or not
    try:
        code = cli(prog_name="kdorch", standalone_mode=False)
        sys.stdout.flush()
    except KdorchError as error:
        if voice.is_verbose():
            from traceback import format_exception

            click.echo(discreet("".join(format_exception(error))), err=True)
        click.echo(printable(discreet(f"error: {error}")), err=True)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        code = INTERRUPTED
    except BrokenPipeError:  # as in: kdorch study show digits | head -1
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as error:  # noqa: BLE001  whatever it is, the user shall know what to do about it
        code = _unexpected(error)
    sys.exit(code)


def _end() -> None:
    """End at once: Python would look for garbage in all of MLflow, for a second, and close what it finds."""
    if "mlflow" in sys.modules:
        from kdorch.tracking.database import close_all

        close_all()
    gc.freeze()


def _unexpected(error: Exception) -> int:
    """Tell of an error that nobody raised on purpose, and return the exit code."""
    told = _of_a_file(error) if isinstance(error, OSError) and error.filename else None
    if told:
        click.echo(printable(f"error: {told}"), err=True)
        return KdorchError.exit_code
    from kdorch.cli import crash

    click.echo(f"error: {printable(crash.explain(error, _HOME.get()))}", err=True)
    return crash.EXIT_CODE


def _of_a_file(error: OSError) -> str | None:
    """Return what is wrong with a file, if it is the project's, or one that was typed."""
    named, home = str(error.filename), _HOME.get()
    told = refusal(error, home) if Path(named).resolve().is_relative_to(home.resolve()) else None
    typed = any(named.startswith(word) for word in sys.argv[1:] if word)
    return told or (f"{named} cannot be used: {error.strerror}." if typed else None)
