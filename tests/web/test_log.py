"""The log's addresses, as a generic tile client asks for them."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient

from ledger.app import create_app
from tests.web.samples import CHECKPOINT, KEY, TILES, FakeServices, Settings


@pytest.fixture
def client() -> FlaskClient:
    return create_app(Settings(), FakeServices()).test_client()


def test_the_checkpoint_is_text_and_kept_for_seconds(client):
    response = client.get("/log/qinghe/checkpoint")
    assert response.data == CHECKPOINT
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=2"


def test_the_key_is_one_line(client):
    response = client.get("/log/qinghe/key")
    assert response.data == KEY.encode() + b"\n"
    assert response.content_type == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/000.p/7"])
def test_tiles_are_immutable_bytes(client, path):
    response = client.get(f"/log/qinghe/{path}", headers={"Accept-Encoding": "gzip, identity"})
    assert response.data == TILES[path]
    assert response.content_type == "application/octet-stream"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Content-Encoding" not in response.headers


def test_bundles_are_compressed_for_whoever_accepts_it(client):
    path = "tile/entries/000.p/7"
    plain = client.get(f"/log/qinghe/{path}", headers={"Accept-Encoding": "identity"})
    small = client.get(f"/log/qinghe/{path}", headers={"Accept-Encoding": "gzip, identity"})
    assert plain.data == TILES[path]
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == TILES[path]
    assert plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != small.headers["ETag"]


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/07",
        "tile/64/000",
        "tile/0/x000/000",
        "tile/0/x001",
        "tile/0/x001/",
        "tile/0/000/",
        "tile//0/000",
        "tile/data/000",
        "tile/0/٠٠٠",
        "tile/0/001",
    ],
)
def test_wrong_spellings_and_missing_tiles_are_not_found(client, path):
    response = client.get(f"/log/qinghe/{path}")
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"


def test_other_sites_may_read_the_log_and_only_the_log(client):
    assert client.get("/log/qinghe/checkpoint").headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in client.get("/funds/qinghe").headers


def test_a_log_that_does_not_exist_is_not_found(client):
    for path in ("checkpoint", "key", "tile/0/000"):
        assert client.get(f"/log/nobody/{path}").status_code == 404
