"""Run a page from top to bottom, as a reader would: its commands in bash, its Python in one namespace.

Run as a script with the page and a directory, which becomes the current one. What would take minutes is made
small: a study's file, before it is run. What would install, publish or serve is a stand-in on the path: ``pip``
puts a plugin where Python finds it, ``kdorch ui``, ``tox`` and the like do nothing.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
FILE = re.compile(r"# ([\w/.-]+\.(?:py|yaml|toml))$", flags=re.MULTILINE)  # as the first line of a block
GIVEN = {
    "model-card.md": "from sklearn.datasets import load_digits; rows = load_digits().images"
}  # "rows: …"
STAND_INS = ("tox", "twine", "mlflow", "curl")


def blocks(page: Path) -> list[tuple[int, str, str]]:
    """Return the blocks of a page: the line they begin in, their language, and their text."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, found.start()) + 2, *found.groups()) for found in BLOCK.finditer(text)]


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command, without comments and assignments."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        words = shlex.split(line, comments=True)
        for command in split(words):
            yield [*command]


def split(words: list[str]) -> Iterator[list[str]]:
    command: list[str] = []
    for word in [*words, "&&"]:
        if word in {"&&", "|", "||", ";", "{", "}", ">", ">>"}:
            if command:
                yield command
            command = []
        elif command or not re.fullmatch(r"\w+=.*", word):
            command = [*command, word]


def is_study(language: str, text: str) -> bool:
    return language == "yaml" and {"name:", "objectives:"} <= set(re.findall(r"^\w+:", text, re.MULTILINE))


def written(language: str, text: str) -> str | None:
    """Return the file that a block is the content of: its first line says so, or it is a study."""
    named = FILE.match(text)
    if named:
        return named[1]
    name = re.search(r"^name: (\S+)", text, flags=re.MULTILINE)
    return f"{name[1]}.yaml" if name and is_study(language, text) else None


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def shrink(study: Path) -> None:
    """Make a study one of seconds: few trials, few epochs, a teacher that is easily reached."""
    from ruamel.yaml import YAML

    yaml = YAML()
    tree = yaml.load(study.read_text(encoding="utf-8"))
    tree["train"] = dict(tree.get("train", {}), epochs=4)
    tree["search"], tree["confirm"] = {"trials": 3}, {"top": 1, "seeds": 2}
    if tree["teacher"]["use"] == "trained":
        tree["teacher"]["epochs"] = 1
    with study.open("w", encoding="utf-8") as stream:
        yaml.dump(tree, stream)


def install(project: Path, site: Path) -> None:
    """Put a distribution where Python finds it, as ``pip install --no-deps`` would: nothing is downloaded."""
    facts = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    if facts["name"] == "kdorch":
        return
    source = project / "src" if (project / "src").is_dir() else project
    for target in facts["entry-points"]["kdorch"].values():
        for found in source.glob(f"{target.partition('.')[0]}*"):
            if not (site / found.name).exists():
                (site / found.name).symlink_to(found.resolve())
    info = site / f"{facts['name'].replace('-', '_')}-{facts['version']}.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {facts['name']}\nVersion: {facts['version']}\n"
    )
    lines = [f"{name} = {target}" for name, target in facts["entry-points"]["kdorch"].items()]
    (info / "entry_points.txt").write_text("\n".join(["[kdorch]", *lines, ""]))


def stand_in(name: str, words: list[str]) -> None:
    """Be a command of a page."""
    if name == "kdorch" and "ui" not in words:
        for study in (word for word in words if word.endswith(".yaml") and "run" in words):
            shrink(Path(study))
        from kdorch.cli import main

        sys.argv = ["kdorch", *words]
        main()
    if name == "pip":
        for folder in (Path(word.partition("[")[0]) for word in words):
            if (folder / "pyproject.toml").is_file():
                install(folder, Path(os.environ["SITE"]))
    if name == "python" and words[:2] != ["-m", "build"]:
        os.execv(sys.executable, [sys.executable, *words])


def prepare(folder: Path) -> None:
    """Make the commands of the page those of this Python, and let it find what is installed on the way."""
    programs, site = folder / ".bin", folder / ".site"
    programs.mkdir(exist_ok=True)
    site.mkdir(exist_ok=True)
    for name in ("kdorch", "pip", "python", *STAND_INS):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {__file__} --as {name} "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    scripts = Path(sys.executable).parent
    os.environ["PATH"] = os.pathsep.join([str(programs), str(scripts), os.environ["PATH"]])
    os.environ["SITE"] = str(site)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(site), os.environ["PYTHONPATH"]])
    sys.path[:0] = [str(folder), str(site)]


def run(page: Path) -> None:
    """Run the blocks of a page in order; the first that fails ends it."""
    namespace: dict[str, object] = {"__name__": page.stem}
    exec(GIVEN.get(page.name, ""), namespace)
    for line, language, text in blocks(page):
        file = written(language, text)
        if file:
            write(Path(file), text)
        if language == "bash":
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], check=False)
            if done.returncode:
                sys.exit(f"{page.name}, line {line}: exit code {done.returncode}")
        elif language == "python" and not file:
            from kdorch.discovery import discover

            discover.cache_clear()  # something may have been installed since the last block
            exec(compile("\n" * (line - 1) + text, str(page), "exec", dont_inherit=True), namespace)


def main() -> None:
    """Be a command, or run pages."""
    if sys.argv[1] == "--as":
        stand_in(sys.argv[2], sys.argv[3:])
        return
    folder, *pages = map(Path, sys.argv[1:])
    os.chdir(folder)
    prepare(folder)
    for page in pages:
        run(page)


if __name__ == "__main__":
    main()
