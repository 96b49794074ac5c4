"""Help costs nothing: neither time nor imports."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "torch", "mlflow", "optuna", "pandas", "numpy", "matplotlib", "sklearn", "scipy", "pydantic", "rich", "ruamel",
}  # fmt: skip
HELP = """
import sys
from kdorch.cli import main
sys.argv = ["kdorch", *sys.argv[1:]]
try:
    main()
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
COMMANDS = [
    "", "study", "study new", "study check", "study run", "study schema", "study show", "study list", "study delete",
    "promote", "ui", "doctor", "completion", "plugins", "plugins list", "plugins show", "plugins new",
    "plugins check", "data", "data fetch", "data list",
]  # fmt: skip


def helped(*words: str) -> tuple[str, float]:
    """Return what is printed, and the seconds of processor time it took."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", HELP, *words]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return output, usage.ru_utime + usage.ru_stime


def test_help_takes_less_than_three_tenths_of_a_second() -> None:
    assert statistics.median(helped("--help")[1] for _ in range(5)) <= 0.3


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy(command: str) -> None:
    output, _ = helped(*command.split(), "--help")
    *text, modules = output.splitlines()
    assert text[0].startswith(f"Usage: kdorch {command}".rstrip())
    assert HEAVY & set(modules.split()) == set()


def test_the_first_help_shows_the_way() -> None:
    output, _ = helped("--help")
    for step in ("kdorch study run studies/digits.yaml", "kdorch study show", "kdorch promote", "kdorch ui"):
        assert step in output
