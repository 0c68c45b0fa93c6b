"""A character that no database of text takes, in each part of an address: a wrong address and not a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.db import Database
from tests.web.funded import Machine

PLACES = (
    "/funds/q%00",
    "/en/funds/q%00",
    "/funds/qinghe/gifts/%00",
    "/log/q%00/checkpoint",
    "/api/v1/funds/q%00",
    "/api/v1/funds/q%00/decisions",
    "/api/v1/funds/qinghe/periods/%00",
    "/api/v1/funds/qinghe/exceptions?text=%00",
    "/api/v1/funds/qinghe/exceptions?owner=a%00",
    "/api/v1/funds/qinghe/matches?account=%00",
    "/api/v1/funds/qinghe/spending?provider=%00",
    "/api/v1/funds/qinghe/figures?at=1&month=%00",
)


@pytest.fixture
def machine(database: Database, tmp_path: Path) -> Iterator[Machine]:
    made = Machine(database, tmp_path)
    yield made
    made.books.close()


def test_it_is_no_fault_of_ours(machine: Machine) -> None:
    client = machine.app.test_client()
    headers = {"Authorization": f"Bearer {machine.tokens['Li']}"}
    for place in PLACES:
        answer = client.get(place, headers=headers)
        assert 400 <= answer.status_code < 500, (place, answer.status_code, answer.text[:300])
    asked = client.post(
        "/funds/qinghe/questions", data={"body": "钱去哪了\0？" * 3, "language": "zh"}
    )
    assert asked.status_code < 500
    for place in ("/webhooks/kuaishou/q%00:Own", "/api/v1/funds/q%00/gifts?channel=%00"):
        answer = client.post(place, json={}, headers=headers)
        assert 400 <= answer.status_code < 500, (place, answer.status_code, answer.text[:300])
