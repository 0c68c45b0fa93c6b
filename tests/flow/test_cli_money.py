"""From gifts in a file to a closed month, on the command line: the right way, and every way that is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.flow.cli import COLLECTION, FUND, GIFTS, Cli

PROPOSAL = ("--from", "CCB", "--to", "Main", "--reference", "HZ20261203")


# --- gifts -----------------------------------------------------------------------------------------


def test_gifts_come_in_once(cli: Cli) -> None:
    path = cli.gifts("gifts.jsonl", *GIFTS)
    first = cli.json("import", "gifts", path, "--channel", "Kuaishou")
    assert first["recorded"] == first["rows"] == 3
    assert first["recorded_minor"] == {"CNY": 102000}
    again = cli.json("import", "gifts", path, "--channel", "Kuaishou")
    assert (again["recorded"], again["repeated"], again["recorded_minor"]) == (0, 3, {})
    assert "3 repeated" in cli.run("import", "gifts", path, "--channel", "Kuaishou").stdout


def test_wrong_rows_come_back_and_are_taken_when_corrected(cli: Cli) -> None:
    cli.run("import", "gifts", cli.gifts("first.jsonl", GIFTS[0]), "--channel", "Kuaishou")
    path = cli.gifts(
        "gifts.jsonl",
        {**GIFTS[1], "amount": "-4.00"},
        {**GIFTS[0], "amount": "7.00"},
        GIFTS[2],
        {**GIFTS[1], "id": "g-4", "curency": "CNY"},
    )
    result = cli.run("import", "gifts", path, "--channel", "Kuaishou", fails=1)
    assert (
        "4 rows: 1 recorded (20.00 CNY), 0 repeated, 1 contradicting, 2 refused" in result.stdout
    )
    assert result.stderr.splitlines() == [
        "gifts.jsonl: line 1, field units: not-positive",
        "gifts.jsonl: line 2, field units: conflict",
        "gifts.jsonl: line 4, field curency: unknown-field",
        "gifts.jsonl: 3 rows came back in gifts.jsonl.rejected",
    ]
    rejected = cli.folder / "gifts.jsonl.rejected"
    back = [json.loads(line) for line in rejected.read_text("utf-8").splitlines()]
    assert [one["_problem"]["line"] for one in back] == [1, 2, 4]
    # Corrected as the officer would: the amounts, the misspelt field, and nothing else.
    back[0]["amount"], back[1]["amount"] = "400.00", "600.00"
    back[2]["currency"] = back[2].pop("curency")
    corrected = cli.gifts("corrected.jsonl", *back)
    done = cli.json("import", "gifts", corrected, "--channel", "Kuaishou")
    assert (done["recorded"], done["repeated"], done["refused"]) == (2, 1, 0)
    assert not (cli.folder / "corrected.jsonl.rejected").exists()


def test_a_file_that_is_right_at_last_takes_its_rejected_rows_away(cli: Cli) -> None:
    path = cli.gifts("gifts.jsonl", {**GIFTS[0], "amount": "x"})
    cli.json("import", "gifts", path, "--channel", "Kuaishou", fails=1)
    rejected = cli.folder / "gifts.jsonl.rejected"
    assert rejected.exists()
    cli.gifts("gifts.jsonl", GIFTS[0])
    cli.run("import", "gifts", path, "--channel", "Kuaishou")
    assert not rejected.exists()


def test_rejected_rows_of_a_csv_can_be_corrected_too(cli: Cli) -> None:
    columns = ("id", "at", "amount", "currency", "nickname")
    at = GIFTS[0]["at"]
    path = cli.sheet(
        "gifts.csv", columns, ("a", at, "1.00", "CNY", "甲"), ("b", at, "", "CNY", "=cmd()")
    )
    cli.run("import", "gifts", path, "--channel", "Kuaishou", fails=1)
    rejected = (cli.folder / "gifts.csv.rejected").read_text("utf-8-sig")
    assert "'=cmd()" in rejected, "a cell that a spreadsheet would run"
    corrected = cli.file("corrected.csv", rejected.replace(",,CNY", ",2.00,CNY"))
    assert cli.json("import", "gifts", corrected, "--channel", "Kuaishou")["recorded_minor"] == {
        "CNY": 200
    }


@pytest.mark.parametrize(
    ("source", "name", "content", "says"),
    [
        ("gifts", "gifts.txt", b"x", "gifts.txt, field file: unknown-format"),
        ("gifts", "gifts.csv", b"id,at\n", "gifts.csv, line 1"),
        ("lookback", "answer.json", b"x", "file-format: answer.json: not-json"),
        ("deliveries", "calls.jsonl", b"x", "what=webhook-secret"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    cli: Cli, source: str, name: str, content: bytes, says: str
) -> None:
    path = cli.file(name, content)
    before = cli.size()
    assert says in cli.refused("import", source, path, "--channel", "Kuaishou")
    assert cli.size() == before


def test_a_channel_that_the_fund_does_not_have_is_named(cli: Cli) -> None:
    path = cli.gifts("gifts.jsonl", *GIFTS)
    told = cli.refused("import", "gifts", path, "--channel", "Douyin")
    assert told == "unknown-name (what=channel name=Douyin known=['Kuaishou'])"


def test_a_missing_file_is_a_wrong_call(cli: Cli) -> None:
    missing = cli.folder / "nowhere.jsonl"
    result = cli.run("import", "gifts", missing, "--channel", "Kuaishou", fails=2)
    assert "nowhere.jsonl" in result.stderr


def test_recorded_deliveries_go_through_the_platform_s_port(cli: Cli, samples: Path) -> None:
    month = samples / "month-synthetic"
    secrets = json.loads((month / "secrets.json").read_text())
    secret = cli.file("secret.txt", secrets["kuaishou_app_secret"])
    cli.run("channel", "add", "Live", "--platform", "kuaishou", "--secret-file", secret)
    cli.run("rate", "set", "KSCOIN", "10", "1.00")
    calls = month / "platform" / "kuaishou_callbacks.jsonl"
    expected = json.loads((month / "expected.json").read_text())["kuaishou"]
    first = cli.json("import", "deliveries", calls, "--channel", "Live")
    assert first["forged"] == expected["bad_signature"] > 0
    assert first["recorded"] > 0
    again = cli.json("import", "deliveries", calls, "--channel", "Live")
    assert (again["recorded"], again["forged"]) == (0, first["forged"])
    lookback = month / "platform" / "kuaishou_pushdata_query.json"
    found = cli.json("import", "lookback", lookback, "--channel", "Live")
    assert first["recorded"] + found["recorded"] == expected["gift_rows_counted"]


# --- settlement ------------------------------------------------------------------------------------


def test_a_settlement_is_booked_once(cli: Cli) -> None:
    cli.run("import", "gifts", cli.gifts("gifts.jsonl", *GIFTS), "--channel", "Kuaishou")
    sheet = cli.settlement()
    assert cli.json("settlement", "import", sheet) == {"added": 1, "repeated": 0, "raised": 0}
    assert cli.json("settlement", "import", sheet) == {"added": 0, "repeated": 1, "raised": 0}
    opened = cli.json("bank", "open")
    assert opened == {"lines": [], "settlements": ["KU-ST-202611"], "exceptions": []}


def test_more_gross_than_gifts_raises_an_exception_that_stays_open(cli: Cli) -> None:
    cli.run("import", "gifts", cli.gifts("gifts.jsonl", GIFTS[0]), "--channel", "Kuaishou")
    assert cli.json("settlement", "import", cli.settlement())["raised"] == 1
    (item,) = cli.json("bank", "open")["exceptions"]
    assert item == {
        "kind": "missing_gift",
        "subject": "gifts/Kuaishou/KU-ST-202611",
        "amount_minor": 42000,
    }


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"net_cny": "509.00"}, "sheet.csv, line 2, field net_cny: not-income-tax"),
        ({"income_cny": "511.00"}, "sheet.csv, line 2, field income_cny: not-gross-refund-share"),
        ({"refund_cny": "1.00"}, "sheet.csv, line 2, field refund_cny: positive"),
        ({"period": "2026-13"}, "sheet.csv, line 2, field period: malformed"),
        ({"gross_cny": "1,02"}, "sheet.csv, line 2, field gross_cny"),
        ({"statement_no": ""}, "sheet.csv, line 2, field statement_no"),
        ({"platform": "bilibili"}, "sheet.csv"),
    ],
)
def test_a_wrong_settlement_is_refused_with_line_and_field(
    cli: Cli, changes: dict[str, str], says: str
) -> None:
    assert says in cli.refused("settlement", "import", cli.settlement("sheet.csv", **changes))
    assert cli.json("bank", "open")["settlements"] == []


def test_wrong_rows_of_a_settlement_come_back_all_at_once(cli: Cli) -> None:
    good, wrong = cli.settlement("one.csv"), cli.settlement("two.csv", statement_no="=B")
    text = wrong.read_text("utf-8").replace("-510.00", "510.00")
    rows = [good.read_text("utf-8").splitlines(), text.splitlines()]
    sheet = cli.file("sheet.csv", "\n".join([*rows[0], rows[1][1], rows[1][1]]) + "\n")
    told = cli.refused("settlement", "import", sheet)
    assert "sheet.csv, line 3" in told
    assert "wrong_rows=2 rejected=sheet.csv.rejected" in told
    rejected = cli.folder / "sheet.csv.rejected"
    columns, *back = csv.reader(rejected.read_text("utf-8-sig").splitlines())
    assert columns[-2:] == ["line", "problem"]
    assert [one[-2:] for one in back] == [
        ["3", "platform_share_cny: positive"],
        ["4", "platform_share_cny: positive"],
    ]
    assert back[0][columns.index("statement_no")] == "'=B", "a cell that a spreadsheet would run"
    assert cli.json("bank", "files")["files"] == []


def test_a_known_statement_number_with_other_figures_is_a_conflict(cli: Cli) -> None:
    cli.run("import", "gifts", cli.gifts("gifts.jsonl", *GIFTS), "--channel", "Kuaishou")
    cli.run("settlement", "import", cli.settlement())
    other = cli.settlement("other.csv", tax_withheld_cny="-1.00", net_cny="509.00")
    before = cli.size()
    told = cli.refused("settlement", "import", other)
    assert told == "conflict: other.csv, field tax (key=KU-ST-202611 seq=14)"
    assert cli.size() == before


# --- bank ------------------------------------------------------------------------------------------


def test_a_bank_file_is_taken_once_and_matched(raised: Cli) -> None:
    opened = raised.json("bank", "open")
    assert opened == {"lines": [], "settlements": [], "exceptions": []}
    again = raised.json("bank", "import", raised.folder / "collection-1.csv")
    assert again == {"added": 0, "repeated": 1, "held": 0}
    assert raised.json("reconcile")["payouts"] == 0


def test_a_preview_says_what_is_in_a_file_and_takes_nothing(cli: Cli) -> None:
    path = cli.bank_file(
        "file.csv",
        COLLECTION,
        ("20261202 09:00:00", "5.00", "5.00", "a"),
        ("20261203 09:00:00", "-2.00", "3.00", "b"),
    )
    seen = cli.json("bank", "import", path, "--preview")
    assert (seen["format"], seen["lines"], seen["sum_minor"]) == ("ccb_corporate", 2, 300)
    assert (seen["opening_minor"], seen["closing_minor"], seen["ties"]) == (0, 300, True)
    assert seen["account_ending"] == COLLECTION[-4:]
    assert "2 lines, 3.00 CNY, ties" in cli.run("bank", "import", path, "--preview").stdout
    assert cli.json("bank", "open")["lines"] == []


def test_a_file_that_does_not_tie_is_held_with_both_values(cli: Cli) -> None:
    path = cli.bank_file(
        "broken.csv",
        COLLECTION,
        ("20261202 09:00:00", "5.00", "5.00", "a"),
        ("20261203 09:00:00", "5.00", "11.00", "b"),
    )
    told = cli.refused("bank", "import", path, "--preview")
    assert told.startswith(
        "balance-tie: broken.csv, line 3, field balance (expected=1000 found=1100 "
    )
    assert told.endswith("sum_minor=1000 lines=2 difference_minor=100)")
    done = cli.json("bank", "import", path, fails=1)
    assert done == {"added": 0, "repeated": 0, "held": 1}
    opened = cli.json("bank", "open")
    assert opened["lines"] == []
    assert [(one["kind"], one["amount_minor"]) for one in opened["exceptions"]] == [
        ("balance_break", 100)
    ]
    (file,) = cli.json("bank", "files", "--state", "held")["files"]
    (held,) = file["statements"]
    assert (held["why"], held["expected"], held["found"]) == ("balance-tie", 1000, 1100)
    assert [one["amount"] for one in cli.json("bank", "lines", "--state", "held")["lines"]] == [
        500,
        500,
    ]


def test_a_file_of_an_account_that_is_not_ours_is_refused_without_its_number(cli: Cli) -> None:
    path = cli.bank_file("file.csv", "6217009990001", ("20261202 09:00:00", "5.00", "5.00", "a"))
    told = cli.refused("bank", "import", path)
    assert told.startswith("unknown-name: file.csv (what=account")
    assert "6217009990001" not in told


def test_a_file_in_no_known_format_is_named(cli: Cli) -> None:
    told = cli.refused("bank", "import", cli.file("notes.csv", "hello"))
    assert told == "file-format: notes.csv, line 1, field header: unknown-format"


def test_a_line_is_booked_by_hand_once(cli: Cli) -> None:
    cli.run(
        "bank",
        "import",
        cli.bank_file("fund.csv", FUND, ("20261202 09:00:00", "200.00", "200.00", "捐款")),
    )
    arguments = ("bank", "book", "Main", "2", "--as", "donation", "--by", "王会计")
    assert cli.json(*arguments)["seq"] == 9
    assert "state=explained" in cli.refused(*arguments)
    assert "not-found" in cli.refused(
        "bank", "book", "Main", "9", "--as", "other", "--by", "王会计"
    )


# --- transfer --------------------------------------------------------------------------------------


def test_a_transfer_takes_two_people_and_two_bank_lines(transferred: Cli) -> None:
    assert transferred.json("transfer", "list")["transfers"] == [
        {"number": 1, "state": "confirmed", "amount_minor": 50000}
    ]


def test_a_transfer_without_its_reference_is_matched_by_hand(raised: Cli) -> None:
    raised.run("transfer", "propose", "500.00", *PROPOSAL, "--by", "王会计")
    raised.run("transfer", "approve", "1", "--by", "李建国")
    sent = raised.bank_file(
        "sent.csv", COLLECTION, ("20261203 09:00:00", "-500.00", "10.00", "汇款")
    )
    came = raised.bank_file("came.csv", FUND, ("20261203 10:00:00", "498.00", "498.00", "汇款"))
    raised.run("bank", "import", sent, came)
    assert raised.json("reconcile")["sent"] == 0
    confirm = ("transfer", "confirm", "1", "--row", "2", "--by", "王会计")
    assert "state=approved" in raised.refused(*confirm)
    send = ("transfer", "send", "1", "--row", "2", "--by", "王会计")
    assert raised.json(*send, "--fee", "2.00")["number"] == 1
    assert raised.json(*confirm)["number"] == 1
    assert "state" in raised.refused(*confirm)


@pytest.mark.parametrize(
    ("amount", "member", "options", "says"),
    [
        ("510.01", "王会计", PROPOSAL, "insufficient (account=Assets:Bank:CCB available=51000"),
        ("0", "王会计", PROPOSAL, "field amount: not-positive"),
        ("5x", "王会计", PROPOSAL, "field amount: not-an-amount (value=5x)"),
        ("5.00", "周敏", PROPOSAL, "not-allowed (role=controller"),
        ("5.00", "nobody", PROPOSAL, "unknown-name (what=member"),
        ("5.00", "王会计", (*PROPOSAL[:5], "short"), "field reference: length"),
        ("5.00", "王会计", ("--from", "Main", *PROPOSAL[2:]), "field from: not-a-collection"),
        ("5.00", "王会计", ("--from", "Nope", *PROPOSAL[2:]), "unknown-name (what=account"),
    ],
)
def test_a_wrong_proposal_is_refused(
    raised: Cli, amount: str, member: str, options: tuple[str, ...], says: str
) -> None:
    assert says in raised.refused("transfer", "propose", amount, *options, "--by", member)
    assert raised.json("transfer", "list") == {"transfers": []}


def test_whoever_proposed_a_transfer_cannot_approve_it(cli: Cli) -> None:
    cli.enrol("赵二", "finance,approver")
    cli.raise_money()
    cli.run("transfer", "propose", "500.00", *PROPOSAL, "--by", "赵二")
    assert cli.refused("transfer", "approve", "1", "--by", "赵二").startswith("four-eyes")
    assert cli.refused("transfer", "approve", "1", "--by", "王会计").startswith("not-allowed")
    assert cli.json("transfer", "list")["transfers"][0]["state"] == "proposed"
    cli.run("transfer", "approve", "1", "--by", "李建国")
    assert "state=approved" in cli.refused("transfer", "approve", "1", "--by", "李建国")
    assert "not-found" in cli.refused("transfer", "approve", "2", "--by", "李建国")


def test_a_rejected_transfer_ends_and_frees_its_money(raised: Cli) -> None:
    raised.run("transfer", "propose", "500.00", *PROPOSAL, "--by", "王会计")
    again = ("transfer", "propose", "500.00", *PROPOSAL, "--by", "王会计")
    assert "available=1000" in raised.refused(*again)
    assert "field reason: missing" in raised.refused(
        "transfer", "reject", "1", "--reason", " ", "--by", "李建国"
    )
    raised.run("transfer", "reject", "1", "--reason", "wrong account", "--by", "李建国")
    assert "state=rejected" in raised.refused("transfer", "approve", "1", "--by", "李建国")
    assert raised.json(*again)["number"] == 2


# --- spending, closing -----------------------------------------------------------------------------


def test_a_spending_sheet_is_booked_once_and_its_payment_matched(transferred: Cli) -> None:
    transferred.spend()
    sheet = (
        "spend",
        "import",
        transferred.folder / "spending.csv",
        "--account",
        "Main",
        "--by",
        "王会计",
    )
    assert transferred.json(*sheet) == {"added": 0, "repeated": 2}
    assert transferred.json("bank", "open")["lines"] == []


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (("Flu", "1.00", "ZF20261204"), "sheet.csv, line 3, field disease: not-on-the-list"),
        (("Diabetes", "0.00", "ZF20261204"), "sheet.csv, line 3, field amount_cny"),
        (("Diabetes", "1.001", "ZF20261204"), "sheet.csv, line 3, field amount_cny"),
        (("Diabetes", "499.01", "ZF20261204"), "insufficient: sheet.csv, line 3"),
    ],
)
def test_a_spending_sheet_with_one_bad_row_keeps_none(
    transferred: Cli, second: tuple[str, str, str], says: str
) -> None:
    sheet = transferred.spending("sheet.csv", ("Hypertension", "1.00", "ZF20261204"), second)
    before = transferred.size()
    call = ("spend", "import", sheet, "--account", "Main", "--by", "王会计")
    assert says in transferred.refused(*call)
    assert transferred.size() == before


def test_spending_from_a_collection_account_is_refused(raised: Cli) -> None:
    sheet = raised.spending("sheet.csv", ("Hypertension", "1.00", "ZF20261204"))
    before = raised.size()
    raised.refused("spend", "import", sheet, "--account", "CCB", "--by", "王会计")
    assert raised.size() == before


def test_a_month_is_closed_when_it_has_ended_and_once(cli: Cli) -> None:
    def refused(month: str) -> str:
        return cli.refused("period", "close", month, "--by", "王会计")

    assert "state=running needed=ended" in refused("2026-12")
    assert "field month: not-a-month" in refused("2026-13")
    cli.close("2026-11")
    assert refused("2026-11").startswith("period-closed")
    assert refused("2026-10").startswith("period-closed")


# --- what is made of it ----------------------------------------------------------------------------


def test_everything_verifies_after_the_whole_way(walked: Cli) -> None:
    assert walked.json("verify")["ok"] is True
    assert "verified:" in walked.run("verify").stdout
