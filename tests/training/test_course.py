"""A long training tells its curves while it runs, and goes on after a kill as if there had been none."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from training_toys import FEATURES, TASK, Projected, rows

from kdorch.builtin.losses import Hinton, Supervised
from kdorch.kinds import Output
from kdorch.study import Train
from kdorch.study.pruning import never
from kdorch.training.course import Course
from kdorch.training.loop import fit
from kdorch.training.objective import Objective

SETTINGS = Train(epochs=6, batch=32, lr=0.02)
SHOWN = Output(torch.zeros(2, 3))


class Killed(BaseException):
    """What a process is at any moment."""


def killed_after(epochs):
    def stop(epoch, score):
        if epoch > epochs:
            raise Killed
        return False

    return stop


def train(stored, course, stop=never, *, loss=Hinton, seed=7):
    """Train a network that draws from torch's own generator; return it, and what was found."""
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(FEATURES, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))
    objective = Objective({"task": Supervised(weight=0.3), "kd": loss(weight=0.7)}, TASK, SHOWN, SHOWN)
    known, unseen = rows(stored, "train"), rows(stored, "validation")
    score = ("loss", "min")
    fitted = fit(
        network, objective, [known], unseen, TASK, SETTINGS, seed=7, score=score, stop=stop, course=course
    )
    return network, objective, fitted


def weights(network, objective):
    return [tensor for part in (network, *objective.parts()) for tensor in part.state_dict().values()]


@pytest.mark.parametrize("loss", [Hinton, Projected], ids=["closed form", "with a part of its own"])
@pytest.mark.parametrize("epochs", [1, 3, 5])
def test_it_goes_on_to_the_last_bit_where_it_was_killed(stored, tmp_path, loss, epochs):
    network, objective, fitted = train(stored, Course(), loss=loss)
    file, asked = tmp_path / "folder" / "checkpoint.pt", []

    def note(epoch, score):
        asked.append(epoch)
        return False

    with pytest.raises(Killed):
        train(stored, Course(file, every=(math.inf, 0)), killed_after(epochs), loss=loss)
    again = train(stored, Course(file, every=(math.inf, 0)), note, loss=loss, seed=8)
    assert asked == list(range(epochs + 1, SETTINGS.epochs + 1))
    pairs = zip(weights(*again[:2]), weights(network, objective), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    assert again[2].curves == fitted.curves
    assert (again[2].epoch, again[2].pruned) == (fitted.epoch, 0)
    assert again[2].seconds > 0


def test_half_a_file_is_never_where_another_training_looks(stored, tmp_path, monkeypatch):
    file = tmp_path / "checkpoint.pt"

    def save(content, stream):
        stream.write(b"half")
        raise Killed

    with pytest.raises(Killed):
        train(stored, Course(file, every=(math.inf, 0)), killed_after(2))
    whole = file.read_bytes()
    monkeypatch.setattr(torch, "save", save)
    with pytest.raises(Killed):
        train(stored, Course(file, every=(math.inf, 0)))
    assert file.read_bytes() == whole


@pytest.mark.parametrize("keep", [lambda whole: b"", lambda whole: whole[:-100], lambda whole: b"x" + whole])
def test_what_a_disk_has_lost_is_trained_again(stored, tmp_path, keep):
    file = tmp_path / "checkpoint.pt"
    with pytest.raises(Killed):
        train(stored, Course(file, every=(math.inf, 0)), killed_after(2))
    file.write_bytes(keep(file.read_bytes()))
    _, _, fitted = train(stored, Course(file, every=(math.inf, 0)))
    assert fitted.curves == train(stored, Course())[2].curves


def test_a_disk_that_takes_no_more_ends_no_training(stored, tmp_path):
    (tmp_path / "folder").write_text("a file where a folder should be")
    train(stored, Course(tmp_path / "folder" / "checkpoint.pt", every=(math.inf, 0)))


def test_a_short_one_writes_and_tells_nothing(stored, tmp_path):
    told = []
    train(stored, Course(tmp_path / "checkpoint.pt", told.append))
    assert told == list(tmp_path.iterdir()) == []


def test_its_curves_are_told_on_the_way(stored):
    told = []
    _, _, fitted = train(
        stored, Course(tell=lambda curves: told.append(len(curves["val/loss"])), every=(0, 0))
    )
    assert told == list(range(1, SETTINGS.epochs + 1)) == list(range(1, len(fitted.curves["val/loss"]) + 1))
