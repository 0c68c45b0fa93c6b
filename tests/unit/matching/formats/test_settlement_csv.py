import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FileFormatError, TooLargeError
from ledger.matching.formats.settlement_csv import COLUMNS, read_settlement_file
from ledger.money import plain_amount

HEADER = ",".join(COLUMNS)
KUAISHOU = "kuaishou,2026-10,21649.10,0.00,0.50,-10824.55,10824.55,-109.79,10714.76,KU-ST-202610"
DOUYIN = "douyin,2026-10,1562.30,-30.00,0.50,-766.15,766.15,0.00,766.15,DO-ST-202610"


def read(*rows, header=HEADER):
    return read_settlement_file("sheet.csv", "\n".join([header, *rows, ""]).encode())


def test_a_sheet_is_read_in_fen():
    first, second = read(KUAISHOU, DOUYIN).lines
    assert (first.line_no, first.platform, first.period, first.statement_no) == (
        2,
        "kuaishou",
        "2026-10",
        "KU-ST-202610",
    )
    assert (first.gross, first.refund, first.share, first.income) == (
        2164910,
        0,
        -1082455,
        1082455,
    )
    assert (first.tax, first.net, first.share_rate, first.commodity) == (
        -10979,
        1071476,
        "0.50",
        "CNY",
    )
    assert (second.line_no, second.refund, second.net) == (3, -3000, 76615)


def test_columns_are_taken_by_name_and_others_ignored():
    header = ",".join(reversed(COLUMNS)) + ",note"
    row = ",".join(reversed(KUAISHOU.split(","))) + ",seen"
    assert read(row, header=header).lines == read(KUAISHOU).lines


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-8"])
def test_a_sheet_saved_by_a_spreadsheet_is_read(encoding):
    text = f"{HEADER},备注\r\n{KUAISHOU},已核对\r\n".replace("21649.10", '"21,649.10"')
    assert read_settlement_file("sheet.csv", text.encode(encoding)).lines[0].gross == 2164910


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("21649.10", "-21649.10", "gross_cny", "negative"),
        ("0.00", "0.01", "refund_cny", "positive"),
        ("-10824.55", "10824.55", "platform_share_cny", "positive"),
        ("-109.79", "109.79", "tax_withheld_cny", "positive"),
        ("21649.10", "21649.11", "income_cny", "not-gross-refund-share"),
        ("10714.76", "10714.75", "net_cny", "not-income-tax"),
        ("21649.10", "21649.101", "gross_cny", "too-many-decimals"),
        ("21649.10", "2,1649.10", "gross_cny", "not-an-amount"),
        ("21649.10", "", "gross_cny", "missing"),
        ("21649.10", "NaN", "gross_cny", "not-an-amount"),
        ("2026-10", "2026-13", "period", "malformed"),
        ("kuaishou", "", "platform", "missing"),
        ("kuaishou", "Kuai Shou", "platform", "malformed"),
        ("0.50", "1.50", "platform_share_rate", "malformed"),
        ("KU-ST-202610", "", "statement_no", "missing"),
        ("KU-ST-202610", "2.02E+27", "statement_no", "ruined-number"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(old, new, field, reason):
    wrong = KUAISHOU.replace(old, f'"{new}"', 1)
    assert wrong != KUAISHOU
    with pytest.raises(FileFormatError) as raised:
        read(DOUYIN, wrong)
    assert raised.value.fields == {
        "file": "sheet.csv",
        "line": 3,
        "field": field,
        "reason": reason,
    }


@pytest.mark.parametrize(
    ("rows", "header", "reason"),
    [
        ([KUAISHOU], HEADER.replace("net_cny", "net"), "not-a-settlement-sheet"),
        ([KUAISHOU + ",1"], HEADER + ",net_cny", "column-twice"),
        ([], HEADER, "no-lines"),
        ([KUAISHOU, KUAISHOU], HEADER, "twice"),
        ([KUAISHOU.rsplit(",", 1)[0]], HEADER, "wrong-number-of-cells"),
        ([KUAISHOU + ",more"], HEADER, "wrong-number-of-cells"),
        (['"kuai"' + KUAISHOU], HEADER, "broken-csv"),
    ],
)
def test_a_wrong_shape_is_named(rows, header, reason):
    with pytest.raises(FileFormatError) as raised:
        read(*rows, header=header)
    assert raised.value.fields["reason"] == reason


def test_more_than_twenty_mebibytes_are_refused():
    with pytest.raises(TooLargeError):
        read_settlement_file("sheet.csv", b" " * (20 * 2**20 + 1))


fen = st.integers(0, 10**11)


@given(fen, fen, fen, fen)
def test_any_sheet_whose_sums_hold_is_read_exactly(net, tax, share, refund):
    income = net + tax
    sums = (income + share + refund, -refund, -share, income, -tax, net)
    gross_, refund_, share_, income_, tax_, net_ = (plain_amount(value, "CNY") for value in sums)
    line = read(
        f"kuaishou,2026-10,{gross_},{refund_},0.5,{share_},{income_},{tax_},{net_},N-1"
    ).lines[0]
    assert (line.gross, line.refund, line.share, line.income, line.tax, line.net) == sums
