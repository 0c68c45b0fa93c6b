"""The files of a busy month, as a platform, a bank and a county's clinics write them: all of them made up.

Gifts of one month, 31 settlements of it, and the bank's lines of the month after it: payouts, transfers, payments for
medicine, and donations that nobody announced.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ledger.clock import to_text
from ledger.funds.lists import DEFAULTS
from ledger.money import plain_amount
from ledger.spending.sheet import COLUMNS as SPENDING

SETTLEMENTS = 31
TRANSFERS = 4
COLLECTING, PAYING = "15001777330001", "15001777330002"
GIVERS = 9973
PRICES = 50
"""A gift is of 1.00 to 50.00 yuan."""

_CCB = (
    "账号",
    "交易时间",
    "借方发生额（支取）",
    "贷方发生额（收入）",
    "余额",
    "币种",
    "对方户名",
    "摘要",
    "备注",
)
_CCB_ID = "账户明细编号-交易流水号"
_SHEET = (
    "platform", "period", "gross_cny", "refund_cny", "platform_share_rate", "platform_share_cny", "income_cny",
    "tax_withheld_cny", "net_cny", "statement_no",
)  # fmt: skip
_WITHOUT_REFERENCE = 50
"""One payment in so many does not carry its reference."""


@dataclass(frozen=True, slots=True)
class Month:
    """How large a month is.

    Attributes:
        first: First day of the gifts' month; the bank's lines are of the month after it.
        zone: Of the fund.
        gifts: How many.
        lines: Of the two accounts together.
    """

    first: date
    zone: str
    gifts: int
    lines: int

    @property
    def name(self) -> str:
        """Return the gifts' month, `2026-10`."""
        return self.first.isoformat()[:7]

    @property
    def bank_first(self) -> date:
        """Return the first day of the bank's lines."""
        return (self.first + timedelta(days=31)).replace(day=1)

    @property
    def bank_last(self) -> date:
        """Return the last day of the bank's lines."""
        return (self.bank_first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    def settled_with(self, gift: int) -> int:
        """Return which settlement a gift is in, from 0: they follow each other as the gifts do."""
        return gift * SETTLEMENTS // self.gifts

    @property
    def payments(self) -> int:
        """Return how many payments the fund makes."""
        return max(1, (self.lines - SETTLEMENTS - 2 * TRANSFERS) * 3 // 5)

    @property
    def donations(self) -> int:
        """Return how many lines nobody announced: the rest."""
        return max(0, self.lines - SETTLEMENTS - 2 * TRANSFERS - self.payments)


class _Line(NamedTuple):
    day: date
    amount: int
    summary: str
    remark: str
    party: str


def price(gift: int) -> int:
    """Return what a gift is worth, fen."""
    return (1 + gift % PRICES) * 100


def write_gifts(path: Path, month: Month, *, differing: bool = False) -> None:
    """Write the gifts of a month in our own format, oldest first.

    Args:
        path: Where to.
        month: How many.
        differing: As the platform's own list has them: three are missing there, three are of another sum, and it has
            three that we do not.
    """
    zone = ZoneInfo(month.zone)
    start = datetime.combine(month.first, time(), zone)
    seconds = int((datetime.combine(month.bank_first, time(), zone) - start).total_seconds())
    # No three quarters fall on one gift, however few there are.
    odd = {month.gifts * quarter // 4: quarter for quarter in (1, 2, 3)} if differing else {}
    with path.open("w", encoding="utf-8") as out:
        for at in range(month.gifts):
            given = start + timedelta(seconds=at * seconds // month.gifts)
            minor = price(at)
            if at in odd:
                out.write(_gift(f"only-there-{at:012d}", given, minor, at))
                out.write(_gift(_id(at + 1, month), given, price(at + 1) + 100, at + 1))
            elif at - 1 not in odd:
                out.write(_gift(_id(at, month), given, minor, at))


def _id(at: int, month: Month) -> str:
    return f"{month.first:%Y%m}0{at:012d}"


def _gift(id_: str, given: datetime, minor: int, at: int) -> str:
    message = ',"message":"加油！愿早日康复"' if at % 5 == 0 else ""
    return (
        f'{{"id":"{id_}","at":"{to_text(given)}","amount":"{minor // 100}.00","currency":"CNY","count":1,'
        f'"giver":"ku_{at % GIVERS}","nickname":"观众{at % GIVERS}","gift":"啤酒",'
        f'"session":"room-{given:%d}"{message}}}\n'
    )


def grosses(month: Month) -> list[int]:
    """Return what each settlement's gifts make together, fen."""
    sums = [0] * SETTLEMENTS
    for at in range(month.gifts):
        sums[month.settled_with(at)] += price(at)
    return sums


def settlement_sheet(month: Month, platform: str, sums: Sequence[int]) -> bytes:
    """Return the platform's sheet: it keeps half, and withholds no tax."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_SHEET)
    for at, gross in enumerate(sums):
        net = plain_amount(net_of(gross), "CNY")
        share = plain_amount(net_of(gross) - gross, "CNY")
        taken = (plain_amount(gross, "CNY"), "0.00", "0.50", share)
        writer.writerow([platform, month.name, *taken, net, "0.00", net, number_of(month, at)])
    return out.getvalue().encode()


def net_of(gross: int) -> int:
    """Return what the platform pays of a gross."""
    return gross - gross // 2


def number_of(month: Month, at: int) -> str:
    """Return the number of a settlement."""
    return f"KS{month.first:%Y%m}S{at:03d}"


def transfer_reference(month: Month, at: int) -> str:
    """Return the reference of a transfer."""
    return f"QH{month.bank_first:%Y%m}T{at:03d}"


def transferred(sums: Sequence[int]) -> list[int]:
    """Return the sums of the transfers: what came since the one before."""
    nets = [0, *accumulate(map(net_of, sums))]
    ends = [len(sums) * (at + 1) // TRANSFERS for at in range(TRANSFERS)]
    return [nets[end] - nets[start] for start, end in zip([0, *ends], ends, strict=False)]


def collecting_file(month: Month, sums: Sequence[int]) -> bytes:
    """Return the export of the collecting account: payouts, and what left it."""
    return _export(COLLECTING, sorted(_collecting(month, sums), key=lambda one: one.day))


def _collecting(month: Month, sums: Sequence[int]) -> Iterator[_Line]:
    days = (month.bank_last - month.bank_first).days
    for at, gross in enumerate(sums):
        day = month.bank_first + timedelta(days=at * days // SETTLEMENTS)
        yield _Line(day, net_of(gross), "提现", f"提现 {number_of(month, at)}", "快手")
    for at, amount in enumerate(transferred(sums)):
        reference = f"划转 {transfer_reference(month, at)}"
        yield _Line(month.bank_last, -amount, "转账", reference, "基金")


def paying_file(month: Month, sums: Sequence[int]) -> bytes:
    """Return the export of the fund's account: what arrived, donations, and payments for medicine."""
    return _export(PAYING, sorted(_paying(month, sums), key=lambda one: (one.day, -one.amount)))


def _paying(month: Month, sums: Sequence[int]) -> Iterator[_Line]:
    days = (month.bank_last - month.bank_first).days + 1
    for at, amount in enumerate(transferred(sums)):
        reference = f"划转 {transfer_reference(month, at)}"
        yield _Line(month.bank_last, amount, "转账", reference, "托管账户")
    for at in range(month.donations):
        day = month.bank_first + timedelta(days=at * days // month.donations)
        amount = 10_000 + 37 * (at % 211)
        yield _Line(day, amount, "转账", "捐赠", f"捐赠人{at % 997}")
    for at, (day, amount, reference) in enumerate(_payments(month, sums)):
        named = "药品款" if at % _WITHOUT_REFERENCE == 1 else f"药品款 {reference}"
        yield _Line(day, -amount, "转账", named, f"医院{at % 97}")


def _payments(month: Month, sums: Sequence[int]) -> Iterator[tuple[date, int, str]]:
    days = (month.bank_last - month.bank_first).days + 1
    usual = sum(map(net_of, sums)) // (2 * month.payments)
    for at in range(month.payments):
        day = month.bank_first + timedelta(days=at * days // month.payments)
        yield day, max(1, usual - at % 97), f"ZF{month.bank_first:%Y%m}{at:07d}"


def spending_sheet(month: Month, sums: Sequence[int]) -> bytes:
    """Return the clinics' sheet: a row for each payment, two for every tenth."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(SPENDING)
    diseases, groups = ([one[0] for one in DEFAULTS[name]] for name in ("disease", "group"))
    for at, (day, amount, reference) in enumerate(_payments(month, sums)):
        halves = (amount // 2, amount - amount // 2) if at % 10 == 0 and amount > 1 else (amount,)
        for part, minor in enumerate(halves):
            code, group = diseases[at % len(diseases)], groups[at % len(groups)]
            row = [day.isoformat(), code, group, f"医院{at % 97}", f"B{at}-{part}", at % 90 + 5]
            writer.writerow([*row, at % 90 + 6, plain_amount(minor, "CNY"), reference])
    return out.getvalue().encode()


def _export(number: str, lines: Sequence[_Line]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*_CCB, _CCB_ID])
    # The bank kept something from before the first day, so that it is never below zero on the way.
    balance = OPENING
    for at, one in enumerate(lines):
        balance += one.amount
        second = timedelta(seconds=min(at, 80_000))
        booked = datetime.combine(one.day, time(), ZoneInfo("UTC")) + second
        came, went = (
            ("", plain_amount(one.amount, "CNY"))
            if one.amount > 0
            else (plain_amount(-one.amount, "CNY"), "")
        )
        row = [number, f"{booked:%Y%m%d %H:%M:%S}", came, went, plain_amount(balance, "CNY")]
        writer.writerow(
            [*row, "人民币元", one.party, one.summary, one.remark, f"{number[-4:]}-{at}"]
        )
    return out.getvalue().encode("gb18030")


OPENING = 10**11
"""What both accounts held before, fen."""
