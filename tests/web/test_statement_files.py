"""What statements name beside themselves: registers too large to embed, and the schema of their figures."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
from flask.testing import FlaskClient

from ledger.app import create_app
from reports.schema import figures_schema
from reports.statement import figures_json
from tests.unit.reports import example
from tests.web.samples import FUND, GIFT, NUMBER, FakeServices, Settings


def _client() -> FlaskClient:
    return create_app(Settings(), FakeServices(FUND, GIFT)).test_client()


def test_a_register_too_large_to_embed_is_served_for_good_and_in_parts() -> None:
    client = _client()
    address = f"/funds/qinghe/statements/files/{'a1' * 32}/gifts.csv"
    with client.get(address) as whole:
        assert (whole.status_code, whole.mimetype) == (200, "text/csv")
        assert "immutable" in whole.headers["Cache-Control"]
        tag, body = whole.headers["ETag"], whole.data
    with client.get(address, headers={"Range": "bytes=3-9"}) as part:
        assert (part.status_code, part.data) == (206, body[3:10])
    with client.get(address, headers={"If-None-Match": tag}) as again:
        assert again.status_code == 304
    for wrong in ("../x.csv", "gifts.txt", "other.csv"):
        assert client.get(f"/funds/qinghe/statements/files/{'a1' * 32}/{wrong}").status_code == 404


def test_the_published_schema_holds_for_figures_and_refuses_a_float() -> None:
    schema = _client().get("/schemas/figures.json").get_json(force=True)
    validator = jsonschema.Draft202012Validator(schema)
    for statement in (example.full_month(), example.empty_month()):
        figures = json.loads(figures_json(statement))
        validator.validate(figures)
        figures["bank"]["b7"] = 1.5
        assert [one.json_path for one in validator.iter_errors(figures)] == ["$.bank.b7"]


def test_the_schema_in_the_docs_is_the_one_that_is_served() -> None:
    """Write it anew with `python -m reports.schema > docs/figures.schema.json`."""
    kept = Path(__file__).parents[2] / "docs" / "figures.schema.json"
    assert json.loads(kept.read_text(encoding="utf-8")) == figures_schema()


def test_a_gift_has_a_receipt_to_print_in_both_languages() -> None:
    client = _client()
    page = client.get(f"/en/funds/qinghe/gifts/{NUMBER.compact}").text
    assert f"/funds/qinghe/gifts/{NUMBER.compact}.pdf?lang=en" in page
    for language in ("zh", "en"):
        found = client.get(f"/funds/qinghe/gifts/{NUMBER.compact}.pdf?lang={language}")
        assert (found.status_code, found.mimetype) == (200, "application/pdf")
        assert found.data.endswith(language.encode())
    assert client.get("/funds/qinghe/gifts/000000000000.pdf").status_code == 404
