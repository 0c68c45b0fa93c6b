"""Who acts, read anew inside the transaction: a role that was lost a moment ago does not count."""

from __future__ import annotations

from ledger.actors import Member
from ledger.errors import NotAllowedError
from ledger.funds import history as funds
from ledger.sequencer.books import Books


def member_now(books: Books, member_id: str) -> Member:
    """Return a member by id alone: a name that looks like somebody's id must not act for them.

    Args:
        books: The fund's books.
        member_id: Who.

    Returns:
        The member as they are now.

    Raises:
        NotAllowedError: Nobody of this id acts in the fund.
    """
    books.settle()
    for one in funds.all_members(books.connection, books.fund.fund_id):
        if one.member_id == member_id and not one.removed:
            return one
    raise NotAllowedError(reason="not-a-member")
