"""Statements at the desk: prepared, signed, with the auditor, published; what takes long is done in a worker.

The pages start work and tell how far it is; nothing is rendered, signed or checked in a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, request
from flask import Response as FlaskResponse
from werkzeug.wrappers import Response

from ledger.desk import actions, wanted
from ledger.errors import (
    ConflictError,
    FieldError,
    FileFormatError,
    InputError,
    NotFoundError,
    StateError,
)
from ledger.funds import history as funds
from ledger.issuing import history
from ledger.issuing import steps as life
from ledger.issuing.history import Issue
from ledger.issuing.numbers import address_of_number, is_notice
from ledger.statements import jobs as work
from ledger.statements.files import write_new
from ledger.statements.jobs import Job, Jobs
from ledger.statements.life import (
    LANGUAGES,
    Which,
    end_certificate,
    file_of,
    give_back,
    key_of,
    new_certificate,
    propose_publication,
    publishable,
    seals_month,
    send,
)
from ledger.statements.worker import start
from ledger.web import uploads
from ledger.web.desk import notices
from ledger.web.desk.frame import Desk, view
from ledger.web.desk.typed import Typed
from ledger.web.sentences import SENTENCES
from ledger.web.uploads import takes_files
from ledger.wiring import Ledger

KINDS = ("M", "Q", "A", "R", "C")
RELOAD_S = 3
JOBS_SHOWN = 5
_ONE = "/desk/<fund>/statements/<number>/<language>"


def add(blueprint: Blueprint, ledger: Ledger) -> None:
    """Add the pages."""
    at = partial(view, ledger)
    rule = blueprint.add_url_rule
    where = "/desk/<fund>/statements"
    rule(where, "issues", at("desk.read", show_all))
    rule(f"{where}/prepare", "prepare", at("statement.prepare", prepare), methods=["POST"])
    rule(f"{where}/jobs/<job_id>", "job", at("desk.read", show_job))
    rule(f"{where}/<number>/publish", "ask_publish", at("publish.propose", ask_publish))
    rule(f"{where}/<number>/publish", "publish", at("publish.propose", publish), methods=["POST"])
    rule(_ONE, "issue", at("desk.read", show))
    rule(f"{_ONE}/file.pdf", "issue_file", at("desk.read", download))
    rule(f"{_ONE}/sign", "ask_sign", at("statement.sign", ask_sign))
    rule(f"{_ONE}/sign", "sign", at("statement.sign", sign), methods=["POST"])
    rule(f"{_ONE}/send", "send", at("statement.send", hand_over), methods=["POST"])
    rule(f"{_ONE}/opinion", "ask_opinion", at("opinion.give", ask_opinion))
    again = at("opinion.give", opinion_too_large)
    giving = takes_files(at("opinion.give", give_opinion), again)
    rule(f"{_ONE}/opinion", "give_opinion", giving, methods=["POST"])
    rule(f"{_ONE}/return", "return_issue", at("opinion.return", return_it), methods=["POST"])
    _add_certificates(blueprint, ledger)


def _add_certificates(blueprint: Blueprint, ledger: Ledger) -> None:
    at, rule = partial(view, ledger), blueprint.add_url_rule
    where = "/desk/<fund>/certificates"
    rule(where, "certificates", at("desk.read", show_certificates))
    proposing = takes_files(at("certificate.propose", propose_certificate))
    rule(where, "propose_certificate", proposing, methods=["POST"])
    one = f"{where}/<fingerprint>/end"
    rule(one, "ask_end_certificate", at("certificate.end", ask_end))
    rule(one, "end_certificate", at("certificate.end", end), methods=["POST"])


# --- all statements, and work under way -----------------------------------------------------------


def show_all(desk: Desk) -> Response:
    """List statements and where each stands, and ask for a new one."""
    return _all(desk, Typed())


def _all(desk: Desk, typed: Typed) -> Response:
    with desk.reading() as connection:
        issues = history.issues(connection, desk.fund.fund_id)
        found = notices.to_give(desk, connection)
    return desk.page(
        "issues.html",
        to_give=found,
        status=typed.status,
        issues=issues,
        jobs=_jobs(desk).newest()[:JOBS_SHOWN],
        about=about,
        typed=typed,
        kinds=KINDS,
        languages=LANGUAGES,
    )


def _jobs(desk: Desk) -> Jobs:
    return Jobs(desk.ledger.settings.home, desk.fund.slug)


def about(job: Job) -> tuple[str, str]:
    """Return which statement a job is about: its number, or the period while it has none, and its language."""
    asked = {**job.asked, **job.said}
    return str(asked.get("number") or asked.get("period", "")), str(asked.get("language", ""))


def prepare(desk: Desk) -> Response:
    """Let a worker prepare a statement, and lead to its progress."""
    typed = Typed(request.form)
    wish = {name: typed[name] for name in ("kind", "period", "language")}
    if not wish["period"]:
        typed.errors["period"] = ("error.missing", {})
    if wish["kind"] not in KINDS:
        typed.errors["kind"] = ("error.other", {"reason": wish["kind"][:10]})
    if wish["language"] not in LANGUAGES:
        typed.errors["language"] = ("error.other", {"reason": wish["language"][:10]})
    if typed.errors:
        return _all(desk, typed)
    return _started(desk, start(desk.ledger, desk.fund, "prepare", desk.member.member_id, wish))


def _started(desk: Desk, job: Job) -> Response:
    return desk.done("job", "started", job_id=job.id)


def show_job(desk: Desk, job_id: str) -> Response:
    """Tell how far a job is; the page reloads itself until it has ended.

    Raises:
        NotFoundError: There is none of this id.
    """
    job = _jobs(desk).read(job_id)
    if job is None:
        raise NotFoundError(what="job", key=job_id[:40])
    found = {**job.asked, **job.said}
    which = Which(found.get("number", ""), found.get("language", ""))
    page = desk.page(
        "job.html", job=job, what=about(job), which=which, why=_why(job.problem), states=work
    )
    if not job.has_ended:
        page.headers["Refresh"] = str(RELOAD_S)
    return page


def _why(problem: Mapping[str, Any]) -> str:
    """Return the sentence that says why a job failed; empty where there is none."""
    reason = str(problem.get("fields", {}).get("reason", ""))
    keys = (f"refused.{reason}", f"job.why.{problem.get('code', '')}")
    return next((key for key in keys if key in SENTENCES), "")


# --- one statement --------------------------------------------------------------------------------


def show(desk: Desk, number: str, language: str) -> Response:
    """Show a statement: where it stands, every step, and what can be done now."""
    return _page(desk, number, language, Typed())


def _read(desk: Desk, number: str, language: str) -> Issue:
    with desk.reading() as connection:
        return history.issue(connection, desk.fund.fund_id, number, language)


def _page(desk: Desk, number: str, language: str, typed: Typed) -> Response:
    with desk.reading() as connection:
        issue = history.issue(connection, desk.fund.fund_id, number, language)
        rows = history.told(connection, desk.fund.fund_id, issue)
        told = notices.about(desk, connection, number)
    return desk.page(
        "issue.html",
        **told,
        corrects=notices.corrects(rows[0].body),
        page_name=address_of_number,
        languages=LANGUAGES,
        status=typed.status,
        issue=issue,
        rows=rows,
        life=life,
        typed=typed,
        is_own=issue.built.member_id == desk.member.member_id,
    )


def download(desk: Desk, number: str, language: str) -> Response:
    """Hand out the file as it stands now."""
    issue = _read(desk, number, language)
    data = file_of(desk.ledger.settings, desk.fund, issue)
    answer = FlaskResponse(data, content_type="application/pdf")
    name = f"{issue.number}-{issue.language}-{issue.state}.pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def ask_sign(desk: Desk, number: str, language: str) -> Response:
    """Show what is about to be signed, and with which key."""
    issue = _read(desk, number, language)
    is_own = issue.built.member_id == desk.member.member_id
    key = key_of(desk.ledger.settings)
    return desk.page("sign_issue.html", issue=issue, key=key, is_own=is_own)


def sign(desk: Desk, number: str, language: str) -> Response:
    """Let a worker sign, and lead to its progress."""
    issue = _read(desk, number, language)
    if issue.state != life.BUILT:
        return desk.done("issue", "moved_on", number=number, language=language)
    asked = Which(issue.number, issue.language)._asdict()
    return _started(desk, start(desk.ledger, desk.fund, "sign", desk.member.member_id, asked))


def hand_over(desk: Desk, number: str, language: str) -> Response:
    """Hand a signed statement to the auditor."""
    try:
        send(desk.ledger, desk.fund, desk.member.member_id, Which(number, language))
    except (StateError, ConflictError):
        return desk.done("issue", "moved_on", number=number, language=language)
    return desk.done("issue", "sent", number=number, language=language)


def ask_publish(desk: Desk, number: str) -> Response:
    """Show which files would be published."""
    return _publishing(desk, number, Typed())


def _publishing(desk: Desk, number: str, typed: Typed) -> Response:
    found = publishable(desk.ledger, desk.fund, number)
    lead = "issue.publish.lead"
    if not seals_month(number):
        lead += ".notice" if is_notice(number) else ".report"
    return desk.page(
        "publish_issue.html",
        status=typed.status,
        number=number,
        files=found,
        typed=typed,
        lead=lead,
    )


def publish(desk: Desk, number: str) -> Response:
    """Propose to publish, and lead to the decision."""
    typed = Typed(request.form)
    try:
        done = propose_publication(desk.ledger, desk.fund, desk.member.member_id, number)
    except InputError as error:
        typed.errors["files"] = ("error.other", {"reason": _reason(error)})
        return _publishing(desk, number, typed)
    return desk.done("decision", "proposed", number=done.number)


def _reason(error: InputError) -> str:
    fields = error.fields
    told = [str(fields[name]) for name in ("key", "reason", "state") if fields.get(name)]
    return " · ".join(told) or error.code


# --- the auditor ----------------------------------------------------------------------------------


def ask_opinion(desk: Desk, number: str, language: str) -> Response:
    """Ask for the countersigned file and the opinion."""
    return _opinion(desk, number, language, Typed())


def _opinion(desk: Desk, number: str, language: str, typed: Typed) -> Response:
    issue = _read(desk, number, language)
    with desk.reading() as connection:
        known = history.enrolled(connection, desk.fund.fund_id)
    mine = [one for one in known if one.member_id == desk.member.member_id]
    return desk.page(
        "opinion.html",
        status=typed.status,
        issue=issue,
        typed=typed,
        opinions=life.OPINIONS,
        has_certificate=any(one.ended_seq is None for one in mine),
    )


def give_opinion(desk: Desk, number: str, language: str) -> Response:
    """Keep what was brought, let a worker check it, and lead to its progress."""
    typed = Typed(request.form)
    issue = _read(desk, number, language)
    if issue.state != life.SENT:
        return desk.done("issue", "moved_on", number=number, language=language)
    try:
        brought = uploads.pdf_of(request.files.get("file"))
    except (FieldError, FileFormatError) as error:
        typed.errors["file"] = (_sentence(error), {})
        return _opinion(desk, number, language, typed)
    if typed["opinion"] not in life.OPINIONS:
        typed.errors["opinion"] = ("error.missing", {})
        return _opinion(desk, number, language, typed)
    jobs, who = _jobs(desk), desk.member.member_id
    asked = {**Which(issue.number, issue.language)._asdict(), "opinion": typed["opinion"]}
    job = jobs.new("take-back", who, asked, desk.ledger.clock.now())
    path = jobs.path(job.id).with_suffix(".pdf")
    write_new(path, brought)
    job = jobs.with_file(job, path)
    return _started(desk, start(desk.ledger, desk.fund, "take-back", who, job.asked, job=job))


def opinion_too_large(desk: Desk, number: str, language: str) -> Response:
    """Say that what was brought is larger than anything that is taken; it was not read."""
    typed = Typed()
    most = desk.ledger.settings.upload_max // (1024 * 1024)
    typed.errors["file"] = ("refused.above-limit", {"most": most})
    return _opinion(desk, number, language, typed)


def _sentence(error: InputError) -> str:
    key = f"refused.{error.fields.get('reason', '')}"
    return key if key in SENTENCES else "refused.not-a-pdf"


def return_it(desk: Desk, number: str, language: str) -> Response:
    """Return a statement with findings."""
    typed = Typed(request.form)
    which = Which(number, language)
    try:
        give_back(desk.ledger, desk.fund, desk.member.member_id, which, typed.whole("findings"))
    except FieldError as error:
        typed.refuse(error)
        return _page(desk, number, language, typed)
    except (StateError, ConflictError):
        return desk.done("issue", "moved_on", number=number, language=language)
    return desk.done("issue", "returned", number=number, language=language)


# --- certificates ---------------------------------------------------------------------------------


def show_certificates(desk: Desk) -> Response:
    """List certificates, and ask for a new one."""
    return _certificates(desk, Typed())


def _certificates(desk: Desk, typed: Typed) -> Response:
    with desk.reading() as connection:
        known = history.enrolled(connection, desk.fund.fund_id)
        members = funds.all_members(connection, desk.fund.fund_id)
    auditors = [one for one in members if "auditor" in one.roles and not one.removed]
    return desk.page(
        "certificates.html",
        status=typed.status,
        certificates=known,
        auditors=auditors,
        typed=typed,
    )


def propose_certificate(desk: Desk) -> Response:
    """Propose to enrol a certificate, and lead to the decision."""
    typed = Typed(request.form)
    file = request.files.get("file")
    data = file.stream.read() if file is not None else b""
    if not data:
        typed.errors["file"] = ("refused.missing", {})
        return _certificates(desk, typed)
    try:
        new = new_certificate(typed["member"], data, desk.ledger.clock.now())
    except FileFormatError as error:
        key = f"refused.{error.fields['reason']}"
        known = key if key in SENTENCES else "refused.not-a-certificate"
        typed.errors["file"] = (known, {})
        return _certificates(desk, typed)
    try:
        done = actions.propose(
            desk.ledger.sequencer, desk.fund, desk.member.member_id, wanted.certificate(new)
        )
    except InputError as error:
        typed.refuse(error)
        return _certificates(desk, typed)
    except ConflictError:
        typed.errors["file"] = ("error.other", {"reason": new.fingerprint.hex()[:16]})
        return _certificates(desk, typed)
    return desk.done("decision", "proposed", number=done.number)


def ask_end(desk: Desk, fingerprint: str) -> Response:
    """Ask why a certificate is to end."""
    return _ending(desk, fingerprint, Typed())


def _ending(desk: Desk, fingerprint: str, typed: Typed) -> Response:
    """Show the form.

    Raises:
        NotFoundError: No such certificate counts.
    """
    with desk.reading() as connection:
        known = history.enrolled(connection, desk.fund.fund_id)
    for one in known:
        if one.fingerprint.hex() == fingerprint and one.ended_seq is None:
            status = typed.status if typed.errors else HTTPStatus.OK
            return desk.page("end_certificate.html", status=status, one=one, typed=typed)
    raise NotFoundError(what="certificate", key=fingerprint[:64])


def end(desk: Desk, fingerprint: str) -> Response:
    """End a certificate."""
    typed = Typed(request.form)
    _ending(desk, fingerprint, typed)  # refuses what does not count
    try:
        end_certificate(
            desk.ledger,
            desk.fund,
            desk.member.member_id,
            bytes.fromhex(fingerprint),
            typed["reason"],
        )
    except FieldError as error:
        typed.refuse(error)
        return _ending(desk, fingerprint, typed)
    return desk.done("certificates", "ended")
