"""The model card: what a student is, what it was measured on, and how to use it, as one page of markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kdorch.shipping.environment import versions
from kdorch.shipping.legend import encoding, legend
from kdorch.shipping.sections import UNKNOWN, ByClass, Values, by_class, few, value
from kdorch.shipping.usage import Usage, how_to_use, named, shape, some

if TYPE_CHECKING:
    from kdorch.choosing.intervals import Interval


@dataclass(frozen=True)
class Network:
    """One network of the story.

    Attributes:
        description: What it is, in one line; a spec as the study writes it will do.
        parameters: How many, where known.
        size_bytes: Bytes of its weights, where known.
    """

    description: str
    parameters: int | None = None
    size_bytes: int | None = None


@dataclass(frozen=True)
class Card:
    """The facts of one student, filled in from the record of its study.

    Attributes:
        study: Name of the study.
        trial: Number of the trial within the study.
        summary: One sentence: what the student does, and how well.
        data: Name of the dataset.
        data_digest: Digest of the dataset.
        rows: Rows by split, in order: ``{"train": 1077, "val": 360, "test": 360}``.
        teacher: The teacher.
        student: The student.
        references: Other models that were to be beaten, by label.
        why: Why it was chosen, in sentences.
        verdict: Whether the teacher helps it, in sentences.
        results: Metric values by who was measured and metric name, one value per seed or their interval:
            ``{"student": {"val/accuracy": (.97, .98)}, "teacher": …, "student without the teacher": …}``.
        spread: What intervals are over, as in ``over the seeds (Student's t)``.
        by_class: Figures by class, such as ``rows``, ``recall``, ``precision``, on validation rows.
        calibration: How honest its confidences are, in sentences.
        intended: What it is for, and what not, one sentence each.
        losses: Description by the name of the loss.
        hyper_parameters: Value by dotted path.
        input_meaning: What one input row is, in words.
        output_meaning: What the outputs are, in words.
        columns: Of a table, what each is: mappings with ``name``, ``type`` and, of codes, ``categories``.
        encoding: Python that makes input rows of what a client has, by a function ``encode``.
        limits: Further limits, one sentence each.
        commit: Git commit the study ran from, where known.
        date: Day of the promotion, ISO 8601.
        versions: Version by name of the software that made the student.
        usage: How to use it; promotion fills this in.
        succession: Whose place it took, and why, in sentences; promotion fills this in, too.
    """

    study: str
    trial: int
    summary: str
    data: str
    data_digest: str
    rows: Mapping[str, int]
    teacher: Network
    student: Network
    references: Mapping[str, Network] = field(default_factory=dict)
    why: str = ""
    verdict: str = ""
    results: Mapping[str, Mapping[str, Values | Interval]] = field(default_factory=dict)
    spread: str = "over the seeds (Student's t)"
    by_class: ByClass = field(default_factory=dict)
    calibration: str = ""
    intended: tuple[str, ...] = ()
    losses: Mapping[str, str] = field(default_factory=dict)
    hyper_parameters: Mapping[str, object] = field(default_factory=dict)
    input_meaning: str = "A row as the dataset ships it; the preparation is part of the model."
    output_meaning: str = "Logits; their softmax gives probabilities."
    columns: Sequence[Mapping[str, Any]] = ()
    encoding: str = ""
    limits: tuple[str, ...] = ()
    commit: str | None = None
    date: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())
    versions: Mapping[str, str] = field(default_factory=versions)
    usage: Usage | None = None
    succession: str = ""


def render(card: Card) -> str:
    """Write the card as markdown. Parts about which nothing is known are left out."""
    sections = {
        "How to use": how_to_use(card.usage) if card.usage else "",
        "Intended use": _sentences(card.intended),
        "Verdict": card.verdict,
        "Results": _results(card),
        "Results by class": _classes(card.by_class),
        "Calibration": card.calibration,
        "Limits": _limits(card),
        "Succession": card.succession,
        "Input and output": _interface(card),
        "Columns": legend(card.columns),
        "From what you have to rows": encoding(card.encoding),
        "Networks": _networks(card),
        "Data": _data(card),
        "Losses": _bullets(card.losses),
        "Hyper-parameters": _table(("name", "value"), card.hyper_parameters.items()),
        "Made with": _bullets(_made_with(card)),
    }
    parts = [f"# {card.study}: trial {card.trial}", card.summary, *filter(None, [card.why])]
    parts += [f"## {title}\n\n{text}" for title, text in sections.items() if text]
    return "\n\n".join(parts) + "\n"


def _interface(card: Card) -> str:
    facts = {"Input": card.input_meaning, "Output": card.output_meaning}
    if usage := card.usage:
        facts["Input"] += f" Array of {usage.dtype}, shape {shape(usage.row_shape)}, any batch size."
        facts["Output"] += f" Array of shape {shape(usage.output_shape)}."
        if usage.labels:
            facts["Names of the outputs"] = (
                f"{some(usage.labels)}, in this order; `labels.json` beside the model has them too."
            )
    return _bullets(facts)


def _results(card: Card) -> str:
    metrics = list(dict.fromkeys(metric for measured in card.results.values() for metric in measured))
    rows = [
        (who, *(value(measured.get(metric, ())) for metric in metrics))
        for who, measured in card.results.items()
    ]
    table = _table(("", *metrics), rows)
    if "±" in table:
        table += f"\n\n± is half of the 95 % interval of the mean {card.spread}."
    return table


def _classes(found: ByClass) -> str:
    if not found:
        return ""
    header, rows, remark = by_class(found)
    return f"{_table(header, [(named(name), *cells) for name, *cells in rows])}\n\n{remark}"


def _limits(card: Card) -> str:
    tested = (
        f"Tested on {card.rows['test']:,} rows of {card.data} that were neither trained nor chosen on; "
        "they come from the same source as the training rows."
        if card.rows.get("test")
        else "Not tested on rows that were kept apart."
    )
    unchecked = (
        "Not checked: fairness between groups, drift over time, inputs unlike the training rows. "
        "It answers any input of the right shape, a meaningless one too."
    )
    return _sentences((tested, unchecked, *card.limits, few(card.by_class)))


def _sentences(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences if sentence)


def _networks(card: Card) -> str:
    networks = {"student": card.student, "teacher": card.teacher}
    networks |= {f"reference {label}": network for label, network in card.references.items()}
    rows = [
        (who, network.description, _count(network.parameters), _count(network.size_bytes))
        for who, network in networks.items()
    ]
    return _table(("", "what", "parameters", "bytes"), rows)


def _data(card: Card) -> str:
    splits = ", ".join(f"{count:,} {split}" for split, count in card.rows.items())
    return _bullets({"Dataset": card.data, "Digest": f"`{card.data_digest}`", "Rows": splits})


def _made_with(card: Card) -> dict[str, str]:
    commit = {"commit": f"`{card.commit}`"} if card.commit else {}
    return {"date": card.date, **commit, **card.versions}


def _bullets(facts: Mapping[str, object]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _table(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [_line(row) for row in rows]
    return "\n".join([_line(header), _line(["---"] * len(header)), *lines]) if lines else ""


def _line(cells: Iterable[object]) -> str:
    escaped = (" ".join(str(cell).split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def _count(number: int | None) -> str:
    return UNKNOWN if number is None else f"{number:,}"
