"""Our own format as JSON Lines, CSV and API body: what is read, what comes back, and that it can be sent again."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FileFormatError, InputError
from ledger.intake.events import REASONS, GiftEvent, RowProblem
from ledger.intake.sources.own_csv import CsvGifts, guarded, read_csv, unguarded
from ledger.intake.sources.own_jsonl import read_jsonl
from ledger.intake.sources.own_rows import (
    FIELDS,
    ROW_BYTES_MAX,
    duplicate_key,
    own_event,
    read_body,
)
from ledger.intake.sources.problems import csv_problems, jsonl_problems, report_problems

RIGHT = {
    "id": "a-1",
    "at": "2026-10-09T20:00:24+08:00",
    "amount": "12.50",
    "currency": "CNY",
    "giver": "u-1",
    "nickname": "草原来客",
    "message": "加油",
    "gift": "啤酒",
    "count": 2,
    "session": "r-1",
}
LEAN = {"id": "a-2", "at": "2026-10-09T12:00:24Z", "coins": 100, "unit": "KSCOIN"}


def jsonl(*rows) -> list[GiftEvent | RowProblem]:
    text = b"".join(
        row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows
    )
    return list(read_jsonl(io.BytesIO(text)))


def csv_rows(text: str | bytes) -> list[GiftEvent | RowProblem]:
    return list(read_csv(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


def seen(results) -> list[tuple]:
    return [
        (result.line, result.field, result.reason)
        if isinstance(result, RowProblem)
        else result.source_id
        for result in results
    ]


def bare(event: GiftEvent) -> tuple:
    names = (
        "source_id",
        "session",
        "occurred_at_ms",
        "giver",
        "nickname",
        "message",
        "item",
        "count",
        "units",
        "unit",
    )
    return tuple(getattr(event, name) for name in (*names, "gross_minor", "commodity"))


def test_a_row_becomes_a_gift():
    money, coins = jsonl(RIGHT, LEAN)
    assert bare(money) == (
        "a-1", "r-1", 1_791_547_224_000, "u-1", "草原来客", "加油", "啤酒", 2, 1250, "CNY", 1250, "CNY"
    )  # fmt: skip
    assert bare(coins) == (
        "a-2",
        "",
        1_791_547_224_000,
        "",
        "",
        "",
        "",
        1,
        100,
        "KSCOIN",
        None,
        "",
    )
    assert (money.via, money.signed, money.kind, money.line, coins.line) == (
        "file",
        False,
        "paid",
        1,
        2,
    )


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.50", "CNY", 1250),
        ("12.5", "CNY", 1250),
        ("12", "CNY", 1200),
        ("12.500", "CNY", 1250),
        ("0.01", "CNY", 1),
        ("-3.00", "CNY", -300),
        ("0.00", "CNY", 0),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("90071992547409.91", "CNY", 2**53 - 1),
    ],
)
def test_amounts_are_exact(amount, currency, minor):
    (event,) = jsonl(RIGHT | {"amount": amount, "currency": currency})
    assert (event.gross_minor, event.units, event.commodity) == (minor, minor, currency)


WITHOUT_AMOUNT = {
    name: value for name, value in RIGHT.items() if name not in {"amount", "currency"}
}
WRONG_ROWS = [
    ({}, "id", "missing"),
    ({"at": RIGHT["at"], "coins": 1, "unit": "BITS"}, "id", "missing"),
    ({"id": "a", "coins": 1, "unit": "BITS"}, "at", "missing"),
    (RIGHT | {"curency": "CNY"}, "curency", "unknown-field"),
    (RIGHT | {"id": 7}, "id", "not-a-text"),
    (RIGHT | {"at": 1_791_547_224}, "at", "not-a-text"),
    (RIGHT | {"nickname": ["a"]}, "nickname", "not-a-text"),
    (RIGHT | {"message": {"a": 1}}, "message", "not-a-text"),
    (RIGHT | {"count": 1.0}, "count", "not-an-integer"),
    (RIGHT | {"count": True}, "count", "not-an-integer"),
    (RIGHT | {"count": "2"}, "count", "not-an-integer"),
    (RIGHT | {"at": "2026-10-09T20:00:24"}, "at", "no-time-zone"),
    (RIGHT | {"at": "9 October"}, "at", "not-a-time"),
    (RIGHT | {"amount": 3}, "amount", "not-a-decimal-string"),
    (RIGHT | {"amount": 3.0}, "amount", "not-a-decimal-string"),
    (
        json.dumps(RIGHT).replace('"12.50"', "1e2").encode() + b"\n",
        "amount",
        "not-a-decimal-string",
    ),
    (RIGHT | {"amount": "1e2"}, "amount", "not-an-amount"),
    (RIGHT | {"amount": "1,000.00"}, "amount", "not-an-amount"),
    (RIGHT | {"amount": " 3.00"}, "amount", "not-an-amount"),
    (RIGHT | {"amount": "１２.00"}, "amount", "not-an-amount"),
    (RIGHT | {"amount": ".50"}, "amount", "not-an-amount"),
    (RIGHT | {"amount": "NaN"}, "amount", "not-an-amount"),
    (RIGHT | {"amount": ""}, "amount", "not-an-amount"),
    (RIGHT | {"amount": "1.005"}, "amount", "too-many-decimals"),
    (RIGHT | {"amount": "9" * 4000}, "amount", "too-large"),
    (RIGHT | {"amount": "90071992547409.92"}, "amount", "too-large"),
    (RIGHT | {"currency": "XAU"}, "currency", "unknown-commodity"),
    (RIGHT | {"currency": "cny"}, "currency", "unknown-commodity"),
    (RIGHT | {"currency": ["CNY"]}, "currency", "unknown-commodity"),
    (RIGHT | {"currency": ""}, "currency", "missing"),
    (RIGHT | {"currency": None}, "currency", "missing"),
    (RIGHT | {"coins": 5}, "coins", "two-amounts"),
    (RIGHT | {"unit": "KSCOIN"}, "amount", "two-amounts"),
    (RIGHT | {"amount_minor": 1250}, "amount", "two-amounts"),
    (WITHOUT_AMOUNT, "amount", "missing"),
    (WITHOUT_AMOUNT | {"amount_minor": 12.0, "currency": "CNY"}, "amount_minor", "not-an-integer"),
    (WITHOUT_AMOUNT | {"amount_minor": "12", "currency": "CNY"}, "amount_minor", "not-an-integer"),
    (WITHOUT_AMOUNT | {"coins": 5}, "unit", "missing"),
    (WITHOUT_AMOUNT | {"coins": 5, "unit": ["KSCOIN"]}, "unit", "not-a-text"),
    (WITHOUT_AMOUNT | {"coins": 5, "unit": "CNY"}, "unit", "currency-as-unit"),
    (WITHOUT_AMOUNT | {"coins": 5.0, "unit": "KSCOIN"}, "coins", "not-an-integer"),
    (b"[]\n", "", "not-an-object"),
    (b"7\n", "", "not-an-object"),
    (b"{nonsense}\n", "", "not-json"),
    (b'{"id":"a","at":NaN}\n', "", "not-json"),
    (json.dumps(RIGHT, ensure_ascii=False).encode("gb18030") + b"\n", "", "not-utf-8"),
    (b'{"id":"\\ud800"}\n', "", "not-json"),
    (b"[" * 5000 + b"\n", "", "not-json"),
    (b'{"_raw":"' + b'{"}' + b'"}\n', "", "not-json"),
    (b'{"_raw":"x","_problem":{}}\n', "_raw", "not-corrected"),
    (b'{"id":"' + b"x" * ROW_BYTES_MAX + b'"}\n', "", "line-too-long"),
]


@pytest.mark.parametrize(("row", "field", "reason"), WRONG_ROWS)
def test_a_wrong_row_is_named_and_costs_no_right_one(row, field, reason):
    before, problem, after = jsonl(LEAN, row, RIGHT)
    assert (problem.line, problem.field, problem.reason) == (2, field, reason)
    assert (before.source_id, after.source_id) == ("a-2", "a-1")
    assert after.line == 3
    assert reason in REASONS
    assert len(problem.value) <= 40


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (b'{"id":"a","id":"b","at":"2026-10-09T12:00:24Z","coins":1,"unit":"BITS"}', "id"),
        (b'{"id":"a","at":"2026-10-09T12:00:24Z","coins":1,"coins":2,"unit":"BITS"}', "coins"),
        (b'{"id":"a","at":"x","at":"2026-10-09T12:00:24Z","coins":1,"unit":"BITS"}', "at"),
        (
            b'{"id":"a","at":"2026-10-09T12:00:24Z","coins":1,"c\\u006fins":2,"unit":"BITS"}',
            "coins",
        ),
        (
            b'{"id":"a","coins":1,"coins":2,"at":"2026-10-09T12\\u003a00\\u003A24Z","unit":"BITS"}',
            "coins",
        ),
        (
            b'{"id":"a", "coins" :1,"coins" : 2,"at":"2026-10-09T12\\u003a00:24Z","unit":"BITS"}',
            "coins",
        ),
    ],
)
def test_a_key_that_stands_twice_is_refused_however_it_is_written(row, key):
    (problem,) = jsonl(row + b"\n")
    assert (problem.field, problem.reason) == (key, "duplicate-key")


@given(
    st.lists(st.tuples(st.sampled_from(FIELDS), st.text(max_size=6)), min_size=1, max_size=8),
    st.booleans(),
)
def test_the_quick_look_at_keys_agrees_with_the_slow_one(pairs, ascii_only):
    pairs.append(("at", "2026-10-09T12:00:24Z"))
    members = (
        json.dumps(name) + ":" + json.dumps(value, ensure_ascii=ascii_only)
        for name, value in pairs
    )
    row = ("{" + ",".join(members) + "}").encode()
    (result,) = jsonl(row + b"\n")
    refused = isinstance(result, RowProblem) and result.reason == "duplicate-key"
    assert (
        refused
        == (len({name for name, _ in pairs}) != len(pairs))
        == (duplicate_key(row) is not None)
    )


def test_byte_order_mark_blank_lines_windows_line_ends_and_a_missing_last_line_end_are_right():
    row = json.dumps(RIGHT).encode()
    assert seen(jsonl(b"\xef\xbb\xbf" + row + b"\r\n\r\n  \n" + row)) == ["a-1", "a-1"]


@pytest.mark.parametrize(
    "money",
    [
        {"amount": "12.50", "currency": "CNY"},
        {"amount_minor": 1250, "currency": "CNY"},
        {"coins": 125, "unit": "KSCOIN"},
        {"amount": "12.50"},
        {"currency": "CNY"},
        {"amount": "12.50", "currency": "CNY", "coins": 1},
    ],
)
def test_a_null_in_any_money_field_counts_as_absent(money):
    nulls = dict.fromkeys(("amount", "amount_minor", "currency", "coins", "unit"))
    row = {"id": "1", "at": "2026-10-09T20:00:24+08:00"} | money
    without, with_nulls = (
        own_event(row, 1, b"raw"),
        own_event({**row, **nulls, **money}, 1, b"raw"),
    )
    assert _told(with_nulls) == _told(without)


def _told(result):
    if isinstance(result, RowProblem):
        return result.field, result.reason
    return result


def test_a_null_counts_as_absent():
    (event,) = jsonl(RIGHT | {"message": None, "count": None, "session": None})
    assert (event.message, event.count, event.session) == ("", 1, "")
    assert seen(jsonl(RIGHT | {"id": None})) == [(1, "id", "missing")]


def test_a_file_that_was_cut_off_says_so_and_keeps_what_came_before():
    whole = (json.dumps(RIGHT, ensure_ascii=False) + "\n").encode() * 2
    for cut in range(1, len(whole) // 2 - 1):
        assert seen(jsonl(whole[:-cut]))[0] == "a-1"
        if cut > 1:
            assert seen(jsonl(whole[:-cut]))[1] == (2, "", "truncated-line")


def test_utf_16_is_refused_once_and_not_for_every_line():
    assert seen(jsonl((json.dumps(RIGHT) + "\n").encode("utf-16") * 3)) == [(1, "", "not-utf-8")]


def test_an_endless_line_is_read_in_bounded_memory():
    class Endless(io.RawIOBase):
        left = 64 * 1024 * 1024

        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            size = min(len(buffer), self.left)
            buffer[:size] = b"x" * size
            self.left -= size
            return size

    tracemalloc.start()
    try:
        (problem,) = read_jsonl(io.BufferedReader(Endless()))
        (open_row,) = _csv_of(Endless())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (problem.reason, open_row.reason) == ("line-too-long", "line-too-long")
    assert peak < 2 * 1024 * 1024


def _csv_of(endless):
    class WithHeader(io.RawIOBase):
        head = b'id,at,amount,currency\n"'

        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            if self.head:
                size, self.head = len(self.head), b""
                buffer[:size] = b'id,at,amount,currency\n"'
                return size
            return endless.readinto(buffer)

    return read_csv(io.BufferedReader(WithHeader()))


@given(st.binary(max_size=400))
def test_any_bytes_give_problems_and_never_an_error(data):
    lines = json.dumps(RIGHT).encode() + b"\n" + data + b"\n" + json.dumps(LEAN).encode() + b"\n"
    results = jsonl(lines)
    assert isinstance(results[0], GiftEvent)
    assert isinstance(results[-1], GiftEvent)
    for result in results[1:-1]:
        assert isinstance(result, GiftEvent) or result.reason in REASONS


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["CNY", "1.00"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES))
def test_any_values_give_a_gift_or_a_known_problem(changed):
    (result,) = jsonl(RIGHT | changed)
    assert isinstance(result, GiftEvent) or result.reason in REASONS


# CSV


HEADER = "id,at,amount,currency,giver,nickname,message,gift,count,session\n"
ROW = "a-1,2026-10-09T20:00:24+08:00,12.50,CNY,u-1,草原来客,加油,啤酒,2,r-1\n"


def test_csv_gives_the_same_gift_as_json_lines():
    (from_csv,), (from_json,) = csv_rows(HEADER + ROW), jsonl(RIGHT)
    assert bare(from_csv) == bare(from_json)
    assert bare(csv_rows("at,id,unit,coins\n2026-10-09T12:00:24Z,a-2,KSCOIN,100\n")[0]) == bare(
        jsonl(LEAN)[0]
    )


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEADER + ROW,
        (HEADER + ROW).replace("\n", "\r\n"),
        HEADER + "\n" + ROW.rstrip("\n"),
        HEADER.replace("id,", '"id",')
        + ROW.replace("a-1", '"a-1"').replace("草原来客", '"草原来客"'),
    ],
)
def test_csv_may_have_a_mark_windows_line_ends_quotes_and_no_last_line_end(text):
    assert [bare(event) for event in csv_rows(text)] == [bare(jsonl(RIGHT)[0])]


def test_quoted_values_may_hold_commas_quotes_and_line_breaks():
    text = HEADER + ROW.replace("加油", '"一,""二""\r\n三"') + ROW.replace("a-1", "a-3")
    first, second = csv_rows(text)
    assert first.message == '一,"二"\r\n三'
    assert (second.source_id, second.line) == ("a-3", 4)


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (ROW.replace("r-1", "r-1,x"), "", "column-count"),
        (ROW.replace(",r-1", ""), "", "column-count"),
        (ROW.replace("加油", '加"油'), "", "bad-quoting"),
        (ROW.replace("加油", '"加"油'), "", "bad-quoting"),
        (ROW.replace("加油", '"加油'), "", "bad-quoting"),
        (ROW.replace("12.50", "12.505"), "amount", "too-many-decimals"),
        (ROW.replace("12.50", '"1,250.00"'), "amount", "not-an-amount"),
        (ROW.replace(",2,", ",2.0,"), "count", "not-an-integer"),
        (ROW.replace(",2,", ",２,"), "count", "not-an-integer"),
        (ROW.replace("a-1", "2.02E+27"), "id", "ruined-number"),
        (ROW.replace("a-1", ""), "id", "missing"),
        (ROW.replace("CNY", "RMB"), "currency", "unknown-commodity"),
    ],
)
def test_a_wrong_csv_row_is_named_and_costs_no_right_one(row, field, reason):
    results = csv_rows(
        HEADER + ROW.replace("a-1", "b") + row + ROW.replace("a-1", "c") + ROW.replace("a-1", "d")
    )
    assert seen(results) == ["b", (3, field, reason), "c", "d"]
    assert results[1].raw == row.rstrip("\n").encode()


def test_a_row_in_another_encoding_is_named_by_its_line():
    data = (HEADER + ROW).encode() + ROW.encode("gb18030") + ROW.replace("a-1", "c").encode()
    assert seen(csv_rows(data)) == ["a-1", (3, "", "not-utf-8"), "c"]


def test_a_cut_off_csv_does_not_pass_for_a_smaller_amount():
    header = "id,at,currency,amount\n"
    row = "a-1,2026-10-09T20:00:24+08:00,CNY,125"
    assert seen(csv_rows(header + row)) == [(2, "amount", "truncated-line")]
    assert seen(csv_rows(header + row + "\n")) == ["a-1"]
    assert seen(csv_rows(HEADER + ROW[:30])) == [(2, "", "truncated-line")]


@pytest.mark.parametrize(
    ("data", "field", "reason"),
    [
        (b"", "", "unknown-field"),
        (ROW.encode(), "a-1", "unknown-field"),
        (HEADER.encode().replace(b"id", b"ID", 1), "ID", "unknown-field"),
        (HEADER.encode().replace(b"session", b"giver"), "giver", "duplicate-key"),
        (b"at,amount,currency\n", "id", "missing"),
        (b"id,amount,currency\n", "at", "missing"),
        (b"id,at,currency\n", "amount", "missing"),
        (b'id,"at\n', "", "bad-quoting"),
        (HEADER.encode("utf-16"), "", "not-utf-8"),
        ("编号,时间\n".encode("gb18030"), "", "not-utf-8"),
    ],
)
def test_a_csv_without_its_header_is_refused_whole(data, field, reason):
    with pytest.raises(FileFormatError) as caught:
        CsvGifts(io.BytesIO(data))
    assert (caught.value.fields["field"], caught.value.fields["reason"]) == (field, reason)


@given(
    st.lists(
        st.sampled_from([b'"', b",", b"\r", b"\n", b"a", b"=", b"'", b"\xff", ROW.encode()]),
        max_size=60,
    )
)
def test_any_csv_gives_back_every_line_once(parts):
    """What comes back and what is taken are together the whole file: nothing is dropped between two quotes."""
    data = b"".join(parts)
    results = csv_rows(HEADER.encode() + data)
    assert [b for result in results for b in result.raw if b not in b"\r\n"] == [
        b for b in data if b not in b"\r\n"
    ]
    assert all(isinstance(result, GiftEvent) or result.reason in REASONS for result in results)


@given(
    st.fixed_dictionaries(
        {name: st.text(st.characters(exclude_categories=["Cs"]), max_size=12) for name in FIELDS}
    )
)
def test_what_a_csv_writer_quotes_is_read_back(row):
    row = RIGHT | {name: row[name] for name in ("giver", "nickname", "message", "gift", "session")}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(row))
    writer.writeheader()
    writer.writerow(row)
    assert [bare(event) for event in csv_rows(out.getvalue())] == [bare(jsonl(row)[0])]


# What comes back


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES), min_size=1, max_size=4))
def test_json_lines_that_come_back_are_read_as_before(rows):
    first = jsonl(*(RIGHT | row for row in rows))
    problems = [result for result in first if isinstance(result, RowProblem)]
    returned = list(jsonl_problems(problems))
    assert all(b"_problem" in line for line in returned)
    again = jsonl(*returned)
    assert [(p.field, p.reason) for p in again] == [(p.field, p.reason) for p in problems]


def test_a_row_of_json_lines_can_be_corrected_and_sent_again():
    (problem,) = jsonl(RIGHT | {"amount": 3.0})
    (line,) = jsonl_problems([problem])
    row = json.loads(line)
    assert row["_problem"]["line"] == 1
    assert "decimal string" in row["_problem"]["says"]
    row["amount"] = "12.50"
    assert bare(jsonl(row)[0]) == bare(jsonl(RIGHT)[0])


def test_json_that_is_no_object_comes_back_whole_and_must_be_put_right():
    (problem,) = jsonl(b'{"id": "a-1", \xff\n')
    returned = b"".join(jsonl_problems([problem]))
    assert json.loads(returned)["_raw"] == '{"id": "a-1", \\xff'
    assert seen(jsonl(returned)) == [(1, "_raw", "not-corrected")]


NASTY = st.text(st.sampled_from("=+-@'\t\r\n\",;a甲1. "), max_size=5)


@given(st.lists(st.tuples(NASTY, NASTY, NASTY), min_size=1, max_size=4))
def test_csv_rows_that_come_back_keep_every_value_and_run_no_formula(rows):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "at", "amount", "currency", "nickname", "message"])
    for name, nickname, message in rows:
        writer.writerow([name, "never", "1.00", "CNY", nickname, message])
    source = CsvGifts(io.BytesIO(out.getvalue().encode()))
    problems = list(source)
    returned = b"".join(csv_problems(problems, source.columns))
    cells = list(csv.reader(io.StringIO(returned.decode(), newline=""), strict=True))
    assert all(
        not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for line in cells for cell in line
    )
    corrected = returned.replace(b"never", b"2026-10-09T12:00:24Z")
    given_back = [
        result for result in read_csv(io.BytesIO(corrected)) if isinstance(result, GiftEvent)
    ]
    wanted = [row for row in rows if row[0]]
    assert [(event.source_id, event.nickname, event.message) for event in given_back] == wanted


def test_a_csv_row_that_could_not_be_split_comes_back_whole():
    source = CsvGifts(io.BytesIO((HEADER + ROW.replace("a-1", '=1"')).encode()))
    problems = list(source)
    returned = b"".join(csv_problems(problems, source.columns))
    (row,) = csv.DictReader(io.StringIO(returned.decode()))
    assert row["raw"].startswith("'=1\"")
    assert row["problem"].startswith("2: : bad-quoting: ")
    assert seen(csv_rows(returned)) == [(2, "raw", "not-corrected")]


def test_rows_may_come_back_a_second_time():
    source = CsvGifts(
        io.BytesIO((HEADER + ROW.replace("12.50", "-x").replace("加油", "'=1")).encode())
    )
    once = b"".join(csv_problems(list(source), source.columns))
    again = CsvGifts(io.BytesIO(once))
    assert b"".join(csv_problems(list(again), again.columns)) == once


@given(st.text())
def test_the_guard_comes_off_again(value):
    assert unguarded(guarded(value)) == value


def test_the_report_of_a_foreign_format_runs_no_formula():
    lines = b"".join(
        report_problems([RowProblem(4, "giftCount", "missing", "", b"=cmd()")])
    ).decode()
    assert lines.splitlines()[1].startswith("4,giftCount,missing,")
    assert lines.splitlines()[1].endswith(",'=cmd()")


# The API's body


def test_a_body_is_one_gift_or_several():
    assert seen(read_body(json.dumps(RIGHT).encode())) == ["a-1"]
    results = read_body(json.dumps([RIGHT, 7, RIGHT | {"amount": 1.5}, LEAN]).encode())
    assert seen(results) == [
        "a-1",
        (2, "", "not-an-object"),
        (3, "amount", "not-a-decimal-string"),
        "a-2",
    ]
    assert {event.via for event in results if isinstance(event, GiftEvent)} == {"api"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not-json"),
        (b"\xff", "not-json"),
        (b"7", "not-an-object"),
        (b"[]", "not-an-object"),
        (b'[{"id":"a","id":"b"}]', "duplicate-key"),
        (b"[" + b"7," * 10_000 + b"7]", "too-large"),
    ],
)
def test_a_body_that_is_no_list_of_gifts_is_refused(body, reason):
    with pytest.raises(FileFormatError) as caught:
        read_body(body)
    assert caught.value.fields["reason"] == reason


@given(st.binary(max_size=100) | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_read_or_refused(body):
    try:
        results = read_body(body)
    except InputError:
        return
    assert results
