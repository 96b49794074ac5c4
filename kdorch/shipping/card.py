"""The model card: what a student is, what it was measured on, and how to use it, as one page of markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kdorch.shipping.environment import versions
from kdorch.shipping.legend import encoding, legend

_SHOWN_LABELS = 20
_UNKNOWN = "—"


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
class Usage:
    """What a client must know; promotion fills it in.

    Attributes:
        uri: The model's address in the registry.
        dtype: Of the inputs.
        row_shape: Of one input row.
        output_shape: Of one output row.
        labels: Names of the outputs, in their order; may be empty.
    """

    uri: str
    dtype: str
    row_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    labels: tuple[str, ...] = ()


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
        results: Metric values by who was measured and metric name, one value per seed:
            ``{"student": {"val/accuracy": (.97, .98)}, "teacher": …, "student without the teacher": …}``.
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
    results: Mapping[str, Mapping[str, Sequence[float]]] = field(default_factory=dict)
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


def render(card: Card) -> str:
    """Write the card as markdown. Parts about which nothing is known are left out."""
    sections = {
        "How to use": _how_to_use(card.usage) if card.usage else "",
        "Input and output": _interface(card),
        "Columns": legend(card.columns),
        "From what you have to rows": encoding(card.encoding),
        "Results": _results(card.results),
        "Limits": _limits(card),
        "Networks": _networks(card),
        "Data": _data(card),
        "Losses": _bullets(card.losses),
        "Hyper-parameters": _table(("name", "value"), card.hyper_parameters.items()),
        "Made with": _bullets(_made_with(card)),
    }
    parts = [f"# {card.study}: trial {card.trial}", card.summary]
    parts += [f"## {title}\n\n{text}" for title, text in sections.items() if text]
    return "\n\n".join(parts) + "\n"


def _how_to_use(usage: Usage) -> str:
    shape = _shape(usage.row_shape)
    return f"""Both ways need an active environment with mlflow, numpy and torch, nothing else, and
`MLFLOW_TRACKING_URI` set to the server or database that holds this page.

```python
import mlflow

model = mlflow.pyfunc.load_model("{usage.uri}")
answers = model.predict(rows)  # rows: numpy array, {usage.dtype}, shape {shape}
```

```bash
mlflow models serve -m "{usage.uri}" --env-manager local --host 127.0.0.1 --port 5001

# In another shell. The model carries three rows in the right form, as {{"inputs": [row, …]}}.
mlflow artifacts download -u "{usage.uri}" -d model
curl http://127.0.0.1:5001/invocations -H "Content-Type: application/json" \\
  -d @model/serving_input_example.json
```"""


def _interface(card: Card) -> str:
    facts = {"Input": card.input_meaning, "Output": card.output_meaning}
    if usage := card.usage:
        facts["Input"] += f" Array of {usage.dtype}, shape {_shape(usage.row_shape)}, any batch size."
        facts["Output"] += f" Array of shape {_shape(usage.output_shape)}."
        if usage.labels:
            facts["Names of the outputs"] = (
                f"{_some(usage.labels)}, in this order; `labels.json` beside the model has them too."
            )
    return _bullets(facts)


def _results(results: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    metrics = list(dict.fromkeys(metric for measured in results.values() for metric in measured))
    rows = [
        (who, *(_mean(measured.get(metric, ())) for metric in metrics)) for who, measured in results.items()
    ]
    table = _table(("", *metrics), rows)
    if "±" in table:
        table += "\n\n± is half of the 95 % interval of the mean over the seeds (Student's t)."
    return table


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
    return "\n".join(f"- {sentence}" for sentence in (tested, unchecked, *card.limits))


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


def _mean(values: Sequence[float]) -> str:
    if not values:
        return _UNKNOWN
    if len(values) == 1:
        return f"{values[0]:.4g}"
    from kdorch.choosing.intervals import mean_interval  # here, for this module to stay cheap to import

    interval = mean_interval(values)
    return f"{interval.mean:.4g} ± {interval.high - interval.mean:.2g} ({interval.n} seeds)"


def _count(number: int | None) -> str:
    return _UNKNOWN if number is None else f"{number:,}"


def _some(labels: tuple[str, ...]) -> str:
    shown = ", ".join(map(_named, labels[:_SHOWN_LABELS]))
    rest = len(labels) - _SHOWN_LABELS
    return f"{shown} and {rest} more" if rest > 0 else shown


def _named(label: str) -> str:
    """Return a name as code: characters that cannot be seen, a new line say, by their escapes."""
    plain = label if label.isprintable() else repr(label)[1:-1]
    return f"`` {plain} ``" if "`" in plain else f"`{plain}`"


def _shape(sizes: tuple[int, ...]) -> str:
    return f"({', '.join(('N', *map(str, sizes)))}{',' if not sizes else ''})"
