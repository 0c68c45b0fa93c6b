"""A fund whose figures add up to the fen, as services without a ledger. All names are invented."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from ledger.errors import FieldError, NotFoundError
from ledger.journal.receipt_numbers import ReceiptNumber
from ledger.log.tiles import TileAddress
from ledger.projections.books.head import Head, head
from ledger.projections.books.waiting import WaitPage
from ledger.projections.public_questions import PublicQuestion
from ledger.projections.shapes import (
    AsOf,
    Check,
    Contact,
    EntryPage,
    FundCard,
    FundList,
    FundPage,
    GiftLine,
    GiftPage,
    LateTransfer,
    Left,
    OtherSpending,
    PostingLine,
    PublishedFile,
    Spending,
    Stage,
    StatementLine,
    StatementList,
    Step,
    TransferLine,
    TransferList,
    Way,
    Words,
)
from ledger.projections.statement_page import StatementPage, StatementStep
from ledger.projections.totals import Broadcasts, Happened, Totals, thanked

ZONE = "Asia/Shanghai"
NAME = Words("青禾县中医药扶贫基金", "Qinghe County Traditional Medicine Relief Fund")
PROMISE = Words(
    "县长和 31 个部门直播收到的打赏，平台分成和税费以外的钱都进这个基金，"
    "给 14 类人群、25 种病免费用药。",
    "Gifts to the livestreams of the county magistrate and 31 departments. What is left after "
    "the platform’s share and tax goes to this fund, and pays for medicine for 14 groups of "
    "people with 25 diseases.",
)
CONTACT = Contact(
    Words("青禾县财政局", "Qinghe County Finance Bureau"),
    (Words("省审计学会", "Provincial Audit Society"), Words("北岭大学", "Beiling University")),
    "0470-555 0112",
)
AS_OF = AsOf(184_206, datetime(2019, 10, 18, 13, 40, tzinfo=UTC))
KUAISHOU = Words("县长直播间（快手）", "the magistrate’s channel (Kuaishou)")
DOUYIN = Words("县长直播间（抖音）", "the magistrate’s channel (Douyin)")

STAGES = (
    Stage(
        "raised",
        128_643_020,
        3_821_460,
        (
            Left("platform_share", 62_294_850, 5000),
            Left("tax", 1_868_846, 150),
            Left("refund", 231_860),
        ),
        6,
        average_tenths=74,
    ),
    Stage("settled", 60_426_004, 2_146_000, (Left("bank_fee", 8_600),), 3, average_tenths=41),
    Stage("bank", 58_271_404, 1_271_404, (), 7, average_tenths=96),
    Stage("sent", 57_000_000, 5_000_000, (), 9, late=True, average_tenths=32),
    Stage("fund", 52_000_000, 14_238_650, (), 36, average_tenths=215),
    Stage("work", 37_761_350, 37_761_350),
)
SPENDING = (
    Spending(
        Words("类风湿关节炎", "Rheumatoid arthritis"),
        412,
        8_241_620,
        "Expenses:Programme:Arthritis",
    ),
    Spending(Words("高血压", "Hypertension"), 388, 6_420_800, "Expenses:Programme:Hypertension"),
    Spending(
        Words("慢性支气管炎", "Chronic bronchitis"),
        297,
        5_193_040,
        "Expenses:Programme:Bronchitis",
    ),
    Spending(
        Words("腰椎间盘突出", "Lumbar disc herniation"),
        231,
        4_711_560,
        "Expenses:Programme:LumbarDisc",
    ),
    Spending(
        Words("脑卒中后遗症", "After-effects of stroke"),
        164,
        3_860_290,
        "Expenses:Programme:Stroke",
    ),
)
OTHER = OtherSpending(20, 350, 9_334_040, protects=True)


def _transfer(number: int, minor: int, sent: date, arrived: date | None) -> TransferLine:
    return TransferLine(
        number=number,
        amount_minor=minor,
        state="confirmed" if arrived else "sent",
        proposed_on=sent - timedelta(days=1),
        sent_on=sent,
        arrived_on=arrived,
        days_on_way=None if arrived else 9,
        late=arrived is None,
        entry=140_000 + number,
    )


TRANSFERS = (
    _transfer(13, 5_000_000, date(2019, 10, 9), None),
    _transfer(12, 5_500_000, date(2019, 9, 30), date(2019, 10, 8)),
    _transfer(11, 4_000_000, date(2019, 9, 12), date(2019, 9, 16)),
)
STATEMENTS = (
    StatementLine(
        "2019-09",
        date(2019, 9, 1),
        1,
        "published",
        date(2019, 10, 15),
        date(2019, 10, 14),
        auditor_signed=True,
        size_bytes=412_300,
        entry=170_001,
    ),
    StatementLine(
        "2019-08",
        date(2019, 8, 1),
        1,
        "published",
        date(2019, 9, 15),
        date(2019, 9, 17),
        days_late=2,
        corrections=("2019-09-C-v1",),
        size_bytes=398_100,
        entry=150_001,
    ),
    StatementLine("2019-10", date(2019, 10, 1), 1, "not_due", date(2019, 11, 15)),
)
GIFTS = tuple(
    GiftLine(
        184_206 - index,
        AS_OF.at - timedelta(minutes=3 * index),
        name,
        KUAISHOU if index % 2 else DOUYIN,
        minor,
        reversed=index == 3,
    )
    for index, (name, minor) in enumerate(
        (("李**", 300), ("王*", 52_000), (None, 10), ("a***", 1_000), ("满**", 8_800))
    )
)

FUND = FundPage(
    slug="qinghe",
    name=NAME,
    promise=PROMISE,
    contact=CONTACT,
    zone=ZONE,
    commodity="CNY",
    as_of=AS_OF,
    since=date(2019, 3, 4),
    gifts=180_412,
    raised_minor=128_643_020,
    net_minor=60_426_004,
    spent_minor=37_761_350,
    person_times=1_842,
    stages=STAGES,
    notices=(LateTransfer(13, 5_000_000, 9, 3, "finance", 181_300),),
    spending=SPENDING,
    other_spending=OTHER,
    transfers=TRANSFERS,
    transfers_total=13,
    statements=STATEMENTS,
    last_gifts=GIFTS,
)
EMPTY_FUND = FundPage(
    slug="new",
    name=Words("新基金"),
    promise=Words("所有打赏都用于买药。"),
    contact=Contact(Words("青禾县财政局")),
    zone=ZONE,
    commodity="CNY",
    as_of=None,
    since=None,
    gifts=0,
    raised_minor=0,
    net_minor=0,
    spent_minor=0,
    person_times=0,
    stages=tuple(Stage(stage.key, 0, 0) for stage in STAGES),
)


def _at(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2019, month, day, hour, minute, tzinfo=UTC)


WHOLE_WAY = Way(
    300,
    (
        Step("raised", 300, reached=True, at=_at(9, 3, 12, 14), entry=108_842),
        Step(
            "settled",
            145,
            reached=True,
            at=_at(9, 15),
            entry=125_310,
            left=(Left("platform_share", 150, 5000), Left("tax", 5, 150)),
            channel=Words("抖音", "Douyin"),
            reference="17",
        ),
        Step("bank", 145, reached=True, at=_at(9, 19), entry=131_004, account_tail="0031"),
        Step("sent", 145, reached=True, at=_at(9, 30), entry=146_551, transfer=12),
        Step(
            "fund",
            145,
            reached=True,
            at=_at(10, 8),
            entry=158_209,
            account_tail="7716",
            transfer=12,
        ),
        Step(
            "work",
            145,
            reached=True,
            at=_at(10, 11),
            entry=164_773,
            disease=Words("类风湿关节炎", "rheumatoid arthritis"),
            batch_minor=482_600,
            batch_times=23,
        ),
    ),
)
CHECKS = (
    Check("in_log", "holds", entry=108_842, size=184_207),
    Check("none_missing", "holds", number=318, total=1_204),
    Check("sums", "holds"),
    Check("same_book", "holds", witnesses=CONTACT.witnesses, at=AS_OF.at),
    Check("private_parts", "holds"),
)
GIFT = GiftPage(
    slug="qinghe",
    fund=NAME,
    contact=CONTACT,
    zone=ZONE,
    entry=108_842,
    at=_at(9, 3, 12, 14),
    name="李**",
    channel=DOUYIN,
    commodity="CNY",
    amount_minor=300,
    ways=(WHOLE_WAY,),
    checks=CHECKS,
    as_of=AS_OF,
    proof_bytes=2_900,
    units=30,
    units_commodity="DYCOIN",
)
NUMBER = ReceiptNumber(108_842, 0xABCDE)


def _part(of: Way, minor: int, net: int, reached: int) -> Way:
    """Take a part of a way that has come as far as stage number `reached`."""
    steps = []
    for index, step in enumerate(of.steps):
        left = (Left("platform_share", minor - net),) if step.key == "settled" else ()
        if index < reached:
            amount = minor if index == 0 else net
            waits = 4 if index == reached - 1 else None
            steps.append(
                dataclasses.replace(step, amount_minor=amount, left=left, waiting_days=waits)
            )
        else:
            steps.append(Step(step.key, 0, reached=False, expected_on=date(2019, 10, 25)))
    return Way(minor, tuple(steps))


CUT_GIFT = dataclasses.replace(
    GIFT,
    ways=(_part(WHOLE_WAY, 140, 68, 6), _part(WHOLE_WAY, 160, 77, 5)),
    checks=(*CHECKS[:3], Check("same_book", "unknown"), Check("private_parts", "unknown")),
)
WAITING_GIFT = dataclasses.replace(
    GIFT,
    ways=(_part(WHOLE_WAY, 300, 300, 1),),
    checks=(CHECKS[0], Check("none_missing", "unknown", number=318), *CHECKS[2:]),
)

CANONICAL = json.dumps(
    {
        "actor": {"id": "douyin", "role": "intake"},
        "body": {"channel": "douyin"},
        "fund": "qinghe",
        "kind": "gift",
        "seq": 108_842,
        "v": 1,
    },
    separators=(",", ":"),
).encode()
ENTRY = EntryPage(
    slug="qinghe",
    fund=NAME,
    contact=CONTACT,
    zone=ZONE,
    seq=108_842,
    last=184_206,
    kind="gift",
    recorded_at=_at(9, 3, 12, 14),
    occurred_at=_at(9, 3, 12, 14),
    role="intake",
    actor="douyin",
    postings=(
        PostingLine("Assets:Platform:Douyin", 300, "CNY"),
        PostingLine("Income:Gifts:Douyin", -300, "CNY"),
    ),
    canonical=CANONICAL,
    leaf_hash=hashlib.sha256(b"\0" + CANONICAL).hexdigest(),
)
PROOF = b"c2sp.org/tlog-proof@v1\nindex 108842\n\nledger.example/log/qinghe\n"
CHECKPOINT = "ledger.example/log/qinghe\n0\n47DEQ=\n\n— ledger.example/log/qinghe AAAA\n".encode()
KEY = "ledger.example/log/qinghe+0badc0de+AQ=="
TILES = {
    "tile/0/000": b"\1" * 8192,
    "tile/0/000.p/7": b"\1" * 224,
    "tile/entries/000.p/7": b"\0\3abc" * 7,
}


class FakeServices:
    """One fund with everything, one empty one.

    Args:
        fund: Page of the full fund.
        gift: Page of its one known gift.
        problems: What readiness reports.
    """

    def __init__(
        self,
        fund: FundPage = FUND,
        gift: GiftPage = GIFT,
        problems: Sequence[str] = (),
    ) -> None:
        self._funds = {"qinghe": fund, "new": EMPTY_FUND}
        self._gift = gift
        self._problems = list(problems)
        self.contact = CONTACT

    def funds(self) -> Sequence[FundCard]:
        return [
            FundCard(
                page.slug,
                page.name,
                page.promise,
                page.commodity,
                page.raised_minor,
                page.spent_minor,
                page.gifts,
                page.as_of,
            )
            for page in self._funds.values()
        ]

    def fund_list(self, text: str = "", first: int = 0) -> FundList:
        cards = [
            one
            for one in self.funds()
            if text.lower() in (one.slug + one.name.zh + one.name.en).lower()
        ]
        return FundList(tuple(cards[first : first + 20]), len(cards), first)

    def read(self, slug, make):
        """Answer what no page of the books needs; those are tested with a ledger: tests/db/test_books.py."""
        page = self.fund_page(slug)
        if make is thanked:
            return []
        if make is head:
            return Head(slug, page.name, page.contact, page.zone, page.commodity, page.as_of)
        raise NotFoundError(what="page")

    def choose(self, slug, seq, code, choice) -> None:
        raise FieldError(field="code", value="", reason="wrong")

    def fund_page(self, slug: str) -> FundPage:
        if slug not in self._funds:
            raise NotFoundError(what="fund")
        return self._funds[slug]

    def wait_page(self, slug: str) -> WaitPage:
        raise NotFoundError(what="page")

    def gift_page(self, slug: str, seq: int, check: int) -> GiftPage | None:
        self.fund_page(slug)
        return self._gift if (seq, check) == (NUMBER.seq, NUMBER.check) else None

    def gift_proof(self, slug: str, seq: int) -> bytes:
        self.fund_page(slug)
        assert seq == NUMBER.seq
        return PROOF

    def receipt_pdf(self, slug: str, number: ReceiptNumber, language: str) -> bytes:
        self.fund_page(slug)
        return f"%PDF-1.7 {number.compact} {language}".encode()

    def entry(self, slug: str, seq: int) -> EntryPage | None:
        self.fund_page(slug)
        return ENTRY if seq == ENTRY.seq else None

    def statements(self, slug: str) -> StatementList:
        page = self.fund_page(slug)
        return StatementList(slug, page.name, page.contact, page.as_of, page.statements)

    def statement_page(self, slug: str, statement_id: str) -> StatementPage | None:
        if statement_id not in {"2019-09", "2019-08", "2019-09-C-v1"}:
            return None
        page = self.fund_page(slug)
        file = PublishedFile("2019-09", "qinghe-2019-09-M-v1", "zh", "a" * 64, 1000, 9)
        at = datetime(2019, 10, 8, 9, 0, tzinfo=UTC)
        steps = (
            StatementStep("zh", "built", at, "finance", 6, "b" * 64),
            StatementStep(
                "zh", "signed", at, "approver", 7, "c" * 64, "B-B", "d" * 64, is_development=True
            ),
            StatementStep("zh", "returned", at, "auditor", 8, "c" * 64, findings="<b>G3</b>"),
            StatementStep(
                "zh", "countersigned", at, "auditor", 8, "e" * 64, "B-LTA", "f" * 64,
                opinion="qualified",
            ),
        )  # fmt: skip
        lines = {"G1": 3, "G2": 123456, "F8": 5, "G3a": None, "L1a": 0}
        return StatementPage(
            slug, page.name, page.contact, statement_id, file.number, (file,), steps, lines
        )

    def statement_file(self, slug: str, statement_id: str) -> bytes | None:
        self.fund_page(slug)
        return b"%PDF-1.7 sample" if statement_id in {"2019-09", "2019-08"} else None

    def register_file(self, slug: str, digest: str, name: str) -> Path | None:
        self.fund_page(slug)
        return Path(__file__) if (digest, name) == ("a1" * 32, "gifts.csv") else None

    def published_statements(self, slug: str) -> Sequence[PublishedFile]:
        self.fund_page(slug)
        return [
            PublishedFile("2019-09", f"{slug}-2019-09-M-v1", "both", "9f" * 32, 412_000, 172_940)
        ]

    def transfers(self, slug: str) -> TransferList:
        page = self.fund_page(slug)
        return TransferList(slug, page.name, page.contact, "CNY", page.as_of, page.transfers)

    def checkpoint(self, slug: str) -> bytes:
        self.fund_page(slug)
        return CHECKPOINT

    def totals(self, slug: str) -> Totals:
        page = self.fund_page(slug)
        return Totals(
            page.slug, page.name, page.promise, page.zone, page.commodity, page.as_of, page.gifts,
            3, page.raised_minor, page.net_minor, page.spent_minor, page.stages,
        )  # fmt: skip

    def broadcasts(self, slug: str, channel: str | None) -> Broadcasts:
        self.fund_page(slug)
        return Broadcasts(1204, 328_640, running=True)

    def happened(self, slug: str) -> Sequence[Happened]:
        self.fund_page(slug)
        at = AS_OF.at
        return [
            Happened("milestone", 184_200, at, 100_000_000),
            Happened("transfer.confirmed", 180_001, at, 5_500_000, "12"),
        ]

    def data_lines(self, slug: str, name: str, stop: int) -> Iterator[bytes]:
        yield b"entry\r\n"

    def data_file(self, slug: str, wanted: tuple[str, str], stop: int, file: Path) -> None:
        file.write_bytes(b"PAR1")

    def data_dictionary(self, slug, addresses, licence):
        return {"resources": list(addresses)}

    def questions(self, slug: str) -> Sequence[PublicQuestion]:
        self.fund_page(slug)
        return [
            PublicQuestion(
                7, AS_OF.at, "zh", "answered", "钱什么时候到基金？", "10 月 8 日到了。", AS_OF.at
            )
        ]

    def question(self, slug: str, number: int) -> PublicQuestion | None:
        return next((one for one in self.questions(slug) if one.number == number), None)

    def ask(self, slug: str, body: str, language: str, gift: int | None) -> int:
        return 7

    def overlay_key(self, slug: str) -> str | None:
        self.fund_page(slug)
        return "a-secret"

    def witnessed(self, slug: str) -> bytes | None:
        self.fund_page(slug)
        return None

    def is_read_only(self) -> bool:
        return False

    def witness_keys(self) -> Sequence[str]:
        return ()

    def tile(self, slug: str, address: TileAddress) -> bytes | None:
        self.fund_page(slug)
        return TILES.get(address.path())

    def log_key(self, slug: str) -> str:
        self.fund_page(slug)
        return KEY

    def ready(self) -> list[str]:
        return self._problems


HOMES = tempfile.TemporaryDirectory(prefix="mingzhang-homes-")
"""They go with the process."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the edge reads."""

    body_max: int = 1_000_000
    form_max: int = 262_144
    form_parts: int = 200
    upload_max: int = 20_971_520
    public_host: str = "localhost:8000"
    trusted_hosts: tuple[str, ...] = ()
    proxies: int = 0
    oidc_issuer: str = ""
    limits_url: str = ""
    metrics_addresses: tuple[IPv4Network | IPv6Network, ...] = (ip_network("127.0.0.1/32"),)
    metrics_token: str = ""
    home: Path = dataclasses.field(default_factory=lambda: Path(tempfile.mkdtemp(dir=HOMES.name)))

    @property
    def keys(self) -> Path:
        return self.home / "keys"
