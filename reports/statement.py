"""The monthly statement M as frozen data: every figure once, and nothing in any language.

In: figures that a projection summed from entries. Out: the value that templates print, and its canonical JSON.
Guaranteed by `check`: every equation of the statement holds.

Amounts are integers in minor units of the statement's commodity (fen for CNY), 0 or more unless said otherwise; the
sign that a line carries in print belongs to the line, not to its figure. None means that this ledger cannot know
the figure or that it does not apply, never zero. Days are calendar days in the statement's zone, both ends included;
instants are aware. Tuples are in the order in which they are printed.

Source:
    Statements, section 3 (lines and sums) and 6 (attachments).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import rfc8785

from ledger.clock import to_text
from ledger.spending.small_cells import Cell, Counts, protect
from reports.lines import lines
from reports.ties import Tie, check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.flow_data import Flow

__all__ = ["Tie", "check", "figures_json", "lines", "record_attachment", "spending_tables"]

FORMAT = "mingzhang-statement-m/1"
"""Names the shape of `figures.json`; a change of any key's meaning takes a new number."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name in both languages.

    Attributes:
        zh: Chinese; never empty.
        en: English; empty when there is none, and the Chinese is printed.
    """

    zh: str
    en: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """The month.

    Attributes:
        first: Its first day.
        last: Its last day.
        zone: IANA zone in which gifts are put into days and months, such as `Asia/Shanghai`.
    """

    first: date
    last: date
    zone: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues the statement, and the facts of the basis note that only people can give.

    Attributes:
        fund: Short name of the fund in addresses and in the log's origin.
        name: Full name of the fund.
        operator: Who runs the ledger and issues the statement.
        collection_account: The bank account that platforms pay into, masked: `县农商行，尾号 0031`.
        fund_account: The fund's bank account, masked.
        donor: Who counts as the donor, as counsel answered; None while unanswered.
        legal_form: Whether the fund is a legal person or a dedicated fund, as answered; None while unanswered.
        qualified_organisation: Organisation with the public fundraising qualification; None if there is none.
        filing_number: 募捐备案编号; None if there is none.
        contact: Where questions and complaints go.
        regulator: The regulator's contact; None if not given.
    """

    fund: str
    name: Name
    operator: Name
    collection_account: Name
    fund_account: Name
    contact: Name
    donor: Name | None = None
    legal_form: Name | None = None
    qualified_organisation: Name | None = None
    filing_number: str | None = None
    regulator: Name | None = None


@dataclass(frozen=True, slots=True)
class PlatformGifts:
    """Lines G of one platform, or of one channel where a fund has several on a platform.

    Attributes:
        platform: Its key in the ledger.
        name: Its name.
        gifts: Number of gifts, reversed ones included.
        gross_minor: What viewers paid.
        refund_minors_minor: Refunds for minors dated in the month; None if the platform does not tell them apart.
        refund_others_minor: All other refunds (all refunds where the former is None).
        share_minor: The platform's share booked in the month.
        tax_minor: Tax withheld, booked in the month.
        fee_minor: Withdrawal and payment fees taken by the platform, booked in the month.
        net_minor: gross − refunds − share − tax − fees; may be negative in a month with large settlements.
    """

    platform: str
    name: Name
    gifts: int
    gross_minor: int
    refund_minors_minor: int | None
    refund_others_minor: int
    share_minor: int
    tax_minor: int
    fee_minor: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class DayGifts:
    """Gifts of one day; days without gifts are left out.

    Attributes:
        on: The day in the statement's zone, by the platform's gift time.
        gifts: Number of gifts.
        gross_minor: What viewers paid.
    """

    on: date
    gifts: int
    gross_minor: int


@dataclass(frozen=True, slots=True)
class SizeBand:
    """Gifts of one range of size.

    Attributes:
        from_minor: Smallest amount, included.
        below_minor: Smallest amount above the range; None for the last band.
        gifts: Number of gifts.
        gross_minor: Their sum.
    """

    from_minor: int
    below_minor: int | None
    gifts: int
    gross_minor: int


@dataclass(frozen=True, slots=True)
class RefundQueue:
    """Where a platform stood before the period whose settlements charged it: what it takes to work G3a out again.

    Attributes:
        platform: Its key in the ledger.
        waiting: Gifts given back after they were settled and not charged yet, oldest first: the amount, and whether it
            was a minor's.
        ahead_minor: What settlements had charged before a gift was known for it.
    """

    platform: str
    waiting: tuple[tuple[int, bool], ...]
    ahead_minor: int


@dataclass(frozen=True, slots=True)
class GiftLines:
    """G1 to G6.

    Attributes:
        g1: Number of gifts = last − first + 1.
        first_gift_no: Number of the month's first gift, counted over the fund's whole life from 1; None if g1 is 0.
        last_gift_no: Number of its last; None if g1 is 0.
        g2: Gross: Σ gross of the month's gifts, those reversed since included.
        g3: Refunds dated in the month, of gifts of any month.
        g3a: Of these for minors, by the reason of the entry; None if not known.
        g3b: All others (all, where g3a is None).
        g4: Platform share booked in the month.
        g5: Deductions booked in the month.
        g5a: Of these tax.
        g5b: Of these fees.
        g6: Net due = G2 − G3 − G4 − G5; may be negative.
        largest_minor: Largest single gift, an amount and nothing else; None if g1 is 0.
        by_platform: Adds up to the lines.
        by_day: Adds up to g1 and g2, in order of days.
        bands: Adds up to g1 and g2; empty if not computed.
        queues: Of each platform that took something back in the period, where it stood before.
    """

    g1: int
    first_gift_no: int | None
    last_gift_no: int | None
    g2: int
    g3: int
    g3a: int | None
    g3b: int
    g4: int
    g5: int
    g5a: int
    g5b: int
    g6: int
    largest_minor: int | None
    by_platform: tuple[PlatformGifts, ...]
    by_day: tuple[DayGifts, ...]
    bands: tuple[SizeBand, ...] = ()
    queues: tuple[RefundQueue, ...] = ()


@dataclass(frozen=True, slots=True)
class PlatformDue:
    """Lines P of one platform, with the same meaning as in `DueLines`."""

    platform: str
    name: Name
    p1: int
    p2: int
    p3: int
    p4: int
    p5: int


@dataclass(frozen=True, slots=True)
class DueAge:
    """P5 of one platform by age at the period's last day: gifts not settled by the day on which they were recorded, at
    gross, settlements not paid by the day on which they were booked, at net.

    Attributes:
        platform: Its key in the ledger.
        name: Its name.
        young_minor: Of at most 30 days.
        over_30_minor: Of 31 to 90 days.
        over_90_minor: Of more than 90 days.
    """

    platform: str
    name: Name
    young_minor: int
    over_30_minor: int
    over_90_minor: int


@dataclass(frozen=True, slots=True)
class UnpaidSettlement:
    """One settlement that was booked and not paid at the cut-off.

    Attributes:
        entry: Its entry.
        platform: Key of the platform in the ledger.
        name: Its name.
        platform_ref: The platform's own number of the sheet.
        booked_on: Day on which it was booked.
        age_days: Days from then to the period's last day.
        amount_minor: What the platform owes for it.
    """

    entry: int
    platform: str
    name: Name
    platform_ref: str
    booked_on: date
    age_days: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settlement that a platform stated and that was booked in the month.

    Attributes:
        number: The fund's running number of settlements, or the entry where there is none.
        entry: Its entry in the journal.
        platform: Name of the platform.
        platform_ref: The platform's own number of the sheet.
        covers_first: First day of the gifts it covers; None if not stated.
        covers_last: Last day.
        gross_minor: Gross as stated.
        refund_minor: Refunds it takes off.
        share_minor: Share it takes off.
        deduction_minor: Tax and fees it takes off.
        net_minor: What the platform owes for it = gross − refunds − share − deductions.
        received_entry: Entry of its payment, if it was paid in the period.
        received_on: The bank's day of it.
    """

    number: int
    entry: int
    platform: Name
    platform_ref: str
    covers_first: date | None
    covers_last: date | None
    gross_minor: int
    refund_minor: int
    share_minor: int
    deduction_minor: int
    net_minor: int
    received_entry: int | None = None
    received_on: date | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """One payment of a platform that reached the collection account in the month.

    Attributes:
        entry: Its entry.
        platform: Name of the platform.
        on: The bank's day.
        amount_minor: What the platform paid, before charges of our own bank (those are in B5).
        bank_ref: The bank line's reference.
    """

    entry: int
    platform: Name
    on: date
    amount_minor: int
    bank_ref: str


@dataclass(frozen=True, slots=True)
class WriteOff:
    """One approved write-off of the month.

    Attributes:
        entry: Its entry.
        on: Its day.
        amount_minor: What will not come any more.
        approved_by: Role of who approved it.
        reason: Why, in the words of the entry.
    """

    entry: int
    on: date
    amount_minor: int
    approved_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class DueLines:
    """P1 to P5: what platforms owe, gifts not yet settled (gross) and settlements not yet paid (net) together.

    Attributes:
        p1: Opening.
        p2: Added = G6.
        p3: Received: Σ payments matched to bank lines.
        p4: Written off.
        p5: Closing = P1 + P2 − P3 − P4.
        p5_recomputed: The same from the other side: what the gifts not yet settled and the settlements not yet
            paid make. Sum it from gifts and settlements, not from the lines.
        by_platform: Adds up to each line.
        settlements: Those booked in the month.
        received: Adds up to p3.
        write_offs: Adds up to p4.
        ages: Adds up to p5, and for each platform to its p5.
        unpaid: Those of the settlements in p5, oldest first.
    """

    p1: int
    p2: int
    p3: int
    p4: int
    p5: int
    p5_recomputed: int
    by_platform: tuple[PlatformDue, ...]
    settlements: tuple[Settlement, ...] = ()
    received: tuple[Received, ...] = ()
    write_offs: tuple[WriteOff, ...] = ()
    ages: tuple[DueAge, ...] = ()
    unpaid: tuple[UnpaidSettlement, ...] = ()


@dataclass(frozen=True, slots=True)
class Movement:
    """One listed receipt or payment of the collection account that is neither from a platform nor a transfer.

    Attributes:
        entry: Its entry.
        on: Its day.
        kind: A key of `wording.KIND`, such as `interest`, `returned-transfer`, `unidentified`, `opening`.
        amount_minor: Its amount.
    """

    entry: int
    on: date
    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Outstanding:
    """One difference between ledger and bank statement at month end.

    Attributes:
        on: Day of the side that has it.
        kind: A key of `wording.KIND`, such as `sent-not-debited`.
        amount_minor: What the ledger has more than the bank; negative where the bank has more.
        entry: Its entry; None if it is not in the ledger.
    """

    on: date
    kind: str
    amount_minor: int
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class BankLines:
    """B1 to B8: the collection account (all of them together, where a fund has several).

    Attributes:
        b1: Opening.
        b2: From platforms = P3.
        b3: Other receipts: interest, returned transfers, unidentified receipts.
        b4: Transfers sent in the month.
        b5: Bank charges.
        b6: Other payments.
        b7: Closing by the ledger = B1 + B2 + B3 − B4 − B5 − B6.
        b8: Closing by the bank statement; None if none was imported that reaches the month's end.
        b8_on: Day of that statement; None without it.
        other_receipts: Adds up to b3.
        other_payments: Adds up to b6.
        outstanding: Adds up to B7 − B8; empty without b8.
    """

    b1: int
    b2: int
    b3: int
    b4: int
    b5: int
    b6: int
    b7: int
    b8: int | None
    b8_on: date | None = None
    other_receipts: tuple[Movement, ...] = ()
    other_payments: tuple[Movement, ...] = ()
    outstanding: tuple[Outstanding, ...] = ()


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer that was sent, arrived or came back in the month, or is on its way at its end.

    Attributes:
        number: The fund's running number of transfers.
        entry: The entry of its sending.
        sent_on: Day it left the collection account.
        amount_minor: Its amount.
        bank_ref: The bank's reference, else our own.
        proposed_by: Role of who proposed it, or a pseudonym such as `财务甲`; never a name without consent.
        approved_by: The same of who approved it.
        arrived_on: Day it reached the fund's account; None if it has not by the cut-off. A day after the month is
            allowed and printed; the transfer then counts as in transit.
        returned_on: Day it came back; None if it did not.
        ended_entry: The entry of its arrival or return. Entries decide what belongs to a month, days are only printed:
            a month's books are closed when its money is explained, and the bank's days may lie behind it.
    """

    number: int
    entry: int
    sent_on: date
    amount_minor: int
    bank_ref: str
    proposed_by: str
    approved_by: str
    arrived_on: date | None = None
    returned_on: date | None = None
    ended_entry: int | None = None


@dataclass(frozen=True, slots=True)
class TransitLines:
    """T1 to T3.

    Attributes:
        t1: In transit, opening.
        t2: Arrived in the fund's account in the month.
        t2r: Came back to the collection account in the month (listed in B3 as well); normally 0.
        t3: In transit, closing = T1 + B4 − T2 − T2r.
        transfers: In order of number.
    """

    t1: int
    t2: int
    t2r: int
    t3: int
    transfers: tuple[Transfer, ...] = ()


@dataclass(frozen=True, slots=True)
class FundColumn:
    """F1 to F8 for the whole fund, or for its restricted or unrestricted part.

    Attributes:
        f1: Opening.
        f2: Transfers arrived = T2.
        f3: Direct donations, not through gifts.
        f4: Interest and other.
        f5: Programme spending = S1 = S2 = S3.
        f6: Management cost.
        f7: Returned grants.
        f8: Closing = F1 + F2 + F3 + F4 − F5 − F6 + F7.
    """

    f1: int
    f2: int
    f3: int
    f4: int
    f5: int
    f6: int
    f7: int
    f8: int


@dataclass(frozen=True, slots=True)
class CostLimit:
    """How much of a year's payments may be management cost, as it holds at the checkpoint.

    Attributes:
        permyriad: Of F5 + F6 of a calendar year, in hundredths of a percent.
        source: Where it is written, in the officers' words; empty for the usual one.
        entry: The last approval of the decision that set it; None for the usual one.
    """

    permyriad: int = 1_000
    source: str = ""
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Restriction:
    """What both sides of the fund had paid for each other before the period, minor units.

    Attributes:
        programme_minor: Programme spending that unrestricted money had paid, less what came back.
        management_minor: Management cost that restricted money had paid, less what came back.
    """

    programme_minor: int = 0
    management_minor: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Management cost of one kind.

    Attributes:
        code: Of the fund's list of costs; `FundFees` for what the fund's own bank kept.
        name: Its name.
        amount_minor: Paid, less what was taken back.
    """

    code: str
    name: Name
    amount_minor: int


@dataclass(frozen=True, slots=True)
class FundLines:
    """F1 to F10.

    Attributes:
        total: The whole fund.
        restricted: The part bound by the donor or by the appeal; None if the ledger does not tell them apart.
        unrestricted: The rest; None exactly if `restricted` is.
        f9: Bank balance of the fund by its bank statement; None if none was imported.
        f9_on: Day of that statement.
        f10_receivable: Owed to the fund; None if f9 is.
        f10_payable: Owed by the fund; None if f9 is. F8 = F9 + receivable − payable.
        limit: On F6.
        restriction: What both sides had paid for each other before the period.
        costs: Adds up to F6; kinds without a movement are left out.
    """

    total: FundColumn
    restricted: FundColumn | None = None
    unrestricted: FundColumn | None = None
    f9: int | None = None
    f9_on: date | None = None
    f10_receivable: int | None = None
    f10_payable: int | None = None
    limit: CostLimit = CostLimit()
    restriction: Restriction = Restriction()
    costs: tuple[Cost, ...] = ()


@dataclass(frozen=True, slots=True)
class SpendingRow:
    """One row of a spending table, ready to publish.

    Attributes:
        code: Code of the group or disease; `unclassified` for 未分类.
        name: Its name.
        amount_minor: Spent.
        person_times: Visits, `<5`, `*` (withheld) or None.
        persons: Distinct people, the same.
    """

    code: str
    name: Name
    amount_minor: int
    person_times: Cell
    persons: Cell


@dataclass(frozen=True, slots=True)
class SpendingTable:
    """Spending divided in one way. Make it with `spending_tables`, which hides small counts.

    Attributes:
        rows: In order of amount, 未分类 last.
        person_times: Total of the rows, or `*` where it would give a hidden count away.
        persons: Total of the rows (a person in two rows counts twice), the same.
    """

    rows: tuple[SpendingRow, ...]
    person_times: Cell
    persons: Cell


@dataclass(frozen=True, slots=True)
class SpendingCounts:
    """One row of spending before anything is hidden; the input of `spending_tables`.

    Attributes:
        code: Code of the group or disease; `unclassified` for 未分类.
        name: Its name.
        amount_minor: Spent, spending reversed in the month taken off.
        counts: True counts. They must not be published.
    """

    code: str
    name: Name
    amount_minor: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class SpendingLines:
    """S1 to S3.

    Attributes:
        s1: Spending by group = F5.
        s2: By disease = F5.
        s3: By provider = F5; None if providers are not recorded.
        by_group: Adds up to s1.
        by_disease: Adds up to s2.
        by_provider: Pairs of a provider's name and its amount; adds up to s3, empty without it.
    """

    s1: int
    s2: int
    s3: int | None
    by_group: SpendingTable
    by_disease: SpendingTable
    by_provider: tuple[tuple[Name, int], ...] = ()


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One open item at the cut-off.

    Attributes:
        number: Running number of the exception, or its entry.
        kind: A key of `wording.KIND`.
        opened_on: Day it was raised.
        amount_minor: What it concerns; 0 if no amount.
        age_days: Days from `opened_on` to the month's last day.
        owner: Role of who works on it.
        state: A key of `wording.STATE`.
        plan: What is done about it, a key of `wording.PLAN`; empty if it has to be explained.
        until: Day by which it has to be explained; None where none was set.
    """

    number: int
    kind: str
    opened_on: date
    amount_minor: int
    age_days: int
    owner: str
    state: str
    plan: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class OpenKind:
    """Open items of one kind.

    Attributes:
        kind: A key of `wording.KIND`.
        items: How many.
        amount_minor: Their amount.
        over_30: How many are older than 30 days.
        over_30_minor: Their amount.
        over_90: How many are older than 90 days.
        over_90_minor: Their amount.
    """

    kind: str
    items: int
    amount_minor: int
    over_30: int
    over_30_minor: int
    over_90: int
    over_90_minor: int


@dataclass(frozen=True, slots=True)
class OpenLines:
    """X1 to X4.

    Attributes:
        x1: Number of open items.
        x2: Their amount.
        x3: How many are older than 30 days.
        x4: How many are older than 90 days.
        items: All of them, oldest first.
        by_kind: Adds up to each line.
    """

    x1: int
    x2: int
    x3: int
    x4: int
    items: tuple[OpenItem, ...] = ()
    by_kind: tuple[OpenKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """One entry of this month that corrects a published month.

    Attributes:
        entry: The correcting entry.
        corrects_entry: The entry it reverses.
        document: Number of the published statement.
        line: Code of the line.
        amount_minor: Change of the line, with sign.
        reason: In the words of the entry.
        notice: Number of the correction notice; None if none was issued yet.
    """

    entry: int
    corrects_entry: int
    document: str
    line: str
    amount_minor: int
    reason: str
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One entry of the period that takes something back or sets it right.

    Attributes:
        entry: Its entry.
        kind: Of the entry, a key of `wording.ADJUSTMENT`.
        corrects: Entries that it is about, oldest first; empty for a difference that no entry made.
        amount_minor: What it is about; None for what moves no money.
        commodity: Of the amount.
        reason: Why, in the words of the entry.
        proposed_by: Role of who proposed it.
        approved_by: Roles of who approved it.
        statements: Published statements that cover what it is about and did not know of it.
    """

    entry: int
    kind: str
    corrects: tuple[int, ...]
    amount_minor: int | None
    commodity: str
    reason: str
    proposed_by: str
    approved_by: tuple[str, ...]
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restated:
    """One line of a published statement, before and after the corrections of a notice.

    Attributes:
        document: Number of the statement.
        line: Code of the line.
        old_minor: As published, with the corrections of earlier notices.
        change_minor: What this notice changes.
        new_minor: With it.
        entries: The correcting entries.
    """

    document: str
    line: str
    old_minor: int
    change_minor: int
    new_minor: int
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The signed tree head at which the statement was built.

    Attributes:
        origin: First line: the log's name.
        size: Second line: number of entries.
        root: Third line: root hash, base64.
        note: The whole signed note as published, signatures included.
        keys: Public keys (vkeys) that the log had named by then.
    """

    origin: str
    size: int
    root: str
    note: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerLines:
    """L1 to L6.

    Attributes:
        l1_first: First entry of the month, the one behind the previous statement's last; None if there is none.
        l1_last: Last entry counted (the cut-off); None if there is none.
        l2: Number of entries = last − first + 1.
        l3_gaps: Missing numbers, recounted; must be 0.
        l3_duplicates: Repeated numbers, recounted; must be 0.
        l4_debits: Σ debits of the month in the statement's commodity.
        l4_credits: Σ credits, summed on its own; equal.
        l5_opening: Root hash before the first entry, base64; None for a fund's first statement.
        l5_closing: Root hash behind the last entry, base64.
        checkpoint: The tree head; covers the last entry.
        l6_anchor: SHA-256 of the newest time-stamp token over a checkpoint of the period; None while there is none. The
            token itself is in `checkpoints.json`.
        l6_at: Its time; None without it.
        l6_size: Entries of the checkpoint that it was made over; the closing tree continues it.
        witnesses: Names of witnesses who have cosigned; empty while there are none.
        witnessed_size: Entries of the checkpoint that they signed: the closing one, whose note carries their lines, or
            a later one that continues it, which is in `checkpoints.json`; None without one.
    """

    l1_first: int | None
    l1_last: int | None
    l2: int
    l3_gaps: int
    l3_duplicates: int
    l4_debits: int
    l4_credits: int
    l5_opening: str | None
    l5_closing: str
    checkpoint: Checkpoint
    l6_anchor: str | None = None
    l6_at: datetime | None = None
    l6_size: int | None = None
    witnesses: tuple[str, ...] = ()
    witnessed_size: int | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """Closing figures of the previous statement, to which this one's opening must tie.

    Attributes:
        number: Its number.
        p5: Its P5; the others likewise.
        l1_last: Its last entry.
        l5_closing: Its closing head.
        files: Language and SHA-256 of each of its files that the log named before this span's end.
    """

    number: str
    p5: int
    b7: int
    t3: int
    f8: int
    l1_last: int
    l5_closing: str
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MonthColumn:
    """One month of a quarter or a year, as its own statement states it.

    Attributes:
        month: `2026-10`.
        number: Number of its statement.
        lines: Pairs of code and figure, in the order of the sections.
        entries: Its first and last entry.
        root: Root hash behind its last entry, base64: the checkpoint that it rests on.
    """

    month: str
    number: str
    lines: tuple[tuple[str, int | None], ...]
    entries: tuple[int | None, int | None]
    root: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """One step of approval.

    Attributes:
        step: `prepared`, `reviewed` or `approved`.
        member: Pseudonymous id of the member, to compare people; not printed.
        role: A key of `wording.ROLE`.
        shown: Name or pseudonym to print; empty prints the role only.
        at: When.
    """

    step: str
    member: str
    role: str
    shown: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RuleException:
    """What the fund asks of fewer people than the rule of two usually does.

    Attributes:
        kind: Of decisions, a key of `wording.DECISION`.
        commodity: Of the limits.
        above_minor: It holds for amounts above this, minor units.
        up_to_minor: And up to this; None for all above.
        roles: Who approves, a key of `wording.ROLE` for each person; empty where nobody has to.
        usual: Who usually does.
        reason: In the words of the entry.
        entry: The entry that set it.
    """

    kind: str
    commodity: str
    above_minor: int
    up_to_minor: int | None
    roles: tuple[str, ...]
    usual: tuple[str, ...]
    reason: str
    entry: int


@dataclass(frozen=True, slots=True)
class UnitRate:
    """What a platform's unit was worth in the period, from a day on.

    Attributes:
        unit: Such as `音浪`.
        units: So many of it.
        minor: Are worth this, minor units of `commodity`.
        commodity: ISO 4217 code.
        since: Day from which on; None where it holds from the beginning.
        entry: The entry that set it.
    """

    unit: str
    units: int
    minor: int
    commodity: str
    since: date | None
    entry: int


@dataclass(frozen=True, slots=True)
class AttachmentRecord:
    """One attached file, as section 13 lists it; `figures.json` is added by the renderer and not listed here.

    Attributes:
        name: File name, ASCII.
        title: What it holds.
        rows: Rows without the header; None where rows mean nothing.
        size_bytes: Size.
        sha256: Digest of its bytes as attached, lower-case hexadecimal.
        relationship: `Data` or `Supplement` (ISO 32000-2, 7.11.3).
        url: Where it is served, if it is too large to embed; empty for an embedded file.
    """

    name: str
    title: Name
    rows: int | None
    size_bytes: int
    sha256: str
    relationship: str = "Data"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """The monthly statement.

    Attributes:
        number: `{county}-{yyyy}-{mm}-M-v{n}`, such as `DL-2026-05-M-v1`; also the PDF's identifier. ASCII.
        version: 1 for the first issue.
        period: The month.
        issued_at: When it was built; the only time that enters the file.
        commodity: ISO 4217 code of all amounts.
        issuer: The fund and its basis.
        web_url: Address of the web version, printed and put into the QR code.
        verify_url: Where a file can be checked; empty if there is no such page.
        ledger_url: Where the log is published.
        gifts: Lines G.
        due: Lines P.
        bank: Lines B.
        transit: Lines T.
        fund: Lines F.
        spending: Lines S.
        open: Lines X.
        ledger: Lines L.
        previous: Closing of the previous statement; None for a fund's first.
        corrections: Section 9: entries that correct published months.
        adjustments: Section 9: every entry of the period that takes back or sets right, gifts given back apart.
        approvals: At most one a step; a missing one is printed as not given yet.
        exceptions: In force at the checkpoint, from the rule that two people decide.
        attachments: Files beside `figures.json`.
        changes: What changed in the basis since last month, in the officers' words.
        flow: The six stages since the beginning, at the cut-off; None leaves the picture out.
        flow_since: Day of the first gift; None with no gift.
        kind: `M` monthly, `Q` quarterly, `A` annual, `R` reconciliation report, `C` correction notice.
        columns: Of a quarter or a year: the lines of each month that it covers, oldest first.
        restated: Of a correction notice: each corrected line, old and new.
        before: Of a year: the lines of the year before, pairs of code and figure; empty where there is none.
        later: Of a quarter or a year: entries behind its last one, and recorded before it is issued, that correct its
            months: what the column of corrections adds to the sum of the months.
        rates: That held at some time of the period, by unit, the oldest first.
    """

    number: str
    version: int
    period: Period
    issued_at: datetime
    commodity: str
    issuer: Issuer
    web_url: str
    verify_url: str
    ledger_url: str
    gifts: GiftLines
    due: DueLines
    bank: BankLines
    transit: TransitLines
    fund: FundLines
    spending: SpendingLines
    open: OpenLines
    ledger: LedgerLines
    previous: Closing | None = None
    corrections: tuple[Correction, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    approvals: tuple[Approval, ...] = ()
    exceptions: tuple[RuleException, ...] = ()
    attachments: tuple[AttachmentRecord, ...] = ()
    changes: tuple[Name, ...] = ()
    flow: Flow | None = None
    flow_since: date | None = None
    kind: str = "M"
    columns: tuple[MonthColumn, ...] = ()
    before: tuple[tuple[str, int | None], ...] = ()
    restated: tuple[Restated, ...] = ()
    later: tuple[Correction, ...] = ()
    rates: tuple[UnitRate, ...] = ()


def spending_tables(
    by_group: Sequence[SpendingCounts], by_disease: Sequence[SpendingCounts]
) -> tuple[SpendingTable, SpendingTable]:
    """Make the two spending tables, with small counts hidden in both at once.

    Args:
        by_group: True figures by group of people, in the order of printing.
        by_disease: True figures of the same spending by disease.

    Returns:
        Both tables, safe to publish.
    """
    tables = (by_group, by_disease)
    hidden = protect([[row.counts for row in rows] for rows in tables])
    made = []
    for rows, cells in zip(tables, hidden, strict=True):
        body = tuple(
            SpendingRow(row.code, row.name, row.amount_minor, *cell)
            for row, cell in zip(rows, cells, strict=False)
        )
        made.append(SpendingTable(body, *cells[-1]))
    return made[0], made[1]


def record_attachment(
    name: str, title: Name, content: bytes, rows: int | None, relationship: str = "Data"
) -> AttachmentRecord:
    """Describe a file that will be attached, from the very bytes that will be attached."""
    digest = sha256(content).hexdigest()
    return AttachmentRecord(name, title, rows, len(content), digest, relationship)


def figures_json(statement: Statement) -> bytes:
    """Write every figure of the statement as canonical JSON; this file is embedded in the PDF.

    Keys: `format` (`FORMAT`), `number`, `lines` (each code with its figure, null where it is not known or does not
    apply), and one key for each field of `Statement` with the rows of its tables, named as the dataclasses name
    them. Amounts are integers in minor units of `commodity`, days ISO 8601, instants RFC 3339 in UTC; counts are
    integers, `<5` or `*`. Members' ids are left out: within the file, roles and shown names are enough.

    Args:
        statement: Checked or not.

    Returns:
        RFC 8785 bytes: the same statement gives the same bytes anywhere.

    Source:
        RFC 8785; statements, section 6, `manifest.json`.
    """
    body = _plain(statement)
    for approval in body["approvals"]:
        del approval["member"]
    return rfc8785.dumps({"format": FORMAT, "lines": dict(lines(statement)), **body})


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return value
