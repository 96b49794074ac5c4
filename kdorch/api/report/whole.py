"""The page from above: which sections there are, and what is said first."""

from __future__ import annotations

from collections.abc import Callable

from kdorch.api.front import SIZE
from kdorch.api.overview import overview
from kdorch.api.report.again import again_section
from kdorch.api.report.confirmed import confirmed_section
from kdorch.api.report.cost import cost_section
from kdorch.api.report.front import front_section
from kdorch.api.report.likeness import likeness_section
from kdorch.api.report.parameters import parameters_section, winners_section
from kdorch.api.results import Results
from kdorch.choosing.intervals import Interval
from kdorch.choosing.numbers import percent
from kdorch.errors import KdorchError
from kdorch.reporting.page.blocks import Page, Section
from kdorch.reporting.page.wording import interval, listed, score
from kdorch.search.commands import command
from kdorch.study.parts import OneOf


def brief_page(results: Results) -> Page:
    """Return what the record alone tells, which takes less than half a second."""
    more = command(results.home.path, "study", "report", results.name)
    note = f"This is the brief page that a study ends with. Learning curves, examples and more: {more}"
    return _page(results, [likeness_section(results)], [note])


def whole_page(results: Results) -> tuple[Page, list[str]]:
    """Return everything, and what is missing with the reason."""
    missing: list[str] = []

    def unless_lost(what: str, make: Callable[[], list[Section | None]]) -> list[Section | None]:
        try:
            return make()
        except KdorchError as error:
            missing.append(f"{what}: {error}")
            return []

    def curves() -> list[Section | None]:
        from kdorch.api.report.learning import learning_section
        from kdorch.api.weights import where_runs_are

        return [learning_section(results, where_runs_are(results))]

    def answered() -> list[Section | None]:
        from kdorch.api.report.answers import answers_of
        from kdorch.api.report.differing import differing_section

        answers = answers_of(results)
        return [likeness_section(results, answers), differing_section(answers, results.samples)]

    learnt: list[Section | None] = []
    if len(results.front):
        learnt += unless_lost("Learning curves are not shown", curves)
        told = unless_lost("What teacher and student say of validation rows is not shown", answered)
        learnt += told or [likeness_section(results)]
    learnt.append(parameters_section(results))
    return _page(results, learnt, missing), missing


def _page(results: Results, learnt: list[Section | None], notes: list[str]) -> Page:
    sections: list[Section | None] = []
    if len(results.front):
        sections = [front_section(results), confirmed_section(results)]
    sections += [*learnt, winners_section(results), cost_section(results), again_section(results)]
    return Page(results.name, _words(results), _figures(results), [each for each in sections if each], notes)


def _words(results: Results) -> list[str]:
    now, told = overview(results), []
    if len(results.front):
        told = [_verdict(results), results.explain()]
    else:
        missed = "keeps the limits" if len(results.trials) else "is complete"
        told = [f"No trial {missed} yet."]
    told.append(_about(results))
    if now.total is not None and now.done < now.total:
        told.append(f"This study has not come to its end: {now.done:,} of {now.total:,} trials are done.")
    return told


def _about(results: Results) -> str:
    study, size = results.study, results.teacher.get(SIZE)
    large = f", {size:,.0f} parameters" if size else ""
    of = study.student
    student = f"one of {listed(list(of.any))}" if isinstance(of, OneOf) else of.name
    count = len(results.trials)
    trials = f"{'1 trial is' if count == 1 else f'{count:,} trials are'} complete"
    return (
        f"{trials}, {len(results.front)} on the front. Each is a student ({student}) with its own settings; "
        f"all have the same teacher ({study.teacher.name}{large}) and the same data ({study.data.name})."
    )


def _verdict(results: Results) -> str:
    """Return the one sentence that a reader takes away."""
    chosen = results.choose()
    verdict = results.verdicts.get(int(chosen["trial"]))
    if verdict is not None and verdict.word != "no baseline":
        return verdict.sentence
    quality, teacher = results.quality, results.teacher.get(results.quality)
    beside = "" if teacher is None else f" where its teacher has {score(teacher)}"
    untested = "" if verdict else " It was not confirmed on fresh seeds."
    return (
        f"Trial {int(chosen['trial'])} reaches {quality} {score(float(chosen[quality]))}{beside}.{untested}"
    )


def _figures(results: Results) -> list[tuple[str, str, str]]:
    found = []
    if len(results.front):
        chosen = results.choose()
        if SIZE in chosen:
            size, whole = float(chosen[SIZE]), results.teacher.get(SIZE)
            share = f", {percent(size / whole)} of its teacher" if whole else ""
            found.append((f"Chosen: trial {int(chosen['trial'])}", f"{size:,.0f}", f"parameters{share}"))
        found += _quality(results, int(chosen["trial"]))
    metric = results.test_score if results.test_score in results.teacher else results.quality
    if metric in results.teacher:
        found.append((f"Teacher, {metric}", score(results.teacher[metric]), ""))
    return found


def _quality(results: Results, trial: int) -> list[tuple[str, str, str]]:
    verdict = results.verdicts.get(trial)
    if verdict is None:
        value = results.trials.set_index("trial")[results.quality][trial]
        return [(f"Its {results.quality}", score(float(value)), "in the search")]
    known = {f"Its {results.test_score}": verdict.student, "Without a teacher": verdict.twin}
    return [(what, *_mean(found)) for what, found in known.items() if found]


def _mean(found: Interval) -> tuple[str, str]:
    mean, half = interval(found).partition(" ± ")[::2]
    return mean, f"± {half}" if half else "one seed"
