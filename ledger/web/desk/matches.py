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
from ledger.matching.matches import Asked
from ledger.web.desk.frame import Desk, View, view
from ledger.web.desk.typed import Typed
from ledger.wiring import Ledger

SUGGESTION = "<string(length=16):suggestion>"
NUMBER = "<int(max=1099511627775):number>"
PAGE_ROWS = 50
DIGITS_MAX = 12


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    rule("/desk/<fund>/matches", "matches", at("match.read", show_all))
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


# --- lists ------------------------------------------------------------------------------------------


def show_all(desk: Desk) -> Response:
    """List suggestions with their reasons, and the newest matches."""
    return _page(desk, Typed(request.args))


def _page(desk: Desk, typed: Typed, notice: str = "", about: str = "") -> Response:
    below = _number(typed["below"])
    skipped = _number(typed["skip"]) or 0
    with desk.reading() as connection:
        fund_id = desk.fund.fund_id
        found = matches.suggestion_list(
            connection, fund_id, Asked(below=skipped, limit=PAGE_ROWS + 1)
        )
        kept = matches.match_list(connection, fund_id, Asked(below=below, limit=PAGE_ROWS + 1))
        lines = [line for one in found for line in one.lines]
        parties = matches.counterparties(connection, fund_id, lines)
    if desk.may("accounts.read") and parties:
        desk.saw("match.read", "suggestions")
    return desk.page(
        "matches.html",
        status=HTTPStatus.CONFLICT if notice else typed.status,
        suggestions=found[:PAGE_ROWS],
        skip=skipped + PAGE_ROWS if len(found) > PAGE_ROWS else None,
        kept=kept[:PAGE_ROWS],
        below=kept[PAGE_ROWS - 1].number if len(kept) > PAGE_ROWS else None,
        parties=parties if desk.may("accounts.read") else {},
        typed=typed,
        notice=notice,
        about=about,
        key=secrets.token_hex(8),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None


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
        return _page(desk, Typed(), notice=known, about=suggestion)
    except NotFoundError:
        return _page(desk, Typed(), notice="matches.moved_on", about=suggestion)
    return desk.done("match", "confirmed", number=number)


def dismiss(desk: Desk, suggestion: str) -> Response:
    """Say that a suggestion is none."""
    typed = Typed(request.form)
    sequencer, who = desk.ledger.sequencer, desk.member.member_id
    try:
        matching.dismiss(sequencer, desk.fund, who, suggestion, typed["reason"])
    except InputError as error:
        typed.refuse(error)
        return _page(desk, typed, about=suggestion)
    except NotFoundError:
        return _page(desk, Typed(), notice="matches.moved_on", about=suggestion)
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
            return _page(desk, Typed(), notice="matches.moved_on", about=suggestion)
        except InputError as error:
            typed.refuse(error)
            return _page(desk, typed, about=suggestion)
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
