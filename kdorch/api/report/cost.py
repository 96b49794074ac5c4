"""What a study cost, and what it saved."""

from __future__ import annotations

from collections import Counter

from kdorch.api.front import pruning_told
from kdorch.api.results import Results
from kdorch.reporting.page.blocks import Beside, Block, Cell, Section, Table, Words, row
from kdorch.reporting.page.wording import seconds
from kdorch.search.record import begun

_REASONS = 10


def cost_section(results: Results) -> Section | None:
    """Return where the time went, and what was spared."""
    sentences = [
        _spent(results),
        _teacher(results),
        *(f"{told[0].upper()}{told[1:]}." for told in pruning_told(results)),
    ]
    blocks: list[Block] = [Words(sentence) for sentence in sentences if sentence]
    blocks += [*_failures(results), *_profile(results)]
    return Section("cost", "What it cost", blocks) if blocks else None


def _spent(results: Results) -> str:
    found = results.profile
    if found is None:
        return ""
    workers = "1 worker" if found.workers == 1 else f"{found.workers} workers"
    return f"The last session that trained took {seconds(found.seconds)} with {workers}."


def _teacher(results: Results) -> str:
    """Say how often the teacher would have been run, had nothing been stored."""
    facts = results.record.get("teacher", {}).get("facts", {})
    asked, epochs = facts.get("rows_evaluated", 0), _epochs_taught(results)
    if not asked or not epochs:
        return ""
    rows = results.study.transfer.rows or results.record["data"]["facts"]["rows"]["train"]
    spared = epochs * rows - asked
    if spared <= 0:
        return ""
    return (
        f"The teacher answered {asked:,} rows, once. Students learnt from it for {epochs:,} epochs of "
        f"{rows:,} rows: {spared:,} passes through the teacher were saved."
    )


def _epochs_taught(results: Results) -> int:
    """Return the epochs of all trainings that heard the teacher."""
    each, whole = results.study.train.epochs, 0
    trials, confirmed = results.trials, results.confirmed
    by_trial = dict.fromkeys(trials["trial"], each)
    if "train.epochs" in trials:
        by_trial = dict(zip(trials["trial"], trials["train.epochs"].fillna(each).astype(int), strict=True))
    whole += sum(by_trial.values())
    whole += int(results.pruned["epoch"].sum()) if len(results.pruned) else 0
    if len(confirmed):
        heard = confirmed[confirmed["role"] == "confirm"]
        whole += sum(by_trial.get(trial, each) for trial in heard["candidate"])
    return int(whole)


def _failures(results: Results) -> list[Block]:
    """Return why trials failed, the most common reason first, and what cost nothing."""
    if "search" not in begun(results.journal):
        return []
    refused, reasons = results.searched.infeasible, Counter(results.searched.failures())
    blocks: list[Block] = []
    if refused:
        blocks.append(
            Words(f"{refused:,} proposals broke a limit before they were trained, and cost nothing.")
        )
    if reasons:
        rows = [row([why, f"{count:,}"]) for why, count in reasons.most_common(_REASONS)]
        blocks.append(Table(f"{reasons.total():,} trials failed", ["reason", "trials"], rows))
    return blocks


def _profile(results: Results) -> list[Block]:
    found = results.profile
    if found is None:
        return []
    sides = {"Workers": found.jobs, "Coordinator": found.coordinator}
    return [Beside([_parts(who, spent) for who, spent in sides.items() if sum(spent.values()) > 0])]


def _parts(who: str, spent: dict[str, float]) -> Table:
    whole = sum(spent.values())
    rows = [row([name, Cell(f"{part:.2f}", bar=max(0.0, part / whole))]) for name, part in spent.items()]
    return Table(f"{who}: {seconds(whole)} in all", ["part", "seconds"], rows)
