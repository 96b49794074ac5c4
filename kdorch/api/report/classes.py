"""Which of several classes teacher and student answer: confusions, and rows on which they disagree."""

from __future__ import annotations

import numpy as np

from kdorch.api.report.answers import Answers
from kdorch.api.report.examples import SHOWN, examples
from kdorch.api.report.likeness import probabilities
from kdorch.reporting.page.blocks import Beside, Block, Cell, Table, Words, row

_CLASSES = 20  # a larger table of confusions shows nothing
_PAIRS = 20


def classes(answers: Answers) -> list[Block]:
    """Return how they differ where each row has one class."""
    labels = answers.task.names
    student = probabilities(answers.student)
    if answers.teacher is None:
        return _confusions(labels, answers.targets, {f"Student ({answers.who})": student.argmax(1)})
    teacher = probabilities(answers.teacher)
    guess, taught, true = student.argmax(1), teacher.argmax(1), answers.targets
    blocks: list[Block] = [_quarters(guess, taught, true)]
    blocks += _confusions(labels, true, {"Teacher": taught, f"Student ({answers.who})": guess})
    apart = np.flatnonzero(guess != taught)
    # The surest first: where both are sure, one of them has learnt something else.
    surest = apart[np.argsort(-(student.max(1) * teacher.max(1))[apart], kind="stable")][:SHOWN]
    said = [
        [
            ("label", labels[true[place]]),
            ("teacher", f"{labels[taught[place]]} ({teacher[place].max():.0%})"),
            ("student", f"{labels[guess[place]]} ({student[place].max():.0%})"),
        ]
        for place in surest
    ]
    return blocks + examples(answers, surest, said, "Rows on which both are surest, and disagree")


def _quarters(student: np.ndarray, teacher: np.ndarray, true: np.ndarray) -> Block:
    count, right, taught = len(true), student == true, teacher == true
    sorts = {
        "both right": right & taught,
        "only the teacher right": taught & ~right,
        "only the student right": right & ~taught,
        "both wrong, with the same answer": ~right & ~taught & (student == teacher),
        "both wrong, with different answers": ~right & ~taught & (student != teacher),
    }
    rows = [
        row([what, f"{found.sum():,}", Cell(f"{found.mean():.1%}", bar=float(found.mean()))])
        for what, found in sorts.items()
    ]
    return Table(f"Answers to {count:,} validation rows", ["", "rows", "share"], rows)


def _confusions(labels: tuple[str, ...], true: np.ndarray, said: dict[str, np.ndarray]) -> list[Block]:
    if len(labels) > _CLASSES:
        return [Beside([_pairs(who, labels, true, guess) for who, guess in said.items()])]
    told = Words("Which label gets which answer: rows are labels, columns are answers.")
    return [told, Beside([_confusion(who, labels, true, guess) for who, guess in said.items()])]


def _confusion(who: str, labels: tuple[str, ...], true: np.ndarray, said: np.ndarray) -> Table:
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    np.add.at(counts, (true, said), 1)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    rows = [
        [
            Cell(label),
            *(
                Cell(f"{count:,}" if count else "·", shade=float(share))
                for count, share in zip(*each, strict=True)
            ),
        ]
        for label, each in zip(labels, zip(counts, shares, strict=True), strict=True)
    ]
    return Table(who, ["", *labels], rows)


def _pairs(who: str, labels: tuple[str, ...], true: np.ndarray, said: np.ndarray) -> Table:
    """Return the most common confusions."""
    wrong = true != said
    pairs, counts = np.unique(np.stack([true[wrong], said[wrong]]), axis=1, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_PAIRS]
    rows = [row([labels[pairs[0, at]], labels[pairs[1, at]], f"{counts[at]:,}"]) for at in order]
    return Table(f"{who}: the most common confusions", ["label", "answer", "rows"], rows)
