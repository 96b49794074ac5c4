"""What pages of the site link to outside of docs: it is in the site, too, below ``repository/``.

In the repository, links lead from file to file. For the site, a page of Markdown stays one, a directory is
its README or a list of what is in it, and any other file is shown as it is.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)(?=[)#])")
FENCE = re.compile(r"(^```.*?^```$)", flags=re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add whatever pages link to, and what is linked to from there."""
    from mkdocs.structure.files import File

    pages = {source(file.src_uri): file.content_string for file in files.documentation_pages()}
    seen = {source(file.src_uri) for file in files}
    waiting = list(pages)
    while waiting:
        at = waiting.pop()
        text = pages[at] if at in pages else shown(at)
        if place(at) not in files.src_uris:
            files.append(File.generated(config, place(at), content=text))
        found = {target(at, link) for link in LINK.findall(FENCE.sub("", text))} - seen
        seen |= found
        waiting += sorted(path for path in found if (ROOT / path).exists())
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Let links lead to where things are in the site."""
    here = page.file.src_uri

    def moved(link: re.Match[str]) -> str:
        there = target(source(here), link[0])
        return relpath(place(there), dirname(here)) if (ROOT / there).exists() else link[0]

    parts = FENCE.split(markdown)  # every other one is a block of code
    return "".join(part if index % 2 else LINK.sub(moved, part) for index, part in enumerate(parts))


def source(uri: str) -> str:
    """Return the path in the repository of what is in the site."""
    inner = uri.removeprefix("repository/")
    return inner if inner != uri else f"docs/{uri}"


def target(at: str, link: str) -> str:
    """Return the path in the repository that a link of a file leads to."""
    return normpath(join(dirname(at), link))


def place(path: str) -> str:
    """Return where in the site a file or directory of the repository is."""
    inner = path.removeprefix("docs/") if path.startswith("docs/") else f"repository/{path}"
    if (ROOT / path).is_dir():
        return f"{inner}/{'README' if (ROOT / path / 'README.md').exists() else 'index'}.md"
    return inner if path.startswith("docs/") or path.endswith(".md") else f"{inner}.md"


def shown(path: str) -> str:
    """Return the page that shows a file or a directory."""
    at = ROOT / path
    if (at / "README.md").exists():
        at /= "README.md"
    if at.is_dir():
        return "\n".join([f"# {path}", "", *(f"- `{below.name}`" for below in sorted(at.iterdir()))])
    text = at.read_text(encoding="utf-8")
    return text if at.suffix == ".md" else f"# {path}\n\n````{at.suffix[1:]}\n{text}\n````"
