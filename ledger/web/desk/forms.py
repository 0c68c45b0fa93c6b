"""Forms with which something is proposed or edited, one a kind of decision: texts in, what is wanted out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from ledger.clock import from_ms, from_text, to_ms
from ledger.decisions.rules import KINDS, Rule, Tier
from ledger.desk import wanted
from ledger.desk.transferring import attach
from ledger.desk.wanted import Wanted
from ledger.errors import FieldError, FileFormatError, InputError, TimeFieldError
from ledger.funds import history as funds
from ledger.funds.history import MoneyAccount, Rate
from ledger.funds.members import NewMember
from ledger.funds.payees import Payee
from ledger.money import PLATFORM_UNITS, plain_amount
from ledger.projections import transfer_page
from ledger.roles import check_roles
from ledger.signin import enrolling
from ledger.transfers import history as transfer_history
from ledger.transfers.booking import Proposal, own_reference
from ledger.web import uploads
from ledger.web.desk.frame import Desk
from ledger.web.desk.typed import Typed, money, whole_number
from ledger.web.signin.frame import gate

COLLECTING, OWN_ACCOUNT = "Assets:Bank:", "Assets:Fund:"


@dataclass(frozen=True, slots=True)
class Form:
    """A form of one kind.

    Attributes:
        kind: Of the decision.
        read: Texts to what is wanted; None when something is wrong, which is then beside its field.
        filled: What is proposed now, as texts, for an edit.
        choices: What its fields offer.
        brings_files: Whether it brings files.
    """

    kind: str
    read: Callable[[Desk, Typed], Wanted | None]
    filled: Callable[[Desk, Mapping[str, Any]], dict[str, str]]
    choices: Callable[[Desk], Mapping[str, Any]]
    brings_files: bool = False

    @property
    def template(self) -> str:
        """Return the name of its page."""
        return f"new_{self.kind}.html"


def accounts_of(desk: Desk) -> list[MoneyAccount]:
    """Return all bank and fund accounts."""
    with desk.reading() as connection:
        return funds.money_account_list(connection, desk.fund.fund_id)


# --- transfers --------------------------------------------------------------------------------------


def _transfer_choices(desk: Desk) -> Mapping[str, Any]:
    found = accounts_of(desk)
    sources = [one for one in found if one.name.startswith(COLLECTING)]
    asked = request.values.get("from", "")
    with desk.reading() as connection:
        offers = [
            transfer_page.offer_of(connection, desk.fund, one.name, one.commodity)
            for one in sources
        ]
        chosen = next((one for one in offers if one.account == asked), None)
        chosen = chosen or max(offers, key=lambda one: one.amount, default=None)
        origins = []
        if chosen is not None and chosen.amount:
            origins = transfer_page.origins_ahead(
                connection, desk.fund, chosen, chosen.amount, chosen.promised
            )
        number = transfer_history.last_number(connection, desk.fund.fund_id) + 1
    return {
        "sources": sources,
        "targets": [one for one in found if one.name.startswith(OWN_ACCOUNT)],
        "offers": offers,
        "chosen": chosen,
        "origins": origins[: transfer_page.ORIGINS_MAX],
        "reference": own_reference(desk.fund.slug, number),
        "offered": plain_amount(chosen.amount, chosen.commodity)
        if chosen is not None and chosen.amount
        else None,
        "plain": plain_amount,
    }


def known_hashes(texts: Sequence[str]) -> tuple[str, ...]:
    """Return those of some texts that are hashes: a hidden field may hold anything."""
    digits = set("0123456789abcdef")
    return tuple(
        one for one in texts if len(one) == 2 * sha256().digest_size and not set(one) - digits
    )


def _evidence(desk: Desk, typed: Typed) -> tuple[str, ...]:
    """Keep the files that the form brings, and return their hashes with those that it brought before."""
    hashes = list(known_hashes(request.form.getlist("evidence")))
    for file in request.files.getlist("file"):
        if not file.filename:
            continue
        try:
            upload = uploads.received(file, *uploads.KINDS)
        except (FieldError, FileFormatError) as error:
            typed.refuse_file(error)
            continue
        brought = (upload.shown_name, upload.kind, upload.data)
        who = desk.member.member_id
        hashes.append(attach(desk.ledger.sequencer, desk.fund, who, brought))
    return tuple(dict.fromkeys(hashes))


def _read_transfer(desk: Desk, typed: Typed) -> Wanted | None:
    evidence = typed.kept["evidence"] = _evidence(desk, typed)
    known = {one.name: one for one in accounts_of(desk)}
    source, target = known.get(typed["from"]), known.get(typed["to"])
    for field, found in (("from", source), ("to", target)):
        if found is None:
            typed.errors[field] = ("error.missing", {})
    if source is None or target is None:
        return None
    amount = typed.read("amount", money(source.commodity))
    typed.read("reference", str)
    if source.commodity != target.commodity:
        typed.errors["to"] = ("error.currency", {})
    if typed.errors or amount is None:
        return None
    return wanted.transfer(
        Proposal(
            source.name,
            target.name,
            source.commodity,
            amount,
            typed["reference"],
            typed["purpose"],
            evidence,
        )
    )


def _filled_transfer(_desk: Desk, content: Mapping[str, Any]) -> dict[str, str]:
    return {
        "from": content["from"],
        "to": content["to"],
        "amount": plain_amount(content["amount"], content["commodity"]),
        "reference": content["reference"],
        "purpose": content.get("purpose", ""),
    }


# --- who stands behind an account -------------------------------------------------------------------


def _payee_choices(desk: Desk) -> Mapping[str, Any]:
    return {"accounts": accounts_of(desk)}


def _read_payee(desk: Desk, typed: Typed) -> Wanted | None:
    known = {one.name for one in accounts_of(desk)}
    if typed["account_name"] not in known:
        typed.errors["account_name"] = ("error.missing", {})
    for name in ("number", "holder"):
        typed.read(name, str)
    if typed.errors:
        return None
    try:
        return wanted.payee(typed["account_name"], Payee(*(typed[name] for name in Payee._fields)))
    except InputError as error:
        typed.refuse(error)
        return None


# --- rates ------------------------------------------------------------------------------------------


def _rate_choices(_desk: Desk) -> Mapping[str, Any]:
    return {"units": sorted(PLATFORM_UNITS)}


def _read_rate(desk: Desk, typed: Typed) -> Wanted | None:
    commodity = desk.details.commodity
    units = typed.read("units", whole_number)
    minor = typed.read("worth", money(commodity))
    since = typed.read("since", lambda text: _day(text, desk.details.zone))
    if typed["unit"] not in PLATFORM_UNITS:
        typed.errors["unit"] = ("error.missing", {})
    if typed.errors or units is None or minor is None or since is None:
        return None
    return wanted.rate(Rate(typed["unit"], units, minor, commodity, to_ms(since), 0))


def _filled_rate(desk: Desk, content: Mapping[str, Any]) -> dict[str, str]:
    since = from_ms(content["from_ms"]).astimezone(ZoneInfo(desk.details.zone))
    return {
        "unit": content["unit"],
        "units": str(content["units"]),
        "worth": plain_amount(content["minor"], content["commodity"]),
        "since": since.date().isoformat(),
    }


def _day(text: str, zone: str) -> datetime:
    """Read the beginning of a day in the fund's zone.

    Raises:
        TimeFieldError: It is none.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo(zone))
    except ValueError as error:
        raise TimeFieldError(field="since", reason="not-a-time") from error


# --- months -----------------------------------------------------------------------------------------


def _read_close(_desk: Desk, typed: Typed) -> Wanted | None:
    month = typed.read("month", str)
    return wanted.close(month, typed["reason"]) if month else None


def _read_seal(_desk: Desk, typed: Typed) -> Wanted | None:
    month = typed.read("month", str)
    return wanted.seal(month) if month else None


def _read_reopen(desk: Desk, typed: Typed) -> Wanted | None:
    month = typed.read("month", str)
    until = typed.read("until", lambda text: _time(text, desk.details.zone))
    reason = typed.read("reason", str)
    if month is None or until is None or reason is None:
        return None
    return wanted.reopen(month, until, reason)


def _filled_reopen(desk: Desk, content: Mapping[str, Any]) -> dict[str, str]:
    until = from_text(content["until"]).astimezone(ZoneInfo(desk.details.zone))
    return {**_as_it_is(desk, content), "until": f"{until:%Y-%m-%dT%H:%M}"}


def _time(text: str, zone: str) -> datetime:
    """Read a time in the fund's zone, as a field of a page gives it.

    Raises:
        TimeFieldError: It is none.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=ZoneInfo(zone))
    except ValueError as error:
        raise TimeFieldError(field="until", reason="not-soon") from error


# --- people -----------------------------------------------------------------------------------------


def _member_choices(desk: Desk) -> Mapping[str, Any]:
    with desk.reading() as connection:
        people = funds.all_members(connection, desk.fund.fund_id)
    asked = request.values.get("member", "")
    return {
        "who": next((one for one in people if one.member_id == asked and not one.removed), None),
        "chosen": request.form.getlist("roles"),
    }


def _read_members(_desk: Desk, typed: Typed) -> Wanted | None:
    try:
        roles = check_roles(request.form.getlist("roles"))
    except FieldError as error:
        typed.refuse(error)
        roles = frozenset()
    if typed["member"]:
        return None if typed.errors else wanted.roles(typed["member"], roles)
    for field in ("name", "email"):
        typed.read(field, str)
    if typed.errors:
        return None
    try:
        user_id = enrolling.add_user(gate(), typed["email"], typed["name"])
    except InputError as error:
        typed.refuse(error)
        return None
    return wanted.enrolment(NewMember(typed["name"], roles, user_id))


# --- the rule of two --------------------------------------------------------------------------------


def _rule_choices(_desk: Desk) -> Mapping[str, Any]:
    return {"kinds": tuple(KINDS)}


def _read_rule(desk: Desk, typed: Typed) -> Wanted | None:
    commodity = desk.details.commodity
    tiers = []
    if typed["limit"]:
        limit = typed.read("limit", money(commodity))
        tiers.append(Tier(limit, _slots(typed["small"])))
    tiers.append(Tier(None, _slots(typed["slots"])))
    if typed.errors:
        return None
    return wanted.rule(typed["kind"], Rule(commodity, tuple(tiers)), typed["exception"] or None)


def _slots(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("，", ",").split(",") if part.strip())


def _filled_rule(_desk: Desk, content: Mapping[str, Any]) -> dict[str, str]:
    *small, last = content["tiers"]
    texts = {"kind": content["kind"], "slots": ",".join(last["slots"])}
    texts["exception"] = content.get("exception", "")
    if small:
        texts["limit"] = plain_amount(small[0]["up_to"], content["commodity"])
        texts["small"] = ",".join(small[0]["slots"])
    return texts


def _as_it_is(_desk: Desk, content: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in content.items() if isinstance(value, str)}


def _nothing(_desk: Desk) -> Mapping[str, Any]:
    return {}


FORMS: Mapping[str, Form] = {
    one.kind: one
    for one in (
        Form("transfer", _read_transfer, _filled_transfer, _transfer_choices, brings_files=True),
        Form("payee", _read_payee, _as_it_is, _payee_choices),
        Form("rate", _read_rate, _filled_rate, _rate_choices),
        Form("close", _read_close, _as_it_is, _nothing),
        Form("seal", _read_seal, _as_it_is, _nothing),
        Form("reopen", _read_reopen, _filled_reopen, _nothing),
        Form("members", _read_members, _as_it_is, _member_choices),
        Form("four-eyes", _read_rule, _filled_rule, _rule_choices),
    )
}
"""Kinds that a page can propose; statements and erasures are proposed where they are made."""
