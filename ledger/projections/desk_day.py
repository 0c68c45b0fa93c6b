"""A day at the desk: what came in, which files, what is open, where the money is, and whether all of it is explained.

Every figure is read by index or summed in the database; nothing is derived from another figure. Broadcasts count on the
day on which they began; what is open and where the money is are as of now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.clock import from_ms, from_text, local_date, to_ms
from ledger.funds import history as funds
from ledger.funds.history import Channel, MoneyAccount
from ledger.intake.tables import sessions
from ledger.journal import history as journal
from ledger.journal.balances import totals
from ledger.journal.codec import decode
from ledger.journal.history import Fund
from ledger.journal.tables import entries
from ledger.matching.exceptions import history as exceptions
from ledger.matching.exceptions.history import Filter, Item
from ledger.matching.exceptions.kinds import blocks
from ledger.matching.tables import bank_lines, file_statements, files, settlement_lines
from ledger.projections.accounts import Accounts
from ledger.projections.dates import month_first, next_month
from ledger.projections.shapes import (
    AgedItems,
    DayAccount,
    DayChannel,
    DayFile,
    DayPage,
    Open,
    OpenSum,
    Words,
)
from ledger.projections.stages import BANK, FUND, stages_at

ITEMS_MAX = 100
"""Open exceptions that the day shows one by one, the oldest first; the rest is counted."""

ENTRIES_A_QUERY = 500
"""Asked for at once: databases limit the parameters of a statement."""


def day_page(connection: sa.Connection, fund: Fund, day: date, now: datetime) -> DayPage:
    """Read a day.

    Args:
        connection: In a transaction.
        fund: The fund.
        day: In the fund's zone.
        now: What is open, and how old it is, is told as of now.

    Returns:
        The page.
    """
    details = funds.details(connection, fund.fund_id)
    of = _Day(connection, fund, day, details.zone)
    today = local_date(now, details.zone)
    accounts = Accounts(connection, fund.fund_id, details.commodity)
    channels = funds.all_channels(connection, fund.fund_id)
    aged = exceptions.ageing(connection, fund.fund_id, today)
    oldest = exceptions.page(connection, fund.fund_id, Filter(is_open=True), limit=ITEMS_MAX)
    lines = of.open_lines()
    money = of.accounts(lines)
    return DayPage(
        slug=fund.slug,
        fund=Words(details.name_zh, details.name_en),
        zone=details.zone,
        commodity=details.commodity,
        day=day,
        as_of=now,
        channels=of.channels(channels),
        files=of.files(),
        accounts=money,
        stages=stages_at(connection, fund.fund_id, accounts, channels),
        items=tuple(_open(one, today) for one in oldest),
        items_count=sum(one.items for one in aged),
        aged=tuple(AgedItems(*one) for one in aged),
        overdue=sum(one.overdue for one in aged),
        unexplained=_unexplained(exceptions.blocking_sums(connection, fund.fund_id), lines, money),
    )


def _open(one: Item, today: date) -> Open:
    return Open(
        number=one.raised_seq,
        kind=one.kind,
        subject=one.subject,
        amount_minor=one.amount,
        commodity=one.commodity,
        state=one.state,
        owner=one.owner,
        role=one.role,
        age_days=one.age(today),
        due=date.fromisoformat(one.due),
        overdue=one.is_overdue(today),
        blocks=blocks(one.kind, one.amount, one.commodity),
    )


class _OpenLines(NamedTuple):
    """Lines of an account in a currency that no entry explains.

    Attributes:
        account: Our name of it.
        commodity: ISO 4217 code.
        total: Their sum, signed minor units.
        sizes: The sum of their sums without signs.
    """

    account: str
    commodity: str
    total: int
    sizes: int


def _unexplained(
    items: Mapping[str, int], lines: Iterable[_OpenLines], money: Iterable[DayAccount]
) -> tuple[OpenSum, ...]:
    """Sum what nobody can explain, by currency: each fen once.

    Lines without an entry; where bank and ledger still differ when those are counted; and what blocks the month
    though no line shows it.
    """
    found = Counter(items)
    for one in lines:
        found[one.commodity] += one.sizes
    for account in money:
        if account.difference_minor:
            found[account.commodity] += abs(account.difference_minor)
    return tuple(
        OpenSum(commodity, amount) for commodity, amount in sorted(found.items()) if amount
    )


class _Day:
    def __init__(self, connection: sa.Connection, fund: Fund, day: date, zone: str) -> None:
        self._connection = connection
        self._fund_id = fund.fund_id
        self._day = day
        self._zone = zone

    def _start(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self._zone)).astimezone(UTC)

    # --- what came in -------------------------------------------------------------------------

    def channels(self, channels: Sequence[Channel]) -> tuple[DayChannel, ...]:
        """Count broadcasts, gifts and their sums, of the day and of its month, beside what platforms state."""
        month = self._day.isoformat()[:7]
        first = month_first(month)
        begun = self._sessions(first, next_month(first))
        stated = self._stated(month)
        made = []
        for one in channels:
            mine = [row for row in begun if row[0] == one.name]
            today = [row for row in mine if row[1] == self._day]
            made.append(
                DayChannel(
                    channel=one.name,
                    title=Words(one.title_zh or one.name, one.title_en),
                    commodity=one.commodity,
                    sessions=len(today),
                    gifts=sum(row[2] for row in today),
                    ours_minor=sum(row[3] for row in today),
                    month_ours_minor=sum(row[3] for row in mine),
                    month_platform_minor=stated.get((one.name, one.commodity)),
                )
            )
        return tuple(made)

    def _sessions(self, first: date, after: date) -> list[tuple[str, date, int, int]]:
        """Return the broadcasts that began in some days: channel, day, gifts and their sum."""
        # A broadcast is recorded when it begins or later: what was recorded before is of an earlier day.
        since = journal.size_before(self._connection, self._fund_id, self._start(first))
        rows = self._connection.execute(
            sa.select(
                sessions.c.session_seq, sessions.c.channel, sessions.c.gifts, sessions.c.total
            ).where(sessions.c.fund_id == self._fund_id, sessions.c.session_seq >= since)
        ).all()
        begun = self._days_of([row.session_seq for row in rows])
        found = []
        for row in rows:
            day = begun[row.session_seq]
            if first <= day < after:
                found.append((row.channel, day, int(row.gifts), int(row.total)))
        return found

    def _days_of(self, seqs: Sequence[int]) -> dict[int, date]:
        """Return the day, where the fund is, on which each of some entries happened."""
        found = {}
        for start in range(0, len(seqs), ENTRIES_A_QUERY):
            rows = self._connection.execute(
                sa.select(entries.c.seq, entries.c.entry).where(
                    entries.c.fund_id == self._fund_id,
                    entries.c.seq.in_(seqs[start : start + ENTRIES_A_QUERY]),
                )
            )
            for row in rows:
                at = from_text(decode(bytes(row.entry))["occurred_at"])
                found[row.seq] = local_date(at, self._zone)
        return found

    def _stated(self, month: str) -> dict[tuple[str, str], int]:
        """Return what the settlements of a month state as gross, by channel and currency."""
        c = settlement_lines.c
        rows = self._connection.execute(
            sa.select(c.channel, c.commodity, sa.func.sum(c.gross))
            .where(c.fund_id == self._fund_id, c.period == month)
            .group_by(c.channel, c.commodity)
        )
        return {(channel, commodity): int(gross) for channel, commodity, gross in rows}

    # --- files --------------------------------------------------------------------------------

    def files(self) -> tuple[DayFile, ...]:
        """Return the files that were taken on the day, with how each statement met what was there."""
        span = (to_ms(self._start(self._day)), to_ms(self._start(self._day + timedelta(days=1))))
        rows = self._connection.execute(
            sa.select(
                files.c.sha256,
                files.c.name,
                files.c.format,
                files.c.taken_ms,
                sa.func.coalesce(file_statements.c.account, files.c.account).label("account"),
                sa.func.coalesce(file_statements.c.lines, files.c.lines).label("lines"),
                sa.func.coalesce(file_statements.c.opening, files.c.opening).label("opening"),
                sa.func.coalesce(file_statements.c.closing, files.c.closing).label("closing"),
                file_statements.c.state,
                file_statements.c.joins,
                file_statements.c.why,
            )
            .select_from(
                files.outerjoin(
                    file_statements,
                    sa.and_(
                        file_statements.c.fund_id == files.c.fund_id,
                        file_statements.c.sha256 == files.c.sha256,
                    ),
                )
            )
            .where(
                files.c.fund_id == self._fund_id,
                files.c.taken_ms >= span[0],
                files.c.taken_ms < span[1],
            )
            .order_by(files.c.taken_ms, files.c.sha256, file_statements.c.part)
        )
        return tuple(
            DayFile(
                sha256=bytes(row.sha256).hex(),
                name=row.name,
                format=row.format,
                account=row.account,
                taken_at=from_ms(row.taken_ms),
                lines=row.lines,
                opening_minor=row.opening,
                closing_minor=row.closing,
                state=row.state or "taken",
                joins=row.joins or "",
                why=row.why or "",
            )
            for row in rows
        )

    # --- accounts -----------------------------------------------------------------------------

    def open_lines(self) -> list[_OpenLines]:
        """Sum the lines that no entry explains, by account and currency."""
        c = bank_lines.c
        rows = self._connection.execute(
            sa.select(
                c.account,
                c.commodity,
                sa.func.sum(c.amount),
                sa.func.sum(sa.func.abs(c.amount)),
            )
            .where(c.fund_id == self._fund_id, c.matched_seq.is_(None))
            .group_by(c.account, c.commodity)
        )
        return [
            _OpenLines(account, commodity, int(total), int(sizes))
            for account, commodity, total, sizes in rows
        ]

    def accounts(self, lines: Sequence[_OpenLines]) -> tuple[DayAccount, ...]:
        """Return what each account holds by the ledger and by the bank, with what lies between."""
        made = []
        for one in funds.money_account_list(self._connection, self._fund_id):
            if one.name.startswith((BANK, FUND)):
                mine = sum(some.total for some in lines if some.account == one.name)
                ours = self._held(one)
                made.append(self._account(one, ours, mine))
        return tuple(made)

    def _held(self, one: MoneyAccount) -> int:
        account_id = journal.account_id(self._connection, self._fund_id, one.name)
        if account_id is None:
            return 0
        return totals(self._connection, self._fund_id, account_id, one.commodity).balance

    def _account(self, one: MoneyAccount, ours: int, between: int) -> DayAccount:
        c = bank_lines.c
        row = self._connection.execute(
            sa.select(c.balance, c.booked_ms)
            .where(c.fund_id == self._fund_id, c.account == one.name, c.balance.is_not(None))
            .order_by(c.booked_ms.desc(), c.line_no.desc())
            .limit(1)
        ).first()
        return DayAccount(
            account=one.name,
            number_ending=one.number[-4:],
            commodity=one.commodity,
            ledger_minor=ours,
            open_minor=between,
            bank_minor=None if row is None else int(row.balance),
            bank_at=None if row is None else from_ms(row.booked_ms),
        )
