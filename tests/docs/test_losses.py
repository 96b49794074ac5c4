"""The page of losses: its second half is made from the classes. Read it after renewing it::

python tests/docs/test_losses.py
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from kdorch.cli.main import cli
from kdorch.discovery import installed
from kdorch.kinds import Loss

PAGE = Path(__file__).parents[2] / "docs" / "losses.md"
MARK = "<!-- From here on it is made from the classes: python tests/docs/test_losses.py -->\n"
HEAD = "| Field | Default | Range for `auto` | What it is |\n|---|---|---|---|\n"


def written() -> str:
    return PAGE.read_text().partition(MARK)[0]


def made() -> str:
    losses = [entry.spec for entry in installed().registries["loss"] if entry.origin.distribution == "kdorch"]
    groups = {
        "Losses on labels and logits": [loss for loss in losses if "features" not in loss.needs],
        "Losses on features": [loss for loss in losses if "features" in loss.needs],
    }
    parts = [f"## {title}\n\n{table(found)}\n{sections(found)}" for title, found in groups.items()]
    return MARK + "\n" + "\n".join(parts)


def table(losses: list[type[Loss]]) -> str:
    rows = [f"| [`{loss.name}`](#{loss.name}) | {summary(loss)} | {paper(loss)} |" for loss in losses]
    return "\n".join(["| Loss | What it is | Paper |", "|---|---|---|", *rows, ""])


def summary(loss: type[Loss]) -> str:
    return text(loss).splitlines()[0].replace("|", r"\|")


def sections(losses: list[type[Loss]]) -> str:
    return "\n".join(section(loss) for loss in losses)


def section(loss: type[Loss]) -> str:
    shown = json.loads(CliRunner().invoke(cli, ["plugins", "show", f"loss/{loss.name}", "--json"]).output)
    fields = [line(loss, field) for field in shown["fields"] if field["field"] != "weight"]
    parts = [
        f"### {loss.name}",
        text(loss),
        HEAD + "\n".join(fields) if fields else "",
        facts(loss),
        loss.reference.replace(number(loss), paper(loss)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def facts(loss: type[Loss]) -> str:
    known = [
        (loss.tasks, f"For {', '.join(sorted(loss.tasks))}."),
        (loss.across_rows, "It compares the rows of a batch with each other."),
        (not loss.zero_at_agreement, "It is not 0 at agreement."),
    ]
    return " ".join(sentence for holds, sentence in known if holds)


def paper(loss: type[Loss]) -> str:
    return (
        f"[{number(loss)}](https://arxiv.org/abs/{number(loss).removeprefix('arXiv:')})"
        if loss.reference
        else ""
    )


def number(loss: type[Loss]) -> str:
    return loss.reference.rpartition(", ")[2]


def text(loss: type[Loss]) -> str:
    """Return what the class says of itself, without its fields."""
    return described(loss)[0]


def line(loss: type[Loss], field: dict[str, Any]) -> str:
    words = [about[field["field"]] for about in map(fields_of, loss.__mro__) if field["field"] in about]
    return f"| `{field['field']}` | {field['default']} | {field['range']} | {words[0]} |"


def fields_of(kind: type) -> dict[str, str]:
    """Return what a class says of each of its fields."""
    entries = re.findall(r"^    (\w+): (.*(?:\n     +.*)*)", described(kind)[1], flags=re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in entries}


def described(kind: type) -> tuple[str, str]:
    from inspect import cleandoc

    whole = cleandoc(kind.__doc__ or "").replace("``", "`")
    before, _, fields = whole.partition("\n\nAttributes:\n")
    return before, fields


def test_the_page_is_what_the_classes_say() -> None:
    assert PAGE.read_text() == written() + made(), "renew it: python tests/docs/test_losses.py"


def test_every_loss_says_what_it_needs_to() -> None:
    for entry in installed().registries["loss"]:
        if entry.origin.distribution == "kdorch" and entry.name != "task":
            assert re.fullmatch(r"arXiv:\d{4}\.\d{4,5}", number(entry.spec)), entry.name
            assert re.search(r"\bNot\s(for|where|to)\b", text(entry.spec)), entry.name
            assert re.search(r"\bUsual\s+weight:\s", text(entry.spec)), entry.name
            for name in entry.spec.model_fields:
                assert any(name in fields_of(kind) for kind in entry.spec.__mro__), (entry.name, name)


def test_the_numbers_of_the_page_are_what_its_code_prints() -> None:
    code = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    [told] = re.findall(r"^```text\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec("\n".join(code), {})
    assert printed.getvalue() == told


if __name__ == "__main__":
    PAGE.write_text(written() + made(), encoding="utf-8")
