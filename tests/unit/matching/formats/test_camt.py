from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ledger.errors import BalanceTieError, FileFormatError
from ledger.matching.formats.detect import read_statements, read_unproved
from ledger.matching.lines import line_identities
from tests.unit.matching.formats.bank_texts import CAMT, balance, camt, entry, statement


def read(*content, **parts):
    (file,) = read_statements("camt.xml", camt(statement(*content), **parts).encode())
    return file


def refused(text):
    with pytest.raises(FileFormatError) as raised:
        read_statements("camt.xml", text.encode())
    fields = raised.value.fields
    assert fields["file"] == "camt.xml"
    return fields["line"], fields["field"], fields["reason"]


def test_a_statement_is_read():
    (file,) = read_statements("camt.xml", CAMT.encode())
    assert (file.format, file.account, file.commodity, file.number) == (
        "camt053",
        "DE89370400440532013000",
        "EUR",
        "S1",
    )
    assert (file.opening_minor, file.closing_minor, file.sum_minor, file.ties) == (
        10000,
        12750,
        2750,
        True,
    )
    assert (file.first_day, file.last_day) == (date(2026, 10, 5), date(2026, 10, 5))
    assert [(one.amount_minor, one.bank_id, one.text) for one in file.lines] == [
        (-1250, None, "Medicine"),
        (4000, "REF-0001", "Medicine"),
    ]
    assert file.lines[0].booked_at == datetime(2026, 10, 5, tzinfo=UTC)
    assert file.lines[0].value_day == date(2026, 10, 6)


@pytest.mark.parametrize(
    ("message", "version", "name", "kind"),
    [
        ("BkToCstmrStmt", "053.001.04", "Stmt", "camt053"),
        ("BkToCstmrStmt", "053.001.08", "Stmt", "camt053"),
        ("BkToCstmrAcctRpt", "052.001.02", "Rpt", "camt052"),
        ("BkToCstmrDbtCdtNtfctn", "054.001.08", "Ntfctn", "camt054"),
    ],
)
def test_every_message_and_version_is_read(message, version, name, kind):
    text = camt(statement(entry(), name=name), message=message, version=version)
    for written in (
        text,
        text.replace(f' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{version}"', ""),
    ):
        (file,) = read_statements("x", written.encode())
        assert (file.format, file.sum_minor, file.ties) == (kind, -1250, None)


def test_a_namespace_prefix_and_an_envelope_make_no_difference():
    text = CAMT.replace("<", "<c:").replace("<c:/", "</c:").replace("<c:?", "<?")
    text = (
        text.replace("xmlns=", "xmlns:c=").replace("<c:Document", "<e><f/><c:Document", 1) + "</e>"
    )
    (file,) = read_statements("x", text.encode())
    assert file.sum_minor == 2750


def test_several_statements_stand_apart():
    text = camt(statement(entry()), statement(entry("7", "CRDT"), account="NL02ABNA0123456789"))
    files = read_statements("x", text.encode())
    assert [(file.account[:2], file.sum_minor) for file in files] == [("DE", -1250), ("NL", 700)]


def test_a_file_on_one_line_still_gives_each_line_its_own_number():
    (file,) = read_statements("x", CAMT.replace("\n", "").encode())
    assert [one.line_no for one in file.lines] == [1, 2]


def test_a_reversal_does_not_turn_the_sign_again():
    assert read(entry(extra="<RvslInd>true</RvslInd>")).lines[0].amount_minor == -1250


def test_a_debit_balance_is_negative():
    file = read(balance("OPBD", "1", "DBIT"), entry("3", "CRDT"), balance("CLBD", "2"))
    assert (file.opening_minor, file.closing_minor) == (-100, 200)


def test_the_entry_is_the_movement_whatever_its_details_say():
    details = (
        "<NtryDtls><Btch><PmtInfId>BATCH-2026-10</PmtInfId></Btch>"
        '<TxDtls><Refs><EndToEndId>WD20261101</EndToEndId></Refs><Amt Ccy="USD">5</Amt>'
        '<AmtDtls><CntrValAmt><Amt Ccy="USD">14</Amt></CntrValAmt></AmtDtls></TxDtls>'
        "<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs></TxDtls></NtryDtls>"
    )
    (line,) = read(entry(details=details)).lines
    assert (line.amount_minor, line.text) == (-1250, "WD20261101")
    assert line.references == ("BATCH-2026-10", "WD20261101")


@pytest.mark.parametrize("wrapped", ["<Nm>PLATFORM</Nm>", "<Pty><Nm>PLATFORM</Nm></Pty>"])
def test_the_other_party_is_named_in_old_and_new_versions(wrapped):
    parties = f"<RltdPties><Dbtr>{wrapped}</Dbtr><Cdtr><Nm>US</Nm></Cdtr></RltdPties>"
    party = f"<NtryDtls><TxDtls>{parties}</TxDtls></NtryDtls>"
    assert read(entry(direction="CRDT", details=party)).lines[0].counterparty == "PLATFORM"
    assert read(entry(direction="DBIT", details=party)).lines[0].counterparty == "US"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("<Sts>PDNG</Sts>", "pending"),
        ("<Sts><Cd>PDNG</Cd></Sts>", "pending"),
        ("<Sts><Cd>FUTR</Cd></Sts>", "pending"),
        ("<Sts>INFO</Sts>", "information"),
    ],
)
def test_what_is_not_booked_is_no_money(status, state):
    file = read(
        balance("OPBD", "1"), entry(), entry("9", status=status), balance("CLBD", "11.50", "DBIT")
    )
    assert [one.amount_minor for one in file.lines] == [-1250]
    assert [(one.amount_minor, one.state) for one in file.pending] == [(-900, state)]
    assert len(line_identities(file)) == 1


def test_a_pending_entry_may_lack_its_booking_day():
    file = read(entry(booked="", status="<Sts>PDNG</Sts>"))
    assert file.pending[0].booked_at.date() == date(2026, 10, 6)


def test_two_equal_entries_are_two_and_the_same_two_again():
    first, again = read(entry(), entry()), read(entry(), entry(), entry("1"))
    assert len(set(line_identities(first))) == 2
    assert set(line_identities(first)) < set(line_identities(again))


def test_a_reference_that_stands_on_two_amounts_is_noticed_and_loses_neither():
    reference = "<AcctSvcrRef>R-1</AcctSvcrRef>"
    file = read(entry(reference=reference), entry("3", reference=reference))
    assert len(set(line_identities(file))) == 2
    assert [notice.reason for notice in file.notices] == ["number-reused"]


def test_times_keep_their_zone_and_therefore_their_day():
    booked = "<BookgDt><DtTm>2026-10-05T00:30:00+08:00</DtTm></BookgDt>"
    (line,) = read(entry(booked=booked)).lines
    assert line.booked_at == datetime(2026, 10, 5, 0, 30, tzinfo=timezone(timedelta(hours=8)))
    assert line.booked_at.date() == date(2026, 10, 5)


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [
        ("JPY", "125", -125),
        ("KWD", "1.234", -1234),
        ("EUR", "12.50000", -1250),
        ("EUR", ".5", -50),
    ],
)
def test_amounts_have_the_digits_of_their_currency(currency, amount, minor):
    assert read(entry(amount, currency=currency)).lines[0].amount_minor == minor


def test_interest_and_fees_are_told_by_the_banks_code():
    def kind(code, direction):
        code = f"<BkTxCd><Domn><Cd>ACMT</Cd><Fmly><Cd>X</Cd><SubFmlyCd>{code}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        return read(entry(direction=direction, reference=code)).lines[0].kind

    assert kind("INTR", "CRDT") == "interest"
    assert kind("INTR", "DBIT") == "fee"
    assert kind("CHRG", "DBIT") == "fee"
    assert kind("CHRG", "CRDT") == "ordinary"
    assert kind("ESCT", "CRDT") == "ordinary"


def test_a_statement_that_does_not_tie_shows_all_its_figures():
    with pytest.raises(BalanceTieError) as raised:
        read(balance("OPBD", "100"), entry(), balance("CLBD", "90"))
    assert raised.value.fields == {
        "file": "camt.xml",
        "line": 8,
        "field": "closing",
        "expected": 8750,
        "found": 9000,
        "account_ending": "3000",
        "currency": "EUR",
        "first_day": "2026-10-05",
        "last_day": "2026-10-05",
        "opening_minor": 10000,
        "closing_minor": 9000,
        "sum_minor": -1250,
        "lines": 1,
        "difference_minor": 250,
    }


def test_a_closing_balance_in_another_currency_is_held_with_both():
    text = camt(
        statement(balance("OPBD", "100"), entry(), balance("CLBD", "87.50", currency="SEK"))
    )
    with pytest.raises(BalanceTieError) as raised:
        read_statements("x", text.encode())
    assert (raised.value.fields["reason"], raised.value.fields["found_currency"]) == (
        "other-currency",
        "SEK",
    )
    assert read_unproved("x", text.encode())[0].closing_commodity == "SEK"


def test_other_balances_are_not_the_opening_or_the_closing_one():
    file = read(
        balance("OPAV", "1"),
        balance("PRCD", "100"),
        entry(),
        balance("ITBD", "2"),
        balance("CLAV", "3"),
    )
    assert (file.opening_minor, file.closing_minor) == (10000, None)


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        (">12.50<", ">-12.50<", "Ntry/Amt", "signed"),
        (">12.50<", ">+12.50<", "Ntry/Amt", "signed"),
        (">12.50<", ">12,50<", "Ntry/Amt", "not-an-amount"),
        (">12.50<", ">1,212.50<", "Ntry/Amt", "not-an-amount"),
        (">12.50<", ">12.501<", "Ntry/Amt", "too-many-decimals"),
        (">12.50<", "><", "Ntry/Amt", "not-an-amount"),
        (">12.50<", ">1e3<", "Ntry/Amt", "not-an-amount"),
        (">12.50<", ">１２<", "Ntry/Amt", "not-an-amount"),
        (">12.50<", ">999999999999999999<", "Ntry/Amt", "too-large"),
        ('<Amt Ccy="EUR">12.50', '<Amt Ccy="USD">12.50', "Ntry/Amt/@Ccy", "other-currency"),
        ('<Amt Ccy="EUR">12.50', "<Amt>12.50", "Ntry/Amt/@Ccy", "other-currency"),
        ('<Amt Ccy="EUR">12.50</Amt>', "", "Ntry/Amt", "missing"),
        ("<CdtDbtInd>DBIT", "<CdtDbtInd>X", "Ntry/CdtDbtInd", "unknown-direction"),
        ("<CdtDbtInd>DBIT</CdtDbtInd>", "", "Ntry/CdtDbtInd", "missing"),
        ("<Sts>BOOK</Sts>", "", "Ntry/Sts", "missing"),
        ("<Sts>BOOK</Sts>", "<Sts>DONE</Sts>", "Ntry/Sts", "unknown-status"),
        ("<BookgDt><Dt>2026-10-05", "<BookgDt><Dt>2026-02-30", "BookgDt/Dt", "no-such-day"),
        ("<BookgDt><Dt>2026-10-05", "<BookgDt><Dt>05.10.2026", "BookgDt/Dt", "not-a-day"),
        ("<BookgDt><Dt>2026-10-05", "<BookgDt><Dt>0001-10-05", "BookgDt/Dt", "no-such-day"),
        (
            "<BookgDt><Dt>2026-10-05</Dt>",
            "<BookgDt><DtTm>2026-10-05T25:00:00</DtTm>",
            "BookgDt/DtTm",
            "not-a-time",
        ),
        ("<IBAN>DE89370400440532013000</IBAN>", "", "Acct/Id", "missing"),
        (">DE89", f">{'1' * 200}", "Acct/Id", "too-long"),
        ('<Amt Ccy="EUR">100.00', '<Amt Ccy="XYZ">100.00', "Bal/Amt/@Ccy", "unknown-currency"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(old, new, field, reason):
    wrong = CAMT.replace(old, new, 1)
    assert wrong != CAMT
    line, *found = refused(wrong)
    assert found == [field, reason]
    start = len(CAMT[: CAMT.index(old)].splitlines())
    assert start - 2 <= line <= start + 1


ENTITIES = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
OUTSIDE = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n'
REMOTE = '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">\n'


@pytest.mark.parametrize("head", [ENTITIES, OUTSIDE, REMOTE, "<!DOCTYPE d>\n"])
def test_a_document_type_is_refused(head):
    text = camt(statement(entry("&a;")), head=head)
    assert refused(text) == (2, "xml", "document-type")


@pytest.mark.parametrize(
    "broken",
    [
        CAMT[:-20],
        CAMT.replace("</Amt>", "", 1),
        CAMT.replace("12.50", "&a;"),
        CAMT + "<x/>",
        CAMT.replace("Medicine", "\x08", 1),
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_line(broken):
    line, field, reason = refused(broken)
    assert (field, reason) == ("xml", "not-well-formed")
    assert line > 1


def test_a_message_without_a_statement_is_refused():
    assert refused(camt())[2] == "no-statement"
