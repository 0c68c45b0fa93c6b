"""The pages of the sign-in, as a browser meets them; and what comes of whatever a browser would not send."""

from __future__ import annotations

import json
import statistics
import time

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from ledger.errors import InvariantError
from ledger.signin import enrolling, own, sessions
from ledger.web.signin.frame import safe_next
from tests.signin.gates import LI, PASSWORD, WANG, enrol, later, letters
from tests.signin.sites import form_key_of

NEW = "the horses come down at noon"


def rows(site, table, where="1 = 1"):
    with site.gate.database.reading() as connection:
        return connection.execute(sa.text(f"SELECT * FROM {table} WHERE {where}")).all()


def test_in_and_out(site):
    enrol(site.gate)
    visitor = site.visitor()
    assert visitor.get("/account").location == "/sign-in?next=/account"
    entered = visitor.enter(going_to="/account?x=1")
    assert (entered.status_code, entered.location) == (303, "/account?x=1")
    page = visitor.get("/account")
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert "Zhao Lei" in page.text
    assert visitor.get("/sign-in").location == "/desk/"
    assert visitor.post("/sign-out").location == "/sign-in?done=signed-out"
    assert visitor.get("/account").status_code == 303
    assert rows(site, "user_sessions", "user_id IS NOT NULL") == []


def test_in_english_one_stays_in_english(site):
    enrol(site.gate)
    visitor = site.visitor()
    assert visitor.get("/en/account").location == "/en/sign-in?next=/en/account"
    first = visitor.post("/en/sign-in", email=LI, password=PASSWORD)
    assert first.location == "/en/sign-in/second"
    assert "authenticator app" in visitor.get("/en/sign-in/second").text
    assert visitor.post("/en/sign-in/second", code=visitor.code()).location == "/en/desk/"
    assert "Where you are signed in" in visitor.get("/en/account").text


def test_a_program_gets_a_problem_document(site):
    response = site.visitor().get("/account", Accept="application/json")
    assert response.status_code == 401
    assert json.loads(response.data)["type"] == "/problems/sign-in-needed"


def test_the_cookie_is_held_by_the_browser(site):
    visitor = site.visitor()
    header = visitor.get("/sign-in").headers["Set-Cookie"]
    name, _, rest = header.partition("=")
    assert name == "__Host-mz"
    value, *parts = [part.strip() for part in rest.split(";")]
    assert len(value) == 43
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(parts)
    assert not any(part.startswith(("Domain", "Max-Age", "Expires")) for part in parts)
    assert value.encode() not in b"".join(row.key_hash for row in rows(site, "user_sessions"))


def test_public_pages_neither_read_nor_set_a_session(site):
    enrol(site.gate)
    visitor = site.visitor()
    visitor.enter()
    later(site.gate, minutes=5)
    before = rows(site, "user_sessions")
    response = visitor.get("/funds/qinghe")
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert rows(site, "user_sessions") == before


# --- fixation, and stolen keys ---------------------------------------------------------------------


def test_the_key_is_another_one_after_each_step(site):
    enrol(site.gate)
    visitor = site.visitor()
    visitor.get("/sign-in")
    keys = [visitor.cookie]
    visitor.post("/sign-in", email=LI, password=PASSWORD)
    keys.append(visitor.cookie)
    visitor.post("/sign-in/second", code=visitor.code())
    keys.append(visitor.cookie)
    later(site.gate, seconds=40)
    assert visitor.post("/account/step-up", code=visitor.code()).status_code == 303
    keys.append(visitor.cookie)
    assert len(set(keys)) == 4
    for old in keys[:-1]:
        thief = site.visitor()
        thief.bring(old)
        assert thief.get("/account").status_code == 303
        assert thief.get("/sign-in/second").location == "/sign-in"
    assert visitor.get("/account").status_code == 200


def test_a_key_that_somebody_else_chose_is_never_taken(site):
    enrol(site.gate)
    victim = site.visitor()
    chosen = "A" * 43
    victim.bring(chosen)
    victim.enter()
    assert victim.cookie != chosen
    thief = site.visitor()
    thief.bring(chosen)
    assert thief.get("/account").status_code == 303


def test_a_stolen_key_is_worth_nothing_after_sign_out_elsewhere(site):
    enrol(site.gate)
    victim, thief = site.visitor(), site.visitor()
    victim.enter()
    thief.bring(victim.cookie)
    assert thief.get("/account").status_code == 200
    later(site.gate, seconds=60)
    other = site.visitor()
    other.enter()
    assert other.post("/account/sessions/end-others").location == "/account?done=sessions"
    assert thief.get("/account").status_code == 303
    assert other.get("/account").status_code == 200


def test_a_stolen_session_ends_with_its_user(site):
    enrolled = enrol(site.gate)
    thief = site.visitor()
    thief.enter()
    with site.gate.database.writing() as connection:
        assert sessions.end_sessions(connection, enrolled.user_id) == 1
    assert thief.get("/account").status_code == 303
    assert thief.post("/account/sessions/end-others", key="x").status_code == 400


def test_a_terminals_key_does_not_work_in_a_browser(site):
    from ledger.signin import terminal

    enrolled = enrol(site.gate)
    terminal.open_for_script(site.gate, enrolled.user_id)
    file = site.gate.signed_in_folder / str(enrolled.user_id)
    assert file.stat().st_mode & 0o777 == 0o600
    visitor = site.visitor()
    visitor.bring(file.read_text())
    assert visitor.get("/account").status_code == 303


@pytest.mark.parametrize("value", ["", "x", "A" * 44, "A" * 4000, "é" * 43, "A" * 42 + '"'])
def test_whatever_is_no_key_is_nobody(site, value):
    visitor = site.visitor()
    response = visitor.client.get(
        "/account",
        base_url="https://localhost:8000",
        headers={"Cookie": f"__Host-mz={value}".encode().decode("latin-1"), "Accept": "text/html"},
    )
    assert response.status_code == 303


# --- forms -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"email": LI},
        {"email": "", "password": ""},
        {"email": "x" * 300, "password": "y"},
        {"email": LI, "password": "y" * 601},
        {"email": "\0", "password": "\0"},
        {"email": "＠", "password": "\ud7ff"},
    ],
)
def test_malformed_forms_are_told_so(site, fields):
    response = site.visitor().post("/sign-in", **fields)
    assert response.status_code == 422
    assert "Set-Cookie" not in response.headers or "user" not in str(response.headers)


def test_an_oversized_form_is_refused(site):
    visitor = site.visitor()
    response = visitor.post("/sign-in", email=LI, password="x" * 2_000_000)
    assert response.status_code == 413


@pytest.mark.parametrize(
    "address",
    [
        "/sign-in",
        "/sign-in/second",
        "/sign-out",
        "/reset",
        "/account/step-up",
        "/account/sessions/1/end",
    ],
)
def test_no_form_without_its_key(site, address):
    enrol(site.gate)
    visitor = site.visitor()
    visitor.enter()
    assert visitor.post(address, key="not one of ours", code="123456").status_code == 400


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/desk/qinghe/?a=1", "/desk/qinghe/?a=1"),
        ("/en/desk/", "/en/desk/"),
        ("//evil.example", ""),
        ("/\\evil.example", ""),
        ("https://evil.example/", ""),
        ("javascript:alert(1)", ""),
        ("/a\r\nSet-Cookie: x", ""),
        ("/\tevil", ""),
        ("/sign-out", ""),
        ("/en/account/step-up?next=/x", ""),
        ("/" + "a" * 500, ""),
        ("", ""),
        (None, ""),
    ],
)
def test_one_never_ends_up_elsewhere(text, path):
    assert safe_next(text) == path


# --- nobody learns who is a user -------------------------------------------------------------------


def told(visitor, email):
    response = visitor.post("/sign-in", email=email, password="wrong and wrong again")
    # What was typed stands in its field, and forms have keys of their own.
    text = response.text.replace(email, "EMAIL")
    for part in ("csrf_token", "data-options"):
        text = "\n".join(line for line in text.splitlines() if part not in line)
    return response.status_code, text


def test_the_sign_in_says_the_same_for_everybody(site):
    enrol(site.gate)
    enrolling.add_user(site.gate, WANG, "Not yet")
    ended = enrol(site.gate, "gone@qinghe.example.com", "Gone")
    enrolling.end_user(site.gate, ended.user_id)
    visitor = site.visitor()
    answers = {
        told(visitor, email)
        for email in (LI, WANG, "gone@qinghe.example.com", "nobody@qinghe.example.com")
    }
    assert len(answers) == 1


def test_the_sign_in_takes_as_long_for_everybody(site):
    """The time goes into hashing; here hashing is cheap, so what is held is that both do the same."""
    enrol(site.gate)
    hashed = []
    engine = site.gate.engine
    original = type(engine).matches

    def counting(password, stored):
        hashed.append(stored is not None)
        return original(engine, password, stored)

    object.__setattr__(engine, "matches", counting)
    visitor = site.visitor()
    for email in (LI, "nobody@qinghe.example.com"):
        told(visitor, email)
    assert hashed == [True, False]
    times = {True: [], False: []}
    for _ in range(15):
        for stored in (engine.hashed(PASSWORD), None):
            start = time.perf_counter()
            original(engine, "wrong and wrong again", stored)
            times[stored is not None].append(time.perf_counter() - start)
    there, nobody = (statistics.median(times[one]) for one in (True, False))
    assert nobody > there / 3
    assert there > nobody / 3


def test_asking_for_a_new_password_says_the_same_for_everybody(site, tmp_path):
    enrol(site.gate)
    answers = set()
    for email in (LI, "nobody@qinghe.example.com"):
        response = site.visitor().post("/reset", email=email)
        answers.add((response.status_code, response.text))
    assert len(answers) == 1
    site.gate.mailer.wait()
    assert len(letters(tmp_path)) == 1


def test_asking_too_often_is_told_so_whether_there_is_a_user_or_not(site):
    enrol(site.gate)
    for email in (LI, "nobody@qinghe.example.com"):
        codes = [site.visitor().post("/reset", email=email).status_code for _ in range(5)]
        assert codes == [200, 200, 200, 200, 429]


def test_locked_out_and_back(site):
    enrol(site.gate)
    visitor = site.visitor()
    for _ in range(6):
        assert told(visitor, LI)[0] == 422
    response = visitor.post("/sign-in", email=LI, password=PASSWORD)
    assert response.status_code == 429
    assert "1\xa0分钟" in response.text
    later(site.gate, seconds=61)
    assert visitor.enter().status_code == 303


# --- links -----------------------------------------------------------------------------------------


def test_an_invitation_ends_signed_in_with_codes_shown_once(site):
    user_id = enrolling.add_user(site.gate, LI, "Zhao Lei")
    path = enrolling.invite(site.gate, user_id).removeprefix("https://localhost:8000")
    visitor = site.visitor()
    for _ in range(2):  # mail programs open links too
        page = visitor.get(path)
        assert page.status_code == 200
    assert "data:image/svg+xml" in page.text
    assert page.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    with visitor.client.session_transaction(base_url="https://localhost:8000") as session:
        secret = session["totp"]["secret"]
    code = site.gate.engine.first_code(secret)
    wrong = visitor.post(path, password=PASSWORD, again="something else entirely", code=code)
    assert wrong.status_code == 422
    assert PASSWORD not in wrong.text
    shown = visitor.post(path, password=PASSWORD, again=PASSWORD, code=code)
    assert shown.status_code == 200
    assert shown.text.count("<li><code>") == 10
    assert visitor.get("/account").status_code == 200
    for again in (
        visitor.get(path),
        visitor.post(path, password=PASSWORD, again=PASSWORD, code=code),
    ):
        assert again.status_code == 410


@pytest.mark.parametrize("path", ["/invitation/x", "/reset/x", "/en/invitation/" + "y" * 5000])
def test_a_link_that_never_was_looks_like_one_that_was_used(site, path):
    assert site.visitor().get(path).status_code == 410


def test_a_new_password_by_mail(site, tmp_path):
    enrolled = enrol(site.gate)
    elsewhere = site.visitor()
    elsewhere.enter()
    site.visitor().post("/reset", email=LI)
    site.gate.mailer.wait()
    path = "/reset/" + letters(tmp_path)[-1].partition("/reset/")[2].split()[0]
    visitor = site.visitor()
    assert visitor.get(path).status_code == 200
    code = enrolled.recovery_codes[0]
    weak = visitor.post(path, password="Password1234", again="Password1234", code=code)
    assert (weak.status_code, "常见密码" in weak.text) == (422, True)
    done = visitor.post(path, password=NEW, again=NEW, code=code)
    assert done.location == "/sign-in?done=reset"
    assert elsewhere.get("/account").status_code == 303
    assert (
        visitor.post(path, password=NEW, again=NEW, code=enrolled.recovery_codes[1]).status_code
        == 410
    )
    later(site.gate, seconds=60)
    visitor.enter(password=NEW)


def test_a_link_is_in_no_log(site, monkeypatch):
    def fail(*_):
        raise InvariantError(what="something")

    user_id = enrolling.add_user(site.gate, LI, "Zhao Lei")
    key = enrolling.invite(site.gate, user_id).rpartition("/")[2]
    monkeypatch.setattr(enrolling, "begin", fail)
    with capture_logs() as said:
        assert site.visitor().get(f"/invitation/{key}").status_code == 500
    (failed,) = [line for line in said if line["event"] == "request failed"]
    assert failed["rule"] == "/invitation/<key>"
    assert key not in repr([{**line, "exc_info": ""} for line in said])


# --- one's own sign-in -----------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["password", "app", "passkeys", "codes", "passkeys/1/remove"])
def test_changes_ask_for_a_fresh_second_factor_and_come_back(site, page):
    enrol(site.gate)
    visitor = site.visitor()
    visitor.enter()
    assert visitor.get(f"/account/{page}").status_code in {200, 303}
    later(site.gate, minutes=11)
    asked = visitor.get(f"/account/{page}")
    assert asked.location == f"/account/step-up?next=/account/{page}"
    assert visitor.post(f"/account/{page}").location.startswith("/account/step-up")
    back = visitor.post("/account/step-up", code=visitor.code(), next=f"/account/{page}")
    assert back.location == f"/account/{page}"
    assert visitor.get(f"/account/{page}").status_code in {200, 303}


def test_changing_the_password_ends_other_sessions_and_is_told(site, tmp_path):
    enrol(site.gate)
    elsewhere, visitor = site.visitor(), site.visitor()
    elsewhere.enter()
    later(site.gate, seconds=60)
    visitor.enter()
    wrong = visitor.post("/account/password", old_password="no", password=NEW, again=NEW)
    assert (wrong.status_code, "现在的密码不对" in wrong.text) == (422, True)
    done = visitor.post("/account/password", old_password=PASSWORD, password=NEW, again=NEW)
    assert done.location == "/account?done=password"
    assert elsewhere.get("/account").status_code == 303
    assert visitor.get("/account?done=password").status_code == 200
    site.gate.mailer.wait()
    assert "the password" in letters(tmp_path)[-1]


def test_changing_the_app(site):
    enrol(site.gate)
    visitor = site.visitor()
    visitor.enter()
    visitor.get("/account/app")
    with visitor.client.session_transaction(base_url="https://localhost:8000") as session:
        secret = session["totp"]["secret"]
    assert visitor.post("/account/app", code="000000").status_code == 422
    done = visitor.post("/account/app", code=site.gate.engine.first_code(secret))
    assert done.location == "/account?done=app"
    later(site.gate, seconds=60)
    visitor.enter_again = visitor.post("/account/step-up", code=visitor.code())
    assert visitor.enter_again.status_code == 303


def test_new_recovery_codes_end_the_old_ones(site):
    enrolled = enrol(site.gate)
    visitor = site.visitor()
    visitor.enter()
    shown = visitor.post("/account/codes")
    assert shown.text.count("<li><code>") == 10
    assert visitor.get("/account/codes").text.count("<li><code>") == 0
    refused = visitor.post("/account/step-up", code=enrolled.recovery_codes[0])
    assert refused.status_code == 422


def test_another_persons_session_cannot_be_ended(site):
    enrol(site.gate)
    enrol(site.gate, WANG, "Chen Jing")
    mine, theirs = site.visitor(), site.visitor()
    mine.enter()
    theirs.enter(WANG)
    (row,) = rows(site, "user_sessions", "user_id = 2")
    mine.post(f"/account/sessions/{row.session_id}/end")
    assert theirs.get("/account").status_code == 200


def test_a_step_up_with_another_persons_code_is_refused(site):
    enrol(site.gate)
    enrol(site.gate, WANG, "Chen Jing")
    mine = site.visitor()
    mine.enter()
    assert mine.post("/account/step-up", code=mine.code(WANG)).status_code == 422


# --- time ------------------------------------------------------------------------------------------


def test_last_seen_is_written_once_a_minute(site):
    enrol(site.gate)
    visitor = site.visitor()
    visitor.enter()
    (before,) = rows(site, "user_sessions", "user_id = 1")
    later(site.gate, seconds=59)
    visitor.get("/account")
    (same,) = rows(site, "user_sessions", "user_id = 1")
    assert same.seen_ms == before.seen_ms
    later(site.gate, seconds=1)
    visitor.get("/account")
    (after,) = rows(site, "user_sessions", "user_id = 1")
    assert after.seen_ms == before.seen_ms + 60_000


def test_the_second_step_has_to_follow_within_ten_minutes(site):
    enrol(site.gate)
    visitor = site.visitor()
    visitor.post("/sign-in", email=LI, password=PASSWORD)
    later(site.gate, minutes=10, seconds=1)
    assert visitor.get("/sign-in/second").location == "/sign-in"


def test_sessions_that_ended_are_cleared_away(site):
    enrol(site.gate)
    for _ in range(3):
        site.visitor().get("/sign-in")
    assert len(rows(site, "user_sessions")) == 3
    later(site.gate, hours=1)
    site.visitor().get("/sign-in")
    assert len(rows(site, "user_sessions")) == 1


def test_who_signs_in_is_on_record(site):
    enrol(site.gate)
    visitor = site.visitor()
    told(visitor, LI)
    visitor.enter()
    own.end_others(site.gate, visitor_session(site))
    found = [(row.action, row.outcome) for row in rows(site, "activity")]
    assert ("sign-in.password", "failed") in found
    assert ("sign-in", "done") in found
    assert ("session.end-others", "done") in found


def visitor_session(site):
    with site.gate.database.reading() as connection:
        return sessions.of_user(connection, 1, site.gate.now, site.gate.limits)[0].signed_in


def test_keys_of_forms_belong_to_their_session(site):
    mine, theirs = site.visitor(), site.visitor()
    key = form_key_of(mine.get("/sign-in"))
    theirs.get("/sign-in")
    assert theirs.post("/sign-in", key=key, email=LI, password=PASSWORD).status_code == 400
