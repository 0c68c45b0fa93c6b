"""Build a statement: figures from the ledger, words from the reports, checked, printed, with its evidence inside.

In: an opened ledger and closed months. Out: the PDF with its figures, registers, journal and verifier inside.
Guaranteed: a statement whose equations do not all hold is not built; the same checkpoint, version and time of issue
give the same bytes. A span ends with the commit that closed it, and the statement rests on the checkpoint that was
signed there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from ledger.actors import Member
from ledger.clock import from_text
from ledger.decisions.history import exceptions_in_force
from ledger.errors import InvariantError, NotFoundError
from ledger.funds import history as funds
from ledger.issuing.numbers import NOTICE, address_of, numbered
from ledger.journal import history as journal_history
from ledger.journal.history import Fund
from ledger.log.notes import ED25519, Verifier
from ledger.periods import history as periods
from ledger.projections.dates import first_gift_day, month_first, month_last
from ledger.projections.month import Cut, Month, cut_of, cuts_of, document_cut, joined_cut
from ledger.projections.stages import BANK, FUND
from ledger.sequencer.groups import log_keys
from ledger.settings import Settings
from ledger.statements import evidence, registers
from ledger.statements.files import register_path
from ledger.statements.lines.accounts import bank_lines, fund_lines, transit_lines
from ledger.statements.lines.corrections import (
    Notice,
    adjustments,
    all_changes,
    corrections,
    later_corrections,
    noticed,
    restated,
)
from ledger.statements.lines.due import due_lines
from ledger.statements.lines.gifts import gift_lines
from ledger.statements.lines.integrity import flow, ledger_lines, previous_closing
from ledger.statements.lines.news import changes, rates_in_force
from ledger.statements.lines.open import exception_rows, open_lines
from ledger.statements.lines.spending import spending_lines
from ledger.statements.lines.tally import GiftTally
from ledger.statements.numbers import Kind, statement_number
from ledger.statements.personal import check_personal
from ledger.statements.roles import shown_role
from ledger.statements.spans import Span, span_of
from ledger.statements.tallies import keep_tally, kept_tally
from ledger.wiring import Ledger
from reports.registers import GIFTS, RegisterFile, datapackage, record
from reports.render import Languages, render_statement
from reports.statement import (
    Approval,
    Closing,
    Correction,
    Issuer,
    LedgerLines,
    MonthColumn,
    Name,
    Period,
    Restated,
    Statement,
    check,
    figures_json,
    lines,
    record_attachment,
)

REGISTER = GIFTS.file
PACKAGE = "datapackage.json"
KEYS_MAX = 100
"""Rotations of the log's key that are looked at."""


class Issue(NamedTuple):
    """What is decided about a document beside its figures.

    Attributes:
        at: When it is issued: the only time that enters the file.
        version: 1 for the first issue.
        prepared_by: Who builds it; printed by role.
        kind: Of document.
        size: Of a notice for an open month: the size of the log that it is built at; the newest one unless given.
    """

    at: datetime
    version: int = 1
    prepared_by: Member | None = None
    kind: Kind = "M"
    size: int | None = None


@dataclass(frozen=True, slots=True)
class BuiltStatement:
    """A statement, ready to be kept and published.

    Attributes:
        number: `qinghe-2026-10-M-v1`.
        language: `zh`, `en` or `both`.
        month: `2026-10`; of a quarter or a year its last month.
        size: Size of the log that it was built at.
        pdf: The file.
        figures: The bytes of `figures.json` inside it.
        statement: What was printed.
        served: Registers too large to embed: digest, name and content file.
    """

    number: str
    language: str
    month: str
    size: int
    pdf: bytes
    figures: bytes
    statement: Statement
    served: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A statement that was filled and checked, and the files that go with it.

    Attributes:
        statement: Checked.
        files: Content of each file that is embedded, by name.
        served: Files too large to embed, in the fund's outputs.
    """

    statement: Statement
    files: dict[str, bytes]
    served: tuple[Path, ...] = field(default=())


def build_statement(
    ledger: Ledger, fund: Fund, month: str, language: Languages, issue: Issue | None = None
) -> BuiltStatement:
    """Build the statement of a closed month, quarter or year.

    Args:
        ledger: The ledger.
        fund: The fund.
        month: A closed month `2026-10`; for kind `Q` a quarter `2026-Q4`, for kind `A` a year `2026`.
        language: `zh`, `en`, or `both`.
        issue: What else is decided about it; the first issue of a monthly statement, now, unless given.

    Returns:
        The file and what is in it.

    Raises:
        NotFoundError: A month of it is not closed.
        StatementTieError: Two figures differ; nothing is printed.
        PersonalDataError: A text holds a phone or identity number; nothing is printed.
    """
    issue = issue or Issue(ledger.clock.now())
    made = make(ledger, fund, month, issue)
    statement = made.statement
    return BuiltStatement(
        statement.number,
        language,
        span_of(month, issue.kind).months[-1],
        statement.ledger.checkpoint.size,
        render_statement(statement, made.files, language),
        figures_json(statement),
        statement,
        made.served,
    )


def make_statement(
    ledger: Ledger,
    fund: Fund,
    month: str,
    issue: tuple[datetime, int],
    *,
    prepared_by: Member | None = None,
) -> tuple[Statement, dict[str, bytes]]:
    """Fill a closed month's statement and check it, without printing it.

    Args:
        ledger: The ledger.
        fund: The fund.
        month: A closed month.
        issue: When it is issued, and its version.
        prepared_by: Who builds it.

    Returns:
        The statement, and the files that it lists.

    Raises:
        StatementTieError: Two figures differ.
    """
    made = make(ledger, fund, month, Issue(*issue, prepared_by))
    return made.statement, made.files


def make(ledger: Ledger, fund: Fund, period: str, issue: Issue) -> Made:
    """Fill a statement, check it, and write the files that go with it.

    Args:
        ledger: The ledger.
        fund: The fund.
        period: As `build_statement` takes it.
        issue: What is decided about it.

    Returns:
        Statement and files; what is too large to embed lies in the fund's outputs.

    Raises:
        StatementTieError: Two figures differ.
        PersonalDataError: A text holds a phone or identity number.
    """
    span = span_of(period, issue.kind)
    outputs = _outputs(ledger, fund)
    outputs.mkdir(parents=True, exist_ok=True)
    with (
        # Gifts are read once: what the database keeps of them would only take memory.
        ledger.database.reading(once=True) as connection,
        tempfile.TemporaryDirectory(dir=outputs, prefix=".building-") as folder,
    ):
        figures = Month(
            connection,
            fund,
            document_cut(
                connection, fund.fund_id, span.months, issue.size, runs=issue.kind == "C"
            ),
        )
        if issue.kind == NOTICE:
            statement = _statement(ledger, figures, span, kept_tally(figures, outputs), issue)
            check(statement)
            files = registers.write_corrections(statement, Path(folder))
            check_personal(statement, files)
            return _with_files(figures, statement, files, outputs)
        tally = GiftTally(figures.details.commodity, figures.details.zone)
        gifts = registers.write_gifts(figures, tally, Path(folder))
        keep_tally(figures, outputs, tally)
        statement = _statement(ledger, figures, span, tally, issue)
        check(statement)
        files = registers.write_registers(figures, statement, Path(folder), gifts)
        check_personal(statement, files)
        return _with_files(figures, statement, files, outputs)


def figures_of(ledger: Ledger, fund: Fund, period: str, issue: Issue) -> Statement:
    """Fill a statement and check it, without any file: its figures alone.

    Args:
        ledger: The ledger.
        fund: The fund.
        period: As `build_statement` takes it.
        issue: What is decided about it.

    Returns:
        The statement; it lists no attachments.

    Raises:
        StatementTieError: Two figures differ.
    """
    span = span_of(period, issue.kind)
    with ledger.database.reading() as connection:
        figures = Month(
            connection,
            fund,
            document_cut(
                connection, fund.fund_id, span.months, issue.size, runs=issue.kind == "C"
            ),
        )
        statement = _statement(
            ledger, figures, span, kept_tally(figures, _outputs(ledger, fund)), issue
        )
    check(statement)
    return statement


def _statement(
    ledger: Ledger, figures: Month, span: Span, tally: GiftTally, issue: Issue
) -> Statement:
    fund, settings = figures.fund, ledger.settings
    connection = figures.connection
    gifts = gift_lines(figures, tally)
    number = statement_number(fund, span.label, issue.kind, issue.version)
    corrected = corrections(figures)
    if issue.kind == NOTICE:
        corrected = noticed(figures, Notice(number, span.label, issue.version, issue.at))
    members = funds.roles_then(connection, fund.fund_id, figures.cut.size)
    roles = {member_id: shown_role(of) for member_id, of in members.items()}
    base = f"{host(settings)}/funds/{fund.slug}"
    return Statement(
        number=number,
        version=issue.version,
        kind=issue.kind,
        period=Period(
            month_first(span.months[0]), month_last(span.months[-1]), figures.details.zone
        ),
        issued_at=issue.at,
        commodity=figures.details.commodity,
        issuer=_issuer(figures, settings),
        web_url=f"{base}/statements/{address_of(span.label, issue.kind, issue.version)}.pdf",
        verify_url=f"{host(settings)}/verify",
        ledger_url=f"{host(settings)}/log/{fund.slug}",
        gifts=gifts,
        due=due_lines(figures, gifts.g6),
        bank=bank_lines(figures),
        transit=transit_lines(figures, roles),
        fund=fund_lines(figures),
        spending=spending_lines(figures),
        open=open_lines(figures),
        ledger=_ledger(figures, issue),
        previous=_previous(figures),
        approvals=_approvals(figures, issue),
        corrections=corrected,
        adjustments=adjustments(figures, roles),
        changes=changes(figures),
        rates=rates_in_force(figures),
        restated=_restated(ledger, figures, corrected, issue),
        exceptions=exception_rows(
            exceptions_in_force(connection, fund.fund_id, size=figures.cut.size)
        ),
        flow=flow(figures),
        flow_since=first_gift_day(connection, fund.fund_id, figures.details.zone),
        before=_before(ledger, figures, span, issue),
        columns=tuple(_columns(ledger, figures, span, issue)) if issue.kind in ("Q", "A") else (),
        later=_later(figures, span, issue) if issue.kind in ("Q", "A") else (),
    )


def _later(figures: Month, span: Span, issue: Issue) -> tuple[Correction, ...]:
    """Return what corrects a quarter or a year behind its end, as far as was known when it is issued."""
    connection, fund = figures.connection, figures.fund
    # Recorded times are cut to the minute: what is recorded in the minute of the issue may come after it.
    size = journal_history.size_before(
        connection, fund.fund_id, issue.at.replace(second=0, microsecond=0)
    )
    if size <= figures.cut.size:
        return ()
    cut = figures.cut
    behind = Cut(cut.month, cut.size, size, b"", cut.month)
    return later_corrections(Month(connection, fund, behind), span.months)


def _restated(
    ledger: Ledger, figures: Month, rows: tuple[Correction, ...], issue: Issue
) -> tuple[Restated, ...]:
    """Say what a notice changes.

    Raises:
        NotFoundError: The month corrects nothing that was published, or a notice tells of all of it.
    """
    if issue.kind != NOTICE:
        return ()
    if not rows:
        raise NotFoundError(what="correction", month=figures.cut.month)
    connection, fund = figures.connection, figures.fund
    documents = sorted({one.document for one in rows})

    def lines_of(document: str) -> dict[str, int | None]:
        span = _span_of_number(document)
        month = Month(connection, fund, joined_cut(cuts_of(connection, fund.fund_id, span.months)))
        # As a month, so that it asks for no columns and no year before.
        plain = issue._replace(kind="M", size=None)
        return lines(
            _statement(ledger, month, span, kept_tally(month, _outputs(ledger, fund)), plain)
        )

    own = {(one.document, one.entry) for one in rows}
    earlier = {
        document: [
            one
            for cut in _cuts_since(figures, document)
            for one in all_changes(Month(connection, fund, cut), document)
            if (document, one.entry) not in own
        ]
        for document in documents
    }
    return restated(rows, earlier, lines_of)


def _span_of_number(document: str) -> Span:
    """Return the months of a published statement.

    Raises:
        InvariantError: It has no number of ours.
    """
    named = numbered(document)
    if named is None:
        raise InvariantError(what="statement", key=document[:60], reason="not-a-number")
    return Span(named.period, named.months)


def _cuts_since(figures: Month, document: str) -> list[Cut]:
    """Return the months after the ones that a document covers, up to the one that is told of."""
    last = _span_of_number(document).months[-1]
    connection, fund_id = figures.connection, figures.fund.fund_id
    months = [
        one.month
        for one in periods.closed(connection, fund_id)
        if last < one.month < figures.cut.month
    ]
    return [*(cut_of(connection, fund_id, one) for one in months), figures.cut]


def _before(
    ledger: Ledger, figures: Month, span: Span, issue: Issue
) -> tuple[tuple[str, int | None], ...]:
    """Return the lines of the year before, if it was closed."""
    if issue.kind != "A":
        return ()
    year = span_of(str(int(span.label[:4]) - 1), "A")
    closed = {one.month for one in periods.closed(figures.connection, figures.fund.fund_id)}
    if year.months[-1] not in closed:
        return ()
    cuts = cuts_of(figures.connection, figures.fund.fund_id, year.months)
    whole = Month(figures.connection, figures.fund, joined_cut(cuts))
    # As a month, so that it does not ask for the year before in its turn.
    statement = _statement(
        ledger,
        whole,
        year,
        kept_tally(whole, _outputs(ledger, whole.fund)),
        issue._replace(kind="M"),
    )
    return tuple(lines(statement).items())


def _ledger(figures: Month, issue: Issue) -> LedgerLines:
    """Make the lines L, with whoever vouches for the checkpoint when the statement is issued."""
    found = ledger_lines(figures, keys_of(figures), evidence.cosigned(figures, issue.at))
    stamps = evidence.stamps(figures, issue.at)
    if not stamps:
        return found
    newest = stamps[-1]
    token = sha256(newest.token).hexdigest()
    return replace(found, l6_anchor=token, l6_at=from_text(newest.at), l6_size=newest.size)


def keys_of(figures: Month) -> tuple[str, ...]:
    """Return the public keys that the log had named by a span's end, oldest first."""
    connection, fund_id = figures.connection, figures.fund.fund_id
    rotated = journal_history.of_kind(connection, fund_id, "key.rotated", newest=KEYS_MAX)
    later = sum(one.seq >= figures.cut.size for one in rotated)
    keys = log_keys(connection, figures.fund)
    named = keys[: len(keys) - later]
    # A post-quantum key fills half a page, and what travels in the file checks the Ed25519 line.
    return tuple(one for one in named if Verifier.from_text(one).algorithm == ED25519)


def _columns(ledger: Ledger, figures: Month, span: Span, issue: Issue) -> Iterable[MonthColumn]:
    """Give each month of a longer span as its own statement states it, each checked by itself.

    Yields:
        Columns, oldest first.
    """
    for cut in cuts_of(figures.connection, figures.fund.fund_id, span.months):
        month = cut.month
        own = Month(figures.connection, figures.fund, cut)
        statement = _statement(
            ledger,
            own,
            span_of(month, "M"),
            kept_tally(own, _outputs(ledger, own.fund)),
            Issue(issue.at, issue.version),
        )
        check(statement)
        yield MonthColumn(
            month,
            statement.number,
            tuple(lines(statement).items()),
            (statement.ledger.l1_first, statement.ledger.l1_last),
            statement.ledger.l5_closing,
        )


def _previous(figures: Month) -> Closing | None:
    found = previous_closing(figures, version=1)
    if found is None:
        return None
    issued = [
        (one.language, one.sha256.hex())
        for one in periods.issued(figures.connection, figures.fund.fund_id)
        # What was published later is not known yet: the same statement comes out whenever it is made.
        if one.number == found.number
        and one.published_seq is not None
        and one.published_seq < figures.cut.size
    ]
    return replace(found, files=tuple(sorted(issued)))


def _with_files(
    figures: Month, statement: Statement, files: list[RegisterFile], outputs: Path
) -> Made:
    """Join registers and evidence to a statement; what is too large to embed is moved to where it is served from."""
    base = statement.web_url.rsplit("/", 1)[0]
    records, contents, served = [], {}, []
    for one in files:
        listed = record(one, f"{base}/files/{one.sha256}/{one.register.file}")
        records.append(listed)
        if listed.url:
            served.append(_keep(outputs, one))
        else:
            contents[listed.name] = one.path.read_bytes()
    for title, name, content in _evidence(figures, statement, files):
        rows = content.count(b"\n") if name == evidence.JOURNAL else None
        records.append(record_attachment(name, title, content, rows, "Supplement"))
        contents[name] = content
    ordered = tuple(sorted(records, key=lambda one: one.name))
    return Made(replace(statement, attachments=ordered), contents, tuple(served))


def _evidence(
    figures: Month, statement: Statement, files: list[RegisterFile]
) -> Iterable[tuple[Name, str, bytes]]:
    yield (
        Name("检查点和一致性证明", "Checkpoints and consistency proof"),
        evidence.CHECKPOINTS,
        evidence.checkpoints_json(
            figures,
            list(statement.ledger.checkpoint.keys),
            statement.issued_at,
        ),
    )
    yield (
        Name("各表的列、单位和摘要", "Columns, units and digests of the tables"),
        PACKAGE,
        datapackage(statement.number, statement.commodity, files),
    )
    journal = evidence.journal_lines(figures)
    if journal is not None:
        yield Name("本期分录", "Entries of the period"), evidence.JOURNAL, journal


def _keep(outputs: Path, file: RegisterFile) -> Path:
    """Move a register to where it is served from, under its digest."""
    target = register_path(outputs, file.sha256, file.register.file)
    target.parent.mkdir(parents=True, exist_ok=True)
    return file.path.replace(target)


def _outputs(ledger: Ledger, fund: Fund) -> Path:
    return ledger.settings.outputs / fund.slug


def host(settings: Settings) -> str:
    """Return the address of the service; a machine's own name has no certificate."""
    local = settings.public_host.startswith(("localhost", "127."))
    return f"{'http' if local else 'https'}://{settings.public_host}"


def _issuer(month: Month, settings: Settings) -> Issuer:
    details = month.details
    name = Name(details.name_zh, details.name_en)
    return Issuer(
        fund=month.fund.slug,
        name=name,
        operator=Name(settings.operator) if settings.operator else name,
        collection_account=_masked(month, BANK),
        fund_account=_masked(month, FUND),
        contact=Name(settings.contact) if settings.contact else name,
    )


def _masked(month: Month, prefix: str) -> Name:
    found = [one for one in month.money_accounts if one.name.startswith(prefix)]
    if not found:
        return Name("无", "None")
    zh = "；".join(f"{one.name.removeprefix(prefix)}，尾号 {one.number[-4:]}" for one in found)
    en = "; ".join(f"{one.name.removeprefix(prefix)}, ending {one.number[-4:]}" for one in found)
    return Name(zh, en)


def _approvals(figures: Month, issue: Issue) -> tuple[Approval, ...]:
    member = issue.prepared_by
    if member is None:
        return ()
    # As they were when it was issued: the same file comes out whenever it is built.
    then = funds.roles_then(figures.connection, figures.fund.fund_id, at=issue.at)
    roles = then.get(member.member_id, member.roles)
    return (Approval("prepared", member.member_id, shown_role(roles), "", issue.at),)
