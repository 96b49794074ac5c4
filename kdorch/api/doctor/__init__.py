"""Look at everything a study needs, and say what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kdorch.api.doctor.findings import Finding
from kdorch.api.doctor.machine import directory, machine, plugins, store
from kdorch.api.doctor.studies import studies
from kdorch.errors import KdorchError
from kdorch.search.home import Home
from kdorch.shipping.intent import abandoned

__all__ = ["Finding", "diagnose"]


def diagnose(home: Path) -> Iterator[Finding]:
    """Yield what is found, one thing after the other.

    Args:
        home: The project directory; it need not be there.
    """
    from kdorch.api import tracking_uri

    project, server = Home(home), tracking_uri(home)
    yield from machine()
    yield from directory(home)
    yield from plugins()
    yield from store(project)
    database = home.resolve() / "mlflow.db"
    local = f"sqlite:///{database.as_posix()}" if database.exists() else None
    answers = []
    for area, uri in (("mlflow", local), ("MLFLOW_TRACKING_URI", server)):
        finding = _mlflow(area, uri)
        yield finding
        answers.append(uri if finding.mark == "ok" else None)
    yield from studies(project, answers[1] if server else answers[0])
    yield from _promotions(project)


def _promotions(home: Home) -> Iterator[Finding]:
    for model in abandoned(home.promotions):
        todo = "Promote again, as whatever: first of all that takes back what it left."
        yield Finding("warn", "promotions", f"a promotion as {model!r} was killed", todo)


def _mlflow(area: str, uri: str | None) -> Finding:
    from kdorch.tracking.address import masked
    from kdorch.tracking.census import experiments

    if uri is None:
        return Finding(
            "ok", area, "no database yet" if area == "mlflow" else "not set: runs stay in the home"
        )
    try:
        return Finding("ok", area, f"{masked(uri, uri)}, {experiments(uri)} experiments")
    except KdorchError as error:
        return Finding("fail", area, str(error).partition("\n")[0])
