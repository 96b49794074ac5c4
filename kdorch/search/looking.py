"""A look back at a search that is over."""

from __future__ import annotations

from kdorch.errors import KdorchError
from kdorch.search.observer import Observer
from kdorch.search.record import Record


def look_back(name: str, search: Record, trials: int, observer: Observer, *, in_time: bool) -> None:
    """Say why a search ended early, and go no further without any result.

    Args:
        name: The study.
        search: Its trials.
        trials: How many were wanted.
        observer: Who watches.
        in_time: It was not ended by its deadline.

    Raises:
        KdorchError: If no trial came to an end.
    """
    if not in_time:
        done = f"{search.counted} of {trials} trials"
        observer.say(f"the time is up after {done}. Run the study again for the others.")
    elif search.counted < trials:
        observer.say(
            f"stopped early: {search.infeasible:,} proposals broke a limit before training. "
            "Relax limits, or narrow tune."
        )
    if not search.complete():
        raise KdorchError(
            f"No trial of {name!r} came to an end. The last one: {_last(search).rstrip('.')}. "
            "Once the cause is mended, run the study again."
        )


def _last(search: Record) -> str:
    """Return why the last trial did not."""
    trials = search.trials()
    if not trials:
        return "none was begun"
    return str(trials[-1].user_attrs.get("reason", "it broke a limit before training"))
