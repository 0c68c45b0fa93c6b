"""A giver's receipt from the ledger: the gift's page, printed, with its proof inside."""

from __future__ import annotations

import base64
from datetime import datetime

from ledger.errors import NotFoundError
from ledger.journal.receipt_numbers import ReceiptNumber
from ledger.log.checkpoints import parse_checkpoint
from ledger.log.notes import split_note
from ledger.log.tlogproof import decode_tlog_proof
from ledger.projections.shapes import GiftPage, Step, Words
from ledger.statements.build import host
from ledger.wiring import Services
from reports.receipt import GiftReceipt, ReceiptStep, ReceiptWay, render_receipt
from reports.statement import Name
from reports.wording import Language


def build_receipt(
    services: Services, slug: str, number: ReceiptNumber, language: Language, at: datetime
) -> bytes:
    """Build the receipt of a gift.

    Args:
        services: Of the ledger.
        slug: The fund.
        number: The receipt's number.
        language: `zh` or `en`.
        at: When it is made.

    Returns:
        The PDF.

    Raises:
        NotFoundError: No gift with this number.
        StatementTieError: Its way does not add up.
    """
    page = services.gift_page(slug, number.seq, number.check)
    if page is None:
        raise NotFoundError(what="gift", receipt=number.compact)
    proof = services.gift_proof(slug, number.seq)
    return render_receipt(_receipt(services, page, number, proof, at), proof, language)


def _receipt(
    services: Services, page: GiftPage, number: ReceiptNumber, proof: bytes, at: datetime
) -> GiftReceipt:
    tree = parse_checkpoint(split_note(decode_tlog_proof(proof).checkpoint_note)[0])
    settings = services.ledger.settings
    base = host(settings)
    operator = Name(settings.operator) if settings.operator else _name(page.fund)
    paid = "" if page.units is None else f"{page.units:,} {page.units_commodity}"
    return GiftReceipt(
        number=number.grouped,
        fund=_name(page.fund),
        operator=operator,
        channel=_name(page.channel),
        name=page.name,
        at=page.at,
        zone=page.zone,
        commodity=page.commodity,
        amount_minor=page.amount_minor,
        paid=paid,
        taken_back=None if page.reversal is None else page.reversal.at,
        ways=tuple(
            ReceiptWay(way.amount_minor, tuple(_step(step) for step in way.steps if step.reached))
            for way in page.ways
        ),
        entry=page.entry,
        origin=tree.origin,
        size=tree.size,
        root=base64.b64encode(tree.root).decode("ascii"),
        page_url=f"{base}/funds/{page.slug}/gifts/{number.compact}",
        verify_url=f"{base}/verify",
        as_of=page.as_of.entry,
        issued_at=at,
    )


def _name(words: Words) -> Name:
    return Name(words.zh, words.en)


def _step(step: Step) -> ReceiptStep:
    return ReceiptStep(
        key="transit" if step.key == "sent" else step.key,
        amount_minor=step.amount_minor,
        at=step.at,
        entry=step.entry,
        left=tuple((one.key, one.amount_minor) for one in step.left),
        detail=_detail(step),
    )


def _detail(step: Step) -> Name | None:
    if step.disease is not None:
        return _name(step.disease)
    if step.transfer is not None:
        return Name(f"第 {step.transfer} 次划转", f"Transfer {step.transfer}")
    if step.account_tail is not None:
        return Name(f"尾号 {step.account_tail}", f"Account ending {step.account_tail}")
    if step.reference is not None:
        return Name(f"结算单 {step.reference}", f"Settlement {step.reference}")
    return None
