"""Names of metrics as people say them."""

from __future__ import annotations

from kdorch.choosing.numbers import readable

SPLITS = {"train": "training", "val": "validation", "test": "test"}
SPELLINGS = {
    "params": "Parameters",
    "flops": "FLOPs",
    "auroc": "AUROC",
    "ece": "ECE",
    "f1": "F1",
    "kl": "KL divergence",
    "mae": "MAE",
    "mse": "MSE",
    "nll": "NLL",
    "r2": "R²",
    "rmse": "RMSE",
}


def axis_name(metric: str) -> str:
    """Return ``Accuracy (validation)`` for ``val/accuracy`` and ``Parameters`` for ``size/params``."""
    group, _, name = metric.rpartition("/")
    words = name.replace("_", " ")
    noun = SPELLINGS.get(name, words[:1].upper() + words[1:])
    if group in SPLITS:
        return f"{noun} ({SPLITS[group]})"
    if group in ("", "size"):
        return noun
    return f"{group.capitalize()} ({words})"


def amount(metric: str, value: float) -> str:
    """Return ``86,026 parameters`` for a size, ``latency (p50) 0.31`` for anything else."""
    name = axis_name(metric)
    noun = name if name[1:2].isupper() else name[:1].lower() + name[1:]
    return f"{readable(value)} {noun}" if metric.startswith("size/") else f"{noun} {readable(value)}"
