"""Members and tokens on both databases: who somebody is for good, and what ends at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.actors import Member
from ledger.clock import to_ms
from ledger.db import Database
from ledger.errors import (
    ConflictError,
    FieldError,
    LedgerError,
    NotAllowedError,
    NotFoundError,
    StateError,
    UnauthorizedError,
    UnknownNameError,
)
from ledger.funds import booking as setting_up
from ledger.funds import history, members, tokens
from ledger.funds.history import Rate
from ledger.funds.members import SETUP
from ledger.funds.tokens import DAYS_MAX, NewToken, TokenUses, hash_of
from tests.db.ledgers import (
    Ledger,
    bodies,
    check,
    enrol_later,
    gift,
    give,
    new_ledger,
    remove_later,
)


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Iterator[Ledger]:
    opened = new_ledger(database, tmp_path / "keys")
    yield opened
    check(opened)
    opened.close()


def enrol(ledger: Ledger, name: str, roles: str, user_id: int | None = None) -> str:
    return members.enrol_member(ledger.sequencer, ledger.fund, name, roles, user_id)


def people(ledger: Ledger) -> list[Member]:
    with ledger.database.reading() as connection:
        return history.all_members(connection, ledger.fund.fund_id)


def refused(kind: type[LedgerError], **fields: object) -> pytest.RaisesExc[LedgerError]:
    return pytest.raises(
        kind, check=lambda error: fields.items() <= error.fields.items() and type(error) is kind
    )


def told(ledger: Ledger) -> list[tuple[str, str, list[str]]]:
    """Return kind, member and roles of all entries about members."""
    return [
        (one["kind"], one["body"]["member"], one["body"]["roles"])
        for one in bodies(ledger)
        if one["kind"].startswith("member.")
    ]


def on_record(ledger: Ledger) -> list[tuple[str, str, str]]:
    with ledger.database.reading() as connection:
        rows = connection.execute(
            sa.text("SELECT action, subject, member_id FROM activity ORDER BY at_ms, number")
        ).all()
    return [tuple(row) for row in rows]


# --- who somebody is -------------------------------------------------------------------------------


def test_each_change_is_an_entry_that_tells_roles_and_no_name(ledger: Ledger) -> None:
    found = enrol(ledger, "Sun", "operator,finance", 7)
    ledger.decide(lambda books: members.change_roles(books, SETUP, found, frozenset({"auditor"})))
    remove_later(ledger, "Sun")
    assert told(ledger)[-3:] == [
        ("member.enrolled", "m5", ["finance", "operator"]),
        ("member.changed", "m5", ["auditor"]),
        ("member.removed", "m5", ["auditor"]),
    ]
    assert "Sun" not in repr(bodies(ledger))
    assert people(ledger)[-1] == Member("m5", frozenset({"auditor"}), "Sun", 7, True)


@pytest.mark.parametrize("name", ["Sun", "Sun Wukong"])
def test_who_comes_again_is_the_same_member(ledger: Ledger, name: str) -> None:
    assert enrol(ledger, "Sun", "finance", 7) == "m5"
    remove_later(ledger, "Sun")
    assert enrol(ledger, "Zhu", "auditor", 8) == "m6"
    assert enrol(ledger, name, "approver", 7) == "m5"
    assert people(ledger)[4] == Member("m5", frozenset({"approver"}), name, 7, False)


def test_who_comes_again_without_a_sign_in_keeps_the_one_they_had(ledger: Ledger) -> None:
    enrol(ledger, "Sun", "finance", 7)
    remove_later(ledger, "Sun")
    assert enrol(ledger, "Sun", "finance") == "m5"
    assert people(ledger)[4].user_id == 7


def test_nobody_is_two_members(ledger: Ledger) -> None:
    enrol(ledger, "Sun", "finance", 7)
    with refused(ConflictError, what="member", key="name"):
        enrol(ledger, "Sun", "approver", 8)
    with refused(ConflictError, what="member", key="user"):
        enrol(ledger, "Sha", "approver", 7)
    enrol(ledger, "Zhu", "auditor", 8)
    remove_later(ledger, "Sun")
    remove_later(ledger, "Zhu")
    with refused(ConflictError, key="name"):
        enrol(ledger, "Sun", "finance", 9)  # somebody else of the same name
    with refused(ConflictError, key="name"):
        enrol(ledger, "Zhu", "finance", 7)  # somebody in another's name
    with (
        ledger.database.writing() as connection,
        pytest.raises(sa.exc.IntegrityError),
        connection.begin_nested(),
    ):
        connection.execute(sa.text("UPDATE members SET user_id = 7 WHERE member_id = 'm6'"))


@pytest.mark.parametrize(
    ("name", "roles", "reason"),
    [("", "finance", "missing"), ("x" * 81, "finance", "too-long"), ("m2", "finance", "like-an-id"),
     ("Sun", "", "missing"), ("Sun", "king", "unknown"), ("Sun", "auditor,finance", "roles-conflict")],
)  # fmt: skip
def test_a_member_who_cannot_be(ledger: Ledger, name: str, roles: str, reason: str) -> None:
    size = len(bodies(ledger))
    with refused(FieldError, reason=reason):
        enrol(ledger, name, roles)
    assert len(bodies(ledger)) == size


def test_a_fund_with_an_administrator_keeps_one(ledger: Ledger) -> None:
    first = enrol(ledger, "Sun", "administrator")

    def lose() -> None:
        with refused(StateError, what="administrator", state="last"):
            remove_later(ledger, "Sun")
        with refused(StateError, what="administrator", state="last"):
            ledger.decide(
                lambda books: members.change_roles(books, SETUP, first, frozenset({"finance"}))
            )

    lose()
    enrol(ledger, "Zhu", "administrator")
    remove_later(ledger, "Zhu")
    lose()
    enrol(ledger, "Sha", "administrator")
    remove_later(ledger, "Sun")


def test_the_same_roles_again_are_no_change(ledger: Ledger) -> None:
    with refused(StateError, state="same"):
        ledger.decide(
            lambda books: members.change_roles(books, SETUP, "m1", frozenset({"finance"}))
        )


def test_where_a_user_acts(ledger: Ledger) -> None:
    enrol(ledger, "Sun", "finance", 7)
    with ledger.database.reading() as connection:
        assert [
            (fund.slug, one.member_id) for fund, one in history.memberships(connection, 7)
        ] == [("qinghe", "m5")]
        found = history.member_of_user(connection, ledger.fund.fund_id, 7)
        assert found is not None
        assert found.member_id == "m5"
    remove_later(ledger, "Sun")
    with ledger.database.reading() as connection:
        assert history.memberships(connection, 7) == []
        assert history.member_of_user(connection, ledger.fund.fund_id, 7) is None


# --- while the fund is set up, and afterwards ------------------------------------------------------


def test_from_the_first_money_on_people_and_rates_need_a_decision(ledger: Ledger) -> None:
    enrol(ledger, "Sun", "administrator")
    new = setting_up.NewAccount("bank", "ICBC", "6222000000000001", "CNY", 500)
    setting_up.open_account(ledger.sequencer, ledger.clock, ledger.fund, new)
    enrol(ledger, "Zhu", "auditor")  # what an account held before is no movement
    give(ledger, gift("a"))
    for wish in (
        lambda: enrol(ledger, "Sha", "finance"),
        lambda: members.remove_member(ledger.sequencer, ledger.fund, "Zhu"),
        lambda: setting_up.set_rate(
            ledger.sequencer, ledger.fund, Rate("KSCOIN", 10, 100, "CNY", 0, 0)
        ),
    ):
        with refused(StateError, what="set-up", state="ended"):
            wish()
    assert [one.name for one in people(ledger)][-1] == "Zhu"


def test_an_administrator_removes_at_once_and_nobody_else(ledger: Ledger) -> None:
    enrol(ledger, "Sun", "administrator", 7)
    enrol(ledger, "Zhu", "finance", 8)
    give(ledger, gift("a"))
    for name in ("m1", "m2", "m3", "m4", "m6"):
        with refused(NotAllowedError):
            members.remove_member(ledger.sequencer, ledger.fund, "Zhu", by=name)
    ended: list[int] = []
    members.remove_member(
        ledger.sequencer,
        ledger.fund,
        "Zhu",
        by="m5",
        end_sessions=lambda _connection, user_id: ended.append(user_id),
    )
    assert ended == [8]
    assert bodies(ledger)[-1]["actor"] == {"id": "m5", "role": "administrator"}
    assert on_record(ledger)[-1] == ("members.remove", "member/m6", "m5")
    with pytest.raises(UnknownNameError):
        members.remove_member(ledger.sequencer, ledger.fund, "Zhu", by="m5")


# --- tokens ----------------------------------------------------------------------------------------


def make(ledger: Ledger, member: str, *scopes: str, days: int = 90) -> str:
    new = NewToken("feed", frozenset(scopes), days)
    return tokens.make_token(ledger.database, ledger.clock, ledger.fund, member, new)


def ask(ledger: Ledger, token: str, action: str, fund_id: int | None = None) -> Member:
    with ledger.database.reading() as connection:
        found = history.token(connection, fund_id or ledger.fund.fund_id, hash_of(token))
    return tokens.check(found, action, to_ms(ledger.clock.now()))


def test_a_token_does_what_its_scope_and_its_members_roles_allow(ledger: Ledger) -> None:
    token = make(ledger, "Zhao", "gifts", "read")
    assert ask(ledger, token, "gifts.record").member_id == "m3"
    assert ask(ledger, token, "decision.read").member_id == "m3"
    for action in ("transfer.propose", "people.read", "decision.approve", "token.make", "no.such"):
        with refused(NotAllowedError, reason="scope"):
            ask(ledger, token, action)


def test_a_token_follows_the_roles_that_its_member_has_now(ledger: Ledger) -> None:
    token = make(ledger, "Zhao", "gifts")
    ledger.decide(lambda books: members.change_roles(books, SETUP, "m3", frozenset({"auditor"})))
    with refused(NotAllowedError, reason="role"):
        ask(ledger, token, "gifts.record")


def test_a_token_ends_with_its_day_its_end_and_its_member(ledger: Ledger) -> None:
    expiring, ending, leaving = (make(ledger, "Zhao", "gifts", days=days) for days in (1, 9, 9))
    ledger.clock.advance(timedelta(days=1, milliseconds=-1))
    ask(ledger, expiring, "gifts.record")
    ledger.clock.advance(timedelta(milliseconds=1))
    with refused(UnauthorizedError, reason="token"):
        ask(ledger, expiring, "gifts.record")
    tokens.end_token(ledger.database, ledger.clock, ledger.fund, 2, ledger.member("Zhao"))
    with refused(UnauthorizedError, reason="token"):
        ask(ledger, ending, "gifts.record")
    ask(ledger, leaving, "gifts.record")
    remove_later(ledger, "Zhao")
    with refused(UnauthorizedError, reason="token"):
        ask(ledger, leaving, "gifts.record")
    # Who comes again gets no key back.
    enrol_later(ledger, "Zhao", "operator")
    with refused(UnauthorizedError, reason="token"):
        ask(ledger, leaving, "gifts.record")


def test_a_token_of_another_fund_is_none(ledger: Ledger) -> None:
    new = setting_up.NewFund("other", "别的", "Other")
    other = setting_up.open_fund(ledger.sequencer, ledger.clock, "localhost:8000", new)
    members.enrol_member(ledger.sequencer, other, "Zhao", "operator")
    token = make(ledger, "Zhao", "gifts")
    with refused(UnauthorizedError, reason="token"):
        ask(ledger, token, "gifts.record", other.fund_id)
    with refused(UnauthorizedError, reason="token"):
        ask(ledger, token[:-1], "gifts.record")


@pytest.mark.parametrize(
    ("member", "scopes", "days", "reason"),
    [
        ("Zhao", (), 90, "missing"),
        ("Zhao", ("approve",), 90, "unknown"),
        ("Wang", ("propose",), 90, "not-of-this-role"),
        ("Chen", ("gifts",), 90, "not-of-this-role"),
        ("Zhao", ("gifts",), 0, "range"),
        ("Zhao", ("gifts",), DAYS_MAX + 1, "range"),
    ],
)
def test_a_token_that_cannot_be(
    ledger: Ledger, member: str, scopes: tuple[str, ...], days: int, reason: str
) -> None:
    with refused(FieldError, reason=reason):
        make(ledger, member, *scopes, days=days)


def test_nothing_but_a_hash_is_kept_of_a_token(ledger: Ledger) -> None:
    token = make(ledger, "Zhao", "gifts")
    with ledger.database.reading() as connection:
        rows = connection.execute(sa.text("SELECT * FROM tokens")).all()
    assert len(token) > 40
    assert token not in repr(rows)
    assert token.removeprefix("mz_") not in repr(rows)


def test_members_see_and_end_their_own_tokens_and_an_administrator_all(ledger: Ledger) -> None:
    enrol(ledger, "Sun", "administrator")
    make(ledger, "Zhao", "gifts")
    make(ledger, "Li", "gifts", "read")

    def seen(name: str) -> list[int]:
        found = tokens.tokens_seen_by(ledger.database, ledger.fund, ledger.member(name))
        return [one.number for one in found]

    assert [seen(name) for name in ("Sun", "Zhao", "Li", "Wang")] == [[2, 1], [1], [2], []]

    def end(number: int, name: str) -> None:
        member = ledger.member(name)
        tokens.end_token(ledger.database, ledger.clock, ledger.fund, number, member)

    for number, name in ((1, "Li"), (2, "Zhao"), (1, "Wang"), (3, "Sun")):
        with refused(NotFoundError, what="token"):
            end(number, name)
    end(1, "Zhao")
    end(2, "Sun")
    assert on_record(ledger) == [
        ("token.make", "token/1", "m3"),
        ("token.make", "token/2", "m1"),
        ("token.end", "token/1", "m3"),
        ("token.end", "token/2", "m5"),
    ]
    found = tokens.tokens_seen_by(ledger.database, ledger.fund, ledger.member("Sun"))
    assert all(one.ended_ms for one in found)


def test_the_last_use_is_written_at_most_once_a_minute(ledger: Ledger) -> None:
    hashes = [hash_of(make(ledger, "Zhao", "gifts")) for _ in range(2)]
    uses, fund_id = TokenUses(ledger.database, ledger.clock), ledger.fund.fund_id

    def last() -> list[int | None]:
        with ledger.database.reading() as connection:
            found = [history.token(connection, fund_id, one) for one in hashes]
        return [one.last_used_ms for one in found if one]

    first = to_ms(ledger.clock.now())
    assert last() == [None, None]
    uses.note(fund_id, hashes[0])
    ledger.clock.advance(timedelta(seconds=59))
    uses.note(fund_id, hashes[0])
    assert last() == [first, None]
    uses.note(fund_id, hashes[1])
    ledger.clock.advance(timedelta(seconds=1))
    uses.note(fund_id, hashes[0])
    assert last() == [first + 60_000, first + 59_000]


def test_a_last_use_is_not_worth_waiting_for(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = hash_of(make(ledger, "Zhao", "gifts"))
    impatient = Database(ledger.database.url, busy_ms=50)
    uses = TokenUses(impatient, ledger.clock)
    with ledger.database.writing() as connection:
        connection.execute(sa.text("UPDATE tokens SET last_used_ms = 5"))
        uses.note(ledger.fund.fund_id, token)  # raises nothing
    with ledger.database.reading() as connection:
        found = history.token(connection, ledger.fund.fund_id, token)
    assert found is not None
    assert found.last_used_ms == 5
    impatient.close()
