"""Remind people by mail of what waits for them: once a day each, by a timer.

A letter says what waits and since when, in both languages, and leads to the desk. It names no donor, no account and no
amount: mail is read by others too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from ledger.actors import Member
from ledger.clock import local_date
from ledger.decisions import history as decisions
from ledger.errors import ExternalError
from ledger.funds import history as funds
from ledger.journal.history import Fund
from ledger.matching.exceptions import history as exceptions
from ledger.matching.exceptions.history import Filter
from ledger.projections.transfer_page import Waiting, waiting
from ledger.roles import may
from ledger.signin.gate import Gate
from ledger.signin.mail import Letter
from ledger.transfers import payments, reminders

WORDS = {
    "approval": (
        "第 {n} 次划转等您批准，已 {days} 天",
        "Transfer {n} has waited for your approval for {days} days",
    ),
    "entry": (
        "第 {n} 次划转等您在网银录入，已 {days} 天",
        "Transfer {n} has waited to be entered at the bank for {days} days",
    ),
    "leaving": (
        "第 {n} 次划转录入 {days} 天了，还没转出，请问银行",
        "Transfer {n} was entered {days} days ago and has not left: ask the bank",
    ),
    "arrival": (
        "第 {n} 次划转在路上 {days} 天了，请问银行",
        "Transfer {n} has been on its way for {days} days: ask the bank",
    ),
    "exception": (
        "第 {n} 号差异应在 {day} 前说清，请处理",
        "Exception {n} was to be explained by {day}",
    ),
}
EXCEPTIONS_MAX = 200


class Due(NamedTuple):
    """What somebody is reminded of.

    Attributes:
        what: Key of `WORDS`.
        number: Of the transfer or exception.
        days: For how long it has waited.
        day: By when it was due.
    """

    what: str
    number: int
    days: int
    day: date


class Reminded(NamedTuple):
    """What a run did.

    Attributes:
        sent: Letters.
        again: People who had theirs today already.
        failed: Letters that the mail host did not take; the next run tries again.
        without: People who have no sign-in, so no address.
    """

    sent: int
    again: int
    failed: int
    without: int


def remind(gate: Gate, fund: Fund) -> Reminded:
    """Send everybody what is late and waits for them, once a day.

    Args:
        gate: With the mail host.
        fund: The fund.

    Returns:
        How many letters.
    """
    with gate.database.reading() as connection:
        zone = funds.details(connection, fund.fund_id).zone
        today = local_date(gate.now, zone)
        due = _due_by_member(connection, fund, today)
    done = [_send(gate, fund, today, member, found) for member, found in due.items()]
    return Reminded(*(done.count(what) for what in ("sent", "again", "failed", "without")))


def _due_by_member(connection: sa.Connection, fund: Fund, today: date) -> dict[Member, list[Due]]:
    found: dict[Member, list[Due]] = {}
    for member, one in (
        *_transfers(connection, fund, today),
        *_exceptions(connection, fund, today),
    ):
        found.setdefault(member, []).append(one)
    return found


def _transfers(connection: sa.Connection, fund: Fund, today: date) -> Iterator[tuple[Member, Due]]:
    people = funds.all_members(connection, fund.fund_id)
    for one in waiting(connection, fund, today):
        if not one.is_late(today):
            continue
        due = Due(one.what, one.transfer.number, one.days(today), one.due)
        for member in _who(connection, fund, one, people):
            yield member, due


def _who(
    connection: sa.Connection, fund: Fund, one: Waiting, people: list[Member]
) -> tuple[Member, ...]:
    """Return whom a transfer waits for."""
    if one.what == "approval" and one.transfer.decision is not None:
        found = decisions.decision(connection, fund.fund_id, one.transfer.decision)
        return tuple(decisions.who_may_act(found, people).members)
    if one.what == "entry":
        return payments.may_enter(connection, fund.fund_id, one.transfer)
    return tuple(who for who in people if may(who, "transfer.propose"))


def _exceptions(
    connection: sa.Connection, fund: Fund, today: date
) -> Iterator[tuple[Member, Due]]:
    people = {one.member_id: one for one in funds.all_members(connection, fund.fund_id)}
    late = Filter(is_open=True, overdue_on=today)
    for item in exceptions.page(connection, fund.fund_id, late, limit=EXCEPTIONS_MAX):
        day = date.fromisoformat(item.due)
        due = Due("exception", item.raised_seq, (today - day).days, day)
        owner = people.get(item.owner or "")
        if owner is not None and not owner.removed:
            yield owner, due
            continue
        for member in people.values():
            if item.role in member.roles and not member.removed:
                yield member, due


def _send(gate: Gate, fund: Fund, today: date, member: Member, due: list[Due]) -> str:
    if member.user_id is None:
        return "without"
    day, who = today.isoformat(), member.member_id
    if not reminders.claim(gate.database, gate.clock, fund.fund_id, (day, who)):
        return "again"
    with gate.reading():
        address = gate.user(member.user_id).email
    try:
        gate.mailer.send_now(_letter(gate, fund, address, due))
    except ExternalError:
        reminders.give_back(gate.database, fund.fund_id, (day, who))
        return "failed"
    return "sent"


def _letter(gate: Gate, fund: Fund, address: str, due: list[Due]) -> Letter:
    subject = f"明账：{len(due)} 件事在等您 / Mingzhang: {len(due)} things wait for you"
    parts = []
    for at, (title, end) in enumerate(
        (
            (f"{fund.slug}：过了日子、还在等您的：", "打开工作台："),
            (f"{fund.slug}: late, and waiting for you:", "Open the desk:"),
        )
    ):
        lines = [
            WORDS[one.what][at].format(n=one.number, days=one.days, day=one.day.isoformat())
            for one in due
        ]
        language = "" if at == 0 else "/en"
        where = f"{gate.public_url}{language}/desk/{fund.slug}/day"
        parts.append("\n".join([title, *(f"- {line}" for line in lines), f"{end} {where}"]))
    return Letter(address, subject, "\n\n".join(parts) + "\n", gate.now)
