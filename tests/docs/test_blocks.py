"""Every block of code in the pages: commands exist, studies are sound, Python runs, and a page works in order.

A page that is added is taken up by itself. Blocks of output are marked as ``text``, those of a page's files begin
with a comment that names the file: ``# kdorch_focus.py``.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML
from safetensors.numpy import save, save_file

from kdorch import StudyError
from kdorch.cli.main import cli
from kdorch.discovery import discover
from kdorch.study import Study

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("session", Path(__file__).with_name("session.py"))
session = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(session)

LANGUAGES = {"bash", "diff", "python", "text", "toml", "yaml"}
GENERATED = {"errors.md"}  # of wrong studies: written, and compared, by tests/study/test_wrong.py
PAGES = [
    page
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("plugins/*/*.md"), *(ROOT / "docs").rglob("*.md")])
    if page.name not in GENERATED
]
BLOCKS = [
    pytest.param(page, line, language, text, id=f"{page.name}:{line}")
    for page in PAGES
    for line, language, text in session.blocks(page)
]
# Programs of others in the pages, and who makes sure that what is written there works.
OTHERS = {
    "apt-get": "nobody",
    "cat": "the session of the page",
    "cd": "the session of the page",
    "curl": "tests/shipping/test_serving.py",
    "export": "the session of the page",
    "git": "nobody",
    "mlflow": "tests/shipping/test_serving.py",
    "pip": ".ci/run installs; in the session of the page, plugins are put in place without it",
    "pytest": "the session of the page",
    "python": "the session of the page, but for -m build",
    "tox": ".ci/run; its environments are looked up here",
    "twine": "nobody: it publishes",
}
TABLE = "name,age,income,plan,churned\n" + "".join(
    f"n{row},{20 + row % 50},{1000 + row * 7},{'abc'[row * 7 % 3]},{'yes' if row % 2 else 'no'}\n"
    for row in range(120)
)


def of(*languages: str) -> Any:
    chosen = [block for block in BLOCKS if block.values[2] in languages]
    return pytest.mark.parametrize(("page", "line", "language", "text"), chosen)


def runs_studies(page: Path) -> bool:
    """Tell whether a page takes long: it has commands of ours, or runs in Python what they do."""
    return any(
        (language == "bash" and re.search(r"^kdorch|&& kdorch", text, flags=re.MULTILINE))
        or (language == "python" and re.search(r"kdorch\.(run|promote)\(|mlflow", text))
        for _, language, text in session.blocks(page)
    )


@pytest.mark.parametrize("page", [page for page in PAGES if session.blocks(page)], ids=lambda page: page.name)
def test_every_block_says_what_it_is(page):
    unknown = [(line, name) for line, name, _ in session.blocks(page) if name not in LANGUAGES]
    assert not unknown, "mark output as ```text"
    fences = re.findall(r"^ *```", page.read_text(), flags=re.MULTILINE)
    assert len(fences) == 2 * len(session.blocks(page)), "a block is not closed, or indented"


@of("bash")
def test_commands_exist_and_take_their_options(page, line, language, text):
    for words in session.commands(text):
        program, *arguments = words
        if program == "kdorch":
            parse(cli, "kdorch", arguments)
        else:
            assert program in OTHERS, words
        if program == "tox" and "-e" in arguments:
            tox = (ROOT / "tox.ini").read_text()
            assert f"[testenv:{arguments[arguments.index('-e') + 1]}]" in tox


def parse(command: click.Command, name: str, words: list[str], parent: Any = None) -> None:
    """Have click read the words, and run nothing."""
    with command.make_context(name, list(words), parent=parent) as context:
        if isinstance(command, click.Group):
            rest = [*context._protected_args, *context.args]
            found, below, rest = command.resolve_command(context, rest)
            parse(below, found, rest, context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_sentences_and_above_their_output_exist(page):
    for inside, above in re.findall(r"`kdorch ([^`]+)`|^\$ kdorch (.+)$", page.read_text(), re.MULTILINE):
        command = cli
        for word in shlex.split(inside or above):
            if word.startswith("-"):
                known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
                assert word.partition("=")[0] in known | {"--help"}, inside or above
            elif isinstance(command, click.Group):
                assert word in command.commands or word.isupper(), inside or above  # STUDY stands for some
                command = command.commands.get(word, command)


@of("toml")
def test_toml_can_be_read(page, line, language, text):
    assert tomllib.loads(text)


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Iterator[Path]:
    """A directory with the files that pages speak of."""
    (tmp_path / "customers.csv").write_text(TABLE)
    (tmp_path / "scores.csv").write_text("file,score\na.png,0.5\n")
    (tmp_path / "reviews.csv").write_text("review,liked\na good film,yes\n")
    (tmp_path / "recordings").mkdir()
    (tmp_path / "pictures" / "cat").mkdir(parents=True)
    (tmp_path / "encoder").mkdir()
    for file in ("config.json", "model.safetensors", "tokenizer.json"):
        (tmp_path / "encoder" / file).touch()
    for teacher in ("answers.csv", "forest.skops", "teacher.pt2"):
        (tmp_path / teacher).touch()
    save_file({}, tmp_path / "best.safetensors")
    shutil.copytree(ROOT / "studies", tmp_path / "studies")
    (tmp_path / "plugins").symlink_to(ROOT / "plugins")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path / ".site"), *sys.path])
    discover.cache_clear()
    yield tmp_path
    discover.cache_clear()
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]  # other pages, and other tests, have a my_loss of their own


def install_plugins_of(page: Path, folder: Path) -> None:
    """Install what the page writes, and what the repository brings along."""
    (folder / ".site").mkdir()
    for _, language, text in session.blocks(page):
        file = session.written(language, text)
        if language == "toml":
            file = f"{tomllib.loads(text)['project']['name']}/pyproject.toml"
        if file and language != "yaml":
            session.write(folder / file, text)
    for project in [*folder.glob("*/pyproject.toml"), *(ROOT / "plugins").glob("*/pyproject.toml")]:
        session.install(project.parent, folder / ".site")


@of("yaml")
def test_studies_are_sound_and_parts_of_studies_fit_into_one(page, line, language, text, workplace):
    """A part fits into a sound study, or at least into one that has what the page has shown before it."""
    install_plugins_of(page, workplace)
    make_what_is_named_in(text, workplace)
    if session.is_study(language, text):
        load(workplace, YAML(typ="safe").load(text))
        return
    parts = [
        YAML(typ="safe").load(other)
        for at, language, other in session.blocks(page)
        if at <= line and language == "yaml" and not session.is_study(language, other)
    ]
    assert parts[-1].keys() <= Study.model_fields.keys()
    try:
        load(workplace, fitted([parts[-1]]))
    except StudyError:
        load(workplace, fitted(parts))


def make_what_is_named_in(text: str, folder: Path) -> None:
    """Let there be files and modules that a study of the page names: reading them is no part of its check."""
    for name in re.findall(r"[\w/-]+\.(?:csv|npy|npz|parquet|pt2?|safetensors|skops)\b", text):
        if not (folder / name).exists():
            session.write(folder / name, save({}).decode() if name.endswith(".safetensors") else "")
    for module, name in re.findall(r"\b([a-z_]\w*):([A-Za-z]\w*)", text):
        if importlib.util.find_spec(module) is None:
            session.write(folder / f"{module}.py", f"class {name}: ...\n")


def load(folder: Path, tree: Any) -> None:
    with (folder / "study.yaml").open("w") as stream:
        YAML().dump(tree, stream)
    Study.load(folder / "study.yaml")


def fitted(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a sound study with these sections in place of its own."""
    sections = {name: section for part in parts for name, section in part.items()}
    sound = YAML(typ="safe").load((ROOT / "tests" / "study" / "wrong" / "sound.yaml").read_text())
    if sections.get("data", {}).get("task") == "regression":
        sound |= {"losses": {"task": {"use": "task"}}, "objectives": {"val/r2": "max"}}
    if "losses" in sections:
        sections["losses"] = {"task": {"use": "task"}} | sections["losses"]
    return sound | {"train": {"epochs": 20}} | sections


@of("python")
def test_python_can_be_compiled(page, line, language, text):
    compile(text, f"{page.name}:{line}", "exec")


@pytest.mark.parametrize(
    "page",
    [
        page
        for page in PAGES
        if not runs_studies(page) and any(name == "python" for _, name, _ in session.blocks(page))
    ],
    ids=lambda page: page.name,
)
def test_python_of_a_page_runs(page, workplace):
    install_plugins_of(page, workplace)
    namespace: dict[str, Any] = {"__name__": page.stem}
    for line, language, text in session.blocks(page):
        if language == "python":
            exec(compile("\n" * (line - 1) + text, str(page), "exec", dont_inherit=True), namespace)


FOLLOWING = {ROOT / "README.md": [ROOT / "docs" / "model-card.md"]}  # pages that go on where another ends


def begins_a_session(page: Path) -> bool:
    return page in PAGES and runs_studies(page) and not any(page in pages for pages in FOLLOWING.values())


@pytest.mark.pages
@pytest.mark.parametrize(
    "page",
    [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if begins_a_session(page)],
    ids=lambda page: page.name,
)
def test_a_page_works_from_top_to_bottom(page, home, workplace):
    shutil.copytree(home, workplace / ".kdorch")
    for study in (workplace / "studies").glob("*.yaml"):
        session.shrink(study)
    pages = [page, *FOLLOWING.get(page, ())]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, session.__file__, str(workplace), *map(str, pages)],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
