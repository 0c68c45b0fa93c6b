"""Files of other people's banks: each is taken, held or refused as the list of its folder says."""

from pathlib import Path

import pytest

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.detect import read_statements, read_unproved
from ledger.matching.lines import line_identities

SAMPLES = Path(__file__).parents[5] / "shared" / "samples"

TAKEN = {
    "camt/bsp-camt053-sek.xml": [("camt053", "SEK", 3, -6432150, True)],
    "camt/bsp-duplicate-same-day.xml": [("camt053", "EUR", 2, -900, None)],
    "camt/camt052.v2.xml": [("camt052", "SEK", 1, -20000000, None)],
    "camt/camt053.v2.multi.statement.xml": [
        ("camt053", "EUR", 1, 885, True),
        ("camt053", "EUR", 1, -700, True),
    ],
    "camt/camt054.v4.xml": [("camt054", "SEK", 1, -20000000, None)],
    "camt/oca-camt054.xml": [("camt054", "EUR", 1, 500, None)],
    "mt940/charity-paypal-payouts.sta": [
        ("mt940", "EUR", 3, -18018675, True),
        ("mt940", "EUR", 1, 112000, True),
    ],
    "mt940/cmxl.sta": [
        ("mt940", "DEM", 11, 8730, True),
        ("mt940", "EUR", 2, 220000, True),
        ("mt940", "PLN", 3, 1004000, True),
    ],
    "mt940/february-30.sta": [("mt940", "EUR", 1, -600, True)],
    "mt940/mbank.sta": [("mt940", "PLN", 3, 3, True)],
    "mt940/mt942.sta": [("mt942", "EUR", 0, 0, None)],
    "mt940/rabobank-iban.sta": [
        ("mt940", "EUR", 2, -3500, True),
        ("mt940", "EUR", 2, -3500, True),
    ],
    "ofx/bank_medium.ofx": [("ofx", "CAD", 3, -34527, None)],
    "ofx/checking.ofx": [("ofx", "USD", 3, -5950, None)],
    "ofx/multiple_accounts.ofx": [("ofx", "USD", 0, 0, None), ("ofx", "USD", 0, 0, None)],
    "ofx/oca.ofx": [("ofx", "USD", 4, -36000, None), ("ofx", "USD", 0, 0, None)],
    "ofx/ofxtools-stmtrs.ofx": [("ofx", "USD", 2, -50000, None)],
    "ofx/suncorp.ofx": [("ofx", "AUD", 1, -1685, None)],
    "bai2/sample1.txt": [("bai2", "CAD", 11, 0, None), ("bai2", "CAD", 6, 0, None)],
}
"""Format, currency, lines, their sum, whether it ties (None: the file does not state both balances)."""

HELD = {
    "camt/camt053.v2.minimal.ultimate.xml": [(1, 885, 1815, -2700)],
    "camt/camt053.v2.minimal.xml": [(1, 885, 1815, -2700)],
    "camt/camt053.v4.xml": [(1, 885, 1815, -2700)],
    "camt/oca-camt053.xml": [(3, -1299, 1556827, 1512112)],
    "mt940/ing.sta": [(7, -4559, 0, 347)],
    "mt940/knab.sta": [(1, 50000, 0, 50000), (2, -676000, 305898, 79898)],
    "mt940/mbank-newline-in-tnr.sta": [(2, 8900, 46, 86017)],
    # These tie by their figures; their closing balances state no currency.
    "mt940/non-swift-lines.sta": [
        (6, 10500000, 0, 10500000),
        (2, 4000000, 10500000, 14500000),
        (1, -5000000, 14500000, 9500000),
    ],
    "mt940/overly-long-details.sta": [(1, -23315, 1234512, 1234598)],
    "mt940/sepa-snippet.sta": [
        (4, 35859391, 76665649, 112525040),
        (7, -250191730, -197043187, -447204909),
    ],
}
"""Lines, their sum, opening, closing; one statement at least does not tie."""

TIED_AMONG_HELD = {"mt940/knab.sta": 1, "mt940/sepa-snippet.sta": 1}

REFUSED = {
    "ofx/decimal_error.ofx": (37, "TRNAMT", "not-an-amount"),
    "ofx/signon_fail.ofx": (11, "STATUS/CODE", "refused-by-the-bank"),
}


def sample(name):
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip("the samples are not here")
    return path.read_bytes()


@pytest.mark.parametrize("name", TAKEN)
def test_a_good_file_is_taken(name):
    files = read_statements(name, sample(name))
    found = [
        (file.format, file.commodity, len(file.lines), file.sum_minor, file.ties) for file in files
    ]
    assert found == TAKEN[name]
    identities = [one for file in files for one in line_identities(file)]
    assert len(set(identities)) == len(identities)


def test_the_largest_report_is_taken():
    files = read_statements("bai2", sample("bai2/sample3.txt"))
    assert len(files) == 15
    assert all(file.ties for file in files)
    assert (sum(len(file.lines) for file in files), sum(file.sum_minor for file in files)) == (
        26,
        -19705,
    )


@pytest.mark.parametrize("name", HELD)
def test_a_file_that_does_not_tie_is_held_with_its_figures(name):
    data = sample(name)
    with pytest.raises(BalanceTieError) as raised:
        read_statements(name, data)
    files = read_unproved(name, data)
    found = [
        (len(file.lines), file.sum_minor, file.opening_minor, file.closing_minor) for file in files
    ]
    assert found == HELD[name]
    assert sum(file.ties is True for file in files) == TIED_AMONG_HELD.get(name, 0)
    fields = raised.value.fields
    assert fields["difference_minor"] == fields["found"] - fields["expected"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_file_is_refused_with_its_place(name):
    with pytest.raises(FileFormatError) as raised:
        read_statements(name, sample(name))
    fields = raised.value.fields
    assert (fields["line"], fields["field"], fields["reason"]) == REFUSED[name]


def test_the_interim_report_is_shown_and_is_no_money():
    (file,) = read_statements("mt942", sample("mt940/mt942.sta"))
    assert [(line.amount_minor, line.state) for line in file.pending] == [(-42, "pending")]
    assert [notice.reason for notice in file.notices] == ["total-differs"]


def test_every_sample_of_these_kinds_is_in_one_of_the_lists():
    if not SAMPLES.is_dir():
        pytest.skip("the samples are not here")
    found = {
        f"{kind}/{path.name}"
        for kind in ("camt", "mt940", "ofx", "bai2")
        for path in (SAMPLES / kind).iterdir()
        if path.name != "README.md"
    }
    assert found == {*TAKEN, *HELD, *REFUSED, "bai2/sample3.txt"}
