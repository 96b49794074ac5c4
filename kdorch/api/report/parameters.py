"""What the searched parameters did: importance, slices, and which of several options won."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pandas as pd

from kdorch.api.results import Results
from kdorch.reporting.page.blocks import UNKNOWN, Block, Cell, Picture, Section, Table, Words, row
from kdorch.reporting.page.slices import Slice, slices_svg
from kdorch.reporting.page.wording import listed, plain, score
from kdorch.study.space import Dimension, space

_COMPARED = 3  # complete trials at least, to be drawn beside each other: two points are a line
_FEWEST = 10  # complete trials: from fewer no importance can be told
_MOST = 200  # that importances are computed from, at even distances: forests of more take many seconds
_LISTED = 120  # rows of the table of slices
_DRAWN = 12  # parameters


def parameters_section(results: Results) -> Section | None:
    """Return what is known of the parameters; None where there is nothing to compare."""
    dimensions = [each for each in space(results.study) if each.path in results.trials]
    varied = [each for each in dimensions if results.trials[each.path].nunique() > 1]
    if len(results.trials) < _COMPARED or not varied:
        return None
    return Section("parameters", "What mattered", [*_importances(results), _slices(results, varied[:_DRAWN])])


def _importances(results: Results) -> Iterator[Block]:
    if len(results.trials) < _FEWEST:
        return
    found = {}
    for position, metric in enumerate(results.study.objectives):
        shares = _shares(results, position)
        if shares:
            found[metric] = shares
    if not found:
        return
    first = next(iter(found))
    names = sorted(
        {name for shares in found.values() for name in shares}, key=lambda name: -found[first].get(name, 0)
    )
    rows = [row([name, *(_bar(shares.get(name)) for shares in found.values())]) for name in names]
    yield Words(
        "The share of the differences between trials that each parameter explains, by Optuna's fANOVA."
    )
    yield Table("Importance of the searched parameters", ["parameter", *found], rows)


def _bar(share: float | None) -> Cell:
    return Cell(UNKNOWN) if share is None else Cell(f"{share:.1%}", bar=share)


def _shares(results: Results, objective: int) -> dict[str, float]:
    """Return the importance of each parameter for one objective; nothing where Optuna cannot tell."""
    import optuna
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    trials = results.searched.complete()
    some = optuna.create_study(directions=results.searched.study.directions)
    some.add_trials(trials[:: -(-len(trials) // _MOST)])
    if len({trial.values[objective] for trial in some.trials}) == 1:  # there is no difference to explain
        return {}
    with warnings.catch_warnings(action="ignore"):  # of experimental parts
        try:
            found = get_param_importances(
                some,
                evaluator=FanovaImportanceEvaluator(seed=0),
                target=lambda trial: trial.values[objective],
            )
        except (RuntimeError, ValueError):  # too few trials share a parameter
            return {}
    return {name: float(share) for name, share in found.items()}


def _slices(results: Results, dimensions: list[Dimension]) -> Picture:
    trials, quality = results.trials, results.quality
    front = trials["trial"].isin(results.front["trial"])
    slices = []
    for each in dimensions:
        there = trials[each.path].notna()
        log = bool(getattr(each.mark, "log", False))
        slices.append(Slice(each.path, trials[each.path][there], trials[quality][there], front[there], log))
    told = (
        f"{quality} of each trial against {listed([each.path for each in dimensions])}; the front stands out."
    )
    paths = [each.path for each in dimensions]
    best = results.study.objectives[quality]
    ranked = trials.sort_values(quality, ascending=best == "min", kind="stable").head(_LISTED)
    rows = [
        row([str(found["trial"]), score(found[quality]), *(plain(found[path]) for path in paths)])
        for found in ranked.to_dict("records")
    ]
    few = "The numbers, best first" if len(trials) <= _LISTED else f"The numbers of the best {_LISTED}"
    table = Table(few, ["trial", quality, *paths], rows, folded=True)
    return Picture(slices_svg(quality, slices, told), told, table)


def winners_section(results: Results) -> Section | None:
    """Return what became of each option where losses, networks or other things were to be chosen from."""
    blocks: list[Block] = []
    paths = [
        each.path for each in space(results.study) if each.kind == "choice" and each.path in results.trials
    ]
    for path in paths:
        if results.trials[path].nunique() > 1:
            blocks += _winner(results, path)
    losses = any(path.startswith("losses.") for path in paths)
    return Section("options", "Which loss won" if losses else "Which option won", blocks) if blocks else None


def _winner(results: Results, path: str) -> list[Block]:
    trials, quality = results.trials, results.quality
    more = results.study.objectives[quality] == "max"
    front = results.front[path].astype(str)
    grouped = trials.assign(**{path: trials[path].astype(str)}).groupby(path)[quality]
    table = pd.DataFrame({"trials": grouped.size(), "median": grouped.median()})
    table["best"] = grouped.max() if more else grouped.min()
    table["front"] = [int((front == option).sum()) for option in table.index]
    table = table.sort_values("best", ascending=not more, kind="stable")
    rows = [
        row(
            [
                str(option),
                str(found["trials"]),
                score(found["best"]),
                score(found["median"]),
                str(found["front"]),
            ]
        )
        for option, found in table.astype(object).iterrows()
    ]
    first = str(table.index[0])
    most = f"{table['front'].iloc[0]} of {len(front)} students on the front have it"
    told = f"{path}: the best trial has {first}; {most}. Samplers try more often what did well before."
    head = [path, "trials", f"best {quality}", "median", "on the front"]
    return [Words(told), Table(f"Options of {path}", head, rows)]
