"""Where jobs run: the contract (`Job`, `Event`, `Executor`) and long-lived local workers.

A job is an entry point and JSON. This room knows nothing of trials, and only workers import torch.

Reading order: `jobs`; `local` (places jobs, tells what became of them) and its `handle` on each worker;
`worker` (runs jobs); `launcher` (starts and ends processes, and watches their `memory` and `logs`) and its
two ways, `spawning`, and `forking` with its `forkserver`.
"""

from __future__ import annotations

from kdorch.execution.jobs import Event, Executor, Job
from kdorch.execution.local import LocalExecutor

__all__ = ["Event", "Executor", "Job", "LocalExecutor"]
