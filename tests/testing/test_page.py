"""The page that lists the checks says what they are; ``python tests/testing/test_page.py`` renews it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kdorch.testing import DatasetContract, LossContract, StudentContract, TeacherContract, checks
from kdorch.testing.contract import Contract

PAGE = Path(__file__).parents[2] / "docs" / "contracts.md"
BEGINNING = """\
# What plugins keep: the contracts

A plugin's whole test is a class that names one object:

```python
from kdorch.testing import LossContract
from kdorch.builtin.losses import Hinton


class TestHinton(LossContract):
    loss = Hinton(temperature=2.0)
```

pytest collects its checks; `kdorch plugins check loss/NAME` runs the same on an installed plugin, without pytest. A check
that has nothing to look at, such as one on features where there are none, is skipped. A failure says what is wrong, why it
matters and what to do. For each check, `tests/testing` has a plugin with one planted defect that this check alone finds.

Samples are made up, of kdorch's own tasks. `LossContract` compares features of shape `shape = (8, 4, 4)`; a loss for a task
of your own overrides `tasks(fewest)` and `targets(task, rows)`. `StudentContract` gives rows of shape
`input_shape = (1, 8, 8)`; where a row is something else than real numbers, override `inputs(rows)`, and where the network
answers one task only, or one of your own, `tasks()`. `TeacherContract` makes a teacher ready with 96 made-up images of three classes; name another
`dataset = ...` where it needs others. A loss that compares rows with each other declares `across_rows`, one that is not 0
where student and teacher agree `zero_at_agreement = False`: those checks are skipped, then.

`kdorch.testing.examine(plugin)` returns the findings, in a script: each has `check`, `about`, `outcome` (`passed`, `failed`,
`skipped`) and `message`.

"""


def page() -> str:
    return BEGINNING + "\n".join(lines())


def lines() -> Iterator[str]:
    shared = checks(Contract)
    yield from table("Every plugin", shared)
    for contract in (LossContract, StudentContract, TeacherContract, DatasetContract):
        own = {name: about for name, about in checks(contract).items() if name not in shared}
        yield from table(f"`{contract.__name__}`", own)


def table(title: str, found: dict[str, str]) -> Iterator[str]:
    yield from (f"## {title}: {len(found)} checks", "", "| `test_…` | What it makes sure of |", "|---|---|")
    yield from (f"| `{name.removeprefix('test_')}` | {about} |" for name, about in found.items())
    yield ""


def test_the_page_lists_every_check():
    assert PAGE.read_text() == page(), "python tests/testing/test_page.py renews it"


def test_every_check_says_what_it_makes_sure_of_in_a_line():
    for contract in (LossContract, StudentContract, TeacherContract, DatasetContract):
        for name, about in checks(contract).items():
            whole = (getattr(contract, name).__doc__ or "").strip()
            assert about == whole, f"{contract.__name__}.{name}: more than a line"
            assert about.endswith("."), f"{contract.__name__}.{name}"


if __name__ == "__main__":
    PAGE.write_text(page())
