"""What nobody's bank sends: every reader refuses it in our own words, and soon."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FileFormatError, InputError, TooLargeError
from ledger.matching.formats.detect import read_statements
from ledger.matching.lines import line_identities
from tests.unit.matching.formats.bank_texts import CAMT, GOOD, MT940, OFX, OFX_XML

MEBIBYTE = 2**20
FULL = 20 * MEBIBYTE

SECONDS_MAX = 30
"""On a machine that does other things too; what is quadratic would take hours."""

PIECES = [
    *(bytes([one]) for one in b'<>&"-+,./:;\n\r\t09CDE'),
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x01",
    b"9" * 40,
    b"<![CDATA[",
    b"<!--",
    b"]]>",
    b"&amp;",
    b"<!DOCTYPE x>",
    b":20:A\n",
    b":61:2610051005C1,00NTRFX\n",
    b"/ 16,",
    b"88,",
    b"-}",
    b"\xc3\xbc",
    b"\xfc",
    "。".encode(),
    "\ud7ff２".encode(),
]


def read_or_refuse(data):
    """Read a file; only errors of our own may come out, and they name file, line, field and reason."""
    try:
        files = read_statements("x", data)
    except InputError as error:
        is_named = {"file", "line", "field", "reason"} <= error.fields.keys()
        if isinstance(error, FileFormatError) and not is_named:
            raise
        return ()
    for file in files:
        names = line_identities(file)
        assert len(set(names)) == len(names) == len(file.lines)
        assert all(line.state == "booked" for line in file.lines)
        assert all(line.state != "booked" for line in file.pending)
    return files


def damaged(data, chance):
    """Damage bytes as discs, editors and people do: cut, drop, repeat, exchange, put something in."""
    data = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        at, to = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
        match chance.randrange(6):
            case 0 if at < len(data):
                data[at] = chance.randrange(256)
            case 1 if chance.randrange(3) == 0:
                del data[at:]
            case 2:
                del data[at : min(to, at + 20)]
            case 3:
                data[at:at] = data[at:to][:300]
            case _:
                data[at:at] = chance.choice(PIECES)
    return bytes(data)


@pytest.mark.parametrize("name", GOOD)
def test_the_good_ones_are_read(name):
    assert read_or_refuse(GOOD[name].encode())


@settings(max_examples=400)
@given(st.sampled_from(sorted(GOOD)), st.integers(0, 2**32))
def test_damaged_statements_are_read_or_refused_in_our_own_words(name, seed):
    read_or_refuse(damaged(GOOD[name].encode(), random.Random(seed)))


@pytest.mark.parametrize("name", GOOD)
@given(tail=st.binary(max_size=200))
def test_random_bytes_after_a_good_beginning_are_read_or_refused(name, tail):
    data = GOOD[name].encode()
    read_or_refuse(data[: len(data) // 2] + tail)


@pytest.mark.parametrize("name", ["camt.xml", "mt940.sta", "file.ofx", "file.bai"])
@given(st.data())
def test_a_download_that_was_cut_off_is_never_taken_for_whole(name, data):
    # A file may end a few blanks or an end mark early, or without the last zero of its balance; nothing else.
    whole = GOOD[name].replace("CR40,", "CR40,01").replace("EUR127,50", "EUR127,51")
    whole = whole.rstrip().removesuffix("\n-").removesuffix("/")
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(InputError):
        read_statements("x", cut.encode())


@given(st.text(alphabet="<>/&;!-[]CDATA OFXSTMRN.0123456789\n", max_size=200))
def test_any_tags_are_read_or_refused(text):
    read_or_refuse(OFX.replace("<MEMO>Medicine", text, 1).encode())
    read_or_refuse(CAMT.replace("Medicine", text, 1).encode())


@pytest.mark.parametrize(
    "blank", [b" ", b"\n", b"\r\n", b"\t", b"\x00", b"\xef\xbb\xbf", b"\r", b" \n\x00"]
)
def test_twenty_mebibytes_of_nothing_are_refused_at_once(blank):
    started = time.monotonic()
    with pytest.raises(FileFormatError) as raised:
        read_statements("x", (blank * FULL)[:FULL])
    assert raised.value.fields["reason"] in ("empty", "unknown-format")
    assert time.monotonic() - started < SECONDS_MAX


MANY = MEBIBYTE // 4
"""A quarter of what a file may hold: what is quadratic shows already."""

FLOODS = {
    "blank lines in a text": (MT940.replace("PLAIN TEXT\n", "PLAIN TEXT\n" + "\n" * (19 * MANY))),
    "a text of one line": MT940.replace("PLAIN", "A?20" * (4 * MANY)),
    "an envelope without end": "{" * (19 * MANY) + "\n" + MT940,
    "entities in a leaf": OFX.replace("Medicine", "&amp;" * (3 * MANY)),
    "sections that do not end": OFX_XML.replace("a <b>", "<![CDATA[" * (2 * MANY)),
    "comments that do not end": OFX.replace("Medicine", "<!--" * (4 * MANY)),
    "blank lines in a header": OFX.replace("CHARSET", "\n" * 65_000 + "CHARSET"),
    "tags that do not end": OFX.replace("Medicine", "<A " * (6 * MANY)),
    "aggregates": OFX.replace("Medicine", "<PAYEE>" * (2 * MANY)),
    "leaves": OFX.replace("Medicine", "<A>b" * (4 * MANY)),
    "empty elements": CAMT.replace("Medicine", "<a/>" * (4 * MANY)),
    "nested elements": CAMT.replace("Medicine", "<a>" * (6 * MANY)),
    "a text of blanks": CAMT.replace("Medicine", "Medicine" + "\n" * (18 * MANY)),
    "an attribute": CAMT.replace("<Ustrd>", f'<Ustrd a="{"x" * (18 * MANY)}">'),
    "attributes": CAMT.replace(
        "<Ustrd>", "<Ustrd " + " ".join(f'a{n}=""' for n in range(MANY)) + ">"
    ),
    "continuations": GOOD["file.bai"].replace("88,MEDICINE/\n", "88,/\n" * (4 * MANY)),
    "summaries": GOOD["file.bai"].replace("100,4000,1,,", "100,0,0,," * (2 * MANY)),
    "movements": MT940.replace(":86:PLAIN TEXT\n", ":61:261005C1,NTRFX\n" * MANY),
}


@pytest.mark.parametrize("name", FLOODS)
def test_floods_are_read_or_refused_in_bounded_time(name):
    data = FLOODS[name].encode()[:FULL]
    started = time.monotonic()
    read_or_refuse(data)
    assert time.monotonic() - started < SECONDS_MAX


def test_more_than_twenty_mebibytes_are_refused_unread():
    with pytest.raises(TooLargeError):
        read_statements("x", CAMT.encode() + b" " * FULL)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-7", "cp037"])
@pytest.mark.parametrize("name", GOOD)
def test_other_encodings_are_read_right_or_refused(name, encoding):
    plain = read_statements("x", GOOD[name].encode())
    files = read_or_refuse(GOOD[name].encode(encoding))
    assert [file.sum_minor for file in files] in ([], [file.sum_minor for file in plain])


@pytest.mark.parametrize(
    ("stated", "reason"),
    [("UTF-7", "unknown-encoding"), ("rot13", "unknown-encoding"), ("UTF-8", "not-utf-8")],
)
def test_an_xml_file_is_in_the_encoding_that_it_states(stated, reason):
    data = (
        CAMT.replace('"UTF-8"', f'"{stated}"').replace("Medicine", "M\xfcller").encode("latin-1")
    )
    with pytest.raises(FileFormatError) as raised:
        read_statements("x", data)
    assert (raised.value.fields["field"], raised.value.fields["reason"]) == ("encoding", reason)


def test_an_xml_file_in_another_encoding_that_it_states_is_read():
    for encoding in ("iso-8859-1", "windows-1252", "gb18030"):
        text = CAMT.replace('"UTF-8"', f'"{encoding}"').replace("Medicine", "Br\xfcder")
        (file,) = read_statements("x", text.encode(encoding))
        assert file.lines[0].text == "Br\xfcder"


def test_no_text_with_a_nul_comes_through():
    for text in (MT940.replace("PLAIN", "A\x00B"), OFX.replace("Medicine", "A\x00B")):
        with pytest.raises(FileFormatError) as raised:
            read_statements("x", text.encode())
        assert raised.value.fields["reason"] == "nul-character"
