"""The page that checks a receipt or a statement in the reader's browser, and the same page as one file for a disk."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template, request

from ledger.web import headers
from ledger.web.language import Voice, language_of
from ledger.web.services import services

MODULES = (
    "bytes",
    "tree",
    "notes",
    "receipt",
    "words",
    "book",
    "way",
    "gift",
    "pdf",
    "statement",
    "show",
    "verify-page",
)
"""The modules of the checker, each after those that it imports."""

STATIC = Path(__file__).parents[1] / "static"

_IMPORTED = re.compile(r'^import [^"]*"\./([a-z-]+)\.js";', re.MULTILINE)
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./[a-z-]+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=async |function |class |const )", re.MULTILINE)


def add(blueprint: Blueprint) -> None:
    """Add both addresses."""
    blueprint.add_app_template_global(modules_of)
    blueprint.add_url_rule("/verify", "verify", verify)
    blueprint.add_url_rule("/verify/offline.html", "verify_offline", verify_offline)


def verify() -> Response:
    """Show the page that checks a file."""
    return headers.public_page(_page())


def verify_offline() -> Response:
    """Hand out the checker as one file that works from a disk, without this site."""
    script = one_script()
    style = "\n".join(
        (STATIC / name).read_text(encoding="utf-8") for name in ("mingzhang.css", "checking.css")
    )
    # A script ends at the first `</script`, wherever it stands.
    assert "</script" not in script
    response = _page(script=script, style=style)
    response.headers["Content-Disposition"] = 'attachment; filename="mingzhang-verify.html"'
    return headers.public_page(response)


@cache
def modules_of(name: str) -> str:
    """Name a module of the checker and all that it imports, so that a page can ask for them at once.

    Args:
        name: Without its ending.

    Returns:
        Names with a space between them, each once.
    """
    found = [name]
    for one in found:
        text = (STATIC / "check" / f"{one}.js").read_text(encoding="utf-8")
        found += [other for other in _IMPORTED.findall(text) if other not in found]
    return " ".join(found)


def one_script() -> str:
    """Join the modules into one script: what they import from each other stands above already.

    Returns:
        JavaScript for one `<script type="module">`.
    """
    parts = [(STATIC / "check" / f"{name}.js").read_text(encoding="utf-8") for name in MODULES]
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", part)) for part in parts)


def _page(**alone: str) -> Response:
    say = Voice(language_of(request.path))
    slugs = [fund.slug for fund in services().funds()]
    return make_response(
        render_template(
            "verify_alone.html" if alone else "verify.html",
            say=say,
            funds=json.dumps(slugs),
            host=request.host,
            witnesses=" ".join(services().witness_keys()),
            **alone,
        )
    )
