"""The command line: one file per command; whatever is heavy is imported inside the command."""

from kdorch.cli.main import main

__all__ = ["main"]
