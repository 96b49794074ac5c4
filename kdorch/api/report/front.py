"""The front on a study's page: the picture, and a card of each student."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from kdorch.api.front import SIZE, front_rows, searched_paths, short_names
from kdorch.api.picture import draw
from kdorch.api.results import Results
from kdorch.choosing.intervals import mean_interval
from kdorch.choosing.numbers import percent, readable
from kdorch.reporting.page.blocks import Card, Cards, Cell, Picture, Section, Table, row
from kdorch.reporting.page.drawing import link, svg
from kdorch.reporting.page.wording import interval, listed, plain, score, share, spread
from kdorch.search.commands import command

_UNTOLD = "It was not confirmed on fresh seeds, so nobody knows how it tests."
_LISTED = 300  # trials; a page is no database


def anchor(trial: int) -> str:
    """Return the address of a student's card on the page."""
    return f"trial-{trial}"


def front_section(results: Results) -> Section:
    """Return the front, which is not empty."""
    objectives = list(results.study.objectives)
    y, x = (*objectives, "trial")[:2]
    front, chosen = results.front, int(results.choose()["trial"])
    figure = draw(results, title="")
    urls = [f"#{anchor(trial)}" for trial in front["trial"]]
    link(figure.axes[0], front[x].to_list(), front[y].to_list(), urls)
    named = {
        url: f"Trial {trial}: {y} {score(quality)}" + ("" if x == "trial" else f", {x} {readable(price)}")
        for url, trial, quality, price in zip(urls, front["trial"], front[y], front[x], strict=True)
    }
    count = len(results.trials)
    told = f"{count} trials by {y} and {x}, {len(front)} of them on the front; its points lead to cards."
    picture = Picture(svg(figure, "front", told, named), _caption(results), _front_table(results, chosen))
    cards = [_card(results, found, chosen) for found in _shown(results).to_dict("records")]
    return Section("front", "The front", [Cards(picture, cards), _trials_table(results)])


def _caption(results: Results) -> str:
    """Return what the words of the picture mean, and where its points lead."""
    objectives, confirmed = list(results.study.objectives), len(results.confirmed)
    several = len(objectives) > 1
    parts = [
        f"The front: students that no other beats in {listed(objectives)}{' at once' * several}.",
        "Confirmed: trained again, on fresh seeds." * bool(confirmed),
        "The knee: where paying more stops being worth it." * several,
        "Each point of the front leads to its card: by mouse, by touch, or with Tab and the arrow keys.",
    ]
    return " ".join(filter(None, parts))


def _shown(results: Results) -> pd.DataFrame:
    """Return the front, and those that were on it when they were confirmed."""
    confirmed = set(results.confirmed["candidate"]) if len(results.confirmed) else set()
    others = results.trials[results.trials["trial"].isin(confirmed - set(results.front["trial"]))]
    return pd.concat([results.front, others])


def _front_table(results: Results, chosen: int) -> Table:
    quality, *others = results.study.objectives
    prices = [metric for metric in others if metric != SIZE]
    paths = searched_paths(results)
    tested = [(results.test_score, f"{results.test_score} (95 %)"), ("scratch", "without teacher (95 %)")]
    tested = tested if len(results.confirmed) else []
    known = SIZE in results.trials
    head = [
        "trial",
        quality,
        *([SIZE, "of teacher"] if known else []),
        *prices,
        *(title for _, title in tested),
        *short_names(paths),
    ]
    rows = []
    for found in front_rows(results):
        name = Cell(str(found["trial"]), anchor(found["trial"]), mark=found["trial"] == chosen)
        size = [plain(found[SIZE]), share(found["of teacher"])] if known else []
        tests = [spread(found[who], found[f"{who} ±"]) for who, _ in tested]
        cells = [score(found[quality]), *size, *(plain(found[metric]) for metric in prices), *tests]
        rows.append(row([name, *cells, *(plain(found[path]) for path in paths)]))
    return Table("The front, small to large", head, rows)


def _trials_table(results: Results) -> Table:
    objectives, paths = list(results.study.objectives), searched_paths(results)
    quality, best = objectives[0], results.study.objectives[objectives[0]]
    trials = results.trials
    every = f"All {len(trials)} complete trials"
    if len(trials) > _LISTED:
        trials = (
            trials.sort_values(quality, ascending=best == "min", kind="stable")
            .head(_LISTED)
            .sort_values("trial")
        )
        every = f"The {_LISTED} best of {len(results.trials):,} complete trials"
    front = set(results.front["trial"])
    rows = []
    for found in trials.to_dict("records"):
        number = int(found["trial"])
        name = Cell(str(number), anchor(number), mark=True) if number in front else Cell(str(number))
        rows.append(row([name, *(plain(found.get(column)) for column in (*objectives, *paths))]))
    return Table(every, ["trial", *objectives, *short_names(paths)], rows, folded=True)


def _card(results: Results, found: Mapping[Hashable, Any], chosen: int) -> Card:
    number = int(found["trial"])
    verdict = results.verdicts.get(number)
    parameters = [
        row([path, plain(found[path])]) for path in searched_paths(results) if _known(found.get(path))
    ]
    tables = [Table("Scores", (), _scores(results, number))]
    tables += [Table("Searched parameters", (), parameters)] if parameters else []
    return Card(
        anchor(number),
        f"Trial {number}",
        [verdict.sentence] if verdict else [_UNTOLD],
        [*tables, _metrics_table(results, found)],
        promotion(results, number),
        chosen=number == chosen,
    )


def promotion(results: Results, trial: int) -> str:
    """Return the command that promotes a student."""
    words = ["promote", results.name, "--model", f"{results.name}-student", "--trial", str(trial)]
    unconfirmed = [] if len(results.confirmed_of(trial)) else ["--unconfirmed"]
    return command(results.home.path, *words, "--alias", "champion", *unconfirmed)


def _scores(results: Results, trial: int) -> list[list[Cell]]:
    """Return what a reader asks for first."""
    found = results.trials[results.trials["trial"] == trial].iloc[0]
    quality, *others = results.study.objectives
    rows = [
        row([quality, score(float(found[quality]))]),
        *(row([name, plain(found[name])]) for name in others),
    ]
    size, whole = found.get(SIZE), results.teacher.get(SIZE)
    rows += [row(["of the teacher's parameters", percent(float(size) / whole)])] if size and whole else []
    verdict = results.verdicts.get(trial)
    if verdict:
        rows.append(row([results.test_score, interval(verdict.student)]))
    if verdict and verdict.twin:
        rows.append(row([f"{results.test_score}, without teacher", interval(verdict.twin)]))
    return rows


def _metrics_table(results: Results, found: Mapping[Hashable, Any]) -> Table:
    """Return every metric of the search beside the mean over fresh seeds."""
    seeds = results.confirmed_of(int(found["trial"]))
    names = [str(name) for name in (*found, *seeds.columns) if "/" in str(name)]
    rows = []
    for name in dict.fromkeys(names):
        known = len(seeds) and name in seeds and seeds[name].notna().all()
        again = mean_interval(list(seeds[name])) if known else None
        rows.append(row([name, plain(found.get(name)), *([interval(again)] if len(seeds) else [])]))
    head = ["metric", "search", *([f"{len(seeds)} fresh seeds"] if len(seeds) else [])]
    return Table("All metrics", head, rows, folded=True)


def _known(value: Any) -> bool:
    return isinstance(value, str) or (value is not None and not pd.isna(value))
