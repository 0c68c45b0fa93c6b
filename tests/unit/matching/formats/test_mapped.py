# ruff: noqa: E501 - a case is one line

import io
import random
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BalanceTieError, FileFormatError, InputError, TooLargeError
from ledger.matching.formats.mapped import moment, read
from ledger.matching.formats.mapping_guess import propose
from ledger.matching.formats.mappings import Mapping, check
from ledger.money import plain_amount
from tests.unit.matching.formats.old_workbook import xls

FROM_OUTSIDE = Path(__file__).parents[5] / "shared" / "samples" / "bank-csv-generic"

PLAIN = Mapping(
    name="plain",
    date="Date",
    date_format="%m/%d/%Y",
    amount="Amount",
    balance="Balance",
    text=("Label",),
    counterparty="Partner",
    currency="USD",
    account="1234",
    zone="America/New_York",
)
HEADER = "Date,Label,Amount,Balance,Partner"
FIRST = '12/15/2018,Sale INV-20181215,-33.50,"-23.50",John'
SECOND = '12/16/2018,Payment,"1,533.50","1,510.00",Azure'


def csv(*rows, header=HEADER):
    return "\r\n".join([header, *rows, ""]).encode()


def lines(data, mapping=PLAIN):
    return [line for file in read("x", data, mapping) for line in file.lines]


def amounts(data, mapping=PLAIN):
    return [line.amount_minor for line in lines(data, mapping)]


def refused(data, mapping=PLAIN, kind=FileFormatError):
    with pytest.raises(kind) as raised:
        read("x", data, mapping)
    return raised.value.fields


def test_a_sheet_is_read_as_its_mapping_says():
    (file,) = read("x", csv(FIRST, SECOND), PLAIN)
    assert (file.format, file.account, file.commodity) == ("mapping:plain", "1234", "USD")
    assert (file.opening_minor, file.closing_minor) == (1000, 151000)
    first = file.lines[0]
    assert (first.amount_minor, first.balance_minor, first.line_no) == (-3350, -2350, 2)
    assert (first.text, first.counterparty, first.bank_id) == (
        "Sale INV-20181215",
        "John",
        None,
    )
    assert first.references == ("INV-20181215",)
    assert first.booked_at.isoformat() == "2018-12-15T00:00:00-05:00"


def test_newest_first_is_turned_round_by_balances_or_else_by_times():
    assert amounts(csv(SECOND, FIRST)) == [-3350, 153350]
    bare = replace(PLAIN, balance="")
    assert amounts(csv(SECOND, FIRST), bare) == [-3350, 153350]


def test_balances_that_do_not_follow_are_raised():
    fields = refused(csv(FIRST, SECOND.replace("1,510.00", "1,510.01")), kind=BalanceTieError)
    assert (fields["line"], fields["expected"], fields["found"]) == (3, 151000, 151001)


@pytest.mark.parametrize(
    ("sign", "cells", "minor"),
    [
        ("plus-in", "5.00,,,", 500),
        ("plus-in", "-5.00,,,", -500),
        ("plus-in", "+5.00,,,", 500),
        ("plus-out", "5.00,,,", -500),
        ("plus-out", "-5.00,,,", 500),
        ("columns", ",5.00,,", 500),
        ("columns", ",,5.00,", -500),
        ("columns", ",0.00,5.00,", -500),
        ("columns", ",5.00,-,", 500),
        ("columns", ",,-5.00,", 500),
        ("columns-only", ",,-5.00,", -500),
        ("columns-only", ",-5.00,,", 500),
        ("direction", "5.00,,,贷", 500),
        ("direction", "5.00,,,dr", -500),
        ("direction", "-5.00,,,D", 500),
        ("direction-only", "-5.00,,,C", 500),
        ("direction-only", "-5.00,,,D", -500),
    ],
)
def test_each_way_to_say_a_direction(sign, cells, minor):
    columns = {"amount": "A"}
    if sign.startswith("columns"):
        columns = {"amount": "", "money_in": "In", "money_out": "Out"}
    if sign.startswith("direction"):
        columns["direction"] = "D/C"
    mapping = replace(PLAIN, sign=sign, balance="", text=(), counterparty="", **columns)
    assert amounts(csv(f"12/15/2018,{cells}", header="Date,A,In,Out,D/C"), mapping) == [minor]


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        (",5.00,5.00,", "In", "in-and-out"),
        (",,,", "In", "no-amount"),
    ],
)
def test_two_columns_must_say_one_thing(cells, column, reason):
    mapping = replace(
        PLAIN,
        sign="columns",
        amount="",
        money_in="In",
        money_out="Out",
        balance="",
        text=(),
        counterparty="",
    )
    fields = refused(csv(f"12/15/2018,{cells}", header="Date,A,In,Out,D/C"), mapping)
    assert (fields["field"], fields["reason"]) == (column, reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("33.50-", "not-an-amount"),
        ("(33.50)", "not-an-amount"),
        ("３３.５０", "not-an-amount"),
        ("−33.50", "not-an-amount"),
        ("- 33.50", "not-an-amount"),
        ("--33.50", "not-an-amount"),
        ("$33.50", "not-an-amount"),
        ("33.50 USD", "not-an-amount"),
        ('"1,33.50"', "not-an-amount"),
        ('"33,50"', "not-an-amount"),
        ("1e3", "not-an-amount"),
        ("NaN", "not-an-amount"),
        ("33.505", "too-many-decimals"),
        ("9" * 17, "too-large"),
        ("9" * 5_000, "too-large"),
        ("", "missing"),
    ],
)  # fmt: skip
def test_a_sign_or_digit_in_an_odd_place_is_refused_and_never_guessed(text, reason):
    assert refused(csv(FIRST, f"12/15/2018,a,{text},1.00,b")) == {
        "file": "x",
        "line": 3,
        "field": "Amount",
        "reason": reason,
    }


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "minor"),
    [
        (",", ".", "1.234,5", 123450),
        (",", " ", "1 234,50", 123450),
        (",", "", "1234,50", 123450),
        (".", "'", "1'234.50", 123450),
        (".", "", "1234.5", 123450),
        (",", ".", "-1.234.567,89", -123456789),
    ],
)
def test_other_ways_to_write_numbers(decimal, thousands, text, minor):
    mapping = replace(PLAIN, decimal=decimal, thousands=thousands, balance="", delimiter=";")
    assert amounts(csv(f"12/15/2018;a;{text};;b", header=HEADER.replace(",", ";")), mapping) == [
        minor
    ]
    assert (
        refused(
            csv(
                f"12/15/2018;a;1{decimal}2{thousands or '_'}3;;b", header=HEADER.replace(",", ";")
            ),
            mapping,
        )["reason"]
        == "not-an-amount"
    )


@pytest.mark.parametrize(
    "text", ["02/30/2018", "13/01/2018", "12/15/18", "12/15/1999", "12/15/2100", "１2/15/2018", "", "2018-12-15", "43449", "12/15/2018x"]
)  # fmt: skip
def test_a_day_that_is_none_is_refused(text):
    fields = refused(csv(FIRST, f"{text},a,1.00,1.00,b"))
    assert (fields["line"], fields["field"]) == (3, "Date")
    assert fields["reason"] == ("not-a-time" if text else "missing")


@pytest.mark.parametrize(
    ("date_format", "text", "shown"),
    [
        ("%Y%m%d", "20181205", "2018-12-05T00:00:00"),
        ("%Y%m%d%H%M%S", "20181205093001", "2018-12-05T09:30:01"),
        ("%d.%m.%y", "5.12.18", "2018-12-05T00:00:00"),
        ("%Y年%m月%d日 %H:%M", "2018年12月5日  9:30", "2018-12-05T09:30:00"),
        (
            "%Y-%m-%dT%H:%M:%S.%f%z",
            "2018-12-05T09:30:01.123456+08:00",
            "2018-12-05T09:30:01+08:00",
        ),
        ("%Y-%m-%dT%H:%M:%S%z", "2018-12-05T09:30:01Z", "2018-12-05T09:30:01+00:00"),
    ],
)
def test_formats_of_days(date_format, text, shown):
    assert moment(text, date_format).isoformat() == shown


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001
def test_any_time_is_read_back_from_every_format(at):
    at = at.replace(microsecond=0)
    for date_format in (
        "%Y-%m-%d %H:%M:%S",
        "%Y%m%d%H%M%S",
        "%d/%m/%y %H:%M:%S",
        "%m.%d.%Y %H%M%S",
    ):
        assert moment(at.strftime(date_format), date_format) == at


def test_day_and_time_may_have_columns_of_their_own():
    mapping = replace(
        PLAIN, time="Time", time_format="%H%M%S", text=(), counterparty="", balance=""
    )
    data = csv("12/15/2018,,2.00", "12/15/2018,093001,1.00", header="Date,Time,Amount")
    assert [line.booked_at.strftime("%H:%M:%S") for line in lines(data, mapping)] == [
        "00:00:00",
        "09:30:01",
    ]
    assert (
        refused(csv("12/15/2018,240000,1.00", header="Date,Time,Amount"), mapping)["field"]
        == "Time"
    )


def test_accounts_and_currencies_in_columns_make_statements_of_their_own():
    mapping = replace(
        PLAIN,
        currency="",
        currency_column="币种",
        account="",
        account_column="账号",
        balance="",
        text=(),
        counterparty="",
    )
    rows = ["12/15/2018,1.00,人民币,6217", "12/15/2018,2,jpy,6217", "12/16/2018,3.00,CNY,6217"]
    files = read("x", csv(*rows, header="Date,Amount,币 种,账号"), mapping)
    assert [(file.account, file.commodity, file.sum_minor) for file in files] == [
        ("6217", "CNY", 400),
        ("6217", "JPY", 2),
    ]
    wrong = csv("12/15/2018,1.00,卢布,6217", header="Date,Amount,币种,账号")
    assert refused(wrong, mapping)["reason"] == "unknown-currency"


def test_the_banks_own_number_is_one_cell_or_several():
    mapping = replace(PLAIN, id=("Date", "No"), balance="", text=(), counterparty="")
    header = "Date,Amount,No"
    read_lines = lines(
        csv(
            "12/15/2018,1.00,77",
            "12/16/2018,1.00,77",
            "12/16/2018,1.00,000",
            "12/16/2018,1.00,-",
            header=header,
        ),
        mapping,
    )
    assert [line.bank_id for line in read_lines] == ["12/15/2018-77", "12/16/2018-77", None, None]
    assert refused(csv("12/15/2018,1.00,77", "12/15/2018,1.00,77", header=header), mapping) == {
        "file": "x",
        "line": 3,
        "field": "No",
        "reason": "twice",
    }


def test_only_the_banks_own_word_tells_fees_and_interest():
    mapping = replace(PLAIN, bank_word="Partner")
    rows = [FIRST.replace("John", "网银手续费"), SECOND.replace("Payment", "结息")]
    assert [line.kind for line in lines(csv(*rows), mapping)] == ["fee", "ordinary"]


def test_rows_above_the_header_and_totals_are_left_out():
    mapping = replace(PLAIN, skip_rows=2, ignored_starts=("合 计", "Note"))
    data = csv(
        HEADER,
        FIRST,
        "合计：,,99.00,,",
        SECOND,
        ",Notes,,,",
        header="Account 1234\r\n\r\nsomething,else",
    )
    assert amounts(data, mapping) == [-3350, 153350]
    assert refused(data, replace(mapping, ignored_starts=()))["line"] == 6
    assert refused(data, replace(mapping, skip_rows=1))["reason"] == "missing-column"
    assert refused(data, replace(mapping, skip_rows=50))["reason"] == "no-header"


@pytest.mark.parametrize(
    ("data", "line", "field", "reason"),
    [
        (csv(FIRST, header=HEADER.replace("Balance", "Saldo")), 1, "Balance", "missing-column"),
        (csv(FIRST, header=HEADER.replace("Partner", "Amount")), 1, "Partner", "missing-column"),
        (csv(FIRST + ",Date", header=HEADER + ",Date"), 1, "header", "column-twice"),
        (csv(FIRST.rsplit(",", 1)[0]), 2, "row", "wrong-number-of-cells"),
        (csv(FIRST + ",more"), 2, "row", "wrong-number-of-cells"),
        (csv(), 1, "row", "no-lines"),
        (b"", 0, "skip_rows", "no-header"),
        (csv(FIRST.replace("John", "Jo\x00hn")), 2, "row", "nul-character"),
        (csv('12/15/2018,"a'), 2, "row", "broken-csv"),
    ],
)
def test_a_wrong_shape_is_named(data, line, field, reason):
    assert refused(data) == {"file": "x", "line": line, "field": field, "reason": reason}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings_are_found(encoding):
    data = csv(FIRST.replace("John", "约翰")).decode().encode(encoding)
    assert lines(data)[0].counterparty == "约翰"


def test_other_encodings_are_said_by_the_mapping():
    data = csv(FIRST.replace("John", "Zoë Müller")).decode().encode("cp1252")
    assert lines(data, replace(PLAIN, encoding="cp1252"))[0].counterparty == "Zoë Müller"
    assert refused(data, replace(PLAIN, encoding="utf-8")) == {
        "file": "x",
        "line": 2,
        "field": "encoding",
        "reason": "not-utf-8",
    }


def test_a_file_glued_together_of_two_encodings_is_refused_at_the_line():
    glued = b"\xef\xbb\xbf" + csv(FIRST) + "12/16/2018,张三,1.00,,".encode("gb18030")
    assert refused(glued) == {"file": "x", "line": 3, "field": "encoding", "reason": "not-utf-8"}


def test_too_large_a_file_is_refused_unread():
    refused(b" " * (20 * 2**20 + 1), kind=TooLargeError)


# --- workbooks ---------------------------------------------------------------------------------------


def xlsx(*rows, more=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for row in more:
        (book["more"] if "more" in book.sheetnames else book.create_sheet("more")).append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


TITLES = HEADER.split(",")
DAY = datetime(2018, 12, 15)  # noqa: DTZ001 - a workbook knows no zones


@pytest.mark.parametrize("day", [DAY, "12/15/2018", 43449])
def test_a_worksheet_may_hold_days_as_dates_as_text_or_as_serial_numbers(day):
    data = xlsx(TITLES, [day, "a", -33.5, -23.5, "b"], [day, "c", 1533.5, 1510, "d"])
    found = lines(data)
    assert [line.amount_minor for line in found] == [-3350, 153350]
    assert {line.booked_at.isoformat() for line in found} == {"2018-12-15T00:00:00-05:00"}


def test_an_old_workbook_is_read_too():
    data = xls(
        [TITLES, [(43449.0,), "a", -33.5, -23.5, "b"], ["12/15/2018", "c", 67.1, 43.6, None]]
    )
    assert amounts(data) == [-3350, 6710]


def test_a_number_cell_has_a_point_whatever_texts_have():
    mapping = replace(PLAIN, decimal=",", thousands=".", balance="")
    assert amounts(
        xlsx(TITLES, [DAY, "a", 1.5, None, "b"], [DAY, "a", "1.234,50", None, "b"]), mapping
    ) == [150, 123450]


@pytest.mark.parametrize(
    ("row", "cell", "field", "reason"),
    [
        ([DAY, "a", 0.30000000000000004, 1, "b"], None, "Amount", "too-many-decimals"),
        ([DAY, "a", 1.005, 1, "b"], "C3", "Amount", "too-many-decimals"),
        ([DAY, "a", 1e17, 1, "b"], "C3", "Amount", "not-an-amount"),
        ([None, "a", 1, 1, "b"], "A3", "Date", "missing"),
        ([20181215, "a", 1, 1, "b"], "A3", "Date", "not-a-time"),
        ([DAY, "a", "1.00-", 1, "b"], "C3", "Amount", "not-an-amount"),
        ([DAY, "a", True, 1, "b"], "C3", "Amount", "not-an-amount"),
        ([DAY, "a", DAY, 1, "b"], "C3", "Amount", "not-an-amount"),
        ([DAY, "a", "#REF!", 1, "b"], "C3", "Amount", "not-an-amount"),
    ],
)
def test_a_wrong_cell_is_named(row, cell, field, reason):
    if cell is None:  # openpyxl writes fifteen digits; .xls holds the fraction itself
        data = xls([TITLES, [(43449.0,), "a", -33.5, -23.5, "b"], [(43449.0,), *row[1:]]])
    else:
        data = xlsx(TITLES, [DAY, "a", -33.5, -23.5, "b"], row)
    assert refused(data) == {
        "file": "x/sheet 1",
        "line": 3,
        "cell": cell or "C3",
        "field": field,
        "reason": reason,
    }


def test_a_long_number_that_lost_its_digits_is_refused_as_identifier_and_taken_as_text():
    row = [DAY, 6217000000000000123, 1, None, 6217000000000000123]
    data = xlsx(TITLES, row)
    assert lines(data, replace(PLAIN, balance=""))[0].counterparty == "6.217E+18"
    fields = refused(data, replace(PLAIN, balance="", text=(), id=("Label",)))
    assert (fields["cell"], fields["reason"]) == ("B2", "ruined-number")
    account = replace(PLAIN, balance="", account="", account_column="Partner")
    assert refused(data, account)["cell"] == "E2"


def test_merged_days_are_refused_where_the_day_is_missing():
    book = openpyxl.Workbook()
    for row in (TITLES, [DAY, "a", 1, 1, "b"], [DAY, "a", 1, 2, "b"]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    out = io.BytesIO()
    book.save(out)
    assert refused(out.getvalue())["cell"] == "A3"


def test_the_sheet_with_the_columns_is_taken_and_two_of_them_refused():
    rows = [TITLES, [DAY, "a", 1, 1, "b"]]
    assert amounts(xlsx(["cover"], more=rows)) == [100]
    assert refused(xlsx(*rows, more=rows))["reason"] == "several-sheets"


# --- guessing ----------------------------------------------------------------------------------------


@pytest.mark.skipif(not FROM_OUTSIDE.is_dir(), reason="the samples are not here")
@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("balance.csv", [("USD", 1000, 151000, [-3350, 153350])]),
        ("debit_credit.csv", [("USD", 1000, 151000, [-3350, 153350])]),
        ("multi_currency.csv", [("USD", None, None, [-3350]), ("EUR", None, None, [152500])]),
        ("sample_statement_en.csv", [("USD", None, None, [-3350]), ("EUR", None, None, [152500])]),
    ],
)
def test_the_generic_samples_are_read_through_what_is_proposed(name, found):
    data = (FROM_OUTSIDE / name).read_bytes()
    files = read(name, data, propose(name, data, "USD"))
    assert [
        (
            one.commodity,
            one.opening_minor,
            one.closing_minor,
            [line.amount_minor for line in one.lines],
        )
        for one in files
    ] == found


CHINESE = "账户明细,,,,,,,\n交易日期,交易时间,借方发生额(支取),贷方发生额(收入),余额,对方户名,摘要,交易流水号\n"


def test_a_chinese_export_is_proposed_with_its_own_words():
    text = (
        CHINESE
        + '2026-11-03,09:00:00,,"1,200.00","1,200.00",张三,电子汇入,10001\n2026-11-04,10:00:00,200.00,,"1,000.00",医院,转账,10002\n合计,,200.00,"1,200.00",,,,\n'
    )
    data = text.encode("gb18030")
    mapping = propose("x", data)
    check(mapping)
    assert (mapping.date, mapping.time, mapping.skip_rows) == ("交易日期", "交易时间", 1)
    assert (mapping.money_out, mapping.money_in) == ("借方发生额(支取)", "贷方发生额(收入)")
    assert (mapping.counterparty, mapping.bank_word, mapping.id) == (
        "对方户名",
        "摘要",
        ("交易流水号",),
    )
    assert (mapping.currency, mapping.ignored_starts) == ("CNY", ("合计",))
    assert amounts(data, mapping) == [120000, -20000]


@pytest.mark.parametrize(
    ("header", "rows", "expected"),
    [
        ("Datum;Booking Date;Amount;Balance", ["x;15.12.2018;-1.033,50;0,00"], {"date_format": "%d.%m.%Y", "decimal": ",", "thousands": ".", "delimiter": ";"}),
        ("Date\tAmount", ["2018-12-15 09:30:00\t1.00"], {"date_format": "%Y-%m-%d %H:%M:%S", "delimiter": "\t"}),
        ("Date,Paid out,Paid in", ["03/04/2018,1.00,"], {"date_format": "", "sign": "columns"}),
        ("Date,Paid out,Paid in,Balance", ["13/04/2018,,2.00,11.00", "14/04/2018,-1.00,,10.00"], {"sign": "columns-only"}),
        ("Date,Amount,D/C,Balance", ["13/04/2018,-1.00,D,9.00", "14/04/2018,-2.00,C,11.00"], {"sign": "direction-only"}),
        ("Date,Amount,Balance", ["13/04/2018,1.00,9.00", "14/04/2018,-2.00,11.00"], {"sign": "plus-out"}),
        ("记账日期,金额,借贷,余额", ["2018-12-15,1.00,贷,1.00"], {"sign": "direction", "currency": "CNY"}),
    ],
)  # fmt: skip
def test_what_the_values_tell_is_proposed(header, rows, expected):
    mapping = propose("x", csv(*rows, header=header), "" if "金额" in header else "EUR")
    assert {name: getattr(mapping, name) for name in expected} == expected


def test_what_stays_open_is_named_by_the_check():
    mapping = propose("x", csv("03/04/2018,1.00", header="Date,Amount"), "EUR")
    with pytest.raises(InputError) as raised:
        check(mapping)
    assert raised.value.fields["field"] == "date_format"
    with pytest.raises(InputError) as raised:
        check(propose("x", csv("2018-04-03,1.00", header="Date,Amount")))
    assert raised.value.fields["field"] == "currency"


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"Date,Note\n2018-01-01,x\n"])
def test_without_a_day_and_an_amount_nothing_is_proposed(data):
    with pytest.raises(FileFormatError) as raised:
        propose("x", data)
    assert raised.value.fields["reason"] == "no-header"


def test_a_row_of_a_million_names_is_no_header():
    start = time.monotonic()
    wide = ",".join(f"n{number}" for number in range(1_000_000))
    with pytest.raises(FileFormatError):
        propose("x", f"{wide},Date,Amount\n".encode())
    assert time.monotonic() - start < 30


def test_a_workbook_is_proposed_for_too():
    data = xlsx(["title"], TITLES, [DAY, "a", 1, 1, "b"], [DAY, "c", 2.5, 3.5, "d"])
    mapping = propose("x", data, "USD")
    assert (mapping.skip_rows, mapping.amount, mapping.balance) == (1, "Amount", "Balance")
    assert amounts(data, mapping) == [100, 250]


# --- any input ---------------------------------------------------------------------------------------


@given(
    st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=8),
    st.integers(-(10**12), 10**12),
)
def test_any_chain_of_amounts_is_read_exactly(given_, opening):
    rows, balance = [], opening
    for minor in given_:
        balance += minor
        rows.append(f"12/15/2018,a,{plain_amount(minor, 'USD')},{plain_amount(balance, 'USD')},b")
    (file,) = read("x", csv(*rows), PLAIN)
    assert [line.amount_minor for line in file.lines] == given_
    assert (file.opening_minor, file.closing_minor) == (opening, balance)


def in_our_own_words(data):
    for mapping in (PLAIN, None):
        try:
            files = read("x", data, mapping or propose("x", data, "USD"))
        except InputError:
            continue
        assert all(file.lines for file in files)


@given(st.binary(max_size=400))
def test_random_bytes_are_refused_in_our_own_words(data):
    in_our_own_words(data)


@given(st.text(max_size=200))
def test_random_text_under_a_header_is_refused_in_our_own_words(text):
    in_our_own_words(csv(text))


GOOD = [
    csv(FIRST, SECOND),
    csv(FIRST, SECOND).decode().encode("utf-16"),
    xlsx(TITLES, [DAY, "a", 1, 1, "b"]),
]


@given(st.sampled_from(GOOD), st.integers(0, 2**32))
def test_damaged_files_are_read_or_refused_in_our_own_words(data, seed):
    chance = random.Random(seed)
    damaged = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(damaged) + 1)
        damaged[at : at + chance.randrange(3)] = chance.choice(
            [b",", b'"', b"\n", b"-", b"\x00", b"9" * 30, b"\xff", b"("]
        )
    in_our_own_words(bytes(damaged))
