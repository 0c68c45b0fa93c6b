from datetime import UTC, date, datetime

import pytest

from ledger.errors import BalanceTieError, FileFormatError, TooLargeError
from ledger.matching.formats.detect import read_statements
from ledger.matching.lines import line_identities
from tests.unit.matching.formats.bank_texts import MT940, MT942

LINE = ":61:2610051005D12,50NTRFNONREF//BANK-0001"


def read(text, encoding="utf-8"):
    return read_statements("mt.sta", text.encode(encoding))


def one_line(line, closing=None, currency="EUR", opening="100,00"):
    """Read a statement of one line; the closing balance is the opening one plus what is given."""
    text = (
        f":20:A\n:25:1\n:28C:1\n:60F:C261004{currency}{opening}\n{line}\n"
        f":62F:C261005{currency}{closing}\n"
    )
    (file,) = read(text)
    return file.lines[0]


def test_a_statement_is_read():
    (file,) = read(MT940)
    assert (file.format, file.account, file.commodity, file.number) == (
        "mt940",
        "10020030/1234567",
        "EUR",
        "5/1",
    )
    assert (file.opening_minor, file.closing_minor, file.ties) == (10000, 12750, True)
    assert (file.first_day, file.last_day) == (date(2026, 10, 5), date(2026, 10, 5))
    first, second = file.lines
    assert (first.line_no, first.amount_minor, first.bank_id) == (5, -1250, "BANK-0001")
    assert (first.text, first.counterparty) == ("UEBERWEISUNG Medicine for Octo ber", "HOSPITAL")
    assert first.booked_at == datetime(2026, 10, 5, tzinfo=UTC)
    assert (second.amount_minor, second.bank_id, second.references) == (
        4000,
        None,
        ("WD20261101",),
    )


@pytest.mark.parametrize(
    ("mark", "minor"),
    [("C", 100), ("D", -100), ("RC", -100), ("RD", 100), ("CR", 100), ("DR", -100), ("CN", 100)],
)
def test_a_mark_says_which_way_and_a_reversal_the_other(mark, minor):
    closing = "101,00" if minor > 0 else "99,00"
    assert one_line(f":61:261005{mark}1,00NTRFX", closing).amount_minor == minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("500,", "EUR", 50000),
        ("0,5", "EUR", 50),
        ("000000000025,00", "EUR", 2500),
        ("500", "EUR", 50000),
        ("500,", "JPY", 500),
        ("1,234", "KWD", 1234),
    ],
)
def test_amounts_have_the_digits_of_their_currency(amount, currency, minor):
    written = amount if "," in amount else f"{amount},"
    file = one_line(f":61:261005C{amount}NTRFX", written, currency, "0,")
    assert file.amount_minor == minor


@pytest.mark.parametrize(
    ("value", "entry", "booked"),
    [
        ("260101", "1230", date(2025, 12, 30)),
        ("251230", "0102", date(2026, 1, 2)),
        ("240301", "0229", date(2024, 2, 29)),
        ("250301", "0229", date(2024, 2, 29)),
        ("261005", "", date(2026, 10, 5)),
    ],
)
def test_an_entry_date_has_the_year_that_is_nearest(value, entry, booked):
    line = one_line(f":61:{value}{entry}C1,00NTRFX", "101,00")
    assert line.booked_at.date() == booked
    assert line.value_day == date(2000 + int(value[:2]), int(value[2:4]), int(value[4:]))


def test_a_value_day_that_february_does_not_have_is_its_last_and_is_noticed():
    text = MT940.replace(":61:2610051005D", ":61:2602300301D")
    (file,) = read(text)
    assert file.lines[0].value_day == date(2026, 2, 28)
    assert file.lines[0].booked_at.date() == date(2026, 3, 1)
    assert [(one.line_no, one.reason) for one in file.notices] == [(5, "day-does-not-exist")]


def test_every_message_of_a_file_stands_for_itself():
    text = MT940 + MT940.replace("1234567", "7654321").replace(
        ":60F:C261004EUR100", ":60F:C261004EUR100"
    )
    files = read(text)
    assert [file.account for file in files] == ["10020030/1234567", "10020030/7654321"]
    assert files[1].lines[0].line_no == files[0].lines[0].line_no + MT940.count("\n")


def test_equal_lines_on_two_pages_of_a_day_all_survive():
    page = ":20:A\n:25:1\n:28C:1/{n}\n:60{a}:C261004EUR{o},\n{l}:62{z}:C261005EUR{c},\n"
    line = ":61:261005C2,NTRFX\n"
    files = read(
        page.format(n=1, a="F", z="M", o=0, c=4, l=line * 2)
        + page.format(n=2, a="M", z="F", o=4, c=8, l=line * 2)
    )
    identities = [name for file in files for name in line_identities(file)]
    assert len(set(identities)) == 4


def test_one_reference_on_two_amounts_loses_neither():
    text = MT940.replace("NTRFWD20261101", "NTRFX//BANK-0001")
    (file,) = read(text)
    assert len(set(line_identities(file))) == 2


def test_envelopes_and_line_ends_make_no_difference():
    plain = read(MT940)
    body = MT940.removesuffix("-\n")
    envelope = "{1:F01BANKDEFFXXXX0000000000}{2:I940BANKDEFFXXXXN}{4:\n" + body + "-}{5:{CHK:1}}\n"
    assert [one.amount_minor for one in read(envelope)[0].lines] == [-1250, 4000]
    glued = envelope.replace("{4:\n", "{4:")
    assert [one.amount_minor for one in read(glued)[0].lines] == [-1250, 4000]
    assert read("0000 01BANK\n940 00\n" + body + "-XXX\n")[0].sum_minor == 2750
    for end in ("\r\n", "\r"):
        assert read(MT940.replace("\n", end)) == plain


def test_lines_that_are_no_fields_are_text_of_the_field_before():
    text = MT940.replace(":86:PLAIN TEXT\n", ":NS:01PURPOSE\n02WD20261102\n")
    (file,) = read(text)
    assert file.lines[1].text == "01PURPOSE 02WD20261102"
    text = MT940.replace("PLAIN TEXT\n", f"{'X' * 61}\nWD20261102 TNR:\n1793\n")
    (file,) = read(text)
    assert file.lines[1].text == "X" * 61 + "WD20261102 TNR: 1793"


def test_a_second_line_of_a_movement_is_text():
    text = MT940.replace("//BANK-0001\n", "//BANK-0001\nNL70ABNA0987654321\n")
    assert read(text)[0].lines[0].text.endswith("ber NL70ABNA0987654321")


def test_texts_of_dutch_banks_name_the_other_party():
    text = MT940.replace("PLAIN TEXT", "/EREF/1/BENM//NAME/JOHN DOE/REMI/THANKS")
    assert read(text)[0].lines[1].counterparty == "JOHN DOE"


def test_over_long_details_are_shortened():
    text = MT940.replace("PLAIN TEXT", "word " * 50_000)
    assert len(read(text)[0].lines[1].text) <= 4000


@pytest.mark.parametrize(
    ("encoding", "word"),
    [("utf-8", "Überweisung"), ("cp1252", "Überweisung"), ("gb18030", "医院药费")],
)
def test_texts_in_the_usual_encodings_are_read(encoding, word):
    (file,) = read(MT940.replace("PLAIN TEXT", word), encoding)
    assert file.lines[1].text == word


def test_a_file_glued_together_from_two_encodings_is_refused():
    data = (
        MT940.encode()
        + MT940.replace("PLAIN", "Ü").encode()
        + MT940.replace("PLAIN", "Ü").encode("cp1252")
    )
    with pytest.raises(FileFormatError) as raised:
        read_statements("mt.sta", data)
    assert (raised.value.fields["reason"], raised.value.fields["line"]) == ("mixed-encodings", 28)


def test_an_interim_report_is_pending_and_no_money():
    (file,) = read(MT942)
    assert (file.format, file.lines, file.sum_minor, file.ties) == ("mt942", (), 0, None)
    assert [(one.amount_minor, one.state) for one in file.pending] == [(4000, "pending")]
    assert file.notices == ()
    assert line_identities(file) == ()


def test_totals_of_an_interim_report_that_differ_are_noticed():
    (file,) = read(MT942.replace(":90C:1EUR40,00", ":90C:2EUR41,00"))
    assert [(one.field, one.reason) for one in file.notices] == [(":90C:", "total-differs")]


def test_fees_and_interest_are_told_by_code():
    assert one_line(":61:261005D1,00NCHGX", "99,00").kind == "fee"
    assert one_line(":61:261005C1,00NINTX", "101,00").kind == "interest"
    assert one_line(":61:261005C1,00NTRFX\n:86:814?00ZINSEN", "101,00").kind == "interest"
    assert one_line(":61:261005D1,00NTRFX\n:86:805?00ABSCHLUSS", "99,00").kind == "fee"


def test_a_statement_that_does_not_tie_is_held_with_both_figures():
    with pytest.raises(BalanceTieError) as raised:
        read(MT940.replace("127,50", "127,51"))
    fields = raised.value.fields
    assert (fields["expected"], fields["found"], fields["difference_minor"]) == (12750, 12751, 1)
    assert (fields["account_ending"], fields["lines"]) == ("4567", 2)


def test_a_closing_balance_without_a_currency_is_held():
    with pytest.raises(BalanceTieError) as raised:
        read(MT940.replace(":62F:C261005EUR", ":62F:C261005"))
    assert raised.value.fields["reason"] == "no-currency"


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        (":61:2610051005D", ":61:2610321005D", ":61:", "no-such-day"),
        (":61:2610051005D", ":61:2602311005D", ":61:", "no-such-day"),
        (":61:2610051005D", ":61:2610050230D", ":61:", "no-such-day"),
        (":61:2610051005D", ":61:2610051005X", ":61:", "malformed"),
        ("D12,50", "D-12,50", ":61:", "malformed"),
        ("D12,50", "D12.50", ":61:", "malformed"),
        ("D12,50", "D1.212,50", ":61:", "malformed"),
        ("D12,50", "D12,505", ":61:", "too-many-decimals"),
        ("D12,50", "D999999999999999,00", ":61:", "too-large"),
        ("D12,50", "ED12,50", ":61:", "expected-and-booked"),
        ("//BANK-0001", f"//{'9' * 200}", ":61:", "too-long"),
        (":60F:C", ":60F:X", ":60F:", "malformed"),
        (":60F:C261004EUR", ":60F:C261004ZZZ", ":60F:", "unknown-currency"),
        (":60F:C261004EUR", ":60F:C261004", ":60F:", "no-currency"),
        (":60F:C261004EUR100,00\n", "", ":60F:", "missing"),
        (":60F:C261004", ":60F:C260230", ":60F:", "no-such-day"),
        (":62F:C261005EUR127,50\n-\n", "", ":62F:", "cut-off"),
        (":62F:C261005EUR127,50\n-\n", ":62F:C261005EUR127\n", ":62F:", "malformed"),
        (":62F:", ":60F:C261004EUR100,00\n:62F:", ":60F:", "twice"),
        (":25:10020030/1234567\n", ":25:\n", ":25:", "missing"),
        (":25:10020030/1234567\n", "", ":25:", "missing"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(old, new, field, reason):
    wrong = MT940.replace(old, new, 1)
    assert wrong != MT940
    with pytest.raises(FileFormatError) as raised:
        read(wrong)
    found = raised.value.fields
    assert (found["file"], found["field"], found["reason"]) == ("mt.sta", field, reason)
    assert 1 <= found["line"] <= 9


def test_more_lines_than_anybody_has_are_refused():
    text = MT940.replace(LINE, f"{LINE}\n" * 100_001)
    with pytest.raises(TooLargeError) as raised:
        read(text)
    assert raised.value.fields["what"] == "lines"
