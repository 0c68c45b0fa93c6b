"""A statement's life on the command line, from preparing to publishing; and auditors' certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ledger.cli.deciding import summary, told
from ledger.cli.session import Session, acts, fund_option, guarded, machine, naming, pass_session
from ledger.cli.statement import statement
from ledger.desk import actions, wanted
from ledger.errors import BusyError, FieldError, StateError
from ledger.funds import history as funds
from ledger.funds.history import details
from ledger.issuing import history
from ledger.issuing.steps import OPINIONS
from ledger.journal.history import Fund
from ledger.projections import notices
from ledger.statements.jobs import DONE, Job

KINDS = ("M", "Q", "A", "R", "C")
LANGUAGES = ("zh", "en", "both")

_language = click.option(
    "--language", type=click.Choice(LANGUAGES), default="zh", show_default=True
)
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


class WorkFailedError(StateError):
    """A worker ended without a result; fields as it wrote them down."""

    code = "work-failed"


def worked(
    session: Session, fund: Fund, task: str, member_id: str, asked: dict[str, Any]
) -> dict[str, Any]:
    """Let a worker do something, and tell its steps until it ends.

    Args:
        session: Prints.
        fund: The fund.
        task: A name of `worker.TASKS`.
        member_id: Who asks.
        asked: What the task needs.

    Returns:
        What came of it.

    Raises:
        WorkFailedError: Nothing did.
    """
    from ledger.statements import worker

    ledger = session.ledger()
    job = worker.start(ledger, fund, task, member_id, asked)
    return result_of(worker.follow(ledger, fund, job, lambda step: session.note(f"   {step} …")))


def result_of(job: Job) -> dict[str, Any]:
    """Return what came of a job.

    Args:
        job: Ended.

    Returns:
        As the task says it.

    Raises:
        BusyError: Its process was ended; the statement is in the state before.
        WorkFailedError: It failed.
    """
    if job.state == DONE:
        return dict(job.said)
    if not job.problem:
        raise BusyError(what="worker", state=job.state, do="the statement is as before; try again")
    error = WorkFailedError(**job.problem["fields"])
    error.code = job.problem["code"]
    raise error


@statement.command("prepare")
@click.argument("period")
@click.option("--kind", type=click.Choice(KINDS), default="M", show_default=True)
@_language
@fund_option
@acts("statement.prepare")
@pass_session
@guarded
def statement_prepare(
    session: Session,
    period: str,
    kind: str,
    language: str,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Build the statement of PERIOD (2026-10, 2026-Q4, 2026) with both signature fields, check it and keep it.

    A correction notice (--kind C) is of the month whose entries correct published figures, which may still be open;
    `statement notices` lists those that are to be given.
    """
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    asked = {"kind": kind, "period": period, "language": language}
    found = worked(session, fund, "prepare", member.member_id, asked)
    session.say(f"{found['number']} ({language}): prepared, waiting to be signed", **found)


@statement.command("sign")
@click.argument("number")
@_language
@fund_option
@acts("statement.sign")
@pass_session
@guarded
def statement_sign(
    session: Session, number: str, language: str, member_name: str, fund_slug: str | None
) -> None:
    """Let the organisation sign statement NUMBER, that somebody else prepared."""
    from ledger.statements.life import key_of

    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    _ = session.fresh
    found = worked(
        session, fund, "sign", member.member_id, {"number": number, "language": language}
    )
    key = key_of(session.settings)
    if key.source == "development":
        session.note("   signed with a key ONLY FOR TRYING: it proves nothing")
    session.say(f"{number} ({language}): signed, PAdES {key.level}", level=key.level, **found)


@statement.command("send")
@click.argument("number")
@_language
@fund_option
@acts("statement.send")
@pass_session
@guarded
def statement_send(
    session: Session, number: str, language: str, member_name: str, fund_slug: str | None
) -> None:
    """Hand the signed statement NUMBER to the auditor."""
    from ledger.statements import life

    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    seq = life.send(ledger, fund, member.member_id, life.Which(number, language))
    session.say(f"{number} ({language}): with the auditor, entry {seq}", seq=seq)


@statement.command("file")
@click.argument("number")
@_language
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@fund_option
@pass_session
@guarded
@machine
def statement_copy(
    session: Session, number: str, language: str, out: Path, fund_slug: str | None
) -> None:
    """Copy the file of statement NUMBER as it stands now."""
    from ledger.statements import life

    ledger, fund = session.ledger(), session.fund(fund_slug)
    with ledger.database.reading() as connection:
        found = history.issue(connection, fund.fund_id, number, language)
    data = life.file_of(ledger.settings, fund, found)
    out.write_bytes(data)
    session.say(
        f"{number} ({language}): {found.state}, {len(data):,} bytes in {out}",
        state=found.state,
        sha256=found.last.sha256.hex(),
        path=str(out),
    )


@statement.command("countersign")
@click.argument("file", type=_file)
@click.option("--p12", type=_file, required=True, help="Key and certificate, PKCS#12.")
@click.option(
    "--passphrase-file", type=_file, help="Its first line opens the key; else it is asked."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option(
    "--tsa", default="", help="Time stamp authority (RFC 3161), for long-term validation."
)
@click.option(
    "--trust",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of roots and revocation lists; needed with --tsa.",
)
@pass_session
@guarded
@machine
def statement_countersign(
    session: Session,
    file: Path,
    p12: Path,
    passphrase_file: Path | None,
    out: Path | None,
    tsa: str,
    trust: Path | None,
) -> None:
    """Countersign FILE with the auditor's own key, on the auditor's own machine; nothing is sent but to --tsa."""
    from ledger.statements import sign
    from ledger.verify.pdf_trust import Trust, read_trust

    if passphrase_file is not None:
        passphrase = passphrase_file.read_text("utf-8").partition("\n")[0].strip()
    else:
        passphrase = click.prompt("Passphrase of the key", hide_input=True, err=True)
    known = read_trust(trust) if trust else Trust()
    with naming(p12):
        key = sign.signing_with_file(
            p12.read_bytes(), passphrase, known, sign.web_stamps(tsa) if tsa else None
        )
    signed = sign.approve(file.read_bytes(), key, "审计师签署 Signed by the auditor")
    target = out or file.with_name(f"{file.stem}-countersigned.pdf")
    if target.exists():
        raise FieldError(field="out", value=target.name, reason="exists")
    target.write_bytes(signed)
    session.say(f"{len(signed):,} bytes in {target}, PAdES {key.level}", path=str(target))


@statement.command("accept")
@click.argument("number")
@click.argument("file", type=_file)
@click.option("--opinion", type=click.Choice(OPINIONS), required=True)
@_language
@fund_option
@acts("opinion.give")
@pass_session
@guarded
def statement_accept(
    session: Session,
    number: str,
    file: Path,
    opinion: str,
    language: str,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Take FILE as the countersigned statement NUMBER: the very file that was sent, and the auditor's signature."""
    fund = session.fund(fund_slug)
    member = session.member(fund, member_name)
    _ = session.fresh
    asked = {
        "number": number,
        "language": language,
        "path": str(file.absolute()),
        "opinion": opinion,
    }
    with naming(file):
        found = worked(session, fund, "take-back", member.member_id, asked)
    session.say(f"{number} ({language}): countersigned by {found['name']}", **found)


@statement.command("return")
@click.argument("number")
@click.option("--findings", required=True, help="In words that anyone may read.")
@_language
@fund_option
@acts("opinion.return")
@pass_session
@guarded
def statement_return(
    session: Session,
    number: str,
    findings: str,
    language: str,
    member_name: str,
    fund_slug: str | None,
) -> None:
    """Give statement NUMBER back with findings; it is prepared anew."""
    from ledger.statements import life

    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    which = life.Which(number, language)
    seq = life.give_back(ledger, fund, member.member_id, which, findings)
    session.say(f"{number} ({language}): returned, entry {seq}", seq=seq)


@statement.command("publish")
@click.argument("number")
@fund_option
@acts("publish.propose")
@pass_session
@guarded
def statement_publish(
    session: Session, number: str, member_name: str, fund_slug: str | None
) -> None:
    """Propose to publish every signed file of statement NUMBER. An approver decides; the first seals its month."""
    from ledger.statements import life

    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    done = life.propose_publication(ledger, fund, member.member_id, number)
    session.say(f"{number}: {summary(done)}", decision=done.number, **told(done))


@statement.command("list")
@fund_option
@pass_session
@guarded
@machine
def statement_list(session: Session, fund_slug: str | None) -> None:
    """List statements and where each stands."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    with ledger.database.reading() as connection:
        found = history.issues(connection, fund.fund_id)
    for one in found:
        session.note(f"{one.number}\t{one.language}\t{one.state}\tentry {one.last.seq}")
    session.say(
        f"{len(found)} statements",
        statements=[
            {
                "number": one.number,
                "language": one.language,
                "state": one.state,
                "sha256": one.last.sha256.hex(),
            }
            for one in found
        ],
    )


@statement.command("notices")
@fund_option
@pass_session
@guarded
@machine
def statement_notices(session: Session, fund_slug: str | None) -> None:
    """List the correction notices that are to be given."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    with ledger.database.reading() as connection:
        found = notices.waiting(connection, fund, details(connection, fund.fund_id).zone)
    for one in found:
        named = ", ".join(one.documents)
        session.note(
            f"{one.number}\tmonth {one.month}\t{len(one.entries)} entries\t{one.state or 'to prepare'}\t{named}"
        )
    session.say(f"{len(found)} to give", notices=[one._asdict() for one in found])


@statement.command("keys-for-trying")
@pass_session
@guarded
@machine
def keys_for_trying(session: Session) -> None:
    """Make a development PKI in LEDGER_HOME: keys ONLY FOR TRYING, that prove nothing about anybody."""
    from ledger.statements.pki import make_development_pki

    folder = make_development_pki(session.settings.keys)
    session.say(f"keys ONLY FOR TRYING are in {folder}", path=str(folder))


# --- certificates ---------------------------------------------------------------------------------


@click.group()
def certificate() -> None:
    """Certificates with which auditors countersign."""


@certificate.command("add")
@click.argument("auditor")
@click.argument("file", type=_file)
@fund_option
@acts("certificate.propose")
@pass_session
@guarded
def certificate_add(
    session: Session, auditor: str, file: Path, member_name: str, fund_slug: str | None
) -> None:
    """Propose that AUDITOR (id or name) countersigns with the certificate in FILE: PEM, those above it after it."""
    from ledger.statements.life import new_certificate

    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    with ledger.database.reading() as connection:
        whose = funds.member(connection, fund.fund_id, auditor)
    with naming(file):
        new = new_certificate(whose.member_id, file.read_bytes(), ledger.clock.now())
    done = actions.propose(ledger.sequencer, fund, member.member_id, wanted.certificate(new))
    session.say(f"{new.name}: {summary(done)}", decision=done.number, **told(done))


@certificate.command("end")
@click.argument("fingerprint")
@click.option("--reason", required=True, help="In words that anyone may read.")
@fund_option
@acts("certificate.end")
@pass_session
@guarded
def certificate_end(
    session: Session, fingerprint: str, reason: str, member_name: str, fund_slug: str | None
) -> None:
    """End the certificate with this FINGERPRINT (SHA-256, hex): nothing more is countersigned with it."""
    from ledger.statements import life

    ledger, fund = session.ledger(), session.fund(fund_slug)
    member = session.member(fund, member_name)
    _ = session.fresh
    try:
        digest = bytes.fromhex(fingerprint)
    except ValueError as error:
        raise FieldError(field="fingerprint", value=fingerprint[:70], reason="not-hex") from error
    seq = life.end_certificate(ledger, fund, member.member_id, digest, reason)
    session.say(f"ended, entry {seq}", seq=seq)


@certificate.command("list")
@fund_option
@pass_session
@guarded
@machine
def certificate_list(session: Session, fund_slug: str | None) -> None:
    """List certificates."""
    ledger, fund = session.ledger(), session.fund(fund_slug)
    with ledger.database.reading() as connection:
        found = history.enrolled(connection, fund.fund_id)
    for one in found:
        state = "ended" if one.ended_seq is not None else "counts"
        session.note(f"{one.fingerprint.hex()}\t{one.member_id}\t{state}\t{one.name}")
    session.say(
        f"{len(found)} certificates",
        certificates=[
            {
                "certificate": one.fingerprint.hex(),
                "member": one.member_id,
                "name": one.name,
                "ended": one.ended_seq is not None,
            }
            for one in found
        ],
    )
