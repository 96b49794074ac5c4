"""What happened, written where people look for it: runs, curves, tables, models.

``protocol`` says what a tracker does, ``mlflow_tracker`` does it with MLflow. ``values`` brings numbers and
texts into the form that is stored, ``entities`` makes them MLflow's, ``database`` makes MLflow's local
database, ``address`` checks and masks tracking URIs, ``server`` shows it all in a browser.

Importing this package imports no MLflow: ``from kdorch.tracking.mlflow_tracker import open_tracker`` does.
"""

from __future__ import annotations

import logging
import os

from kdorch.tracking.protocol import Curves, DatasetRecord, Kind, NewRun, Outcome, Page, RunRecord, Tracker

__all__ = ["Curves", "DatasetRecord", "Kind", "NewRun", "Outcome", "Page", "RunRecord", "Tracker"]

# Here, because no module of this package can be imported, and import MLflow, before these lines have run.
# MLflow prints the server's address, password and all, when a run ends; what its stores log reaches us as
# exceptions too, and those we mask.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
logging.getLogger("mlflow.store").setLevel(logging.CRITICAL)
