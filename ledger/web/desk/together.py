"""Two officers on one thing: they see each other, and the second to act is told what the first did."""

from __future__ import annotations

import re
from typing import NamedTuple

from flask import Blueprint, Response, current_app, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from ledger.activity import history
from ledger.activity.records import DONE
from ledger.clock import to_ms
from ledger.presence import Presence
from ledger.roles import ACTIONS, does
from ledger.signin import identity
from ledger.web.desk.frame import Desk, View, view
from ledger.web.signin.frame import browser
from ledger.wiring import Ledger

EXTENSION = "presence"
STOP_POLLING = 286
"""htmx asks no more after this status; the page stays as it is, with all that was typed."""

RECENT_MS = 15 * 60_000
"""What somebody did longer ago explains no refusal now."""

_SUBJECT = re.compile(
    r"(?:suggestion|match|exception|decision|line)/[0-9a-f]{1,64}(?:/[0-9]{1,9})?"
)


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the address that pages ask again and again."""
    rule = "/desk/<fund>/presence"
    blueprint.add_url_rule(rule, "presence", _unattended(view(ledger, "desk.read", show)))


def open_presence(ledger: Ledger) -> Presence:
    """Return what an app keeps of who is where."""
    return Presence(ledger.settings.home, ledger.clock)


def others(desk: Desk, subject: str) -> list[str]:
    """Note that the member has something open, and return the names of the others who have.

    Args:
        desk: Who.
        subject: Such as `exception/12`.

    Returns:
        Names.
    """
    presence: Presence = current_app.extensions[EXTENSION]
    found = presence.meet(desk.fund.fund_id, subject, desk.member.member_id)
    return [desk.names.get(one, one) for one in found]


def _unattended(shown: View) -> View:
    """Let a page ask by itself: that keeps no session alive, and loses nothing when the session ends."""

    @does("desk.read")
    def ask(**values: object) -> BaseResponse:
        browser().unattended = True
        if identity.current() is None:
            return Response(status=STOP_POLLING)
        return shown(**values)

    return ask


def show(desk: Desk) -> Response:
    """Tell who else has something open."""
    subject = request.args.get("on", "")
    if not _SUBJECT.fullmatch(subject):
        return Response(status=404)
    return Response(told(desk, others(desk, subject)))


def told(desk: Desk, names: list[str]) -> Markup:
    """Say who else is there; nothing where nobody is."""
    if not names:
        return Markup()
    return Markup("<p>{}</p>").format(desk.say("together.here", names=desk.say("and").join(names)))


class First(NamedTuple):
    """What somebody else did a moment ago.

    Attributes:
        name: Who.
        what: In words.
        at: When, as the page says it.
    """

    name: str
    what: str
    at: str


def first(desk: Desk, *subjects: str) -> First | None:
    """Return what another member did last to one of some things; None where nobody did within a quarter of an hour."""
    now_ms = to_ms(desk.now)
    with desk.reading() as connection:
        rows = [
            row
            for subject in subjects
            for row in history.of_subject(connection, desk.fund.fund_id, subject, limit=10)
            if row.activity.outcome == DONE
            and row.activity.member_id not in (None, desk.member.member_id)
            and now_ms - to_ms(row.at) <= RECENT_MS
        ]
    if not rows:
        return None
    newest = max(rows, key=lambda row: row.at)
    who, action = newest.activity.member_id or "", ACTIONS.get(newest.activity.action)
    zh = desk.say.language == "zh"
    what = (action.zh if zh else action.en) if action else newest.activity.action
    return First(desk.names.get(who, who), what, desk.say.time(newest.at))
