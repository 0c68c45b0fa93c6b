"""Make the sample month that the project ships: `python tests/vectors/make_sample_month.py [FOLDER]`.

Everything is made up, from a fixed seed; the shapes are those of the platforms, wallets and the bank. The expected
figures are kept while the events are made, not read back from the files: a test reads the files and recomputes them.
"""
# ruff: noqa: E501 - rows of the wallets' and the bank's files are as long as they are

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import random
import sys
import zipfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SEED = 20261009
PERIOD = "2026-10"
ZONE = ZoneInfo("Asia/Shanghai")
FOLDER = Path(__file__).parents[2] / "ledger" / "cli" / "sample_month"

KUAISHOU_SECRET = "sample-kuaishou-app-secret"
DOUYIN_SECRET = "sample-douyin-live-gift-secret"
APP_ID = "ks710000000000000009"
AUTHOR = "ks-author-qinghe"
ROOM = "7410000000000000021"

KUAISHOU_ROWS = 400
KUAISHOU_GIFTS = (
    # id, name, coins each, weight: many small ones, a few that carry the month
    ("101", "小雏菊", 1, 28),
    ("102", "棒棒糖", 5, 20),
    ("103", "奶茶", 10, 16),
    ("104", "灯笼", 99, 10),
    ("105", "孔明灯", 520, 9),
    ("106", "丰收", 1314, 8),
    ("107", "骏马", 2888, 9),
)
DOUYIN_ITEMS = 120
SURNAMES = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = ("大姐", "小妹", "老哥", "乡亲", "阿姨", "老师", "同学")

DOUYIN_GIFTS = (
    ("gift/daisy=", 10, 50),
    ("gift/candy=", 90, 30),
    ("gift/lantern=", 990, 15),
    ("gift/horse=", 29900, 3),
)
STREAMS = (
    # The first begins at midnight: still September in UTC, October where the platform is.
    datetime(2026, 10, 1, 0, 1, tzinfo=ZONE),
    datetime(2026, 10, 9, 20, 0, tzinfo=ZONE),
    datetime(2026, 10, 16, 20, 0, tzinfo=ZONE),
    datetime(2026, 10, 23, 20, 0, tzinfo=ZONE),
    datetime(2026, 10, 31, 22, 30, tzinfo=ZONE),
)
DOUYIN_STREAM = datetime(2026, 10, 20, 19, 30, tzinfo=ZONE)

KUAISHOU_BEFORE = {"income": 8_400_000, "months": 9, "withheld": 66_600}
"""Year to date in fen: 84,000.00 of income, of which 80 % less 9 x 5,000.00 is 22,200.00, taxed at 3 %."""
DOUYIN_BEFORE = {"income": 0, "months": 0, "withheld": 0}
DOUYIN_REFUND = 2970
DIRECT_GIFT = 20_000
INTEREST = 41
PAYMENT = "ZF20261112"
PROVIDER = "清河县中医医院"
DISEASES = {
    "Hypertension": ("高血压", "Hypertension"),
    "Diabetes": ("糖尿病", "Diabetes"),
    "Stroke": ("脑卒中恢复期", "Recovery from stroke"),
    "Bronchitis": ("慢性支气管炎", "Chronic bronchitis"),
    "RheumatoidArthritis": ("类风湿关节炎", "Rheumatoid arthritis"),
    "LumbarDisc": ("腰椎间盘突出", "Lumbar disc herniation"),
    "Gastritis": ("慢性胃炎", "Chronic gastritis"),
    "CoronaryDisease": ("冠心病", "Coronary heart disease"),
}
GROUPS = {
    "LowIncome": ("低保户", "Households on minimum living allowance"),
    "ElderlyAlone": ("独居老人", "Elderly living alone"),
    "Disabled": ("残疾人", "People with disabilities"),
    "Orphans": ("孤儿", "Orphans"),
}


def yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def dense(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def milliseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1000


@dataclass
class Month:
    """Files by their path, and the expected figures; both grow while the month is made."""

    chance: random.Random
    files: dict[str, bytes] = field(default_factory=dict)
    expected: dict = field(default_factory=dict)

    def text(self, path: str, text: str, encoding: str = "utf-8") -> None:
        self.files[path] = text.encode(encoding)

    def deliveries(self, path: str, deliveries: list[dict]) -> None:
        deliveries.sort(key=lambda delivery: delivery["received_at"])
        self.text(path, "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in deliveries))


# -- Kuaishou ---------------------------------------------------------------------------------------------------------


def kuaishou_row(chance: random.Random, number: int) -> dict:
    gift, name, coins, _ = chance.choices(
        KUAISHOU_GIFTS, [weight for *_, weight in KUAISHOU_GIFTS]
    )[0]
    count = chance.choice((1, 1, 1, 2, 3, 10)) if coins <= 10 else 1
    user = chance.randrange(1, 400)
    return {
        "uniqueNo": f"2610{number:07d}{chance.randrange(10**6):06d}",
        "giftId": gift,
        "giftName": name,
        "giftCount": count,
        "giftUnitPrice": coins,
        "giftTotalPrice": coins * count,
        "normalGift": True,
        "userInfo": {"userId": f"ksu_{user:04d}", "userName": nickname(user), "headUrl": ""},
    }


def kuaishou_messages(chance: random.Random) -> list[dict]:
    messages, rows = [], 0
    at = {stream: stream for stream in STREAMS}
    while rows < KUAISHOU_ROWS:
        stream = STREAMS[len(messages) * len(STREAMS) // 240 % len(STREAMS)]
        at[stream] += timedelta(seconds=chance.randrange(20, 105))
        payload = [
            kuaishou_row(chance, rows + n)
            for n in range(min(chance.choice((1, 1, 2, 3)), KUAISHOU_ROWS - rows))
        ]
        rows += len(payload)
        messages.append(
            {
                "id": f"um-2610-{len(messages) + 1:04d}",
                "at": at[stream],
                "stream": stream,
                "payload": payload,
            }
        )
    return messages


def kuaishou_delivery(
    chance: random.Random, message: dict, *, late_s: int = 0, test: bool = False
) -> dict:
    body = dense(
        {
            "timestamp": milliseconds(message["at"]),
            "app_id": APP_ID,
            "event": "LIVE_INTERACTION_DATA_TEST" if test else "LIVE_INTERACTION_DATA",
            "message_id": f"mid-{chance.randrange(10**12):012d}",
            "data": {
                "push_type": "giftSend",
                "unique_message_id": message["id"],
                "author_open_id": AUTHOR,
                "live_timestamp": str(milliseconds(message["at"])),
                "room_code": f"ks-room-{message['stream']:%Y%m%d}",
                "payload": message["payload"],
            },
        }
    )
    signature = hashlib.md5((body + KUAISHOU_SECRET).encode()).hexdigest()
    return {
        "received_at": (message["at"] + timedelta(seconds=late_s)).isoformat(),
        "headers": {"content-type": "application/json", "kwaisign": signature},
        "body": body,
    }


def kuaishou_look_back(messages: list[dict]) -> dict:
    found = [
        {
            "uniqueMessageId": message["id"],
            "authorOpenId": AUTHOR,
            "roomCode": f"ks-room-{message['stream']:%Y%m%d}",
            "pushType": "giftSend",
            "liveTimestamp": milliseconds(message["at"]),
            "payload": message["payload"],
        }
        for message in messages
    ]
    return {"result": 1, "data": dense(found)}


def make_kuaishou(month: Month) -> int:
    """Write the callbacks and the look-back answer; return the gross in fen that the platform will settle."""
    chance = month.chance
    messages = kuaishou_messages(chance)
    never, recovered, pushed = messages[70:72], messages[100:200:25], messages[:70] + messages[72:]
    pushed = [message for message in pushed if message not in recovered]
    deliveries = [kuaishou_delivery(chance, message) for message in pushed]
    deliveries += [kuaishou_delivery(chance, message, late_s=40) for message in pushed[10:90:10]]
    for message in pushed[:2]:
        stress = {**message["payload"][0], "uniqueNo": f"stress-{message['id']}"}
        deliveries.append(
            kuaishou_delivery(
                chance,
                {**message, "id": f"stress_{message['id']}", "payload": [stress]},
                test=True,
            )
        )
    forged = {
        **pushed[5],
        "id": "um-forged",
        "payload": [{**kuaishou_row(chance, 9_999_999), "uniqueNo": "forged-1"}],
    }
    deliveries.append(kuaishou_delivery(chance, forged, late_s=1))
    deliveries[-1]["headers"]["kwaisign"] = hashlib.md5(b"not the secret").hexdigest()

    month.deliveries("platform/kuaishou_callbacks.jsonl", deliveries)
    answer = kuaishou_look_back([*recovered, *pushed[:2]])
    month.text(
        "platform/kuaishou_pushdata_query.json",
        json.dumps(answer, ensure_ascii=False, indent=1) + "\n",
    )

    rows = [row for message in [*pushed, *recovered] for row in message["payload"]]
    coins = sum(row["giftTotalPrice"] for row in rows)
    lost = [row for message in never for row in message["payload"]]
    lost_fen = 10 * sum(row["giftTotalPrice"] for row in lost)
    month.expected["kuaishou"] = {
        "deliveries": len(deliveries),
        "bad_signature": 1,
        "test_deliveries": 2,
        "repeated_deliveries": 8,
        "messages_recovered_by_query": len(recovered),
        "gift_rows_counted": len(rows),
        "coins_counted": coins,
        "gross_cny_counted": yuan(10 * coins),
        "rows_never_pushed": len(lost),
        "gross_cny_never_pushed": yuan(lost_fen),
        "note": "1 CNY = 10 快币; the never-pushed rows are in the settlement sheet only",
    }
    return 10 * coins + lost_fen


# -- Douyin -----------------------------------------------------------------------------------------------------------


def nickname(user: int) -> str:
    """Give a viewer a name of the kind that viewers choose."""
    return f"{SURNAMES[user % len(SURNAMES)]}家{GIVEN[user % len(GIVEN)]}{user:03d}"


def douyin_item(chance: random.Random, number: int, at: datetime) -> dict:
    gift, fen, _ = chance.choices(DOUYIN_GIFTS, [weight for *_, weight in DOUYIN_GIFTS])[0]
    count = chance.choice((1, 1, 2, 3)) if fen < 900 else 1
    user = chance.randrange(1, 300)
    return {
        "msg_id": f"74{number:05d}{chance.randrange(10**12):012d}",
        "sec_openid": f"dyu_{user:04d}",
        "sec_gift_id": gift,
        "gift_num": count,
        "gift_value": fen * count,
        "avatar_url": "",
        "nickname": nickname(user),
        "timestamp": milliseconds(at),
    }


def douyin_batches(chance: random.Random) -> list[list[dict]]:
    batches, number, at = [], 0, DOUYIN_STREAM
    while number < DOUYIN_ITEMS:
        batch = []
        for _ in range(min(chance.choice((1, 1, 2, 3)), DOUYIN_ITEMS - number)):
            at += timedelta(seconds=chance.randrange(15, 50))
            batch.append(douyin_item(chance, number, at))
            number += 1
        batches.append(batch)
    return batches


def douyin_delivery(chance: random.Random, batch: list[dict], *, late_s: int = 0) -> dict:
    at = datetime.fromtimestamp(batch[-1]["timestamp"] // 1000, ZONE) + timedelta(seconds=late_s)
    signed = {
        "x-nonce-str": str(chance.randrange(10**9)),
        "x-timestamp": str(milliseconds(at) + 800),
        "x-roomid": ROOM,
        "x-msg-type": "live_gift",
    }
    body = dense(batch)
    plain = "&".join(f"{name}={signed[name]}" for name in sorted(signed)) + body + DOUYIN_SECRET
    signature = base64.b64encode(hashlib.md5(plain.encode()).digest()).decode()
    headers = {**signed, "content-type": "application/json", "x-signature": signature}
    return {"received_at": at.isoformat(), "headers": headers, "body": body}


def make_douyin(month: Month) -> int:
    """Write the callbacks and the failed-push answer; return the gross in fen that the platform will settle."""
    chance = month.chance
    batches = douyin_batches(chance)
    items = [item for batch in batches for item in batch]
    guests, boxes = items[20:100:20], items[15:90:25]
    for item in guests:
        item["audience_sec_open_id"] = "guest_open_id_7"
    for item in boxes:
        item["sec_magic_gift_id"] = "gift/luckybox="
    marked = [item["msg_id"] for item in (*guests, *boxes)]
    plain = [batch for batch in batches if len(batch) == 1 and batch[0]["msg_id"] not in marked]
    recovered = plain[2:18:4]
    pushed = [batch for batch in batches if batch not in recovered]
    deliveries = [douyin_delivery(chance, batch) for batch in pushed]
    deliveries += [douyin_delivery(chance, batch, late_s=3) for batch in pushed[8:40:8]]
    test_item = {**items[0], "msg_id": "platform-test-1", "test": True}
    forged = {**items[0], "msg_id": "forged-2", "gift_value": 990_000}
    deliveries += [douyin_delivery(chance, [test_item]), douyin_delivery(chance, [forged])]
    deliveries[-1]["headers"]["x-signature"] = base64.b64encode(
        hashlib.md5(b"not the secret").digest()
    ).decode()

    month.deliveries("platform/douyin_callbacks.jsonl", deliveries)
    data_list = [
        {"roomid": ROOM, "msg_type": "live_gift", "payload": dense(batch)}
        for batch in [*recovered, pushed[0]]
    ]
    data = {"page_num": 1, "total_count": len(data_list), "data_list": data_list}
    answer = {"err_no": 0, "err_msg": "ok", "logid": "20261021", "data": data}
    month.text(
        "platform/douyin_fail_data_page1.json",
        json.dumps(answer, ensure_ascii=False, indent=1) + "\n",
    )

    counted = [item for item in items if item not in guests]
    gross_fen = sum(item["gift_value"] for item in counted)
    month.expected["douyin"] = {
        "deliveries": len(deliveries),
        "bad_signature": 1,
        "test_items": 1,
        "repeated_deliveries": 4,
        "items_recovered_by_fail_data": len(recovered),
        "items_to_guest": len(guests),
        "gross_cny_to_guest": yuan(sum(item["gift_value"] for item in guests)),
        "items_counted": len(counted),
        "gross_cny_counted": yuan(gross_fen),
        "note": "gift_value is the total in fen; items with audience_sec_open_id went to a guest and are not the host's income",
    }
    return gross_fen


# -- Settlement -------------------------------------------------------------------------------------------------------


def withheld(before: dict, income_fen: int) -> int:
    """Return the tax of the month in fen, 累计预扣法; the year's sum stays in the first bracket (3 %)."""
    months = before["months"] + 1
    taxable = (before["income"] + income_fen) * 80 // 100 - 500_000 * months
    return max(0, (taxable * 3 + 50) // 100 - before["withheld"])


def settlement_row(platform: str, gross: int, refund: int, before: dict) -> dict:
    share = -((gross + refund + 1) // 2)
    income = gross + refund + share
    tax = -withheld(before, income)
    return {
        "platform": platform,
        "period": PERIOD,
        "gross_cny": yuan(gross),
        "refund_cny": yuan(refund),
        "platform_share_rate": "0.50",
        "platform_share_cny": yuan(share),
        "income_cny": yuan(income),
        "tax_withheld_cny": yuan(tax),
        "net_cny": yuan(income + tax),
        "statement_no": f"{platform[:2].upper()}-ST-{PERIOD.replace('-', '')}",
    }


def fen(text: str) -> int:
    return int(text.replace(".", ""))


def make_settlement(month: Month, kuaishou_fen: int, douyin_fen: int) -> tuple[int, int]:
    """Write the sheet; return both nets in fen."""
    rows = [
        settlement_row("kuaishou", kuaishou_fen, 0, KUAISHOU_BEFORE),
        settlement_row("douyin", douyin_fen, -DOUYIN_REFUND, DOUYIN_BEFORE),
    ]
    month.text(
        "platform/settlement_202610.csv",
        table(list(rows[0]), [list(row.values()) for row in rows]),
    )
    counted = {
        name: fen(month.expected[name]["gross_cny_counted"]) for name in ("kuaishou", "douyin")
    }
    month.expected["settlement"] = {
        "rows": rows,
        "kuaishou_gross_minus_counted": yuan(kuaishou_fen - counted["kuaishou"]),
        "douyin_gross_minus_counted": yuan(douyin_fen - counted["douyin"]),
        "douyin_refund_not_seen_as_event": yuan(DOUYIN_REFUND),
        "tax_method": "累计预扣法",
        "before_this_month": {
            name: {
                "income": yuan(before["income"]),
                "months": before["months"],
                "withheld": yuan(before["withheld"]),
            }
            for name, before in (("kuaishou", KUAISHOU_BEFORE), ("douyin", DOUYIN_BEFORE))
        },
    }
    return fen(rows[0]["net_cny"]), fen(rows[1]["net_cny"])


def table(header: list[str], rows: list[list], end: str = "\n") -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


# -- Wallets ----------------------------------------------------------------------------------------------------------


class GbkName(zipfile.ZipInfo):
    """A member whose name is GBK without the UTF-8 flag, as Alipay writes it."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the standard library's hook
        return self.filename.encode("gbk"), self.flag_bits


def make_alipay(month: Month, net: int) -> None:
    account = "20880000000000000733"
    detail = f"""#支付宝账务明细查询
#账号：[{account}]
#起始日期：[2026年11月01日 00:00:00]   终止日期：[2026年12月01日 00:00:00]
#-----------------------------------------账务明细列表----------------------------------------
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
7330001101\t,20261106200040017330000001\t,\t,快手直播收益提现\t,2026-11-06 10:12:31,北京快手科技有限公司(ks***@example.com)\t,{yuan(net)},0.00,{yuan(net)},支付宝,转账,KU-ST-202610
7330001102\t,20261107200040017330000002\t,\t,转账到银行卡\t,2026-11-07 11:12:31,清河县中医药帮扶基金(***0001)\t,0.00,-{yuan(net)},0.00,支付宝,提现,捐赠转基金 2026-10
#-----------------------------------------账务明细列表结束------------------------------------
#支出合计：1笔，共{yuan(net)}元
#收入合计：1笔，共{yuan(net)}元
#导出时间：[2026年12月01日 09:00:00]
"""
    summary = f"""#支付宝账务汇总查询
#账号：[{account}]
类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）
转账,1,{yuan(net)},0,0.00,{yuan(net)}
提现,0,0.00,1,-{yuan(net)},-{yuan(net)}
合计,1,{yuan(net)},1,-{yuan(net)},0.00
"""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        # Stored, not deflated: the bytes then do not depend on the zlib that made them.
        for name, text in (
            (f"{account}_202611_账务明细(汇总).csv", summary),
            (f"{account}_202611_账务明细.csv", detail),
        ):
            archive.writestr(
                GbkName(name, (2026, 12, 1, 9, 0, 0)), text.replace("\n", "\r\n").encode("gbk")
            )
    month.files["wallet/alipay_signcustomer_202611.zip"] = packed.getvalue()
    month.expected["wallet"] = {
        "alipay": {"in": yuan(net), "out_to_fund": yuan(net), "opening": "0.00", "closing": "0.00"}
    }


def make_wechat(month: Month, net: int) -> int:
    """Write the fund bill; return in fen what leaves for the fund: the fee of 0.1 % stays behind."""
    fee = (net + 500) // 1000
    out = net - fee
    merchant = "1900017330"
    text = f"""记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号
`2026-11-06 11:00:05,`50000733202611000001,`{merchant}20261106001,`企业付款,`企业付款,`收入,`{yuan(net)},`{yuan(net)},`system,`抖音直播收益 DO-ST-202610,`DO-ST-202610
`2026-11-08 09:20:00,`50000733202611000002,`{merchant}20261108001,`提现,`提现,`支出,`{yuan(out)},`{yuan(fee)},`{merchant}API,`捐赠转基金 2026-10,`WD20261101
`2026-11-08 09:20:00,`50000733202611000003,`{merchant}20261108002,`手续费,`扣除交易手续费,`支出,`{yuan(fee)},`0.00,`system,`提现手续费,`WD20261101
资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额
`3.0,`1.0,`{yuan(net)},`2.0,`{yuan(net)}
"""
    month.text("wallet/wechat_fundflow_202611.csv", "\ufeff" + text.replace("\n", "\r\n"))
    month.expected["wallet"]["wechat"] = {
        "in": yuan(net),
        "out_to_fund": yuan(out),
        "fee": yuan(fee),
        "opening": "0.00",
        "closing": "0.00",
    }
    return out


# -- Spending and the bank --------------------------------------------------------------------------------------------


def make_spending(month: Month, available: int) -> int:
    """Write the sheet of spending; return its sum in fen, about four fifths of what is there."""
    chance = month.chance
    cells = [(disease, group) for disease in DISEASES for group in GROUPS if chance.random() < 0.7]
    weights = [chance.randrange(20, 100) for _ in cells]
    total = available * 4 // 5 // 100 * 100
    parts = [total * weight // sum(weights) for weight in weights]
    parts[0] += total - sum(parts)
    rows = []
    for (disease, group), part in zip(cells, parts, strict=True):
        persons = max(2, part // 4200 + chance.randrange(-2, 3))
        times = persons + chance.randrange(0, persons + 1)
        rows.append(
            ["2026-11-12", disease, group, PROVIDER, PERIOD, persons, times, yuan(part), PAYMENT]
        )
    header = [
        "spent_on",
        "disease",
        "group",
        "provider",
        "batch",
        "persons",
        "person_times",
        "amount_cny",
        "reference",
    ]
    month.text("spending/spending_202610.csv", table(header, rows))
    names = {
        kind: {code: {"zh": zh, "en": en} for code, (zh, en) in known.items()}
        for kind, known in (("diseases", DISEASES), ("groups", GROUPS))
    }
    month.text("spending/names.json", json.dumps(names, ensure_ascii=False, indent=1) + "\n")
    month.expected["spending"] = {
        "rows": len(rows),
        "persons": sum(row[5] for row in rows),
        "person_times": sum(row[6] for row in rows),
        "total": yuan(total),
        "by_disease": by(rows, 1),
        "by_group": by(rows, 2),
        "reference": PAYMENT,
    }
    return total


def by(rows: list[list], column: int) -> dict[str, str]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row[column]] = sums.get(row[column], 0) + fen(row[7])
    return {name: yuan(value) for name, value in sorted(sums.items())}


def grouped(amount: int) -> str:
    return f"{amount // 100:,}.{amount % 100:02d}"


def make_bank(month: Month, alipay: int, wechat: int, paid: int) -> None:
    header = "账号,交易时间,借方发生额（支取）,贷方发生额（收入）,余额,币种,对方户名,对方账号,对方开户机构,记账日期,摘要,备注,账户明细编号-交易流水号,企业流水号,凭证种类,凭证号,交易介质编号"
    diseases = len(month.expected["spending"]["by_disease"])
    # The gift of a neighbour comes after the platform's money, so that spending reaches livestream gifts first.
    moves = (
        (
            "20261107 11:30:00",
            alipay,
            "王某",
            "2088000000000733",
            "支付宝（中国）网络技术有限公司",
            "电子汇入",
            "捐赠转基金 2026-10",
        ),
        (
            "20261109 09:00:00",
            DIRECT_GIFT,
            "张三",
            "6217000000000000733",
            "中国建设银行清河支行",
            "电子汇入",
            "捐款",
        ),
        (
            "20261110 11:30:00",
            wechat,
            "财付通支付科技有限公司",
            "1900017330",
            "财付通",
            "电子汇入",
            "WD20261101",
        ),
        (
            "20261112 15:00:00",
            -paid,
            PROVIDER,
            "13001000000733",
            "中国农业银行清河支行",
            "转账支取",
            f"2026-10 中药费 {diseases}病种 {PAYMENT}",
        ),
        ("20261121 02:00:00", INTEREST, "", "", "", "结息", ""),
    )
    balance, rows = 0, []
    for number, (at, amount, party, account, bank, summary, remark) in enumerate(moves, start=1):
        balance += amount
        out, into = (grouped(-amount), "") if amount < 0 else ("", grouped(amount))
        key = f"{20000 + number}-{at[:6]}{number:02d}"
        rows.append(
            [
                "15001777330001",
                at,
                out,
                into,
                grouped(balance),
                "人民币元",
                party,
                account,
                bank,
                at[:8],
                summary,
                remark,
                key,
                "",
                "",
                "",
                "",
            ]
        )
    month.text("bank/ccb_enterprise_202611.csv", table(header.split(","), rows, "\r\n"), "gb18030")
    month.expected["bank"] = {
        "opening": "0.00",
        "closing": yuan(balance),
        "rows": len(rows),
        "from_platform_chain": yuan(alipay + wechat),
        "direct_gift": yuan(DIRECT_GIFT),
        "paid_to_hospital": yuan(paid),
        "interest": yuan(INTEREST),
    }


def make() -> dict[str, bytes]:
    """Make all files of the month but the README, by their path within the folder."""
    month = Month(random.Random(SEED), expected={"period": PERIOD, "timezone": "Asia/Shanghai"})
    secrets = {"kuaishou_app_secret": KUAISHOU_SECRET, "douyin_live_gift_secret": DOUYIN_SECRET}
    month.text("secrets.json", json.dumps(secrets, indent=1) + "\n")
    alipay_net, wechat_net = make_settlement(month, make_kuaishou(month), make_douyin(month))
    make_alipay(month, alipay_net)
    wechat_out = make_wechat(month, wechat_net)
    paid = make_spending(month, alipay_net + wechat_out)
    make_bank(month, alipay_net, wechat_out, paid)
    spending = month.expected.pop("spending")
    month.expected["spending"] = spending
    lost = month.expected["kuaishou"]["gross_cny_never_pushed"]
    month.expected["open_items"] = [
        f"kuaishou settlement gross is {lost} CNY above the counted gifts (rows never pushed)",
        f"douyin refund {yuan(DOUYIN_REFUND)} CNY has no event",
    ]
    month.text("expected.json", json.dumps(month.expected, ensure_ascii=False, indent=1) + "\n")
    return month.files


def write(folder: Path) -> None:
    for path, content in make().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
