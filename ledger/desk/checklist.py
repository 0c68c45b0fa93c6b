"""What is looked at before a month is closed: each check passed, failed with what to open, or not needed, and why.

In: a month. Out: its checks. Guaranteed: every figure is read by index or summed in the database, and whoever closes is
held to the same checks in the commit that closes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from ledger.clock import from_text, local_date, month_end, to_ms
from ledger.decisions import history as decisions
from ledger.desk.bank_days import bank_days, was_used
from ledger.errors import FieldError
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.intake.tables import sessions
from ledger.journal import history as journal
from ledger.journal.balances import all_totals
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.journal.late import LATE_DAYS
from ledger.journal.late_history import LateOf, late_sums
from ledger.journal.months import REPORTED
from ledger.journal.tables import entries
from ledger.matching import file_history
from ledger.matching.exceptions import history as exceptions
from ledger.matching.exceptions.history import Filter, Item
from ledger.matching.exceptions.kinds import blocks
from ledger.matching.match_tables import match_suggestions
from ledger.matching.tables import settlement_lines
from ledger.periods import history as periods
from ledger.periods.history import Standing
from ledger.spending.management import management_share

PASSED, FAILED, NOT_NEEDED = "passed", "failed", "not-needed"

CUT_OFF_DAYS = 5
"""Days of the next month of which refunds and settlements are looked at."""

PROPOSALS = ("match", "adjustment", "rule", "resolution", "write-off")
"""Kinds of decisions that have to end before a month is closed."""

POINTS_MAX = 20
"""What a check lists to be opened; the rest is counted."""

FEW_KINDS_MAX = 100_000
"""Entries around a month's end that are looked at, gifts apart."""

_REFUNDS = ("gift.reversed", "settlement")
_LATE_KINDS = tuple(sorted((REPORTED | {"spend"}) - {"gift", "exception.raised"}))


class Point(NamedTuple):
    """Something to open.

    Attributes:
        page: Page of the desk that shows it: `exception`, `decision`, `matches`, `files`, `late` or `entry`.
        subject: What it is: an account, the kind of an exception or decision, a day, a month.
        value: Number of the exception, decision or entry; 0 where the page needs none.
        amount: Minor units, or None.
        commodity: Of the amount.
    """

    page: str
    subject: str
    value: int = 0
    amount: int | None = None
    commodity: str = ""


class Check(NamedTuple):
    """One check.

    Attributes:
        name: `files`, `bank`, `exceptions`, `proposals`, `totals`, `numbers`, `cut-off` or `management`.
        state: `passed`, `failed` or `not-needed`.
        blocks: Whether the month stays open while it fails, unless that is accepted with a reason.
        why: Which sentence says what was found; with `counts`.
        counts: Numbers of that sentence.
        points: What to open.
    """

    name: str
    state: str
    blocks: bool
    why: str
    counts: dict[str, int]
    points: tuple[Point, ...] = ()


class Checklist(NamedTuple):
    """The checks of a month.

    Attributes:
        month: `2026-10`.
        standing: Where it stands; None while it is open.
        checks: In the order in which they are done.
    """

    month: str
    standing: Standing | None
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """Return the names of the checks that fail and block."""
        return tuple(one.name for one in self.checks if one.blocks and one.state == FAILED)


def checklist(connection: sa.Connection, fund: Fund, month: str, now: datetime) -> Checklist:
    """Look at a month.

    Args:
        connection: In a transaction.
        fund: The fund.
        month: `2026-10`.
        now: As of when.

    Returns:
        Its checks.

    Raises:
        TimeFieldError: Not a month.
    """
    look = _Look(connection, fund, month, now)
    of = periods.standings(connection, fund.fund_id)
    standing = next((one for one in of if one.month == month), None)
    return Checklist(month, standing, tuple(one() for one in look.all()))


def late_gifts(month: str) -> LateOf:
    """Return which gifts the check of a month's end lists: those that count in it and were recorded late."""
    return LateOf(month, kind="gift")


def accepted(found: Checklist, reason: str) -> dict[str, Any]:
    """Return what a proposal to close says: the month, and which checks fail and why that is accepted.

    Args:
        found: As it is now.
        reason: Why; empty where nothing may fail.

    Returns:
        Content of the decision.

    Raises:
        FieldError: A check fails and no reason is given, or the reason is long.
    """
    if not found.failed:
        return {"month": found.month}
    if not reason.strip():
        raise FieldError(field="reason", value=", ".join(found.failed), reason="checks-fail")
    return {"month": found.month, "failed": list(found.failed), "reason": reason.strip()}


def check_accepted(found: Checklist, content: Mapping[str, Any]) -> None:
    """Hold that nothing fails now but what was accepted.

    Raises:
        FieldError: Something else does.
    """
    more = [name for name in found.failed if name not in content.get("failed", ())]
    if more:
        raise FieldError(field="reason", value=", ".join(more), reason="checks-fail")


class _Look:
    """Looks at one month."""

    def __init__(self, connection: sa.Connection, fund: Fund, month: str, now: datetime) -> None:
        self._connection, self._fund, self._fund_id = connection, fund, fund.fund_id
        self._month, self._now = month, now
        self._zone = funds.details(connection, fund.fund_id).zone
        self._ends = month_end(month, self._zone)
        self._last = local_date(self._ends - timedelta(seconds=1), self._zone)
        self._first = self._last.replace(day=1)

    def all(self) -> Sequence[Callable[[], Check]]:
        """Return the checks in order."""
        return (
            self.files,
            self.bank,
            self.exceptions,
            self.proposals,
            self.totals,
            self.numbers,
            self.cut_off,
            self.management,
        )

    # --- files and banks ----------------------------------------------------------------------

    def _accounts(self) -> list[MoneyAccount]:
        """Return the bank and fund accounts that held or moved something by the end of the month."""
        found = funds.money_account_list(self._connection, self._fund_id)
        return [one for one in found if was_used(self._connection, self._fund, one, self._day)]

    @property
    def _day(self) -> str:
        return self._last.isoformat()

    def files(self) -> Check:
        """Hold that the files of all accounts are there, joined, and reach the end of the month."""
        accounts = self._accounts()
        if not accounts:
            return Check("files", NOT_NEEDED, True, "nothing-held", {})
        points = [
            Point("files", f"{account.name}:{what}")
            for account in accounts
            for what in self._missing(account)
        ]
        state = FAILED if points else PASSED
        counts = {"accounts": len(accounts), "points": len(points)}
        return Check("files", state, True, f"files-{state}", counts, _shown(points))

    def _missing(self, account: MoneyAccount) -> Iterable[str]:
        """Say what is missing of an account.

        Yields:
            `held` for a statement of the month that is held, `gap`, and `end` where none reaches the month's last day.
        """
        held = file_history.statements_of_account(
            self._connection, self._fund_id, account.name, "held"
        )
        if any(one.first_day is None or one.first_day <= self._day for one in held):
            yield "held"
        taken = file_history.statements_of_account(
            self._connection, self._fund_id, account.name, "taken"
        )
        spans = [
            (date.fromisoformat(one.first_day), date.fromisoformat(one.last_day))
            for one in taken
            if one.first_day is not None and one.last_day is not None
        ]
        # A bank that states only the days on which something moved leaves days out: then balances have to join.
        gaps = [one for one in taken if one.joins == "breaks" and self._touches(one.first_day)]
        if gaps:
            yield "gap"
        reaches = max((last for _, last in spans), default=date.min)
        if reaches < self._last:
            yield "end"

    def _touches(self, first_day: str | None) -> bool:
        return first_day is not None and self._first.isoformat() <= first_day <= self._day

    def bank(self) -> Check:
        """Hold that ledger and bank are equal on the last day of the month on which the bank stated a balance."""
        points, compared = [], 0
        span = (self._first.isoformat(), self._day)
        for account in funds.money_account_list(self._connection, self._fund_id):
            days = [
                one
                for one in bank_days(self._connection, self._fund, account, span)
                if one.bank is not None
            ]
            compared += bool(days)
            if days and not days[-1].is_equal:
                rest = days[-1].rest or 0
                where = f"{account.name}:{days[-1].day}"
                points.append(Point("files", where, 0, rest, account.commodity))
        if not compared:
            return Check("bank", NOT_NEEDED, True, "no-balance", {})
        state = FAILED if points else PASSED
        counts = {"accounts": compared, "points": len(points)}
        return Check("bank", state, True, f"bank-{state}", counts, _shown(points))

    # --- what is open -------------------------------------------------------------------------

    def exceptions(self) -> Check:
        """Hold that no exception of the month is open that blocks it."""
        found = [one for one in self._open_items() if self._is_of_month(one)]
        points = [
            Point("exception", one.kind, one.raised_seq, one.amount, one.commodity)
            for one in found
            if blocks(one.kind, one.amount, one.commodity)
        ]
        state = FAILED if points else PASSED
        counts = {"points": len(points), "others": len(found) - len(points)}
        return Check("exceptions", state, True, f"exceptions-{state}", counts, _shown(points))

    def _open_items(self) -> list[Item]:
        found: list[Item] = []
        while True:
            after = found[-1].raised_seq if found else None
            rows = exceptions.page(
                self._connection, self._fund_id, Filter(is_open=True), after=after
            )
            found += rows
            if len(rows) < exceptions.PAGE_MAX:
                return found

    def _is_of_month(self, one: Item) -> bool:
        """Tell whether an exception is of the month or of one before: by its settlement's month, else by its day."""
        first, _, rest = one.subject.partition("/")
        if first in ("gifts", "settlement"):
            channel, _, number = rest.partition("/")
            found = self._connection.execute(
                sa.select(settlement_lines.c.period).where(
                    settlement_lines.c.fund_id == self._fund_id,
                    settlement_lines.c.channel == channel,
                    settlement_lines.c.statement_no == number,
                )
            ).scalar()
            if found is not None:
                return str(found) <= self._month
        return one.since <= self._day

    def proposals(self) -> Check:
        """Hold that no match, adjustment or rule waits for somebody."""
        c = match_suggestions.c
        before = to_ms(self._ends)
        suggested = self._connection.execute(
            sa.select(sa.func.count()).where(c.fund_id == self._fund_id, c.day_ms < before)
        ).scalar_one()
        points = [
            Point("decision", one.kind, one.number)
            for one in decisions.open_decisions(self._connection, self._fund_id)
            if one.kind in PROPOSALS
        ]
        if suggested:
            points.append(Point("matches", "suggested"))
        state = FAILED if points else PASSED
        counts = {"points": len(points), "suggested": int(suggested)}
        return Check("proposals", state, True, f"proposals-{state}", counts, _shown(points))

    # --- the ledger itself --------------------------------------------------------------------

    def totals(self) -> Check:
        """Hold that debits equal credits in each currency."""
        sums: dict[str, list[int]] = {}
        for one in all_totals(self._connection, self._fund_id):
            both = sums.setdefault(one.commodity, [0, 0])
            both[0] += one.totals.debits
            both[1] += one.totals.credits
        points = [
            Point("entry", commodity, 0, debits - credits_, commodity)
            for commodity, (debits, credits_) in sorted(sums.items())
            if debits != credits_
        ]
        state = FAILED if points else PASSED
        counts = {"currencies": len(sums), "points": len(points)}
        return Check("totals", state, True, f"totals-{state}", counts, tuple(points))

    def numbers(self) -> Check:
        """Hold that entries, and the gifts of the broadcasts, are numbered without a gap."""
        size = journal.size(self._connection, self._fund_id)
        of_fund = entries.c.fund_id == self._fund_id
        counted = self._connection.execute(sa.select(sa.func.count()).where(of_fund)).scalar_one()
        gifts = self._connection.execute(
            sa.select(sa.func.count()).where(of_fund, entries.c.kind == "gift")
        ).scalar_one()
        told = self._connection.execute(
            sa.select(sa.func.coalesce(sa.func.sum(sessions.c.gifts), 0)).where(
                sessions.c.fund_id == self._fund_id
            )
        ).scalar_one()
        state = PASSED if (counted, gifts) == (size, told) else FAILED
        counts = {"entries": int(counted), "gifts": int(gifts)}
        missing = {"missing": abs(size - int(counted)) + abs(int(told) - int(gifts))}
        return Check("numbers", state, True, f"numbers-{state}", counts | missing)

    def cut_off(self) -> Check:
        """List refunds and settlements of the next month's first days, and what was recorded long after it happened."""
        until = self._ends + timedelta(days=CUT_OFF_DAYS)
        after = self._of_kinds(_REFUNDS, self._ends, until)
        gifts = late_sums(self._connection, self._fund_id, late_gifts(self._month))
        late = [
            one
            for one in self._of_kinds(_LATE_KINDS, _start(self._first, self._zone), until)
            if self._is_late(one)
        ]
        state = PASSED if self._now >= until else FAILED
        points = [
            Point("late", self._month, 0, amount, commodity)
            for commodity, amount in sorted(gifts.amounts.items())
        ]
        points += [Point("entry", "after", one["seq"]) for one in after]
        points += [Point("entry", "late", one["seq"]) for one in late]
        counts = {
            "after": len(after),
            "late": len(late),
            "gifts": gifts.entries,
            "days": CUT_OFF_DAYS,
        }
        why = "cut-off-clear" if state == PASSED and not points else f"cut-off-{state}"
        return Check("cut-off", state, False, why, counts, _shown(points))

    def management(self) -> Check:
        """Tell whether management cost is above the fund's limit, of the year that the month is in, so far."""
        share = management_share(self._connection, self._fund, self._ends - timedelta(seconds=1))
        if share.permyriad is None:
            return Check("management", NOT_NEEDED, False, "nothing-paid", {})
        state = FAILED if share.is_above else PASSED
        counts = {"permyriad": share.permyriad, "limit_permyriad": share.limit.permyriad}
        return Check("management", state, False, f"management-{state}", counts)

    def _of_kinds(
        self, kinds: Sequence[str], first: datetime, until: datetime
    ) -> list[dict[str, Any]]:
        """Return entries of few kinds by when they were recorded: a range of the index for each kind."""
        start, stop = (
            journal.size_before(self._connection, self._fund_id, at) for at in (first, until)
        )
        found = journal.of_kinds(
            self._connection, self._fund_id, kinds, start, stop, most=FEW_KINDS_MAX
        )
        return [decode(one.entry) for one in found]

    def _is_late(self, entry: dict[str, Any]) -> bool:
        happened, recorded = from_text(entry["occurred_at"]), from_text(entry["recorded_at"])
        return happened < self._ends and recorded - happened > timedelta(days=LATE_DAYS)


def _start(day: date, zone: str) -> datetime:
    """Return the first instant of the month that a day is the first of."""
    before = day - timedelta(days=1)
    return month_end(f"{before:%Y-%m}", zone).astimezone(UTC)


def _shown(points: Sequence[Point]) -> tuple[Point, ...]:
    return tuple(points[:POINTS_MAX])


def checklist_json(found: Checklist) -> dict[str, Any]:
    """Return a checklist for machines."""
    return {
        "month": found.month,
        "state": found.standing.state if found.standing else "open",
        "steps": periods.steps_json(found.standing.steps if found.standing else ()),
        "may_close": not found.failed,
        "failed": list(found.failed),
        "checks": [
            {
                "name": one.name,
                "state": one.state,
                "blocks": one.blocks,
                "why": one.why,
                "counts": one.counts,
                "points": [
                    {name: of for name, of in point._asdict().items() if of not in (None, "")}
                    for point in one.points
                ],
            }
            for one in found.checks
        ],
    }
