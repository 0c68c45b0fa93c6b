"""A statement is drawn from what it is given: whatever stands in it, nothing is fetched."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reports import render
from tests.unit.reports import example


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"p { color: red }")

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_neither_addresses_nor_files_are_fetched(
    outside: tuple[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    address, asked = outside
    secret = tmp_path / "secret.txt"
    secret.write_text("the-secret-of-this-machine", encoding="utf-8")
    monkeypatch.setenv("http_proxy", address)
    whole = render.statement_html

    def with_links(*arguments: object) -> str:
        html = whole(*arguments)  # type: ignore[arg-type]
        head = (
            f"<link rel=stylesheet href='{address}/a.css'><style>@import '{address}/b.css';"
            f"@font-face {{ font-family: x; src: url({address}/c.woff) }}"
            f"p {{ background: url({address}/d.png); font-family: x }}</style>"
            f"<link rel=attachment href='file://{secret}'><link rel=attachment href='{address}/e'>"
        )
        body = (
            f"<img src='{address}/f.png' alt=f><img src='file://{secret}' alt=g><img src='../../{secret}' alt=h>"
            f"<object data='{address}/i'></object><embed src='{address}/j'>"
            f"<a rel=attachment href='file://{secret}'>k</a>"
            f"<svg width=9 height=9><image href='{address}/l.png' width=9 height=9 /><use href='{address}/m.svg#a' />"
            "</svg>"
        )
        return html.replace("</head>", f"{head}</head>").replace("</body>", f"{body}</body>")

    monkeypatch.setattr(render, "statement_html", with_links)
    pdf = render.render_statement(example.empty_month(), {}, "zh")
    assert pdf.startswith(b"%PDF-")
    assert asked == []
    assert b"the-secret-of-this-machine" not in pdf
    # They were seen, and refused: the test would say nothing about a renderer that overlooked them.
    refused = [record for record in caplog.records if "disallowed protocol" in record.getMessage()]
    assert len(refused) >= 8
