"""A look back at a search that is over."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kdorch.errors import KdorchError
from kdorch.search.observer import Observer
from kdorch.search.record import Record
from kdorch.search.scratch import Twin

_NUMBER = re.compile(r"\d+")  # by which reasons that are the same may differ


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
    elif search.counted < trials and not search.hopeless:
        observer.say(
            f"stopped early: {search.infeasible:,} proposals broke a limit before training. "
            "Relax limits, or narrow tune."
        )
    if not search.complete():
        reasons = search.failures()
        if not reasons and not in_time:
            raise KdorchError(
                f"No trial of {name!r} came to an end before the time was up. Give it more, or none."
            )
        why = _common(reasons) if reasons else "They broke a limit before training"
        raise KdorchError(
            f"No trial of {name!r} came to an end. {why.rstrip('.')}. "
            "Once the cause is mended, run the study again."
        )


def _common(reasons: Sequence[str]) -> str:
    """Return why trials failed: most of them, if that was not the same."""
    alike: dict[str, list[str]] = {}
    for reason in reasons:
        alike.setdefault(_NUMBER.sub("", reason.partition("\n")[0]), []).append(reason)
    most = max(alike.values(), key=len)
    count = len(reasons)
    if count == 1:
        return f"It failed: {most[-1]}"
    if count == len(most):
        return f"All {count} failed alike, the last one: {most[-1]}"
    return f"{len(most)} of the {count} that failed did so alike, the last one: {most[-1]}"


def tell_twins(
    scratch: Record, trials: int, twins: Mapping[int, Twin], observer: Observer, *, in_time: bool
) -> None:
    """Say whom the confirmed are compared with, where twins have a search of their own.

    Args:
        scratch: Trials of the search without the teacher.
        trials: How many were wanted.
        twins: Of each candidate; none as long as some trials are still to be trained.
        observer: Who watches.
        in_time: That search was not ended by its deadline.
    """
    if not in_time:
        done = f"{scratch.counted} of {trials} trials without the teacher"
        observer.say(f"the time is up after {done}. Run the study again for the others, and for twins.")
    elif not twins:
        reasons = scratch.failures()
        why = _common(reasons) if reasons else "No trial without it has kept the limits"
        observer.say(f"warning  there is nobody without the teacher to compare with. {why}")
    for candidate, twin in twins.items():
        told = f"trial {candidate} is compared with trial {twin.trial} of the search without the teacher"
        resized = ", trained at its own size: that search found nothing so small" if twin.resized else ""
        observer.say(f"twin     {told}{resized}")
