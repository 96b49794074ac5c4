"""Help costs nothing: neither time nor imports."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

HEAVY = {
    "torch", "mlflow", "optuna", "pandas", "numpy", "matplotlib", "sklearn", "scipy", "pydantic", "rich", "ruamel",
}  # fmt: skip
HELP = """
import sys
from kdorch.cli import main
for command in sys.argv[1:]:
    sys.argv = ["kdorch", *command.split(), "--help"]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code
    print("modules:", *sorted({name.partition(".")[0] for name in sys.modules}))
"""
COMMANDS = [
    "", "study", "study new", "study check", "study run", "study schema", "study show", "study list", "study delete", "study reproduce", "study report",
    "promote", "ui", "doctor", "completion", "plugins", "plugins list", "plugins show", "plugins new",
    "plugins check", "data", "data fetch", "data list",
]  # fmt: skip


def helped(*commands: str) -> tuple[str, float]:
    """Return what one process prints of these commands, and the seconds of processor time it took."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", HELP, *commands]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return output, usage.ru_utime + usage.ru_stime


def test_help_takes_less_than_three_tenths_of_a_second() -> None:
    assert statistics.median(helped("")[1] for _ in range(5)) <= 0.3


def test_help_imports_nothing_heavy() -> None:
    """Asked for one command after the other, so that what one imports is still there after the last."""
    output, _ = helped(*COMMANDS)
    blocks = re.findall(r"(.*?)^modules: (.*?)\n", output, flags=re.DOTALL | re.MULTILINE)
    assert len(blocks) == len(COMMANDS)
    for command, (text, modules) in zip(COMMANDS, blocks, strict=True):
        assert text.startswith(f"Usage: kdorch {command}".rstrip())
        assert HEAVY & set(modules.split()) == set(), command


def test_the_first_help_shows_the_way() -> None:
    output, _ = helped("")
    for step in ("kdorch study run studies/digits.yaml", "kdorch study show", "kdorch promote", "kdorch ui"):
        assert step in output


def test_at_its_end_a_command_looks_for_no_garbage() -> None:
    """In all that MLflow imports it takes Python a second, for which a user would wait after the last line."""
    code = """
import atexit, gc, sys
atexit.register(lambda: print(gc.get_freeze_count()))  # called last
from kdorch.cli import main
sys.argv = ["kdorch", "plugins", "list"]
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout.splitlines()[-1]) > 10_000
