"""What these tests share with the tracker's."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tracking"))  # for memory_tracker
