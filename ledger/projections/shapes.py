"""What pages show, as frozen data: projections fill these shapes, `ledger.web` turns them into
words.

Nothing here is formatted or translated. Amounts are integer minor units of the page's commodity
and are not negative unless said otherwise; instants are aware UTC; days are calendar days in the
fund's own zone. A sum that a page shows as holding is recomputed by the page from these figures,
so the shapes carry parts and never a verdict such as "it holds".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

StageKey = Literal["raised", "settled", "bank", "sent", "fund", "work"]
"""The six stages of the money line, in its order."""

STAGES: tuple[StageKey, ...] = ("raised", "settled", "bank", "sent", "fund", "work")

LeftKey = Literal[
    "platform_share",
    "tax",
    "platform_fee",
    "refund",
    "chargeback",
    "written_off",
    "bank_fee",
    "management_cost",
    "donation_refund",
    "correction",
    "other",
]
"""Where money goes that leaves: refunds, tax, share at `raised`, bank fees at `settled`."""

JoinedKey = Literal["opening", "interest", "donation", "returned_grant", "unattributed", "other"]
"""Where money comes from that joins the way without having been a gift here."""

TransferState = Literal["proposed", "approved", "sent", "confirmed", "returned", "rejected"]

StatementState = Literal["published", "overdue", "not_due"]

CheckKey = Literal["in_log", "none_missing", "sums", "same_book", "private_parts"]

CheckOutcome = Literal["holds", "fails", "unknown"]
"""`unknown`: nothing to check against yet; the page says so and never ticks it."""


@dataclass(frozen=True, slots=True)
class Words:
    """A name or a sentence that the fund gave in both languages.

    Attributes:
        zh: Chinese; never empty.
        en: English; empty when the fund gave none, and the page then shows the Chinese, marked as
            such.
    """

    zh: str
    en: str = ""


@dataclass(frozen=True, slots=True)
class AsOf:
    """Up to where a page has read the journal.

    Attributes:
        entry: Sequence number of the last entry counted.
        at: When that entry was recorded.
    """

    entry: int
    at: datetime


@dataclass(frozen=True, slots=True)
class FundCard:
    """One fund in the list of all funds.

    Attributes:
        slug: The fund's name in addresses.
        name: Its full name.
        promise: One sentence: whose gifts, what is paid for.
        commodity: ISO 4217 code of the two amounts.
        raised_minor: Everything ever received.
        spent_minor: Everything that is at work.
        gifts: Number of gifts, reversed ones not counted.
        as_of: None while the journal is empty.
        zone: The fund's time zone.
    """

    slug: str
    name: Words
    promise: Words
    commodity: str
    raised_minor: int
    spent_minor: int
    gifts: int
    as_of: AsOf | None
    zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class FundList:
    """Some of the funds that somebody looks for.

    Attributes:
        cards: By name in addresses.
        total: How many there are in all.
        first: How many stand before these.
    """

    cards: tuple[FundCard, ...]
    total: int
    first: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """Money that left the way at a stage.

    Attributes:
        key: Where it went.
        amount_minor: How much, positive.
        rate_permyriad: The agreed rate in hundredths of a percent (5000 is 50 %); None when there
            is none.
    """

    key: LeftKey
    amount_minor: int
    rate_permyriad: int | None = None
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Money that reached a stage without passing the one before.

    Attributes:
        key: Where it came from.
        amount_minor: How much, positive.
    """

    key: JoinedKey
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the six stages with what it holds.

    Attributes:
        key: Which stage.
        reached_minor: Everything that ever reached it.
        waiting_minor: Its balance now; at `work` the same as reached.
        left: What left the way here.
        longest_wait_days: Age of the oldest money waiting here; None when nothing waits or at
            `work`.
        late: The oldest money has waited longer than promised.
        average_tenths: Average days from here to the next stage, in tenths of a day; None when
            unknown.
        joined: Money that joined here without passing the stage before; counted in
            `reached_minor`. Empty at `raised`: all that reached it is what was raised.
    """

    key: StageKey
    reached_minor: int
    waiting_minor: int
    left: tuple[Left, ...] = ()
    longest_wait_days: int | None = None
    late: bool = False
    average_tenths: int | None = None
    joined: tuple[Joined, ...] = ()


@dataclass(frozen=True, slots=True)
class LateTransfer:
    """A transfer that is on its way longer than promised.

    Attributes:
        number: The fund's running number of transfers.
        amount_minor: What of it is still on its way.
        days: Days since it was sent.
        promised_days: Working days that the fund promises.
        role: That does something about it.
        entry: The sending.
    """

    number: int
    amount_minor: int
    days: int
    promised_days: int
    role: str
    entry: int


@dataclass(frozen=True, slots=True)
class LateSettlement:
    """A settlement that a platform has not paid in time.

    Attributes:
        channel: Whose.
        number: As the platform numbers it.
        amount_minor: What is still to come.
        days: Days since `due`.
        due: Day by which it was promised.
        role: That does something about it.
        entry: That booked it.
    """

    channel: Words
    number: str
    amount_minor: int
    days: int
    due: date
    role: str
    entry: int


@dataclass(frozen=True, slots=True)
class LateStatement:
    """A month's statement that is not out in time.

    Attributes:
        month: First day of the month.
        days: Days since `due`.
        due: Day by which it was promised.
        role: That does something about it.
    """

    month: date
    days: int
    due: date
    role: str


@dataclass(frozen=True, slots=True)
class Unexplained:
    """Open exceptions.

    Attributes:
        amount_minor: Sum of the differences' sizes.
        items: Number of open exceptions.
        owned: Each of them has an owner.
    """

    amount_minor: int
    items: int
    owned: bool


@dataclass(frozen=True, slots=True)
class WithoutGift:
    """What settlements stated beyond the gifts on our side.

    Attributes:
        amount_minor: How much; it is a part of what was raised.
    """

    amount_minor: int


@dataclass(frozen=True, slots=True)
class Correction:
    """A published figure that was corrected.

    Attributes:
        month: First day of the statement's month.
        line: Code of the line, such as `B5`.
        was_minor: What the statement said; may be negative.
        is_minor: What it should have said; may be negative.
        corrected_on: Day of the correction.
        entry: The correcting entry.
    """

    month: date
    line: str
    was_minor: int
    is_minor: int
    corrected_on: date
    entry: int


Notice = LateTransfer | LateSettlement | LateStatement | Unexplained | WithoutGift | Correction


@dataclass(frozen=True, slots=True)
class Spending:
    """What one disease has cost.

    Attributes:
        disease: Its name.
        person_times: How often medicine was given in closed months; `*` or `<5` where a count of few people is
            hidden, None where no month is closed.
        amount_minor: What it cost.
        account: Whose balance that is.
    """

    disease: Words
    person_times: int | str | None
    amount_minor: int
    account: str


@dataclass(frozen=True, slots=True)
class OtherSpending:
    """Diseases shown together: small ones, and those with too few people to be shown alone.

    Attributes:
        diseases: How many are merged.
        person_times: How often medicine was given.
        amount_minor: What they cost.
        protects: Some are merged because fewer than five people were treated.
    """

    diseases: int
    person_times: int | None
    amount_minor: int
    protects: bool


@dataclass(frozen=True, slots=True)
class TransferLine:
    """One transfer from the bank to the fund.

    Attributes:
        number: The fund's running number, from 1.
        amount_minor: Its amount.
        state: How far it is.
        proposed_on: Day of the proposal.
        sent_on: Day it was sent; None before.
        arrived_on: Day it was confirmed or came back; None before.
        days_on_way: Days since it was sent, while it is on its way; else None.
        late: On its way longer than promised.
        entry: Its latest entry.
    """

    number: int
    amount_minor: int
    state: TransferState
    proposed_on: date
    sent_on: date | None
    arrived_on: date | None
    days_on_way: int | None
    late: bool
    entry: int


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One month's statement, published or due.

    Attributes:
        id: Its name in addresses, such as `2019-09` or `2019-09-2` for a second issue.
        month: First day of the month.
        issue: 1 for the first issue.
        state: Published, overdue, or not due yet.
        due_on: Day by which it is promised.
        published_on: Day of publication; None before.
        days_late: Days after `due_on`, of the publication or until now; 0 when on time.
        auditor_signed: An auditor has signed it.
        corrections: Names in addresses of the published notices that correct it, oldest first.
        size_bytes: Size of the PDF; None before publication.
        entry: Entry that holds the PDF's hash; None before publication.
        opinion: Kind of the auditor's opinion, such as `unmodified`; empty where no auditor has signed.
        kind: `M` monthly, `Q` quarterly, `A` annual, `R` reconciliation report, `C` correction notice.
        period: As its number has it: `2019-09`, `2019-Q3`, `2019-Y`; empty for a month without a statement.
    """

    id: str
    month: date
    issue: int
    state: StatementState
    due_on: date
    published_on: date | None = None
    days_late: int = 0
    auditor_signed: bool = False
    corrections: tuple[str, ...] = ()
    size_bytes: int | None = None
    entry: int | None = None
    opinion: str = ""
    kind: str = "M"
    period: str = ""

    @property
    def is_promised(self) -> bool:
        """Tell whether there is a day by which it has to be out; others come when they come."""
        return self.kind in "MQA"


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file of a statement that was published: one a language.

    Attributes:
        id: Its statement's name in addresses, such as `2019-09`.
        number: The statement's number, such as `qinghe-2019-09-M-v1`.
        language: `zh`, `en` or `both`.
        sha256: Of the file, 64 hex digits.
        size_bytes: Of the file.
        entry: Entry that published it.
    """

    id: str
    number: str
    language: str
    sha256: str
    size_bytes: int
    entry: int


@dataclass(frozen=True, slots=True)
class GiftLine:
    """One of the last gifts.

    Attributes:
        entry: Its entry.
        at: When it was given, to the minute.
        name: Masked name of the giver (`李**`); None when erased or not to be shown.
        channel: Where it was given.
        amount_minor: Its value.
        units: What the giver paid in the platform's own unit; None for money.
        units_commodity: That unit (`DYCOIN`); None for money.
        reversed: It was taken back.
        receipt: Its receipt number, compact: the address of its own page.
    """

    entry: int
    at: datetime
    name: str | None
    channel: Words
    amount_minor: int
    units: int | None = None
    units_commodity: str | None = None
    reversed: bool = False
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Who stands behind a fund.

    Attributes:
        operator: Who runs it.
        witnesses: Who cosigns its log.
        phone: Questions and complaints; empty when there is none.
    """

    operator: Words
    witnesses: tuple[Words, ...] = ()
    phone: str = ""


@dataclass(frozen=True, slots=True)
class FundPage:
    """A fund's public page.

    Attributes:
        slug: The fund's name in addresses.
        name: Its full name.
        promise: One sentence: whose gifts, what is paid for.
        contact: Who stands behind it.
        zone: The fund's time zone, such as `Asia/Shanghai`.
        commodity: ISO 4217 code of all amounts.
        as_of: Up to where the journal was read; None while it is empty.
        since: Day of the first gift; None before.
        gifts: Number of gifts, reversed ones not counted.
        raised_minor: Everything ever received; equals the first stage's `reached_minor`.
        net_minor: What is due to the fund after share and tax: what reached `settled`.
        spent_minor: What is at work; equals the last stage's `reached_minor`.
        person_times: How often medicine was given.
        stages: The six stages in order.
        unattributed_minor: Part of raised that settlements stated without a gift on our side.
        notices: What a visitor must know first, most urgent first.
        counted_until: Last month whose visits are counted in: they are published as months are closed.
        spending: By disease, largest first.
        other_spending: The rest; None when nothing is merged.
        transfers: The last ones, newest first.
        transfers_total: How many there are in all.
        statements: The last ones and the next due, newest first but those not due at the end.
        last_gifts: Newest first.
    """

    slug: str
    name: Words
    promise: Words
    contact: Contact
    zone: str
    commodity: str
    as_of: AsOf | None
    since: date | None
    gifts: int
    raised_minor: int
    net_minor: int
    spent_minor: int
    person_times: int
    stages: tuple[Stage, ...]
    unattributed_minor: int = 0
    notices: tuple[Notice, ...] = ()
    counted_until: str | None = None
    spending: tuple[Spending, ...] = ()
    other_spending: OtherSpending | None = None
    transfers: tuple[TransferLine, ...] = ()
    transfers_total: int = 0
    statements: tuple[StatementLine, ...] = ()
    last_gifts: tuple[GiftLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One stage on a gift's way.

    Attributes:
        key: Which stage.
        amount_minor: What of the gift reached it; for a stage not reached, what is expected to, if
            known, else 0.
        reached: The money has been there.
        at: When; None if not reached.
        entry: Entry that proves it; None if not reached.
        left: What of the gift left the way on coming here.
        expected_on: Day by which it is expected; None when reached or unknown.
        waiting_days: Days it has waited at this stage, if it stands here; else None.
        late: It has waited longer than promised.
        channel: At `settled`: whose settlement; else None.
        reference: At `settled`: the settlement's own number, if public; else None.
        account_tail: At `bank` and `fund`: last four digits of the account; else None.
        transfer: At `sent` and `fund`: the transfer's number; else None.
        disease: At `work`: what it paid for; else None.
        batch_minor: At `work`: cost of the whole batch; else None.
        batch_times: At `work`: how often medicine was given in the batch; None when below five or
            unknown.
    """

    key: StageKey
    amount_minor: int
    reached: bool
    at: datetime | None = None
    entry: int | None = None
    left: tuple[Left, ...] = ()
    expected_on: date | None = None
    waiting_days: int | None = None
    late: bool = False
    channel: Words | None = None
    reference: str | None = None
    account_tail: str | None = None
    transfer: int | None = None
    disease: Words | None = None
    batch_minor: int | None = None
    batch_times: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """The way of one part of a gift: the whole gift, unless a boundary cuts it.

    Attributes:
        amount_minor: What of the gift went this way, at the first stage. The parts add up to the
            gift.
        steps: The six stages in order, reached or not.
    """

    amount_minor: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Reversal:
    """The platform took a gift back.

    Attributes:
        at: When.
        entry: Entry of the reversal.
        after_settlement: The money had been settled, so it is charged to the next settlement and
            the way stays.
    """

    at: datetime
    entry: int
    after_settlement: bool


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the server has checked about a gift.

    Attributes:
        key: `in_log` (inclusion proof recomputed), `none_missing` (the broadcast's counter has no
            gap), `sums` (steps and what left add up), `same_book` (witnesses cosigned),
            `private_parts` (commitments open with the stored salts).
        outcome: What came out.
        entry: `in_log`: the gift's entry.
        size: `in_log`: size of the tree it was proven in.
        number: `none_missing`: the gift's number in its broadcast.
        total: `none_missing`: number of gifts of the broadcast; None while it runs.
        closing: `none_missing`: entry that closed the broadcast; None while it runs.
        witnesses: `same_book`: who cosigned.
        at: `same_book`: when.
    """

    key: CheckKey
    outcome: CheckOutcome
    entry: int | None = None
    size: int | None = None
    number: int | None = None
    total: int | None = None
    closing: int | None = None
    witnesses: tuple[Words, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GiftPage:
    """A gift and its whole way.

    Attributes:
        slug: The fund's name in addresses.
        fund: The fund's full name.
        contact: Who stands behind the fund.
        zone: The fund's time zone.
        entry: The gift's entry.
        at: When it was given, to the minute.
        name: Masked name (`李**`); None when erased or not to be shown.
        channel: Where it was given.
        commodity: ISO 4217 code of all amounts of the ways; what the gift was received in.
        amount_minor: The gift's value; the ways' amounts add up to it.
        ways: One, or more where a boundary cuts the gift.
        checks: In the order of `CheckKey`.
        as_of: Up to where the journal was read.
        proof_bytes: Size of the receipt file.
        units: What the giver paid in the platform's own unit; None for money.
        units_commodity: That unit (`DYCOIN`); None for money.
        reversal: Set when the platform took it back.
        voids: Entries that took back other gifts of the settlements it was part of: whoever recomputes the way needs
            them; None where there are too many for a browser.
    """

    slug: str
    fund: Words
    contact: Contact
    zone: str
    entry: int
    at: datetime
    name: str | None
    channel: Words
    commodity: str
    amount_minor: int
    ways: tuple[Way, ...]
    checks: tuple[Check, ...]
    as_of: AsOf
    proof_bytes: int
    units: int | None = None
    units_commodity: str | None = None
    reversal: Reversal | None = None
    voids: tuple[int, ...] | None = ()


@dataclass(frozen=True, slots=True)
class StatementList:
    """All statements of a fund.

    Attributes:
        slug: The fund's name in addresses.
        fund: Its full name.
        contact: Who stands behind it.
        as_of: Up to where the journal was read; None while it is empty.
        statements: Newest first, those not due at the end.
        zone: The fund's time zone.
    """

    slug: str
    fund: Words
    contact: Contact
    as_of: AsOf | None
    statements: tuple[StatementLine, ...]
    zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class TransferList:
    """All transfers of a fund.

    Attributes:
        slug: The fund's name in addresses.
        fund: Its full name.
        contact: Who stands behind it.
        commodity: ISO 4217 code of the amounts.
        as_of: Up to where the journal was read; None while it is empty.
        transfers: Newest first.
        zone: The fund's time zone.
    """

    slug: str
    fund: Words
    contact: Contact
    commodity: str
    as_of: AsOf | None
    transfers: tuple[TransferLine, ...]
    zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class PostingLine:
    """One line of an entry.

    Attributes:
        account: Account name, legal in beancount.
        amount_minor: Signed: positive is a debit.
        commodity: ISO 4217 code or platform unit.
    """

    account: str
    amount_minor: int
    commodity: str


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One journal entry, readable.

    Attributes:
        slug: The fund's name in addresses.
        fund: The fund's full name.
        contact: Who stands behind the fund.
        zone: The fund's time zone.
        seq: The entry's number, from 0.
        last: Number of the newest entry.
        kind: Such as `gift` or `transfer.sent`.
        recorded_at: The server's time.
        occurred_at: The world's claim.
        role: Role of the actor.
        actor: Pseudonymous id of the actor.
        postings: In the order of the entry; empty for decisions.
        canonical: The exact bytes in the log (RFC 8785 JSON).
        leaf_hash: `SHA-256(0x00 || canonical)`, 64 hex digits.
    """

    slug: str
    fund: Words
    contact: Contact
    zone: str
    seq: int
    last: int
    kind: str
    recorded_at: datetime
    occurred_at: datetime
    role: str
    actor: str
    postings: tuple[PostingLine, ...]
    canonical: bytes
    leaf_hash: str


@dataclass(frozen=True, slots=True)
class DayChannel:
    """What a channel brought on a day.

    Attributes:
        channel: Its name in accounts.
        title: Its name for people.
        commodity: Of the sums.
        sessions: Broadcasts that began on the day.
        gifts: Their gifts.
        ours_minor: Sum of the gifts of these broadcasts.
        month_ours_minor: Sum of the gifts of the day's month so far.
        month_platform_minor: Gross that the platform's settlements state for the month; None before the first.
    """

    channel: str
    title: Words
    commodity: str
    sessions: int
    gifts: int
    ours_minor: int
    month_ours_minor: int
    month_platform_minor: int | None

    @property
    def difference_minor(self) -> int | None:
        """Return what the platform states beyond our gifts of the month; None before it states anything."""
        stated = self.month_platform_minor
        return None if stated is None else stated - self.month_ours_minor


@dataclass(frozen=True, slots=True)
class DayFile:
    """A statement of a file that was taken on a day; a settlement sheet has one row.

    Attributes:
        sha256: Of the file, hexadecimal.
        name: As uploaded.
        format: What it is.
        account: Our name of the account; empty for a settlement sheet.
        taken_at: When.
        lines: Its booked lines.
        opening_minor: Balance before it; None where it states none.
        closing_minor: Balance after it.
        state: `taken`, `held`, `replaced` or `left-out`.
        joins: How it met what lay before it; empty where there is nothing to join.
        why: Why it is held; empty if it is not.
    """

    sha256: str
    name: str
    format: str
    account: str
    taken_at: datetime
    lines: int
    opening_minor: int | None
    closing_minor: int | None
    state: str
    joins: str
    why: str


@dataclass(frozen=True, slots=True)
class DayAccount:
    """An account at a bank, from both sides.

    Attributes:
        account: Our name of it.
        number_ending: Last four digits.
        commodity: Of the sums.
        ledger_minor: What the ledger holds.
        open_minor: Sum of the bank's lines that no entry explains, signed.
        bank_minor: What the bank's newest line states; None when none does.
        bank_at: When that line was booked.
    """

    account: str
    number_ending: str
    commodity: str
    ledger_minor: int
    open_minor: int
    bank_minor: int | None
    bank_at: datetime | None

    @property
    def difference_minor(self) -> int:
        """Return what is between bank and ledger when the open lines are counted; 0 where no bank states anything."""
        if self.bank_minor is None:
            return 0
        return self.bank_minor - self.ledger_minor - self.open_minor


@dataclass(frozen=True, slots=True)
class Open:
    """An open exception.

    Attributes:
        number: Its entry.
        kind: Such as `unknown_receipt`.
        subject: What it is about.
        amount_minor: Size of the difference.
        commodity: Of the amount.
        state: `open`, `assigned`, `proposed` or `disputed`.
        owner: Member who looks after it.
        role: Role that looks after its kind.
        age_days: Calendar days since it was observed.
        due: Day by which it is to be explained.
        overdue: Whether that day has passed.
        blocks: Whether the month cannot be closed over it.
    """

    number: int
    kind: str
    subject: str
    amount_minor: int
    commodity: str
    state: str
    owner: str | None
    role: str
    age_days: int
    due: date
    overdue: bool
    blocks: bool


@dataclass(frozen=True, slots=True)
class AgedItems:
    """Open exceptions of one kind, currency and age.

    Attributes:
        kind: Of the exceptions.
        commodity: Of the sum.
        bracket: `0-7`, `8-30`, `31-90` or `over-90` days.
        items: How many.
        amount_minor: Their sum.
        overdue: How many are past their day.
    """

    kind: str
    commodity: str
    bracket: str
    items: int
    amount_minor: int
    overdue: int


@dataclass(frozen=True, slots=True)
class OpenSum:
    """What is not explained in one currency.

    Attributes:
        commodity: Currency or platform unit.
        amount_minor: Above 0.
    """

    commodity: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class DayPage:
    """A day at the desk.

    Attributes:
        slug: The fund's name in addresses.
        fund: Its full name.
        zone: Its time zone.
        commodity: Of the stages.
        day: Which.
        as_of: What is open, and where the money is, is told as of this instant.
        channels: What came in.
        files: What was taken.
        accounts: Both sides of each account.
        stages: Where the money is.
        items: Open exceptions, the oldest first; not all where there are very many.
        items_count: All of them.
        aged: The same, summed by kind and age.
        overdue: How many are past their day.
        unexplained: What is not explained, by currency; empty when everything is, to the fen.
    """

    slug: str
    fund: Words
    zone: str
    commodity: str
    day: date
    as_of: datetime
    channels: tuple[DayChannel, ...]
    files: tuple[DayFile, ...]
    accounts: tuple[DayAccount, ...]
    stages: tuple[Stage, ...]
    items: tuple[Open, ...]
    items_count: int
    aged: tuple[AgedItems, ...]
    overdue: int
    unexplained: tuple[OpenSum, ...]
