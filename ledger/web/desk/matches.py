"""Matching: what the passes suggest and why, what was confirmed, and how it is taken back."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from flask import Blueprint, request
from werkzeug.wrappers import Response

from ledger.desk import actions, matching
from ledger.desk.reconcile import reconcile as run
from ledger.desk.wanted import Wanted
from ledger.errors import InputError, NotFoundError, StateError
from ledger.matching import matches
from ledger.web.desk import together
from ledger.web.desk.frame import Desk, View, view
from ledger.web.desk.match_list import suggestions
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger

SUGGESTION = "<string(length=16):suggestion>"
NUMBER = "<int(max=1099511627775):number>"


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    rule("/desk/<fund>/matches", "reconcile", at("match.confirm", reconcile), methods=["POST"])
    one = f"/desk/<fund>/suggestions/{SUGGESTION}"
    rule(f"{one}/confirm", "confirm_match", at("match.confirm", confirm), methods=["POST"])
    rule(f"{one}/dismiss", "dismiss_match", at("match.dismiss", dismiss), methods=["POST"])
    for kind, make in (("match", _match), ("adjustment", matching.adjustment)):
        proposing = at(f"{kind}.propose", _proposing(make))
        rule(f"{one}/{kind}", f"propose_{kind}", proposing, methods=["POST"])
    rule(f"/desk/<fund>/matches/{NUMBER}", "match", at("match.read", show))
    releasing = at("match.propose", release)
    rule(f"/desk/<fund>/matches/{NUMBER}/release", "release", releasing, methods=["POST"])


def _match(suggestion: str, _reason: str) -> Wanted:
    return matching.match(suggestion)


# --- one ---------------------------------------------------------------------------------------


def show(desk: Desk, number: int) -> Response:
    """Show one match with its reasons."""
    return _one(desk, number, Typed())


def _one(desk: Desk, number: int, typed: Typed, notice: str = "") -> Response:
    with desk.reading() as connection:
        found = matches.match(connection, desk.fund.fund_id, number)
    return desk.page(
        "match.html",
        status=HTTPStatus.CONFLICT if notice else typed.status,
        match=found,
        typed=typed,
        notice=notice,
        first=together.first(desk, f"match/{number}") if notice else None,
        key=secrets.token_hex(8),
    )


def reconcile(desk: Desk) -> Response:
    """Match now what is unique from both sides, and make the suggestions anew."""
    run(desk.ledger.sequencer, desk.fund)
    return desk.done("matches", "reconciled")


# --- deciding ---------------------------------------------------------------------------------------


def confirm(desk: Desk, suggestion: str) -> Response:
    """Confirm a suggestion; above the limit, or where sums differ, the page says what to propose instead."""
    sequencer, who = desk.ledger.sequencer, desk.member.member_id
    try:
        number = matching.confirm(sequencer, desk.fund, who, suggestion)
    except StateError as error:
        needed = error.fields.get("needed")
        key = f"matches.needs.{needed}"
        known = key if desk.say.knows(key) else "matches.moved_on"
        return suggestions(desk, Typed(request.form), known, suggestion)
    except NotFoundError:
        return suggestions(desk, Typed(request.form), "matches.moved_on", suggestion)
    return desk.done("match", "confirmed", number=number)


def dismiss(desk: Desk, suggestion: str) -> Response:
    """Say that a suggestion is none."""
    typed = Typed(request.form)
    sequencer, who = desk.ledger.sequencer, desk.member.member_id
    try:
        matching.dismiss(sequencer, desk.fund, who, suggestion, typed["reason"])
    except InputError as error:
        typed.refuse(error)
        return suggestions(desk, typed, about=suggestion)
    except NotFoundError:
        return suggestions(desk, Typed(request.form), "matches.moved_on", suggestion)
    return desk.done("matches", "dismissed")


def _proposing(make: Callable[[str, str], Wanted]) -> View:
    def propose(desk: Desk, suggestion: str) -> Response:
        """Propose a match that two people decide."""
        typed = Typed(request.form)
        sequencer, who = desk.ledger.sequencer, desk.member.member_id
        try:
            new = make(suggestion, typed["reason"])
            found = actions.propose(sequencer, desk.fund, who, new, typed["key"] or None)
        except (StateError, NotFoundError):
            return suggestions(desk, Typed(request.form), "matches.moved_on", suggestion)
        except InputError as error:
            typed.refuse(error)
            return suggestions(desk, typed, about=suggestion)
        return desk.done("decision", "proposed", number=found.number)

    return propose


def release(desk: Desk, number: int) -> Response:
    """Propose to release a match: its entries are reversed, its lines open again."""
    typed = Typed(request.form)
    sequencer, who = desk.ledger.sequencer, desk.member.member_id
    try:
        new = matching.release(number, typed["reason"])
        found = actions.propose(sequencer, desk.fund, who, new, typed["key"] or None)
    except StateError:
        return _one(desk, number, Typed(), notice="matches.moved_on")
    except InputError as error:
        typed.refuse(error)
        return _one(desk, number, typed)
    return desk.done("decision", "proposed", number=found.number)
