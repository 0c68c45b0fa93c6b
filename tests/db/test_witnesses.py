"""A log and its witness: asked step by step, kept, shown, and held to the checkpoints by the verification."""

from __future__ import annotations

import pytest

from ledger.cli.witnessing import witness_app
from ledger.log.checkpoints import open_cosigned
from ledger.log.notes import COSIGNATURE_V1, Signer, Verifier
from ledger.publication import history
from ledger.publication.policy import Witness
from ledger.publication.witness import request_body
from ledger.publication.witnesses import ask
from ledger.sequencer.groups import log_keys
from ledger.verify.database import verify_database
from tests.db import ledgers

SIGNER = Signer("witness.example/w1", COSIGNATURE_V1, b"\2" * 32)
WITNESS = Witness("one", SIGNER.verifier, "https://witness.example/w1")


@pytest.fixture
def ledger(database, tmp_path):
    made = ledgers.new_ledger(database, tmp_path / "keys")
    yield made
    made.close()


def keys_of(ledger) -> list[Verifier]:
    with ledger.database.reading() as connection:
        return [Verifier.from_text(one) for one in log_keys(connection, ledger.fund)]


def poster(ledger, state):
    """Send to a witness in this process; what it has signed lies in `state`."""
    app = witness_app(SIGNER, {ledger.fund.origin: keys_of(ledger)}, state)

    def post(_url, body):
        answer = app.test_client().post("/add-checkpoint", data=body)
        return answer.status_code, answer.headers["Content-Type"], answer.data

    return post


def ask_now(ledger, post):
    note = ledger.sequencer.released_note(ledger.fund)
    return ask(ledger.database, ledger.fund, note, WITNESS, post)


def test_a_witness_follows_a_log_and_its_lines_are_kept(ledger, tmp_path):
    post = poster(ledger, tmp_path / "witness")
    sizes = []
    for at in range(3):
        ledgers.give(ledger, ledgers.gift(f"g{at}"))
        first, again = ask_now(ledger, post), ask_now(ledger, post)
        assert (first.problem, first) == ("", again)
        sizes.append(first.size)
    assert sizes == sorted(set(sizes))
    with ledger.database.reading() as connection:
        note = history.newest_witnessed(connection, ledger.fund.fund_id)
    opened = open_cosigned(note, ledger.fund.origin, keys_of(ledger), [SIGNER.verifier])
    assert (opened.checkpoint.size, len(opened.cosignatures)) == (sizes[-1], 1)
    url = ledger.database.url.render_as_string(hide_password=False)
    report = verify_database(url, ledger.keys)
    assert report.ok, report.summary
    assert next(one for one in report.checks if one.name == "cosignatures").counted == 3


def test_a_log_that_forgot_what_was_signed_asks_from_where_the_witness_is(ledger, tmp_path):
    post = poster(ledger, tmp_path / "witness")
    ledgers.give(ledger, ledgers.gift("a"))
    note = ledger.sequencer.released_note(ledger.fund)
    forgetful = Witness("one", SIGNER.verifier, "")
    assert post("", request_body(0, [], note))[0] == 200
    ledgers.give(ledger, ledgers.gift("b"))
    later = ledger.sequencer.released_note(ledger.fund)
    assert ask(ledger.database, ledger.fund, later, forgetful, post).size > 0


def test_whatever_a_witness_answers_nothing_wrong_is_kept(ledger):
    ledgers.give(ledger, ledgers.gift("a"))
    stranger = Signer(SIGNER.name, COSIGNATURE_V1, b"\7" * 32)
    answers = [
        (500, "text/html", b"<h1>"),
        (200, "text/plain", b""),
        (200, "text/plain", b"\xff\xfe"),
        (200, "text/plain", b"\xe2\x80\x94 someone AAAAAAAA\n"),
        (409, "text/x.tlog.size", b"999999\n"),
        (409, "text/x.tlog.size", b"-1\n"),
        (200, "text/plain", stranger.verifier.text().encode()),
    ]
    for answer in answers:
        asked = ask_now(ledger, lambda _url, _body, answer=answer: answer)
        assert asked.size == 0
        assert asked.problem
    with ledger.database.reading() as connection:
        assert history.newest_witnessed(connection, ledger.fund.fund_id) is None


def test_a_line_that_was_tampered_with_is_noticed(ledger, tmp_path):
    ledgers.give(ledger, ledgers.gift("a"))
    ask_now(ledger, poster(ledger, tmp_path / "witness"))
    url = ledger.database.url.render_as_string(hide_password=False)
    with ledger.database.writing() as connection:
        if ledger.database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER cosignatures_no_update")
        else:
            connection.exec_driver_sql("DROP TRIGGER cosignatures_no_change ON cosignatures")
        connection.exec_driver_sql("UPDATE cosignatures SET signed_at = signed_at + 1")
    failed = {one.table for one in verify_database(url, ledger.keys).failures}
    assert failed == {"cosignatures"}
