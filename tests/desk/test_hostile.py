"""Values that no page of ours makes, in addresses and forms, on both databases: refused or shown, never a fault."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.clock import FixedClock
from ledger.db import Database
from tests.desk.counties import County, new_county
from tests.signin.sites import new_site

HOSTILE = (
    "z" * 64,
    "²",
    "1-" + "z" * 64,
    "9" * 400,
    "a\0b",
    "1 a zz ²",
    "1 a zz 1",
    "-1",
    "%",
    "'",
)
FILTERS = {
    "lines": ("state", "account", "from", "to", "amount", "text", "file", "after"),
    "lines?state=held": ("file", "after", "text"),
    "files": ("after",),
    "matches": ("skip", "below"),
    "exceptions": ("state", "kind", "owner", "text", "after"),
    "decisions": ("below",),
    "decisions/new/transfer": ("amount", "key"),
    "day": ("on",),
}
FORMS = {
    "files": ("kept", "name", "account", "mapping"),
    "settlements": ("kept", "name"),
    "decisions/new/transfer": ("from", "to", "amount", "reference", "key"),
    "decisions/new/rate": ("unit", "units", "worth", "since", "key"),
    "decisions/new/close": ("month", "key"),
    "tokens": ("name", "days", "scopes"),
    "suggestions/0000000000000000/dismiss": ("reason",),
    "exceptions/1/step": ("step", "value", "text"),
    "exceptions/1/resolution": ("reason", "key"),
}


@pytest.fixture
def anywhere(database: Database, clock: FixedClock, tmp_path) -> Iterator[County]:
    site = new_site(database, clock, tmp_path)
    return new_county(site, site.ledger)


def send(visitor, address, key, fields):
    """Send a form whose fields may be called as anything."""
    return visitor.client.post(
        address,
        base_url="https://localhost:8000",
        data={"csrf_token": key, **fields},
        headers={"Accept": "text/html", "Referer": "https://localhost:8000/"},
        environ_overrides=visitor.environ,
    )


def test_nothing_in_an_address_makes_a_page_fail(anywhere):
    for page, names in FILTERS.items():
        for name in names:
            for value in HOSTILE:
                path, _, state = page.partition("?state=")
                visitor = anywhere.as_("wang")
                answer = visitor.client.get(
                    f"/desk/qinghe/{path}",
                    base_url="https://localhost:8000",
                    query_string={**({"state": state} if state else {}), name: value},
                    headers={"Accept": "text/html"},
                    environ_overrides=visitor.environ,
                )
                assert answer.status_code < 500, (page, name, value)
    for page in (f"files/{'z' * 64}", f"exceptions/1/evidence/{'z' * 64}"):
        assert anywhere.get("wang", page).status_code == 404, page
    for name in ("member", "action", "below"):
        for value in HOSTILE:
            assert anywhere.get("zhou", f"activity?{name}={value}").status_code < 500


def test_nothing_typed_into_a_form_makes_a_page_fail(anywhere):
    key = anywhere.as_("wang").form_key()
    for page, names in FORMS.items():
        for value in HOSTILE:
            answer = send(
                anywhere.as_("wang"), f"/desk/qinghe/{page}", key, dict.fromkeys(names, value)
            )
            assert answer.status_code < 500, (page, value)
    papers = anywhere.as_("sun")
    key = papers.form_key()
    for value in HOSTILE:
        fields = {"title": value, "subject": value, "body": value}
        assert send(papers, "/audit/qinghe/papers/new", key, fields).status_code < 500
