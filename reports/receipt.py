"""A giver's receipt on one page: what was given, where each part of it is now, and the entries that prove it.

In: a gift's way, its proof. Out: a PDF with the proof inside. Guaranteed: each part of the way adds up to the gift, or
nothing is printed; the same values give the same bytes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import rfc8785
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ledger.clock import to_text
from ledger.errors import StatementTieError
from reports import wording
from reports.pictures import qr_side, qr_svg
from reports.render import Packed, write_pdf
from reports.statement import Name, record_attachment

if TYPE_CHECKING:
    from reports.wording import Language

PROOF: Final = "receipt.tlog-proof"
FIGURES: Final = "receipt.json"
FORMAT: Final = "mingzhang-receipt/1"
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class ReceiptStep:
    """One stage that a part of a gift has reached.

    Attributes:
        key: A key of `wording.STAGE`.
        amount_minor: What of the part reached it.
        at: When.
        entry: The entry that proves it.
        left: Pairs of a key of `wording.LEFT` and what left on coming here.
        detail: Transfer, account or disease, where there is one to name.
    """

    key: str
    amount_minor: int
    at: datetime | None
    entry: int | None
    left: tuple[tuple[str, int], ...]
    detail: Name | None = None


@dataclass(frozen=True, slots=True)
class ReceiptWay:
    """The way of one part of a gift: all of it, unless a boundary cuts it.

    Attributes:
        amount_minor: The part.
        steps: Stages that it has reached, in order.
    """

    amount_minor: int
    steps: tuple[ReceiptStep, ...]


@dataclass(frozen=True, slots=True)
class GiftReceipt:
    """What a receipt says.

    Attributes:
        number: The receipt's number in groups, as its giver holds it.
        fund: Full name of the fund.
        operator: Who runs the ledger.
        channel: Where it was given.
        name: Masked name; None where it is erased or not shown.
        at: When it was given, to the minute.
        zone: IANA zone.
        commodity: ISO 4217 code.
        amount_minor: The gift.
        paid: What the giver paid in the platform's own unit, such as `300 KSCOIN`; empty for money.
        taken_back: Day on which the platform took it back; None if it stands.
        ways: They add up to the gift.
        entry: The gift's entry.
        origin: Name of the log.
        size: Entries of the checkpoint that the proof leads to.
        root: Its root, base64.
        page_url: Of the gift's page.
        verify_url: Of the page that checks a receipt.
        as_of: Last entry that was counted for the way.
        issued_at: When it was made.
    """

    number: str
    fund: Name
    operator: Name
    channel: Name
    name: str | None
    at: datetime
    zone: str
    commodity: str
    amount_minor: int
    paid: str
    taken_back: datetime | None
    ways: tuple[ReceiptWay, ...]
    entry: int
    origin: str
    size: int
    root: str
    page_url: str
    verify_url: str
    as_of: int
    issued_at: datetime


def check_receipt(receipt: GiftReceipt) -> None:
    """Follow every part down: at each step it is the one before less what left.

    Args:
        receipt: What is to be printed.

    Raises:
        StatementTieError: It is not; `left` names the step.
    """
    whole = sum(way.amount_minor for way in receipt.ways)
    _equal("parts", "gift", whole, receipt.amount_minor)
    for way in receipt.ways:
        before = way.amount_minor
        for step in way.steps:
            here = step.amount_minor + sum(amount for _, amount in step.left)
            _equal(step.key, "the step before", here, before)
            before = step.amount_minor


def _equal(left: str, right: str, one: int, other: int) -> None:
    if one != other:
        raise StatementTieError(left=left, right=right, left_value=one, right_value=other)


def render_receipt(receipt: GiftReceipt, proof: bytes, language: Language) -> bytes:
    """Render a receipt.

    Args:
        receipt: What it says.
        proof: The `c2sp.org/tlog-proof@v1` file of the gift's entry.
        language: Of the words.

    Returns:
        The PDF, with the proof inside.

    Raises:
        StatementTieError: A part of the way does not add up.
        FieldError: Something cannot be printed.
    """
    check_receipt(receipt)
    body: Any = _plain({"format": FORMAT, **asdict(receipt)})
    figures = rfc8785.dumps(body)
    records = (
        record_attachment(FIGURES, Name("凭证的数字", "Figures of this receipt"), figures, None),
        record_attachment(
            PROOF, Name("账本的证明", "Proof of the ledger"), proof, None, "Supplement"
        ),
    )
    inside = Packed(records, {FIGURES: figures, PROOF: proof})
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = (_HERE / "styles" / "statement.css").read_text("utf-8")
    created = receipt.issued_at.astimezone(ZoneInfo(receipt.zone)).isoformat("T", "seconds")
    html = environment.get_template("receipt.html").render(
        r=receipt,
        v=ReceiptVoice(receipt, language),
        files=records,
        css=Markup(css),  # noqa: S704 - our own file
        created=created,
        qr=qr_svg(receipt.page_url, receipt.page_url),
        side=qr_side(receipt.page_url),
    )
    return write_pdf(html, f"receipt-{receipt.number.replace(' ', '')}", receipt.issued_at, inside)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return to_text(value) if isinstance(value, datetime) else value


@dataclass(frozen=True)
class ReceiptVoice:
    """A receipt told in one language: what its template calls."""

    receipt: GiftReceipt
    language: Language

    @property
    def zh(self) -> bool:
        """Tell whether it is told in Chinese."""
        return self.language == "zh"

    def say(self, zh: str, en: str) -> str:
        """Choose the words of this language."""
        return zh if self.zh else en

    def named(self, name: Name) -> str:
        """Choose a name."""
        return name.zh if self.zh or not name.en else name.en

    def money(self, minor: int) -> str:
        """Write an amount with its unit."""
        return wording.money_in_sentence(minor, self.receipt.commodity, self.language)

    def day(self, at: datetime | None) -> str:
        """Write a day of the fund's zone."""
        if at is None:
            return "—"
        return wording.day(at.astimezone(ZoneInfo(self.receipt.zone)).date(), self.language)

    def short_day(self, at: datetime | None) -> str:
        """Write a day of the fund's zone as in a table."""
        return "—" if at is None else at.astimezone(ZoneInfo(self.receipt.zone)).date().isoformat()

    def instant(self, at: datetime) -> str:
        """Write an instant of the fund's zone."""
        return wording.instant(at.astimezone(ZoneInfo(self.receipt.zone)), self.language)

    def stage(self, key: str) -> str:
        """Name a stage."""
        return wording.STAGE[self.language][key]

    def left(self, key: str) -> str:
        """Name where money went."""
        return wording.named(wording.LEFT, key, self.language)

    def stands(self, way: ReceiptWay) -> str:
        """Name where a part stands now."""
        return wording.WAITING[self.language][way.steps[-1].key]

    def grouped(self, digest: str) -> str:
        """Cut a digest into groups that can be compared by eye."""
        return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
