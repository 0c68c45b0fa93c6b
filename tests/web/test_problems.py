"""Every error has one row, a sentence in each language, and one shape outside."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask_smorest import Api
from flask_smorest import Blueprint as ApiBlueprint
from marshmallow import Schema, fields

from ledger import errors
from ledger.app import create_app
from ledger.roles import PUBLIC, does
from ledger.web.problems import HTTP_PROBLEMS, PROBLEMS, by_slug, problem_of
from tests.web.samples import FakeServices, Settings


def _classes(root: type[errors.LedgerError]) -> list[type[errors.LedgerError]]:
    return [root] + [found for child in root.__subclasses__() for found in _classes(child)]


TREE = [kind for kind in _classes(errors.LedgerError) if kind.__module__ == "ledger.errors"]
ROWS = [*PROBLEMS.values(), *HTTP_PROBLEMS.values()]


def _failing_app(error: Exception) -> Flask:
    app = create_app(Settings(), FakeServices())

    def fail() -> str:
        raise error

    for address in ("/fails", "/en/fails", "/api/v1/fails"):
        app.add_url_rule(address, address, fail)
    return app


@pytest.mark.parametrize("kind", TREE)
def test_each_class_of_the_tree_has_its_own_row(kind):
    assert kind in PROBLEMS


def test_slugs_are_not_shared():
    assert len({row.slug for row in ROWS}) == len({id(row) for row in ROWS})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.slug)
def test_each_row_says_in_both_languages_what_to_do(row):
    for words in (row.title, row.sentence):
        assert any("\u4e00" <= character <= "\u9fff" for character in words.zh)
        assert words.en
        assert words.en.isascii() or "’" in words.en
    assert row.sentence.zh.endswith("。")
    assert row.sentence.en.endswith(".")
    assert by_slug(row.slug) is not None


def test_an_address_that_does_not_say_what_it_does_is_not_served():
    def door(app: Flask) -> None:
        app.add_url_rule("/desk/new", "new_page", lambda: "")

    with pytest.raises(errors.InvariantError) as caught:
        create_app(Settings(), FakeServices(), [door])
    assert caught.value.fields["endpoints"] == ["new_page"]


def test_a_class_without_a_row_is_shown_as_its_parent():
    class LaterError(errors.ConflictError):
        code = "later"

    assert problem_of(LaterError()) is PROBLEMS[errors.ConflictError]


@pytest.mark.parametrize("kind", TREE)
def test_each_class_answers_programs_with_the_one_shape(kind):
    client = _failing_app(kind(field="amount", reason="because", secret="s3cret")).test_client()
    response = client.get("/api/v1/fails")
    document = json.loads(response.data)
    assert response.content_type == "application/problem+json"
    assert response.status_code == document["status"] == PROBLEMS[kind].status
    assert document["type"] == f"/problems/{PROBLEMS[kind].slug}"
    assert {"title", "detail", "instance"} <= document.keys()
    assert "s3cret" not in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert ("errors" in document) == (response.status_code < 500)


def test_a_person_gets_a_page_in_the_language_of_the_address():
    client = _failing_app(errors.BusyError()).test_client()
    chinese = client.get("/fails", headers={"Accept": "text/html"})
    english = client.get("/en/fails", headers={"Accept": "text/html"})
    assert chinese.status_code == english.status_code == 503
    assert chinese.headers["Retry-After"] == "5"
    assert '<html lang="zh-CN">' in chinese.text
    assert "现在太忙" in chinese.text
    assert '<html lang="en">' in english.text
    assert "Too busy right now" in english.text


def test_a_page_asked_for_as_json_gets_a_problem_document():
    client = create_app(Settings(), FakeServices()).test_client()
    response = client.get("/funds/nobody", headers={"Accept": "application/json"})
    assert response.status_code == 404
    assert response.json["errors"] == [{"code": "not-found", "what": "fund"}]


def test_what_the_server_itself_refuses_has_the_same_shape():
    client = create_app(Settings(), FakeServices()).test_client()
    assert client.get("/api/nothing").json["status"] == 404
    refused = client.post("/log/qinghe/checkpoint")
    assert refused.json["type"] == "/problems/method"
    assert refused.status_code == 405
    assert "GET" in refused.headers["Allow"]


def test_an_error_nobody_expected_is_our_fault_and_says_nothing_else():
    app = _failing_app(RuntimeError("password=hunter2"))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    response = app.test_client().get("/fails")
    assert response.status_code == 500
    assert "账本没有丢" in response.text
    assert "hunter2" not in response.text


def test_a_token_is_asked_for_by_name():
    response = _failing_app(errors.UnauthorizedError()).test_client().get("/api/v1/fails")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_problem_type_leads_to_its_explanation():
    client = create_app(Settings(), FakeServices()).test_client()
    assert "同一个编号，内容不一样" in client.get("/problems/conflict").text
    assert "The same id with other content" in client.get("/en/problems/conflict").text
    assert client.get("/problems/no-such").status_code == 404


def test_what_a_schema_refuses_names_its_fields_in_the_same_shape():
    class AmountSchema(Schema):
        amount = fields.Integer(required=True)

    def door(app: Flask) -> None:
        app.config |= {"API_TITLE": "x", "API_VERSION": "1", "OPENAPI_VERSION": "3.1.0"}
        blueprint = ApiBlueprint("api", __name__, url_prefix="/api/v1")

        @blueprint.post("/gifts")
        @blueprint.arguments(AmountSchema(many=True))
        @does(PUBLIC)
        def post_gifts(rows):
            return str(rows)

        Api(app).register_blueprint(blueprint)

    client = create_app(Settings(), FakeServices(), [door]).test_client()
    response = client.post("/api/v1/gifts", json=[{"amount": 1}, {"amount": "x"}])
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    assert response.json["type"] == "/problems/field"
    assert response.json["errors"] == [
        {"field": "json.1.amount", "reason": "Not a valid integer."}
    ]
    assert "没有这一页" in client.get("/no-such-page").text
