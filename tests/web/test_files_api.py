"""Files over the interface: previewed, taken once, held, listed page by page, and read on record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from ledger.activity import history as activity
from ledger.db import Database
from ledger.funds.booking import NewAccount, open_account
from tests.unit.matching.formats.bank_texts import MT940, MT942
from tests.web.machines import Machines, enrol_member, machines, new_token

NUMBER = "10020030/1234567"
FILES = "/api/v1/funds/qinghe/files"
LINES = "/api/v1/funds/qinghe/lines"


@pytest.fixture
def county(database: Database, tmp_path: Path) -> Iterator[Machines]:
    opened = machines(database, tmp_path)
    ledger = opened.ledger
    new = NewAccount("bank", "Deutsche", NUMBER, "EUR")
    open_account(ledger.sequencer, ledger.clock, opened.fund, new)
    enrol_member(ledger.sequencer, opened.fund, "Wang", "finance")
    yield opened
    opened.close()


def token(county: Machines, *scopes: str) -> str:
    return new_token(county.ledger, county.fund, "Wang", *scopes)


def send(county: Machines, data: bytes, **query: str) -> TestResponse:
    return county.client.post(
        FILES,
        data=data,
        query_string=query,
        headers={"Authorization": f"Bearer {token(county, 'files')}"},
        content_type="application/octet-stream",
    )


def ask(county: Machines, address: str, **query: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token(county, 'read')}"}
    answer = county.client.get(address, query_string=query, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = json.loads(answer.data)
    return found


def account_in(text: str) -> str:
    """Return the account that a file of MT940 names."""
    line: str = next(one for one in text.splitlines() if one.startswith(":25:"))
    return line.removeprefix(":25:")


def test_a_file_is_previewed_taken_once_and_listed(county: Machines) -> None:
    data = MT940.replace(account_in(MT940), NUMBER).encode()
    seen = send(county, data, name="a.sta", preview="yes")
    assert seen.status_code == 200
    told = json.loads(seen.data)
    assert (told["can_be_taken"], told["sha256"]) == (True, sha256(data).hexdigest())
    assert [(one["new"], one["known"], one["would"]) for one in told["statements"]] == [
        (2, 0, "count")
    ]
    assert ask(county, FILES) == {"files": [], "after": None}

    first = send(county, data, name="a.sta")
    assert first.status_code == 201
    again = send(county, data, name="other.sta")
    assert again.status_code == 200
    assert json.loads(first.data) | {"new": False, "added": 0} == json.loads(again.data)

    (file,) = ask(county, FILES)["files"]
    assert (file["name"], file["taken_by"], file["statements"][0]["state"]) == (
        "a.sta",
        "m2",
        "taken",
    )
    assert ask(county, f"{FILES}/{file['sha256']}") == file
    missing = county.client.get(
        f"{FILES}/{'0' * 64}", headers={"Authorization": f"Bearer {token(county, 'read')}"}
    )
    assert missing.status_code == 404


def test_lines_come_page_by_page_and_their_reading_is_on_record(county: Machines) -> None:
    data = (MT940 + MT942).replace(account_in(MT940), NUMBER).encode()
    assert send(county, data).status_code == 201
    whole = ask(county, LINES)["lines"]
    assert [one["amount"] for one in whole] == sorted(
        (one["amount"] for one in whole), reverse=whole[0]["amount"] > whole[-1]["amount"]
    )
    pages, after = [], None
    while True:
        found = ask(county, LINES, most="1", **({"after": after} if after else {}))
        pages += found["lines"]
        after = found["after"]
        if after is None:
            break
    assert pages == whole
    assert len(whole) == 2
    (pending,) = ask(county, LINES, state="pending")["lines"]
    assert (pending["amount"], pending["state"]) == (4000, "pending")
    assert ask(county, LINES, state="matched")["lines"] == []
    amount = str(-whole[0]["amount"])
    assert ask(county, LINES, amount_minor=amount)["lines"] == whole[:1]
    with county.ledger.database.reading() as connection:
        read = activity.of_fund(connection, county.fund.fund_id)
    assert {
        ("file.read", "lines", "read"),
    } <= {(one.activity.action, one.activity.subject, one.activity.outcome) for one in read}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "gone"}, "state"),
        ({"from": "2026-02-30"}, "from"),
        ({"amount_minor": "1.0"}, "amount_minor"),
        ({"file": "x"}, "file"),
        ({"after": "!"}, "after"),
        ({"after": "W10="}, "after"),
        ({"most": "0"}, "most"),
    ],
)
def test_what_cannot_be_asked_names_its_field(
    county: Machines, query: dict[str, str], field: str
) -> None:
    headers = {"Authorization": f"Bearer {token(county, 'read')}"}
    answer = county.client.get(LINES, query_string=query, headers=headers)
    assert answer.status_code == 422
    assert json.loads(answer.data)["errors"][0]["field"] == field


def test_a_file_that_cannot_be_taken_is_a_problem(county: Machines) -> None:
    foreign = send(county, MT940.replace(account_in(MT940), "DE0011").encode())
    assert (foreign.status_code, json.loads(foreign.data)["type"]) == (
        422,
        "/problems/unknown-name",
    )
    broken = send(county, b"\x00\x01", name="../../x.bin")
    assert broken.status_code == 422
    assert json.loads(broken.data)["errors"][0]["reason"] == "unknown-format"
    large = send(county, b" " * (26 * 2**20))
    assert large.status_code == 413
    headers = {"Authorization": f"Bearer {token(county, 'files')}"}
    other = county.client.post(FILES, data=b"x", headers=headers, content_type="text/plain")
    assert other.status_code == 415
    assert ask(county, FILES)["files"] == []


def test_a_settlement_sheet_is_taken_too(county: Machines) -> None:
    sheet = (
        b"platform,period,gross_cny,refund_cny,platform_share_rate,platform_share_cny,income_cny,tax_withheld_cny,"
        b"net_cny,statement_no\nkuaishou,2026-09,10.00,0.00,0.50,-5.00,5.00,0.00,5.00,KU-1\n"
    )
    seen = send(county, sheet, kind="settlement", preview="yes")
    assert json.loads(seen.data)["lines"][0]["net"] == 500
    assert send(county, sheet, kind="settlement").status_code == 201
    assert send(county, sheet, kind="settlement").status_code == 200
    other = send(
        county, sheet.replace(b"-5.00,5.00,0.00,5.00", b"-4.00,6.00,0.00,6.00"), kind="settlement"
    )
    assert other.status_code == 409
