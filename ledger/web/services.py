"""What the web edge needs from the rest, as protocols, so that pages can be tested without a
ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Protocol, TypeVar

from flask import Flask, current_app

from ledger.journal.receipt_numbers import ReceiptNumber
from ledger.log.tiles import TileAddress
from ledger.privacy.choices import Choice
from ledger.projections.books.waiting import WaitPage
from ledger.projections.fund_page import View
from ledger.projections.public_questions import PublicQuestion
from ledger.projections.shapes import (
    Contact,
    EntryPage,
    FundCard,
    FundList,
    FundPage,
    GiftPage,
    PublishedFile,
    StatementList,
    TransferList,
)
from ledger.projections.statement_page import StatementPage
from ledger.projections.totals import Broadcasts, Happened, Totals

Door = Callable[[Flask], None]
"""Adds one audience (API, webhooks) to the app: its blueprints and its error shape."""

EXTENSION = "ledger"
T = TypeVar("T")


class WebSettings(Protocol):
    """The settings that the edge itself reads."""

    @property
    def body_max(self) -> int:
        """Return the largest request body in bytes; a larger one is answered with 413."""
        ...

    @property
    def form_max(self) -> int:
        """Return the most bytes of what is typed into a form."""
        ...

    @property
    def form_parts(self) -> int:
        """Return the most fields and files of a form."""
        ...

    @property
    def upload_max(self) -> int:
        """Return the most bytes of a form that brings files."""
        ...

    @property
    def public_host(self) -> str:
        """Return the host under which everybody reaches the service, with its port."""
        ...

    @property
    def trusted_hosts(self) -> Sequence[str]:
        """Return further host names."""
        ...

    @property
    def proxies(self) -> int:
        """Return how many proxies are believed."""
        ...

    @property
    def oidc_issuer(self) -> str:
        """Return the URL of the single sign-on, or nothing."""
        ...

    @property
    def home(self) -> Path:
        """Return the folder of everything the service keeps."""
        ...

    @property
    def keys(self) -> Path:
        """Return the folder of keys."""
        ...

    @property
    def limits_url(self) -> str:
        """Return where counts of requests are kept; nothing for a file in `home`."""
        ...

    @property
    def metrics_addresses(self) -> Sequence[IPv4Network | IPv6Network]:
        """Return the networks that may read the metrics."""
        ...

    @property
    def metrics_token(self) -> str:
        """Return the token that may read them from anywhere, or nothing."""
        ...


class PublicServices(Protocol):
    """What public pages and the log's addresses ask for.

    Every method with a `slug` raises `NotFoundError(what="fund")` for a fund that does not exist.
    """

    @property
    def contact(self) -> Contact:
        """Return who runs the service, who witnesses it, and where one asks."""
        ...

    def funds(self) -> Sequence[FundCard]:
        """Return all funds, by slug."""
        ...

    def fund_list(self, text: str = "", first: int = 0) -> FundList:
        """Return some of the funds that have a text in their name, by slug."""
        ...

    def read(self, slug: str, make: Callable[[View], T]) -> T:
        """Return a page that a projection makes of a fund, read in one snapshot of the database."""
        ...

    def fund_page(self, slug: str) -> FundPage:
        """Return what the fund's page shows."""
        ...

    def wait_page(self, slug: str) -> WaitPage:
        """Return how long money stays at each stage."""
        ...

    def gift_page(self, slug: str, seq: int, check: int) -> GiftPage | None:
        """Return a gift's way; None unless entry `seq` is a gift with this check value."""
        ...

    def gift_proof(self, slug: str, seq: int) -> bytes:
        """Return the receipt, a `c2sp.org/tlog-proof@v1` file that holds the entry too."""
        ...

    def receipt_pdf(self, slug: str, number: ReceiptNumber, language: str) -> bytes:
        """Return a gift's receipt on one page; `BusyError` while another one is made."""
        ...

    def entry(self, slug: str, seq: int) -> EntryPage | None:
        """Return an entry; None above the last one."""
        ...

    def statements(self, slug: str) -> StatementList:
        """Return all statements, published and due."""
        ...

    def published_statements(self, slug: str) -> Sequence[PublishedFile]:
        """Return every file of a statement that was published, newest first."""
        ...

    def statement_page(self, slug: str, statement_id: str) -> StatementPage | None:
        """Return a published statement's page; None if there is none of this name."""
        ...

    def statement_file(self, slug: str, statement_id: str) -> bytes | None:
        """Return a published statement's PDF; None if there is none of this name."""
        ...

    def register_file(self, slug: str, digest: str, name: str) -> Path | None:
        """Return where a register lies that is too large to embed; None if there is none of this digest and name."""
        ...

    def transfers(self, slug: str) -> TransferList:
        """Return all transfers."""
        ...

    def checkpoint(self, slug: str) -> bytes:
        """Return the latest signed checkpoint (a signed note, UTF-8)."""
        ...

    def totals(self, slug: str) -> Totals:
        """Return a fund's figures in short."""
        ...

    def broadcasts(self, slug: str, channel: str | None) -> Broadcasts:
        """Return what today's broadcasts have brought, of one channel or of all."""
        ...

    def happened(self, slug: str) -> Sequence[Happened]:
        """Return what followers want to know, newest first."""
        ...

    def data_lines(self, slug: str, name: str, stop: int) -> Iterator[bytes]:
        """Return a public table as CSV, a piece at a time."""
        ...

    def data_file(self, slug: str, wanted: tuple[str, str], stop: int, file: Path) -> None:
        """Write a public table into a file, as `xlsx` or `parquet`."""
        ...

    def data_dictionary(
        self, slug: str, addresses: Mapping[str, str], licence: tuple[str, str]
    ) -> dict[str, Any]:
        """Return what the public tables' columns mean."""
        ...

    def questions(self, slug: str) -> Sequence[PublicQuestion]:
        """Return the newest questions that anybody may read."""
        ...

    def question(self, slug: str, number: int) -> PublicQuestion | None:
        """Return one question; without its text unless anybody may read it; None if there is none."""
        ...

    def ask(self, slug: str, body: str, language: str, gift: int | None) -> int:
        """Register a question, and return its number."""
        ...

    def choose(self, slug: str, seq: int, code: str, choice: Choice) -> None:
        """Keep what a donor wants shown of a gift; raises `FieldError` where the code is another."""
        ...

    def overlay_key(self, slug: str) -> str | None:
        """Return the secret of the overlay's address; None where none was made."""
        ...

    def witnessed(self, slug: str) -> bytes | None:
        """Return the newest checkpoint that a witness has cosigned, with their lines; None before the first."""
        ...

    def witness_keys(self) -> Sequence[str]:
        """Return the verifier keys of the witnesses that the operator names."""
        ...

    def tile(self, slug: str, address: TileAddress) -> bytes | None:
        """Return a tile or an entry bundle; None when the log does not have it (yet)."""
        ...

    def log_key(self, slug: str) -> str:
        """Return the log's verifier key lines (`<name>+<key ID>+<base64>`), newest first."""
        ...

    def is_read_only(self) -> bool:
        """Tell whether nothing can be recorded now."""
        ...

    def ready(self) -> list[str]:
        """Return what keeps the service from doing its work, as short sentences; empty if fine."""
        ...


def services() -> PublicServices:
    """Return the services of the current app."""
    found: PublicServices = current_app.extensions[EXTENSION]
    return found
