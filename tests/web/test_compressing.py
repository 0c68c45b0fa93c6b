"""Public answers are compressed for whoever asks for it, and are the same bytes to everybody else."""

from __future__ import annotations

import gzip

import pytest

from ledger.app import create_app
from tests.web.samples import NUMBER, FakeServices, Settings

LINES = {"Accept-Encoding": "gzip, br"}
HEAVIEST = 100_000


@pytest.mark.parametrize(
    "page",
    ["/", "/funds/qinghe", "/static/mingzhang.css", f"/funds/qinghe/gifts/{NUMBER.compact}"],
)
def test_a_page_is_the_same_in_a_third_of_the_bytes(page):
    client = create_app(Settings(), FakeServices()).test_client()
    plain, packed = client.get(page), client.get(page, headers=LINES)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]
        known = {**LINES, "If-None-Match": answer.headers["ETag"]}
        again = client.get(page, headers=known)
        assert (again.status_code, again.data) == (304, b"")


def test_what_is_no_page_of_everybody_is_left_alone():
    client = create_app(Settings(), FakeServices()).test_client()
    for page in (
        "/no-such-page",
        "/log/qinghe/checkpoint",
        "/funds/qinghe/statements/2019-09.pdf",
    ):
        assert "Content-Encoding" not in client.get(page, headers=LINES).headers, page


def test_a_fund_and_a_gift_with_all_they_load_stay_light():
    client = create_app(Settings(), FakeServices()).test_client()
    for page in ("/funds/qinghe", f"/funds/qinghe/gifts/{NUMBER.compact}"):
        html = client.get(page).text
        parts = {
            word.split('"')[0].replace("&amp;", "&")
            for mark in ('href="', 'src="')
            for word in html.split(mark)[1:]
            if word.startswith("/static/")
        }
        bodies = [
            client.get(page, headers=LINES),
            *(client.get(one, headers=LINES) for one in parts),
        ]
        assert len(parts) >= 3
        assert sum(len(one.data) for one in bodies) < HEAVIEST / 2, page
        assert len(html) + sum(len(client.get(one).data) for one in parts) < HEAVIEST, page
