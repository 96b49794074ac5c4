"""What of the reference is made from the code when the site is built, so that it cannot go stale.

It stands where a page says ``<!-- made: NAME -->``. It comes from the commands themselves, from the JSON
schema that `kdorch study schema` prints, and from the docstrings of the public names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, cast

import click

import kdorch
from kdorch.cli.main import cli
from kdorch.discovery import installed
from kdorch.kinds import Task
from kdorch.spec import Spec
from kdorch.study.metrics import measured
from kdorch.study.schema import schema
from kdorch.study.settings import SETTINGS

Schema = dict[str, Any]
ROOT = Path(__file__).parents[2]
MARK = re.compile(r"<!-- made: (\w+) -->")
MOST = 8  # names in a cell
KINDS = ("dataset", "teacher", "student", "loss", "measure", "task")
PUBLIC = {
    "Studies": ("kdorch.api", "kdorch.study", "kdorch.search.observer"),
    "Kinds of plugins, and what passes between them": ("kdorch.kinds", "kdorch.spec", "kdorch.hookspecs"),
    "Tasks": ("kdorch.tasks.",),
    "Networks": ("kdorch.kinds.stages", "kdorch.builtin.taps", "kdorch.kinds.distributions"),
    "Data": ("kdorch.builtin.files.", "kdorch.builtin.preprocessing", "kdorch.fetching"),
    "Errors": ("kdorch.errors",),
}


def on_page_markdown(markdown: str, **_: object) -> str:
    """Put what is made in its place; MkDocs calls this for each page."""
    return MARK.sub(lambda mark: MADE[mark[1]](), markdown)


# ---------------------------------------------------------------- the command line


def commands() -> str:
    """Return all commands, with what ``--help`` says of each."""
    return "\n\n".join(_command(each) for each in walk(_context(cli, "kdorch")))


def walk(context: click.Context) -> Iterator[click.Context]:
    """Yield a command and all below it."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            if (below := context.command.get_command(context, name)) and not below.hidden:
                yield from walk(_context(below, name, context))


def _context(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    return click.Context(command, info_name=name, parent=parent)


def _command(context: click.Context) -> str:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    options = [option for option in command.params if isinstance(option, click.Option)]
    records = [record for option in options if (record := option.get_help_record(context))]
    rows = [[f"`{name}`", words] for name, words in records]
    return paragraphs(
        f"## {context.command_path}",
        f"```text\n{usage}\n```",
        *map(_prose, re.split(r"\n\n+", cleandoc(command.help or ""))),
        table(["Option", ""], rows),
    )


def _prose(paragraph: str) -> str:
    """Return a paragraph of a help text; what click leaves as it is becomes a block."""
    return f"```text\n{paragraph[2:]}\n```" if paragraph.startswith("\b\n") else paragraph


# ---------------------------------------------------------------- the study file


def sections() -> str:
    """Return a study's sections, and the keys of each."""
    whole = schema(installed())
    parts = {name: whole["$defs"][model.__name__] for name, model in SETTINGS.items()}
    each = (paragraphs(f"## {name}", about["description"], fields(about)) for name, about in parts.items())
    return paragraphs("## Sections", fields(whole), *each)


def schedule() -> str:
    """Return the keys of a weight that changes with the epochs."""
    return fields(schema(installed())["$defs"]["Schedule"])


def metrics() -> str:
    """Return each metric, which way is better, and the tasks that have it."""
    plugins = installed()
    tasks = {
        name: measured(cast("type[Task]", plugins.find("task", name)), plugins)
        for name in plugins.names("task")
    }
    known = dict.fromkeys(pair for found in tasks.values() for pair in found.items())
    rows = [
        [f"`{metric}`", f"`{way}`", ", ".join(task for task in tasks if tasks[task].get(metric) == way)]
        for metric, way in known
    ]
    return table(["Metric", "Better", "Task"], rows)


def scores() -> str:
    """Return what ``metrics`` may name."""
    names: list[str] = schema(installed())["properties"]["metrics"]["anyOf"][0]["items"]["enum"]
    return ", ".join(f"`{name}`" for name in names)


def fields(about: Schema) -> str:
    """Return the table of a section's keys, or of a plugin's fields."""
    rows = [
        [f"`{name}`", kind(field), _default(name, field, about), field.get("description", "")]
        for name, field in about.get("properties", {}).items()
        if name != "use"
    ]
    return table(["Key", "What it takes", "Default", ""], rows)


def _default(name: str, field: Schema, about: Schema) -> str:
    if name in about.get("required", ()):
        return "required"
    return "" if isinstance(field.get("default"), dict | list | None) else f"`{_yaml(field['default'])}`"


def _yaml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def kind(about: Schema) -> str:
    """Return in words what a field takes."""
    if "$ref" in about:
        return _linked(about["$ref"].rpartition("/")[2])
    if options := about.get("anyOf") or about.get("oneOf"):
        return " or ".join(dict.fromkeys(kind(option) for option in options if option != {"type": "null"}))
    if "const" in about or "enum" in about:
        words = about.get("enum", [about.get("const")])
        return ", ".join(f"`{_yaml(word)}`" for word in words) if len(words) <= MOST else "names"
    if about.get("type") == "array":
        return f"a list: {kind(about['items'])}" if "items" in about else "a list"
    if about.get("type") == "object":
        values = about.get("additionalProperties")
        return f"by name: {kind(values)}" if isinstance(values, dict) else "by name"
    names = {
        "integer": "a whole number",
        "number": "a number",
        "boolean": "`true`, `false`",
        "string": "text",
    }
    words = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    bounds = (f" {word} {about[key]}" for key, word in words.items() if key in about)
    return names.get(about.get("type", ""), "anything") + "".join(bounds)


def _linked(name: str) -> str:
    if name.lower() in KINDS:
        return f"[{name.lower()}](plugins.md#{_plural(name.lower())})"
    if name.lower() in SETTINGS:
        return f"[a section](study.md#{name.lower()})"
    words = "a choice" if name.startswith("OneOf") else f"a {name.lower()}"
    return f"[{words}](study.md#{words.replace(' ', '-')})"


# ---------------------------------------------------------------- plugins


def plugins() -> str:
    """Return all that kdorch brings along, by kind; of losses only their names."""
    parts: dict[str, Schema] = schema(installed())["$defs"]
    texts = []
    for each in KINDS:
        found = [e.spec for e in installed().registries[each] if e.origin.distribution == "kdorch"]
        links = [[f"[`{loss.name}`](../losses.md#{loss.name})", _summary(loss)] for loss in found]
        about = (_plugin(spec, parts.get(spec.__name__, {})) for spec in found)
        told = [table(["Loss", ""], links)] if each == "loss" else about
        texts += [f"## {_plural(each).capitalize()}", *told]
    return paragraphs(*texts)


def _plural(word: str) -> str:
    return f"{word}es" if word.endswith("s") else f"{word}s"


def _summary(spec: type[Spec]) -> str:
    return (spec.__doc__ or "").strip().partition("\n")[0]


def _plugin(spec: type[Spec], about: Schema) -> str:
    words = cleandoc(spec.__doc__ or "").partition("\n\nAttributes:")[0]
    facts = {fact: ", ".join(sorted(getattr(spec, fact))) for fact in ("tasks", "needs", "provides")}
    known = " ".join(f"{fact.capitalize()}: {names}." for fact, names in facts.items() if names)
    reference = f"<{spec.reference}>" if spec.reference.startswith("http") else spec.reference
    return paragraphs(f"### {spec.name}", words, fields(about), known, reference)


# ---------------------------------------------------------------- Python, and the decisions


def python() -> str:
    """Return the public names below their headings; mkdocstrings puts their docstrings there."""
    homes = kdorch._HOME.items()
    names = {title: [name for name, home in homes if _in(home, rooms)] for title, rooms in PUBLIC.items()}
    return paragraphs(
        *(paragraphs(f"## {title}", *(f"::: kdorch.{name}" for name in names[title])) for title in names)
    )


def _in(home: str, rooms: Iterable[str]) -> bool:
    return any(home == room or (room.endswith(".") and home.startswith(room)) for room in rooms)


def decisions() -> str:
    """Return the decisions, by their titles."""
    pages = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    titles = [page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for page in pages]
    return "\n".join(f"- [{title}]({page.name})" for page, title in zip(pages, titles, strict=True))


def paragraphs(*texts: str) -> str:
    """Return texts one below the other, without those that are empty."""
    return "\n\n".join(text for text in texts if text)


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table of Markdown, or nothing of no rows; a bar inside code ends no cell by itself."""
    cells = [[re.sub(r"(`[^`]*`)|\|", lambda found: found[1] or r"\|", cell) for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *cells]]
    return "\n".join(lines) if rows else ""


MADE: dict[str, Callable[[], str]] = {
    made.__name__: made
    for made in (commands, sections, schedule, metrics, scores, plugins, python, decisions)
}
