"""What every page below a fund's page needs to say: whose books, and as of when."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.projections.fund_page import View, as_of
from ledger.projections.shapes import AsOf, Contact, Words


@dataclass(frozen=True, slots=True)
class Head:
    """Whose page it is.

    Attributes:
        slug: The fund's name in addresses.
        fund: Its full name.
        contact: Who stands behind it.
        zone: Its time zone.
        commodity: ISO 4217 code of all amounts.
        as_of: Up to where the journal was read; None while it is empty.
    """

    slug: str
    fund: Words
    contact: Contact
    zone: str
    commodity: str
    as_of: AsOf | None


def head(of: View) -> Head:
    """Return the head of a fund's pages."""
    return Head(
        of.fund.slug,
        of.name,
        of.contact,
        of.details.zone,
        of.details.commodity,
        as_of(of.connection, of.fund.fund_id),
    )
