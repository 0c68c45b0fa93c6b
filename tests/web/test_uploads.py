"""Files that people bring are what their bytes say, unpack within limits, and never name a path."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage

from ledger.errors import FieldError, FileFormatError, LedgerError, TooLargeError
from ledger.web.uploads import NAME_MAX, attachment, keep, kept_file, kind_of, received, shown_name


def zipped(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return packed.getvalue()


def workbook() -> bytes:
    packed = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["日期", "金额"])
    book.save(packed)
    return packed.getvalue()


def brought(data: bytes, name: str = "file.csv", *kinds: str):
    return received(FileStorage(io.BytesIO(data), name), *(kinds or ("text",)))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"a,b\r\n1,2\r\n", "text"),
        ("日期,金额\n".encode("gb18030"), "text"),
        ("日期,金额\n".encode("utf-8-sig"), "text"),
        ("日期,金额\n".encode("utf-16"), "text"),
        (b"\x01no".replace(b"\x01", b"-"), "text"),
        (b'<?xml version="1.0"?><Document/>', "xml"),
        (b"\xef\xbb\xbf  <Document/>", "xml"),
        (zipped(("a.csv", b"x")), "zip"),
        (workbook(), "xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "xls"),
        (b"%PDF-1.7\n%%EOF", "pdf"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), "png"),
        (b"\xff\xd8\xff\xe0" + bytes(9), "jpeg"),
    ],
)
def test_a_kind_is_told_by_the_bytes(data, kind):
    assert kind_of("f", data) == kind
    for name in ("page.html", "a.exe", "a.csv", "no-suffix"):
        assert brought(data, name, kind).kind == kind


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01", b"MZ\x90\x00", b"\x89PNG\r\n\x1a\n", b"GIF89a\x01\x00", b"\xff\xd8\xff\xe0",
        b"\x1f\x8b\x08",
        b"Rar!\x1a\x07\x00", b"7z\xbc\xaf\x27\x1c", b"a,b\0c", b"\x00" * 10, b"a\x1b[2J", b"PK\x03\x04 not an archive",
        b"PK\x05\x06" + bytes(18), bytes(range(128, 256)),
    ],
)  # fmt: skip
def test_what_is_none_of_them_is_refused(data):
    with pytest.raises(FileFormatError):
        brought(data, "x.csv", "text", "xml", "xlsx", "xls", "zip", "pdf")


@pytest.mark.parametrize("kinds", [("xlsx",), ("pdf", "xml"), ("zip",)])
def test_only_kinds_that_the_page_asks_for_are_taken(kinds):
    with pytest.raises(FileFormatError) as caught:
        brought(b"a,b\n", "a.xlsx", *kinds)
    assert caught.value.fields["reason"] == "other-kind"


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE a SYSTEM 'http://evil/'><a/>",
        "<?xml version='1.0'?>\n<!doctype a [<!ENTITY b 'c'>]><a>&b;</a>",
        "<a><!ENTITY x SYSTEM 'file:///etc/passwd'></a>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_xml_has_no_document_type(text, encoding):
    with pytest.raises(FileFormatError) as caught:
        kind_of("a.xml", text.encode(encoding))
    assert caught.value.fields["reason"] == "document-type"


def test_a_page_is_never_taken_for_a_sheet():
    with pytest.raises(FileFormatError):
        brought(b"<html><script>alert(1)</script>", "a.csv", "text")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (zipped(*((f"{at}.csv", b"x") for at in range(2_001))), "members"),
        (zipped(("bomb.csv", bytes(20_000_000))), "ratio"),
        (zipped(*((f"{at}.csv", bytes(range(256)) * 160_000) for at in range(6))), "unpacked"),
    ],
    ids=["members", "ratio", "unpacked"],
)
def test_an_archive_unpacks_within_its_limits(data, what):
    with pytest.raises(TooLargeError) as caught:
        brought(data, "a.zip", "zip")
    assert caught.value.fields["what"] == what


@pytest.mark.parametrize(
    "file", [None, FileStorage(io.BytesIO(b""), ""), FileStorage(io.BytesIO(b"x"), "")]
)
def test_no_file_is_told_so(file):
    with pytest.raises(FieldError) as caught:
        received(file, "text")
    assert caught.value.fields["reason"] == "missing"


def test_an_empty_file_is_told_so():
    with pytest.raises(FieldError) as caught:
        brought(b"")
    assert caught.value.fields["reason"] == "empty"


@given(st.binary(max_size=400))
def test_whatever_the_bytes_they_have_a_kind_or_a_named_fault(data):
    try:
        found = kind_of("f", data)
    except LedgerError as error:
        found = error.fields["file"]
    assert found in {"text", "xml", "xlsx", "zip", "xls", "pdf", "png", "jpeg", "f"}


# --- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\li\\流水.xlsx", "流水.xlsx"),
        ("a\r\nSet-Cookie: x.csv", "aSet-Cookie: x.csv"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("/", "file"),
        ("evil\u202efdp.exe", "evilfdp.exe"),
        ("a\0b.csv", "ab.csv"),
        (".htaccess", "htaccess"),
        ("x" * 300 + ".csv", "x" * 99 + "…" + "x" * 16 + ".csv"),
    ],
)
def test_a_name_is_shown_without_what_it_could_do(name, shown):
    assert shown_name(name) == shown


@given(st.text(max_size=300))
def test_no_name_is_a_path_or_long(name):
    shown = shown_name(name)
    assert 0 < len(shown) <= NAME_MAX
    assert not {*shown} & {*"/\\\r\n\0"}
    assert shown not in {".", ".."}


def test_a_kept_file_has_a_random_name_and_is_its_owners(tmp_path: Path):
    folder = tmp_path / "uploads"
    upload = brought(b"a,b\n", "../../流水.csv")
    names = {keep(folder, upload) for _ in range(20)}
    assert len(names) == 20
    assert {one.name for one in folder.iterdir()} == names
    assert {one.name for one in tmp_path.iterdir()} == {"uploads"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in names:
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
        assert kept_file(folder, name) == b"a,b\n"


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "", ".", "a" * 31, "A" * 32, "0" * 32, "0" * 32 + "\n"]
)
def test_only_names_that_were_given_find_a_file(tmp_path: Path, name: str):
    (tmp_path / "secret").write_bytes(b"s")
    (tmp_path / "uploads").mkdir()
    assert kept_file(tmp_path / "uploads", name) is None


@pytest.mark.parametrize("name", ["流水.csv", 'a".html', "a\r\nX: y", "../x.html"])
def test_a_file_is_handed_out_to_be_saved_and_never_run(name):
    with Flask("x").test_request_context():
        response = attachment(b"<script>alert(1)</script>", name)
    assert response.content_type == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment; filename")
    assert "\n" not in response.headers["Content-Disposition"]
    assert "/" not in response.headers["Content-Disposition"].replace("%2F", "/").replace(
        "UTF-8''", ""
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["Cache-Control"] == "no-store"
