"""The search itself: ask, place, tell; confirm; and pick up after a crash."""

HOME = ".kdorch"  # the project directory, where nobody names one; here, as nothing is imported for it
