"""A document of each kind, empty and crowded: long names, tables over several pages, sums of 100 million."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ledger.funds.lists import DEFAULTS
from ledger.spending.small_cells import Counts
from reports.columns import MOVING, OPENING
from reports.flow import Flow, FlowStage
from reports.lines import lines
from reports.receipt import GiftReceipt, ReceiptStep, ReceiptWay
from reports.statement import (
    Adjustment,
    BankLines,
    Closing,
    Correction,
    Cost,
    CostLimit,
    DayGifts,
    DueAge,
    DueLines,
    FundColumn,
    FundLines,
    GiftLines,
    LedgerLines,
    MonthColumn,
    Movement,
    Name,
    OpenItem,
    OpenKind,
    OpenLines,
    Outstanding,
    Period,
    PlatformDue,
    PlatformGifts,
    Received,
    Restated,
    Settlement,
    SizeBand,
    SpendingCounts,
    SpendingLines,
    Statement,
    Transfer,
    TransitLines,
    UnpaidSettlement,
    WriteOff,
    record_attachment,
    spending_tables,
)
from reports.wording import KIND
from tests.unit.reports import example
from tests.unit.reports.example import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS: Final = ("M", "Q", "A", "R", "C")
ENTRIES: Final = (1_204_311, 43_781_902)
"""First and last entry of the crowded period."""

PLATFORMS: Final = (
    ("快手", "Kuaishou"),
    ("抖音", "Douyin"),
    ("哔哩哔哩直播", "Bilibili Live"),
    ("微信视频号", "WeChat Channels"),
    (
        "青禾县融媒体中心中医药扶贫义诊直播间（晚间专场）",
        "Qinghe County Media Centre, evening clinic of traditional medicine",
    ),
    ("小红书", "Xiaohongshu"),
    ("淘宝直播", "Taobao Live"),
    ("YouTube 直播，折算后", "YouTube Live, converted"),
    ("斗鱼", "Douyu"),
    ("虎牙", "Huya"),
    ("花椒直播", "Huajiao"),
    ("Twitch", "Twitch"),
    ("百度直播", "Baidu Live"),
    ("结算单多于打赏的部分", "Settled beyond known gifts"),
)
LARGEST: Final = 12_345_678_901
"""Of one platform, fen: 123,456,789.01 yuan."""


def _day(index: int) -> date:
    return example.PERIOD.first + timedelta(days=index % 30)


def _gifts() -> GiftLines:
    gross = [LARGEST, *spread(18_888_888_989, len(PLATFORMS) - 1)]
    counts = spread(41_234_567, len(PLATFORMS))
    rows = []
    for index, (name, sent) in enumerate(zip(PLATFORMS, gross, strict=True)):
        minors, others = 12_345 * (index % 3), 45_678 * (index % 4)
        share, tax, fee = sent // 2, sent * 3 // 200, sent // 1000
        net = sent - minors - others - share - tax - fee
        rows.append(
            PlatformGifts(
                f"p{index}", Name(*name), counts[index], sent, minors, others, share, tax, fee, net
            )
        )
    days = zip(spread(sum(counts), 30), spread(sum(gross), 30), strict=True)
    bounds = (0, 100, 1_000, 10_000, 100_000, 1_000_000, None)
    bands = zip(pairwise(bounds), spread(sum(counts), 6), spread(sum(gross), 6), strict=True)
    total = {
        field.name: sum(getattr(row, field.name) for row in rows)
        for field in fields(PlatformGifts)[2:]
    }
    g3a, g3b = total["refund_minors_minor"], total["refund_others_minor"]
    return GiftLines(
        g1=total["gifts"],
        first_gift_no=1_000_001,
        last_gift_no=1_000_000 + total["gifts"],
        g2=total["gross_minor"],
        g3=g3a + g3b,
        g3a=g3a,
        g3b=g3b,
        g4=total["share_minor"],
        g5=total["tax_minor"] + total["fee_minor"],
        g5a=total["tax_minor"],
        g5b=total["fee_minor"],
        g6=total["net_minor"],
        largest_minor=131_400_000,
        by_platform=tuple(rows),
        by_day=tuple(DayGifts(_day(index), *figures) for index, figures in enumerate(days)),
        bands=tuple(SizeBand(low, below, *figures) for (low, below), *figures in bands),  # type: ignore[arg-type]
    )


def _due(gifts: GiftLines) -> DueLines:
    rows = []
    for index, one in enumerate(gifts.by_platform):
        opening, off = one.gross_minor // 3, 31_200 * (index % 2)
        paid = opening + one.net_minor // 2
        closing = opening + one.net_minor - paid - off
        rows.append(
            PlatformDue(one.platform, one.name, opening, one.net_minor, paid, off, closing)
        )
    p1, p2, p3, p4, p5 = (
        sum(getattr(row, code) for row in rows) for code in ("p1", "p2", "p3", "p4", "p5")
    )
    named = [row.name for row in rows]
    settlements = []
    for index, gross in enumerate(spread(2 * p3, 60)):
        share, taken, refund = gross // 2, gross * 3 // 200, 1_100 * (index % 3)
        settlements.append(
            Settlement(
                index + 1,
                ENTRIES[0] + 700_000 * (index + 1),
                named[index % len(named)],
                f"KS-ST-201909{index:02d}-8812-0047-1183-XQ",
                _day(index) - timedelta(days=12),
                _day(index),
                gross,
                refund,
                share,
                taken,
                gross - refund - share - taken,
            )
        )
    received = [
        Received(
            ENTRIES[0] + 590_000 * (index + 1),
            named[index % len(named)],
            _day(index),
            amount,
            f"NS09{index:02d} 0047 1183 5520 9917",
        )
        for index, amount in enumerate(spread(p3, 70))
    ]
    offs = [
        WriteOff(ENTRIES[0] + 900 + index, _day(index), amount, "approver", reason)
        for index, (amount, reason) in enumerate(
            zip(
                spread(p4, 3),
                ("平台注销，余额追不回来", "汇率尾差", "超过一年没有人认领"),
                strict=True,
            )
        )
    ]
    ages, unpaid = _ages(rows)
    return DueLines(
        p1,
        p2,
        p3,
        p4,
        p5,
        p5,
        tuple(rows),
        tuple(settlements),
        tuple(received),
        tuple(offs),
        ages,
        unpaid,
    )


def _ages(
    rows: Sequence[PlatformDue],
) -> tuple[tuple[DueAge, ...], tuple[UnpaidSettlement, ...]]:
    """Divide what platforms owe by age; what is oldest are settlements."""
    ages = tuple(
        DueAge(row.platform, row.name, row.p5 - 2 * (row.p5 // 3), row.p5 // 3, row.p5 // 3)
        for row in rows
    )
    unpaid = tuple(
        UnpaidSettlement(
            ENTRIES[0] - 900 + index,
            age.platform,
            age.name,
            f"KS-ST-201905{index:02d}-8812-0047-1183-XQ",
            date(2019, 5, 20),
            133,
            age.over_90_minor,
        )
        for index, age in enumerate(ages)
    )
    return ages, unpaid


def _transfers() -> tuple[Transfer, ...]:
    first, last = ENTRIES
    made = [
        Transfer(
            100 + index,
            first + 1_600_000 * (index + 1),
            _day(index),
            amount,
            f"NS09{index:02d} 0112 5520 8817 6640",
            "officer",
            "approver",
            _day(index + 2),
            ended_entry=first + 1_600_000 * (index + 1) + 40_000,
        )
        for index, amount in enumerate([*spread(6_000_000_000, 21), 1_234_567_890, 10_000_000_000])
    ]
    made[3] = replace(made[3], arrived_on=None, returned_on=_day(9))
    made[-2] = replace(made[-2], arrived_on=date(2019, 10, 8), ended_entry=last + 77)
    made[-1] = replace(made[-1], arrived_on=None, ended_entry=None)
    before = replace(made[0], number=99, entry=first - 500, sent_on=date(2019, 8, 30))
    return (before, *made)


def _bank(due: DueLines, sent: int, returned: int) -> BankLines:
    kinds = ("interest", "unidentified", "other")
    receipts = [
        Movement(ENTRIES[0] + 1_000 * index, _day(index), kinds[index % 3], 1_234 + 98_765 * index)
        for index in range(28)
    ]
    receipts.append(Movement(ENTRIES[0] + 99_999, _day(9), "returned-transfer", returned))
    payments = [
        Movement(ENTRIES[0] + 2_000 * index, _day(index), "other", 50_000 + index)
        for index in range(9)
    ]
    outstanding = [
        Outstanding(_day(index), kind, minor, None if index % 2 else ENTRIES[1] - index)
        for index, (kind, minor) in enumerate(
            zip(
                ("sent-not-debited", "received-not-credited", "bank-not-booked"),
                (-1_234_567_890, 45_600, -120),
                strict=True,
            )
        )
    ]
    b1, b3, b5 = 4_567_890_123, sum(one.amount_minor for one in receipts), 123_456
    b6 = sum(one.amount_minor for one in payments)
    b7 = b1 + due.p3 + b3 - sent - b5 - b6
    return BankLines(
        b1,
        due.p3,
        b3,
        sent,
        b5,
        b6,
        b7,
        b7 - sum(one.amount_minor for one in outstanding),
        example.PERIOD.last,
        tuple(receipts),
        tuple(payments),
        tuple(outstanding),
    )


def _fund(arrived: int) -> FundLines:
    bound = [23_456_789_012, arrived, 345_678_900, 0, 18_765_432_109, 12_345_678, 6_543_210]
    free = [1_000_000_00, 0, 0, 7_654_321, 0, 65_432_100, 0]

    def column(values: Sequence[int]) -> FundColumn:
        f1, f2, f3, f4, f5, f6, f7 = values
        return FundColumn(f1, f2, f3, f4, f5, f6, f7, f1 + f2 + f3 + f4 - f5 - f6 + f7)

    total = column([one + other for one, other in zip(bound, free, strict=True)])
    return FundLines(
        total,
        column(bound),
        column(free),
        f9=total.f8 + 4_321_000 - 1_000,
        f9_on=example.PERIOD.last,
        f10_receivable=1_000,
        f10_payable=4_321_000,
        costs=tuple(
            Cost(code, Name(zh, en), minor)
            for (code, zh, en), minor in zip(
                [*DEFAULTS["cost"], ("FundFees", "基金账户的银行收费", "Kept by the bank")],
                spread(total.f6, len(DEFAULTS["cost"]) + 1),
                strict=True,
            )
        ),
        limit=CostLimit(800, "基金章程第十二条，县财政局 2019 年第 3 号通知重申", 2_233),
    )


def _spending(f5: int) -> SpendingLines:
    rest = ("unclassified", "未分类", "Not classified")

    def rows(names: Sequence[tuple[str, str, str]]) -> list[SpendingCounts]:
        visits = spread(54_321, len(names))
        people = [3 if index == 2 else one // 2 for index, one in enumerate(visits)]
        return [
            SpendingCounts(code, Name(zh, en), minor, Counts(*counts))
            for (code, zh, en), minor, *counts in zip(
                names, spread(f5, len(names)), visits, people, strict=True
            )
        ]

    by_group, by_disease = spending_tables(
        rows([*DEFAULTS["group"], rest]), rows([*DEFAULTS["disease"], rest])
    )
    providers = [
        (
            Name(
                f"青禾县第{index + 1}中医院（国家区域医疗中心合作单位，针灸推拿与康复科）",
                f"Qinghe County Hospital of Traditional Medicine no. {index + 1}, acupuncture and rehabilitation",
            ),
            minor,
        )
        for index, minor in enumerate(spread(f5, 24))
    ]
    return SpendingLines(f5, f5, f5, by_group, by_disease, tuple(providers))


def _open() -> OpenLines:
    kinds = [kind for kind in KIND["zh"] if "_" in kind]
    items = []
    for index in range(48):
        age = 140 - 3 * index if index < 46 else 0
        items.append(
            OpenItem(
                ENTRIES[0] + index,
                kinds[index % len(kinds)],
                example.PERIOD.last - timedelta(days=age),
                123_456_789 if index == 4 else 520 + 77 * index,
                age,
                ("officer", "reviewer")[index % 2],
                ("open", "assigned", "proposed", "disputed")[index % 4],
                ("", "waiting", "write-off", "resolution")[index % 4],
                example.PERIOD.last + timedelta(days=index),
            )
        )
    return OpenLines(
        len(items),
        sum(one.amount_minor for one in items),
        sum(one.age_days > 30 for one in items),
        sum(one.age_days > 90 for one in items),
        tuple(items),
        tuple(_open_kinds(items)),
    )


def _open_kinds(items: Sequence[OpenItem]) -> list[OpenKind]:
    rows = []
    for kind in sorted({one.kind for one in items}):
        figures = []
        for days in (-1, 30, 90):
            some = [one.amount_minor for one in items if one.kind == kind and one.age_days > days]
            figures += [len(some), sum(some)]
        rows.append(OpenKind(kind, *figures))
    return rows


def _flow(due: DueLines, bank: BankLines, transit: TransitLines, fund: FundLines) -> Flow:
    work, paid = 98_765_432_109, (("management_cost", 345_678_901), ("donation_refund", 12_300))
    joined = (
        ("opening", 100_000_000),
        ("interest", 7_654_321),
        ("donation", 345_678_900),
        ("returned_grant", 6_543_210),
    )
    into_fund = fund.total.f8 + sum(minor for _, minor in paid) + work
    sent = transit.t3 + into_fund - sum(minor for _, minor in joined)
    fees = (("bank_fee", 1_234_567), ("other", 450_036))
    brought = (("opening", 1_000_000), ("other", 37_278_000))
    into_bank = bank.b7 + sum(minor for _, minor in fees) + sent
    waiting = due.p5 // 7
    off = (("written_off", 218_400),)
    settled = waiting + 218_400 + into_bank - sum(minor for _, minor in brought)
    left = (
        ("platform_share", settled),
        ("tax", 2_345_678_901),
        ("platform_fee", 312_345_678),
        ("refund", 4_567_890),
        ("chargeback", 120),
    )
    raised = due.p5 - waiting + sum(minor for _, minor in left) + settled
    return Flow(
        "CNY",
        (
            FlowStage("raised", raised, due.p5 - waiting, left, 41, late=True),
            FlowStage("settled", settled, waiting, off, 12),
            FlowStage("bank", into_bank, bank.b7, fees, 3, joined=brought),
            FlowStage("transit", sent, transit.t3, (), 9, late=True),
            FlowStage("fund", into_fund, fund.total.f8, paid, 366, joined=joined),
            FlowStage("work", work, work),
        ),
    )


def _ledger() -> LedgerLines:
    first, last = ENTRIES
    witnesses = ("witness.county-press.example", "witness.university-of-qinghe.example")
    return LedgerLines(
        first,
        last,
        last - first + 1,
        0,
        0,
        345_678_901_234,
        345_678_901_234,
        example.BEFORE,
        example.ROOT,
        example.note(last + 1, example.ROOT),
        "5b1e" * 16,
        datetime(2019, 10, 1, 2, 3, tzinfo=UTC),
        last - 7_000,
        witnesses,
    )


def _corrections() -> tuple[Correction, ...]:
    reasons = ("手续费少记", "同一张发票记了两次，供应商已退款；县中医院盖章确认", "病种记错")
    return tuple(
        Correction(
            ENTRIES[1] - 900 + index,
            ENTRIES[0] - 9_000 + index,
            f"QH-2019-0{6 + index % 3}-M-v1",
            ("B5", "F5", "F5", "F6")[index % 4],
            (-1) ** index * (123_456_789 if index == 1 else 30_000 + index),
            reasons[index % 3],
            None if index % 3 == 0 else "QH-2019-08-C-v1",
        )
        for index in range(14)
    )


def _adjustments() -> tuple[Adjustment, ...]:
    kinds = (
        "spend.reversed",
        "movement.reversed",
        "match.released",
        "adjustment",
        "period.reopened",
    )
    return tuple(
        Adjustment(
            ENTRIES[0] + 5_000 + index,
            kinds[index % 5],
            tuple(range(ENTRIES[0] + index, ENTRIES[0] + index + index % 9)),
            None
            if kinds[index % 5] in ("match.released", "period.reopened")
            else 4_500_000 + index,
            "USD" if index == 3 else "CNY",
            "供应商退货，差额按合同第七条处理" if index % 2 else "",
            "officer",
            ("reviewer", "approver") if index % 3 else (),
            ("QH-2019-08-M-v1", "QH-2019-Q2-Q-v1") if index % 4 == 0 else (),
        )
        for index in range(26)
    )


def files() -> dict[str, bytes]:
    """Give what is embedded in the crowded documents."""
    return {
        "transfers.csv": b"transfer_no,amount_fen\r\n",
        "settlements.csv": b"settlement_no\r\n",
    }


def crowded_month() -> Statement:
    """Give a month in which every table runs over pages and every sum is long."""
    gifts, transfers = _gifts(), _transfers()
    due = _due(gifts)
    sent = sum(one.amount_minor for one in transfers[1:])
    returned = transfers[4].amount_minor
    under_way = transfers[-1].amount_minor + transfers[-2].amount_minor
    arrived = sent + transfers[0].amount_minor - returned - under_way
    transit = TransitLines(transfers[0].amount_minor, arrived, returned, under_way, transfers)
    bank, fund = _bank(due, sent, returned), _fund(arrived)
    content = files()
    large = record_attachment("gifts.csv", Name("打赏明细", "Gifts"), b"", 41_234_567)
    month = example.full_month()
    return replace(
        month,
        issuer=replace(
            month.issuer,
            name=Name(
                "青禾县中医药扶贫与乡村振兴重大疾病救助专项基金",
                "Qinghe County Traditional Medicine Relief and Rural Revival Fund for Serious Illness",
            ),
            qualified_organisation=Name("青禾县慈善总会", "Qinghe County Charity Federation"),
            filing_number="5315220190901A00047",
        ),
        gifts=gifts,
        due=due,
        bank=bank,
        transit=transit,
        fund=fund,
        spending=_spending(fund.total.f5),
        open=_open(),
        ledger=_ledger(),
        previous=Closing(
            "QH-2019-08-M-v1",
            due.p1,
            bank.b1,
            transit.t1,
            fund.total.f1,
            ENTRIES[0] - 1,
            example.BEFORE,
        ),
        corrections=_corrections(),
        adjustments=_adjustments(),
        changes=(
            Name("新增渠道：虎牙、花椒直播。", "New channels: Huya, Huajiao."),
            Name(
                "划转上限改为 1 亿元（第 1,204,400 条）。",
                "Transfers up to 100 million (entry 1,204,400).",
            ),
        ),
        attachments=(
            replace(
                large,
                size_bytes=3_012_345_678,
                url=f"{month.web_url}/files/{large.sha256}/gifts.csv",
            ),
            *(
                record_attachment(name, Name("登记表", "Register"), data, 1)
                for name, data in content.items()
            ),
        ),
        flow=_flow(due, bank, transit, fund),
    )


def _columns(statement: Statement, months: Sequence[str]) -> tuple[MonthColumn, ...]:
    """Divide the lines of a statement over months, so that they tie."""
    whole, count = lines(statement), len(months)
    parts = {code: spread(whole[code] or 0, count) for code in MOVING}
    ends = {}
    for opening, closing in OPENING:
        first, last = whole[opening] or 0, whole[closing] or 0
        steps = [first + (last - first) * index // count for index in range(count + 1)]
        ends |= {opening: steps[:-1], closing: steps[1:]}
    first, last = statement.ledger.l1_first or 0, statement.ledger.l1_last or 0
    cuts = [first - 1, *(first + (last - first) * at // count for at in range(1, count)), last]
    parts["L2"] = [high - low for low, high in pairwise(cuts)]
    return tuple(
        MonthColumn(
            month,
            f"QH-{month}-M-v1",
            tuple({code: values[at] for code, values in (parts | ends).items()}.items()),
            (cuts[at] + 1, cuts[at + 1]),
            statement.ledger.l5_closing,
        )
        for at, month in enumerate(months)
    )


def _restated(corrections: Sequence[Correction]) -> tuple[Restated, ...]:
    made = []
    for document, line in dict.fromkeys((one.document, one.line) for one in corrections):
        own = [one for one in corrections if (one.document, one.line) == (document, line)]
        change = sum(one.amount_minor for one in own)
        made.append(
            Restated(
                document,
                line,
                18_765_432_109,
                change,
                18_765_432_109 + change,
                tuple(one.entry for one in own),
            )
        )
    return tuple(made)


def of_kind(kind: str, *, crowded: bool) -> Statement:
    """Give a document.

    Args:
        kind: One of `KINDS`.
        crowded: Whether everything happened in its period, or nothing; a notice corrects at least one line.

    Returns:
        A statement whose equations hold.
    """
    made = crowded_month() if crowded else example.empty_month()
    year = made.period.first.year
    if kind in "MR":
        month = f"{made.period.first:%Y-%m}"
        return replace(made, kind=kind, number=f"QH-{month}-{kind}-v1")
    if kind == "C":
        rows = made.corrections or (Correction(0, 0, "QH-2019-01-M-v1", "B5", -300, "多记"),)
        made = replace(made, corrections=rows, restated=_restated(rows))
        return replace(made, kind=kind, number=f"QH-{made.period.first:%Y-%m}-C-v1")
    first, last, label = (1, 12, "Y") if kind == "A" else (7, 9, "Q3") if crowded else (1, 3, "Q1")
    months = [f"{year}-{month:02d}" for month in range(first, last + 1)]
    end = date(year + last // 12, last % 12 + 1, 1) - timedelta(days=1)
    period = Period(date(year, first, 1), end, made.period.zone)
    before = tuple(lines(made).items()) if crowded and kind == "A" else ()
    return replace(
        made,
        kind=kind,
        number=f"QH-{year}-{label}-{kind}-v1",
        period=period,
        columns=_columns(made, months),
        before=before,
        later=tuple(
            replace(one, entry=ENTRIES[1] + 78 + index, document=f"QH-{months[0]}-M-v1")
            for index, one in enumerate(_corrections()[: 5 if crowded else 0])
        ),
    )


# --- a giver's receipt ----------------------------------------------------------------------------

_GIVEN: Final = datetime(2019, 9, 3, 12, 1, tzinfo=UTC)


def _steps(amount: int, entry: int, upto: int) -> tuple[ReceiptStep, ...]:
    """Walk a part of a gift: half of it goes to the platform, then a tax and a bank fee."""
    share, tax, fee = amount // 2, amount // 100, amount // 1000
    net = amount - share - tax
    account = Name("县农商行，尾号 0031", "County Rural Bank, ending 0031")
    help_to = Name(
        "腰椎间盘突出，青禾县第一中医院", "Lumbar disc herniation, County Hospital no. 1"
    )
    settled = (("platform_share", share), ("tax", tax))
    sheet = Name("结算单 KS-ST-20190901-8812-0047", "settlement KS-ST-20190901-8812-0047")
    rows: tuple[tuple[str, int, int, int, tuple[tuple[str, int], ...], Name | None], ...] = (
        ("raised", amount, 0, 0, (), None),
        ("settled", net, 7, 900, settled, sheet),
        ("bank", net - fee, 9, 990, (("bank_fee", fee),), account),
        ("transit", net - fee, 12, 2_000, (), Name("第 12 次划转", "transfer 12")),
        ("fund", net - fee, 15, 2_100, (), account),
        ("work", net - fee, 40, 9_000, (), help_to),
    )
    made = tuple(
        ReceiptStep(key, minor, _GIVEN + timedelta(days=days), entry + after, left, detail)
        for key, minor, days, after, left, detail in rows
    )
    return made[:upto]


def receipt(*, crowded: bool) -> GiftReceipt:
    """Give a receipt: of a gift that was just given, or of a large one that two boundaries cut."""
    amounts = (131_400_00, 900_000_000, 99_999_99) if crowded else (300,)
    whole = sum(amounts)
    return GiftReceipt(
        number="0000 000C JJTJ",
        fund=crowded_month().issuer.name if crowded else example.ISSUER.name,
        operator=example.ISSUER.operator,
        channel=Name(*PLATFORMS[4 if crowded else 0]),
        name="王**" if crowded else None,
        at=_GIVEN,
        zone="Asia/Shanghai",
        commodity="CNY",
        amount_minor=whole,
        paid=f"{whole // 10:,} KSCOIN" if crowded else "",
        taken_back=None,
        ways=tuple(
            ReceiptWay(amount, _steps(amount, ENTRIES[0], 6 - 2 * at if crowded else 1))
            for at, amount in enumerate(amounts)
        ),
        entry=ENTRIES[0],
        origin="ledger.qinghe.example/log/qinghe",
        size=ENTRIES[1] + 1,
        root=example.ROOT,
        page_url="https://ledger.qinghe.example/funds/qinghe/gifts/0000000CJJTJ",
        verify_url="https://ledger.qinghe.example/verify",
        as_of=ENTRIES[1],
        issued_at=datetime(2019, 10, 14, 1, 30, tzinfo=UTC),
    )
