"""Run the command line in a process that waits at a point: ``pausing.py POINT WORDS…``, with two pipes beside it.

It opens ``reached`` for writing when it comes there, and goes on once somebody has opened ``go`` for writing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from killing import Point, arm


def wait() -> None:
    """Say that the point is reached, and wait."""
    Path("reached").write_text("here")
    Path("go").read_text()


def main() -> None:
    """Arm the point, and be ``kdorch``."""
    point, *words = sys.argv[1:]
    arm(Point(*json.loads(point)), wait)
    sys.argv[1:] = words
    from kdorch.cli import main as kdorch

    kdorch()


if __name__ == "__main__":
    main()
