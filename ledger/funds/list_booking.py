"""Changes of the lists that a fund edits become entries."""

from __future__ import annotations

from ledger.actors import Actor
from ledger.clock import to_text
from ledger.funds import list_history, store
from ledger.funds.lists import Change, change_to_json
from ledger.journal.entries import Draft
from ledger.privacy.numbers import check_public
from ledger.sequencer.books import Books


def check(books: Books, one: Change) -> None:
    """Hold that a change may be made now.

    Args:
        books: The fund's books.
        one: The change.

    Raises:
        FieldError: It may not; see `Lists.check_change`. Or a name holds a phone or identity number.
    """
    for field, text in (("zh", one.zh), ("en", one.en)):
        check_public(field, text)
    books.settle()
    list_history.lists(books.connection, books.fund.fund_id).check_change(one)


def change(books: Books, actor: Actor, one: Change, decision: int | None = None) -> int:
    """Change a list.

    Args:
        books: The fund's books.
        actor: Who gave the last approval; whoever sets the fund up while it is set up.
        one: The change.
        decision: Number of the decision; None while the fund is set up.

    Returns:
        The entry.

    Raises:
        FieldError: It may not be made (any more).
    """
    check(books, one)
    body = change_to_json(one)
    if decision is not None:
        body["decision"] = decision
    seq = books.post(Draft("list.changed", to_text(books.clock.now()), actor, body))
    books.settle()
    store.add_list_change(books.connection, books.fund.fund_id, seq, one._asdict())
    return seq
