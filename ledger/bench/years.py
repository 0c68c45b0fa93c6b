"""More than a year of a fund: its gifts, and what became of them, however many there are.

In: a fresh ledger on a clock of its own. Out: the same days, with few gifts or with millions. Guaranteed: every row is
written by the doors, day after day; nothing is put into a table from here. Only the gifts' files are left out: events
are made where a reader would have made them, in a second process.

A day has a broadcast on each of two channels, a gift that is taken back, and the settlements of the day before. A week
has the banks' lines, a transfer that two people decide, and payments for medicine. A month is closed by two people.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from ledger.actors import Actor
from ledger.bench.month_work import decided
from ledger.bench.places import CHANNEL, Bench
from ledger.clock import FixedClock, to_ms, to_text
from ledger.desk import actions, spending, wanted
from ledger.desk.reconcile import reconcile
from ledger.desk.spending import Spending
from ledger.funds import booking as funding
from ledger.funds import history as funds
from ledger.funds.booking import NewAccount
from ledger.funds.history import Channel, MoneyAccount
from ledger.funds.lists import DEFAULTS
from ledger.funds.members import enrol_member
from ledger.intake.ahead import BATCH_ROWS
from ledger.intake.booking import Recorded, reverse_gift
from ledger.intake.events import GiftEvent
from ledger.intake.prepared import PreparedGift, prepare
from ledger.intake.receiving import Receiver
from ledger.matching.lines import (
    BankFile,
    BankLine,
    SettlementFile,
    SettlementLine,
    references_in,
)
from ledger.signin.enrolling import enrol_for_script
from ledger.signin.gate import open_gate
from ledger.spending.sheet import SpendRow
from ledger.transfers.booking import Proposal

DAYS = 400
"""So that the last 90 days, 62 days and twelve months that pages speak of are all full."""

CHANNELS = (CHANNEL, Channel("Douyin", "douyin", "抖音", "Douyin", "CNY"))
WEEK = 7
CLOSES_ON = 10
PAYMENTS = 20
"""For medicine, a week."""

PRICES = 50
GIVERS = 9973
EVIDENCE = sha256(b"a row of a file").digest()
BEGINS, LASTS_S = time(19, 0), 3 * 3600
PEOPLE = (("Wang", "finance,operator"), ("Zhou", "controller,approver"), ("Li", "approver"))
PASSWORD = "a quiet morning on the steppe"  # noqa: S105 -- of people who are gone with the ledger
OPENING = 10**11
"""What both accounts held before, fen."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """The gifts of one channel on one day.

    Attributes:
        channel: Its place in `CHANNELS`.
        day: Which.
        zone: Of the fund.
        gifts: How many.
    """

    channel: int
    day: date
    zone: str
    gifts: int

    @property
    def key(self) -> str:
        """Return what the platform calls it, and its settlement."""
        return f"{CHANNELS[self.channel].name}-{self.day:%Y%m%d}"

    @property
    def ends(self) -> datetime:
        """Return when the last gift was given."""
        begins = datetime.combine(self.day, BEGINS, ZoneInfo(self.zone))
        return begins + timedelta(seconds=LASTS_S)


def batches(one: Broadcast) -> Iterator[list[GiftEvent]]:
    """Give the gifts of a broadcast.

    Args:
        one: The broadcast.

    Yields:
        Events, those of a commit together.
    """
    ends_ms = to_ms(one.ends)
    for first in range(0, one.gifts, BATCH_ROWS):
        yield [_gift(one, at, ends_ms) for at in range(first, min(first + BATCH_ROWS, one.gifts))]


def _gift(one: Broadcast, at: int, ends_ms: int) -> GiftEvent:
    minor = (1 + at % PRICES) * 100
    return GiftEvent(
        source_id=f"{one.day:%Y%m%d}{one.channel}{at:09d}",
        session=one.key,
        occurred_at_ms=ends_ms - LASTS_S * 1000 + at * LASTS_S * 1000 // one.gifts,
        giver=f"u_{at % GIVERS}",
        nickname=f"观众{at % GIVERS}",
        message="加油！愿早日康复" if at % 5 == 0 else "",
        item="beer",
        item_name="啤酒",
        count=1,
        units=minor,
        unit="CNY",
        gross_minor=minor,
        commodity="CNY",
        kind="paid",
        via="file",
        evidence=EVIDENCE,
        signed=False,
    )


def made_ready(one: Broadcast) -> list[bytes]:
    """Check and commit to the gifts of a broadcast, in the second process; each batch is marshalled."""
    received_ms = to_ms(one.ends)
    ready = []
    for events in batches(one):
        gifts, problems = prepare(events, received_ms, {})
        assert not problems
        ready.append(marshal.dumps(list(map(tuple, gifts))))
    return ready


class Years:
    """Writes the days.

    Args:
        bench: A fresh ledger.
        clock: The ledger's; it is moved.
    """

    def __init__(self, bench: Bench, clock: FixedClock) -> None:
        self._ledger, self._fund, self._clock = bench.ledger, bench.fund, clock
        with self._ledger.database.reading() as connection:
            self._zone = funds.details(connection, self._fund.fund_id).zone
        self._unpaid: list[tuple[str, int]] = []
        self._receivers: list[Receiver] = []
        self._accounts: list[MoneyAccount] = []

    def write(self, gifts: int, last: date, days: int = DAYS) -> None:
        """Write the days.

        Args:
            gifts: Of all days together, about the same on each.
            last: The last day.
            days: How many.
        """
        first = last - timedelta(days=days - 1)
        self._clock.set(datetime.combine(first, time(8, 0), ZoneInfo(self._zone)))
        self._set_up()
        shows = [
            Broadcast(
                channel,
                first + timedelta(days=at),
                self._zone,
                _share(gifts, days * len(CHANNELS), at * len(CHANNELS) + channel),
            )
            for at in range(days)
            for channel in range(len(CHANNELS))
        ]
        with ProcessPoolExecutor(1) as reader:
            ahead = reader.submit(made_ready, shows[0])
            for at, show in enumerate(shows):
                ready = ahead.result()
                if at + 1 < len(shows):
                    ahead = reader.submit(made_ready, shows[at + 1])
                self._broadcast(show, ready)
                if show.channel == len(CHANNELS) - 1:
                    self._after(show.day, (show.day - first).days)

    def _set_up(self) -> None:
        """Open what the days speak of, before money moves."""
        sequencer, fund = self._ledger.sequencer, self._fund
        for channel in CHANNELS[1:]:
            funding.open_channel(sequencer, self._clock, fund, channel)
        for stage, name, number in (
            ("bank", "CCB", "15001777330001"),
            ("fund", "Main", "15001777330002"),
        ):
            account = NewAccount(stage, name, number, "CNY", OPENING)
            funding.open_account(sequencer, self._clock, fund, account)
        gate = open_gate(self._ledger.settings, self._ledger.database, self._clock)
        for name, roles in PEOPLE:
            user = enrol_for_script(gate, f"{name.lower()}@example.com", name, PASSWORD)
            enrol_member(sequencer, fund, name, roles, user.user_id)
        with self._ledger.database.reading() as connection:
            self._accounts = funds.money_account_list(connection, fund.fund_id)
        self._receivers = [Receiver(sequencer, self._clock, fund, channel) for channel in CHANNELS]

    # --- a day ---------------------------------------------------------------------------------

    def _broadcast(self, show: Broadcast, ready: list[bytes]) -> None:
        """Record a broadcast's gifts, take its first one back, and let the platform settle the rest."""
        self._clock.set(show.ends)
        gross, taken_back = 0, None
        for one in ready:
            # From our own child.
            gifts = list(map(PreparedGift._make, marshal.loads(one)))  # noqa: S302
            taken = self._receivers[show.channel].take(gifts)
            gross += sum(gift.gross for gift in gifts)
            if taken_back is None and isinstance(taken.verdicts[0], Recorded):
                taken_back = (taken.verdicts[0].seq, gifts[0].gross)
        if taken_back is not None and show.gifts > 1:
            self._take_back(taken_back[0])
            gross -= taken_back[1]
        self._settle(show, gross)

    def _take_back(self, seq: int) -> None:
        actor, now = Actor("intake", "bench"), to_text(self._clock.now())
        self._ledger.sequencer.decide(
            self._fund, lambda books: reverse_gift(books, actor, seq, now, "refund")
        )

    def _settle(self, show: Broadcast, gross: int) -> None:
        if not gross:
            return
        share = gross // 2
        net = gross - share
        number = f"{show.key}-S1"
        line = SettlementLine(
            line_no=2, platform=CHANNELS[show.channel].platform, period=show.key[-8:-4] + "-" + show.key[-4:-2],
            gross=gross, refund=0, share_rate="0.50", share=-share, income=net, tax=0, net=net, statement_no=number,
            commodity="CNY",
        )  # fmt: skip
        upload = (f"{number}.csv", number.encode())
        sheet = SettlementFile("settlement_csv", (line,))
        actions.take_settlements(self._ledger.sequencer, self._fund, upload, sheet)
        self._unpaid.append((number, net))

    # --- a week, a month -----------------------------------------------------------------------

    def _after(self, day: date, at: int) -> None:
        """Do what follows a day."""
        self._clock.advance(timedelta(minutes=30))
        if at % WEEK == WEEK - 1:
            self._week(day)
        if day.day == CLOSES_ON and at >= CLOSES_ON:
            month = (day.replace(day=1) - timedelta(days=1)).isoformat()[:7]
            decided(self._ledger, self._fund, wanted.close(month, "bench"))

    def _week(self, day: date) -> None:
        """Let what was settled reach the bank, most of it the fund, and half of that be paid for medicine."""
        bank, fund = sorted(self._accounts, key=lambda one: one.name)
        paid, self._unpaid = self._unpaid, []
        whole = sum(net for _, net in paid)
        sent = whole - whole // 10
        reference = f"QH{day:%Y%m%d}T01"
        wish = wanted.transfer(Proposal(bank.name, fund.name, "CNY", sent, reference))
        incoming = [(net, f"提现 {number}") for number, net in paid]
        self._bank_lines(bank, day, incoming)
        reconcile(self._ledger.sequencer, self._fund)
        decided(self._ledger, self._fund, wish)
        self._bank_lines(bank, day, [(-sent, f"划转 {reference}")])
        self._clock.advance(timedelta(minutes=10))
        payments = [(sent // (2 * PAYMENTS), f"ZF{day:%Y%m%d}{at:03d}") for at in range(PAYMENTS)]
        outgoing = [(-minor, f"药品款 {number}") for minor, number in payments]
        self._bank_lines(fund, day, [(sent, f"划转 {reference}"), *outgoing])
        reconcile(self._ledger.sequencer, self._fund)
        self._spend(fund, day, payments)
        reconcile(self._ledger.sequencer, self._fund)

    def _bank_lines(self, account: MoneyAccount, day: date, lines: list[tuple[int, str]]) -> None:
        at = datetime.combine(day, time(16, 0), ZoneInfo(self._zone))
        made = tuple(
            BankLine(
                line_no=no, account="", booked_at=at, amount_minor=minor, commodity="CNY", balance_minor=None,
                bank_id=f"{text}-{account.name}", references=references_in(text), counterparty="", text=text,
            )
            for no, (minor, text) in enumerate(lines, start=1)
        )  # fmt: skip
        file = BankFile("ccb_corporate", "", "CNY", None, None, day, day, made)
        upload = ("bank.csv", repr(made).encode())
        actions.take_bank_file(self._ledger.sequencer, self._fund, account, upload, file)

    def _spend(self, account: MoneyAccount, day: date, payments: list[tuple[int, str]]) -> None:
        diseases, groups = ([one[0] for one in DEFAULTS[name]] for name in ("disease", "group"))
        rows = [
            SpendRow(
                line_no=no, spent_on=day, disease=diseases[no % len(diseases)], people=groups[no % len(groups)],
                provider=f"医院{no % 7}", batch=f"B{day:%m%d}-{no}", persons=no % 90 + 5, person_times=no % 90 + 6,
                amount_minor=minor, reference=reference,
            )
            for no, (minor, reference) in enumerate(payments)
        ]  # fmt: skip
        wish = Spending(account, rows)
        if spending.preview(self._ledger.sequencer, self._fund, wish).needed:
            decided(self._ledger, self._fund, spending.spend(wish))
            return
        with self._ledger.database.reading() as connection:
            members = funds.all_members(connection, self._fund.fund_id)
        who = next(one.member_id for one in members if "finance" in one.roles)
        spending.book(self._ledger.sequencer, self._fund, who, wish)


def _share(whole: int, parts: int, at: int) -> int:
    """Return what part `at` gets, so that all together get exactly the whole."""
    return whole * (at + 1) // parts - whole * at // parts
