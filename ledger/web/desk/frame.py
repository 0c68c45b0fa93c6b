"""What every page of a fund's desk shares: who asks, what they may do, and how they are answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as BaseResponse

from ledger.activity.recording import record_alone
from ledger.activity.records import READ, REFUSED, Activity
from ledger.actors import Member
from ledger.clock import from_ms, from_text, local_date
from ledger.errors import NotAllowedError
from ledger.funds import history as funds
from ledger.funds import list_history
from ledger.funds.history import Details, MoneyAccount
from ledger.funds.lists import Lists
from ledger.journal.history import Fund, fund_by_slug
from ledger.roles import ACTIONS, does, may
from ledger.signin import identity
from ledger.signin.identity import SignedIn
from ledger.web.language import Voice, language_of, other
from ledger.web.sentences import SENTENCES
from ledger.web.signin.frame import address as sign_in_address
from ledger.wiring import Ledger

NAME = "desk"
"""First part of the blueprints' names; the language follows."""


class Tab(NamedTuple):
    """A page of the bar on top, or of the page "more".

    Attributes:
        page: Its endpoint; its words are `desk.tab.PAGE`.
        action: What it asks for.
        under: Endpoints of the pages below it, on which it is marked too.
    """

    page: str
    action: str
    under: tuple[str, ...] = ()


TABS = (
    Tab("home", "desk.read"),
    Tab("day", "exception.read"),
    Tab(
        "files",
        "file.read",
        ("preview_file", "take_file", "lines", "line", "settlements", "preview_settlements"),
    ),
    Tab(
        "matches",
        "match.read",
        ("match", "confirmed", "confirm_match", "dismiss_match", "release"),
    ),
    Tab(
        "exceptions",
        "exception.read",
        (
            "exception",
            "exception_step",
            "bring_evidence",
            "erase_words",
            "assign_exceptions",
            "resolve_exceptions",
        ),
    ),
    Tab(
        "transfers",
        "transfer.read",
        ("transfer", "new_transfer", "propose_transfer", "ask_check", "check_file", "make_file"),
    ),
    Tab("decisions", "decision.read", ("decision", "editing", "edit", "private")),
    Tab(
        "spending",
        "spending.read",
        (
            "new_spend",
            "preview_spend",
            "book_spend",
            "spend",
            "spend_rows",
            "movements",
            "movement",
            "new_movement",
            "propose_movement",
            "new_opening",
            "propose_opening",
            "reverse",
        ),
    ),
    Tab("room", "audit.read", ("new_paper", "paper", "edit_paper")),
)
"""Pages of the bar on top, in the order of a day; a part of the desk adds its row here."""

MORE = (
    Tab("desk_questions", "question.read", ("desk_question", "step_question")),
    Tab("gift_code", "gift.code", ("hand_code",)),
    Tab("corrections", "period.read", ("known",)),
    Tab(
        "periods",
        "period.read",
        (
            "period",
            "begin_closing",
            "new_seal",
            "propose_seal",
            "new_reopen",
            "propose_reopen",
            "late_gifts",
            "late_entries",
        ),
    ),
    Tab(
        "issues",
        "desk.read",
        (
            "issue",
            "job",
            "ask_sign",
            "ask_publish",
            "publish",
            "ask_opinion",
            "give_opinion",
            "certificates",
            "propose_certificate",
            "ask_end_certificate",
        ),
    ),
    Tab("people", "people.read", ("removal", "new_members", "propose_members")),
    Tab("tokens", "token.read", ("new_token", "make_token")),
    Tab("lists", "rules.read", ("new_lists", "propose_lists")),
    Tab("rules", "rules.read", ("new_four-eyes", "propose_four-eyes")),
    Tab("promises", "rules.read", ("propose_promises",)),
    Tab("cost_limit", "rules.read", ("propose_cost_limit",)),
    Tab(
        "standing",
        "rules.read",
        (
            "new_policy",
            "propose_policy",
            "end_policy",
            "new_columns",
            "propose_columns",
            "end_columns",
        ),
    ),
    Tab("mappings", "rules.read", ("guess_mapping", "preview_mapping", "propose_mapping")),
    Tab("matching_rules", "rules.read", ("try_rules", "propose_rules")),
    Tab("activity", "activity.read"),
)
"""Pages that are not needed every day: they stand on the page "more", each with its sentence `more.PAGE`."""


READ_FIRST = (
    "movement",
    "class",
    "account",
    "sum",
    "balances",
    "on",
    "list",
    "change",
    "code",
    "from",
    "to",
    "reference",
    "number",
    "unit",
    "units",
    "minor",
    "from_ms",
    "kind",
    "tiers",
)
SHOWN_ABOVE = ("amount", "commodity")


@dataclass(frozen=True)
class Desk:
    """A fund's desk, for one member and one request.

    Attributes:
        ledger: What is read and written.
        fund: Whose desk.
        details: How the fund is called.
        member: Who asks, as they are now.
        signed_in: Their session.
        say: The page's language, in the fund's zone.
    """

    ledger: Ledger
    fund: Fund
    details: Details
    member: Member
    signed_in: SignedIn
    say: Voice

    def may(self, action: str) -> bool:
        """Tell whether the member's roles allow an action."""
        return may(self.member, action)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Return the name of everybody who was ever a member, by id."""
        with self.reading() as connection:
            return {
                one.member_id: one.name for one in funds.all_members(connection, self.fund.fund_id)
            }

    @cached_property
    def lists(self) -> Lists:
        """Return the fund's lists as they are now."""
        with self.reading() as connection:
            return list_history.lists(connection, self.fund.fund_id)

    def list_name(self, name: str, code: str) -> str:
        """Return how something on a list is called in the page's language."""
        zh, en = self.lists.names(name, code)
        return zh if self.say.language == "zh" else en or zh

    def reading(self) -> AbstractContextManager[Any]:
        """Open a snapshot: a connection to hand on, for whoever knows SQL."""
        return self.ledger.database.reading()

    def url(self, page: str, **values: object) -> str:
        """Return the address of a page of this desk, in this language."""
        return address(self.say, page, fund=self.fund.slug, **values)

    def page(self, template: str, *, status: int = HTTPStatus.OK, **shown: object) -> Response:
        """Render a page of this desk."""
        html = render_template(
            f"desk/{template}",
            say=self.say,
            desk=self,
            tabs=self.tabs(TABS),
            here=_here(),
            is_more=any(_here() in (one.page, *one.under) for one in MORE),
            other_address=in_other_language(self.say),
            done=_done(),
            **shown,
        )
        return make_response(html, status)

    def tabs(self, of: Sequence[Tab]) -> list[tuple[Tab, str]]:
        """Return those of some pages that the member may see, with their addresses."""
        return [(one, self.url(one.page)) for one in of if self.may(one.action)]

    def done(self, page: str, told: str, **values: object) -> BaseResponse:
        """Lead to the page on which the result stands, by a word in its address: still there after a reload."""
        return redirect(self.url(page, done=told, **values), HTTPStatus.SEE_OTHER)

    @cached_property
    def _accounts(self) -> Mapping[str, MoneyAccount]:
        with self.reading() as connection:
            found = funds.money_account_list(connection, self.fund.fund_id)
        return {one.name: one for one in found}

    def currency(self, account: str) -> str:
        """Return the currency of a bank or fund account."""
        found = self._accounts.get(account)
        return self.details.commodity if found is None else found.commodity

    def account(self, name: str) -> Markup:
        """Say a bank or fund account: its number whole for those who may see it, else its ending."""
        found = self._accounts.get(name)
        number = "" if found is None else found.number
        if self.may("accounts.read"):
            told = escape(" ".join(number[at : at + 4] for at in range(0, len(number), 4)))
        else:
            told = self.say("field.ending", number=number[-4:])
        return self.say("field.account", name=name.rpartition(":")[2], number=told)

    @staticmethod
    def in_order(content: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Return what a decision is about, in the order in which people read it; the amount stands above."""
        known = [name for name in READ_FIRST if name in content]
        rest = [name for name in content if name not in READ_FIRST and name not in SHOWN_ABOVE]
        return [(name, content[name]) for name in (*known, *rest)]

    def words(self, key: str, value: str) -> str:
        """Say what a word of the ledger means; the word itself where nothing is known of it."""
        return str(self.say(f"{key}.{value}")) if self.say.knows(f"{key}.{value}") else value

    @property
    def account_url(self) -> str:
        """Return the address of one's own sign-in."""
        return sign_in_address("account")

    @property
    def sign_out_url(self) -> str:
        """Return where a form signs out."""
        return sign_in_address("sign_out")

    @property
    def step_up_url(self) -> str:
        """Return the address at which a second factor is shown, and that leads back here."""
        return sign_in_address("step_up", next=request.path)

    @property
    def now(self) -> datetime:
        """Return the instant as of which the page is."""
        return self.ledger.clock.now()

    @property
    def here_url(self) -> str:
        """Return the whole address of this page, as it stands on paper."""
        return request.url

    @staticmethod
    def at(text: str) -> datetime:
        """Return an instant from the text of an entry."""
        return from_text(text)

    @staticmethod
    def day(text: str) -> date:
        """Return a day from ISO 8601."""
        return date.fromisoformat(text)

    def local_day(self, ms: int) -> date:
        """Return the day of an instant in the fund's zone."""
        return self.day_of(from_ms(ms))

    def day_of(self, at: datetime) -> date:
        """Return the same; a bank's line comes back from the database in UTC, where its day has often not begun."""
        return local_date(at, self.details.zone)

    @staticmethod
    def instant(ms: int) -> datetime:
        """Return an instant from POSIX milliseconds."""
        return from_ms(ms)

    def saw(self, action: str, subject: str) -> None:
        """Put on record that personal data is about to be shown."""
        one = Activity(
            self.fund.fund_id,
            action,
            subject,
            self.member.member_id,
            self.role(action),
            outcome=READ,
        )
        record_alone(self.ledger.database, self.ledger.clock, one)

    def role(self, action: str) -> str:
        """Return the role in which the member does something."""
        return self.member.acting(*ACTIONS[action].roles).role


def _here() -> str:
    return (request.endpoint or "").rpartition(".")[2]


def _done() -> str:
    """Return the sentence that says what was done, by the word in the address; empty for any other word."""
    key = f"{_here()}.done.{request.args.get('done', '')}"
    return key if key in SENTENCES else ""


def address(say: Voice, page: str, **values: object) -> str:
    """Return the address of a page of the desk in a language."""
    return url_for(f"{NAME}_{say.language}.{page}", **values)  # type: ignore[arg-type]


def in_other_language(say: Voice) -> str:
    """Return this page's address in the other language."""
    values: dict[str, Any] = {**request.args, **(request.view_args or {})}
    return url_for(f"{NAME}_{other(say.language)}.{_here()}", **values)


View = Callable[..., BaseResponse]


def view(ledger: Ledger, action: str, show: View, *, asks_itself: bool = False) -> View:
    """Make a view of a fund's page that first asks who is there and whether they may.

    Args:
        ledger: What it reads and writes.
        action: A name of `roles.ACTIONS`.
        show: Takes a `Desk` and the address's values.
        asks_itself: Whether it asks for the second factor itself, in its form.

    Returns:
        A view of `fund` and those values.
    """

    @does(action)
    def asked(fund: str, **values: Any) -> BaseResponse:
        # The page that asks and the one that acts both want a fresh factor: nothing typed is lost on the way.
        signed_in = identity.required(fresh=ACTIONS[action].fresh and not asks_itself)
        return show(_desk(ledger, fund, signed_in, action), **values)

    asked.__name__ = show.__name__
    asked.__doc__ = show.__doc__
    return asked


def _desk(ledger: Ledger, slug: str, signed_in: SignedIn, action: str) -> Desk:
    """Return the desk of a fund for whoever is signed in.

    Raises:
        NotFoundError: There is no such fund.
        NotAllowedError: They are no member of it, or none of their roles allows the action; recorded.
    """
    with ledger.database.reading() as connection:
        fund = fund_by_slug(connection, slug)
        details = funds.details(connection, fund.fund_id)
        member = funds.member_of_user(connection, fund.fund_id, signed_in.user_id)
    if member is None or not may(member, action):
        who = member.member_id if member else None
        refused = Activity(
            fund.fund_id,
            action,
            request.path,
            who,
            member.role_text if member else "",
            outcome=REFUSED,
        )
        record_alone(ledger.database, ledger.clock, refused)
        needed = list(ACTIONS[action].roles)
        raise NotAllowedError(role=member.role_text if member else "none", needed=needed)
    say = Voice(language_of(request.path), details.zone, details.commodity)
    return Desk(ledger, fund, details, member, signed_in, say)
