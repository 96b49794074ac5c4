"""Where jobs run: the contract (`Job`, `Event`, `Executor`) and long-lived local workers.

A job is an entry point and JSON. This room knows nothing of trials, and only workers import torch.

Reading order: `jobs`; `local` (places jobs, tells what became of them); `worker` (runs them) and `drift`
(what a job may not leave changed); `launcher` (starting and ending processes) and its two ways, `spawning`,
and `forking` with its `forkserver`.
"""

from __future__ import annotations

from kdorch.execution.jobs import Event, Executor, Job
from kdorch.execution.local import LocalExecutor

__all__ = ["Event", "Executor", "Job", "LocalExecutor"]
