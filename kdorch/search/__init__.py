"""The search itself: ask, place, tell; confirm; and pick up after a crash."""
