"""A statement's life: prepared, signed by the organisation, with the auditor, countersigned or returned, published.

In: an opened ledger, who acts, and a file by its number. Out: a file for each step, kept under a name that no other
bytes have, and an entry with its hash. Guaranteed: the file is there, whole and durable, before the entry says so; what
ends in the middle leaves the statement in the state before, and at most a file that nobody names.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pikepdf

from ledger.activity.recording import note
from ledger.activity.records import Activity
from ledger.actors import Member
from ledger.decisions.shapes import Decision
from ledger.desk import actions, wanted
from ledger.desk.acting import member_now
from ledger.desk.wanted import Wanted
from ledger.errors import FieldError, FileFormatError, InvariantError, StateError
from ledger.issuing import booking, history
from ledger.issuing import steps as life
from ledger.issuing.booking import File, NewCertificate, Opinion, Signed
from ledger.issuing.history import Issue, Step
from ledger.issuing.numbers import NOTICE, numbered
from ledger.journal.history import Fund
from ledger.periods import history as periods
from ledger.periods.booking import NewStatement
from ledger.projections.notices import next_version
from ledger.sequencer.books import Books
from ledger.settings import Settings
from ledger.statements import countersign, pki
from ledger.statements.countersign import Countersigned, Enrolled, may_sign
from ledger.statements.files import figures_path, statement_file, write_new
from ledger.statements.numbers import Kind
from ledger.verify import pdf_changes
from ledger.verify.pdf_signatures import FUND_FIELD, examine, name_in
from ledger.verify.pdf_trust import Trust, read_certificates, read_trust
from ledger.wiring import Ledger

Say = Callable[[str], object]
"""Is told which step of the work begins: a short code."""

LANGUAGES = ("zh", "en", "both")
PUBLISHED_REASON = "公开发布 Published by the fund"
CHAIN_MAX = 6


class Which(NamedTuple):
    """A statement in one language."""

    number: str
    language: str


class Wish(NamedTuple):
    """What somebody wants prepared.

    Attributes:
        kind: Of document: `M` monthly, `Q` quarterly, `A` annual, `R` reconciliation report, `C` correction notice.
        period: `2026-10`, `2026-Q4` or `2026`.
        language: `zh`, `en` or `both`.
    """

    kind: str
    period: str
    language: str


@dataclass(frozen=True, slots=True)
class Key:
    """With what the organisation would sign now.

    Attributes:
        source: `device`, `file`, `development` or `none`.
        stamps: `authority`, `development` or `none`.
    """

    source: str
    stamps: str

    @property
    def level(self) -> str:
        """Return the level of PAdES that comes of it."""
        return "B-B" if self.stamps == "none" else "B-LTA"


def key_of(settings: Settings) -> Key:
    """Tell with what the organisation would sign, without opening it."""
    development = (settings.keys / pki.FOLDER / pki.REVOKED).exists()
    if settings.sign_pkcs11_module:
        source = "device"
    elif settings.sign_p12:
        source = "file"
    else:
        source = "development" if development else "none"
    stamps = "authority" if settings.tsa_url else "none"
    if stamps == "none" and source == "development":
        stamps = "development"
    return Key(source, stamps)


def trust_in(settings: Settings) -> Trust:
    """Return whom the operator trusts; the development PKI only while its key is the one that signs."""
    found = read_trust(settings.trust)
    if key_of(settings).source == "development":
        found = found.joined(read_trust(settings.keys / pki.FOLDER))
    return found


def path_of(settings: Settings, fund: Fund, issue: Issue, step: Step | None = None) -> Path:
    """Return where the file lies that a step left."""
    step = step or issue.last
    folder = settings.outputs / fund.slug
    return statement_file(folder, issue.number, issue.language, step.sha256)


def file_of(settings: Settings, fund: Fund, issue: Issue, step: Step | None = None) -> bytes:
    """Read the file that a step left.

    Args:
        settings: Where files lie.
        fund: The fund.
        issue: The statement.
        step: Which step; the last one unless given.

    Returns:
        Its bytes.

    Raises:
        StateError: It is missing.
        InvariantError: It has other bytes than its entry says.
    """
    step = step or issue.last
    path = path_of(settings, fund, issue, step)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise StateError(what="file", key=path.name, state="missing", needed="restore") from error
    if sha256(data).digest() != step.sha256:
        raise InvariantError(what="file", key=path.name, reason="other-bytes")
    return data


def _issue(ledger: Ledger, fund: Fund, which: Which) -> Issue:
    with ledger.database.reading() as connection:
        return history.issue(connection, fund.fund_id, which.number, which.language)


def _entry(
    ledger: Ledger,
    fund: Fund,
    who: tuple[str, str],
    which: Which,
    step: Callable[[Books, Member], int],
) -> int:
    """Take a step as a member, who is read anew, and put it on record; return the entry."""
    action, member_id = who
    done = Activity(fund.fund_id, action, f"statement/{which.number}/{which.language}", member_id)

    def decide(books: Books) -> int:
        member = member_now(books, member_id)
        seq = step(books, member)
        note(
            books,
            Activity(
                done.fund_id, done.action, done.subject, member_id, member.role_text,
                origin=done.origin,
            ),
        )  # fmt: skip
        return seq

    return ledger.sequencer.decide(fund, decide).value


# --- preparing ------------------------------------------------------------------------------------


def prepare(ledger: Ledger, fund: Fund, member_id: str, wish: Wish, say: Say) -> Which:
    """Build a statement with both signature fields, check it, keep it, and say so in the log.

    Args:
        ledger: The ledger.
        fund: The fund.
        member_id: Who prepares it.
        wish: What.
        say: Is told how far it is.

    Returns:
        Number and language.

    Raises:
        FieldError: No such kind or language.
        NotFoundError: The period is not closed.
        StatementTieError: Two figures differ.
        StateError: It is signed already, or further.
    """
    if wish.language not in LANGUAGES:
        raise FieldError(field="language", value=wish.language[:10], reason="unknown")
    if wish.kind not in get_args(Kind):
        raise FieldError(field="kind", value=wish.kind[:10], reason="unknown")
    say("building")
    from ledger.statements.build import Issue as Issued
    from ledger.statements.build import build_statement

    with ledger.database.reading() as connection:
        from ledger.funds import history as funds

        preparer = funds.member(connection, fund.fund_id, member_id)
        # A month may need several notices; every other document has one.
        version = 1 if wish.kind != NOTICE else next_version(connection, fund.fund_id, wish.period)
    built = build_statement(
        ledger,
        fund,
        wish.period,
        wish.language,  # type: ignore[arg-type]
        Issued(ledger.clock.now(), version, preparer, wish.kind),  # type: ignore[arg-type]
    )
    say("checking")
    data = with_fields(built.pdf)
    digest = sha256(data).digest()
    which = Which(built.number, wish.language)
    path = statement_file(ledger.settings.outputs / fund.slug, *which, digest)
    write_new(path, data)
    write_new(figures_path(path), built.figures)
    said: dict[str, Any] = {
        "month": built.month,
        "size": built.size,
        "figures": sha256(built.figures).hexdigest(),
    }
    if wish.kind == NOTICE:
        said["corrects"] = [
            {
                "statement": one.document,
                "line": one.line,
                "old": one.old_minor,
                "change": one.change_minor,
                "new": one.new_minor,
            }
            for one in built.statement.restated
        ]
    file = File(*which, digest, len(data))
    say("recording")
    _entry(
        ledger,
        fund,
        ("statement.prepare", member_id),
        which,
        lambda books, member: booking.built(books, member, file, said),
    )
    return which


def with_fields(rendered: bytes) -> bytes:
    """Make both fields, and hold that the file is what may be signed: readable, and nothing in it runs.

    Args:
        rendered: A statement as the renderer wrote it; one that has the fields stays as it is.

    Returns:
        The file that is to be signed.

    Raises:
        InvariantError: It is not.
    """
    from ledger.statements.fields import prepare_fields

    with pikepdf.open(io.BytesIO(rendered)) as pdf:
        has_fields = "/AcroForm" in pdf.Root
    data = rendered if has_fields else prepare_fields(rendered)
    with pdf_changes.opened(data) as pdf:
        if pdf_changes.has_program(pdf):
            raise InvariantError(what="statement", reason="program")
    return data


# --- signing --------------------------------------------------------------------------------------


def sign(ledger: Ledger, fund: Fund, member_id: str, which: Which, say: Say) -> Step:
    """Let the organisation sign a statement that somebody else prepared.

    Args:
        ledger: The ledger.
        fund: The fund.
        member_id: Who lets it.
        which: The statement.
        say: Is told how far it is.

    Returns:
        The step.

    Raises:
        FourEyesError: They prepared it.
        StateError: It is not waiting for that, or there is no key.
        SettingsError: The key cannot be opened.
        ExternalError: The time stamp authority does not answer.
    """
    from ledger.statements import sign as signing

    settings = ledger.settings
    issue = _issue(ledger, fund, which)
    _check_signing(ledger, fund, member_id, issue)
    before = file_of(settings, fund, issue)
    key, trust = key_of(settings), trust_in(settings)
    stamps = None
    if key.stamps == "authority":
        stamps = signing.web_stamps(settings.tsa_url)
    elif key.stamps == "development":
        stamps = signing.development_stamps(settings.keys / pki.FOLDER)
    say("signing")
    with signing.organisation_key(settings, trust, stamps) as one:
        data = signing.certify(before, one, PUBLISHED_REASON)
        signed = Signed(one.certificate.sha256.hex(), one.level, one.is_development)
        own = one.trust
    say("checking")
    _check_own(data, own, ledger.clock.now())
    file = _keep(settings, fund, which, data)
    say("recording")
    _entry(
        ledger,
        fund,
        ("statement.sign", member_id),
        which,
        lambda books, member: booking.signed(books, member, file, issue.last.sha256, signed),
    )
    return _issue(ledger, fund, which).last


def _check_signing(ledger: Ledger, fund: Fund, member_id: str, issue: Issue) -> None:
    """Refuse before a key is touched what would be refused afterwards.

    Raises:
        StateError: It is not waiting for a signature.
        FourEyesError: They prepared it.
    """
    if issue.state != life.BUILT:
        raise StateError(
            what="statement", key=issue.number, state=issue.state, needed=life.AFTER[life.SIGNED]
        )
    with ledger.database.reading() as connection:
        from ledger.funds import history as funds

        booking.check_signer(issue, funds.member(connection, fund.fund_id, member_id))


def _check_own(data: bytes, trust: Trust, at: datetime) -> None:
    """Hold our own signature to what we would ask of anybody's.

    Raises:
        InvariantError: It does not hold.
    """
    found = examine(data, trust, at, only_bytes=True)
    one = found.of(FUND_FIELD)
    if one is None or not (one.is_intact and found.found[-1].is_whole):
        raise InvariantError(what="signature", reason="does-not-hold")


def _keep(settings: Settings, fund: Fund, which: Which, data: bytes) -> File:
    digest = sha256(data).digest()
    write_new(statement_file(settings.outputs / fund.slug, *which, digest), data)
    return File(*which, digest, len(data))


# --- the auditor ----------------------------------------------------------------------------------


def send(ledger: Ledger, fund: Fund, member_id: str, which: Which) -> int:
    """Hand a signed statement to the auditor; return the entry."""
    last = _issue(ledger, fund, which).last
    file = File(*which, last.sha256, last.bytes)
    return _entry(
        ledger,
        fund,
        ("statement.send", member_id),
        which,
        lambda books, member: booking.sent(books, member, file),
    )


def give_back(ledger: Ledger, fund: Fund, member_id: str, which: Which, findings: str) -> int:
    """Return a statement with findings; return the entry."""
    last = _issue(ledger, fund, which).last
    file = File(*which, last.sha256, last.bytes)
    return _entry(
        ledger,
        fund,
        ("opinion.return", member_id),
        which,
        lambda books, member: booking.returned(books, member, file, findings),
    )


class Back(NamedTuple):
    """What an auditor brings.

    Attributes:
        path: The file that came back.
        opinion: One of `steps.OPINIONS`.
    """

    path: Path
    opinion: str


def take_back(
    ledger: Ledger, fund: Fund, member_id: str, which: Which, back: Back, say: Say
) -> Countersigned:
    """Take a countersigned statement, if it is the one that was sent and one signature more.

    Args:
        ledger: The ledger.
        fund: The fund.
        member_id: The auditor.
        which: The statement.
        back: File and opinion.
        say: Is told how far it is.

    Returns:
        What was taken.

    Raises:
        FileFormatError: It is refused; reason is one of `countersign.REASONS`.
        StateError: It is not with the auditor.
    """
    issue = _issue(ledger, fund, which)
    if issue.state != life.SENT:
        needed = life.AFTER[life.COUNTERSIGNED]
        raise StateError(what="statement", key=issue.number, state=issue.state, needed=needed)
    say("checking")
    with ledger.database.reading() as connection:
        rows = history.enrolled(connection, fund.fund_id)
    enrolled = {
        row.fingerprint.hex(): Enrolled(row.member_id, row.chain.encode())
        for row in rows
        if row.ended_seq is None
    }
    found = countersign.accept(
        file_of(ledger.settings, fund, issue),
        back.path,
        enrolled,
        trust_in(ledger.settings),
        ledger.clock.now(),
    )
    if found.member_id != member_id:
        raise FileFormatError(file="pdf", reason="not-yours")
    file = _keep(ledger.settings, fund, which, found.data)
    level = "B-LTA" if found.is_long_term else "B-B"
    opinion = Opinion(back.opinion, Signed(found.fingerprint, level, found.is_development))
    say("recording")
    _entry(
        ledger,
        fund,
        ("opinion.give", member_id),
        which,
        lambda books, member: booking.countersigned(
            books, member, file, issue.last.sha256, opinion
        ),
    )
    return found


# --- publishing -----------------------------------------------------------------------------------


def publishable(ledger: Ledger, fund: Fund, number: str) -> list[NewStatement]:
    """Return the files of a statement that can be published now, as the proposal says them."""
    with ledger.database.reading() as connection:
        found = history.issues(connection, fund.fund_id, number)
        made = []
        for issue in found:
            if issue.state not in life.AFTER[life.PUBLISHED]:
                continue
            rows = history.told(connection, fund.fund_id, issue)
            built = next(row for row in reversed(rows) if row.step.step == life.BUILT)
            opinion = str(rows[-1].body.get("opinion", ""))
            last = issue.last
            made.append(
                NewStatement(
                    number,
                    issue.language,
                    built.body["month"],
                    built.body["size"],
                    last.sha256,
                    last.bytes,
                    opinion,
                )
            )
    order = {language: at for at, language in enumerate(LANGUAGES)}
    return sorted(made, key=lambda one: order.get(one.language, len(order)))


def propose_publication(ledger: Ledger, fund: Fund, member_id: str, number: str) -> Decision:
    """Propose to publish every signed file of a statement.

    Args:
        ledger: The ledger.
        fund: The fund.
        member_id: Who proposes.
        number: Of the statement.

    Returns:
        The decision.

    Raises:
        StateError: As `publication_of`; or one is with the auditor, or the month cannot be sealed.
    """
    new = publication_of(ledger, fund, number)
    return actions.propose(ledger.sequencer, fund, member_id, new)


def publication_of(ledger: Ledger, fund: Fund, number: str) -> Wanted:
    """Want every signed file of a statement published; the first of a month seals it.

    Args:
        ledger: The ledger.
        fund: The fund.
        number: Of the statement.

    Returns:
        What is to be proposed.

    Raises:
        StateError: No file of it is signed, or a file is missing.
        InvariantError: A file is not there any more as it was signed.
    """
    found = publishable(ledger, fund, number)
    if not found:
        raise StateError(what="statement", key=number[:60], state="not-signed", needed="signed")
    for one in found:
        file_of(ledger.settings, fund, _issue(ledger, fund, Which(number, one.language)))
    seals = seals_month(number) and not _is_sealed(ledger, fund, found[0].month)
    return wanted.publication(found, seals=seals)


def seals_month(number: str) -> bool:
    """Tell whether a month is sealed as this document is published: a notice and a report to work with seal nothing."""
    named = numbered(number)
    return named is None or named.kind not in (NOTICE, "R")


def _is_sealed(ledger: Ledger, fund: Fund, month: str) -> bool:
    with ledger.database.reading() as connection:
        standings = periods.standings(connection, fund.fund_id)
    return any(one.month == month and one.state == "sealed" for one in standings)


# --- certificates ---------------------------------------------------------------------------------


def new_certificate(member_id: str, data: bytes, at: datetime) -> NewCertificate:
    """Read a certificate that an auditor wants to sign with.

    Args:
        member_id: The auditor.
        data: PEM with the certificate first and those above it, up to a root; or DER with the certificate alone.
        at: Now.

    Returns:
        What is to be enrolled.

    Raises:
        FileFormatError: It is no certificate, vouches for itself, is not for signing, has expired, or lacks those
            above it up to a root.
    """
    found = read_certificates("certificate", data)
    first = found[0]
    if first.self_issued or first.ca:
        _unfit("self-issued")
    if not first.not_valid_before <= at <= first.not_valid_after:
        _unfit("expired")
    if not may_sign(first):
        _unfit("key-usage")
    if len(found) > CHAIN_MAX or not (found[-1].self_issued and found[-1].ca):
        _unfit("no-root")
    for one, above in pairwise(found):
        if one.issuer != above.subject:
            _unfit("no-root")
    from asn1crypto import pem

    chain = b"".join(pem.armor("CERTIFICATE", one.dump()) for one in found).decode()
    return NewCertificate(member_id, first.sha256, name_in(first), chain)


def _unfit(reason: str) -> None:
    raise FileFormatError(file="certificate", reason=reason)


def end_certificate(
    ledger: Ledger, fund: Fund, member_id: str, fingerprint: bytes, reason: str
) -> int:
    """Let nothing more be countersigned with a certificate; return the entry."""
    done = Activity(
        fund.fund_id,
        "certificate.end",
        f"certificate/{fingerprint.hex()[:16]}",
        member_id,
        reason=reason,
    )

    def decide(books: Books) -> int:
        member = member_now(books, member_id)
        seq = booking.end_certificate(books, member, fingerprint, reason)
        note(books, done)
        return seq

    return ledger.sequencer.decide(fund, decide).value
