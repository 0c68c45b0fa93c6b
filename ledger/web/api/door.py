"""Add the API to the app: its addresses, its description, and a page that lists them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from flask import Flask, Response, render_template
from flask_smorest import Api, Blueprint
from marshmallow import Schema

from ledger.intake.calls import GiftCalls
from ledger.roles import PUBLIC, does
from ledger.web import headers
from ledger.web.api import (
    bringing_schemas,
    exception_schemas,
    file_schemas,
    handing_out,
    period_schemas,
    proposal_schemas,
    rule_schemas,
    schemas,
    spending_schemas,
    transfer_schemas,
)
from ledger.web.api.bringing import Bringing
from ledger.web.api.deciding import Deciding
from ledger.web.api.exceptions import Exceptions
from ledger.web.api.files import Files
from ledger.web.api.front import put_before
from ledger.web.api.gifts import post_gifts
from ledger.web.api.guard import Guard
from ledger.web.api.matching import Matching
from ledger.web.api.paying import Paying
from ledger.web.api.periods import Periods
from ledger.web.api.proposing import Proposing
from ledger.web.api.reading import Reading
from ledger.web.api.rules import Rules
from ledger.web.api.spending import Spending
from ledger.web.api.transfers import Transfers
from ledger.web.uploads import takes_files
from ledger.wiring import Ledger

View = Callable[..., Any]
Said = dict[str, Any]

NUMBER = "<int(max=999999999999):number>"
SEQ = "<int(max=1099511627775):seq>"
"""Entries are numbered below 2^40: what a receipt number has room for, and any database."""

SEQ_NUMBER = "<int(max=1099511627775):number>"
"""An exception is numbered by the entry that raised it, a spend by its own."""


def register_api(app: Flask, ledger: Ledger) -> None:
    """Add the API below `/api`.

    Args:
        app: The app.
        ledger: What it reads and writes.
    """
    calls = GiftCalls(ledger.sequencer, ledger.clock)
    api = Api(app, spec_kwargs=_description(ledger.settings.public_host))
    for name, schema in (schemas.COMPONENTS | bringing_schemas.COMPONENTS).items():
        api.spec.components.schema(name, schema)
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    # One for all: it notes when each token was used, and writes that down at most once a minute.
    guard = Guard(ledger)
    v1 = _blueprint(Reading(ledger.database, calls), calls)
    _add_deciding(v1, Deciding(ledger, guard))
    _add_matching(v1, Matching(ledger, guard))
    _add_files(v1, Files(ledger, guard))
    _add_exceptions(v1, Exceptions(ledger, guard))
    _add_periods(v1, Periods(ledger, guard))
    _add_transfers(v1, Transfers(ledger, guard))
    _add_spending(v1, Spending(ledger, guard))
    _add_bringing(v1, Bringing(ledger, guard))
    _add_proposing(v1, Proposing(ledger, guard))
    _add_rules(v1, Rules(ledger, guard))
    _add_paying(v1, Paying(ledger, guard))
    api.register_blueprint(v1)
    put_before(app, calls)
    app.add_url_rule("/api/openapi.json", "openapi", does(PUBLIC)(lambda: _openapi(api)))
    app.add_url_rule("/api/docs", "api_docs", does(PUBLIC)(lambda: _docs(api)))


def _description(public_host: str) -> dict[str, Any]:
    return {
        "title": "Mingzhang 明账",
        "version": "1",
        "openapi_version": "3.1.0",
        "servers": [{"url": "/", "description": public_host}],
        "info": {
            "description": "Gifts in, receipts out; funds, entries and proofs for everybody.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
    }


def _blueprint(reading: Reading, calls: GiftCalls) -> Blueprint:
    v1 = Blueprint(
        "v1",
        __name__,
        url_prefix="/api/v1",
        template_folder="templates",
        description="Funds, gifts, entries and receipts.",
    )
    not_found = {"responses": {"404": schemas.problem("There is no such thing.")}}

    def add(rule: str, name: str, schema: type[Schema]) -> None:
        view = v1.doc(**not_found)(v1.response(200, schema)(getattr(reading, name)))
        does(PUBLIC)(view)
        v1.add_url_rule(rule, f"get_{name}", view)

    add("/funds", "funds", schemas.FundListSchema)
    add("/funds/<fund>", "fund", schemas.FundSchema)
    add(f"/funds/<fund>/entries/{SEQ}", "entry", schemas.EntrySchema)
    add("/funds/<fund>/gifts/<receipt>", "gift", schemas.GiftSchema)
    file = {"description": "The file.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    v1.add_url_rule(
        "/funds/<fund>/gifts/<receipt>.tlog-proof",
        "get_proof",
        does(PUBLIC)(v1.doc(responses={"200": file, **not_found["responses"]})(reading.proof)),
    )
    post = does("gifts.record")(post_gifts(calls))
    # `doc` would wrap the view in two more calls; what it says is put where it would have put it.
    post._apidoc = {"manual_doc": schemas.POST_GIFTS}  # type: ignore[attr-defined]  # noqa: SLF001
    v1.add_url_rule("/funds/<fund>/gifts", "post_gifts", post, methods=["POST"])
    return v1


def _add_deciding(v1: Blueprint, views: Deciding) -> None:
    """Add what machines may ask and propose; each address names the row of the table that it is held against."""

    def get(rule: str, action: str, view: View, schema: type[Schema], said: Said) -> None:
        shown = v1.doc(**said)(v1.response(200, schema)(view))
        v1.add_url_rule(f"/funds/<fund>/{rule}", f"get_{view.__name__}", does(action)(shown))

    get("decisions", "decision.read", views.decisions, schemas.DecisionListSchema, schemas.LISTED)
    get(
        f"decisions/{NUMBER}",
        "decision.read",
        views.decision,
        schemas.DecisionWithPeopleSchema,
        schemas.BY_TOKEN,
    )
    get("members", "people.read", views.members, schemas.MemberListSchema, schemas.BY_TOKEN)
    for kind, said in schemas.PROPOSE.items():
        view = getattr(views, f"propose_{kind}")
        v1.add_url_rule(
            f"/funds/<fund>/decisions/{kind}",
            f"propose_{kind}",
            does(f"{kind}.propose")(v1.doc(**said)(view)),
            methods=["POST"],
        )
    v1.add_url_rule(
        f"/funds/<fund>/decisions/{NUMBER}/withdraw",
        "withdraw",
        does("decision.withdraw")(
            v1.doc(**schemas.WITHDRAWN)(v1.response(200, schemas.DecisionSchema)(views.withdraw))
        ),
        methods=["POST"],
    )


def _add_matching(v1: Blueprint, views: Matching) -> None:
    """Add what machines may know of matches; what they may propose is a decision's kind."""
    for rule, view, schema, said in (
        ("matches", views.matches, schemas.MatchListSchema, schemas.MATCHES),
        (f"matches/{NUMBER}", views.match, schemas.MatchSchema, schemas.BY_TOKEN),
    ):
        shown = v1.doc(**said)(v1.response(200, schema)(view))
        v1.add_url_rule(f"/funds/<fund>/{rule}", f"get_{view.__name__}", does("match.read")(shown))


def _add_files(v1: Blueprint, views: Files) -> None:
    """Add what machines may bring of banks and platforms, and what was brought."""
    for rule, view, schema, said in (
        ("files", views.files, file_schemas.FileListSchema, file_schemas.FILES),
        ("files/<sha256>", views.file, file_schemas.FileSchema, file_schemas.FILE),
        ("lines", views.lines, file_schemas.LineListSchema, file_schemas.LINES),
    ):
        shown = v1.doc(**said)(v1.response(200, schema)(view))
        v1.add_url_rule(f"/funds/<fund>/{rule}", f"get_{view.__name__}", does("file.read")(shown))
    v1.add_url_rule(
        "/funds/<fund>/files",
        "take_file",
        takes_files(does("file.take")(v1.doc(**file_schemas.TAKE_FILE)(views.take_file))),
        methods=["POST"],
    )


def _add_exceptions(v1: Blueprint, views: Exceptions) -> None:
    """Add what machines may know of exceptions and days, what they may do about them, and what they may propose."""
    one = f"/funds/<fund>/exceptions/{SEQ_NUMBER}"
    for rule, view, said in (
        ("/funds/<fund>/exceptions", views.exceptions, exception_schemas.EXCEPTIONS),
        (one, views.exception, exception_schemas.EXCEPTION),
        ("/funds/<fund>/day", views.day, exception_schemas.DAY),
    ):
        v1.add_url_rule(rule, f"get_{view.__name__}", does("exception.read")(v1.doc(**said)(view)))
    writing: tuple[tuple[str, str, View, Said], ...] = (
        ("step", "exception.work", views.exception_step, exception_schemas.STEP),
        ("resolution", "resolution.propose", views.propose_resolution, exception_schemas.CLOSING),
        ("write-off", "write-off.propose", views.propose_write_off, exception_schemas.CLOSING),
    )
    for name, action, posted, said in writing:
        asked = does(action)(v1.doc(**said)(posted))
        v1.add_url_rule(f"{one}/{name}", posted.__name__, asked, methods=["POST"])


def _add_transfers(v1: Blueprint, views: Transfers) -> None:
    """Add what machines may know of transfers; proposing one is a decision's kind."""
    for rule, view, said in (
        ("transfers", views.transfers, transfer_schemas.TRANSFERS),
        ("transfers/offers", views.offers, transfer_schemas.OFFERS),
        ("transfers/waiting", views.waiting, transfer_schemas.WAITING),
        (f"transfers/{NUMBER}", views.transfer, transfer_schemas.TRANSFER),
        (f"transfers/{NUMBER}/evidence/<sha256>", views.transfer_evidence, handing_out.FILE),
    ):
        shown = does("transfer.read")(v1.doc(**said)(view))
        v1.add_url_rule(f"/funds/<fund>/{rule}", f"get_{view.__name__}", shown)


def _add_spending(v1: Blueprint, views: Spending) -> None:
    """Add what machines may know of spending, other money and lists."""
    for rule, view, said in (
        ("spending", views.spending, spending_schemas.SPENDING),
        (f"spending/{SEQ_NUMBER}", views.spend, spending_schemas.SPEND),
        ("movements", views.movements, spending_schemas.MOVEMENTS),
        (f"movements/{SEQ_NUMBER}", views.movement, spending_schemas.MOVEMENT),
        ("evidence/<sha256>", views.evidence, handing_out.FILE),
        ("lists", views.lists, spending_schemas.LISTS_OF_FUND),
    ):
        shown = does("spending.read")(v1.doc(**said)(view))
        v1.add_url_rule(f"/funds/<fund>/{rule}", f"get_{view.__name__}", shown)


def _add_bringing(v1: Blueprint, views: Bringing) -> None:
    """Add what machines may bring: spending, and files that prove what was paid or is proposed."""
    bring, propose = bringing_schemas.BRING, bringing_schemas.PROPOSE_SPEND
    writing: tuple[tuple[str, str, View, Said], ...] = (
        ("evidence", "spending.book", views.bring_evidence, bring),
        ("transfers/evidence", "transfer.propose", views.bring_transfer_evidence, bring),
        ("spending", "spending.book", views.book_spending, bringing_schemas.BOOK_SPENDING),
        ("decisions/spend", "spend.propose", views.propose_spend, propose),
    )
    for rule, action, view, said in writing:
        asked = takes_files(does(action)(v1.doc(**said)(view)))
        v1.add_url_rule(f"/funds/<fund>/{rule}", view.__name__, asked, methods=["POST"])


def _add_proposing(v1: Blueprint, views: Proposing) -> None:
    """Add the kinds of decisions whose bodies are read in a module of their own."""
    for kind, said in proposal_schemas.PROPOSE.items():
        view = getattr(views, f"propose_{kind.replace('-', '_')}")
        asked = does(f"{kind}.propose")(v1.doc(**said)(view))
        rule = f"/funds/<fund>/decisions/{kind}"
        v1.add_url_rule(rule, view.__name__, asked, methods=["POST"])


def _add_rules(v1: Blueprint, views: Rules) -> None:
    """Add what machines may know of what the fund goes by."""
    for rule, action, view, said in (
        ("rules", "rules.read", views.rules, rule_schemas.RULES),
        ("payees", "accounts.read", views.payees, rule_schemas.PAYEES),
        ("openings", "spending.read", views.openings, rule_schemas.OPENINGS),
    ):
        shown = does(action)(v1.doc(**said)(view))
        v1.add_url_rule(f"/funds/<fund>/{rule}", f"get_{view.__name__}", shown)


def _add_paying(v1: Blueprint, views: Paying) -> None:
    """Add payment files, and the step at the bank."""
    files = "/funds/<fund>/transfers/payment-files"
    making = does("transfer.file")(v1.doc(**transfer_schemas.MAKE_FILE)(views.make_payment_file))
    v1.add_url_rule(files, "make_payment_file", making, methods=["POST"])
    file = does("transfer.file")(v1.doc(**handing_out.FILE)(views.payment_file))
    v1.add_url_rule(f"{files}/<sha256>", "get_payment_file", file)
    checking = v1.doc(**transfer_schemas.CHECK_FILE)(views.check_payment_file)
    v1.add_url_rule(
        f"{files}/check",
        "check_payment_file",
        takes_files(does("transfer.file")(checking)),
        methods=["POST"],
    )
    entering = does("transfer.enter")(v1.doc(**transfer_schemas.ENTER)(views.enter_transfer))
    rule = f"/funds/<fund>/transfers/{NUMBER}/enter"
    v1.add_url_rule(rule, "enter_transfer", entering, methods=["POST"])


def _add_periods(v1: Blueprint, views: Periods) -> None:
    """Add what machines may know of months; closing, reopening and sealing are decisions' kinds."""
    for rule, view, said in (
        ("periods", views.periods, period_schemas.PERIODS),
        ("periods/<month>", views.period, period_schemas.PERIOD),
        ("corrections", views.corrections, period_schemas.CORRECTIONS),
        ("figures", views.figures, period_schemas.FIGURES),
    ):
        shown = does("period.read")(v1.doc(**said)(view))
        v1.add_url_rule(f"/funds/<fund>/{rule}", f"get_{view.__name__}", shown)
    v1.add_url_rule(
        "/funds/<fund>/periods/<month>/closing",
        "begin_closing",
        does("closing.begin")(v1.doc(**period_schemas.BEGIN_CLOSING)(views.begin_closing)),
        methods=["POST"],
    )


def _openapi(api: Api) -> Response:
    body = orjson.dumps(api.spec.to_dict(), option=orjson.OPT_INDENT_2)
    return headers.public_page(Response(body, content_type="application/json"))


def _docs(api: Api) -> Response:
    page = render_template("api_docs.html", spec=api.spec.to_dict())
    return headers.public_page(Response(page, content_type="text/html; charset=utf-8"))
