"""Two steps, each checked once: what opens a session, what does not, and what both look like from outside."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from ledger.errors import (
    FieldError,
    LinkEndedError,
    NotFoundError,
    SignInNeededError,
    SignInRefusedError,
    TooManyTriesError,
)
from ledger.signin import enrolling, links, own, sessions, signing_in
from ledger.signin.enrolling import next_code
from tests.signin.gates import HERE, LI, PASSWORD, WANG, enrol, later, letters, sign_in


def found(gate, key):
    with gate.database.reading() as connection:
        return sessions.find(connection, key, gate.now, gate.limits)


def test_two_factors_open_a_session(gate):
    enrolled = enrol(gate)
    opened = sign_in(gate)
    who = found(gate, opened.key).signed_in
    assert (who.user_id, who.email) == (enrolled.user_id, LI)
    assert who.fresh.method == "totp"
    later(gate, minutes=10)
    assert found(gate, opened.key).signed_in.fresh is None


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (LI, "another password than theirs"),
        (WANG, PASSWORD),
        ("not an address", PASSWORD),
        (LI, ""),
        (LI, PASSWORD + "x" * 500),
        ("l" * 5000, "\0"),
    ],
)
def test_nobody_learns_which_part_was_wrong(gate, email, password):
    enrol(gate)
    with pytest.raises(SignInRefusedError) as caught:
        signing_in.password_step(gate, email, password, HERE.address)
    assert caught.value.fields == {"reason": "password"}


def test_an_invited_user_cannot_sign_in_before_accepting(gate):
    enrolling.add_user(gate, LI, "Zhao Lei")
    with pytest.raises(SignInRefusedError):
        signing_in.password_step(gate, LI, "", HERE.address)


def test_a_code_works_once(gate):
    enrolled = enrol(gate)
    code = next_code(gate, enrolled.user_id)
    signing_in.second_step(gate, enrolled.user_id, code, HERE, None)
    for _ in range(2):
        with pytest.raises(SignInRefusedError):
            signing_in.second_step(gate, enrolled.user_id, code, HERE, None)
        later(gate, seconds=20)


def test_an_older_code_does_not_work_after_a_newer_one(gate):
    enrolled = enrol(gate)
    older = next_code(gate, enrolled.user_id)
    later(gate, seconds=30)
    with gate.reading():
        secret = gate.user(enrolled.user_id).tf_totp_secret
        step = int(gate.now.timestamp()) // 30
        newer = gate.engine._totp.code_at(secret, step)
    signing_in.second_step(gate, enrolled.user_id, newer, HERE, None)
    with pytest.raises(SignInRefusedError):
        signing_in.second_step(gate, enrolled.user_id, older, HERE, None)


def at_once(count, action):
    """Do the same from several threads; return what each gave or raised."""
    outcomes, start = [], threading.Barrier(count)

    def run():
        start.wait()
        try:
            outcomes.append(action())
        except Exception as error:  # noqa: BLE001 -- told to the test
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_a_code_works_once_also_at_the_same_moment(gate):
    enrolled = enrol(gate)
    code = next_code(gate, enrolled.user_id)
    outcomes = at_once(5, lambda: signing_in.second_step(gate, enrolled.user_id, code, HERE, None))
    assert sum(not isinstance(one, Exception) for one in outcomes) == 1
    assert {type(one) for one in outcomes if isinstance(one, Exception)} == {SignInRefusedError}


def test_a_recovery_code_works_once_and_is_told(gate, tmp_path):
    enrolled = enrol(gate)
    first, second = enrolled.recovery_codes[:2]
    outcomes = at_once(
        4, lambda: signing_in.second_step(gate, enrolled.user_id, first, HERE, None)
    )
    assert sum(not isinstance(one, Exception) for one in outcomes) == 1
    signing_in.second_step(gate, enrolled.user_id, second.upper().replace("-", " "), HERE, None)
    gate.mailer.wait()
    assert sorted("还剩 8 个" in text for text in letters(tmp_path)) == [False, True]


def test_secrets_are_not_in_the_database(gate):
    enrolled = enrol(gate)
    opened = sign_in(gate)
    link = enrolling.invite(gate, enrolled.user_id)
    with gate.database.reading() as connection:
        stored = "".join(
            repr(row)
            for table in ("users", "recovery_codes", "user_sessions", "links", "sign_in_tries")
            for row in connection.execute(sa.text(f"SELECT * FROM {table}"))
        )
    for secret in (PASSWORD, opened.key, link.rpartition("/")[2], *enrolled.recovery_codes):
        assert secret not in stored
        assert secret.replace("-", "") not in stored
    assert "$argon2id$" in stored


# --- tries -----------------------------------------------------------------------------------------


def wrong(gate, email=LI, address=HERE.address):
    with pytest.raises((SignInRefusedError, TooManyTriesError)) as caught:
        signing_in.password_step(gate, email, "wrong and wrong again", address)
    return caught.value


@pytest.mark.parametrize("email", [LI, WANG, "no address"])
def test_after_five_wrong_tries_each_costs_more_whether_there_is_such_a_user_or_not(gate, email):
    enrol(gate)
    for _ in range(6):
        assert isinstance(wrong(gate, email), SignInRefusedError)
    waits = []
    for _ in range(8):
        error = wrong(gate, email)
        waits.append(error.fields["wait_seconds"])
        later(gate, seconds=waits[-1])
        assert isinstance(wrong(gate, email), SignInRefusedError)
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_the_right_password_does_not_open_while_one_has_to_wait(gate):
    enrol(gate)
    for _ in range(6):
        wrong(gate)
    with pytest.raises(TooManyTriesError):
        signing_in.password_step(gate, LI, PASSWORD, "192.0.2.99")
    later(gate, seconds=60)
    signing_in.password_step(gate, LI, PASSWORD, HERE.address)
    assert isinstance(wrong(gate), SignInRefusedError)  # counting has started again


def test_an_administrator_lets_them_try_again(gate):
    enrolled = enrol(gate)
    for _ in range(6):
        wrong(gate)
    enrolling.unlock(gate, enrolled.user_id)
    signing_in.password_step(gate, LI, PASSWORD, HERE.address)


def test_a_network_is_slowed_down_over_many_users(gate):
    enrol(gate)
    outcomes = [type(wrong(gate, f"u{at}@x.example.com", f"2001:db8::{at:x}")) for at in range(22)]
    assert outcomes == [SignInRefusedError] * 21 + [TooManyTriesError]
    signing_in.password_step(gate, LI, PASSWORD, HERE.address)  # another network is not


def test_a_sign_in_of_ones_own_does_not_clear_the_network(gate):
    enrol(gate)
    for at in range(20):
        wrong(gate, f"u{at}@x.example.com")
        signing_in.password_step(gate, LI, PASSWORD, HERE.address)
    wrong(gate, "one@x.example.com")
    assert isinstance(wrong(gate, "two@x.example.com"), TooManyTriesError)


def test_tries_at_the_same_moment_are_all_counted(gate):
    enrol(gate)
    outcomes = at_once(12, lambda: signing_in.password_step(gate, LI, "wrong", HERE.address))
    assert sum(isinstance(one, SignInRefusedError) for one in outcomes) == 6
    assert sum(isinstance(one, TooManyTriesError) for one in outcomes) == 6


def test_codes_cannot_be_guessed(gate):
    enrolled = enrol(gate)
    for at in range(6):
        with pytest.raises(SignInRefusedError):
            signing_in.second_step(gate, enrolled.user_id, f"00000{at}", HERE, None)
    with pytest.raises(TooManyTriesError):
        signing_in.second_step(
            gate, enrolled.user_id, next_code(gate, enrolled.user_id), HERE, None
        )


@pytest.mark.parametrize("code", ["", "12345", "1234567", "٠١٢٣٤٥", "abcdef", "0" * 10_000, "\0"])
def test_what_is_no_code_is_refused(gate, code):
    enrolled = enrol(gate)
    with pytest.raises(SignInRefusedError):
        signing_in.second_step(gate, enrolled.user_id, code, HERE, None)


# --- invitations -----------------------------------------------------------------------------------


def invited(gate, email=LI):
    user_id = enrolling.add_user(gate, email, "Zhao Lei")
    key = enrolling.invite(gate, user_id).rpartition("/")[2]
    return user_id, key, enrolling.begin(gate, key)


def accept(gate, key, beginning, password=PASSWORD, code=None):
    return enrolling.accept(
        gate, key, beginning.secret, password, code or gate.engine.first_code(beginning.secret)
    )


def test_an_invitation_works_once(gate):
    _, key, beginning = invited(gate)
    assert len(accept(gate, key, beginning)) == 10
    with pytest.raises(LinkEndedError):
        enrolling.begin(gate, key)
    with pytest.raises(LinkEndedError):
        accept(gate, key, beginning)
    sign_in(gate)


def test_an_invitation_works_once_also_at_the_same_moment(gate):
    _, key, beginning = invited(gate)
    outcomes = at_once(3, lambda: accept(gate, key, beginning))
    assert sum(isinstance(one, list) for one in outcomes) == 1
    assert {type(one) for one in outcomes if not isinstance(one, list)} == {LinkEndedError}


def test_a_wrong_code_leaves_the_invitation_as_it_was(gate):
    user_id, key, beginning = invited(gate)
    with pytest.raises(FieldError) as caught:
        accept(gate, key, beginning, code="000000")
    assert caught.value.fields == {"field": "code", "reason": "wrong"}
    with gate.reading():
        assert gate.user(user_id).password is None
    accept(gate, key, beginning)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "too-short"),
        ("x" * 129, "too-long"),
        ("abababababab", "repeats"),
        ("Password1234", "common"),
        ("li@qinghe.example.com", "personal"),
        ("Zhao is here today", "personal"),
    ],
)
def test_weak_passwords_are_not_taken(gate, password, reason):
    _, key, beginning = invited(gate)
    with pytest.raises(FieldError) as caught:
        accept(gate, key, beginning, password=password)
    assert caught.value.fields == {"field": "password", "reason": reason}


def test_links_end(gate):
    user_id, old, _ = invited(gate)
    new = enrolling.invite(gate, user_id).rpartition("/")[2]
    with pytest.raises(LinkEndedError):
        enrolling.begin(gate, old)
    enrolling.begin(gate, new)
    later(gate, days=7)
    for key in (new, "never made", ""):
        with pytest.raises(LinkEndedError):
            enrolling.begin(gate, key)


def test_a_link_of_one_kind_is_none_of_the_other(gate):
    _, key, _ = invited(gate)
    with pytest.raises(LinkEndedError), gate.database.writing() as connection:
        links.use_link(connection, "reset", key, gate.now)


def test_inviting_again_replaces_everything_and_ends_sessions(gate):
    enrolled = enrol(gate)
    opened = sign_in(gate)
    key = enrolling.invite(gate, enrolled.user_id).rpartition("/")[2]
    assert found(gate, opened.key) is not None  # nothing has changed yet
    accept(gate, key, enrolling.begin(gate, key), password="quite another sentence of theirs")
    assert found(gate, opened.key) is None
    with pytest.raises(SignInRefusedError):
        signing_in.password_step(gate, LI, PASSWORD, HERE.address)


def test_adding_somebody_twice_finds_them(gate):
    enrolled = enrol(gate)
    assert enrolling.add_user(gate, "  LI@Qinghe.Example.COM ", "Another") == enrolled.user_id
    assert [user.name for user in enrolling.users_of(gate)] == ["Zhao Lei"]


def test_adding_somebody_at_the_same_moment_adds_one(gate):
    assert len(set(at_once(4, lambda: enrolling.add_user(gate, LI, "Zhao Lei")))) == 1


# --- new passwords ---------------------------------------------------------------------------------


def reset_key(gate, home):
    gate.mailer.wait()
    text = letters(home)[-1]
    return text.partition("/reset/")[2].split()[0]


def test_a_reset_needs_the_second_factor_and_ends_all_sessions(gate, tmp_path):
    enrolled = enrol(gate)
    opened = sign_in(gate)
    own.ask_for_reset(gate, LI, HERE.address)
    key = reset_key(gate, tmp_path)
    new = "the horses come down at noon"
    with pytest.raises(FieldError) as caught:
        own.reset_password(gate, key, new, "000000")
    assert caught.value.fields["field"] == "code"
    own.reset_password(gate, key, new, enrolled.recovery_codes[0])
    assert found(gate, opened.key) is None
    signing_in.password_step(gate, LI, new, HERE.address)
    with pytest.raises(LinkEndedError):
        own.reset_password(gate, key, new, enrolled.recovery_codes[1])


def test_a_reset_link_ends_after_an_hour(gate, tmp_path):
    enrol(gate)
    own.ask_for_reset(gate, LI, HERE.address)
    key = reset_key(gate, tmp_path)
    assert own.reset_opens(gate, key, gate.now) == LI
    later(gate, hours=1)
    with pytest.raises(LinkEndedError):
        own.reset_opens(gate, key, gate.now)


def test_nobody_gets_mail_who_is_no_user(gate, tmp_path):
    enrolling.add_user(gate, WANG, "Not yet")
    for email in ("nobody@qinghe.example.com", WANG):
        own.ask_for_reset(gate, email, HERE.address)
    gate.mailer.wait()
    assert letters(tmp_path) == []


# --- sessions --------------------------------------------------------------------------------------


def test_a_session_ends_when_idle_and_in_any_case(gate):
    enrol(gate)
    opened = sign_in(gate)
    for _ in range(12 * 4 - 1):
        later(gate, minutes=15)
        assert found(gate, opened.key) is not None
        with gate.database.writing() as connection:
            sessions.seen(connection, opened.session_id, gate.now)
    later(gate, minutes=15)
    assert found(gate, opened.key) is None  # twelve hours
    opened = sign_in(gate)
    later(gate, minutes=30)
    assert found(gate, opened.key) is None  # idle


def test_stepping_up_gives_the_session_another_key(gate):
    enrolled = enrol(gate)
    opened = sign_in(gate)
    later(gate, minutes=11)
    who = found(gate, opened.key).signed_in
    assert who.fresh is None
    new = signing_in.step_up(gate, who, opened.key, next_code(gate, enrolled.user_id))
    assert found(gate, opened.key) is None
    assert found(gate, new).signed_in.fresh.method == "totp"
    later(gate, minutes=1)
    with pytest.raises(SignInNeededError):
        signing_in.step_up(gate, who, opened.key, next_code(gate, enrolled.user_id))


def test_an_ended_user_has_no_session(gate):
    enrolled = enrol(gate)
    opened = sign_in(gate)
    enrolling.end_user(gate, enrolled.user_id)
    assert found(gate, opened.key) is None
    with pytest.raises(SignInRefusedError):
        signing_in.password_step(gate, LI, PASSWORD, HERE.address)
    with pytest.raises(SignInRefusedError):
        enrolling.invite(gate, enrolled.user_id)


def test_sessions_of_others_are_not_there(gate):
    enrol(gate)
    enrol(gate, WANG, "Chen Jing")
    mine, theirs = sign_in(gate), sign_in(gate, WANG)
    own.end_session(gate, found(gate, mine.key).signed_in, theirs.session_id)
    assert found(gate, theirs.key) is not None
    again = sign_in_again(gate)
    assert own.end_others(gate, found(gate, mine.key).signed_in) == 1
    assert found(gate, again.key) is None
    assert found(gate, mine.key) is not None


def sign_in_again(gate):
    later(gate, seconds=30)
    return sign_in(gate)


def test_there_is_no_user_of_a_wrong_number(gate):
    with pytest.raises(NotFoundError):
        enrolling.invite(gate, 99)
