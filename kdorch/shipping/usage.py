"""How a client uses a shipped model, as its card says it."""

from __future__ import annotations

from dataclasses import dataclass

_SHOWN_LABELS = 20


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


def how_to_use(usage: Usage) -> str:
    """Return the lines that load the model, and those that serve it."""
    return f"""Both ways need an active environment with mlflow, numpy and torch, nothing else, and
`MLFLOW_TRACKING_URI` set to the server or database that holds this page.

```python
import mlflow

model = mlflow.pyfunc.load_model("{usage.uri}")
answers = model.predict(rows)  # rows: numpy array, {usage.dtype}, shape {shape(usage.row_shape)}
```

```bash
mlflow models serve -m "{usage.uri}" --env-manager local --host 127.0.0.1 --port 5001

# In another shell. The model carries three rows in the right form, as {{"inputs": [row, …]}}.
mlflow artifacts download -u "{usage.uri}" -d model
curl http://127.0.0.1:5001/invocations -H "Content-Type: application/json" \\
  -d @model/serving_input_example.json
```"""


def some(labels: tuple[str, ...]) -> str:
    """Return the first of some names, as code."""
    shown = ", ".join(map(named, labels[:_SHOWN_LABELS]))
    rest = len(labels) - _SHOWN_LABELS
    return f"{shown} and {rest} more" if rest > 0 else shown


def named(label: str) -> str:
    """Return a name as code: characters that cannot be seen, a new line say, by their escapes."""
    plain = label if label.isprintable() else repr(label)[1:-1]
    return f"`` {plain} ``" if "`" in plain else f"`{plain}`"


def shape(sizes: tuple[int, ...]) -> str:
    """Return the shape of a batch of rows of these sizes, as Python writes it."""
    return f"({', '.join(('N', *map(str, sizes)))}{',' if not sizes else ''})"
