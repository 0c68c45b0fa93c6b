"""Who stands behind an account of money: what a bank needs to pay into it, and how a change of it is noticed.

The details are private: they lie in the row of the account. Entries hold a keyed pseudonym of them, so that anyone sees
whether two transfers went to the same payee, and nobody can guess an account number.
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from ledger.actors import Actor
from ledger.clock import to_text
from ledger.errors import ConflictError, FieldError, StateError, UnknownNameError
from ledger.funds import history, store
from ledger.funds.tables import money_accounts
from ledger.journal.codec import encode
from ledger.journal.entries import Draft
from ledger.privacy.aliases import Aliases
from ledger.sequencer.books import Books

NAME_MAX = 140
"""Of a name in a payment message (ISO 20022, Max140Text)."""

_NUMBER = re.compile(r"[0-9A-Za-z-]{4,34}")
_CLEARING = re.compile(r"[0-9]{12}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")


class Payee(NamedTuple):
    """An account as a bank knows it.

    Attributes:
        number: Of the account.
        holder: Whose it is, as the bank writes it; empty while nobody has said.
        bank: Name of the bank and branch; may be empty.
        clearing: CNAPS number of the branch, 12 digits; may be empty.
        bic: ISO 9362; may be empty.
    """

    number: str
    holder: str = ""
    bank: str = ""
    clearing: str = ""
    bic: str = ""


_COLUMNS = [money_accounts.c[name] for name in Payee._fields]


def payee_of(connection: sa.Connection, fund_id: int, account: str) -> Payee:
    """Return who stands behind an account of a fund.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        account: Its name, such as `Assets:Fund:Main`.

    Returns:
        The details.

    Raises:
        UnknownNameError: The fund has no such account.
    """
    row = connection.execute(
        sa.select(*_COLUMNS).where(
            money_accounts.c.fund_id == fund_id, money_accounts.c.name == account
        )
    ).first()
    if row is None:
        known = [one.name for one in history.money_account_list(connection, fund_id)]
        raise UnknownNameError(what="account", name=account[:60], known=known)
    return Payee(*row)


def pseudonym_of(keys: Path, fund: str, payee: Payee) -> str:
    """Return what stands for a payee in entries.

    Args:
        keys: Folder of the keys.
        fund: Slug of the fund.
        payee: The details.

    Returns:
        32 hexadecimal digits: the same for the same details, by the fund's own key.
    """
    digest = sha256(b"payee\x00" + encode(payee._asdict())).digest()
    return Aliases(keys, fund).of_digest(digest).hex()


def check_payee(new: Payee) -> Payee:
    """Hold that details can be those of an account.

    Args:
        new: As typed.

    Returns:
        The same, without white space around them and inside the numbers.

    Raises:
        FieldError: No number or holder, or one that banks do not write so.
    """
    number = re.sub(r"\s", "", new.number)
    clean = Payee(
        number,
        new.holder.strip(),
        new.bank.strip(),
        re.sub(r"\s", "", new.clearing),
        re.sub(r"\s", "", new.bic).upper(),
    )
    if not _NUMBER.fullmatch(clean.number):
        raise FieldError(field="number", value="", reason="not-an-account-number")
    for name in ("holder", "bank"):
        text = getattr(clean, name)
        if len(text) > NAME_MAX or not text.isprintable():
            raise FieldError(field=name, value="", reason="too-long")
    if not clean.holder:
        raise FieldError(field="holder", value="", reason="missing")
    if clean.clearing and not _CLEARING.fullmatch(clean.clearing):
        raise FieldError(field="clearing", value="", reason="not-12-digits")
    if clean.bic and not _BIC.fullmatch(clean.bic):
        raise FieldError(field="bic", value="", reason="not-a-bic")
    return clean


def check_change(books: Books, account: str, new: Payee) -> Payee:
    """Hold that an account may have these details from now on.

    Args:
        books: The fund's books.
        account: Its name.
        new: As typed.

    Returns:
        The details, clean.

    Raises:
        UnknownNameError: The fund has no such account.
        FieldError: As `check_payee`.
        StateError: They are those that it has.
        ConflictError: Another account in its currency has this number.
    """
    clean = check_payee(new)
    connection, fund_id = books.connection, books.fund.fund_id
    if payee_of(connection, fund_id, account) == clean:
        raise StateError(what="account", key=account, state="same", needed="other-details")
    known = {one.name: one for one in history.money_account_list(connection, fund_id)}
    for one in known.values():
        same = (one.number, one.commodity) == (clean.number, known[account].commodity)
        if same and one.name != account:
            raise ConflictError(what="account", key=one.name)
    return clean


def change_payee(
    books: Books, actor: Actor, account: str, new: Payee, decision: int | None = None
) -> int:
    """Post that other details stand behind an account.

    Args:
        books: The fund's books.
        actor: Who says so.
        account: Its name.
        new: The details.
        decision: Number of the decision that this carries out; None while the fund is set up.

    Returns:
        The entry.

    Raises:
        LedgerError: As `check_change`.
    """
    books.settle()
    clean = check_change(books, account, new)
    body: dict[str, object] = {
        "account": account,
        "number_ending": clean.number[-4:],
        "payee": pseudonym_of(books.keys, books.fund.slug, clean),
    }
    if decision is not None:
        body["decision"] = decision
    seq = books.post(Draft("account.changed", to_text(books.clock.now()), actor, body))
    books.settle()
    store.change_money_account(
        books.connection, books.fund.fund_id, account, changed_seq=seq, **clean._asdict()
    )
    return seq


def last_changed(connection: sa.Connection, fund_id: int, account: str) -> int | None:
    """Return the entry that changed the details of an account last; None while they are as they were opened."""
    found = connection.execute(
        sa.select(money_accounts.c.changed_seq).where(
            money_accounts.c.fund_id == fund_id, money_accounts.c.name == account
        )
    ).scalar()
    return None if found is None else int(found)
