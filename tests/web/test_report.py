"""A published statement: its page in both languages, and its file for good, in parts where somebody asks for parts."""

from __future__ import annotations

from hashlib import sha256

import pytest
from flask.testing import FlaskClient

from ledger.app import create_app
from tests.web.samples import FUND, GIFT, FakeServices, Settings

DATA = b"%PDF-1.7 sample"
FILE = "/funds/qinghe/statements/2019-09.pdf"


@pytest.fixture
def client() -> FlaskClient:
    return create_app(Settings(), FakeServices(FUND, GIFT)).test_client()


@pytest.mark.parametrize(
    ("prefix", "parts"),
    [
        (
            "",
            (
                "打赏总额",
                "1,234.56",
                "保留意见",
                "仅供试用",
                "没有时间戳",
                "&lt;b&gt;G3&lt;/b&gt;",
            ),
        ),
        ("/en", ("Gross", "1,234.56", "qualified opinion", "only for trying", "without a time")),
    ],
)
def test_the_page_has_figures_history_and_opinion_in_words(client, prefix, parts):
    page = client.get(f"{prefix}/funds/qinghe/statements/2019-09")
    assert page.status_code == 200
    for part in (*parts, "e" * 64, "f" * 64, FILE):
        assert part in page.text
    assert client.get(f"{prefix}/funds/qinghe/statements/2019-10").status_code == 404


def test_the_file_is_kept_for_good_and_given_in_parts(client):
    whole = client.get(FILE)
    tag = f'"{sha256(DATA).hexdigest()}"'
    assert (whole.data, whole.headers["ETag"]) == (DATA, tag)
    assert "immutable" in whole.headers["Cache-Control"]
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = client.get(FILE, headers={"Range": "bytes=5-7"})
    assert (part.status_code, part.data) == (206, DATA[5:8])
    assert part.headers["Content-Range"] == f"bytes 5-7/{len(DATA)}"
    assert client.get(FILE, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(FILE, headers={"Range": "bytes=99-"}).status_code == 416
