"""Pages for people: HTML from templates that escape whatever is put into them."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Environment(
    loader=PackageLoader("app", "documents"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page that needs nothing else. `policy`: the Content-Security-Policy that allows its own style sheet and no more."""

    html: str
    policy: str


def page(template: str, style: str, content: Mapping[str, object]) -> Page:
    """A page of a template and a style sheet of this package, named without their endings."""
    sheet, digest = _style(style)
    html = TEMPLATES.get_template(f"{template}.html").render(**content, style=Markup(sheet))  # noqa: S704  (a file of ours)
    return Page(
        html,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src data:; "
        f"style-src 'sha256-{digest}'",
    )


@cache
def _style(name: str) -> tuple[str, str]:
    """A style sheet, and its digest as a policy names it."""
    sheet = files(__package__).joinpath(f"{name}.css").read_text(encoding="utf-8")
    return sheet, base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
