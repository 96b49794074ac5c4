"""Networks of which some do, in the middle of their training, what no network should do.

Which does what is handed out in the order in which they get there, as the order in which a search proposes
parameters is not ours.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor, nn

STEP = 200  # of the training: what is tried before the search takes fewer
MEGABYTE = 2**20


def hang(book: Path) -> None:
    ctypes.PyDLL(None).sleep(600)  # without letting go of the interpreter


def leak(book: Path) -> None:
    held = [b"x" * 16 * MEGABYTE for _ in range(125)]
    time.sleep(600 * bool(held))


def crash(book: Path) -> None:
    ctypes.string_at(0)


def leave(book: Path) -> None:
    os._exit(3)


def close_everything(book: Path) -> None:
    os.closerange(0, 1000)


def flood(book: Path) -> None:
    for _ in range(32):
        sys.stdout.write("x" * MEGABYTE + "\n")
        os.write(2, b"y" * MEGABYTE)


def refuse(book: Path) -> None:
    raise LookupError("something is missing")


def run_out(book: Path) -> None:
    raise MemoryError


def interrupt(book: Path) -> None:
    raise KeyboardInterrupt


def end(book: Path) -> None:
    sys.exit("enough")


def forget_gradients(book: Path) -> None:
    torch.set_grad_enabled(False)


def reseed(book: Path) -> None:
    torch.seed()
    random.seed()
    np.random.seed()


def take_threads(book: Path) -> None:
    torch.set_num_threads(3)


def change_dtype(book: Path) -> None:
    torch.set_default_dtype(torch.float64)


def insist(book: Path) -> None:
    torch.use_deterministic_algorithms(True)


def flush_denormals(book: Path) -> None:
    torch.set_flush_denormal(True)


def compute_roughly(book: Path) -> None:
    torch.set_float32_matmul_precision("medium")
    torch.backends.mkldnn.enabled = False


def complain(book: Path) -> None:
    np.seterr(all="raise")
    warnings.simplefilter("error")


def move_away(book: Path) -> None:
    os.chdir("/")


def change_environment(book: Path) -> None:
    os.environ["HOME"] = "/nowhere"
    os.environ["OMP_NUM_THREADS"] = "5"


def ignore_signals(book: Path) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def close_stdout(book: Path) -> None:
    os.close(1)
    sys.stdout = None


def draw_on(book: Path) -> None:
    def draw() -> None:
        while True:
            torch.rand(1)
            time.sleep(0.001)

    threading.Thread(target=draw, daemon=True).start()


def start_children(book: Path) -> None:
    started = [subprocess.Popen(["sleep", "600"], start_new_session=apart) for apart in (False, True)]
    Path(book, "children").write_text(" ".join(str(child.pid) for child in started))


def answer_nothing(book: Path) -> None:
    """Be told by `Net`, which answers NaN."""


# Their trials fail, at the first try.
FAILING: dict[Callable[[Path], None], str] = {
    refuse: "LookupError: something is missing",
    run_out: "MemoryError",
    interrupt: "KeyboardInterrupt",
    end: "SystemExit: enough",
    forget_gradients: "does not require grad",
    answer_nothing: "diverged in epoch",
}
# They take their workers down, again and again.
DEADLY: dict[Callable[[Path], None], str] = {
    leak: "search.memory: used",
    crash: "killed by SIGSEGV",
    leave: "exited with code 3",
    close_everything: "the worker",
}
# Their trials are complete, and have to leave no trace.
CHANGING: tuple[Callable[[Path], None], ...] = (
    flood,
    reseed,
    take_threads,
    change_dtype,
    insist,
    flush_denormals,
    compute_roughly,
    complain,
    move_away,
    change_environment,
    ignore_signals,
    close_stdout,
    draw_on,
    start_children,
)
MISDEEDS = {deed.__name__: deed for deed in (*FAILING, *DEADLY, *CHANGING)}
ALL = MISDEEDS | {hang.__name__: hang}  # which takes as long as it may, and has a study of its own


class Net(nn.Module):
    """A small network for digits.

    Args:
        ticket: Tells a trial from the others, and is the same when it is done again.
        book: Directory whose file ``deeds`` says what is to be done, one a line, and where it is written who
            does it; whoever comes later behaves, and so does everybody without.
        only: The misdeed of all, instead.
    """

    def __init__(self, ticket: int = 0, book: str = "", only: str = "") -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 12), nn.ReLU(), nn.Linear(12, 10))
        self.ticket, self.book, self.only, self.step = ticket, book, only, 0
        self.mute = False

    def forward(self, inputs: Tensor) -> Tensor:
        self.step += self.training
        if self.training and self.step == STEP:
            deed = self.only or self._drawn()
            self.mute = deed == answer_nothing.__name__
            if deed:
                ALL[deed](Path(self.book))
        logits: Tensor = self.layers(inputs)
        return logits * torch.nan if self.mute else logits

    def _drawn(self) -> str:
        if not self.book:
            return ""
        with FileLock(Path(self.book, "lock")):
            own = Path(self.book, str(self.ticket))
            if not own.exists():
                count = sum(each.name.isdigit() for each in Path(self.book).iterdir())
                deeds = Path(self.book, "deeds").read_text().split("\n")
                own.write_text(deeds[count] if count < len(deeds) else "")
            return own.read_text()
