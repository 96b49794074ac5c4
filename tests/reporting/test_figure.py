from __future__ import annotations

import math
import subprocess
import sys
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.container import ErrorbarContainer
from PIL import Image

from kdorch.choosing.front import pareto_front
from kdorch.errors import ChoiceError, StoreError
from kdorch.reporting.figure import front_figure, save

OBJECTIVES = {"val/accuracy": "max", "size/params": "min"}
TEACHER = {"val/accuracy": 0.975, "size/params": 86026}


@pytest.fixture
def trials() -> pd.DataFrame:
    random = np.random.default_rng(0)
    size = np.exp(random.uniform(np.log(300), np.log(20_000), 40)).round()
    accuracy = 0.975 - 0.35 * 150 / size - random.gamma(1.2, 0.01, 40)
    return pd.DataFrame(
        {"val/accuracy": accuracy, "size/params": size}, index=pd.RangeIndex(40, name="trial")
    )


def confirm(front: pd.DataFrame, count: int, seeds: int, shift: float = 0.0) -> pd.DataFrame:
    """The last trials of the front on some seeds, spread evenly around the front's value plus a shift."""
    rows = [
        {"trial": trial, "seed": seed, **row.to_dict(), "val/accuracy": row["val/accuracy"] + shift + spread}
        for trial, row in front.tail(count).iterrows()
        for seed, spread in enumerate(np.linspace(-0.002, 0.002, seeds) if seeds > 1 else [0.0])
    ]
    return pd.DataFrame(rows)


def line_of(axes, label: str):
    return next(line for line in axes.lines if str(line.get_label()).startswith(label))


def bars_of(axes, label: str) -> ErrorbarContainer:
    bars = [container for container in axes.containers if isinstance(container, ErrorbarContainer)]
    return next(container for container in bars if container.get_label().startswith(label))


def texts_of(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_every_trial_is_a_dot_and_every_student_of_the_front_a_marker(trials):
    front = pareto_front(trials, OBJECTIVES)
    (axes,) = front_figure(trials, front, OBJECTIVES).axes
    np.testing.assert_allclose(axes.collections[0].get_offsets(), trials[["size/params", "val/accuracy"]])
    drawn = line_of(axes, "Pareto front")
    np.testing.assert_allclose(drawn.get_xydata(), front[["size/params", "val/accuracy"]])
    assert drawn.get_drawstyle() == "steps-post"


def test_svg_is_xml_with_the_names_and_the_teacher(trials, tmp_path):
    front = pareto_front(trials, OBJECTIVES)
    figure = front_figure(trials, front, OBJECTIVES, teacher=TEACHER, title="digits & more")
    svg, png = save(figure, tmp_path / "new" / "folder")
    assert ElementTree.parse(svg).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    text = svg.read_text(encoding="utf-8")
    for words in (
        "Accuracy (validation)",
        "Parameters",
        "teacher: 0.975, 86,026 parameters",
        "digits &amp; more",
    ):
        assert f"<!-- {words} -->" in text
    with Image.open(png) as image:
        assert image.width > 1000


def test_the_same_trials_give_the_same_bytes(trials, tmp_path):
    front = pareto_front(trials, OBJECTIVES)
    drawn = [
        front_figure(trials, front, OBJECTIVES, teacher=TEACHER, confirmed=confirm(front, 2, 3))
        for _ in range(2)
    ]
    files = [save(figure, tmp_path / str(n)) for n, figure in enumerate([drawn[0], *drawn])]
    for kind in zip(*files, strict=True):
        assert len({path.read_bytes() for path in kind}) == 1


def test_confirmed_students_are_joined_to_their_twins(trials):
    front = pareto_front(trials, OBJECTIVES)
    confirmed, scratch = confirm(front, 3, seeds=5), confirm(front, 3, seeds=5, shift=-0.02)
    (axes,) = front_figure(trials, front, OBJECTIVES, confirmed=confirmed, scratch=scratch).axes
    best = front.tail(3).sort_index()
    filled, hollow = bars_of(axes, "confirmed"), bars_of(axes, "without a teacher")
    np.testing.assert_allclose(filled[0].get_xydata(), best[["size/params", "val/accuracy"]])
    np.testing.assert_allclose(hollow[0].get_xydata()[:, 1], best["val/accuracy"] - 0.02)
    assert hollow[0].get_markerfacecolor() == "white"
    links = axes.collections[2].get_segments()  # after the trials and the confirmed bars
    np.testing.assert_allclose([end[1] - start[1] for start, end in links], [0.02] * 3)
    np.testing.assert_allclose([start[0] - end[0] for start, end in links], [0.0] * 3)
    labels = set(texts_of(axes))
    assert {str(front.index[0]), str(front.index[-1])} < labels


def test_bars_are_the_interval_over_seeds(trials):
    front = pareto_front(trials, OBJECTIVES)
    (axes,) = front_figure(trials, front, OBJECTIVES, confirmed=confirm(front, 1, seeds=3)).axes
    ((low, high),) = bars_of(axes, "confirmed")[2][0].get_segments()
    assert (high[1] - low[1]) / 2 == pytest.approx(4.302653 * 0.002 / np.sqrt(3))


def test_a_single_seed_has_a_marker_and_no_bar(trials):
    front = pareto_front(trials, OBJECTIVES)
    (axes,) = front_figure(trials, front, OBJECTIVES, scratch=confirm(front, 2, seeds=1, shift=-0.01)).axes
    bars = bars_of(axes, "without a teacher")
    assert len(bars[0].get_xydata()) == 2
    assert not any(np.isfinite(segment).any() for segment in bars[2][0].get_segments())


def test_sizes_are_logarithmic_only_over_more_than_a_decade(trials):
    front = pareto_front(trials, OBJECTIVES)
    assert front_figure(trials, front, OBJECTIVES).axes[0].get_xscale() == "log"
    narrow = trials.assign(**{"size/params": trials["size/params"] / 10 + 5000})
    assert front_figure(narrow, pareto_front(narrow, OBJECTIVES), OBJECTIVES).axes[0].get_xscale() == "linear"


def test_the_teacher_is_a_line_and_a_star_only_where_its_size_is_in_view(trials):
    front = pareto_front(trials, OBJECTIVES)
    (far,) = front_figure(trials, front, OBJECTIVES, teacher=TEACHER).axes
    (near,) = front_figure(trials, front, OBJECTIVES, teacher={**TEACHER, "size/params": 5000}).axes
    assert [line.get_marker() for line in far.lines].count("*") == 0
    assert [line.get_marker() for line in near.lines].count("*") == 1
    assert any(set(line.get_ydata()) == {0.975} for line in far.lines)
    assert far.get_ylim()[1] > 0.975


def test_collapsed_trials_do_not_squash_the_picture_and_are_counted(trials):
    trials.iloc[:5, 0] = 0.1
    (axes,) = front_figure(trials, pareto_front(trials, OBJECTIVES), OBJECTIVES, teacher=TEACHER).axes
    assert axes.get_ylim()[0] > 0.3
    assert "5 trials out of view" in texts_of(axes)


def test_trial_numbers_do_not_overlap():
    sizes = np.linspace(1000, 30_000, 300)
    trials = pd.DataFrame({"val/accuracy": np.log(sizes), "size/params": sizes})
    figure = front_figure(trials, trials, OBJECTIVES)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert 5 < len(boxes) < 60
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_an_error_to_be_minimised_has_its_teacher_below(trials):
    errors = trials.rename(columns={"val/accuracy": "val/mse"}).assign(
        **{"val/mse": 1 - trials["val/accuracy"]}
    )
    objectives = {"val/mse": "min", "size/params": "min"}
    figure = front_figure(errors, pareto_front(errors, objectives), objectives, teacher={"val/mse": 0.02})
    (axes,) = figure.axes
    label = next(text for text in axes.texts if text.get_text() == "teacher: 0.02")
    assert label.get_verticalalignment() == "top"
    assert axes.get_ylim()[0] < 0.02


def test_references_are_named_lines_apart_from_each_other(trials):
    front = pareto_front(trials, OBJECTIVES)
    near = {"linear": 0.951, "forest": 0.9505, "tfidf": 0.9495, "unknown": math.nan}
    references = {label: {"val/accuracy": level} for label, level in near.items()}
    figure = front_figure(trials, front, OBJECTIVES, teacher=TEACHER, references=references)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    levels = {0.951, 0.9505, 0.9495, 0.975}
    assert {line.get_ydata()[0] for line in axes.lines if len({*line.get_ydata()}) == 1} >= levels
    names = [text for text in axes.texts if ": 0.9" in text.get_text()]
    assert [name.get_text() for name in names] == [
        "teacher: 0.975, 86,026 parameters",
        "linear: 0.951",
        "forest: 0.9505",
        "tfidf: 0.9495",
    ]
    boxes = [name.get_window_extent() for name in names]
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_a_reference_far_off_does_not_squash_the_picture_and_is_named(trials):
    front = pareto_front(trials, OBJECTIVES)
    references = {"chance": {"val/accuracy": 0.1}, "linear": {"val/accuracy": 0.7}}
    (alone,) = front_figure(trials, front, OBJECTIVES, teacher=TEACHER).axes
    (axes,) = front_figure(trials, front, OBJECTIVES, teacher=TEACHER, references=references).axes
    assert alone.get_ylim()[0] > axes.get_ylim()[0] > 0.6
    assert "chance out of view" in texts_of(axes)
    assert "linear: 0.7" in texts_of(axes)


def test_a_third_objective_leaves_markers_without_a_line(trials):
    objectives = {**OBJECTIVES, "latency/p50": "min"}
    timed = trials.assign(**{"latency/p50": np.random.default_rng(1).random(len(trials))})
    front = pareto_front(timed, objectives)
    (axes,) = front_figure(timed, front, objectives).axes
    assert line_of(axes, "Pareto front").get_linestyle() == "None"
    assert len(line_of(axes, "Pareto front").get_xydata()) == len(front)


def test_a_single_objective_is_drawn_over_the_trials(trials):
    objectives = {"val/accuracy": "max"}
    (axes,) = front_figure(trials, pareto_front(trials, objectives), objectives, teacher=TEACHER).axes
    assert axes.get_xlabel() == "Trial"
    np.testing.assert_allclose(axes.collections[0].get_offsets()[:, 0], trials.index)
    assert "teacher: 0.975" in texts_of(axes)


def test_a_single_trial_can_be_drawn(trials):
    one = trials.head(1)
    (axes,) = front_figure(one, one, OBJECTIVES, teacher=TEACHER).axes
    assert texts_of(axes).count("0") == 1


def test_without_a_front_there_is_nothing_to_draw(trials):
    with pytest.raises(ChoiceError, match="no front to draw"):
        front_figure(trials, trials.head(0), OBJECTIVES)


def test_the_users_settings_neither_matter_nor_change(trials, tmp_path):
    front = pareto_front(trials, OBJECTIVES)
    plain = save(front_figure(trials, front, OBJECTIVES), tmp_path / "plain")
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30, "svg.fonttype": "none"}):
        before = {key: value for key, value in mpl.rcParams.items() if key != "backend"}
        styled = save(front_figure(trials, front, OBJECTIVES), tmp_path / "styled")
        assert before.items() <= mpl.rcParams.items()
    assert [path.read_bytes() for path in plain] == [path.read_bytes() for path in styled]


def test_a_notebook_shows_the_file_at_the_size_of_a_page(trials, tmp_path):
    figure = front_figure(trials, pareto_front(trials, OBJECTIVES), OBJECTIVES)
    _, png = save(figure, tmp_path)
    with mpl.rc_context({"font.size": 30, "savefig.bbox": "tight"}):
        shown, size = figure._repr_png_()
    assert shown == png.read_bytes()
    assert size == {"width": 720, "height": 460}


def test_a_folder_that_takes_no_figure_is_said(trials, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="takes no figure"):
        save(front_figure(trials, trials, OBJECTIVES), tmp_path / "file")


@pytest.mark.slow
def test_pyplot_stays_out(tmp_path):
    code = """
import sys
from pathlib import Path

import pandas

from kdorch.reporting.figure import front_figure, save

trials = pandas.DataFrame({"val/accuracy": [0.9], "size/params": [10]})
save(front_figure(trials, trials, {"val/accuracy": "max", "size/params": "min"}), Path(sys.argv[1]))
sys.exit("matplotlib.pyplot" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code, tmp_path], check=False).returncode == 0
