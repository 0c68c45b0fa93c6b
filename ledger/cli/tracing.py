"""`trace`: one gift's whole way, stage by stage, and the proof of its entry."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import click

from ledger.cli.session import Session, fund_option, guarded, machine, pass_session
from ledger.errors import NotFoundError
from ledger.journal.receipt_numbers import ReceiptNumber, parse_receipt_number
from ledger.log.checkpoints import Checkpoint
from ledger.log.notes import Verifier
from ledger.log.tlogproof import decode_tlog_proof, verify_tlog_proof
from ledger.money import plain_amount
from ledger.projections.shapes import GiftPage, Step, Way
from ledger.wiring import Services, build_services

STAGE_NAMES = {
    "raised": "打赏 raised",
    "settled": "结算 settled",
    "bank": "到账 in the bank",
    "sent": "划转 on its way",
    "fund": "入基金 in the fund",
    "work": "用药 at work",
}
STAGE_WIDTH = 20
CHECK_NAMES = {
    "in_log": "the proof holds: the entry is in the signed log",
    "none_missing": "no gift of its broadcast is missing",
    "sums": "every step is the one before less what left",
    "same_book": "witnesses have seen the same log",
    "private_parts": "the kept name and times open the entry's commitments",
}
MARKS = {"holds": "✓", "fails": "✗", "unknown": "–"}


@click.command("trace")
@click.argument("receipt")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the proof there, as RECEIPT.tlog-proof files are.",
)
@fund_option
@pass_session
@guarded
@machine
def trace(session: Session, receipt: str, out: Path | None, fund_slug: str | None) -> None:
    """Follow the gift of RECEIPT (12 characters, as its giver holds it) to where its money is now.

    What left on the way stands before the stage that it did not reach; a gift that a boundary cut has several ways.
    Exit code 1 if a check fails.
    """
    number = parse_receipt_number(receipt)
    fund = session.fund(fund_slug)
    services = build_services(session.settings, session.ledger())
    page = services.gift_page(fund.slug, number.seq, number.check)
    if page is None:
        raise NotFoundError(what="gift", receipt=number.compact)
    proof = services.gift_proof(fund.slug, number.seq)
    checkpoint = _verified(services, fund.slug, fund.origin, number.seq, proof)
    if out is not None:
        out.write_bytes(proof)
    if session.as_json:
        session.say("", **_figures(number, page, checkpoint))
    else:
        for sentence in _sentences(number, page, checkpoint):
            click.echo(sentence)
        if out is not None:
            click.echo(f"proof in {out}")
    if any(check.outcome == "fails" for check in page.checks):
        sys.exit(1)


@click.command("receipt")
@click.argument("receipt")
@click.option("--language", type=click.Choice(("zh", "en")), default="zh", show_default=True)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; default RECEIPT.pdf.",
)
@fund_option
@pass_session
@guarded
@machine
def receipt_file(
    session: Session,
    receipt: str,
    language: Literal["zh", "en"],
    out: Path | None,
    fund_slug: str | None,
) -> None:
    """Write the giver's receipt of RECEIPT on one page, with its proof inside the file."""
    number = parse_receipt_number(receipt)
    fund = session.fund(fund_slug)
    ledger = session.ledger()
    services = build_services(session.settings, ledger)
    from ledger.statements.receipt import build_receipt

    pdf = build_receipt(services, fund.slug, number, language, ledger.clock.now())
    path = out or Path(f"{number.compact}.pdf")
    path.write_bytes(pdf)
    session.say(f"{number.grouped}: {len(pdf):,} bytes in {path}", path=str(path))


def _verified(services: Services, slug: str, origin: str, seq: int, proof: bytes) -> Checkpoint:
    """Verify the proof that is handed out against the entry, as its holder would; return its checkpoint."""
    entry = services.entry(slug, seq)
    assert entry is not None  # it has a page
    keys = [Verifier.from_text(vkey) for vkey in services.log_key(slug).split()]
    return verify_tlog_proof(decode_tlog_proof(proof), entry.canonical, origin, keys).checkpoint


def _sentences(number: ReceiptNumber, page: GiftPage, checkpoint: Checkpoint) -> Iterator[str]:
    zone = ZoneInfo(page.zone)
    amount = plain_amount(page.amount_minor, page.commodity)
    paid = f" ({page.units} {page.units_commodity})" if page.units is not None else ""
    yield (
        f"{number.grouped}  {amount} {page.commodity}{paid}, {_day(page.at, zone)}, "
        f"{page.channel.zh}, entry {page.entry}"
    )
    if page.reversal is not None:
        when = "after it was settled" if page.reversal.after_settlement else "before settlement"
        yield f"taken back {when}, {_day(page.reversal.at, zone)}, entry {page.reversal.entry}"
    for place, way in enumerate(page.ways, start=1):
        yield ""
        if len(page.ways) > 1:
            amount = plain_amount(way.amount_minor, page.commodity)
            yield f"way {place} of {len(page.ways)}: {amount} {page.commodity}"
        for step in way.steps:
            yield from _step_sentences(step, page.commodity, zone)
    yield ""
    for check in page.checks:
        yield f"{MARKS[check.outcome]} {CHECK_NAMES[check.key]}"
    yield f"  checkpoint of {checkpoint.size} entries, root {checkpoint.root.hex()}"


def _step_sentences(step: Step, commodity: str, zone: ZoneInfo) -> Iterator[str]:
    for left in step.left:
        gone = plain_amount(left.amount_minor, commodity)
        yield f"  {'':{STAGE_WIDTH}}{gone:>14}  left: {left.key}"
    name = _padded(STAGE_NAMES[step.key])
    if not step.reached:
        yield f"  {name}{'–':>14}"
        return
    told = [] if step.at is None else [_day(step.at, zone)]
    if step.entry is not None:
        told.append(f"entry {step.entry}")
    told += [f"{label} {value}" for label, value in _details(step) if value is not None]
    yield f"  {name}{plain_amount(step.amount_minor, commodity):>14}  {', '.join(told)}"


def _details(step: Step) -> list[tuple[str, object]]:
    return [
        ("settlement", step.reference),
        ("account …", step.account_tail),
        ("transfer", step.transfer),
        ("for", None if step.disease is None else step.disease.zh),
        ("waiting, days:", step.waiting_days),
    ]


def _padded(text: str) -> str:
    """Pad a stage's name to a common width on a terminal, where a Chinese character takes two places."""
    taken = sum(2 if ord(one) > 0x2E80 else 1 for one in text)  # noqa: PLR2004  # first CJK block
    return text + " " * max(1, STAGE_WIDTH - taken)


def _day(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


# --- for machines ---------------------------------------------------------------------------------


def _figures(number: ReceiptNumber, page: GiftPage, checkpoint: Checkpoint) -> dict[str, Any]:
    undone = page.reversal
    return {
        "receipt": number.compact,
        "entry": page.entry,
        "at": page.at.isoformat(),
        "commodity": page.commodity,
        "amount_minor": page.amount_minor,
        "units": page.units,
        "units_commodity": page.units_commodity,
        "reversal": None
        if undone is None
        else {
            "at": undone.at.isoformat(),
            "entry": undone.entry,
            "after_settlement": undone.after_settlement,
        },
        "ways": [_way_figures(way) for way in page.ways],
        "checks": {check.key: check.outcome for check in page.checks},
        "proof": {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
        },
    }


def _way_figures(way: Way) -> dict[str, Any]:
    return {
        "amount_minor": way.amount_minor,
        "steps": [
            {
                "stage": step.key,
                "reached": step.reached,
                "amount_minor": step.amount_minor if step.reached else None,
                "at": None if step.at is None else step.at.isoformat(),
                "entry": step.entry,
                "left": {left.key: left.amount_minor for left in step.left},
                "settlement": step.reference,
                "transfer": step.transfer,
                "disease": None if step.disease is None else step.disease.en,
                "waiting_days": step.waiting_days,
            }
            for step in way.steps
        ],
    }
