"""What a study has found so far, read from its record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdorch.choosing.rules import best_under, by_number, knee, within
from kdorch.errors import ChoiceError
from kdorch.search import HOME
from kdorch.search.frames import (
    confirmations_frame,
    front_of,
    open_confirmations,
    open_scratched,
    open_trials,
    pruned_frame,
    recipes,
    trials_frame,
)
from kdorch.search.home import Home
from kdorch.search.journal import Journal, open_journal
from kdorch.search.profile import Profile
from kdorch.search.recipes import Recipes
from kdorch.search.record import Record, begun
from kdorch.study import Study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from kdorch.choosing.crossed import Scored
    from kdorch.choosing.verdict import Verdict


class Results:
    """Trials, front and confirmations of a study, as pandas tables.

    Args:
        name: Name of the study.
        home: Project directory.

    Raises:
        ChoiceError: If there is no study of that name.
    """

    def __init__(self, name: str, home: str | Path = HOME) -> None:
        self.name = name
        self.home = Home(Path(home))
        self.folder = self.home.known(name)
        self.record: dict[str, Any] = self.folder.read() or {}

    def __repr__(self) -> str:
        return f"Results({self.name!r}, home={str(self.home.path)!r})"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the front beside the teacher and the students without one."""
        import pandas as pd

        from kdorch.api.front import front_rows

        rows = pd.DataFrame(front_rows(self)).dropna(axis=1, how="all")
        head = f"{self.name}: {len(self.trials)} trials, {len(self.front)} on the front"
        table: str = rows.to_html(index=False, na_rep="", float_format="{:,.4g}".format, border=0)
        told = "".join(f"<p>{escape(verdict.sentence)}</p>" for verdict in self.verdicts.values())
        return f"<p>{head}</p>{table if len(rows) else ''}{told}"

    @cached_property
    def study(self) -> Study:
        """The study as it was begun."""
        return Study(**self.record["study"])

    @cached_property
    def profile(self) -> Profile | None:
        """Where the time of the last session went that came to its end; None before there was one."""
        return Profile(**self.record["profile"]) if "profile" in self.record else None

    @cached_property
    def journal(self) -> Journal:
        """What both of them are written in; to read it takes seconds where there are thousands."""
        return open_journal(self.folder.journal)

    @cached_property
    def searched(self) -> Record:
        """The trials in Optuna."""
        return open_trials(self.journal, self.study)

    @cached_property
    def scratched(self) -> Record | None:
        """The trials without the teacher in Optuna; None where there are none."""
        return open_scratched(self.journal, self.study) if "scratch" in begun(self.journal) else None

    @cached_property
    def confirmations(self) -> Record:
        """The confirmations in Optuna."""
        return open_confirmations(self.journal, self.study)

    @cached_property
    def trials(self) -> pd.DataFrame:
        """Complete trials: ``trial``, parameters under their dotted paths, metrics, ``run_id``."""
        return trials_frame(self.searched if "search" in begun(self.journal) else None)

    @cached_property
    def pruned(self) -> pd.DataFrame:
        """Pruned trials: ``trial``, parameters, after which ``epoch`` of its ``epochs``, ``run_id``."""
        return pruned_frame(self.searched if "search" in begun(self.journal) else None)

    @cached_property
    def front(self) -> pd.DataFrame:
        """The trials within the limits that no other beats in every objective, small to large."""
        return front_of(self.study, self.trials)

    @cached_property
    def scratch(self) -> pd.DataFrame:
        """What a search without the teacher has found, as ``trials`` has it: see ``confirm.baseline``."""
        return trials_frame(self.scratched)

    @cached_property
    def confirmed(self) -> pd.DataFrame:
        """Trainings on fresh seeds: ``candidate`` (a trial), ``role``, ``seed``, metrics, ``run_id``.

        Where twins were searched by themselves, ``twin`` is the trial of ``scratch`` that a baseline is, and
        ``resized`` says whether it was trained at the size of the candidate, as nothing so small was found.
        """
        tuned = self.study.confirm.baseline == "tuned"
        record = self.confirmations if "confirmation" in begun(self.journal) else None
        return confirmations_frame(record, tuned=tuned)

    @property
    def records(self) -> list[Record]:
        """The trials in Optuna of every phase that was begun."""
        names = begun(self.journal)
        found = [self.searched] if "search" in names else []
        found += [self.scratched] if self.scratched else []
        return found + ([self.confirmations] if "confirmation" in names else [])

    @cached_property
    def recipes(self) -> Recipes:
        """What was trained in the confirmation."""
        return recipes(self.study, self.searched, self.scratched)

    @property
    def teacher(self) -> dict[str, float]:
        """The teacher's metrics: ``val/…``, ``test/…`` once students are confirmed, and ``size/params``.

        There are none before the teacher is ready, and no size where nobody knows it.
        """
        return _metrics(self.record.get("teacher", {}))

    @property
    def references(self) -> dict[str, dict[str, float]]:
        """The metrics of each reference by its label, as `teacher` has them; of those that are ready."""
        return {label: _metrics(entry) for label, entry in self.record.get("references", {}).items()}

    @property
    def samples(self) -> dict[str, str]:
        """What the task has to show of the teacher and of confirmed students: who, and markdown."""
        others = {"teacher": self.record.get("teacher", {}), **self.record.get("references", {})}
        found = {who: entry.get("facts", {}).get("sample", "") for who, entry in others.items()}
        for trial in self.confirmations.complete() if "confirmation" in begun(self.journal) else ():
            plan = trial.user_attrs["plan"]
            who = "without the teacher" if plan["role"] == "baseline" else "with the teacher"
            if "sample" in trial.user_attrs:
                found[f"trial {plan['candidate']}, {who}"] = trial.user_attrs["sample"]
        return {who: shown for who, shown in found.items() if shown}

    @property
    def quality(self) -> str:
        """The first objective."""
        return next(iter(self.study.objectives))

    @property
    def best(self) -> float:
        """The best value of the first objective on the front, which is not empty."""
        values = self.front[self.quality]
        return float(values.max() if self.study.objectives[self.quality] == "max" else values.min())

    @property
    def test_score(self) -> str:
        """The first objective, on the test rows."""
        return self.quality.replace("val/", "test/")

    def confirmed_of(self, trial: int, role: str = "confirm") -> pd.DataFrame:
        """Return the confirmations of one trial; with ``role="baseline"`` its twins without the teacher."""
        table = self.confirmed
        return table[(table["candidate"] == trial) & (table["role"] == role)] if len(table) else table

    @cached_property
    def tested(self) -> dict[int, tuple[Scored, Scored]]:
        """What each confirmed student and its twin scored on the test rows, by trial, small to large."""
        from kdorch.api.judged import tested

        return tested(self)

    @cached_property
    def verdicts(self) -> dict[int, Verdict]:
        """Whether the teacher helps each confirmed student, by trial, small to large; see docs/verdict.md."""
        from kdorch.api.judged import judge

        return judge(self)

    @property
    def eligible(self) -> pd.DataFrame:
        """The confirmed students of the front, or the whole front if none is confirmed."""
        tested = [len(self.confirmed_of(trial)) > 0 for trial in self.front["trial"]]
        return self.front[tested] if any(tested) else self.front

    def choose(
        self,
        *,
        trial: int | None = None,
        within_share: float | None = None,
        maxima: Mapping[str, float] | None = None,
    ) -> pd.Series[Any]:
        """Choose one student.

        Args:
            trial: This one.
            within_share: The smallest whose quality is within this share of the teacher's.
            maxima: The best whose metrics are all at most these.

        Returns:
            Its row of ``trials``; without a rule, the knee. Rules choose among the confirmed students of the
            front, if there are any: of the others nobody knows how they test.

        Raises:
            ChoiceError: If there are two rules, or no student satisfies the one; it says which comes nearest.
        """
        if sum(rule is not None for rule in (trial, within_share, maxima)) > 1:
            raise ChoiceError("trial, within_share (--within), maxima (--max): different rules, use one.")
        objectives, among = self.study.objectives, self.eligible
        if trial is not None:
            return by_number(self.trials, trial)
        if within_share is not None:
            return within(among, objectives, within_share, self.teacher[self.quality])
        if maxima is not None:
            return best_under(among, objectives, maxima)
        return knee(among, objectives)

    def explain(
        self,
        *,
        trial: int | None = None,
        within_share: float | None = None,
        maxima: Mapping[str, float] | None = None,
    ) -> str:
        """Say in words why `choose` takes the student that it takes.

        Returns:
            How far it is from its teacher, what the next smaller and the next larger would bring and cost,
            and, of a confirmed student, how much too good the search's own value was.

        Raises:
            ChoiceError: As `choose` does, with the same arguments.
        """
        from kdorch.api.explanation import explanation

        chosen = self.choose(trial=trial, within_share=within_share, maxima=maxima)
        return explanation(self, chosen, trial=trial, within_share=within_share, maxima=maxima)

    def plot(self) -> Figure:
        """Draw the front: quality against size, the teacher, the confirmed students and their twins.

        A notebook shows the figure; its ``savefig`` writes it to a file. It is none of pyplot's, whose
        ``show`` does not know it, and there is nothing to close.

        Raises:
            ChoiceError: If no trial is on the front.
        """
        from kdorch.api.picture import draw

        return draw(self)


def _metrics(entry: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics of a stored model."""
    facts = entry.get("facts")
    if facts is None:
        return {}  # it is being made ready
    splits = {"val": facts["validation"], "test": facts.get("test", {})}
    scores = {f"{split}/{name}": value for split, values in splits.items() for name, value in values.items()}
    return scores | ({"size/params": facts["params"]} if facts["params"] else {})
