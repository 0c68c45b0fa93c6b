"""Donors find their gifts without a receipt number, and say what is shown of them, on both databases."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.app import create_app
from ledger.db import Database
from ledger.errors import FieldError
from ledger.journal.history import entry
from ledger.journal.receipt_numbers import receipt_number
from ledger.privacy import choices, store
from ledger.privacy.choices import Choice
from ledger.privacy.gift_codes import gift_code, is_code
from ledger.publication import overlay_keys
from ledger.settings import load_settings
from ledger.wiring import Ledger as Opened
from ledger.wiring import Services
from tests.db.ledgers import START, Ledger, erase, gift, give, new_ledger

BASE = {"base_url": "http://localhost:8000"}


class Viewer:
    """A fund with three gifts of a minute, and somebody who looks at its pages."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.ledger: Ledger = new_ledger(database, folder / "keys")
        names = (("a", "李小花"), ("b", "王大山"), ("c", "赵云"))
        events = [gift(f"ORDER-{key}", 300, nickname=name) for key, name in names]
        self.seqs = [one.seq for one in give(self.ledger, *events).value]
        settings = load_settings({"LEDGER_HOME": str(folder)})
        self.services = Services(
            Opened(settings, database, self.ledger.sequencer, self.ledger.clock)
        )
        self.client = create_app(settings, self.services).test_client()
        self.overlay = overlay_keys.renew(settings.keys, "qinghe")

    def code(self, seq: int) -> str:
        with self.ledger.database.reading() as connection:
            part = store.find(connection, self.ledger.fund.fund_id, [seq])[seq]
        return gift_code(part.salts)

    def receipt(self, seq: int) -> str:
        with self.ledger.database.reading() as connection:
            stored = entry(connection, self.ledger.fund.fund_id, seq)
        return receipt_number(seq, stored.leaf_hash).compact

    def get(self, page: str) -> str:
        return self.client.get(f"/funds/qinghe{page}", **BASE).text

    def choose(self, seq: int, code: str, name: str, thanks: str) -> int:
        address = f"/funds/qinghe/gifts/{self.receipt(seq)}/choice"
        given = {"code": code, "name": name, "thanks": thanks}
        return self.client.post(address, data=given, **BASE).status_code

    def thanked(self) -> list[dict[str, object]]:
        told = self.client.get(f"/funds/qinghe/overlay.json?key={self.overlay}", **BASE)
        return list(told.json["thanks"])


@pytest.fixture
def viewer(database: Database, tmp_path: Path) -> Viewer:
    return Viewer(database, tmp_path)


def test_a_gift_is_found_by_its_order_number_only_with_its_own_code(viewer: Viewer) -> None:
    first, second, _ = viewer.seqs
    find = "/funds/qinghe/find"
    code = viewer.code(first)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{8}", code)
    typed = {"order": "ORDER-a", "code": f"{code[:4].lower()} {code[4:]}"}
    found = viewer.client.post(find, data=typed, **BASE)
    assert (found.status_code, found.location) == (
        303,
        f"/funds/qinghe/gifts/{viewer.receipt(first)}",
    )
    assert "Set-Cookie" not in found.headers
    answers = [
        viewer.client.post(find, data={"order": order, "code": other}, **BASE)
        for order, other in (("ORDER-a", viewer.code(second)), ("ORDER-a", ""), ("NONE", code))
    ]
    assert [one.status_code for one in answers] == [422] * 3
    # A wrong code and a wrong number are told the same, and the code is not shown again.
    assert answers[0].text == answers[1].text
    assert answers[0].text.replace("ORDER-a", "NONE") == answers[2].text
    assert code not in answers[2].text
    erase(viewer.ledger, first)
    assert viewer.client.post(find, data=typed, **BASE).status_code == 422


def test_codes_cannot_be_guessed_at_will(viewer: Viewer) -> None:
    guesses = [
        viewer.client.post("/funds/qinghe/find", data={"order": "ORDER-a", "code": "0"}, **BASE)
        for _ in range(11)
    ]
    assert [one.status_code for one in guesses] == [422] * 10 + [429]
    assert not is_code("0" * 8, None)
    assert not is_code(gift_code(bytes(128)), None)


def test_a_minute_and_an_amount_list_masked_candidates(viewer: Viewer) -> None:
    give(viewer.ledger, gift("other", 301), gift("before", 300, occurred_at_ms=1_791_547_000_000))
    page = viewer.get("/find?at=2026-10-09T20:00&amount=3.00")
    for seq in viewer.seqs:
        assert f"/gifts/{viewer.receipt(seq)}" in page
    assert page.count("/gifts/") == 3
    assert "李**" in page
    assert "李小花" not in page
    assert "没有这个金额" in viewer.get("/find?at=2026-10-09T20:01&amount=3.00")
    wrong = viewer.client.get("/funds/qinghe/find?at=gestern&amount=x", **BASE)
    assert (wrong.status_code, wrong.text.count("field-error"), "gestern" in wrong.text) == (
        422,
        2,
        True,
    )
    assert (
        viewer.client.get("/funds/qinghe/find?at=0001-01-01T00:00&amount=1", **BASE).status_code
        == 422
    )


def test_a_donor_hides_the_name_or_is_thanked_and_erasing_forgets_it(viewer: Viewer) -> None:
    first, second, third = viewer.seqs
    assert viewer.thanked() == []
    assert viewer.choose(first, viewer.code(second), "hidden", "none") == 422
    assert "李**" in viewer.get(f"/gifts/{viewer.receipt(first)}")
    assert viewer.choose(first, viewer.code(first), "hidden", "none") == 303
    assert "李**" not in viewer.get(f"/gifts/{viewer.receipt(first)}") + viewer.get("")
    assert viewer.choose(second, viewer.code(second), "masked", "name") == 303
    assert viewer.choose(third, viewer.code(third), "masked", "amount") == 303
    assert viewer.thanked() == [
        {"name": "赵**", "amount_minor": 300, "commodity": "CNY"},
        {"name": "王**", "amount_minor": None, "commodity": "CNY"},
    ]
    # A choice can be changed, and the two contradict each other in one case.
    assert viewer.choose(first, viewer.code(first), "hidden", "name") == 422
    assert viewer.choose(first, viewer.code(first), "shown", "name") == 422
    assert viewer.choose(first, viewer.code(first), "masked", "none") == 303
    assert "李**" in viewer.get(f"/gifts/{viewer.receipt(first)}")
    erase(viewer.ledger, third)
    assert [one["name"] for one in viewer.thanked()] == ["王**"]
    viewer.ledger.clock.set(START + timedelta(hours=13))
    assert viewer.thanked() == []
    fund_id = viewer.ledger.fund.fund_id
    with viewer.ledger.database.reading() as connection:
        assert choices.of(connection, fund_id, viewer.seqs).keys() == {first, second}
    with pytest.raises(FieldError):
        viewer.services.choose("qinghe", third, "00000000", Choice("hidden", "none"))
