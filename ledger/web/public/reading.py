"""How to read the books, and what is known of people: two pages of words, the same for every fund."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from ledger.web import headers
from ledger.web.language import Voice, language_of

STEPS = ("raised", "settled", "bank", "sent", "fund", "work")
READING = ("waiting", "sum", "late", "open", "corrected", "hidden", "entry")
"""What the page of a fund shows, in the order in which it stands there."""

PRIVACY = ("everybody", "officers", "never", "patients", "erase", "browser", "addresses", "asked")


def add(blueprint: Blueprint) -> None:
    """Add both addresses, in each language."""
    blueprint.add_url_rule("/how", "how", how)
    blueprint.add_url_rule("/privacy", "privacy", privacy)


def how() -> Response:
    """Tell how a fund's page is read."""
    return _page("how.html", steps=STEPS, reading=READING)


def privacy() -> Response:
    """Tell what is public of people, who sees the rest, and how it is erased."""
    return _page("privacy.html", parts=PRIVACY)


def _page(template: str, **shown: object) -> Response:
    say = Voice(language_of(request.path))
    return headers.public_page(make_response(render_template(template, say=say, **shown)))
