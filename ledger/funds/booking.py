"""Set up a fund: each step is an entry."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.actors import Actor
from ledger.clock import Clock, is_zone, to_text
from ledger.errors import AmountError, ConflictError, FieldError, NotFoundError, StateError
from ledger.funds import history, store
from ledger.funds.members import SETUP, check_setting_up
from ledger.journal import accounts
from ledger.journal.entries import Draft, Move, Posting
from ledger.journal.history import Fund, fund_by_slug
from ledger.money import AMOUNT_MAX, EXPONENTS, PLATFORM_UNITS
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Sequencer

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,39}")
PLATFORMS = ("kuaishou", "douyin", "own")


@dataclass(frozen=True, slots=True)
class NewFund:
    """What a fund is opened with.

    Attributes:
        slug: In addresses: small letters, digits, dashes.
        name_zh: Name in Chinese.
        name_en: Name in English.
        promise_zh: One sentence: what gifts are for.
        promise_en: The same in English.
        commodity: ISO 4217 code that it keeps its books in.
        zone: Time zone that decides days and months.
    """

    slug: str
    name_zh: str
    name_en: str
    promise_zh: str = ""
    promise_en: str = ""
    commodity: str = "CNY"
    zone: str = "Asia/Shanghai"


def open_fund(sequencer: Sequencer, clock: Clock, public_host: str, new: NewFund) -> Fund:
    """Open a fund, its books and its log.

    Args:
        sequencer: The writer.
        clock: Tells when.
        public_host: First part of the log's name.
        new: How it is called.

    Returns:
        The fund.

    Raises:
        FieldError: The slug, currency or time zone cannot be used.
        ConflictError: There is a fund of this name.
    """
    if not _SLUG.fullmatch(new.slug):
        raise FieldError(field="slug", value=new.slug[:60], reason="not-a-slug")
    if new.commodity not in EXPONENTS:
        raise FieldError(field="commodity", value=new.commodity[:10], reason="unknown-commodity")
    if not is_zone(new.zone):
        raise FieldError(field="zone", value=new.zone[:40], reason="unknown")
    origin = f"{public_host}/log/{new.slug}"
    with sequencer.database.reading() as connection:
        try:
            fund_by_slug(connection, new.slug)
        except NotFoundError:
            fund_id = store.next_fund_id(connection)
        else:
            raise ConflictError(what="fund", key=new.slug)
    log_key = sequencer.create_log(fund_id, new.slug, origin)
    fund = Fund(fund_id, new.slug, origin)
    names = {
        "name_zh": new.name_zh,
        "name_en": new.name_en,
        "promise_zh": new.promise_zh,
        "promise_en": new.promise_en,
        "commodity": new.commodity,
        "zone": new.zone,
    }

    def decide(books: Books) -> None:
        store.add_fund(books.connection, fund_id, new.slug, origin, names)
        books.post(
            Draft(
                "fund.opened",
                to_text(clock.now()),
                SETUP,
                {**names, "origin": origin, "log_key": log_key},
            )
        )

    sequencer.decide(fund, decide)
    return fund


def open_channel(sequencer: Sequencer, clock: Clock, fund: Fund, channel: history.Channel) -> int:
    """Open a channel: an account that gifts come from.

    Args:
        sequencer: The writer.
        clock: Tells when.
        fund: The fund.
        channel: What it is.

    Returns:
        The entry's number.

    Raises:
        FieldError: Its name is not a component of account names, or its platform or currency is unknown.
        ConflictError: The fund has a channel of this name.
    """
    accounts.check_component(channel.name)
    if channel.platform not in PLATFORMS:
        raise FieldError(
            field="platform", value=channel.platform[:40], reason="unknown", known=PLATFORMS
        )
    if channel.commodity not in EXPONENTS and channel.commodity not in PLATFORM_UNITS:
        raise FieldError(
            field="commodity", value=channel.commodity[:10], reason="unknown-commodity"
        )

    def decide(books: Books) -> int:
        known = {one.name.lower() for one in history.all_channels(books.connection, fund.fund_id)}
        if channel.name.lower() in known:
            raise ConflictError(what="channel", key=channel.name)
        for name in (accounts.platform(channel.name), accounts.gifts(channel.name)):
            books.open_account(name)
        seq = books.post(
            Draft("channel.opened", to_text(clock.now()), SETUP, dict(channel._asdict()))
        )
        store.add_channel(
            books.connection, fund_id=fund.fund_id, opened_seq=seq, **channel._asdict()
        )
        return seq

    return sequencer.decide(fund, decide).value


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A bank, wallet or fund account.

    Attributes:
        stage: `bank` for a collection account, `fund` for one of the fund's.
        name: Component of account names, such as `CCB`.
        number: As the bank's files write it: never in an entry, only its last four digits.
        commodity: Its currency.
        opening_minor: What it held when the books were opened.
    """

    stage: str
    name: str
    number: str
    commodity: str
    opening_minor: int = 0


def open_account(sequencer: Sequencer, clock: Clock, fund: Fund, new: NewAccount) -> int:
    """Open a bank or fund account, with what it holds already.

    Args:
        sequencer: The writer.
        clock: Tells when.
        fund: The fund.
        new: What it is.

    Returns:
        The entry's number.

    Raises:
        FieldError: Its name or stage cannot be used.
        AmountError: A negative opening balance.
        ConflictError: There is one of this name, or of this number in this currency.
    """
    accounts.check_component(new.name)
    if new.stage not in ("bank", "fund"):
        raise FieldError(
            field="stage", value=new.stage[:20], reason="unknown", known=("bank", "fund")
        )
    if not 0 <= new.opening_minor <= AMOUNT_MAX:
        raise AmountError(field="opening", reason="not-positive")
    name = accounts.bank(new.name) if new.stage == "bank" else accounts.fund(new.name)

    def decide(books: Books) -> int:
        for one in history.money_account_list(books.connection, fund.fund_id):
            # A bank may keep several currencies under one number.
            same = (one.number, one.commodity) == (new.number, new.commodity)
            if one.name == name or same:
                raise ConflictError(what="account", key=one.name)
        books.open_account(name)
        postings, moves = _opening(name, new)
        body = {"account": name, "commodity": new.commodity, "number_ending": new.number[-4:]}
        seq = books.post(
            Draft("account.opened", to_text(clock.now()), SETUP, dict(body), postings, moves)
        )
        store.add_money_account(
            books.connection,
            fund_id=fund.fund_id,
            name=name,
            number=new.number,
            commodity=new.commodity,
            opened_seq=seq,
        )
        return seq

    return sequencer.decide(fund, decide).value


def _opening(name: str, new: NewAccount) -> tuple[tuple[Posting, ...], tuple[Move, ...]]:
    if not new.opening_minor:
        return (), ()
    return (
        (Posting(name, accounts.OPENING, new.commodity, new.opening_minor),),
        (Move(None, "", 0, name, new.commodity, new.opening_minor),),
    )


def set_rate(sequencer: Sequencer, fund: Fund, rate: history.Rate) -> int:
    """Say what a platform's unit is worth, from an instant on, while the fund is set up.

    Args:
        sequencer: The writer.
        fund: The fund.
        rate: The rate; its `seq` is not looked at.

    Returns:
        The entry's number.

    Raises:
        FieldError: Unknown unit or currency.
        AmountError: Not above zero.
        StateError: Money has moved: this needs a decision.
    """

    def decide(books: Books) -> int:
        check_setting_up(books)
        return put_rate(books, SETUP, rate)

    return sequencer.decide(fund, decide).value


def put_rate(books: Books, actor: Actor, rate: history.Rate, decision: int | None = None) -> int:
    """Post what a platform's unit is worth.

    Args:
        books: The fund's books.
        actor: Who says so.
        rate: The rate; its `seq` is not looked at.
        decision: Number of the decision that this carries out; None while the fund is set up.

    Returns:
        The entry's number.

    Raises:
        FieldError: Unknown unit or currency.
        AmountError: Not above zero.
    """
    check_rate(rate)
    values = {key: value for key, value in rate._asdict().items() if key != "seq"}
    body = dict(values) if decision is None else {**values, "decision": decision}
    seq = books.post(Draft("rate.set", to_text(books.clock.now()), actor, body))
    store.add_rate(books.connection, fund_id=books.fund.fund_id, seq=seq, **values)
    return seq


def check_rate(rate: history.Rate) -> None:
    """Hold that a rate can be set.

    Args:
        rate: The rate.

    Raises:
        FieldError: Unknown unit or currency.
        AmountError: Not above zero.
    """
    if rate.unit not in PLATFORM_UNITS:
        raise FieldError(
            field="unit", value=rate.unit[:20], reason="unknown", known=tuple(PLATFORM_UNITS)
        )
    if rate.commodity not in EXPONENTS:
        raise FieldError(field="commodity", value=rate.commodity[:10], reason="unknown-commodity")
    if not (0 < rate.units <= AMOUNT_MAX and 0 < rate.minor <= AMOUNT_MAX):
        raise AmountError(field="rate", reason="not-positive")


def rotate_key(sequencer: Sequencer, clock: Clock, fund: Fund) -> str:
    """Make a new key for the log; for a while both keys sign.

    The key file is written first and the entry follows: a crash between the two leaves a key that signs beside the
    old one and is not named yet, which harms nobody; running this again names it.

    Args:
        sequencer: The writer.
        clock: Tells when.
        fund: The fund.

    Returns:
        The new public key.
    """
    return _name_key(sequencer, clock, fund, sequencer.rotate_key(fund))


def add_post_quantum_key(sequencer: Sequencer, clock: Clock, fund: Fund) -> str:
    """Let an ML-DSA-44 key sign the log beside the others, and name it in the log, in the order of `rotate_key`.

    Args:
        sequencer: The writer.
        clock: Tells when.
        fund: The fund.

    Returns:
        The new public key.

    Raises:
        StateError: There is one.
        TooLargeError: The log's name is too long for it.
    """
    return _name_key(sequencer, clock, fund, sequencer.add_post_quantum_key(fund))


def _name_key(sequencer: Sequencer, clock: Clock, fund: Fund, log_key: str) -> str:
    def decide(books: Books) -> int:
        return books.post(Draft("key.rotated", to_text(clock.now()), SETUP, {"log_key": log_key}))

    sequencer.decide(fund, decide)
    sequencer.forget_signer(fund)
    return log_key


def retire_key(sequencer: Sequencer, fund: Fund) -> tuple[str, ...]:
    """Stop signing with all keys but the newest.

    Args:
        sequencer: The writer.
        fund: The fund.

    Returns:
        The keys that no longer sign.

    Raises:
        StateError: There is one key only.
    """
    retired = sequencer.retire_keys(fund)
    if not retired:
        raise StateError(what="log-key", state="one", needed="two")
    return retired
