"""Build a month's statement: figures from the ledger, words from the reports, checked and printed.

In: an opened ledger and a closed month. Out: the PDF with its figures and register inside.
Guaranteed: a statement whose equations do not all hold is not built. The month ends with the
commit that closed it, and the statement rests on the checkpoint that was signed there.

Two terms have no line of their own in the statement and stand as rows of section 2, so that
nothing is left out of the equations: what a platform settled beyond the gifts that we know (taken
off again when such a gift is found), and what a channel in another currency brought or took by
conversion.
"""

from __future__ import annotations

import base64
import csv
import io
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ledger.actors import Member
from ledger.clock import local_date
from ledger.decisions.history import exceptions_in_force
from ledger.decisions.rules import Exempted, weaker_parts
from ledger.funds import history as funds
from ledger.funds.history import Channel
from ledger.journal import accounts as names
from ledger.journal.balances import Totals
from ledger.journal.history import Fund
from ledger.log.checkpoints import parse_checkpoint
from ledger.log.notes import split_note
from ledger.projections.dates import first_gift_day, month_first, month_last
from ledger.projections.month import Loose, Month, Movement
from ledger.projections.spending import Sum
from ledger.projections.stages import (
    BANK,
    BANK_FEES,
    CHARGEBACKS,
    FUND,
    FUND_FEES,
    GIFTS,
    KEPT,
    PAYOUT,
    PLATFORM,
    PROGRAMME,
    SHARE,
    TAX,
    TRANSIT,
    UNATTRIBUTED,
    joined_key,
    stages_at,
)
from ledger.settings import Settings
from ledger.spending.lists import disease_name, group_name
from ledger.wiring import Ledger
from reports.flow_data import Flow, FlowStage
from reports.render import Languages, render_statement
from reports.small_cells import Counts
from reports.statement import (
    Approval,
    AttachmentRecord,
    BankLines,
    Checkpoint,
    Closing,
    DayGifts,
    DueLines,
    FundColumn,
    FundLines,
    GiftLines,
    Issuer,
    LedgerLines,
    Name,
    OpenItem,
    OpenLines,
    Outstanding,
    Period,
    PlatformDue,
    PlatformGifts,
    Received,
    RuleException,
    Settlement,
    SizeBand,
    SpendingCounts,
    SpendingLines,
    Statement,
    Transfer,
    TransitLines,
    WriteOff,
    check,
    figures_json,
    record_attachment,
    spending_tables,
)
from reports.statement import Movement as ListedMovement

REGISTER = "gifts.csv"
REGISTER_MAX = 10 * 1024 * 1024
"""A larger register is not embedded (statements, section 6)."""

REGISTER_COLUMNS = (
    "gift_no",
    "entry_no",
    "at",
    "platform",
    "broadcast_entry",
    "number_in_broadcast",
    "gross_fen",
    "status",
)
BANDS = (0, 100, 1_000, 10_000, 100_000)
"""Where bands of sizes begin, minor units."""

_ROLES = {
    "approver": "approver",
    "controller": "reviewer",
    "finance": "officer",
    "operator": "officer",
    "auditor": "auditor",
    "administrator": "owner",
    "intake": "system",
    "system": "system",
}
_KINDS = {"missing_gift": "unattributed", "late_refund": "refund-not-seen"}


@dataclass(frozen=True, slots=True)
class BuiltStatement:
    """A statement, ready to be kept and published.

    Attributes:
        number: `qinghe-2026-10-M-v1`.
        language: `zh`, `en` or `both`.
        month: `2026-10`.
        size: Size of the log that it was built at.
        pdf: The file.
        figures: The bytes of `figures.json` inside it.
        statement: What was printed.
    """

    number: str
    language: str
    month: str
    size: int
    pdf: bytes
    figures: bytes
    statement: Statement


def build_statement(
    ledger: Ledger,
    fund: Fund,
    month: str,
    language: Languages,
    *,
    prepared_by: Member | None = None,
    version: int = 1,
) -> BuiltStatement:
    """Build a closed month's statement.

    Args:
        ledger: The ledger.
        fund: The fund.
        month: A closed month, `2026-10`.
        language: `zh`, `en`, or `both`.
        prepared_by: Who builds it; printed by role.
        version: 1 for the first issue.

    Returns:
        The file and what is in it.

    Raises:
        NotFoundError: The month is not closed.
        StatementTieError: Two figures differ; nothing is printed.
    """
    issued_at = ledger.clock.now()
    statement, files = make_statement(
        ledger, fund, month, (issued_at, version), prepared_by=prepared_by
    )
    pdf = render_statement(statement, files, language)
    return BuiltStatement(
        statement.number,
        language,
        month,
        statement.ledger.checkpoint.size,
        pdf,
        figures_json(statement),
        statement,
    )


def make_statement(
    ledger: Ledger,
    fund: Fund,
    month: str,
    issue: tuple[datetime, int],
    *,
    prepared_by: Member | None = None,
) -> tuple[Statement, dict[str, bytes]]:
    """Fill a closed month's statement and check it, without printing it.

    Args:
        ledger: The ledger.
        fund: The fund.
        month: A closed month.
        issue: When it is issued, and its version.
        prepared_by: Who builds it.

    Returns:
        The statement, and the files that it lists.

    Raises:
        StatementTieError: Two figures differ.
    """
    issued_at, version = issue
    with ledger.database.reading() as connection:
        figures = Month(connection, fund, month)
        gifts, register = _gifts(figures)
        files = {} if register is None else {REGISTER: register}
        roles = {one.member_id: _role(one) for one in funds.all_members(connection, fund.fund_id)}
        statement = Statement(
            number=_number(fund, month, version),
            version=version,
            period=Period(month_first(month), month_last(month), figures.details.zone),
            issued_at=issued_at,
            commodity=figures.details.commodity,
            issuer=_issuer(figures, ledger.settings),
            web_url=f"{_host(ledger.settings)}/funds/{fund.slug}/statements/{month}.pdf",
            verify_url="",
            ledger_url=f"{_host(ledger.settings)}/log/{fund.slug}",
            gifts=gifts,
            due=_due(figures, gifts.g6),
            bank=_bank(figures),
            transit=_transit(figures, roles),
            fund=_fund(figures),
            spending=_spending(figures),
            open=_open(figures),
            ledger=_ledger(figures),
            previous=_previous(figures, version=1),
            approvals=_approvals(prepared_by, issued_at),
            exceptions=_exceptions(
                exceptions_in_force(connection, fund.fund_id, size=figures.cut.size)
            ),
            attachments=_attachments(files, gifts.g1),
            flow=_flow(figures),
            flow_since=first_gift_day(connection, fund.fund_id, figures.details.zone),
        )
    check(statement)
    return statement, files


def _number(fund: Fund, month: str, version: int) -> str:
    return f"{fund.slug}-{month}-M-v{version}"


def _role(member: Member) -> str:
    """Name the highest of a member's roles, by the order of `_ROLES`."""
    return next(_ROLES[role] for role in _ROLES if role in member.roles)


def _host(settings: Settings) -> str:
    """Return the address of the service; a machine's own name has no certificate."""
    local = settings.public_host.startswith(("localhost", "127."))
    return f"{'http' if local else 'https'}://{settings.public_host}"


def _issuer(month: Month, settings: Settings) -> Issuer:
    details = month.details
    name = Name(details.name_zh, details.name_en)
    return Issuer(
        fund=month.fund.slug,
        name=name,
        operator=Name(settings.operator) if settings.operator else name,
        collection_account=_masked(month, BANK),
        fund_account=_masked(month, FUND),
        contact=Name(settings.contact) if settings.contact else name,
    )


def _masked(month: Month, prefix: str) -> Name:
    found = [one for one in month.money_accounts if one.name.startswith(prefix)]
    if not found:
        return Name("无", "None")
    zh = "；".join(f"{one.name.removeprefix(prefix)}，尾号 {one.number[-4:]}" for one in found)
    en = "; ".join(f"{one.name.removeprefix(prefix)}, ending {one.number[-4:]}" for one in found)
    return Name(zh, en)


def _approvals(prepared_by: Member | None, at: datetime) -> tuple[Approval, ...]:
    if prepared_by is None:
        return ()
    return (Approval("prepared", prepared_by.member_id, _role(prepared_by), "", at),)


def _attachments(files: dict[str, bytes], gifts: int) -> tuple[AttachmentRecord, ...]:
    if REGISTER not in files:
        return ()
    title = Name("打赏明细", "Register of gifts")
    return (record_attachment(REGISTER, title, files[REGISTER], gifts),)


# --- section 2 --------------------------------------------------------------------------------


class _Days:
    """Adds up gifts by day."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._found: dict[date, list[int]] = defaultdict(lambda: [0, 0])

    def add(self, at: datetime, gifts: int, gross: int) -> None:
        day = self._found[at.astimezone(self._zone).date()]
        day[0] += gifts
        day[1] += gross

    def rows(self) -> tuple[DayGifts, ...]:
        return tuple(DayGifts(day, *figures) for day, figures in sorted(self._found.items()))


class _Bands:
    """Adds up gifts by size."""

    def __init__(self) -> None:
        self._found = [[0, 0] for _ in BANDS]

    def add(self, gross: int) -> None:
        band = self._found[max(at for at, start in enumerate(BANDS) if gross >= start)]
        band[0] += 1
        band[1] += gross

    def rows(self) -> tuple[SizeBand, ...]:
        ends = (*BANDS[1:], None)
        return tuple(
            SizeBand(start, end, *figures)
            for start, end, figures in zip(BANDS, ends, self._found, strict=True)
        )


def _gifts(month: Month) -> tuple[GiftLines, bytes | None]:
    """Read the month's gifts once: lines G and the register, which is None when it is too large to embed."""
    commodity = month.details.commodity
    days, bands = _Days(month.details.zone), _Bands()
    counts: dict[str, int] = defaultdict(int)
    undone = {body["reverses"] for _, body in month.reversals()}
    first = last = None
    total = largest = 0
    with tempfile.TemporaryFile() as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
        rows = csv.writer(text, lineterminator="\r\n")
        rows.writerow(REGISTER_COLUMNS)
        for gift in month.gifts():
            body = gift.body
            # In another commodity it is not money of this fund yet: it brings some once it is settled.
            gross = body["amount"] if body["commodity"] == commodity else 0
            first = first or gift.number
            last = gift.number
            total += 1
            counts[body["channel"]] += 1
            largest = max(largest, gross)
            days.add(gift.at, 1, gross)
            bands.add(gross)
            local = gift.at.astimezone(ZoneInfo(month.details.zone))
            rows.writerow(
                (
                    gift.number,
                    gift.seq,
                    local.isoformat(timespec="minutes"),
                    body["channel"],
                    body["session"],
                    body["n"],
                    gross,
                    "reversed" if gift.seq in undone else "standing",
                )
            )
            if "fills" in body:
                days.add(gift.at, 0, -gross)
        text.flush()
        size = file.tell()
        file.seek(0)
        register = file.read() if size <= REGISTER_MAX else None
        text.detach()
    by_platform = _by_platform(month, counts)
    for one in _settlements(month):
        days.add(one.at, 0, _beside(one, month))
    beside = any(row.platform.endswith(_BESIDE) for row in by_platform)
    g3 = month.debits(GIFTS) + _balance(month, CHARGEBACKS)
    g4, g5 = _balance(month, SHARE), _balance(month, TAX)
    gross_by_account = (
        month.credits(GIFTS) + month.credits(UNATTRIBUTED) - month.debits(UNATTRIBUTED)
    )
    converted = _net_credits(month, names.CONVERSION)
    lines = GiftLines(
        g1=total,
        first_gift_no=first,
        last_gift_no=last,
        g2=gross_by_account + converted,
        g3=g3,
        g3a=None,
        g3b=g3,
        g4=g4,
        g5=g5,
        g5a=g5,
        g5b=0,
        # From what platforms owe, not from the lines above: these are compared with it.
        g6=_balance(month, PLATFORM) + month.debits(PAYOUT),
        largest_minor=largest if total else None,
        by_platform=by_platform,
        by_day=days.rows(),
        bands=() if beside else bands.rows(),
    )
    return lines, register


_BESIDE = "/beside"
"""Ends the key of a row that holds what settlements state beyond the gifts that we know."""


def _change(month: Month, account: str) -> Totals:
    """Return what the month added to an account's debits and credits."""
    before, after = month.opening[account], month.closing[account]
    return Totals(after.debits - before.debits, after.credits - before.credits)


def _balance(month: Month, prefix: str) -> int:
    return month.debits(prefix) - month.credits(prefix)


def _net_credits(month: Month, prefix: str) -> int:
    return month.credits(prefix) - month.debits(prefix)


def _settlements(month: Month) -> Iterable[Movement]:
    """Return the month's settlements, one movement each."""
    return (one for one in month.movements if one.kind == "settlement")


def _beside(one: Movement, month: Month) -> int:
    """Return what a settlement adds to gross beyond known gifts: unattributed, and what it converts; minor units."""
    body, commodity = one.body, month.details.commodity
    found = body["unattributed"] if body["commodity"] == commodity else 0
    if body["commodity"] != body["net_commodity"]:
        paid = body["net"] + body["share"] + body["tax"] + body["refund"]
        found += paid if body["net_commodity"] == commodity else 0
        found -= body["gross"] if body["commodity"] == commodity else 0
    return int(found)


def _by_platform(month: Month, counts: dict[str, int]) -> tuple[PlatformGifts, ...]:
    """Make a row for each channel, and one more where settlements state more than its gifts."""
    rows = []
    for one in month.channels:
        gifts = _change(month, names.gifts(one.name))
        gross = gifts.credits
        refunds = gifts.debits + _change(month, names.chargebacks(one.name)).balance
        share = _change(month, names.platform_share(one.name)).balance
        tax = _change(month, names.tax(one.name)).balance
        rows.append(
            PlatformGifts(
                platform=one.name,
                name=_title(one),
                gifts=counts.get(one.name, 0),
                gross_minor=gross,
                refund_minors_minor=None,
                refund_others_minor=refunds,
                share_minor=share,
                tax_minor=tax,
                fee_minor=0,
                net_minor=gross - refunds - share - tax,
            )
        )
        beside = -_change(month, names.unattributed(one.name)).balance + sum(
            _beside(settled, month) - _unattributed(settled, month)
            for settled in _settlements(month)
            if settled.body["channel"] == one.name
        )
        if beside:
            title = _title(one)
            rows.append(
                PlatformGifts(
                    one.name + _BESIDE,
                    Name(
                        f"{title.zh}：结算单有、没有对应打赏",
                        f"{title.en or title.zh}: settled without a gift",
                    ),
                    *(0, beside, None, 0, 0, 0, 0, beside),
                )
            )
    return tuple(rows)


def _unattributed(one: Movement, month: Month) -> int:
    body = one.body
    return int(body["unattributed"]) if body["commodity"] == month.details.commodity else 0


def _title(channel: Channel) -> Name:
    return Name(channel.title_zh or channel.name, channel.title_en)


# --- section 3 --------------------------------------------------------------------------------


def _due(month: Month, g6: int) -> DueLines:
    closing, opening = month.closing, month.opening
    by_channel = {one.name: _title(one) for one in month.channels}
    platforms = []
    for name, title in by_channel.items():
        platforms.append(
            PlatformDue(
                platform=name,
                name=title,
                p1=opening[names.platform(name)].balance + opening[names.payout(name)].balance,
                p2=_change(month, names.platform(name)).balance
                + _change(month, names.payout(name)).debits,
                p3=_change(month, names.payout(name)).credits - _written_off(month, name),
                p4=_written_off(month, name),
                p5=closing[names.platform(name)].balance + closing[names.payout(name)].balance,
            )
        )
    unpaid = [
        one for one in month.unpaid(month.cut.size) if one.commodity == month.details.commodity
    ]
    unsettled = sum(month.unsettled(name, month.cut.size) for name in by_channel)
    return DueLines(
        p1=opening.balance(PLATFORM) + opening.balance(PAYOUT),
        p2=g6,
        p3=month.credits(PAYOUT) - sum(_balance(month, prefix) for prefix in KEPT),
        p4=sum(_balance(month, prefix) for prefix in KEPT),
        p5=closing.balance(PLATFORM) + closing.balance(PAYOUT),
        p5_recomputed=unsettled + sum(one.net for one in unpaid),
        by_platform=tuple(platforms),
        settlements=tuple(
            _settlement(one, by_channel) for one in _settlements(month) if _in_fund(one, month)
        ),
        received=tuple(
            Received(
                entry=one.seq,
                platform=by_channel[one.body["channel"]],
                on=local_date(one.at, month.details.zone),
                amount_minor=one.to_length,
                bank_ref=one.body["statement_no"],
            )
            for one in month.movements
            if one.kind == "payout" and one.commodity == month.details.commodity
        ),
        write_offs=tuple(
            WriteOff(
                entry=one.seq,
                on=local_date(one.at, month.details.zone),
                amount_minor=one.length,
                approved_by=one.role,
                reason=one.body["reason"],
            )
            for one in month.movements
            if one.target.startswith(KEPT) and one.commodity == month.details.commodity
        ),
    )


def _written_off(month: Month, channel: str) -> int:
    """Return what a platform owed and will not pay: written off, rounded away, or its stated fee."""
    kept = (
        names.written_off(names.payout(channel)),
        names.rounded_away(channel),
        names.platform_fee(channel),
    )
    return sum(_change(month, name).balance for name in kept)


def _in_fund(one: Movement, month: Month) -> bool:
    """Tell whether a settlement can be listed: all of it is in the fund's currency."""
    return bool(one.body["commodity"] == one.body["net_commodity"] == month.details.commodity)


def _settlement(one: Movement, titles: dict[str, Name]) -> Settlement:
    body = one.body
    return Settlement(
        number=one.seq,
        entry=one.seq,
        platform=titles[body["channel"]],
        platform_ref=body["statement_no"],
        covers_first=month_first(body["period"]),
        covers_last=month_last(body["period"]),
        gross_minor=body["gross"],
        refund_minor=body["refund"],
        share_minor=body["share"],
        deduction_minor=body["tax"],
        net_minor=body["net"],
    )


# --- sections 4 to 6 --------------------------------------------------------------------------


def _opened_with(month: Month, prefix: str) -> int:
    """Return what accounts held when the books of a fund's first month were opened."""
    if month.cut.previous is not None:
        return 0
    return sum(one.to_length for one in month.outside(prefix) if one.kind == "account.opened")


def _kind(one: Movement) -> str:
    """Name why money came to an account."""
    if one.kind == "account.opened":
        return joined_key(names.OPENING)
    if one.kind == "transfer.returned":
        return "returned-transfer"
    return str(one.body.get("class", "other"))


def _bank(month: Month) -> BankLines:
    zone = month.details.zone
    opened = _opened_with(month, BANK)
    other = [
        one
        for one in (*month.outside(BANK), *_returns(month))
        if not (opened and one.kind == "account.opened")
    ]
    sides = month.bank_sides(BANK)
    loose = [item for side in sides or () for item in month.loose(side)]
    return BankLines(
        b1=month.opening.balance(BANK) + opened,
        b2=month.moved(PAYOUT, BANK),
        b3=sum(one.to_length for one in other),
        b4=month.moved(BANK, TRANSIT),
        b5=_balance(month, BANK_FEES),
        b6=0,
        b7=month.closing.balance(BANK),
        b8=None if sides is None else sum(side.balance for side in sides),
        b8_on=None if sides is None else local_date(max(side.at for side in sides), zone),
        other_receipts=tuple(
            ListedMovement(one.seq, local_date(one.at, zone), _kind(one), one.to_length)
            for one in sorted(other, key=lambda one: one.seq)
        ),
        outstanding=tuple(_outstanding(item, zone) for item in loose),
    )


def _returns(month: Month) -> list[Movement]:
    return [one for one in month.movements if one.kind == "transfer.returned"]


def _outstanding(item: Loose, zone: str) -> Outstanding:
    return Outstanding(local_date(item.at, zone), item.kind, item.amount, item.seq)


def _transit(month: Month, roles: dict[str, str]) -> TransitLines:
    found = month.transfers()
    when = month.occurred([seq for _, one in found for seq in (one.sent_seq, one.ended_seq)])
    zone = month.details.zone

    def day(seq: int | None) -> date | None:
        return None if seq is None else local_date(when[seq], zone)

    rows = []
    for one, part in found:
        ended = part.ended_seq
        rows.append(
            Transfer(
                number=one.number,
                entry=part.sent_seq,
                sent_on=local_date(when[part.sent_seq], zone),
                amount_minor=part.amount,
                bank_ref=(*month.references(part.sent_seq), one.reference)[0],
                proposed_by=roles.get(one.proposed_by, one.proposed_by),
                approved_by=roles.get(one.approved_by or "", one.approved_by or ""),
                arrived_on=None if part.came_back else day(ended),
                returned_on=day(ended) if part.came_back else None,
                ended_entry=ended,
            )
        )
    return TransitLines(
        t1=month.opening.balance(TRANSIT),
        t2=month.moved(TRANSIT, FUND),
        t2r=month.moved(TRANSIT, BANK),
        t3=month.closing.balance(TRANSIT),
        transfers=tuple(rows),
    )


def _fund(month: Month) -> FundLines:
    opened = _opened_with(month, FUND)
    outside = [one for one in month.outside(FUND) if not (opened and one.kind == "account.opened")]
    donations = sum(one.to_length for one in outside if one.body.get("class") == "donation")
    sides = month.bank_sides(FUND)
    loose = [item for side in sides or () for item in month.loose(side)]
    known = sides is not None
    return FundLines(
        FundColumn(
            f1=month.opening.balance(FUND) + opened,
            f2=month.moved(TRANSIT, FUND),
            f3=donations,
            f4=sum(one.to_length for one in outside if one.body.get("class") != "donation"),
            f5=_balance(month, PROGRAMME),
            f6=_balance(month, FUND_FEES),
            f7=0,
            f8=month.closing.balance(FUND),
        ),
        f9=sum(side.balance for side in sides) if sides is not None else None,
        f9_on=local_date(max(side.at for side in sides), month.details.zone) if sides else None,
        f10_receivable=sum(max(0, one.amount) for one in loose) if known else None,
        f10_payable=sum(max(0, -one.amount) for one in loose) if known else None,
    )


# --- sections 7 to 10 -------------------------------------------------------------------------


def _spending(month: Month) -> SpendingLines:
    groups, diseases = month.spending("people"), month.spending("disease")
    by_group, by_disease = spending_tables(
        [_counted(row, group_name(row.code)) for row in groups],
        [_counted(row, disease_name(row.code)) for row in diseases],
    )
    providers = month.providers()
    return SpendingLines(
        s1=sum(row.amount for row in groups),
        s2=sum(row.amount for row in diseases),
        s3=sum(amount for _, amount in providers),
        by_group=by_group,
        by_disease=by_disease,
        by_provider=tuple((Name(name), amount) for name, amount in providers),
    )


def _counted(row: Sum, name: tuple[str, str]) -> SpendingCounts:
    # A month that takes back more than it spent has no counts that mean anything.
    counts = Counts(row.person_times, row.persons)
    if row.persons < 0 or row.person_times < row.persons:
        counts = Counts(None, None)
    return SpendingCounts(row.code, Name(*name), row.amount, counts)


def _open(month: Month) -> OpenLines:
    zone, commodity = month.details.zone, month.details.commodity
    last = month_last(month.cut.month)
    items = []
    for one in month.items():
        opened_on = local_date(one.at, zone)
        items.append(
            OpenItem(
                number=one.number,
                kind=_KINDS.get(one.kind, one.kind),
                opened_on=opened_on,
                amount_minor=one.amount if one.commodity == commodity else 0,
                age_days=max(0, (last - opened_on).days),
                owner=_ROLES.get(one.owner, one.owner),
                state=one.state,
            )
        )
    return OpenLines(
        x1=len(items),
        x2=sum(item.amount_minor for item in items),
        x3=sum(item.age_days > 30 for item in items),  # noqa: PLR2004 -- the line's own name
        x4=sum(item.age_days > 90 for item in items),  # noqa: PLR2004 -- the same
        items=tuple(items),
    )


def _exceptions(found: Sequence[Exempted]) -> tuple[RuleException, ...]:
    """Tell for which amounts the fund asks for fewer approvals than usual."""
    return tuple(
        RuleException(
            kind=one.kind,
            commodity=part.commodity,
            above_minor=part.above,
            up_to_minor=part.up_to,
            roles=tuple(_ROLES[role] for role in part.slots),
            usual=tuple(_ROLES[role] for role in part.usual),
            reason=one.reason,
            entry=one.seq,
        )
        for one in found
        for part in weaker_parts(one.rule, one.default)
    )


def _ledger(month: Month) -> LedgerLines:
    cut = month.cut
    checkpoint = parse_checkpoint(split_note(cut.note)[0])
    count, different = month.counted()
    expected = cut.size - cut.first
    return LedgerLines(
        l1_first=cut.first,
        l1_last=cut.size - 1,
        l2=count,
        l3_gaps=expected - different,
        l3_duplicates=count - different,
        l4_debits=month.debits(""),
        l4_credits=month.credits(""),
        l5_opening=_base64(month.root_at(cut.first)) if cut.first else None,
        l5_closing=_base64(month.root_at(cut.size)),
        checkpoint=Checkpoint(
            checkpoint.origin, checkpoint.size, _base64(checkpoint.root), cut.note.decode()
        ),
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _previous(month: Month, *, version: int) -> Closing | None:
    """Recompute the closing figures of the month before, from the ledger as it was then."""
    if month.cut.previous is None:
        return None
    before = Month(month.connection, month.fund, month.cut.previous)
    at = before.closing
    return Closing(
        number=_number(month.fund, before.cut.month, version),
        p5=at.balance(PLATFORM) + at.balance(PAYOUT),
        b7=at.balance(BANK),
        t3=at.balance(TRANSIT),
        f8=at.balance(FUND),
        l1_last=before.cut.size - 1,
        l5_closing=_base64(before.root_at(before.cut.size)),
    )


def _flow(month: Month) -> Flow:
    stages = stages_at(month.connection, month.fund.fund_id, month.closing, month.channels)
    return Flow(
        month.details.commodity,
        tuple(
            FlowStage(
                key="transit" if stage.key == "sent" else stage.key,
                reached_minor=stage.reached_minor,
                waiting_minor=stage.waiting_minor,
                left=tuple((left.key, left.amount_minor) for left in stage.left),
                joined=tuple((one.key, one.amount_minor) for one in stage.joined),
            )
            for stage in stages
        ),
    )
