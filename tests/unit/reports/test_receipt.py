"""A giver's receipt: one page, its sums held, its proof inside, and a nickname that is harmless."""

from __future__ import annotations

import io
import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest

from ledger.errors import StatementTieError
from reports.receipt import GiftReceipt, ReceiptStep, ReceiptWay, render_receipt
from reports.statement import Name

AT = datetime(2019, 9, 3, 12, 1, tzinfo=UTC)
HOSTILE = '<script>alert(1)</script>\U0010fffd<link rel=attachment href="file:///etc/hostname">'
STEPS = (
    ReceiptStep("raised", 300, AT, 12, ()),
    ReceiptStep("settled", 141, AT, 20, (("platform_share", 150), ("tax", 9)), Name("结算单 K-1")),
    ReceiptStep("bank", 141, AT, 25, (), Name("尾号 0031", "Account ending 0031")),
)
RECEIPT = GiftReceipt(
    number="0000 000C JJTJ",
    fund=Name("青禾县中医药扶贫基金", "Qinghe Fund"),
    operator=Name("青禾县财政局"),
    channel=Name("快手", "Kuaishou"),
    name=HOSTILE,
    at=AT,
    zone="Asia/Shanghai",
    commodity="CNY",
    amount_minor=300,
    paid="30 KSCOIN",
    taken_back=None,
    ways=(ReceiptWay(300, STEPS),),
    entry=12,
    origin="ledger.example/log/qinghe",
    size=15,
    root="n6O6zFkdV0GySYTl2VtVOq8R8UaYdj6k0wJGrVZv2cQ=",
    page_url="https://ledger.example/funds/qinghe/gifts/0000000CJJTJ",
    verify_url="https://ledger.example/verify",
    as_of=40,
    issued_at=AT,
)


def test_a_receipt_is_one_page_with_its_proof_and_a_harmless_nickname(tmp_path: Path) -> None:
    data = render_receipt(RECEIPT, b"c2sp.org/tlog-proof@v1 and more", "zh")
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert len(pdf.pages) == 1
        assert set(pdf.attachments) == {"receipt.json", "receipt.tlog-proof"}
        figures = json.loads(pdf.attachments["receipt.json"].get_file().read_bytes())
        assert figures["name"] == HOSTILE
        assert "/JavaScript" not in pdf.Root.get("/Names", {})
    path = tmp_path / "receipt.pdf"
    path.write_bytes(data)
    command = ["pdftotext", "-raw", str(path), "-"]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    flowing = "".join(words.split())
    assert "<script>alert(1)</script>□<link" in flowing
    assert "平台分成−1.50元" in flowing
    assert "不是公益事业捐赠票据" in flowing


def test_a_way_that_loses_a_fen_is_not_printed() -> None:
    wrong = replace(STEPS[1], amount_minor=140)
    ways = (ReceiptWay(300, (STEPS[0], wrong, STEPS[2])),)
    with pytest.raises(StatementTieError) as caught:
        render_receipt(replace(RECEIPT, ways=ways), b"", "en")
    assert caught.value.fields["left"] == "settled"
    with pytest.raises(StatementTieError):
        render_receipt(replace(RECEIPT, amount_minor=299), b"", "en")


def test_a_gift_in_many_parts_is_still_one_page_and_its_parts_add_up_in_print() -> None:
    many = tuple(ReceiptWay(300, STEPS) for _ in range(40))
    data = render_receipt(replace(RECEIPT, ways=many, amount_minor=12_000), b"", "en")
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert len(pdf.pages) == 1
        figures = json.loads(pdf.attachments["receipt.json"].get_file().read_bytes())
    assert len(figures["ways"]) == 40
