"""Each study's record: readable, held by whom, its journal whole, and in line with MLflow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kdorch.api.doctor.findings import Finding
from kdorch.api.overview import Overview, overviews
from kdorch.errors import KdorchError
from kdorch.search.home import Folder, Home
from kdorch.search.journal import mend, unreadable


def studies(home: Home, uri: str | None) -> Iterator[Finding]:
    """Yield what is wrong with each study, or that nothing is.

    A last line of a journal that was cut short is dropped, as the next run would do; a copy is kept.

    Args:
        home: The project directory.
        uri: The MLflow store that answers, or None if none does.
    """
    names = home.studies()
    wrong = {name: list(_files(home.study(name))) for name in names}
    for study in overviews(home.path):
        area = f"study {study.name}"
        found = [Finding(each.mark, area, each.what, each.todo) for each in wrong[study.name]]
        if study.state != "broken":
            found += [Finding("ok", area, _told(study)), *_in_line(home, study, area, uri)]
        elif not any(each.mark == "fail" for each in found):
            found.append(Finding("fail", area, study.problem or "it cannot be read"))
        yield from found


def _told(study: Overview) -> str:
    held = f", held by {study.holder}" if study.holder else ""
    return f"{study.state}, {study.done}/{study.total} trials, {study.confirmed} confirmed{held}"


def _files(folder: Folder) -> Iterator[Finding]:
    try:
        folder.read()
    except KdorchError as error:
        yield Finding("fail", "", str(error))
    killed = folder.abandoned()
    if killed:
        again = f"Nothing that is complete is lost; see kdorch study show {folder.path.name}."
        yield Finding("warn", "", f"it was run by {killed}, which was killed", again)
    if folder.journal.exists() and not folder.holder():
        yield from _journal(folder.journal)


def _journal(journal: Path) -> Iterator[Finding]:
    for copy in sorted(journal.parent.glob(f"{journal.name}.backup-*")):
        yield Finding("ok", "", f"{copy.name} is from before its journal was mended; it may be removed")
    kept = mend(journal)
    if kept:
        what = f"the last line of {journal} was cut short; dropped, the file as it was is {kept.name}"
        yield Finding("warn", "", what, "Nothing: what the line was about is done again.")
    line = unreadable(journal)
    if line:
        what = f"line {line} of {journal} cannot be read, so the trials cannot either"
        todo = f"Restore the file, or cut it there: sed -i.backup '{line},$d' {journal}"
        yield Finding("fail", "", what, todo)


def _in_line(home: Home, study: Overview, area: str, uri: str | None) -> Iterator[Finding]:
    """Compare what Optuna counts as complete with what MLflow shows as finished."""
    from kdorch.api.results import Results
    from kdorch.search.logbook import LOCAL, place
    from kdorch.tracking.census import finished

    if study.tracked is None or uri is None:
        return
    local = uri.startswith(f"sqlite:///{home.path.resolve().as_posix()}/")
    if study.tracked != (LOCAL if local else place(uri)):
        yield Finding("ok", area, f"tracked in {study.tracked}, which was not looked at")
        return
    results = Results(study.name, home.path)
    complete = sum(len(record.complete()) for record in results.records)
    try:
        runs = finished(uri, results.record["identity"])
    except KdorchError as error:
        yield Finding("fail", area, str(error))
        return
    if runs == complete or study.holder:
        yield Finding("ok", area, f"{complete} complete trials, {runs} finished runs in MLflow")
    else:
        todo = "Run it again: it puts the states of runs right. Deleted runs can be restored in MLflow."
        yield Finding("warn", area, f"{complete} complete trials, but {runs} finished runs in MLflow", todo)
