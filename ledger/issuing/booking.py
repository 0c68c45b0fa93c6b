"""The steps of a statement's life become entries.

Whoever calls has checked the file; here the hash of each is held to the one before, each step to the state it needs,
and signing to somebody who did not prepare the statement.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ledger.actors import Actor, Member
from ledger.clock import to_text
from ledger.errors import ConflictError, FieldError, FourEyesError, NotFoundError, StateError
from ledger.funds import history as funds
from ledger.issuing import history, store
from ledger.issuing import steps as life
from ledger.issuing.history import Issue, Step
from ledger.journal.entries import Draft
from ledger.privacy.numbers import check_public
from ledger.roles import acting
from ledger.sequencer.books import Books


class File(NamedTuple):
    """A file of a statement.

    Attributes:
        number: Of the statement.
        language: Of the file.
        sha256: Of it.
        bytes: Of it.
    """

    number: str
    language: str
    sha256: bytes
    bytes: int


class Signed(NamedTuple):
    """What is said of a signature.

    Attributes:
        certificate: SHA-256 of the signer's certificate, hex.
        level: `B-B` or `B-LTA`.
        development: Whether the key proves nothing.
    """

    certificate: str
    level: str
    development: bool

    def as_json(self) -> dict[str, Any]:
        """Return it as entries say it."""
        found: dict[str, Any] = {"certificate": self.certificate, "level": self.level}
        return found | ({"development": True} if self.development else {})


def issue_of(books: Books, file: File) -> Issue | None:
    """Return a statement's steps so far; None before the first."""
    found = history.issues(books.connection, books.fund.fund_id, file.number)
    return next((one for one in found if one.language == file.language), None)


def check_next(books: Books, file: File, step: str, before: bytes | None = None) -> Issue | None:
    """Hold that a step may come now.

    Args:
        books: The fund's books.
        file: Of the statement.
        step: A name of `steps.KINDS`.
        before: Hash of the file that the step starts from; None for the first.

    Returns:
        The statement so far; None before the first step.

    Raises:
        StateError: It stands elsewhere.
        ConflictError: It is about another file than the one that counts now.
    """
    books.settle()
    found = issue_of(books, file)
    state = found.state if found else ""
    if state not in life.AFTER[step]:
        raise StateError(
            what="statement", key=file.number, state=state or "none", needed=life.AFTER[step]
        )
    if found is not None and before is not None and found.last.sha256 != before:
        raise ConflictError(what="statement", key=file.number, field="sha256")
    return found


def built(books: Books, member: Member, file: File, said: dict[str, Any]) -> int:
    """Say that a statement was built and checked.

    Args:
        books: The fund's books.
        member: Who prepared it.
        file: What came of it.
        said: `month`, `size`, and `figures`, the hash of its figures.

    Returns:
        The entry.

    Raises:
        StateError: It is signed already, or with the auditor, or published: a correction has a number of its own.
    """
    actor = acting(member, "statement.prepare")
    check_next(books, file, life.BUILT)
    return _post(books, actor, life.BUILT, file, said)


def signed(books: Books, member: Member, file: File, before: bytes, one: Signed) -> int:
    """Say that the organisation has signed.

    Args:
        books: The fund's books.
        member: Who let it sign.
        file: The signed one.
        before: Hash of the one that was signed.
        one: The signature.

    Returns:
        The entry.

    Raises:
        FourEyesError: They prepared it.
        StateError: It is not waiting for that.
        ConflictError: It was built anew since.
    """
    actor = acting(member, "statement.sign")
    found = check_next(books, file, life.SIGNED, before)
    check_signer(found, member)
    return _post(books, actor, life.SIGNED, file, {"before": before.hex(), **one.as_json()})


def check_signer(found: Issue | None, member: Member) -> None:
    """Hold that somebody else prepared a statement.

    Args:
        found: The statement.
        member: Who wants to let the organisation sign it.

    Raises:
        FourEyesError: They prepared it themselves.
    """
    if found is not None and found.built.member_id == member.member_id:
        raise FourEyesError(member=member.member_id, reason="prepared-it")


def sent(books: Books, member: Member, file: File) -> int:
    """Say that a signed statement waits for the auditor.

    Args:
        books: The fund's books.
        member: Who hands it over.
        file: The signed one.

    Returns:
        The entry.

    Raises:
        StateError: It is not signed, or there already.
    """
    actor = acting(member, "statement.send")
    check_next(books, file, life.SENT, file.sha256)
    return _post(books, actor, life.SENT, file, {})


class Opinion(NamedTuple):
    """What an auditor says with a signature.

    Attributes:
        kind: One of `steps.OPINIONS`.
        signed: The signature.
    """

    kind: str
    signed: Signed


def countersigned(
    books: Books, member: Member, file: File, before: bytes, opinion: Opinion
) -> int:
    """Say that the auditor has signed, and what the opinion is.

    Args:
        books: The fund's books.
        member: The auditor.
        file: The countersigned one.
        before: Hash of the one that was sent.
        opinion: Its kind, and the signature.

    Returns:
        The entry.

    Raises:
        FieldError: No such kind of opinion.
        StateError: It is not with the auditor; or the certificate is not enrolled for this auditor any more.
        ConflictError: It is not the file that was sent.
    """
    actor = acting(member, "opinion.give")
    if opinion.kind not in life.OPINIONS:
        raise FieldError(
            field="opinion", value=opinion.kind[:20], reason="unknown", known=life.OPINIONS
        )
    check_next(books, file, life.COUNTERSIGNED, before)
    certificate = bytes.fromhex(opinion.signed.certificate)
    mine = [
        one
        for one in history.enrolled(books.connection, books.fund.fund_id)
        if one.fingerprint == certificate
        and one.ended_seq is None
        and one.member_id == member.member_id
    ]
    if not mine:
        raise StateError(what="certificate", state="not-enrolled", needed="enrolled")
    said = {"before": before.hex(), "opinion": opinion.kind, **opinion.signed.as_json()}
    return _post(books, actor, life.COUNTERSIGNED, file, said)


def returned(books: Books, member: Member, file: File, findings: str) -> int:
    """Say that the auditor gives a statement back.

    Args:
        books: The fund's books.
        member: The auditor.
        file: As it was sent.
        findings: Why, in words that anyone may read.

    Returns:
        The entry.

    Raises:
        FieldError: No findings, or too many.
        StateError: It is not with the auditor.
    """
    actor = acting(member, "opinion.return")
    text = findings.strip()
    if not text or len(text) > life.FINDINGS_MAX:
        reason = "too-long" if text else "missing"
        raise FieldError(field="findings", value="", reason=reason)
    check_public("findings", text)
    check_next(books, file, life.RETURNED, file.sha256)
    return _post(books, actor, life.RETURNED, file, {"findings": text})


def check_publishable(books: Books, file: File) -> str:
    """Hold that a file may be published: it is the one that was signed, and is not with the auditor.

    Args:
        books: The fund's books.
        file: What is to be published.

    Returns:
        The kind of the auditor's opinion; empty where none was asked.

    Raises:
        StateError: It is not signed, or with the auditor.
        ConflictError: It is not the file that was signed last.
    """
    found = check_next(books, file, life.PUBLISHED, file.sha256)
    if found is None or found.state != life.COUNTERSIGNED:
        return ""
    rows = history.told(books.connection, books.fund.fund_id, found)
    return str(rows[-1].body["opinion"])


def published(books: Books, actor: Actor, file: File, seq: int) -> None:
    """Add the step of an entry that published a statement."""
    _keep(books, file, Step(seq, life.PUBLISHED, file.sha256, file.bytes, actor.id))


def _post(books: Books, actor: Actor, step: str, file: File, said: dict[str, Any]) -> int:
    body = {
        "number": file.number,
        "language": file.language,
        "sha256": file.sha256.hex(),
        "bytes": file.bytes,
        **said,
    }
    seq = books.post(Draft(life.KINDS[step], to_text(books.clock.now()), actor, body))
    books.settle()
    _keep(books, file, Step(seq, step, file.sha256, file.bytes, actor.id))
    return seq


def _keep(books: Books, file: File, step: Step) -> None:
    store.add_step(
        books.connection,
        fund_id=books.fund.fund_id,
        number=file.number,
        language=file.language,
        **step._asdict(),
    )


# --- certificates ---------------------------------------------------------------------------------


class NewCertificate(NamedTuple):
    """A certificate to enrol.

    Attributes:
        member_id: The auditor who signs with it.
        fingerprint: SHA-256 of it.
        name: As it calls its holder.
        chain: It and those above it, PEM.
    """

    member_id: str
    fingerprint: bytes
    name: str
    chain: str


def certificate_json(new: NewCertificate) -> dict[str, str]:
    """Return a certificate as its entry, and the proposal to enrol it, say it."""
    return {
        "member": new.member_id,
        "certificate": new.fingerprint.hex(),
        "name": new.name,
        "chain": new.chain,
    }


def check_certificate(books: Books, new: NewCertificate) -> None:
    """Hold that a certificate can be enrolled.

    Args:
        books: The fund's books.
        new: Which, for whom.

    Raises:
        FieldError: They are no auditor of the fund.
        ConflictError: It is, or was, enrolled.
    """
    member = funds.member(books.connection, books.fund.fund_id, new.member_id)
    if member.member_id != new.member_id or member.removed or "auditor" not in member.roles:
        raise FieldError(field="member", value=new.member_id[:20], reason="not-an-auditor")
    known = history.enrolled(books.connection, books.fund.fund_id)
    if any(one.fingerprint == new.fingerprint for one in known):
        raise ConflictError(what="certificate", key=new.fingerprint.hex())


def enrol_certificate(books: Books, actor: Actor, new: NewCertificate, decision: int) -> int:
    """Let an auditor countersign with a certificate.

    Args:
        books: The fund's books.
        actor: Who gave the last approval.
        new: Which, for whom.
        decision: Number of the decision that this carries out.

    Returns:
        The entry.

    Raises:
        LedgerError: As `check_certificate`.
    """
    check_certificate(books, new)
    body = {**certificate_json(new), "decision": decision}
    seq = books.post(Draft("certificate.enrolled", to_text(books.clock.now()), actor, body))
    books.settle()
    store.add_certificate(
        books.connection, fund_id=books.fund.fund_id, **new._asdict(), enrolled_seq=seq
    )
    return seq


def end_certificate(books: Books, member: Member, fingerprint: bytes, reason: str) -> int:
    """Let nothing more be countersigned with a certificate. One person may: it opens nothing.

    Args:
        books: The fund's books.
        member: Who ends it.
        fingerprint: Of which.
        reason: In words that anyone may read.

    Returns:
        The entry.

    Raises:
        FieldError: No reason.
        NotFoundError: None is enrolled with this fingerprint, or it has ended.
    """
    actor = acting(member, "certificate.end")
    if not reason.strip() or len(reason) > life.FINDINGS_MAX:
        raise FieldError(field="reason", value="", reason="missing")
    check_public("reason", reason)
    known = history.enrolled(books.connection, books.fund.fund_id)
    if not any(one.fingerprint == fingerprint and one.ended_seq is None for one in known):
        raise NotFoundError(what="certificate", key=fingerprint.hex()[:64])
    body = {"certificate": fingerprint.hex(), "reason": reason.strip()}
    seq = books.post(Draft("certificate.ended", to_text(books.clock.now()), actor, body))
    books.settle()
    store.end_certificate(books.connection, books.fund.fund_id, fingerprint, seq)
    return seq
