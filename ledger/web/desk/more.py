"""The pages that are not needed every day, on one page."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from ledger.web.desk.frame import MORE, Desk, view
from ledger.wiring import Ledger


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the page."""
    blueprint.add_url_rule("/desk/<fund>/more", "more", view(ledger, "desk.read", show))


def show(desk: Desk) -> Response:
    """List the pages that the member may see."""
    return desk.page("more.html", pages=desk.tabs(MORE))
