"""Payment files and the step at the bank: a file is made and kept with its hash, and somebody enters the transfer.

Who enters a transfer at the bank has neither proposed nor approved it, where the fund has a third person for that.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from ledger.actors import Member
from ledger.clock import local_date, to_ms, to_text
from ledger.decisions import history as decisions
from ledger.errors import FieldError, FourEyesError, NotFoundError, StateError
from ledger.funds import history as funds
from ledger.funds.payees import Payee, payee_of
from ledger.journal.entries import Draft
from ledger.roles import acting, may
from ledger.sequencer.books import Books
from ledger.transfers import history, standing, store
from ledger.transfers.booking import check_payee_now
from ledger.transfers.history import Transfer
from ledger.transfers.payment_files import (
    Batch,
    Difference,
    Order,
    Party,
    compare,
    message_id_of,
    pain,
    sheet,
)
from ledger.transfers.tables import payment_files, transfer_files

PAIN = "pain.001.001.09"
CSV = "csv/"
TRANSFERS_MAX = 100
NAME_MAX = 20
"""Letters of the fund's name in a message's id."""


class PaymentFile(NamedTuple):
    """A payment file that was handed out.

    Attributes:
        sha256: Of its bytes, hexadecimal.
        message_id: Unique in the fund.
        format: `pain.001.001.09`, or `csv/` and the name of the columns.
        transfers: Numbers of the transfers in it.
        seq: The entry.
    """

    sha256: str
    message_id: str
    format: str
    transfers: tuple[int, ...]
    seq: int

    @property
    def name(self) -> str:
        """Return the name under which it is handed out."""
        return f"{self.message_id}.{'xml' if self.format == PAIN else 'csv'}"


def payment_file(
    books: Books, member: Member, numbers: tuple[int, ...], columns: str = ""
) -> PaymentFile:
    """Make a payment file for approved transfers, or find the one that was made for just these.

    Args:
        books: The fund's books.
        member: Who makes it.
        numbers: Of the transfers, of one account and currency.
        columns: Name of a bank portal's columns; empty for ISO 20022.

    Returns:
        The file. The same transfers in the same format give the same file again: a second one could be paid twice.

    Raises:
        NotAllowedError: None of their roles makes payment files.
        NotFoundError: There is no such transfer.
        StateError: One is not approved or has left already, a payee changed since it was approved, or the transfers
            are of several accounts.
        FieldError: No transfers, too many, or a reference that the format has no room for.
    """
    actor = acting(member, "transfer.file")
    books.settle()
    connection, fund_id = books.connection, books.fund.fund_id
    wanted = tuple(sorted(set(numbers)))
    if not 0 < len(wanted) <= TRANSFERS_MAX:
        raise FieldError(field="transfers", value=len(wanted), reason="none-or-too-many")
    found = [history.transfer(connection, fund_id, number) for number in wanted]
    _check_payable(books, found)
    format_ = f"{CSV}{columns}" if columns else PAIN
    for one in files_of(connection, fund_id):
        if (one.format, one.transfers) == (format_, wanted):
            return one
    batch = _batch(books, found)
    data = (
        sheet(batch, standing.columns_of(connection, fund_id, columns)) if columns else pain(batch)
    )
    digest = sha256(data)
    body: dict[str, object] = {
        "transfers": list(wanted),
        "format": format_,
        "message_id": batch.message_id,
        "sha256": digest.hexdigest(),
        "amount": batch.total,
        "commodity": batch.commodity,
    }
    seq = books.post(Draft("transfer.filed", batch.created, actor, body))
    books.settle()
    store.add_payment_file(
        connection,
        fund_id=fund_id,
        sha256=digest.digest(),
        message_id=batch.message_id,
        format=format_,
        transfers=" ".join(str(number) for number in wanted),
        seq=seq,
        body=data,
    )
    for number in wanted:
        store.add_step(
            connection, fund_id, number, seq=seq, step="filed", amount=0, fee=0, reverses=None
        )
    return PaymentFile(digest.hexdigest(), batch.message_id, format_, wanted, seq)


def _check_payable(books: Books, found: list[Transfer]) -> None:
    for one in found:
        if one.state != "approved" or not one.rest:
            raise StateError(what="transfer", key=one.number, state=one.state, needed="approved")
        check_payee_now(books, one)
    if len({(one.from_account, one.commodity) for one in found}) > 1:
        raise StateError(what="transfer", state="several-accounts", needed="one-account")


def _batch(books: Books, found: list[Transfer]) -> Batch:
    connection, fund_id = books.connection, books.fund.fund_id
    details = funds.details(connection, fund_id)
    now = books.clock.now()
    number = len(files_of(connection, fund_id)) + 1
    orders = tuple(
        Order(
            one.number,
            one.reference,
            one.rest,
            one.commodity,
            _party(payee_of(connection, fund_id, one.to_account), details.name_zh),
            one.purpose,
        )
        for one in found
    )
    return Batch(
        f"{books.fund.slug[:NAME_MAX].upper()}-P{number:06d}",
        to_text(now),
        local_date(now, details.zone),
        details.name_zh,
        _party(payee_of(connection, fund_id, found[0].from_account), details.name_zh),
        orders,
    )


def _party(payee: Payee, name: str) -> Party:
    return Party(payee.holder or name, payee.number, payee.bank, payee.clearing, payee.bic)


def files_of(
    connection: sa.Connection, fund_id: int, number: int | None = None
) -> list[PaymentFile]:
    """Return the payment files that were handed out, oldest first; all, or those with one transfer in them."""
    files = payment_files.c
    rows = connection.execute(
        sa.select(files.sha256, files.message_id, files.format, files.transfers, files.seq)
        .where(files.fund_id == fund_id)
        .order_by(files.seq)
    )
    found = [
        PaymentFile(
            bytes(row.sha256).hex(),
            row.message_id,
            row.format,
            tuple(int(one) for one in row.transfers.split()),
            row.seq,
        )
        for row in rows
    ]
    return [one for one in found if number is None or number in one.transfers]


def bytes_of(connection: sa.Connection, fund_id: int, digest: str) -> bytes:
    """Return the bytes of a payment file as it was handed out.

    Raises:
        NotFoundError: None of this hash was.
    """
    found = None
    if len(digest) == sha256().digest_size * 2 and not set(digest) - set("0123456789abcdef"):
        found = connection.execute(
            sa.select(payment_files.c.body).where(
                payment_files.c.fund_id == fund_id,
                payment_files.c.sha256 == bytes.fromhex(digest),
            )
        ).scalar()
    if found is None:
        raise NotFoundError(what="payment-file", sha256=digest[:64])
    return bytes(found)


class Checked(NamedTuple):
    """What became of a payment file on its way to the bank.

    Attributes:
        file: The one that was handed out.
        differences: Fields that are not as they were; none for the very bytes.
        over: Transfers in it that have left or were stopped since: the file is not to be paid any more.
    """

    file: PaymentFile
    differences: tuple[Difference, ...]
    over: tuple[int, ...] = ()

    @property
    def is_unchanged(self) -> bool:
        """Tell whether it is byte for byte what was handed out."""
        return not self.differences


def check_file(connection: sa.Connection, fund_id: int, data: bytes) -> Checked:
    """Compare a file that comes back with the one that was handed out.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        data: As it is now.

    Returns:
        The file that it was, by its hash, its message's id or, of a sheet, the cells that it has in common.

    Raises:
        NotFoundError: It was none of ours.
        FileFormatError: It cannot be read.
    """
    known = files_of(connection, fund_id)
    digest = sha256(data).hexdigest()
    for one in known:
        if one.sha256 == digest:
            return _with_states(connection, fund_id, Checked(one, ()))
    message = message_id_of(data)
    best: Checked | None = None
    for one in reversed(known):
        if (message is None) is (one.format == PAIN) or message not in (None, one.message_id):
            continue
        found = compare(bytes_of(connection, fund_id, one.sha256), data)
        if best is None or len(found) < len(best.differences):
            best = Checked(one, tuple(found))
    if best is None:
        raise NotFoundError(what="payment-file", sha256=digest)
    return _with_states(connection, fund_id, best)


def _with_states(connection: sa.Connection, fund_id: int, found: Checked) -> Checked:
    over = tuple(
        number
        for number in found.file.transfers
        if history.transfer(connection, fund_id, number).state != "approved"
    )
    return found._replace(over=over)


# --- at the bank ------------------------------------------------------------------------------------


def may_enter(connection: sa.Connection, fund_id: int, one: Transfer) -> tuple[Member, ...]:
    """Return who may enter a transfer at the bank: a third person where there is one, else whoever has the role."""
    touched = _deciders(connection, fund_id, one)
    able = [who for who in funds.all_members(connection, fund_id) if may(who, "transfer.enter")]
    third = tuple(who for who in able if who.member_id not in touched)
    return third or tuple(able)


def _deciders(connection: sa.Connection, fund_id: int, one: Transfer) -> frozenset[str]:
    if one.decision is None:
        return frozenset({one.proposed_by, one.approved_by or ""})
    decided = decisions.decision(connection, fund_id, one.decision)
    return decided.touched | {step.member_id for step in decided.standing}


def enter(books: Books, member: Member, number: int) -> int:
    """Say that an approved transfer was entered at the bank.

    Args:
        books: The fund's books.
        member: Who entered it.
        number: The transfer.

    Returns:
        The entry.

    Raises:
        NotAllowedError: None of their roles enters transfers.
        FourEyesError: They have proposed or approved it, and there is somebody else.
        StateError: It is not approved, was entered already, or its payee changed since it was approved.
    """
    actor = acting(member, "transfer.enter")
    books.settle()
    connection, fund_id = books.connection, books.fund.fund_id
    found = history.transfer(connection, fund_id, number)
    if found.state != "approved" or found.entered_seq is not None:
        state = "entered" if found.entered_seq is not None else found.state
        raise StateError(what="transfer", key=number, state=state, needed="approved")
    check_payee_now(books, found)
    if member.member_id not in {one.member_id for one in may_enter(connection, fund_id, found)}:
        raise FourEyesError(member=member.member_id, reason="third-person")
    body: dict[str, object] = {"number": number, "decision": found.decision}
    if member.member_id in _deciders(connection, fund_id, found):
        body["exception"] = "no-third-person"
    seq = books.post(Draft("transfer.entered", to_text(books.clock.now()), actor, body))
    books.settle()
    store.move_on(connection, fund_id, number, entered_by=member.member_id, entered_seq=seq)
    store.add_step(
        connection, fund_id, number, seq=seq, step="entered", amount=0, fee=0, reverses=None
    )
    return seq


# --- evidence ---------------------------------------------------------------------------------------


class Attached(NamedTuple):
    """A file of evidence.

    Attributes:
        sha256: Of its bytes, hexadecimal.
        name: As it may be shown.
        kind: What it is by its bytes.
        member_id: Who brought it.
    """

    sha256: str
    name: str
    kind: str
    member_id: str


def attach(books: Books, member: Member, file: tuple[str, str, bytes]) -> str:
    """Keep a file that a proposal may name as evidence. The same file is kept once.

    Args:
        books: The fund's books.
        member: Who brings it.
        file: Its name as it may be shown, what it is by its bytes, and these.

    Returns:
        Its SHA-256, hexadecimal.

    Raises:
        NotAllowedError: None of their roles proposes transfers.
    """
    actor = acting(member, "transfer.propose")
    name, kind, data = file
    digest = sha256(data)
    connection, fund_id = books.connection, books.fund.fund_id
    if not attached(connection, fund_id, (digest.hexdigest(),)):
        store.add_file(
            connection,
            fund_id=fund_id,
            sha256=digest.digest(),
            member_id=actor.id,
            taken_ms=to_ms(books.clock.now()),
            name=name,
            kind=kind,
            body=data,
        )
    return digest.hexdigest()


def attached(connection: sa.Connection, fund_id: int, hashes: tuple[str, ...]) -> list[Attached]:
    """Return those files of evidence that are kept, of some hashes, by name."""
    files = transfer_files.c
    rows = connection.execute(
        sa.select(files.sha256, files.name, files.kind, files.member_id)
        .where(files.fund_id == fund_id, files.sha256.in_([bytes.fromhex(one) for one in hashes]))
        .order_by(files.name)
    )
    return [Attached(bytes(row.sha256).hex(), *row[1:]) for row in rows]


def attached_bytes(
    connection: sa.Connection, fund_id: int, found: Transfer, digest: str
) -> tuple[str, bytes]:
    """Return name and bytes of a file that a transfer names as evidence.

    Raises:
        NotFoundError: It names none of this hash.
    """
    if digest in found.evidence.split():
        row = connection.execute(
            sa.select(transfer_files.c.name, transfer_files.c.body).where(
                transfer_files.c.fund_id == fund_id,
                transfer_files.c.sha256 == bytes.fromhex(digest),
            )
        ).first()
        if row is not None:
            return row.name, bytes(row.body)
    raise NotFoundError(what="evidence", sha256=digest[:64])
