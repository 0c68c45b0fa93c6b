"""Join the parts: from the settings to an opened ledger, and from that to what the web asks for.

Command line and web open the ledger here and nowhere else, so both write through the same kind of writer. Nothing here
knows of HTTP.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa
import structlog

from ledger.clock import Clock, SystemClock, local_date
from ledger.db import Database
from ledger.errors import ExternalError, FieldError, LedgerError, NotFoundError, SettingsError
from ledger.export import public_data
from ledger.issuing import history as issuing_history
from ledger.issuing.history import Issue
from ledger.issuing.steps import BUILT
from ledger.journal import history as journal_history
from ledger.journal.history import Fund
from ledger.journal.receipt_numbers import ReceiptNumber
from ledger.log import history as log_history
from ledger.log.checkpoints import parse_checkpoint
from ledger.log.notes import ED25519, Verifier, split_note
from ledger.log.signer import LogSigner
from ledger.log.tiles import TileAddress
from ledger.periods import history as periods_history
from ledger.periods.history import Period
from ledger.privacy import choices
from ledger.privacy.choices import Choice
from ledger.projections import (
    front,
    fund_page,
    gift_page,
    log_files,
    public_questions,
    published_counts,
    readiness,
    statement_list,
    statement_page,
    totals,
)
from ledger.projections.books import waiting
from ledger.projections.books.waiting import Moved, WaitPage
from ledger.projections.fund_page import View
from ledger.projections.public_questions import PublicQuestion
from ledger.projections.published_counts import Published
from ledger.projections.shapes import (
    Contact,
    EntryPage,
    FundCard,
    FundList,
    FundPage,
    GiftPage,
    PublishedFile,
    StageKey,
    StatementList,
    TransferList,
    Words,
)
from ledger.projections.statement_page import StatementPage
from ledger.projections.totals import Broadcasts, Happened, Totals
from ledger.publication import history as witnessed
from ledger.publication import overlay_keys
from ledger.publication.anchors import ask_waiting, poster, roots_in
from ledger.publication.policy import Policy, parse_policy
from ledger.questions import asking
from ledger.questions.asking import Asked
from ledger.sequencer import receipts
from ledger.sequencer.groups import Sequencer, leaf_reader, log_keys
from ledger.settings import Settings
from ledger.statements.files import figures_file, register_path, statement_file
from ledger.statements.published import PublishedNames

logger = structlog.get_logger(__name__)

T = TypeVar("T")

READ_ONLY_S = 5.0
KEPT_S = 0.5
"""How long totals that somebody asked for are shown to others too: the same second's crowd costs one reading."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """An opened ledger.

    Attributes:
        settings: What it was opened with.
        database: For reading.
        sequencer: For writing.
        clock: Tells the time to both.
    """

    settings: Settings
    database: Database
    sequencer: Sequencer
    clock: Clock


def open_ledger(
    settings: Settings, clock: Clock | None = None, *, in_a_hurry: bool = False
) -> Ledger:
    """Open the ledger that the settings name. Nothing is read or written yet.

    Args:
        settings: Where everything is.
        clock: Tells the time; the machine's unless given.
        in_a_hurry: Whether somebody waits for each answer, as for a page; see `Database`.

    Returns:
        The ledger.
    """
    clock = clock or SystemClock()
    if settings.database_url.startswith("sqlite"):
        # The file holds nicknames and account numbers: nobody else on the machine needs to get at it.
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(
        settings.database_url, busy_ms=settings.sqlite_busy_ms, in_a_hurry=in_a_hurry
    )
    sequencer = Sequencer(database, settings.keys, clock, group_max=settings.group_max)
    return Ledger(settings, database, sequencer, clock)


def witness_policy(settings: Settings) -> Policy:
    """Read who cosigns the logs.

    Args:
        settings: Name the file.

    Returns:
        A policy without witnesses where none is named.

    Raises:
        SettingsError: The file cannot be read, or is no policy; names the line.
    """
    if settings.witnesses is None:
        return Policy()
    try:
        return parse_policy(settings.witnesses.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(name="LEDGER_WITNESSES", expected="a readable file") from error
    except FieldError as error:
        line = error.fields.get("value", "")
        raise SettingsError(
            name="LEDGER_WITNESSES", expected=f"a policy (line {line}: {error.fields['reason']})"
        ) from error


def build_services(settings: Settings, ledger: Ledger | None = None) -> Services:
    """Build what the web asks for.

    Args:
        settings: Where everything is.
        ledger: An opened one; opened from the settings when left out.

    Returns:
        The services; their `ledger` is for the doors that write.
    """
    return Services(ledger or open_ledger(settings))


class Services:
    """Pages, the log's files and readiness, each read in one snapshot of the database.

    Args:
        ledger: Where from.

    Attributes:
        ledger: As given.
        contact: Who runs it.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        settings = ledger.settings
        self._read_only = (-READ_ONLY_S, False)
        self._totals: dict[str, tuple[float, Totals]] = {}
        self._moved: dict[str, tuple[tuple[int | None, date], Mapping[StageKey, Moved]]] = {}
        self._counted: dict[str, tuple[list[Period], Published]] = {}
        self._published = PublishedNames(settings.home)
        self._policy = witness_policy(settings)
        named = tuple(Words(one.name) for one in self._policy.witnesses)
        self._named = {one.verifier.text(): Words(one.name) for one in self._policy.witnesses}
        self.contact = Contact(Words(settings.operator), named, settings.contact)

    @contextlib.contextmanager
    def _view(self, slug: str) -> Iterator[View]:
        with self.ledger.database.reading() as connection:
            yield fund_page.view(connection, slug, self.contact, self.ledger.clock.now())

    def funds(self) -> Sequence[FundCard]:
        """Return all funds, by slug."""
        with self.ledger.database.reading() as connection:
            return fund_page.fund_cards(connection)

    def fund_list(self, text: str = "", first: int = 0) -> FundList:
        """Return some of the funds that have a text in their name, by slug."""
        with self.ledger.database.reading() as connection:
            return fund_page.fund_list(connection, text, first)

    def read(self, slug: str, make: Callable[[View], T]) -> T:
        """Return a page that a projection makes of a fund, read in one snapshot of the database."""
        with self._view(slug) as view:
            return make(view)

    def fund_page(self, slug: str) -> FundPage:
        """Return what the fund's page shows."""
        with self._view(slug) as view:
            return front.front_page(view, self._moved_on(view), self._counts(view))

    def wait_page(self, slug: str) -> WaitPage:
        """Return how long money stays at each stage."""
        with self._view(slug) as view:
            return waiting.wait_page(view, self._moved_on(view))

    def _moved_on(self, view: View) -> Mapping[StageKey, Moved]:
        """Return how long what moved on had waited: read again when money moved on, and on another day."""
        today = local_date(view.now, view.details.zone)
        stands = (waiting.last_moved(view), today)
        kept = self._moved.get(view.fund.slug)
        if kept is None or kept[0] != stands:
            kept = self._moved[view.fund.slug] = (stands, waiting.moved_on(view))
        return kept[1]

    def _counts(self, view: View) -> Published:
        """Return the counts of closed months: read again when another month is closed, or one opened again."""
        connection, fund_id = view.connection, view.fund.fund_id
        closed = periods_history.closed(connection, fund_id)
        kept = self._counted.get(view.fund.slug)
        if kept is None or kept[0] != closed:
            months = published_counts.spans(connection, fund_id)
            found = published_counts.published(connection, fund_id, view.details.commodity, months)
            kept = self._counted[view.fund.slug] = (closed, found)
        return kept[1]

    def gift_page(self, slug: str, seq: int, check: int) -> GiftPage | None:
        """Return a gift's way; None unless entry `seq` is a gift with this check value."""
        with self._view(slug) as view:
            stored = gift_page.find_gift(view, seq, check)
            if stored is None:
                return None
            receipt = receipts.standing_alone(receipts.stored(view.connection, view.fund, seq))
            keys = [Verifier.from_text(vkey) for vkey in log_keys(view.connection, view.fund)]
            return gift_page.gift_page(view, stored, gift_page.Proven(receipt, keys, self._named))

    def gift_proof(self, slug: str, seq: int) -> bytes:
        """Return the receipt, a `c2sp.org/tlog-proof@v1` file that holds the entry too."""
        with self._view(slug) as view:
            return receipts.standing_alone(receipts.stored(view.connection, view.fund, seq))

    def receipt_pdf(self, slug: str, number: ReceiptNumber, language: str) -> bytes:
        """Return a gift's receipt on one page, made in a process of its own.

        Raises:
            BusyError: Another one is being made.
        """
        from ledger.statements.receipt_worker import receipt_pdf

        return receipt_pdf(self.ledger.settings, slug, number, language)

    def entry(self, slug: str, seq: int) -> EntryPage | None:
        """Return an entry; None above the last one."""
        with self._view(slug) as view:
            return log_files.entry_page(view, seq)

    def statements(self, slug: str) -> StatementList:
        """Return all statements, published and due."""
        with self._view(slug) as view:
            connection, fund = view.connection, view.fund
            lines = statement_list.statement_lines(connection, fund, view.details.zone, view.now)
            reached = fund_page.as_of(connection, fund.fund_id)
            names = statement_list.published_names(connection, fund.fund_id)
            listed = StatementList(fund.slug, view.name, view.contact, reached, lines)
        self._published.note(slug, names)
        return listed

    def published_statements(self, slug: str) -> Sequence[PublishedFile]:
        """Return every file of a statement that was published, newest first."""
        with self._view(slug) as view:
            fund_id = view.fund.fund_id
            names = statement_list.published_names(view.connection, fund_id)
            listed = statement_list.published_files(view.connection, fund_id)
        self._published.note(slug, names)
        return listed

    def statement_page(self, slug: str, statement_id: str) -> StatementPage | None:
        """Return a published statement's page; None if there is none of this name."""
        with self._view(slug) as view:
            connection, fund = view.connection, view.fund
            found = statement_list.published_file(connection, fund.fund_id, statement_id)
            if found is None:
                return None
            files = [
                one
                for one in reversed(statement_list.published_files(connection, fund.fund_id))
                if one.number == found.number
            ]
            issues = issuing_history.issues(connection, fund.fund_id, found.number)
            steps = statement_page.steps_of(connection, fund, issues)
            return StatementPage(
                fund.slug,
                view.name,
                view.contact,
                files[0].id,
                found.number,
                tuple(sorted(files, key=lambda one: one.entry)),
                tuple(steps),
                self._printed(view, issues),
                view.details.zone,
                view.details.commodity,
                *statement_page.notices_about(connection, fund.fund_id, found.number),
            )

    def _printed(self, view: View, issues: Sequence[Issue]) -> dict[str, int | None]:
        """Return the figures that a statement printed, as they were kept when it was built."""
        folder = self.ledger.settings.outputs / view.fund.slug
        for issue in issues:
            rows = issuing_history.told(view.connection, view.fund.fund_id, issue)
            said = next(row for row in reversed(rows) if row.step.step == BUILT)
            path = statement_file(folder, issue.number, issue.language, said.step.sha256)
            kept = figures_file(path, str(said.body["figures"]))
            if kept is not None:
                return dict(orjson.loads(kept)["lines"])
        return {}

    def statement_file(self, slug: str, statement_id: str) -> bytes | None:
        """Return a published statement's PDF; None if there is none of this name.

        A file whose bytes are not those that the log names is never handed out. While the database is away, what it
        said last tells which file is meant.

        Raises:
            ExternalError: The database is away, and nothing is known of the fund.
        """
        try:
            with self._view(slug) as view:
                names = statement_list.published_names(view.connection, view.fund.fund_id)
            self._published.note(slug, names)
        except ExternalError:
            known = self._published.last(slug)
            if known is None:
                raise
            names = known
        found = names.get(statement_id)
        if found is None:
            return None
        folder = self.ledger.settings.outputs / slug
        path = statement_file(folder, found.number, found.language, found.sha256)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            logger.error("published file is missing", file=path.name)  # noqa: TRY400 -- no trace is needed
            return None
        if sha256(data).digest() != found.sha256:
            logger.error("file is not the one that was published", file=path.name)
            return None
        return data

    def register_file(self, slug: str, digest: str, name: str) -> Path | None:
        """Return where a register lies that is too large to embed; None if there is none of this digest and name."""
        with self._view(slug):
            path = register_path(self.ledger.settings.outputs / slug, digest, name)
        return path.absolute() if path.is_file() else None

    def transfers(self, slug: str) -> TransferList:
        """Return all transfers."""
        with self._view(slug) as view:
            return fund_page.transfer_list(view)

    def checkpoint(self, slug: str) -> bytes:
        """Return the latest checkpoint that was released (a signed note, UTF-8).

        A commit that another process has made durable and not yet recorded beside the key is not shown: until then
        nobody was told of it. A machine without the keys shows the newest stored one.
        """
        with self.ledger.database.reading() as connection:
            fund = journal_history.fund_by_slug(connection, slug)
            stored = log_history.latest_note(connection, fund.fund_id)[1]
            note = self.ledger.sequencer.released_note(fund) or stored
            size = parse_checkpoint(split_note(note)[0]).size
            lines = witnessed.cosignatures_of(connection, fund.fund_id, size)
        return note + b"".join(one.line for one in lines)

    def totals(self, slug: str) -> Totals:
        """Return a fund's figures in short; for half a second the same, however many ask."""
        now = time.monotonic()
        kept = self._totals.get(slug)
        if kept is None or now - kept[0] > KEPT_S:
            with self._view(slug) as view:
                kept = (now, totals.totals(view))
            self._totals[slug] = kept
        return kept[1]

    def broadcasts(self, slug: str, channel: str | None) -> Broadcasts:
        """Return what today's broadcasts have brought, of one channel or of all."""
        with self._view(slug) as view:
            return totals.broadcasts_today(view, channel)

    def happened(self, slug: str) -> Sequence[Happened]:
        """Return what followers want to know, newest first."""
        with self._view(slug) as view:
            return totals.happened(view)

    def data_lines(self, slug: str, name: str, stop: int) -> Iterator[bytes]:
        """Return a public table as CSV, a piece at a time."""
        table = public_data.TABLES[name]
        return public_data.csv_lines(table, self._public_rows(slug, table, stop))

    def data_file(self, slug: str, wanted: tuple[str, str], stop: int, file: Path) -> None:
        """Write a public table into a file, as `xlsx` or `parquet`."""
        table = public_data.TABLES[wanted[0]]
        found = self._public_rows(slug, table, stop)
        if wanted[1] == "xlsx":
            public_data.write_workbook(file, table, found, self.totals(slug).zone)
        else:
            public_data.write_parquet(file, table, found)

    def data_dictionary(
        self, slug: str, addresses: Mapping[str, str], licence: tuple[str, str]
    ) -> dict[str, Any]:
        """Return what the public tables' columns mean."""
        return public_data.dictionary(slug, addresses, licence)

    def _public_rows(
        self, slug: str, table: public_data.PublicTable, stop: int
    ) -> Iterator[public_data.Row]:
        with self._view(slug) as view:
            fund, zone = view.fund, view.details.zone
        return public_data.rows(self.ledger.database, fund, zone, table, stop)

    def questions(self, slug: str) -> Sequence[PublicQuestion]:
        """Return the newest questions that anybody may read."""
        with self._view(slug) as view:
            return public_questions.newest(view)

    def question(self, slug: str, number: int) -> PublicQuestion | None:
        """Return one question; without its text unless anybody may read it; None if there is none."""
        with self._view(slug) as view:
            return public_questions.one(view, number)

    def ask(self, slug: str, body: str, language: str, gift: int | None) -> int:
        """Register a question, and return its number."""
        with self._view(slug) as view:
            fund = view.fund
        asked = Asked(body, language, gift)
        return asking.ask(self.ledger.database, self.ledger.clock, fund, asked)

    def choose(self, slug: str, seq: int, code: str, choice: Choice) -> None:
        """Keep what a donor wants shown of a gift; raises `FieldError` where the code is another."""
        with self.ledger.database.reading() as connection:
            fund_id = journal_history.fund_by_slug(connection, slug).fund_id
        choices.choose(self.ledger.database, self.ledger.clock, fund_id, (seq, code), choice)

    def overlay_key(self, slug: str) -> str | None:
        """Return the secret of the overlay's address; None where none was made."""
        return overlay_keys.read(self.ledger.settings.keys, slug)

    def witnessed(self, slug: str) -> bytes | None:
        """Return the newest checkpoint that a witness has cosigned, with their lines; None before the first."""
        with self.ledger.database.reading() as connection:
            fund = journal_history.fund_by_slug(connection, slug)
            return witnessed.newest_witnessed(connection, fund.fund_id)

    def witness_keys(self) -> Sequence[str]:
        """Return the verifier keys of the witnesses that the operator names."""
        return [one.verifier.text() for one in self._policy.witnesses]

    def tile(self, slug: str, address: TileAddress) -> bytes | None:
        """Return a tile or an entry bundle; None when the log does not have it (yet)."""
        with self.ledger.database.reading() as connection:
            fund = journal_history.fund_by_slug(connection, slug)
            return log_files.tile_bytes(connection, fund.fund_id, address)

    def log_key(self, slug: str) -> str:
        """Return the log's verifier key lines (`<name>+<key ID>+<base64>`): Ed25519, newest first, then ML-DSA-44."""
        with self.ledger.database.reading() as connection:
            fund = journal_history.fund_by_slug(connection, slug)
            keys = [Verifier.from_text(one) for one in reversed(log_keys(connection, fund))]
        # Whoever reads the first line alone finds one that every client knows.
        keys.sort(key=lambda one: one.algorithm != ED25519)
        return "\n".join(one.text() for one in keys)

    def is_read_only(self) -> bool:
        """Tell whether nothing can be recorded now; looked at every few seconds."""
        now = time.monotonic()
        if now - self._read_only[0] > READ_ONLY_S and not self.ledger.database.is_silent:
            # What was known stays while it cannot be asked: also the page that says so has this line in it.
            self._read_only = (now, self._read_only[1])
            with (
                contextlib.suppress(ExternalError),
                self.ledger.database.reading() as connection,
            ):
                self._read_only = (now, readiness.is_read_only(connection))
        return self._read_only[1]

    def ready(self) -> list[str]:
        """Return what keeps the service from doing its work, as short sentences; empty if fine."""
        try:
            with self.ledger.database.reading() as connection:
                schema = readiness.schema_problem(connection)
                if schema is not None:
                    return [schema]
                if readiness.owns_tables(connection):
                    # Not a reason to stop: whoever has one role only still has triggers, tree and signer.
                    logger.warning("the service works as the owner of the tables")
                funds = journal_history.all_funds(connection)
                problems = [self._log_problem(connection, fund) for fund in funds]
        except (LedgerError, sa.exc.SQLAlchemyError) as error:
            logger.exception("the database cannot be read")
            return [f"The database cannot be read ({type(error).__name__})."]
        return [problem for problem in problems if problem is not None]

    def _log_problem(self, connection: sa.Connection, fund: Fund) -> str | None:
        """Hold the database against the tree that the signer released last."""
        try:
            signer = LogSigner.open(
                self.ledger.settings.keys, fund.slug, fund.origin, log_keys(connection, fund)
            )
            released = signer.released()
            size, _ = log_history.latest_note(connection, fund.fund_id)
            if released is None or not released.size:
                return None
            if released.size > size:
                return f"The database of {fund.slug} is older than the tree that was signed last."
            leaves = leaf_reader(connection, fund.fund_id)
            root = log_history.root_at(connection, fund.fund_id, leaves, released.size)
            if root != released.root:
                return f"The database of {fund.slug} holds another tree than was signed."
        except NotFoundError:
            return f"The signing key of {fund.slug} is missing."
        except LedgerError as error:
            logger.warning("log cannot go on", fund=fund.slug, code=error.code)
            return f"The log of {fund.slug} cannot go on ({error.code})."
        return None


def stamp(ledger: Ledger, fund: Fund) -> None:
    """Ask the time stamp authority of the settings about a fund's seals that have no stamp; never an error.

    Args:
        ledger: Settings and database.
        fund: Whose seals.
    """
    settings = ledger.settings
    if settings.tsa_url:
        post, roots = poster(settings.tsa_url), roots_in(settings.trust)
        for one in ask_waiting(ledger.database, fund, post, roots):
            logger.info("anchor", fund=fund.slug, month=one.month, at=one.at, why=one.problem)
