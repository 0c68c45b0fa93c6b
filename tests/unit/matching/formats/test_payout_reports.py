# ruff: noqa: E501 - rows are as long as they are in the file
"""PayPal's settlement report and Stripe's payout reconciliation."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.detect import read_statements
from ledger.money import plain_amount

FROM_OUTSIDE = Path(__file__).parents[5] / "shared" / "samples" / "formats-synthetic"


def refused(data, kind=FileFormatError):
    with pytest.raises(kind) as raised:
        read_statements("f", data)
    return raised.value.fields


# --- PayPal ------------------------------------------------------------------------------------------

RH = '"RH",2026/10/04 02:44:19 -0700,"A","M0001",009,'
SH = '"SH",2026/10/03 00:00:00 -0700,2026/10/03 23:59:59 -0700,"M0001",""'
CH = '"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code","Transaction Initiation Date","Transaction Completion Date","Transaction Debit or Credit","Gross Transaction Amount","Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency","Custom Field","Consumer ID","Bank Reference ID"'
PAID = '"SB","1AA","INV-20261003","","","T0013",2026/10/03 01:00:00 -0700,2026/10/03 01:00:01 -0700,"CR",5000,"USD","DR",175,"USD","gift","C1",""'
YEN = '"SB","1AB","","","","T0013",2026/10/03 02:00:00 -0700,,"CR",1000,"JPY","DR",76,"JPY","","C2",""'
BACK = '"SB","1AC","","1AA","TXN","T1107",2026/10/03 03:00:00 -0700,2026/10/03 03:00:00 -0700,"DR",5000,"USD","CR",75,"USD","","C1",""'
DRAWN = '"SB","1AD","","","","T0400",2026/10/03 04:00:00 -0700,2026/10/03 04:00:00 -0700,"DR",100,"USD","",0,"USD","","","BANK2026100401"'


def stl(*body, head=(RH, '"FH",01', SH, CH)):
    return ("\ufeff" + "\r\n".join([*head, *body, ""])).encode()


def test_a_settlement_report_has_a_statement_for_each_currency():
    dollars, yen = read_statements("f", stl(PAID, YEN, BACK, DRAWN))
    assert (dollars.format, dollars.account, dollars.commodity) == ("paypal_stl", "M0001", "USD")
    assert (dollars.first_day.isoformat(), dollars.last_day.isoformat()) == (
        "2026-10-03",
        "2026-10-03",
    )
    assert [(line.amount_minor, line.bank_id, line.kind) for line in dollars.lines] == [
        (5000, "1AA", "ordinary"),
        (-175, "1AA/fee", "fee"),
        (-5000, "1AC", "ordinary"),
        (75, "1AC/fee", "fee"),
        (-100, "1AD", "ordinary"),
    ]
    assert (yen.commodity, yen.sum_minor) == ("JPY", 924)
    assert dollars.lines[0].booked_at.isoformat() == "2026-10-03T01:00:01-07:00"
    assert dollars.lines[0].references == ("INV-20261003",)
    assert dollars.lines[4].references == ("BANK2026100401",)
    assert yen.lines[0].booked_at.isoformat() == "2026-10-03T02:00:00-07:00"


def test_what_paypal_charges_by_itself_is_a_fee():
    (file,) = read_statements("f", stl(PAID.replace("T0013", "T0107")))
    assert file.lines[0].kind == "fee"


def test_sections_have_their_own_accounts():
    other = SH.replace("M0001", "M0002")
    first, second = read_statements("f", stl(PAID, other, CH, PAID))
    assert (first.account, second.account) == ("M0001", "M0002")


FOOTERS = (
    '"SF","USD",5000,5100,75,175,"CR",0,"CR",0',
    '"SF","JPY",1000,0,0,76,"CR",0,"CR",0',
    '"SC",4',
    '"RC",4',
    '"FF",4',
)


def test_footers_that_agree_are_taken():
    assert len(read_statements("f", stl(PAID, YEN, BACK, DRAWN, *FOOTERS))) == 2


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"USD",5000,5100', '"USD",5001,5100', "SF 3"),
        ('"USD",5000,5100', '"USD",5000,5101', "SF 4"),
        ("75,175", "76,175", "SF 5"),
        ("0,0,76", "0,0,77", "SF 6"),
        ('"SC",4', '"SC",5', "count"),
        ('"RC",4', '"RC",3', "count"),
    ],
)
def test_footers_that_differ_are_raised(old, new, field):
    changed = [footer.replace(old, new) for footer in FOOTERS]
    assert changed != list(FOOTERS)
    assert refused(stl(PAID, YEN, BACK, DRAWN, *changed), BalanceTieError)["field"] == field


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("5000", "50.00", "GrossTransactionAmount", "not-an-amount"),
        ("5000", "-5000", "GrossTransactionAmount", "not-an-amount"),
        ("5000", "５０", "GrossTransactionAmount", "not-an-amount"),
        ("5000", "9999999999999999", "GrossTransactionAmount", "too-large"),
        ("USD", "XYZ", "GrossTransactionCurrency", "unknown-currency"),
        ('"CR"', '"C"', "TransactionDebitorCredit", "unknown-direction"),
        ('"DR"', '""', "FeeDebitorCredit", "unknown-direction"),
        ("01:00:01 -0700", "01:00:01", "TransactionCompletionDate", "not-a-time"),
        ("01:00:01 -0700", "01:00:01 -9900", "TransactionCompletionDate", "not-a-time"),
        ("2026/10/03 01:00:01", "2026/02/30 01:00:01", "TransactionCompletionDate", "not-a-time"),
        ('"1AA"', '""', "TransactionID", "missing"),
        ('"SB"', '"SX"', "record-type", "unknown-record"),
        (',"C1",""', "", "row", "wrong-number-of-cells"),
    ],
)
def test_a_wrong_value_of_a_settlement_report_is_named(old, new, field, reason):
    assert refused(stl(YEN, PAID.replace(old, new, 1))) == {
        "file": "f",
        "line": 6,
        "field": field,
        "reason": reason,
    }


@pytest.mark.parametrize(
    ("data", "field", "reason"),
    [
        (stl(PAID, PAID), "TransactionID", "twice"),
        (stl(), "SB", "no-lines"),
        (stl(PAID, head=(RH, CH)), "record-type", "unknown-record"),
        (stl(PAID, head=(RH, SH, CH, SH)), "CH", "missing"),
        (stl(PAID, head=(RH, '"SH",2026/10/03', CH)), "SH", "wrong-number-of-cells"),
        (stl(PAID, head=(RH, SH.replace("2026/10/03", "2026/13/03"), CH)), "SH", "not-a-time"),
        (stl(PAID, '"SC","many"'), "SC", "not-an-amount"),
    ],
)
def test_a_settlement_report_of_another_shape_is_refused(data, field, reason):
    fields = refused(data)
    assert (fields["field"], fields["reason"]) == (field, reason)


# --- Stripe ------------------------------------------------------------------------------------------

COLUMNS = "automatic_payout_id,balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,description"
CHARGE = "po_1NxA8b2eZvKYlo2C,txn_1,2026-10-03 12:00:00,usd,50.00,1.75,48.25,charge,ch_1,Donation GIFT20261003"
REFUND = "po_1NxA8b2eZvKYlo2C,txn_2,2026-10-04 12:00:00,usd,-10.00,0.00,-10.00,refund,re_1,REFUND"
COST = "po_2,txn_3,2026-10-05 12:00:00,jpy,-30,0,-30,fee,,Radar"


def stripe(*rows, header=COLUMNS):
    return "\n".join([header, *rows, ""]).encode()


def test_a_payout_is_a_statement_whose_lines_make_what_arrives():
    first, second = read_statements("f", stripe(CHARGE, REFUND, COST))
    assert (first.format, first.account, first.commodity, first.sum_minor) == (
        "stripe_payouts",
        "",
        "USD",
        3825,
    )
    assert [(line.amount_minor, line.bank_id, line.kind) for line in first.lines] == [
        (5000, "txn_1", "ordinary"),
        (-175, "txn_1/fee", "fee"),
        (-1000, "txn_2", "ordinary"),
    ]
    assert first.lines[0].booked_at.isoformat() == "2026-10-03T12:00:00+00:00"
    assert "GIFT20261003" in first.lines[0].references
    assert "1NxA8b2eZvKYlo2C" in first.lines[0].references
    assert (second.commodity, second.sum_minor, second.lines[0].kind) == ("JPY", -30, "fee")


def test_columns_stand_in_any_order():
    def turned(row):
        return ",".join(reversed(row.split(",")))

    assert read_statements("f", stripe(turned(CHARGE), header=turned(COLUMNS))) == read_statements(
        "f", stripe(CHARGE)
    )


minor = st.integers(-(10**9), 10**9)


@given(st.lists(st.tuples(minor, minor), min_size=1, max_size=6))
def test_any_payout_sums_to_its_nets(pairs):
    rows = [
        f"po_1,txn_{number},2026-10-03 12:00:00,eur,{plain_amount(gross, 'EUR')},{plain_amount(fee, 'EUR')},{plain_amount(gross - fee, 'EUR')},charge,,"
        for number, (gross, fee) in enumerate(pairs)
    ]
    (file,) = read_statements("f", stripe(*rows))
    assert file.sum_minor == sum(gross - fee for gross, fee in pairs)


def test_a_net_that_does_not_follow_is_raised():
    fields = refused(stripe(REFUND, CHARGE.replace("48.25", "48.26")), BalanceTieError)
    assert (fields["line"], fields["field"], fields["expected"], fields["found"]) == (
        3,
        "net",
        4825,
        4826,
    )


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("po_1NxA8b2eZvKYlo2C", "", "automatic_payout_id", "missing"),
        ("txn_1", "", "balance_transaction_id", "missing"),
        ("txn_1", "txn_2", "balance_transaction_id", "twice"),
        ("usd", "xyz", "currency", "unknown-currency"),
        ("50.00", "50.001", "gross", "too-many-decimals"),
        ("50.00", "(50.00)", "gross", "not-an-amount"),
        ("1.75", "", "fee", "missing"),
        ("2026-10-03 12:00:00", "2026-10-03T12:00:00", "created_utc", "not-a-time"),
        ("2026-10-03", "2026-09-31", "created_utc", "not-a-time"),
        ("2026-10-03", "1926-10-03", "created_utc", "not-a-time"),
    ],
)
def test_a_wrong_value_of_a_payout_is_named(old, new, field, reason):
    assert refused(stripe(REFUND, CHARGE.replace(old, new, 1))) == {
        "file": "f",
        "line": 3,
        "field": field,
        "reason": reason,
    }


def test_a_report_without_rows_is_refused():
    assert refused(stripe())["reason"] == "no-lines"


@pytest.mark.skipif(not FROM_OUTSIDE.is_dir(), reason="the samples are not here")
def test_the_samples_make_their_expected_sums():
    dollars, yen = read_statements("f", (FROM_OUTSIDE / "paypal-stl.csv").read_bytes())
    assert (dollars.sum_minor, yen.sum_minor) == (-175, 924)
    (payout,) = read_statements(
        "f", (FROM_OUTSIDE / "stripe-payout-reconciliation.csv").read_bytes()
    )
    assert payout.sum_minor == 863
