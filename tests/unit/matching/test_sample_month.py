"""The sample month's raw files make its expected figures, by code that shares nothing with the readers."""

import base64
import csv
import hashlib
import importlib.util
import io
import json
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "ledger" / "cli" / "sample_month"
FROM_OUTSIDE = ROOT.parent / "shared" / "samples" / "month-synthetic"
SIZE_MAX = 400_000


def yuan(fen):
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def fen(text):
    return int(text.replace(",", "").replace(".", ""))


def lines_of(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def sheet(path):
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def kuaishou(month, secret):
    deliveries = lines_of(month / "platform/kuaishou_callbacks.jsonl")
    rows, messages, bad, tests, repeats = {}, set(), 0, 0, 0
    for delivery in deliveries:
        if (
            hashlib.md5((delivery["body"] + secret).encode()).hexdigest()
            != delivery["headers"]["kwaisign"]
        ):
            bad += 1
            continue
        body = json.loads(delivery["body"])
        if body["event"].endswith("_TEST"):
            tests += 1
            continue
        repeats += body["data"]["unique_message_id"] in messages
        messages.add(body["data"]["unique_message_id"])
        rows |= {row["uniqueNo"]: row for row in body["data"]["payload"]}
    look_back = json.loads(
        json.loads((month / "platform/kuaishou_pushdata_query.json").read_text("utf-8"))["data"]
    )
    recovered = [message for message in look_back if message["uniqueMessageId"] not in messages]
    rows |= {row["uniqueNo"]: row for message in recovered for row in message["payload"]}
    coins = sum(row["giftCount"] * row["giftUnitPrice"] for row in rows.values())
    return {
        "deliveries": len(deliveries),
        "bad_signature": bad,
        "test_deliveries": tests,
        "repeated_deliveries": repeats,
        "messages_recovered_by_query": len(recovered),
        "gift_rows_counted": len(rows),
        "coins_counted": coins,
        "gross_cny_counted": yuan(coins * 10),
    }


def douyin(month, secret):
    deliveries = lines_of(month / "platform/douyin_callbacks.jsonl")
    items, bad, tests, repeats = {}, 0, 0, 0
    for delivery in deliveries:
        headers = delivery["headers"]
        signed = sorted(
            name for name in headers if name.startswith("x-") and name != "x-signature"
        )
        plain = "&".join(f"{name}={headers[name]}" for name in signed) + delivery["body"] + secret
        if (
            base64.b64encode(hashlib.md5(plain.encode()).digest()).decode()
            != headers["x-signature"]
        ):
            bad += 1
            continue
        body = json.loads(delivery["body"])
        real = {item["msg_id"]: item for item in body if not item.get("test")}
        tests += len(body) - len(real)
        repeats += bool(real) and real.keys() <= items.keys()
        items |= real
    pages = json.loads((month / "platform/douyin_fail_data_page1.json").read_text("utf-8"))[
        "data"
    ]["data_list"]
    failed = {item["msg_id"]: item for page in pages for item in json.loads(page["payload"])}
    recovered = failed.keys() - items.keys()
    items |= failed
    guest = [item["gift_value"] for item in items.values() if item.get("audience_sec_open_id")]
    host = [item["gift_value"] for item in items.values() if not item.get("audience_sec_open_id")]
    return {
        "deliveries": len(deliveries),
        "bad_signature": bad,
        "test_items": tests,
        "repeated_deliveries": repeats,
        "items_recovered_by_fail_data": len(recovered),
        "items_to_guest": len(guest),
        "gross_cny_to_guest": yuan(sum(guest)),
        "items_counted": len(host),
        "gross_cny_counted": yuan(sum(host)),
    }


def wallets(month):
    archive = zipfile.ZipFile(next(month.glob("wallet/alipay_*.zip")), metadata_encoding="gbk")
    text = next(
        t
        for t in (archive.read(name).decode("gbk") for name in archive.namelist())
        if "账务流水号" in t
    )
    rows = [
        [cell.strip() for cell in line.split(",")]
        for line in text.splitlines()
        if line[:1].isdigit()
    ]
    into, out = sum(fen(row[6]) for row in rows), -sum(fen(row[7]) for row in rows)
    opening = fen(rows[0][8]) - fen(rows[0][6]) - fen(rows[0][7])
    text = next(month.glob("wallet/wechat_*.csv")).read_text("utf-8-sig")
    flow = [line[1:].split(",`") for line in text.splitlines()[:-1] if line.startswith("`")]
    fees = sum(fen(row[6]) for row in flow if row[4] == "扣除交易手续费")
    received = sum(fen(row[6]) for row in flow if row[5] == "收入")
    spent = sum(fen(row[6]) for row in flow if row[5] == "支出")
    return {
        "alipay": {
            "in": yuan(into),
            "out_to_fund": yuan(out),
            "opening": yuan(opening),
            "closing": rows[-1][8],
        },
        "wechat": {
            "in": yuan(received),
            "out_to_fund": yuan(spent - fees),
            "fee": yuan(fees),
            "opening": yuan(fen(flow[0][7]) - fen(flow[0][6])),
            "closing": flow[-1][7],
        },
    }


def bank(month):
    text = next(month.glob("bank/*.csv")).read_bytes().decode("gb18030")
    rows = list(csv.reader(io.StringIO(text)))[1:]
    into = {row[12]: fen(row[3] or "0.00") for row in rows}
    direct = sum(into[row[12]] for row in rows if row[11] == "捐款")
    interest = sum(into[row[12]] for row in rows if row[10] == "结息")
    paid = sum(fen(row[2] or "0.00") for row in rows)
    return {
        "opening": yuan(fen(rows[0][4]) - into[rows[0][12]]),
        "closing": rows[-1][4].replace(",", ""),
        "rows": len(rows),
        "from_platform_chain": yuan(sum(into.values()) - direct - interest),
        "direct_gift": yuan(direct),
        "paid_to_hospital": yuan(paid),
        "interest": yuan(interest),
    }


def spending(month):
    rows = sheet(month / "spending/spending_202610.csv")

    def sums(column):
        names = sorted({row[column] for row in rows})
        return {
            name: yuan(sum(fen(row["amount_cny"]) for row in rows if row[column] == name))
            for name in names
        }

    return {
        "rows": len(rows),
        "persons": sum(int(row["persons"]) for row in rows),
        "person_times": sum(int(row["person_times"]) for row in rows),
        "total": yuan(sum(fen(row["amount_cny"]) for row in rows)),
        "by_disease": sums("disease"),
        "by_group": sums("group"),
        "reference": "/".join({row["reference"] for row in rows}),
    }


@pytest.fixture(params=[SHIPPED, FROM_OUTSIDE], ids=["shipped", "from-outside"])
def month(request):
    if not request.param.is_dir():
        pytest.skip("the samples are not here")
    return request.param


def expected_of(month):
    return json.loads((month / "expected.json").read_text("utf-8"))


def test_the_gifts_make_the_expected_figures(month):
    expected, secrets = expected_of(month), json.loads((month / "secrets.json").read_text("utf-8"))
    for name, made in (
        ("kuaishou", kuaishou(month, secrets["kuaishou_app_secret"])),
        ("douyin", douyin(month, secrets["douyin_live_gift_secret"])),
    ):
        assert {key: expected[name][key] for key in made} == made


def test_the_settlement_is_that_of_the_sheet_and_differs_as_stated(month):
    expected = expected_of(month)
    rows = sheet(month / "platform/settlement_202610.csv")
    assert rows == expected["settlement"]["rows"]
    for row in rows:
        name = row["platform"]
        counted = fen(expected[name]["gross_cny_counted"])
        assert (
            yuan(fen(row["gross_cny"]) - counted)
            == expected["settlement"][f"{name}_gross_minus_counted"]
        )
    assert (
        expected["settlement"]["kuaishou_gross_minus_counted"]
        == expected["kuaishou"]["gross_cny_never_pushed"]
    )
    assert fen(rows[1]["refund_cny"]) == -fen(
        expected["settlement"]["douyin_refund_not_seen_as_event"]
    )


def test_the_withheld_tax_is_that_of_the_cumulative_method(month):
    settlement = expected_of(month)["settlement"]
    for row in settlement["rows"]:
        before = settlement["before_this_month"][row["platform"]]
        year_fen = fen(before["income"]) + fen(row["income_cny"])
        taxable = year_fen * 80 // 100 - 500_000 * (before["months"] + 1)
        assert taxable <= 3_600_000, "only the first bracket is recomputed here"
        tax = max(0, (taxable * 3 + 50) // 100 - fen(before["withheld"]))
        assert row["tax_withheld_cny"] == yuan(-tax)


def test_the_wallets_and_the_bank_make_the_expected_figures(month):
    expected = expected_of(month)
    assert wallets(month) == expected["wallet"]
    assert bank(month) == expected["bank"]


def test_the_money_of_one_stage_is_that_of_the_next(month):
    expected = expected_of(month)
    nets = [row["net_cny"] for row in expected["settlement"]["rows"]]
    assert nets == [expected["wallet"]["alipay"]["in"], expected["wallet"]["wechat"]["in"]]
    out = sum(fen(wallet["out_to_fund"]) for wallet in expected["wallet"].values())
    assert yuan(out) == expected["bank"]["from_platform_chain"]


def test_the_spending_of_the_shipped_month_is_what_the_hospital_was_paid():
    expected = expected_of(SHIPPED)
    assert spending(SHIPPED) == expected["spending"]
    assert expected["spending"]["total"] == expected["bank"]["paid_to_hospital"]
    names = json.loads((SHIPPED / "spending/names.json").read_text("utf-8"))
    assert expected["spending"]["by_disease"].keys() <= names["diseases"].keys()
    assert expected["spending"]["by_group"].keys() <= names["groups"].keys()


def test_the_shipped_spending_reaches_gifts_and_leaves_some():
    figures = expected_of(SHIPPED)["bank"]
    assert figures["opening"] == "0.00"
    assert 0 < fen(figures["paid_to_hospital"]) < fen(figures["from_platform_chain"])


def test_the_shipped_month_is_what_its_generator_makes_and_small(monkeypatch):
    path = ROOT / "tests" / "vectors" / "make_sample_month.py"
    spec = importlib.util.spec_from_file_location("make_sample_month", path)
    generator = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, generator)  # dataclasses look their module up
    spec.loader.exec_module(generator)
    made = generator.make()
    shipped = {
        path.relative_to(SHIPPED).as_posix(): path.read_bytes()
        for path in SHIPPED.rglob("*")
        if path.is_file() and path.name != "README.md"
    }
    assert shipped == made
    assert sum(map(len, shipped.values())) < SIZE_MAX
