from __future__ import annotations

import pytest

from kdorch.reporting.names import amount, axis_name


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("val/accuracy", "Accuracy (validation)"),
        ("test/macro_f1", "Macro f1 (test)"),
        ("train/loss", "Loss (training)"),
        ("val/mse", "MSE (validation)"),
        ("size/params", "Parameters"),
        ("size/flops", "FLOPs"),
        ("size/bytes", "Bytes"),
        ("latency/p50", "Latency (p50)"),
        ("trial", "Trial"),
    ],
)
def test_metrics_have_names_that_people_say(metric, name):
    assert axis_name(metric) == name


@pytest.mark.parametrize(
    ("metric", "value", "words"),
    [
        ("size/params", 86026, "86,026 parameters"),
        ("size/flops", 1200, "1,200 FLOPs"),
        ("latency/p50", 0.312, "latency (p50) 0.312"),
    ],
)
def test_amounts_read_like_a_sentence(metric, value, words):
    assert amount(metric, value) == words
