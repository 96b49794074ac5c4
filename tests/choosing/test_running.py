from __future__ import annotations

from kdorch.choosing.running import Running


def test_says_what_is_best_how_large_the_front_is_and_how_many_were_pruned() -> None:
    running = Running({"val/accuracy": "max", "size/params": "min"})
    assert str(running) == ""
    running.add({"val/accuracy": 0.8, "size/params": 10})
    running.add({"val/accuracy": 0.9, "size/params": 20})
    running.add({"val/accuracy": 0.7, "size/params": 30})
    assert str(running) == "best val/accuracy 0.9000, front 2"
    running.add(None)
    assert str(running) == "best val/accuracy 0.9000, front 2, pruned 1"
