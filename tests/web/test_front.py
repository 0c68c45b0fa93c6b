"""Gifts that are taken before Flask get the answer that Flask would have given, to the byte."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from ledger.activity import origins
from ledger.db import Database
from ledger.web.api import gifts
from ledger.web.api.front import _Front
from tests.web.machines import GIFT, Machines, machines

PATH = "/api/v1/funds/qinghe/gifts"
CONFLICT = {**GIFT, "amount": "1.00"}
WRONG = {**GIFT, "id": "x", "amount": "-1"}


@pytest.fixture
def api(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Machines]:
    file = tmp_path / "ledger.db"
    shutil.copyfile(migrated_sqlite, file)
    opened = machines(Database(f"sqlite:///{file}"), tmp_path)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _one_request_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two requests have two ids; here whole answers are compared."""
    monkeypatch.setattr(origins, "new_request_id", lambda: "one")


@pytest.fixture
def taken(api: Machines, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count what is taken before Flask."""
    found: list[str] = []
    take = _Front._taken

    def counted(front: _Front, request):  # type: ignore[no-untyped-def]
        found.append(request.channel)
        return take(front, request)

    monkeypatch.setattr(_Front, "_taken", counted)
    return found


def post(
    api: Machines, body: bytes, *, query: str = "channel=Own", **headers: str
) -> TestResponse:
    given = {"Authorization": f"Bearer {api.token}", **headers}
    return api.client.post(
        f"{PATH}?{query}", data=body, headers=given, content_type="application/json"
    )


def in_whole(answer: TestResponse) -> tuple[str, list[tuple[str, str]], bytes]:
    return answer.status, list(answer.headers), answer.data


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        (GIFT, 200),
        ([GIFT], 200),
        ([GIFT, WRONG], 207),
        ([GIFT, CONFLICT], 207),
        (CONFLICT, 409),
        (WRONG, 422),
        ([WRONG, WRONG], 422),
        ([], 422),
        ({**GIFT, "currency": "XXX"}, 422),
    ],
)
def test_both_ways_answer_the_same(
    api: Machines, taken: list[str], rows: object, status: int
) -> None:
    post(api, json.dumps(GIFT).encode())
    body = json.dumps(rows).encode()
    taken.clear()
    first = post(api, body)
    assert taken == ["Own"]
    second = post(api, body, query="channel=Own&unusual")
    assert taken == ["Own"]
    assert first.status_code == status
    assert in_whole(first) == in_whole(second)


def test_a_new_gift_is_answered_alike(api: Machines, taken: list[str]) -> None:
    first = post(api, json.dumps(GIFT).encode())
    second = post(
        api, json.dumps({**GIFT, "id": "20261009-2"}).encode(), query="channel=Own&unusual"
    )
    assert taken == ["Own"]
    assert first.status == second.status == "201 CREATED"
    lengths = ("Content-Length",)
    one = [pair for pair in first.headers if pair[0] not in lengths]
    two = [pair for pair in second.headers if pair[0] not in lengths]
    assert one == two
    assert first.json.keys() == second.json.keys()


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer unknown"},
        {"Authorization": "bearer unknown"},
        {"Authorization": ""},
        {"Idempotency-Key": ""},
        {"Idempotency-Key": '""'},
        {"Idempotency-Key": "k" * 200},
        {"Idempotency-Key": '"k"'},
        {"Accept-Language": "en"},
        {"Host": "elsewhere:81"},
        {"Host": "[::1]"},
    ],
)
def test_headers_mean_the_same_both_ways(api: Machines, headers: dict[str, str]) -> None:
    body = json.dumps(GIFT).encode()
    post(api, body)
    assert in_whole(post(api, body, **headers)) == in_whole(
        post(api, body, query="channel=Own&unusual", **headers)
    )


@pytest.mark.parametrize(
    ("path", "body", "content_type"),
    [
        ("/api/v1/funds/nowhere/gifts?channel=Own", b"{}", "application/json"),
        (f"{PATH}?channel=Nowhere", b"{}", "application/json"),
        (f"{PATH}?channel=", b"{}", "application/json"),
        (PATH, b"{}", "application/json"),
        (f"{PATH}/?channel=Own", b"{}", "application/json"),
        (f"{PATH}?channel=Own", b"{", "application/json"),
        (f"{PATH}?channel=Own", b"", "application/json"),
        (f"{PATH}?channel=Own", b"{}", "text/plain"),
        (f"{PATH}?channel=Own", b" " * 70_000, "application/json"),
    ],
)
def test_errors_are_those_of_the_app(
    api: Machines, path: str, body: bytes, content_type: str
) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    first = api.client.post(path, data=body, headers=headers, content_type=content_type)
    front = api.app.wsgi_app
    assert isinstance(front, _Front)
    api.app.wsgi_app = front._app  # type: ignore[method-assign]
    second = api.client.post(path, data=body, headers=headers, content_type=content_type)
    assert first.status_code >= 400
    assert in_whole(first) == in_whole(second)


def test_a_fault_of_ours_is_answered_by_the_app(
    api: Machines, taken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gifts, "answer_of", None)
    api.app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(*_: object) -> None:
        raise RuntimeError("not one of ours")

    monkeypatch.setattr("ledger.intake.calls.GiftCalls.take", fail)
    answer = post(api, json.dumps(GIFT).encode())
    assert taken == ["Own"]
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"


def test_what_a_client_sends_never_passes_for_an_outcome(api: Machines) -> None:
    answer = post(api, b"{", query="channel=Own&x", **{"Ledger.Gifts": "1", "ledger-gifts": "1"})
    assert answer.status_code == 422


def test_a_hook_is_never_passed_by(api: Machines, taken: list[str]) -> None:
    api.app.before_request(lambda: ("", 429))
    assert post(api, json.dumps(GIFT).encode()).status_code == 429
    assert taken == []


@pytest.mark.parametrize(("host", "status"), [("localhost", 201), ("elsewhere", 400)])
def test_hosts_are_those_of_the_app(
    api: Machines, taken: list[str], host: str, status: int
) -> None:
    api.app.config["TRUSTED_HOSTS"] = ["localhost"]
    assert post(api, json.dumps(GIFT).encode(), Host=host).status_code == status
    assert taken == (["Own"] if status == 201 else [])
