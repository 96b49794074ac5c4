from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import pytest

from kdorch.choosing.intervals import Interval
from kdorch.shipping.card import Card, Network, render
from kdorch.shipping.usage import Usage

BARE = Card(
    study="toys",
    trial=17,
    summary="A small network that names toys.",
    data="toys",
    data_digest="sha256:abc",
    rows={"train": 1060, "test": 20},
    teacher=Network("mlp, width 256"),
    student=Network("mlp, width 16", parameters=1125, size_bytes=4500),
)
USAGE = Usage("models:/toys@champion", "float64", (8, 8), (5,), tuple("abcde"))


def test_the_story_is_told() -> None:
    page = render(replace(BARE, commit="1a2b3c", date="2026-01-02", limits=("Only in daylight.",)))
    for fact in (
        "# toys: trial 17",
        "A small network that names toys.",
        "- Rows: 1,060 train, 20 test",
        "| student | mlp, width 16 | 1,125 | 4,500 |",
        "| teacher | mlp, width 256 | — | — |",
        "Tested on 20 rows of toys",
        "Not checked: fairness",
        "- Only in daylight.",
        "- commit: `1a2b3c`",
        "- date: 2026-01-02",
        "- torch: ",
    ):
        assert fact in page


def test_the_outputs_are_told_and_named() -> None:
    page = render(replace(BARE, output_meaning="Numbers, in metres.", usage=USAGE))
    assert "- Output: Numbers, in metres. Array of shape (N, 5).\n- Names of the outputs: `a`, `b`, " in page
    assert "answers = model.predict(rows)" in page


def test_what_is_unknown_has_no_section() -> None:
    page = render(BARE)
    titles = ("Intended use", "Verdict", "Results", "Results by class", "Calibration", "Succession")
    for title in (*titles, "Losses", "Hyper-parameters", "How to use"):
        assert f"## {title}" not in page
    assert "commit" not in page


def test_results_are_means_over_seeds_side_by_side() -> None:
    results = {
        "student": {"val/accuracy": (0.9, 0.8, 0.85), "test/accuracy": (0.75,)},
        "teacher": {"test/accuracy": (0.95,)},
    }
    page = render(replace(BARE, results=results))
    assert "|  | val/accuracy | test/accuracy |" in page
    # 4.303 is the quantile of Student's t for 2 degrees of freedom, .05 the deviation, 3 the seeds.
    assert f"| student | 0.85 ± {4.303 * 0.05 / 3**0.5:.2g} (3 seeds) | 0.75 |" in page
    assert "| teacher | — | 0.95 |\n\n± is half of the 95 % interval of the mean over the seeds" in page


def test_references_stand_beside_the_teacher() -> None:
    page = render(replace(BARE, references={"linear": Network("linear regression", 65)}))
    assert "| teacher | mlp, width 256 | — | — |\n| reference linear | linear regression | 65 | — |\n" in page


def test_nothing_is_said_about_a_spread_that_is_not_shown() -> None:
    assert "±" not in render(replace(BARE, results={"teacher": {"test/accuracy": (0.95,)}}))


def test_an_untested_student_is_called_untested() -> None:
    assert "Not tested" in render(replace(BARE, rows={"train": 60}))


def test_a_value_cannot_break_its_table() -> None:
    page = render(replace(BARE, hyper_parameters={"student.layers": "a|b\nc"}))
    assert "| student.layers | a\\|b c |" in page


def test_classes_that_are_missed_most_come_first_and_few_rows_are_a_limit() -> None:
    figures = {
        "a|b": {"rows": 60, "recall": 0.9, "precision": 0.8},
        "rare": {"rows": 7, "recall": 0.5, "precision": math.nan},
        "never": {"rows": 0, "recall": math.nan, "precision": math.nan},
    }
    page = render(replace(BARE, by_class=figures))
    assert (
        "| class | rows | recall | precision |\n| --- | --- | --- | --- |\n| `rare` | 7 | 0.500 | — |\n"
        "| `a\\|b` | 60 | 0.900 | 0.800 |\n| `never` | 0 | — | — |\n\nOn the validation rows"
    ) in page
    assert (
        "- Results by class are rough where it has fewer than 30 validation rows: rare (7), never (0).\n"
        in page
    )


def test_the_worst_of_a_thousand_classes_are_shown() -> None:
    figures = {
        f"class {place}": {"rows": 50, "recall": place / 1000, "precision": 0.5} for place in range(1000)
    }
    page = render(replace(BARE, by_class=dict(reversed(figures.items()))))
    assert "| `class 29` | 50 | 0.029 | 0.500 |" in page
    assert "`class 30`" not in page
    assert "flatter it a little. 970 more classes." in page


def test_an_interval_stands_as_it_is_and_says_what_it_is_over() -> None:
    results = {
        "student": {"test/accuracy": Interval(0.9, 0.85, 0.95, n=5)},
        "teacher": {"test/accuracy": (0.95,)},
    }
    page = render(replace(BARE, results=results, spread="over everything"))
    assert (
        "| student | 0.9 ± 0.05 (5 seeds) |\n| teacher | 0.95 |\n\n± is half of the 95 % interval of the mean over "
        in page
    )
    assert "of the mean over everything." in page


def test_usage_names_address_shapes_and_classes() -> None:
    page = render(replace(BARE, usage=USAGE))
    assert 'mlflow.pyfunc.load_model("models:/toys@champion")' in page
    assert "numpy array, float64, shape (N, 8, 8)" in page
    assert "Array of shape (N, 5)." in page
    assert "`a`, `b`, `c`, `d`, `e`, in this order" in page


@pytest.mark.parametrize(("rows", "shown"), [((), "shape (N,)"), ((3,), "shape (N, 3)")])
def test_shapes_are_written_as_python_writes_them(rows: tuple[int, ...], shown: str) -> None:
    assert shown in render(replace(BARE, usage=replace(USAGE, row_shape=rows)))


def test_a_thousand_classes_do_not_fill_the_page() -> None:
    labels = tuple(f"class {number}" for number in range(1000))
    page = render(replace(BARE, usage=replace(USAGE, labels=labels)))
    assert "and 980 more" in page
    assert "class 500" not in page


def test_names_that_cannot_be_seen_do_not_break_the_line() -> None:
    page = render(
        replace(BARE, usage=replace(USAGE, labels=("\n", "`", " ", "\N{GREEK SMALL LETTER ALPHA}")))
    )
    assert "`\\n`, `` ` ``, ` `, `\N{GREEK SMALL LETTER ALPHA}`, in this order" in page


def test_importing_the_room_is_cheap() -> None:
    heavy = "import sys, kdorch.shipping; print({'torch', 'mlflow', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_columns_are_told_with_the_lines_that_encode_a_row() -> None:
    from kdorch.shipping.legend import ENCODE, legend

    many = [str(category) for category in range(12)]
    columns = [
        {"name": "a|b", "type": "number"},
        {"name": "city", "type": "category", "categories": many},
        *({"name": f"x{number}", "type": "number"} for number in range(30)),
    ]
    lines = legend(columns).splitlines()
    assert r"| a\|b | number |  |" in lines
    assert "| city | category | `0`, `1`, `2`, `3`, `4`, `5`, `6`, `7`, `8`, `9` and 2 more |" in lines
    assert "2 more are in `columns.json`." in lines
    assert ENCODE in legend(columns)
    assert legend([]) == ""


def test_code_that_is_too_long_for_the_page_is_imported_from_beside_the_model() -> None:
    short, long = "def encode(texts): ...", f"TOKENS = {['token'] * 500}\n\ndef encode(texts): ..."
    page = render(replace(BARE, encoding=short))
    assert f"## From what you have to rows\n\n```python\n{short}\n```\n\n`encode.py` beside" in page
    page = render(replace(BARE, encoding=long))
    assert "TOKENS" not in page
    assert '\nsys.path.append("model")' in page
    assert "\nfrom encode import encode  # help(encode)" in page
