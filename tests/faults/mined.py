"""Imported by the process that forks a study's workers: where they are killed, or kill."""

from __future__ import annotations

import json
import os

from killing import POINTS, Point, arm_worker

coordinator, points = json.loads(os.environ[POINTS])
for number, point in enumerate(Point(*each) for each in points):
    if point.whose == "worker":
        arm_worker(number, point, coordinator)
