"""A page as one HTML file."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from kdorch.reporting.page.blocks import Page


def render(page: Page) -> str:
    """Return the page: markup, style and script in one file, which asks nobody for anything."""
    script = files("kdorch.reporting.page").joinpath("templates", "page.js").read_text(encoding="utf-8")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    own = Markup(script)  # noqa: S704  our own file, with nothing of a study in it
    return _template().render(page=page, script=own, script_digest=digest)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("kdorch.reporting.page"),
        autoescape=True,  # whatever a study, its data or an error says is text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")
