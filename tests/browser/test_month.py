"""A month through the desk's pages, from the platforms' files to the sealed month, and its figures at the end."""

from __future__ import annotations

import base64
import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.cli.demo import SAMPLE_MONTH
from ledger.money import plain_amount
from ledger.spending.sheet import COLUMNS
from ledger.transfers import payment_files
from ledger.verify.database import verify_database
from tests.browser.officers import Officer, enrol_all
from tests.flow.test_demo_month import expect
from tests.months import Month
from tests.signin.gates import later

pytestmark = pytest.mark.browser


@pytest.fixture(params=["shipped", "from-outside"])
def month(request: pytest.FixtureRequest, served) -> Month:
    folder = SAMPLE_MONTH
    if request.param == "from-outside":
        folder = request.getfixturevalue("samples") / "month-synthetic"
    found = Month(folder, served.site.ledger)
    found.set_up()
    enrol_all(served, found)
    found.give()
    found.let_it_end()
    return found


@pytest.fixture
def officer(month, served, new_page):
    seated = {}

    def seat(who: str) -> Officer:
        if who not in seated:
            page = new_page()
            page.set_viewport_size({"width": 1280, "height": 900})
            seated[who] = Officer(served, page, who, looks=month.folder == SAMPLE_MONTH)
        return seated[who]

    return seat


@pytest.mark.axe
def test_a_month_from_files_to_the_seal(month, officer, tmp_path):
    wang, li, zhao, chen = (officer(who) for who in ("wang", "li", "zhao", "chen"))
    files_in(month, wang)
    exceptions_worked_on(month, wang, li, zhao)
    for account in ("Alipay", "WeChatPay"):
        transferred(month, account, wang, li, chen)
    matched_at_the_bank(month, wang, zhao)
    spent(month, wang, zhao, tmp_path)
    closed_and_sealed(month, wang, li, zhao)
    url = month.ledger.database.url.render_as_string(hide_password=False)
    report = verify_database(url, month.ledger.settings.keys)
    assert report.ok, report.failures
    expect(month.read(), month.folder)


def files_in(month: Month, wang: Officer) -> None:
    """Look at every file, and take it; what is unique from both sides is confirmed, the rest is said to be open."""
    wang.bring("settlements", month.settlements, "settlements")
    for path, file in month.files():
        wang.bring("files", path, file.format)
    wang.look("files")
    match_now(wang)
    wang.look("matches")
    wang.go("matches/confirmed")
    for row in month.expected["settlement"]["rows"]:
        wang.shows(money(row["net_cny"]))
    wang.look("confirmed")
    wang.go("lines?state=open")
    wang.look("lines")
    find_exceptions(wang)
    wang.look("exceptions")
    wang.go("day")
    wang.look("day")


def money(text: str) -> str:
    """Write an amount of the expected figures as pages do."""
    return f"{Decimal(text):,.2f}"


def match_now(wang: Officer) -> None:
    wang.go("matches")
    wang.press("现在对一遍")
    wang.told()


def find_exceptions(wang: Officer) -> None:
    wang.go("exceptions")
    wang.press("现在找一遍差异")
    wang.told()


def exceptions_worked_on(month: Month, wang: Officer, li: Officer, zhao: Officer) -> None:
    """One is closed by three people, with evidence; what only the platform can explain is not closed for it."""
    wang.open_row("exceptions", "捐款")
    wang.press("交给这个人")
    wang.told()
    wang.page.fill("#text", "张三来过电话，是他捐的")
    wang.press("记下来")
    wang.told()
    wang.page.fill("#reason", "张三直接捐给基金")
    wang.press("提出：原因说清了")
    wang.shows("先附上证据")
    wang.page.set_input_files("#file", files=letter())
    wang.press("附上")
    wang.told()
    wang.look("exception")
    wang.page.fill("#reason", "张三直接捐给基金")
    wang.press("提出：原因说清了")
    number = refused_to_themselves(wang)
    wang.look("resolution")
    zhao.approve(number)
    zhao.shows("还")
    li.approve(number)
    li.shows("已经批准")
    [kind, *_] = ("平台有，我们没有",)
    wang.open_row("exceptions", kind)
    wang.press("交给这个人")
    wang.told()
    wang.page.fill("#text", "三笔没有推送，已请平台补送")
    wang.press("记下来")
    wang.told()


def letter() -> dict[str, object]:
    png = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    return {"name": "捐款说明.png", "mimeType": "image/png", "buffer": png}


def refused_to_themselves(who: Officer) -> int:
    """Hold that whoever proposed finds no button, and is refused without one too; return the decision's number."""
    number = who.number
    who.shows("要由别人批准")
    assert who.page.locator("button:has-text('批准')").count() == 0
    answer = who.send(f"decisions/{number}/approve", version="1")
    assert answer.status == 403
    return number


def transferred(month: Month, account: str, wang: Officer, li: Officer, chen: Officer) -> None:
    key = "alipay" if account == "Alipay" else "wechat"
    arrived = month.expected["wallet"][key]["in"]
    wang.go(f"decisions/new/transfer?from=Assets:Bank:{account}")
    wang.look(f"new-transfer-{key}")
    wang.page.fill("#amount", money(arrived))
    if key == "wechat":  # the other keeps what the page offers, which is not what the bank wrote
        wang.page.fill("#reference", f"捐赠转基金 {month.period}")
    wang.page.fill("#purpose", f"{month.period} 月打赏转入基金")
    wang.press("提交")
    number = refused_to_themselves(wang)
    later(li.served.gate, minutes=11)  # the second factor has grown old
    li.go(f"decisions/{number}")
    li.look(f"approve-transfer-{key}")
    li.approve(number, f"批准，转 {money(arrived)}", code="000000")
    li.page.wait_for_selector("text=验证码不对")
    li.approve(number, f"批准，转 {money(arrived)}")
    li.page.wait_for_selector("text=已经批准并办好")
    wang.go("transfers")
    wang.look("transfers")
    wang.follow("main a:has-text('第') >> nth=0")
    with wang.page.expect_download() as coming:
        wang.press("生成付款文件")
        wang.told()
        wang.page.click("a[href*='/transfers/files/']")
    assert payment_files.faults(Path(coming.value.path()).read_bytes()) == []
    wang.look(f"transfer-{key}")
    chen.page.goto(wang.page.url.partition("?")[0])
    chen.press("已录入")
    chen.told()


def suggestion_confirmed(wang: Officer, zhao: Officer) -> None:
    """Confirm what amount and day suggest, alone or, above the limit, with another."""
    wang.shows("建议 1 件")
    wang.page.wait_for_selector(".below .panel")  # the only one is open
    wang.look("suggestion")
    if wang.page.locator("button:has-text('是这一笔，确认')").count():
        wang.press("是这一笔，确认")
        wang.told()
    else:
        wang.press("提出，由复核确认", ".below")
        number = refused_to_themselves(wang)
        zhao.approve(number)
        zhao.page.wait_for_selector("text=已经批准并办好")


def matched_at_the_bank(month: Month, wang: Officer, zhao: Officer) -> None:
    match_now(wang)
    for _ in ("left one account", "arrived in the other"):
        suggestion_confirmed(wang, zhao)
        match_now(wang)
    wang.go("transfers")
    wang.look("transfers-arrived")
    assert wang.page.locator("tbody .chip.good").count() == 2
    wang.go("movements/new")
    line = wang.page.locator("#line option", has_text="200.00")
    wang.page.select_option("#kind", "income/donation")
    wang.page.select_option("#line", line.get_attribute("value"))
    wang.page.fill("#said", "直接捐款")
    wang.look("new-movement")
    wang.press("提交审批")
    number = refused_to_themselves(wang)
    zhao.approve(number)
    zhao.page.wait_for_selector("text=已经批准并办好")
    zhao.look("movement-approved")


def sheet_of(month: Month, folder: Path) -> Path:
    """Return the month's sheet of spending; one that classifies nothing where it has none."""
    for path in month.folder.glob("spending/*.csv"):
        return path
    [file] = [one for path, one in month.files() if one.format == "ccb_corporate"]
    [line] = [one for one in file.lines if one.amount_minor < 0]
    day = f"{line.booked_at:%Y-%m-%d}"
    text = io.StringIO(newline="")
    row = [day, "Unclassified", "Unclassified", line.counterparty, month.period, 0, 0]
    csv.writer(text).writerows(
        [COLUMNS, [*row, plain_amount(-line.amount_minor, "CNY"), line.text]]
    )
    path = folder / "用款.csv"
    path.write_text(text.getvalue(), "utf-8")
    return path


def spent(month: Month, wang: Officer, zhao: Officer, folder: Path) -> None:
    wang.go("spending/new")
    wang.look("new-spend")
    wang.page.set_input_files("#file", str(sheet_of(month, folder)))
    wang.press("先看一遍", "#sheet")
    paid = money(month.expected["bank"]["paid_to_hospital"])
    wang.shows(paid)
    wang.look("spend-preview")
    if wang.page.locator("button:has-text('提交审批')").count():
        wang.press("提交审批")
        number = refused_to_themselves(wang)
        zhao.approve(number)
        zhao.page.wait_for_selector("text=已经批准并办好")
    else:
        wang.press(f"登记 {paid}")
        wang.told()
    wang.go("spending")
    wang.look("spending")
    match_now(wang)
    find_exceptions(wang)
    wang.look("exceptions-left")
    wang.go("lines?state=open")
    wang.shows("没有")
    wang.go("day")
    wang.look("day-after")


def closed_and_sealed(month: Month, wang: Officer, li: Officer, zhao: Officer) -> None:
    wang.go("periods")
    wang.look("periods")
    wang.go(f"periods/{month.period}")
    wang.look("period")
    wang.press("开始结账")
    wang.told()
    wang.follow("a:has-text('提出结账')")
    wang.press("提交")
    wang.shows("还有检查没过")  # what fails is accepted with a reason only
    wang.page.fill("#reason", "三笔打赏没有推送，已请平台补送")
    wang.look("new-close")
    wang.press("提交")
    number = refused_to_themselves(wang)
    zhao.approve(number)
    zhao.page.wait_for_selector("text=已经批准并办好")
    zhao.look("close")
    wang.go(f"periods/{month.period}")
    wang.follow("a:has-text('提出封账')")
    wang.press("提交")
    number = refused_to_themselves(wang)
    li.approve(number)
    li.page.wait_for_selector("text=已经批准并办好")
    wang.go(f"periods/{month.period}")
    wang.shows("已封账")
    wang.look("period-sealed")
