"""A study's page: what it says is collected here, and drawn and written in `kdorch.reporting.page`."""

from __future__ import annotations

from pathlib import Path

from kdorch.api.results import Results
from kdorch.errors import StoreError, TrackingError

FILE = "report.html"
_LONG = 30.0  # seconds; the brief page takes less than half of one


def report(results: Results, file: Path) -> list[str]:
    """Write the whole page of a study.

    Learning curves and weights are read from MLflow, and the chosen student answers the validation rows; the
    test rows are not read.

    Args:
        results: Of the study.
        file: Where to.

    Returns:
        What is not on it that might be, each with the reason.

    Raises:
        StoreError: If the file cannot be written.
    """
    from kdorch.api.report.whole import whole_page
    from kdorch.reporting.page.render import render

    page, missing = whole_page(results)
    _write(render(page), file)
    return missing


def keep(file: Path, results: Results) -> list[str]:
    """Keep the page in the study's summary run in MLflow, in place of the brief one.

    Returns:
        Why it is not kept there, if it is not.
    """
    from kdorch.api.weights import where_runs_are
    from kdorch.tracking.keeping import keep_with_summary

    try:
        keep_with_summary(file, FILE, results.record["identity"], where_runs_are(results))
    except TrackingError as error:
        return [f"MLflow keeps no copy: {error}"]
    return []


def brief(results: Results, file: Path) -> None:
    """Write what the record alone tells: nothing is read from MLflow, and torch is not imported."""
    from kdorch.api.report.whole import brief_page
    from kdorch.reporting.page.render import render

    _write(render(brief_page(results)), file)


def worthwhile(results: Results) -> bool:
    """Whether a study took long enough for the brief page to cost nothing in comparison.

    One that went on later counts from its beginning, so that no page is left from before.
    """
    trials = [*results.searched.trials(), *results.confirmations.trials()]
    begun = [trial.datetime_start.timestamp() for trial in trials if trial.datetime_start]
    ended = [trial.datetime_complete.timestamp() for trial in trials if trial.datetime_complete]
    return bool(begun and ended) and max(ended) - min(begun) >= _LONG


def _write(html: str, file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # A path in a command may hold bytes that are no UTF-8.
        file.write_text(html, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise StoreError(
            f"{file} cannot be written: {error.strerror}. Choose another with --output."
        ) from error
