from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ledger.errors import FileFormatError, TooLargeError
from ledger.matching.formats.detect import read_statements
from ledger.matching.lines import line_identities
from tests.unit.matching.formats.bank_texts import OFX, OFX_TRANSACTIONS, OFX_XML, ofx


def read(text, encoding="utf-8"):
    return read_statements("f.ofx", text.encode(encoding))


def one(text=OFX_TRANSACTIONS, **parts):
    (file,) = read(ofx(text, **parts))
    return file


def test_a_file_of_version_1_is_read():
    (file,) = read(OFX)
    assert (file.format, file.account, file.commodity) == ("ofx", "1000 2000", "USD")
    assert (file.opening_minor, file.closing_minor, file.sum_minor, file.ties) == (
        None,
        12750,
        2750,
        None,
    )
    assert (file.first_day, file.last_day) == (date(2026, 10, 1), date(2026, 10, 10))
    first, second = file.lines
    assert (first.amount_minor, first.bank_id, first.counterparty, first.text) == (
        -1250,
        "F1",
        "HOSPITAL",
        "Medicine",
    )
    assert first.booked_at == datetime(2026, 10, 5, 12, tzinfo=timezone(timedelta(hours=-5)))
    assert (second.amount_minor, second.references) == (4000, ("PLATFORM", "WD20261101"))
    assert second.booked_at == datetime(2026, 10, 6, tzinfo=UTC)


def test_a_file_of_version_2_is_read():
    (file,) = read(OFX_XML)
    assert (file.account, file.commodity, file.closing_minor) == ("4000", "EUR", None)
    (line,) = file.lines
    assert (line.amount_minor, line.kind) == (-150, "fee")
    assert (line.counterparty, line.text) == ("Bank & Sons", "a <b> & c")
    assert line.line_no == 8


def test_header_and_body_on_one_line_and_leaves_with_ends_make_no_difference():
    plain = [(line.amount_minor, line.text) for line in read(OFX)[0].lines]
    glued = read(OFX.replace("\n", ""))[0]
    assert [(line.amount_minor, line.text) for line in glued.lines] == plain
    assert [line.line_no for line in glued.lines] == [1, 2]
    ended = OFX.replace("<MEMO>Medicine", "<MEMO>Medicine</MEMO>").replace(
        "40<FITID>", "40</TRNAMT><FITID>"
    )
    assert [(line.amount_minor, line.text) for line in read(ended)[0].lines] == plain
    assert [line.amount_minor for line in read(OFX.lower().replace("usd", "USD"))[0].lines] == [
        -1250,
        4000,
    ]


def test_empty_leaves_hold_nothing():
    text = OFX_TRANSACTIONS.replace("<MEMO>Medicine", "<MEMO><CHECKNUM>")
    assert one(text).lines[0].text == "HOSPITAL"


def test_several_accounts_stand_apart():
    body = OFX[OFX.index("<STMTTRNRS>") : OFX.index("</BANKMSGSRSV1>")]
    both = OFX.replace("</BANKMSGSRSV1>", body.replace("1000 2000", "3000") + "</BANKMSGSRSV1>")
    assert [(file.account, file.sum_minor) for file in read(both)] == [
        ("1000 2000", 2750),
        ("3000", 2750),
    ]


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("-12.50", -1250),
        ("+12.5", 1250),
        ("-200,00", -20000),
        (".5", 50),
        ("-,5", -50),
        ("7.", 700),
        ("0", 0),
        ("1,5", 150),
    ],
)
def test_amounts_are_read_with_a_point_or_a_comma(text, minor):
    assert one(OFX_TRANSACTIONS.replace("-12.50", text)).lines[0].amount_minor == minor


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20261005", datetime(2026, 10, 5, tzinfo=UTC)),
        ("20261005000000[+8:CST]", datetime(2026, 10, 5, tzinfo=timezone(timedelta(hours=8)))),
        ("20261005000000.000[8:CST]", datetime(2026, 10, 5, tzinfo=timezone(timedelta(hours=8)))),
        ("20261005[-3.30:NST]", datetime(2026, 10, 5, tzinfo=timezone(timedelta(hours=-3.5)))),
        ("20261005[5.5]", datetime(2026, 10, 5, tzinfo=timezone(timedelta(hours=5.5)))),
        ("202610051200", datetime(2026, 10, 5, 12, tzinfo=UTC)),
    ],
)
def test_the_day_is_the_day_as_written(text, at):
    found = one(OFX_TRANSACTIONS.replace("20261005120000.000[-5:EST]", text)).lines[0].booked_at
    assert (found, found.date()) == (at, date(2026, 10, 5))


def test_a_line_of_a_day_after_the_file_was_made_is_pending():
    file = one(OFX_TRANSACTIONS.replace("20261006", "20261011"))
    assert [line.amount_minor for line in file.lines] == [-1250]
    assert [(line.amount_minor, line.state) for line in file.pending] == [(4000, "pending")]


def test_the_list_of_pending_lines_is_no_money():
    text = OFX_TRANSACTIONS.replace("STMTTRN>", "STMTTRNP>").replace("DTPOSTED", "DTTRAN")
    file = one(text, list="BANKTRANLISTP")
    assert (file.lines, len(file.pending)) == ((), 2)


def test_a_line_that_is_written_twice_is_one():
    file = one(OFX_TRANSACTIONS * 2)
    assert len(file.lines) == 2
    assert [notice.reason for notice in file.notices] == ["repeated", "repeated"]


def test_a_number_that_is_used_again_loses_nothing_and_is_noticed():
    file = one(OFX_TRANSACTIONS.replace("F2", "F1"))
    assert len(set(line_identities(file))) == 2
    assert [notice.reason for notice in file.notices] == ["number-reused"]


def test_equal_lines_without_a_number_are_two():
    text = OFX_TRANSACTIONS.replace("<FITID>F1", "").replace("<FITID>F2", "")
    file = one(text + text)
    assert len(set(line_identities(file))) == 4


def test_an_aggregate_in_a_line_does_not_change_the_line():
    nested = (
        "<BANKACCTTO><BANKID>9<ACCTID>777</BANKACCTTO><PAYEE><NAME>OTHER</PAYEE><NAME>HOSPITAL"
    )
    file = one(OFX_TRANSACTIONS.replace("<NAME>HOSPITAL", nested))
    assert (file.lines[0].account, file.lines[0].counterparty) == ("1000 2000", "HOSPITAL")


@pytest.mark.parametrize(
    ("charset", "encoding", "word"),
    [
        ("1252", "cp1252", "Müller"),
        ("ISO-8859-1", "latin-1", "Müller"),
        ("NONE", "utf-8", "医院"),
        ("NONE", "gb18030", "医院药费"),
        ("936", "gb18030", "医院"),
    ],
)
def test_texts_are_in_the_charset_of_the_header(charset, encoding, word):
    text = OFX.replace("CHARSET:1252", f"CHARSET:{charset}").replace("Medicine", word)
    assert read(text, encoding)[0].lines[0].text == word


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("-12.50", "$120", "TRNAMT", "not-an-amount"),
        ("-12.50", "12.50-", "TRNAMT", "not-an-amount"),
        ("-12.50", "--12.50", "TRNAMT", "not-an-amount"),
        ("-12.50", "(12.50)", "TRNAMT", "not-an-amount"),
        ("-12.50", "1,234", "TRNAMT", "ambiguous-comma"),
        ("-12.50", "1,234,567.00", "TRNAMT", "not-an-amount"),
        ("-12.50", "12.505", "TRNAMT", "too-many-decimals"),
        ("-12.50", "1<2.50", "TRNAMT", "not-an-amount"),
        ("-12.50", "&#49;&#x32;e1", "TRNAMT", "not-an-amount"),
        ("<TRNAMT>-12.50", "", "TRNAMT", "missing"),
        ("20261005120000.000[-5:EST]", "20260230", "DTPOSTED", "no-such-day"),
        ("20261005120000.000[-5:EST]", "201120000000", "DTPOSTED", "no-such-day"),
        ("20261005120000.000[-5:EST]", "20261005250000", "DTPOSTED", "not-a-time"),
        ("20261005120000.000[-5:EST]", "20261005120000[99:X]", "DTPOSTED", "not-a-time"),
        ("20261005120000.000[-5:EST]", "5 October", "DTPOSTED", "not-a-time"),
        ("<DTPOSTED>20261005120000.000[-5:EST]", "", "DTPOSTED", "missing"),
        ("<CURDEF>USD", "<CURDEF>US$", "CURDEF", "unknown-currency"),
        ("<CURDEF>USD", "", "CURDEF", "unknown-currency"),
        ("<ACCTID>1000 2000", "", "ACCTID", "missing"),
        ("<FITID>F1", f"<FITID>{'1' * 200}", "FITID", "too-long"),
        ("<FITID>F1", "<CURRENCY><CURSYM>EUR</CURRENCY>", "CURRENCY/CURSYM", "other-currency"),
        ("</OFX>", "", "OFX", "cut-off"),
        ("<MEMO>Medicine", "<MEMO><![CDATA[Medicine", "xml", "cut-off"),
        (
            "<OFX>",
            '<!DOCTYPE OFX [<!ENTITY a SYSTEM "file:///etc/passwd">]><OFX>',
            "xml",
            "document-type",
        ),
        ("BALAMT>127.50", "BALAMT>1 27.50", "BALAMT", "not-an-amount"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(old, new, field, reason):
    wrong = OFX.replace(old, new, 1)
    assert wrong != OFX
    with pytest.raises(FileFormatError) as raised:
        read(wrong)
    found = raised.value.fields
    assert (found["file"], found["field"], found["reason"]) == ("f.ofx", field, reason)
    assert abs(found["line"] - len(OFX[: OFX.index(old)].splitlines())) <= 1


def test_a_file_cut_off_anywhere_is_refused():
    for end in range(OFX.index("<OFX>"), len(OFX.rstrip()) - 1, 7):
        with pytest.raises(FileFormatError):
            read(OFX[:end])


def test_a_bank_that_refused_the_download_says_so():
    text = OFX[: OFX.index("<BANKMSGSRSV1>")].replace("<CODE>0", "<CODE>15500") + "</OFX>"
    with pytest.raises(FileFormatError) as raised:
        read(text)
    assert raised.value.fields["reason"] == "refused-by-the-bank"


def test_aggregates_in_aggregates_without_end_are_refused():
    with pytest.raises(TooLargeError):
        read(OFX.replace("<STMTRS>", "<STMTRS>" + "<PAYEE>" * 100))
