"""Public data to download: CSV as it is read, XLSX and Parquet as files made on the way, and what the columns mean."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import orjson
from flask import Blueprint, Response, make_response, render_template, request, send_file, url_for

from ledger.errors import BusyError, NotFoundError
from ledger.export.public_data import TABLES, columns_of
from ledger.web import headers
from ledger.web.language import Voice, language_of
from ledger.web.services import services

LICENCE = ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/")
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
WAIT_S = 2.0

_one_at_a_time = threading.Semaphore(1)
"""A workbook of a million rows takes a core for a minute: one in each process, others are asked to come again."""

data = Blueprint("data", __name__, url_prefix="/funds/<fund>/data")


def add(blueprint: Blueprint) -> None:
    """Add the page that lists the files."""
    blueprint.add_url_rule("/funds/<fund>/data", "data", page)


def page(fund: str) -> Response:
    """List the tables, what their columns mean, and under which licence they may be used."""
    found = services().totals(fund)
    say = Voice(language_of(request.path), found.zone, found.commodity)
    html = render_template(
        "data.html",
        say=say,
        totals=found,
        tables=TABLES.values(),
        columns=columns_of,
        licence=LICENCE,
    )
    return headers.public_page(make_response(html))


@data.get("/datapackage.json")
def package(fund: str) -> Response:
    """Describe the tables for programs."""
    services().totals(fund)
    addresses = {
        name: url_for(".table", fund=fund, name=name, kind="csv", _external=True)
        for name in TABLES
    }
    body = orjson.dumps(services().data_dictionary(fund, addresses, LICENCE))
    response = Response(body, content_type="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return headers.public_page(response)


@data.get("/<name>.<kind>")
def table(fund: str, name: str, kind: str) -> Response:
    """Hand out a table.

    Raises:
        NotFoundError: No such table or format.
        BusyError: Somebody else's workbook is being made.
    """
    if name not in TABLES or kind not in FORMATS:
        raise NotFoundError(what="page")
    reached = services().totals(fund).as_of
    stop = reached.entry + 1 if reached else 0
    file = f"{fund}-{name}-{stop}.{kind}"
    if kind == "csv":
        response = Response(services().data_lines(fund, name, stop), content_type=FORMATS[kind])
        response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    else:
        response = _made(fund, (name, kind), stop, file)
    response.headers["Cache-Control"] = headers.PAGE_CACHE
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _made(fund: str, wanted: tuple[str, str], stop: int, name: str) -> Response:
    """Make a file and hand it out; it is gone when it was read.

    Raises:
        BusyError: Another one is being made.
    """
    if not _one_at_a_time.acquire(timeout=WAIT_S):
        raise BusyError(reason="one-at-a-time")
    try:
        with tempfile.NamedTemporaryFile(suffix=f".{wanted[1]}", delete=False) as made:
            path = Path(made.name)
        try:
            services().data_file(fund, wanted, stop, path)
            opened = path.open("rb")
        finally:
            path.unlink(missing_ok=True)
    finally:
        _one_at_a_time.release()
    return send_file(opened, FORMATS[wanted[1]], as_attachment=True, download_name=name)
