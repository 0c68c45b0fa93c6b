"""Settlements, payouts and other money at the bank become entries."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from ledger.actors import Actor
from ledger.clock import month_end, to_ms, to_text
from ledger.errors import ConflictError, FieldError, StateError, UnknownNameError
from ledger.funds.history import Channel, MoneyAccount
from ledger.journal import accounts
from ledger.journal import history as journal_history
from ledger.journal.codec import decode
from ledger.journal.entries import Claim, Draft, Move, Posting
from ledger.matching import file_reading, file_taking, history, store
from ledger.matching.evidence import Evidence
from ledger.matching.exceptions import booking as exceptions
from ledger.matching.exceptions.kinds import gifts_subject
from ledger.matching.file_takers import Taker
from ledger.matching.history import StoredLine
from ledger.matching.lines import BankFile, SettlementFile, SettlementLine
from ledger.sequencer.books import Books

INCOME_ACCOUNTS = {
    "donation": accounts.DONATIONS,
    "interest": accounts.INTEREST,
    "other": accounts.OTHER_INCOME,
    "returned-grant": accounts.RETURNED_GRANTS,
}


BRINGER = Actor("operator", "files")
"""Whoever brings a file on the machine, without a sign-in: automatic checks decide."""


class TakenFile(NamedTuple):
    """What came of a file.

    Attributes:
        new: Whether the file was not taken before.
        lines: Its lines.
        added: Lines that were not known.
        repeated: Lines that were.
        raised: Exceptions that it raised.
    """

    new: bool
    lines: int
    added: int
    repeated: int
    raised: int


def take_settlement_file(  # noqa: PLR0913  # who brings it is told by name
    books: Books,
    actor: Actor,
    known: Sequence[Channel],
    zone: str,
    upload: tuple[str, bytes],
    file: SettlementFile,
    *,
    taken_by: str | None = None,
) -> TakenFile:
    """Book every settlement of a sheet, as the platform states it.

    Args:
        books: The fund's books.
        actor: Who brings it.
        known: The fund's channels.
        zone: Time zone that decides where a month ends.
        upload: Name and bytes of the file.
        file: As read.
        taken_by: Member who brings it; None for whoever has the machine.

    Returns:
        What came of it.

    Raises:
        UnknownNameError: A platform that the fund has no channel for.
        ConflictError: A statement number is booked with other figures.
        FieldError: A net below zero: nobody can pay that out.
    """
    name, data = upload
    digest = sha256(data).digest()
    new = store.NewFile(
        digest,
        name,
        file.format,
        "",
        None,
        None,
        len(file.lines),
        to_ms(books.clock.now()),
        data,
        f"{file.format}/{file_reading.READERS_VERSION}",
        taken_by,
    )
    is_new = store.keep_file(books.connection, books.fund.fund_id, new)
    added = raised = 0
    for line in file.lines:
        channel = _channel_of(known, line.platform)
        outcome = _book_settlement(
            books, actor, channel, zone, Evidence(digest.hex(), line.line_no), line
        )
        if outcome is not None:
            added += 1
            raised += outcome
    return TakenFile(is_new, len(file.lines), added, len(file.lines) - added, raised)


def _channel_of(known: Sequence[Channel], platform: str) -> Channel:
    wanted = platform.lower()
    fitting = [one for one in known if wanted in (one.platform, one.name.lower())]
    if len(fitting) != 1:
        raise UnknownNameError(
            what="channel", name=platform[:40], known=[one.name for one in known]
        )
    return fitting[0]


def _book_settlement(
    books: Books,
    actor: Actor,
    channel: Channel,
    zone: str,
    evidence: Evidence,
    line: SettlementLine,
) -> int | None:
    """Post one settlement.

    Returns:
        How many exceptions it raised; None when it was booked before.

    Raises:
        ConflictError: It was booked with other figures.
        FieldError: Its net is below zero.
    """
    gross = _gross(channel, line)
    figures = (
        line.period,
        gross,
        line.gross,
        line.refund,
        line.share,
        line.tax,
        line.net,
        line.commodity,
        # Sheets of before said no fee: theirs must stay the same content.
        *((line.payout_fee,) if line.payout_fee else ()),
    )
    claim = Claim(
        f"settlement:{channel.name}",
        line.statement_no,
        sha256(repr(figures).encode()).digest()[:16],
    )
    first = books.claimed(claim.scope, [claim.key]).get(claim.key)
    if first is not None:
        if first.digest == claim.digest:
            return None
        raise ConflictError(
            key=line.statement_no, seq=first.seq, field=_differs(books, first.seq, line)
        )
    if line.net < 0:
        raise FieldError(field="net_cny", line=line.line_no, value=line.net, reason="negative-net")
    platform, commodity = accounts.platform(channel.name), channel.commodity
    held = books.totals(platform, commodity).balance
    unattributed = max(0, gross - held)
    until_ms = to_ms(month_end(line.period, zone))
    body = {
        "channel": channel.name,
        "period": line.period,
        "statement_no": line.statement_no,
        "commodity": commodity,
        "gross": gross,
        "refund": -line.refund,
        "share": -line.share,
        "tax": -line.tax,
        "net": line.net,
        "net_commodity": line.commodity,
        "unattributed": unattributed,
        "until_ms": until_ms,
        "file": evidence.file,
        "row": evidence.row,
    }
    if line.payout_fee:
        body["payout_fee"] = -line.payout_fee
    move = Move(
        platform,
        commodity,
        gross,
        accounts.payout(channel.name),
        line.commodity,
        line.net,
        until_ms=until_ms,
    )
    charged = _reversed_late(books, channel) if channel.commodity == line.commodity else 0
    unseen = -line.refund - charged
    seq = books.post(
        Draft(
            "settlement",
            to_text(books.clock.now()),
            actor,
            dict(body),
            _settlement_postings(channel, line, gross, unattributed),
            (move,) if gross else (),
            claim,
        )
    )
    books.settle()
    store.add_settlement(
        books.connection,
        fund_id=books.fund.fund_id,
        statement_no=line.statement_no,
        channel=channel.name,
        period=line.period,
        commodity=line.commodity,
        gross=line.gross,
        refund=-line.refund,
        share=-line.share,
        tax=-line.tax,
        net=line.net,
        payout_fee=-line.payout_fee,
        settled_seq=seq,
    )
    raised, subject = 0, gifts_subject(channel.name, line.statement_no)
    if unattributed:
        raise_exception(books, actor, "missing_gift", subject, unattributed, commodity)
        raised += 1
    if unseen > 0:
        raise_exception(books, actor, "late_refund", subject, unseen, commodity)
        raised += 1
    return raised


def _gross(channel: Channel, line: SettlementLine) -> int:
    """Return the gross in what the channel's gifts are posted in, minor units.

    Raises:
        FieldError: The sheet does not state it in that commodity.
    """
    if channel.commodity == line.commodity:
        return line.gross
    if line.gross_units is None or line.unit != channel.commodity:
        raise FieldError(
            field="unit",
            line=line.line_no,
            value=line.unit,
            reason="other-commodity",
            expected=channel.commodity,
        )
    return line.gross_units


def _settlement_postings(
    channel: Channel, line: SettlementLine, gross: int, unattributed: int
) -> tuple[Posting, ...]:
    name, commodity = channel.name, channel.commodity
    platform = accounts.platform(name)
    postings = []
    if unattributed:
        postings.append(Posting(platform, accounts.unattributed(name), commodity, unattributed))
    deducted = {
        accounts.platform_share(name): -line.share,
        accounts.tax(name): -line.tax,
        accounts.chargebacks(name): -line.refund,
    }
    if line.commodity == commodity:
        deducted = {accounts.payout(name): line.net, **deducted}
        postings += [
            Posting(to, platform, commodity, amount) for to, amount in deducted.items() if amount
        ]
        return tuple(postings)
    # The platform pays in another currency, or counts in units without a rate: what it states in money stands against
    # the whole gross in the channel's commodity.
    postings.append(Posting(accounts.CONVERSION, platform, commodity, gross))
    paid = {accounts.payout(name): line.net, **deducted}
    postings += [
        Posting(to, accounts.CONVERSION, line.commodity, amount)
        for to, amount in paid.items()
        if amount
    ]
    return tuple(postings)


def _reversed_late(books: Books, channel: Channel) -> int:
    """Return what was reversed after it was settled and not charged by a settlement since.

    Returns:
        Minor units of the channel's commodity.
    """
    reversed_late = 0
    for entry in journal_history.of_kind(
        books.connection, books.fund.fund_id, "gift.reversed", newest=10_000
    ):
        body = decode(entry.entry)["body"]
        if body["settled"] and body["channel"] == channel.name:
            reversed_late += body["amount"]
    return (
        reversed_late - books.totals(accounts.chargebacks(channel.name), channel.commodity).debits
    )


def _differs(books: Books, seq: int, line: SettlementLine) -> str:
    """Name the first figure in which a statement number comes with other content."""
    body = decode(journal_history.entry(books.connection, books.fund.fund_id, seq).entry)["body"]
    now = {
        "period": line.period,
        "gross": line.gross if line.gross_units is None else line.gross_units,
        "refund": -line.refund,
        "share": -line.share,
        "tax": -line.tax,
        "net": line.net,
        "payout_fee": -line.payout_fee,
    }
    before = {"payout_fee": 0, **body}
    return next((name for name, value in now.items() if before[name] != value), "net_commodity")


def take_bank_file(
    books: Books, account: MoneyAccount, upload: tuple[str, bytes], file: BankFile
) -> TakenFile:
    """Keep a file that holds one statement. It books nothing: lines are explained by matching.

    Args:
        books: The fund's books.
        account: Whose file it is.
        upload: Name and bytes.
        file: As read.

    Returns:
        What came of it; where it is held nothing was added, and an exception was raised.

    Raises:
        FieldError: It is of another account, or in another currency.
    """
    name, data = upload
    reading = file_reading.Reading(
        name, data, (file,), f"{file.format}/{file_reading.READERS_VERSION}"
    )
    taken = file_taking.take(books, Taker(BRINGER), (account,), reading, account)
    repeated = len(file.lines) - taken.added if not taken.held else 0
    return TakenFile(taken.new, len(file.lines), taken.added, repeated, len(taken.raised))


def pay_out(
    books: Books, actor: Actor, statement_no: str, line: StoredLine, channel: str | None = None
) -> int:
    """Book that a settlement has reached a collection account.

    Args:
        books: The fund's books.
        actor: Who says so: the matching, or a member.
        statement_no: The settlement.
        line: The bank line.
        channel: Whose settlement; may be left out while only one channel has this number unpaid.

    Returns:
        The entry.

    Raises:
        StateError: There is no such settlement that is not paid out, several channels have one, or another sum
            arrived.
    """
    fitting = [
        one
        for one in history.settlements(books.connection, books.fund.fund_id, unpaid=True)
        if one.statement_no == statement_no and channel in (None, one.channel)
    ]
    if len(fitting) != 1:
        state = "several-channels" if fitting else "paid-or-unknown"
        raise StateError(what="settlement", key=statement_no, state=state, needed="unpaid")
    one = fitting[0]
    if (line.line.amount_minor, line.line.commodity) != (one.net, one.commodity):
        raise StateError(
            what="settlement", key=statement_no, state=line.line.amount_minor, needed=one.net
        )
    body = {
        "channel": one.channel,
        "account": line.account,
        "amount": one.net,
        "commodity": one.commodity,
        "statement_no": statement_no,
        "file": line.evidence.file,
        "row": line.evidence.row,
    }
    source = accounts.payout(one.channel)
    seq = books.post(
        Draft(
            "payout",
            to_text(line.line.booked_at),
            actor,
            dict(body),
            (Posting(line.account, source, one.commodity, one.net),),
            (Move(source, one.commodity, one.net, line.account, one.commodity, one.net),),
            line_claim(line),
        )
    )
    explain_line(books, line, seq)
    store.mark_paid(books.connection, books.fund.fund_id, one.channel, statement_no, seq)
    return seq


def book_income(books: Books, actor: Actor, kind: str, line: StoredLine) -> int:
    """Book money that reached an account without a gift.

    Args:
        books: The fund's books.
        actor: Who says so.
        kind: One of `INCOME_ACCOUNTS`; a returned grant comes to a fund account only.
        line: The bank line.

    Returns:
        The entry.

    Raises:
        FieldError: No such kind, or not on this account.
        StateError: The line takes money out.
    """
    income = INCOME_ACCOUNTS.get(kind)
    if kind == "returned-grant" and not line.account.startswith("Assets:Fund:"):
        income = None
    if income is None:
        raise FieldError(
            field="class", value=kind[:20], reason="unknown", known=tuple(INCOME_ACCOUNTS)
        )
    amount, commodity = line.line.amount_minor, line.line.commodity
    if amount <= 0:
        raise StateError(what="bank-line", state="out", needed="in")
    body = {
        "account": line.account,
        "class": kind,
        "amount": amount,
        "commodity": commodity,
        "file": line.evidence.file,
        "row": line.evidence.row,
    }
    seq = books.post(
        Draft(
            "income",
            to_text(line.line.booked_at),
            actor,
            dict(body),
            (Posting(line.account, income, commodity, amount),),
            (Move(None, "", 0, line.account, commodity, amount),),
            line_claim(line),
        )
    )
    explain_line(books, line, seq)
    return seq


def line_claim(line: StoredLine) -> Claim:
    """Return the claim that lets a bank line explain one entry only, counted on after each release of its match."""
    key = f"{line.identity}/{line.releases}" if line.releases else line.identity
    return Claim(f"line:{line.account}", key, sha256(line.identity.encode()).digest()[:16])


def check_open(books: Books, *lines: StoredLine) -> None:
    """Refuse lines that explain an entry already.

    Args:
        books: The fund's books.
        lines: Bank lines.

    Raises:
        StateError: Another entry has one of them.
    """
    keys: dict[str, list[str]] = {}
    for line in lines:
        claim = line_claim(line)
        keys.setdefault(claim.scope, []).append(claim.key)
    for scope, some in keys.items():
        for first in books.claimed(scope, some).values():
            raise StateError(what="bank-line", state="explained", needed="open", seq=first.seq)


def explain_line(books: Books, line: StoredLine, seq: int) -> None:
    """Join a bank line to the entry just posted."""
    explain_lines(books, [(line.account, line.identity, seq)])


def explain_lines(books: Books, explained: Sequence[tuple[str, str, int]]) -> None:
    """Join bank lines to the entries just posted: account and identity of each, and the entry."""
    books.settle()
    store.mark_lines(books.connection, books.fund.fund_id, explained)


def raise_exception(
    books: Books, actor: Actor, kind: str, subject: str, amount: int, commodity: str
) -> int:
    """Say that something does not match, for everybody to see, until it is explained.

    Args:
        books: The fund's books.
        actor: Who noticed.
        kind: One of the kinds of the reconciliation rules.
        subject: What it is about: a statement number, a transfer.
        amount: Minor units.
        commodity: Of the amount.

    Returns:
        The entry.
    """
    return exceptions.raise_one(books, actor, exceptions.Found(kind, subject, amount, commodity))
