import random
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.errors import FileFormatError, InputError, TooLargeError
from ledger.matching.formats.detect import read_bank_file, read_statements
from ledger.matching.formats.settlement_csv import read_settlement_file

ROOT = Path(__file__).parents[4]
SHIPPED = ROOT / "ledger" / "cli" / "sample_month"
FROM_OUTSIDE = ROOT.parent / "shared" / "samples"

BANK_FILES = sorted([*SHIPPED.glob("wallet/*"), *SHIPPED.glob("bank/*")])
SHEET = SHIPPED / "platform" / "settlement_202610.csv"


def test_the_shipped_files_are_each_known_by_their_bytes():
    found = {
        path.name: read_bank_file("any.name", path.read_bytes()).format for path in BANK_FILES
    }
    assert found == {
        "ccb_enterprise_202611.csv": "ccb_corporate",
        "alipay_signcustomer_202611.zip": "alipay_signcustomer",
        "wechat_fundflow_202611.csv": "wechat_fundflow",
    }


def test_the_files_from_outside_are_read_and_tie():
    month = FROM_OUTSIDE / "month-synthetic"
    if not month.is_dir():
        pytest.skip("the samples are not here")
    files = [
        read_bank_file(path.name, path.read_bytes())
        for path in [*month.glob("bank/*"), *month.glob("wallet/*")]
    ]
    found = {
        file.format: (len(file.lines), file.opening_minor, file.closing_minor) for file in files
    }
    assert found == {
        "ccb_corporate": (5, 5_000_000, 4_888_051),
        "alipay_signcustomer": (2, 12_050, 12_050),
        "wechat_fundflow": (3, 800, 800),
    }


def test_files_of_other_formats_are_refused_and_never_crash():
    if not FROM_OUTSIDE.is_dir():
        pytest.skip("the samples are not here")
    for path in FROM_OUTSIDE.rglob("*"):
        if path.is_file():
            read_either(path.read_bytes())


@pytest.mark.parametrize(
    "data", [b"", b"\xef\xbb\xbf", b"\n\n", b"hello", b"PK\x03\x04", b"\xff\xfe\x00", b"\x00" * 99]
)
def test_what_is_no_statement_is_refused(data):
    with pytest.raises(FileFormatError):
        read_bank_file("x", data)


def test_more_than_twenty_mebibytes_are_refused_unread():
    with pytest.raises(TooLargeError) as raised:
        read_bank_file("x", b" " * (20 * 2**20 + 1))
    assert raised.value.fields["limit"] == 20 * 2**20


def read_either(data):
    """Read as both kinds; only errors of our own may come out."""
    for reader in (read_statements, read_settlement_file):
        try:
            assert reader("x", data)
        except InputError:
            continue


@given(st.binary(max_size=600))
@example(b"PK\x03\x04" + b"\x00" * 40)
def test_random_bytes_are_refused_in_our_own_words(data):
    read_either(data)


@given(st.text(max_size=300), st.sampled_from(["utf-8", "gb18030"]))
def test_random_text_is_refused_in_our_own_words(text, encoding):
    read_either(text.encode(encoding, "ignore"))


def mutated(data, chance):
    """Damage bytes as discs, editors and people do: change, cut, drop, repeat, insert a telling piece."""
    data = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        at, to = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
        match chance.randrange(6):
            case 0 if at < len(data):
                data[at] = chance.randrange(256)
            case 1:
                del data[at:]
            case 2:
                del data[at : min(to, at + 30)]
            case 3:
                data[at:at] = data[at:to][:200]
            case 4:
                data[at:at] = chance.choice(
                    [
                        b",",
                        b'"',
                        b"\n",
                        b"-",
                        b"`",
                        b"#",
                        b"9" * 40,
                        b"\x00",
                        b"PK\x03\x04",
                        b"1e9",
                    ]
                )
            case _:
                data[at:to] = bytes(chance.randrange(256) for _ in range(min(to - at, 8)))
    return bytes(data)


@given(st.sampled_from([*BANK_FILES, SHEET]), st.integers(0, 2**32))
def test_damaged_samples_are_read_or_refused_in_our_own_words(path, seed):
    read_either(mutated(path.read_bytes(), random.Random(seed)))


@given(st.sampled_from([path for path in BANK_FILES if path.parent.name == "wallet"]), st.data())
def test_a_wallets_bill_without_its_tail_is_never_read_as_a_whole(path, data):
    # The bank's export has no end mark: what was cut there shows only in the next file's opening balance.
    whole = path.read_bytes().rstrip(b"\r\n")
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(InputError):
        read_bank_file("x", cut)
