"""What machines propose beside transfers, months and matches: other money, lists, payees, and what a fund decides once.

Each address reads one kind of body and says what is wanted; `desk.wanted` and `desk.spending` say whether it can be.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
from flask import Response

from ledger.clock import local_date
from ledger.decisions.cost_limit import WHAT as COST_LIMIT
from ledger.decisions.cost_limit import limit_from_json
from ledger.decisions.promises import WHAT as PROMISES
from ledger.decisions.promises import promises_from_json, promises_in_force
from ledger.decisions.rules import KINDS, SLOTS_MAX, TIERS_MAX, Rule, Tier
from ledger.desk import matching, spending, wanted
from ledger.desk.wanted import Wanted
from ledger.errors import FieldError
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount
from ledger.funds.lists import CHANGES, LISTS, PROVIDER_KINDS, Change
from ledger.funds.payees import Payee, payee_of
from ledger.matching import history as lines
from ledger.matching.formats.mappings import from_json
from ledger.matching.officers_rules import WHAT as MATCHING
from ledger.matching.officers_rules import rules_from_json
from ledger.matching.saved_mappings import MAPPING
from ledger.money import parse_amount
from ledger.spending.evidence import FILES_MAX
from ledger.spending.movements import EXPENSE, INCOME, Movement
from ledger.spending.openings import BALANCES_MAX, Balance, Opening
from ledger.transfers.payment_files import mapping_from_json
from ledger.transfers.standing import COLUMNS, DAY_NAMES, POLICY, Policy
from ledger.web.api.bodies import ENTRY_MAX, Body, json_body
from ledger.web.api.guard import Caller, Views
from ledger.web.api.proposed import client_key, propose

WAYS = ("income", "expense")
REASON_MAX = 500


class Proposing(Views):
    """The views."""

    def propose_movement(self, fund: str) -> Response:
        """Propose to book other money: a direct donation, interest, a management cost, a returned grant, a charge."""
        return self._propose(fund, "movement.propose", self._movement)

    def propose_opening(self, fund: str) -> Response:
        """Propose what accounts held before the ledger began."""
        return self._propose(fund, "opening.propose", self._opening)

    def propose_lists(self, fund: str) -> Response:
        """Propose to change a list of the fund: diseases, groups of people, providers, kinds of cost."""
        return self._propose(fund, "lists.propose", _lists)

    def propose_payee(self, fund: str) -> Response:
        """Propose who stands behind an account from now on; what is left out stays as it is."""
        return self._propose(fund, "payee.propose", self._payee)

    def propose_rule(self, fund: str) -> Response:
        """Propose what the fund goes by from now on: one of those that are described."""
        return self._propose(fund, "rule.propose", self._rule)

    def propose_four_eyes(self, fund: str) -> Response:
        """Propose who has to approve decisions of a kind, by their amount."""
        return self._propose(fund, "four-eyes.propose", _four_eyes)

    def _propose(self, fund: str, action: str, read: Callable[[Caller, Body], Wanted]) -> Response:
        caller = self._guard.caller(fund, action)
        key, body = client_key(), Body(json_body())
        new = read(caller, body)
        body.check_all_read()
        return propose(self._ledger, caller, new, key)

    def _account(self, caller: Caller, name: str) -> MoneyAccount:
        with self._ledger.database.reading() as connection:
            return funds.money_account(connection, caller.fund.fund_id, name)

    def _movement(self, caller: Caller, body: Body) -> Wanted:
        account = self._account(caller, body.text("account"))
        line = body.text("line", "")
        if line:
            minor, on = self._told_by_line(caller, account, line)
            _check_same(body, minor, on, account.commodity)
        else:
            minor, on = parse_amount(body.text("amount"), account.commodity), body.day("on")
        return spending.movement(
            Movement(
                way=body.choice("way", WAYS),
                cls=body.choice("class", sorted({*INCOME, *EXPENSE})),
                account=account.name,
                commodity=account.commodity,
                amount=minor,
                on=on,
                said=body.text("said"),
                item=body.text("item", ""),
                refunds=_entry(body, "refunds"),
                evidence=body.hashes("evidence", FILES_MAX),
                line=line or None,
            )
        )

    def _told_by_line(
        self, caller: Caller, account: MoneyAccount, identity: str
    ) -> tuple[int, date]:
        """Return what a bank's line says of itself: its sum without a sign, and its day where the fund is.

        It need not be typed, and cannot be typed wrongly.
        """
        fund_id = caller.fund.fund_id
        with self._ledger.database.reading() as connection:
            [found] = lines.lines_by_key(connection, fund_id, [(account.name, identity)])
            zone = funds.details(connection, fund_id).zone
        return abs(found.line.amount_minor), local_date(found.line.booked_at, zone)

    def _opening(self, caller: Caller, body: Body) -> Wanted:
        given = body.many("balances", BALANCES_MAX, needed=True)
        balances = tuple(self._balance(caller, one) for one in given)
        reason = body.words("reason", None, REASON_MAX)
        return spending.opening(
            Opening(
                body.day("on"), balances, reason, body.hashes("evidence", FILES_MAX, needed=True)
            )
        )

    def _balance(self, caller: Caller, given: object) -> Balance:
        body = inner_body("balances", given)
        account = self._account(caller, body.text("account"))
        amount = parse_amount(body.text("amount"), account.commodity)
        body.check_all_read()
        return Balance(account.name, account.commodity, amount)

    def _payee(self, caller: Caller, body: Body) -> Wanted:
        account = self._account(caller, body.text("account"))
        with self._ledger.database.reading() as connection:
            before = payee_of(connection, caller.fund.fund_id, account.name)
        said = {name: body.text(name, getattr(before, name)) for name in Payee._fields}
        return wanted.payee(account.name, Payee(**said))

    def _rule(self, caller: Caller, body: Body) -> Wanted:
        said = {name: body.inner(name) for name in RULES}
        given = [name for name, content in said.items() if content is not None]
        body.check_all_read()
        if len(given) != 1:
            reason = "one-of" if given else "missing"
            raise FieldError(field="rule", value=len(given), reason=reason, expected=list(RULES))
        [name] = given
        content = dict(said[name] or {})
        if name == POLICY:
            return self._policy(caller, content)
        if name == PROMISES:
            with self._ledger.database.reading() as connection:
                now = promises_in_force(connection, caller.fund.fund_id)
            return wanted.promises(promises_from_json({PROMISES: {**now._asdict(), **content}}))
        return _READ[name](content)

    def _policy(self, caller: Caller, content: dict[str, Any]) -> Wanted:
        body = Body(content)
        source = self._account(caller, body.text("from"))
        target = self._account(caller, body.text("to"))
        with self._ledger.database.reading() as connection:
            answers = funds.member(connection, caller.fund.fund_id, body.text("member"))
        every = body.choice("weekday", (*DAY_NAMES, ""), "")
        new = Policy(
            body.text("name"),
            answers.member_id,
            source.name,
            target.name,
            DAY_NAMES.index(every) if every else None,
            parse_amount(body.text("above", "0"), source.commodity),
            parse_amount(body.text("keep", "0"), source.commodity),
            body.text("purpose", ""),
            body.truth("on", default=True),
        )
        body.check_all_read()
        return wanted.transfer_policy(new)


def inner_body(field: str, given: object) -> Body:
    """Return an object of an array, to be read field by field.

    Raises:
        FieldError: It is none.
    """
    if not isinstance(given, dict):
        raise FieldError(field=field, value="", reason="not-an-object")
    return Body(given)


def _check_same(body: Body, minor: int, on: date, commodity: str) -> None:
    """Hold that amount and day that were typed beside a bank's line are the line's.

    Raises:
        FieldError: One is another.
    """
    amount, day = body.text("amount", ""), body.maybe_day("on")
    if amount and parse_amount(amount, commodity) != minor:
        raise FieldError(field="amount", value=amount[:20], reason="other-amount", expected=minor)
    if day is not None and day != on:
        raise FieldError(
            field="on", value=day.isoformat(), reason="other-day", expected=on.isoformat()
        )


def _entry(body: Body, name: str) -> int | None:
    found = body.maybe_whole(name)
    if found is not None and not 0 <= found < ENTRY_MAX:
        raise FieldError(field=name, value="", reason="not-an-integer")
    return found


def _lists(_caller: Caller, body: Body) -> Wanted:
    return spending.list_change(
        Change(
            body.choice("list", LISTS),
            body.choice("change", CHANGES),
            body.text("code"),
            body.text("zh", "").strip(),
            body.text("en", "").strip(),
            body.choice("kind", (*PROVIDER_KINDS, ""), ""),
        )
    )


def _four_eyes(_caller: Caller, body: Body) -> Wanted:
    commodity = body.text("commodity", "CNY")
    tiers = tuple(_tier(one, commodity) for one in body.many("tiers", TIERS_MAX, needed=True))
    exception = body.words("exception", "", REASON_MAX)
    kind = body.choice("kind", KINDS)
    return wanted.rule(kind, Rule(commodity, tiers), exception or None)


def _tier(given: object, commodity: str) -> Tier:
    body = inner_body("tiers", given)
    limit = body.text("up_to", "")
    slots = body.many("slots", SLOTS_MAX, needed=True)
    body.check_all_read()
    if not all(isinstance(one, str) for one in slots):
        raise FieldError(field="slots", value="", reason="not-a-text")
    return Tier(parse_amount(limit, commodity) if limit else None, tuple(slots))


# --- what a fund decides once ---------------------------------------------------------------------


def _columns(content: dict[str, Any]) -> Wanted:
    for name in content.keys() - {"name", "columns", "encoding", "on"}:
        raise FieldError(field=str(name)[:40], value="", reason="unknown-field")
    return wanted.payment_columns(mapping_from_json(content))


def _matching(content: dict[str, Any]) -> Wanted:
    return matching.rules(rules_from_json({MATCHING: content}))


def _cost_limit(content: dict[str, Any]) -> Wanted:
    return wanted.cost_limit(limit_from_json({COST_LIMIT: content}))


def _mapping(content: dict[str, Any]) -> Wanted:
    return wanted.mapping(from_json(orjson.dumps(content).decode()))


_READ: dict[str, Callable[[dict[str, Any]], Wanted]] = {
    COLUMNS: _columns,
    MATCHING: _matching,
    COST_LIMIT: _cost_limit,
    MAPPING: _mapping,
}
RULES = (POLICY, PROMISES, *_READ)
"""What a decision of kind `rule` can be about, by the names that its content has."""
