"""Entries that the workers under test import; the directory is on their path."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path

from kdorch.execution import worker
from kdorch.stopwatch import part


def echo(spec, report):
    return spec


def process(spec, report):
    threads, waiting = (os.environ[f"OMP_{name}"] for name in ("NUM_THREADS", "WAIT_POLICY"))
    return {"pid": os.getpid(), "parent": os.getppid(), "omp": threads, "waiting": waiting}


def take_time(spec, report):
    with part("counting"):
        sum(range(1_000_000))
    if spec["fail"]:
        raise LookupError
    return {}


def take_and_give_back(spec, report):
    """Use as much memory as a step of a training does, twice, and tell how often the system had to clear a page."""

    def faults():
        ten_megabytes = [bytes(range(250)) * 40_000 for _ in range(8)]
        del ten_megabytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

    first = faults()
    return {"faults": faults() - first}


def count(spec, report):
    for step in range(spec["steps"]):
        report({"step": step})
    if spec.get("leave"):
        os._exit(7)
    return {"steps": spec["steps"]}


def hang(spec, report):
    report({"parent": os.getppid()})
    signal.pause()


def fail(spec, report):
    raise LookupError("no such teacher")


def system_exit(spec, report):
    sys.exit("enough")


def kill_itself(spec, report):
    sys.stdout.write("about to step on a mine\n")
    os.kill(os.getpid(), signal.SIGKILL)


def interrupt_itself(spec, report):
    os.kill(os.getpid(), signal.SIGINT)
    return {"survived": True}


def die_after_done(spec, report):
    send = worker.send

    def send_and_die(connection, message):
        send(connection, message)
        os._exit(0)

    worker.send = send_and_die
    return {"finished": True}


def close_connection(spec, report):
    os.closerange(3, 100)
    signal.pause()


def meet(spec, report):
    """Return only if another job runs at the same time: opening a pipe waits for its other end."""
    for path in spec["pipes"]:
        with Path(path).open("w" if spec["first"] else "r"):
            pass
    return {}


def change_directory(spec, report):
    os.chdir(spec["to"])
    return {"pid": os.getpid()}


def take_interrupts(spec, report):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return {"pid": os.getpid()}


def start_child(spec, report):
    child = subprocess.Popen(["sleep", "600"])
    report({"child": child.pid})
    signal.pause()


def not_json(spec, report):
    return {"result": object()}


def print_much(spec, report):
    sys.stdout.write("x" * 100_000)
    sys.stderr.write("also here")
    os.write(1, b"and past Python")
    return {}


def train(spec, report):
    import torch

    from kdorch.training.optimiser import AdamW

    model = torch.nn.Linear(4, 4)
    optimiser = AdamW(model.parameters(), decay=0.01)
    model(torch.ones(2, 4)).sum().backward()
    optimiser.step(0.001)
    tasks = len(list(Path(f"/proc/{os.getppid()}/task").iterdir()))
    return {"pid": os.getpid(), "threads": torch.get_num_threads(), "server_tasks": tasks}


def change_torch(spec, report):
    import torch

    changes = {
        "dtype": lambda: torch.set_default_dtype(torch.float64),
        "threads": lambda: torch.set_num_threads(3),
        "deterministic": lambda: torch.use_deterministic_algorithms(True),
        "grad": lambda: torch.set_grad_enabled(False),
    }
    changes[spec["what"]]()
    return {"pid": os.getpid()}


def flood(spec, report):
    """Print a beginning, much, and an end."""
    sys.stdout.write("the beginning\n")
    for _ in range(spec["megabytes"]):
        sys.stdout.write("x" * 999_999 + "\n")
    sys.stdout.write("the end\n")
    if spec.get("leave"):
        os._exit(7)
    if spec.get("stay"):
        report({})
        signal.pause()
    return {}


def hoard(spec, report):
    """Use more and more memory, and no more than a machine has."""
    held = [bytearray(16_000_000) for _ in range(100)]
    signal.pause()
    return {"held": len(held)}


def hoard_once(spec, report):
    mark = Path(spec["mark"])
    if not mark.exists():
        mark.touch()
        hoard(spec, report)
    return {"pid": os.getpid()}


def start_orphan(spec, report):
    """Leave a process in a session of its own, whose parent is gone."""
    script = (
        "import subprocess; print(subprocess.Popen(['sleep', '600'], start_new_session=True, stdout=-3).pid)"
    )
    child = subprocess.check_output([sys.executable, "-c", script], text=True)
    report({"child": int(child)})
    if spec.get("stay"):
        signal.pause()
    return {}


def leave_child(spec, report):
    subprocess.Popen(["sleep", "600"])
    return {"pid": os.getpid()}


def leave_thread(spec, report):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    return {"pid": os.getpid()}


def change_variable(spec, report):
    os.environ["OMP_NUM_THREADS"] = "64"
    os.environ["SET_BY_A_LIBRARY"] = "as it was imported"
    return {"pid": os.getpid()}


def add_variable(spec, report):
    os.environ["SET_BY_A_LIBRARY"] = "as it was imported"
    warnings.simplefilter("error")
    return {"pid": os.getpid()}


def warn(spec, report):
    warnings.warn("this is fine", stacklevel=1)
    return {"pid": os.getpid()}


def close_stdout(spec, report):
    os.close(1)
    return {"pid": os.getpid()}


def replace_stdout(spec, report):
    sys.stdout = None
    return {"pid": os.getpid()}


def babble(spec, report):
    """Write into whatever is open."""
    for descriptor in range(3, 30):
        with contextlib.suppress(OSError):
            os.write(descriptor, (7).to_bytes(4) + b"{no JSON")
    signal.pause()
