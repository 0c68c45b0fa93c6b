"""What is late or not explained: what it is, since when, which role does something about it, and by when.

Never a person: whoever is named to look after something stands on the desk and not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from ledger.clock import local_date, working_days_after
from ledger.funds import history as funds
from ledger.matching.exceptions import history as exceptions
from ledger.matching.exceptions.kinds import BRACKETS
from ledger.projections.books.head import Head, head
from ledger.projections.books.waiting import overdue_settlements
from ledger.projections.dates import occurred
from ledger.projections.fund_page import View, channel_words, is_late
from ledger.projections.shapes import Words
from ledger.projections.statement_list import statement_lines
from ledger.transfers import history as transfers

PAGE = 50


@dataclass(frozen=True, slots=True)
class Late:
    """Something that is later than promised.

    Attributes:
        what: What.
        name: Number of the transfer or the settlement; month of the statement, `2026-10`.
        channel: Of a settlement; else None.
        amount_minor: What of it is still to come; None of a statement.
        since: Day on which it began: sent, booked; of a statement the day by which it was due.
        due: Day by which it was promised.
        days: Days since then.
        role: That does something about it.
        entry: Where to look; None of a statement.
    """

    what: Literal["transfer", "settlement", "statement"]
    name: str
    channel: Words | None
    amount_minor: int | None
    since: date
    due: date
    days: int
    role: str
    entry: int | None


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A difference that is not explained yet.

    Attributes:
        entry: That raised it.
        kind: Of `ledger.matching.exceptions.kinds`.
        amount_minor: Its size.
        commodity: Of the amount.
        since: Day on which it was observed.
        age: Days since then.
        due: Day by which it is to be explained.
        late: That day has passed.
        paused: Somebody outside is waited for.
        role: That looks after it.
        taken: Somebody of that role has taken it.
        state: `open`, `assigned`, `proposed` or `disputed`.
    """

    entry: int
    kind: str
    amount_minor: int
    commodity: str
    since: date
    age: int
    due: date
    late: bool
    paused: bool
    role: str
    taken: bool
    state: str


@dataclass(frozen=True, slots=True)
class Bracket:
    """Open differences of one age.

    Attributes:
        name: `0-7`, `8-30`, `31-90`, `over-90`: days.
        items: How many.
        amount_minor: Their sum, in the fund's currency.
    """

    name: str
    items: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class OpenPage:
    """What is late, and what is not explained.

    Attributes:
        head: Whose.
        late: The oldest first.
        items: Some of the open differences, oldest first.
        brackets: All of them by age.
        total: How many there are.
        after: Entry after which the next page begins; None at the end.
    """

    head: Head
    late: tuple[Late, ...]
    items: tuple[OpenItem, ...]
    brackets: tuple[Bracket, ...]
    total: int
    after: int | None


def open_page(of: View, after: int | None = None) -> OpenPage:
    """Make the page of what is late or open.

    Args:
        of: The fund.
        after: Only differences that were raised by an entry with a larger number.

    Returns:
        The page.
    """
    connection, fund_id = of.connection, of.fund.fund_id
    today = local_date(of.now, of.details.zone)
    found = exceptions.page(connection, fund_id, after=after, limit=PAGE + 1)
    more, found = len(found) > PAGE, found[:PAGE]
    aged = exceptions.ageing(connection, fund_id, today)
    brackets = [
        Bracket(
            name,
            sum(one.items for one in aged if one.bracket == name),
            sum(
                one.amount
                for one in aged
                if one.bracket == name and one.commodity == of.details.commodity
            ),
        )
        for name in BRACKETS
    ]
    return OpenPage(
        head(of),
        late_things(of),
        tuple(_item(one, today) for one in found),
        tuple(one for one in brackets if one.items),
        sum(one.items for one in aged),
        found[-1].raised_seq if more else None,
    )


def _item(one: exceptions.Item, today: date) -> OpenItem:
    return OpenItem(
        one.raised_seq,
        one.kind,
        one.amount,
        one.commodity,
        date.fromisoformat(one.since),
        one.age(today),
        date.fromisoformat(one.due),
        one.is_overdue(today),
        one.paused is not None,
        one.role,
        one.owner is not None,
        one.state,
    )


def late_things(of: View) -> tuple[Late, ...]:
    """Return what is later than promised, the oldest promise first."""
    today = local_date(of.now, of.details.zone)
    found = [*_transfers(of, today), *_settlements(of, today), *_statements(of)]
    return tuple(sorted(found, key=lambda one: (one.due, one.what, one.name)))


def _transfers(of: View, today: date) -> list[Late]:
    connection, fund_id = of.connection, of.fund.fund_id
    sent = [
        one
        for one in transfers.all_transfers(connection, fund_id, "sent")
        if one.sent_seq is not None and one.under_way
    ]
    when = occurred(connection, fund_id, [one.sent_seq for one in sent])
    found = []
    for one in sent:
        assert one.sent_seq is not None
        if not is_late(of, when[one.sent_seq]):
            continue
        since = local_date(when[one.sent_seq], of.details.zone)
        due = working_days_after(since, of.promises.transfer_days)
        found.append(
            Late(
                "transfer",
                str(one.number),
                None,
                one.under_way,
                since,
                due,
                (today - due).days,
                "finance",
                one.sent_seq,
            )
        )
    return found


def _settlements(of: View, today: date) -> list[Late]:
    connection, fund_id = of.connection, of.fund.fund_id
    known = funds.all_channels(connection, fund_id)
    overdue = overdue_settlements(of)
    when = occurred(connection, fund_id, [one.entry for one in overdue])
    return [
        Late(
            "settlement",
            one.number,
            channel_words(known, one.channel),
            one.amount_minor,
            local_date(when[one.entry], of.details.zone),
            one.due,
            (today - one.due).days,
            "finance",
            one.entry,
        )
        for one in overdue
    ]


def _statements(of: View) -> list[Late]:
    lines = statement_lines(of.connection, of.fund, of.details.zone, of.now)
    return [
        Late(
            "statement",
            f"{one.month:%Y-%m}",
            None,
            None,
            one.due_on,
            one.due_on,
            one.days_late,
            "finance",
            None,
        )
        for one in lines
        if one.state == "overdue"
    ]
