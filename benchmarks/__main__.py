"""``python -m benchmarks``."""

import os

# Before anything imports torch: every figure is of one thread, unless its row says otherwise.
os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}

from benchmarks.command import main

main()
