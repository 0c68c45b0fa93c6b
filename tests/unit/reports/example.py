"""One full month and one empty month of an invented fund; the full one ties to the fen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from ledger.spending.small_cells import Counts
from reports.flow import Flow, FlowStage
from reports.statement import (
    Approval,
    AttachmentRecord,
    BankLines,
    Checkpoint,
    Closing,
    Correction,
    DayGifts,
    DueAge,
    DueLines,
    FundColumn,
    FundLines,
    GiftLines,
    Issuer,
    LedgerLines,
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
    RuleException,
    Settlement,
    SizeBand,
    SpendingCounts,
    SpendingLines,
    Statement,
    Transfer,
    TransitLines,
    UnitRate,
    UnpaidSettlement,
    record_attachment,
    spending_tables,
)

PERIOD = Period(date(2019, 9, 1), date(2019, 9, 30), "Asia/Shanghai")
KUAISHOU = Name("快手", "Kuaishou")
DOUYIN = Name("抖音", "Douyin")
ROOT = "n6O6zFkdV0GySYTl2VtVOq8R8UaYdj6k0wJGrVZv2cQ="
BEFORE = "hd0pQqPZ6z1nN4b0V2LZ5nYkqk1V1d7uO1mH0m0t1yE="

ISSUER = Issuer(
    fund="qinghe",
    name=Name(
        "青禾县中医药扶贫基金",
        "Qinghe County Traditional Medicine Relief Fund",
    ),
    operator=Name("青禾县财政局", "Qinghe County Finance Bureau"),
    collection_account=Name("县农商行，尾号 0031", "County Rural Bank, ending 0031"),
    fund_account=Name("县农商行，尾号 7716", "County Rural Bank, ending 7716"),
    contact=Name("青禾县财政局，0470-555 0112", "Qinghe County Finance Bureau, 0470-555 0112"),
    donor=Name("账户持有人，县里各账号的主人。", "The account holder."),
    legal_form=Name("专项基金，不是法人。", "A dedicated fund, not a legal person."),
    regulator=Name("青禾县民政局，0470-555 0100", "Qinghe County Civil Affairs, 0470-555 0100"),
)

GROUPS = (
    ("G01", "低保户", "Households on minimum income", 1820010, 140, 120),
    ("G02", "特困人员", "People in extreme hardship", 1204000, 96, 71),
    ("G03", "孤寡老人", "Old people without family", 998040, 88, 60),
    ("G04", "残疾人", "People with disabilities", 760000, 51, 44),
    ("G05", "大病家庭", "Families with a serious illness", 540000, 33, 21),
    ("G06", "退役军人", "Veterans", 330000, 20, 12),
    ("G07", "孤儿", "Orphans", 221000, 9, 3),
    ("G08", "单亲家庭", "One-parent families", 150000, 8, 6),
    ("unclassified", "未分类", "Not classified", 125000, 11, 9),
)
DISEASES = (
    ("D01", "类风湿关节炎", "Rheumatoid arthritis", 1702000, 130, 104),
    ("D02", "高血压", "High blood pressure", 1340050, 110, 90),
    ("D03", "慢性支气管炎", "Chronic bronchitis", 1098000, 84, 60),
    ("D04", "腰椎间盘突出", "Slipped disc", 905000, 60, 41),
    ("D05", "脑卒中后遗症", "After a stroke", 701000, 40, 30),
    ("D06", "带状疱疹", "Shingles", 202000, 12, 4),
    ("D07", "面瘫", "Facial palsy", 99000, 9, 7),
    ("unclassified", "未分类", "Not classified", 101000, 11, 10),
)


def full_flow() -> Flow:
    """Give the six stages of the fund since its beginning."""
    return Flow(
        "CNY",
        (
            FlowStage(
                "raised",
                117117170,
                4123710,
                (("platform_share", 56390810), ("tax", 1691724), ("refund", 211840)),
                8,
                average_days="7.2",
            ),
            FlowStage("settled", 54699086, 1420882, (("bank_fee", 8000),), 4, average_days="4.0"),
            FlowStage("bank", 53270204, 1270204, (), 8, average_days="9.9"),
            FlowStage("transit", 52000000, 5500000, (), 0, average_days="3.0"),
            FlowStage("fund", 46500000, 10672380, (), 33, average_days="22.8"),
            FlowStage("work", 35827620, 35827620),
        ),
    )


def empty_flow() -> Flow:
    """Give the six stages of a fund that has received nothing yet."""
    keys = ("raised", "settled", "bank", "transit", "fund", "work")
    return Flow("CNY", tuple(FlowStage(key, 0, 0) for key in keys))


def spread(total: int, parts: int) -> list[int]:
    """Divide a sum unevenly, without losing a unit."""
    weights = [7 + (index * 5) % 11 for index in range(parts)]
    bounds = [total * sum(weights[:index]) // sum(weights) for index in range(parts + 1)]
    return [high - low for low, high in pairwise(bounds)]


def full_gifts() -> GiftLines:
    """Give lines G: 6,214 gifts on two platforms."""
    days = zip(spread(6214, 30), spread(21480630, 30), strict=True)
    return GiftLines(
        g1=6214,
        first_gift_no=27001,
        last_gift_no=33214,
        g2=21480630,
        g3=31100,
        g3a=20000,
        g3b=11100,
        g4=10740315,
        g5=311116,
        g5a=311116,
        g5b=0,
        g6=10398099,
        largest_minor=300000,
        by_platform=(
            PlatformGifts(
                "kuaishou", KUAISHOU, 4214, 15000000, 20000, 1100, 7500000, 311116, 0, 7167784
            ),
            PlatformGifts("douyin", DOUYIN, 2000, 6480630, 0, 10000, 3240315, 0, 0, 3230315),
        ),
        by_day=tuple(
            DayGifts(PERIOD.first + timedelta(days=index), *figures)
            for index, figures in enumerate(days)
        ),
        bands=(
            SizeBand(0, 1000, 5000, 1980630),
            SizeBand(1000, 10000, 1000, 4500000),
            SizeBand(10000, None, 214, 15000000),
        ),
    )


def full_due() -> DueLines:
    """Give lines P: four settlements, eleven payments."""
    received = zip(range(11), spread(9841230, 11), strict=True)
    return DueLines(
        p1=4987723,
        p2=10398099,
        p3=9841230,
        p4=0,
        p5=5544592,
        p5_recomputed=5544592,
        by_platform=(
            PlatformDue("kuaishou", KUAISHOU, 3000000, 7167784, 6841230, 0, 3326554),
            PlatformDue("douyin", DOUYIN, 1987723, 3230315, 3000000, 0, 2218038),
        ),
        settlements=(
            Settlement(
                21,
                140011,
                KUAISHOU,
                "KU-ST-20190901",
                date(2019, 8, 25),
                date(2019, 9, 10),
                7600000,
                1100,
                3800000,
                150000,
                3648900,
            ),
            Settlement(
                22,
                144020,
                DOUYIN,
                "DO-ST-201909",
                date(2019, 9, 1),
                date(2019, 9, 20),
                5000000,
                10000,
                2500000,
                0,
                2490000,
            ),
        ),
        received=tuple(
            Received(
                145000 + index,
                KUAISHOU if index % 2 else DOUYIN,
                date(2019, 9, 2 + 2 * index),
                amount,
                f"R0{900 + index}",
            )
            for index, amount in received
        ),
        ages=(
            DueAge("kuaishou", KUAISHOU, 3000000, 326554, 0),
            DueAge("douyin", DOUYIN, 0, 0, 2218038),
        ),
        unpaid=(
            UnpaidSettlement(
                90011, "douyin", DOUYIN, "DO-ST-201906", date(2019, 6, 20), 102, 2218038
            ),
        ),
    )


def full_spending() -> SpendingLines:
    """Give lines S; one group and one disease have few people."""
    by_group, by_disease = spending_tables(
        [SpendingCounts(c, Name(zh, en), a, Counts(t, p)) for c, zh, en, a, t, p in GROUPS],
        [SpendingCounts(c, Name(zh, en), a, Counts(t, p)) for c, zh, en, a, t, p in DISEASES],
    )
    return SpendingLines(6148050, 6148050, None, by_group, by_disease)


def full_files() -> dict[str, bytes]:
    """Give the files attached to the full month."""
    return {
        "transfers.csv": "\ufefftransfer_no,amount_fen\r\n11,4000000\r\n12,5500000\r\n".encode(),
        "gifts.csv": "\ufeffgift_no,gross_fen\r\n27001,300\r\n".encode(),
    }


def full_attachments() -> tuple[AttachmentRecord, ...]:
    """Describe them, gifts first."""
    files = full_files()
    return (
        record_attachment("gifts.csv", Name("打赏明细", "Gifts"), files["gifts.csv"], 1),
        record_attachment("transfers.csv", Name("划转", "Transfers"), files["transfers.csv"], 2),
    )


def note(size: int, root: str) -> Checkpoint:
    """Give a checkpoint of the fund's log; its signature is not a real one."""
    origin = "ledger.qinghe.example/log/qinghe"
    text = f"{origin}\n{size}\n{root}\n\n— {origin} RwPtFw1V1m0CzN3m0t1yEexampleexampleexample=\n"
    return Checkpoint(origin, size, root, text)


def full_month() -> Statement:
    """Give September 2019 with every section filled."""
    return Statement(
        number="QH-2019-09-M-v1",
        version=1,
        period=PERIOD,
        issued_at=datetime(2019, 10, 14, 1, 30, tzinfo=UTC),
        commodity="CNY",
        issuer=ISSUER,
        web_url="https://ledger.qinghe.example/funds/qinghe/statements/QH-2019-09-M-v1",
        verify_url="https://ledger.qinghe.example/verify",
        ledger_url="https://ledger.qinghe.example/log/qinghe",
        gifts=full_gifts(),
        due=full_due(),
        bank=BankLines(
            b1=930174,
            b2=9841230,
            b3=500,
            b4=9500000,
            b5=1200,
            b6=500,
            b7=1270204,
            b8=1271204,
            b8_on=date(2019, 9, 30),
            other_receipts=(Movement(145900, date(2019, 9, 21), "interest", 500),),
            other_payments=(Movement(145901, date(2019, 9, 22), "other", 500),),
            outstanding=(Outstanding(date(2019, 9, 30), "sent-not-debited", -1000, 146002),),
        ),
        transit=TransitLines(
            t1=0,
            t2=4000000,
            t2r=0,
            t3=5500000,
            transfers=(
                Transfer(
                    11,
                    143003,
                    date(2019, 9, 12),
                    4000000,
                    "NS0912 0047 1183",
                    "财务甲",
                    "批准人乙",
                    date(2019, 9, 16),
                    ended_entry=144_010,
                ),
                Transfer(
                    12,
                    146001,
                    date(2019, 9, 30),
                    5500000,
                    "NS0930 0112 5520",
                    "财务甲",
                    "批准人乙",
                    date(2019, 10, 8),
                    ended_entry=158_209,
                ),
            ),
        ),
        fund=FundLines(
            total=FundColumn(12820430, 4000000, 0, 0, 6148050, 0, 0, 10672380),
            f9=10772380,
            f9_on=date(2019, 9, 30),
            f10_receivable=0,
            f10_payable=100000,
        ),
        spending=full_spending(),
        open=OpenLines(
            2,
            3140,
            1,
            0,
            (
                OpenItem(
                    7,
                    "amount-differs",
                    date(2019, 8, 20),
                    2620,
                    41,
                    "officer",
                    "asked",
                    "waiting",
                    date(2019, 10, 15),
                ),
                OpenItem(9, "unidentified", date(2019, 9, 28), 520, 2, "officer", "open"),
            ),
            (
                OpenKind("amount-differs", 1, 2620, 1, 2620, 0, 0),
                OpenKind("unidentified", 1, 520, 0, 0, 0, 0),
            ),
        ),
        ledger=LedgerLines(
            l1_first=120001,
            l1_last=146902,
            l2=26902,
            l3_gaps=0,
            l3_duplicates=0,
            l4_debits=61000000,
            l4_credits=61000000,
            l5_opening=BEFORE,
            l5_closing=ROOT,
            checkpoint=note(146903, ROOT),
        ),
        previous=Closing("QH-2019-08-M-v1", 4987723, 930174, 0, 12820430, 120000, BEFORE),
        corrections=(
            Correction(
                141002,
                119000,
                "QH-2019-08-M-v1",
                "B5",
                300,
                "手续费少记",
                "QH-2019-08-C-v1",
            ),
        ),
        approvals=(
            Approval(
                "prepared", "m-1", "officer", "财务甲", datetime(2019, 10, 12, 2, tzinfo=UTC)
            ),
            Approval(
                "approved",
                "m-2",
                "approver",
                "批准人乙",
                datetime(2019, 10, 13, 8, 20, tzinfo=UTC),
            ),
        ),
        exceptions=(
            RuleException(
                "transfer",
                "CNY",
                50_000_000,
                None,
                ("approver",),
                ("approver", "approver"),
                "只有一位批准人",
                3,
            ),
            RuleException("match", "CNY", 1_000_000, 2_000_000, (), ("reviewer",), "月末太多", 4),
            RuleException("close", "CNY", 0, None, ("approver",), ("reviewer",), "<人少>", 5),
            RuleException("adjustment", "CNY", 0, 100, ("approver",), ("reviewer",), "同上", 6),
        ),
        attachments=full_attachments(),
        flow=full_flow(),
        flow_since=date(2019, 3, 1),
        rates=(UnitRate("KSCOIN", 10, 100, "CNY", date(2019, 1, 1), 12),),
    )


def empty_month() -> Statement:
    """Give the first month of a fund in which nothing happened but its opening."""
    by_group, by_disease = spending_tables([], [])
    return Statement(
        number="QH-2019-02-M-v1",
        version=1,
        period=Period(date(2019, 2, 1), date(2019, 2, 28), "Asia/Shanghai"),
        issued_at=datetime(2019, 3, 4, 1, tzinfo=UTC),
        commodity="CNY",
        issuer=Issuer(
            ISSUER.fund,
            ISSUER.name,
            ISSUER.operator,
            ISSUER.collection_account,
            ISSUER.fund_account,
            ISSUER.contact,
        ),
        web_url="https://ledger.qinghe.example/funds/qinghe/statements/QH-2019-02-M-v1",
        verify_url="",
        ledger_url="https://ledger.qinghe.example/log/qinghe",
        gifts=GiftLines(0, None, None, 0, 0, None, 0, 0, 0, 0, 0, 0, None, (), ()),
        due=DueLines(0, 0, 0, 0, 0, 0, ()),
        bank=BankLines(0, 0, 0, 0, 0, 0, 0, None),
        transit=TransitLines(0, 0, 0, 0),
        fund=FundLines(FundColumn(0, 0, 0, 0, 0, 0, 0, 0)),
        spending=SpendingLines(0, 0, None, by_group, by_disease),
        open=OpenLines(0, 0, 0, 0),
        ledger=LedgerLines(0, 0, 1, 0, 0, 0, 0, None, ROOT, note(1, ROOT)),
        flow=empty_flow(),
    )
