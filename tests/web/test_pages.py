"""Public pages show the figures they are given, in words, and nothing that is not so."""

from __future__ import annotations

import dataclasses
import re
from datetime import date

import pytest
from flask.testing import FlaskClient

from ledger.app import create_app
from ledger.projections.shapes import (
    Check,
    Correction,
    FundPage,
    GiftPage,
    LateSettlement,
    LateStatement,
    Reversal,
    Step,
    Unexplained,
    WithoutGift,
    Words,
)
from tests.web import samples
from tests.web.samples import CUT_GIFT, FUND, GIFT, NUMBER, WAITING_GIFT, FakeServices, Settings

PAGES = [
    "/",
    "/funds/qinghe",
    "/funds/new",
    f"/funds/qinghe/gifts/{NUMBER.compact}",
    "/funds/qinghe/gifts?receipt=7K4Q",
    "/funds/qinghe/gifts/000000000000",
    "/funds/qinghe/transfers",
    "/funds/qinghe/statements",
    "/funds/qinghe/entries/108842",
    "/how",
    "/privacy",
    "/problems/conflict",
    "/no-such-page",
]


def _client(fund: FundPage = FUND, gift: GiftPage = GIFT) -> FlaskClient:
    return create_app(Settings(), FakeServices(fund, gift)).test_client()


def _text(client: FlaskClient, address: str) -> str:
    """Return what a reader sees: no tags, one space for any white space."""
    body = client.get(address).text
    body = re.sub(r"<svg.*?</svg>|<head>.*?</head>", "", body, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body)).replace("&#39;", "'")


# ---- every page ----------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_stands_alone(page, prefix):
    response = _client().get(prefix + page)
    html = response.text
    assert html.startswith(f'<!doctype html>\n<html lang="{"en" if prefix else "zh-CN"}">')
    assert html.count("<h1>") == 1
    assert re.search(r"<title>[^<·]+ · (明账|Mingzhang)</title>", html)
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", html)
    # Our own files, and none that the first paint waits for.
    waits_not = r' (type="module" fetchpriority="low"|defer) src="/static/'
    assert all(re.match(waits_not, given) for given, _ in scripts)
    assert all(inside == "" for _, inside in scripts)
    assert "<style" not in html
    assert not re.search(r'\s(style|on[a-z]+)="', html)
    assert "{" not in re.sub(r"<pre>.*?</pre>", "", html, flags=re.DOTALL)
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("page", [page for page in PAGES if "no-such" not in page])
def test_each_page_names_itself_in_the_other_language(page):
    client = _client()
    english = client.get(page).text
    address = re.search(r'hreflang="en" href="http://localhost([^"]+)"', english)
    assert address is not None
    there = client.get(address[1].replace("&amp;", "&"))
    assert '<html lang="en">' in there.text
    assert f'hreflang="zh-CN" href="http://localhost{page}"' in there.text


def test_ids_are_unique():
    ids = re.findall(r'\bid="([^"]+)"', _client().get("/funds/qinghe").text)
    assert len(ids) == len(set(ids))


def test_links_lead_somewhere():
    client = _client()
    for page in PAGES:
        for address in set(re.findall(r'href="(/[^"#]*)"', client.get(page).text)):
            if not re.search("/entries/|/books|/api/", address):  # these need a ledger
                assert client.get(address).status_code == 200, address


# ---- headers -------------------------------------------------------------------------------------


def test_pages_may_be_shared_shortly_and_are_asked_for_again():
    client = _client()
    first = client.get("/funds/qinghe")
    assert first.headers["Cache-Control"] == "public, max-age=10"
    again = client.get("/funds/qinghe", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    changed = _client(dataclasses.replace(FUND, gifts=1, person_times=1_843))
    later = changed.get("/funds/qinghe", headers={"If-None-Match": first.headers["ETag"]})
    assert later.status_code == 200


def test_every_answer_is_fenced():
    for address in ("/", "/no-such-page", "/healthz", "/log/qinghe/checkpoint"):
        headers = _client().get(address).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_the_style_sheet_is_small_and_kept_for_a_year():
    client = _client()
    address = re.search(r'href="(/static/mingzhang.css\?v=[0-9a-f]{12})"', client.get("/").text)
    assert address is not None
    response = client.get(address[1])
    assert len(response.data) < 20_000
    assert "immutable" in response.headers["Cache-Control"]


# ---- the fund page -------------------------------------------------------------------------------


def test_the_fund_page_shows_every_figure():
    text = _text(_client(), "/funds/qinghe")
    for figure in (
        "截至 2019-10-18 21:40",
        "184,206",
        "2019 年 3 月开播以来收到打赏 1,286,430.20 元",
        "归基金的净额604,260.04",
        "已用于买药377,613.50",
        "领到药1,842",
        (
            "第 13 次划转在路上 9 天了，承诺是 3 个工作日。50,000.00 元还没进基金账户，"
            "由财务负责，看经过。"
        ),
        "每 100 元打赏，约 48.50 元归基金，50.00 元是平台分成，1.50 元是代扣税费。",
        "一分不差。停在六处的加上离开的，正好是收到的 1,286,430.20 元。",
        "其他 20 种病35093,340.40",
        "第 12 次 已到 55,000.00",
        "9 月 30 日转出，10 月 8 日到",
        "2019 年 8 月 晚 2 天",
        "9 月 17 日公布，审计师还没签，有更正说明 2019-09-C-v1",
        "李**",
    ):
        assert figure in text.replace("\u00a0", " "), figure


def test_picture_and_table_hold_the_same_figures():
    html = _client().get("/funds/qinghe").text
    pictures = re.findall(r"<svg[^>]*class=\"flow.*?</svg>", html, flags=re.DOTALL)
    assert len(pictures) == 2
    table = re.search(r'<table class="flow-table".*?</table>', html, flags=re.DOTALL)
    assert table is not None
    figures = {
        figure
        for stage in FUND.stages
        for figure in (
            stage.reached_minor,
            stage.waiting_minor,
            *tuple(part.amount_minor for part in stage.left),
        )
    }
    for figure in figures:
        text = f"{figure // 100:,}.{figure % 100:02d}"
        assert text in table[0]
        assert all(text in picture for picture in pictures)


@pytest.mark.parametrize(
    "wrong",
    [
        dataclasses.replace(FUND, raised_minor=FUND.raised_minor + 1),
        dataclasses.replace(FUND, spent_minor=FUND.spent_minor - 1),
        dataclasses.replace(
            FUND,
            stages=(
                *FUND.stages[:4],
                dataclasses.replace(FUND.stages[4], waiting_minor=14_238_649),
                FUND.stages[5],
            ),
        ),
    ],
    ids=["raised", "spent", "a stage"],
)
def test_a_sum_that_does_not_hold_has_no_double_rule_and_says_so(wrong):
    html = _client(wrong).get("/funds/qinghe").text
    flow = html.split('class="spending"')[0]
    assert "这里的数加不上" in flow
    assert 'class="sum"' not in flow
    assert "一分不差" not in flow
    assert 'class="flow ' not in flow


def test_spending_that_does_not_add_up_says_so():
    wrong = dataclasses.replace(FUND, spending=FUND.spending[1:])
    spending = _client(wrong).get("/funds/qinghe").text.split('class="spending"')[1]
    assert "这张表加不上" in spending
    assert 'class="sum"' not in spending.split("</table>")[0]


def test_several_notices_are_one_list_and_the_oldest_promises_come_first():
    late = [
        LateSettlement(Words("快手", "Kuaishou"), f"KS-{n}", 100 * n, n, day, "finance", n)
        for n, day in enumerate([date(2019, 9, 30)] * 5, 1)
    ]
    told = (
        *late,
        Unexplained(3_140, 2, owned=True),
        WithoutGift(1_500),
        Correction(date(2019, 8, 1), "B5", 600, 900, date(2019, 9, 20), 99),
    )
    client = _client(dataclasses.replace(FUND, notices=told))
    html = client.get("/funds/qinghe").text
    assert html.count('<ul class="notice late">') == 1
    assert html.count('<p class="notice">') == 1
    text = _text(client, "/funds/qinghe")
    for said in (
        "快手结算单 KS-1 的钱晚了 1 天，1.00 元应在 9 月 30 日前打到银行，由财务负责，看经过。",
        "还有 2 件比承诺晚，看每一件。",
        "还差 31.40 元说不清，2 件，都有人在查，看每一件。",
        "其中 15.00 元还没有对上打赏。",
        "B5 原来写 6.00 元，应为 9.00 元",
    ):
        assert said in text
    assert "KS-4" not in text
    alone = _client(dataclasses.replace(FUND, notices=(LateStatement(
        date(2019, 9, 1), 3, date(2019, 10, 15), "finance"),)))  # fmt: skip
    said = "2019 年 9 月报告晚了 3 天，应在 10 月 15 日前公布，由财务负责，看经过。"
    assert said in _text(alone, "/funds/qinghe")
    english = _text(alone, "/en/funds/qinghe")
    assert (
        "it was due by 15 October. It is with the finance officer: see what happened." in english
    )


def test_an_empty_fund_says_what_will_appear():
    text = _text(_client(), "/funds/new")
    assert "还没有收到打赏" in text
    assert "收到第一笔后，这里就有数" in text
    assert "0.00" not in text


def test_a_name_without_english_is_marked_as_chinese():
    assert '<h1><span lang="zh-CN">新基金</span></h1>' in _client().get("/en/funds/new").text


def test_names_are_escaped():
    evil = dataclasses.replace(FUND.last_gifts[0], name="<b>*")
    html = _client(dataclasses.replace(FUND, last_gifts=(evil,))).get("/funds/qinghe").text
    assert "&lt;b&gt;*" in html
    assert "<b>*" not in html


# ---- finding a gift ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER.compact,
        NUMBER.grouped,
        NUMBER.compact.lower(),
        f" {NUMBER.grouped.replace(' ', '-')} ",
        NUMBER.compact.replace("0", "O"),
    ],
)
def test_a_receipt_number_is_found_however_it_is_typed(typed):
    response = _client().get("/funds/qinghe/gifts", query_string={"receipt": typed})
    assert response.status_code == 303
    assert response.headers["Location"] == f"/funds/qinghe/gifts/{NUMBER.compact}"


def test_other_spellings_of_the_address_lead_to_the_one():
    response = _client().get(f"/en/funds/qinghe/gifts/{NUMBER.grouped.lower()}")
    assert response.status_code == 301
    assert response.headers["Location"] == f"/en/funds/qinghe/gifts/{NUMBER.compact}"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "请填凭证号"),
        ("7K4Q 92HD M3X", "凭证号是 12 位，这里有 11 位"),
        ("7K4Q 92HD M3XU", "凭证号里没有“U”"),
    ],
)
def test_a_mistyped_number_stays_typed_and_is_explained_at_its_field(typed, sentence):
    response = _client().get("/funds/qinghe/gifts", query_string={"receipt": typed})
    assert response.status_code == 422
    assert sentence in response.text
    assert f'value="{typed}"' in response.text
    assert 'aria-describedby="receipt-error"' in response.text
    assert 'id="receipt-error"' in response.text


def test_an_unknown_number_says_what_to_do_and_is_not_kept_by_caches():
    wrong_check = dataclasses.replace(NUMBER, check=NUMBER.check ^ 1)
    response = _client().get(f"/funds/qinghe/gifts/{wrong_check.compact}")
    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "no-store"
    assert "刚送的礼物要等 2 分钟左右" in response.text
    assert "0470-555 0112" in response.text


# ---- a gift's page -------------------------------------------------------------------------------

GIFT_ADDRESS = f"/funds/qinghe/gifts/{NUMBER.compact}"


def _gift_text(gift: GiftPage, prefix: str = "") -> str:
    return _text(_client(gift=gift), prefix + GIFT_ADDRESS).replace("\u00a0", " ")


def test_a_gift_shows_its_whole_way():
    text = _gift_text(GIFT)
    for figure in (
        "你的 3.00 元，1.45 元已经买了药",
        (
            "李** 于 2019 年 9 月 3 日 20:14 在县长直播间（抖音）送出 30 抖币（3.00 元）。"
            f"凭证号 {NUMBER.grouped}"
        ),
        (
            "我们核对了 5 项，都通过。9 月 30 日随第 12 次划转转出，10 月 8 日进了基金，"
            "10 月 11 日用于类风湿关节炎用药。"
        ),
        "平台分成（50%）减 −1.50",
        "第 146,551 条",
        "1.45 + 1.50 + 0.05 = 3.00",
        "由服务器核对；不想只听我们的，下载凭证自己核对",
        "这证明不了什么",
        "下载凭证（3 KB）",
    ):
        assert figure in text, figure
    assert 'class="row sum"' in _client().get(GIFT_ADDRESS).text


def test_a_cut_gift_shows_both_ways_and_one_sum():
    html = _client(gift=CUT_GIFT).get(GIFT_ADDRESS).text
    text = _gift_text(CUT_GIFT)
    assert html.count('<ol class="way">') == 2
    assert html.count('class="row sum"') == 1
    assert "你的 3.00 元，0.77 元在基金里，0.68 元已经买了药" in text
    assert "0.68 + 0.77 + 0.72 + 0.83 = 3.00" in text
    assert "我们核对了，3 项通过，2 项现在还没法核对" in text
    assert "Of your ¥3.00, ¥0.77 is in the fund, ¥0.68 has paid for medicine" in _gift_text(
        CUT_GIFT, "/en"
    )


def test_a_waiting_gift_says_what_it_waits_for():
    text = _gift_text(WAITING_GIFT)
    assert "你的 3.00 元收到了，等平台结算" in text
    assert "现在待结算，已 4 天" in text
    assert text.count("预计 10 月 25 日前") == 5
    assert "直播还没结束，这是第 318 笔" in text


def test_a_gift_taken_back_says_so_first():
    back = Reversal(samples.AS_OF.at, 110_000, after_settlement=False)
    gift = dataclasses.replace(WAITING_GIFT, reversal=back)
    text = _gift_text(gift)
    assert "这笔 3.00 元退回了" in text
    assert "没有进过基金" in text
    after = dataclasses.replace(GIFT, reversal=dataclasses.replace(back, after_settlement=True))
    assert "平台从下一次结算里扣回" in _gift_text(after)


def _with_step(gift: GiftPage, index: int, step: Step) -> GiftPage:
    way = gift.ways[0]
    steps = (*way.steps[:index], step, *way.steps[index + 1 :])
    return dataclasses.replace(gift, ways=(dataclasses.replace(way, steps=steps),))


@pytest.mark.parametrize(
    "wrong",
    [
        _with_step(GIFT, 5, dataclasses.replace(GIFT.ways[0].steps[5], amount_minor=144)),
        _with_step(GIFT, 2, dataclasses.replace(GIFT.ways[0].steps[2], amount_minor=146)),
        dataclasses.replace(GIFT, amount_minor=301),
    ],
    ids=["the end", "in between", "the gift"],
)
def test_a_way_that_does_not_add_up_has_no_double_rule(wrong):
    html = _client(gift=wrong).get(GIFT_ADDRESS).text
    assert 'class="row sum"' not in html
    assert "加不上" in html


def test_a_failed_check_is_never_ticked():
    failed = (Check("in_log", "fails", entry=108_842, size=184_207), *GIFT.checks[1:])
    html = _client(gift=dataclasses.replace(GIFT, checks=failed)).get(GIFT_ADDRESS).text
    assert "1 项核对没通过" in html.replace("\u00a0", " ")
    assert 'class="notice wrong"' in html
    first = html.split('<ul class="checks">')[1]
    assert first.lstrip().startswith('<li class="fails">')


# ---- files and entries ---------------------------------------------------------------------------


def test_a_receipt_is_downloaded_as_a_file():
    response = _client().get(f"{GIFT_ADDRESS}.tlog-proof")
    assert response.data == samples.PROOF
    disposition = response.headers["Content-Disposition"]
    assert disposition == f'attachment; filename="{NUMBER.compact}.tlog-proof"'
    wrong = dataclasses.replace(NUMBER, check=0)
    missing = _client().get(f"/funds/qinghe/gifts/{wrong.compact}.tlog-proof")
    assert missing.status_code == 404


def test_an_entry_is_handed_out_to_the_byte():
    response = _client().get("/funds/qinghe/entries/108842.json")
    assert response.data == samples.CANONICAL
    assert response.content_type == "application/json"
    assert "immutable" in response.headers["Cache-Control"]


def test_an_entry_is_readable():
    text = _text(_client(), "/funds/qinghe/entries/108842")
    for part in ("账本第 108,842 条", "打赏 gift", "−3.00", "相加都是 0", samples.ENTRY.leaf_hash):
        assert part in text.replace("\u200b", "")
    assert _client().get("/funds/qinghe/entries/999999").status_code == 404
    assert _client().get("/funds/qinghe/entries/-1").status_code == 404


def test_a_statement_is_handed_out_by_its_name_only():
    response = _client().get("/funds/qinghe/statements/2019-09.pdf")
    assert response.content_type == "application/pdf"
    assert 'filename="qinghe-2019-09.pdf"' in response.headers["Content-Disposition"]
    for name in ("2019-10", "..%2f2019-09", "2019-09%00", "2019 09"):
        assert _client().get(f"/funds/qinghe/statements/{name}.pdf").status_code == 404


def test_health_and_readiness():
    assert _client().get("/healthz").status_code == 200
    assert _client().get("/readyz").json == {"status": "ready", "problems": []}
    app = create_app(Settings(), FakeServices(problems=["the disk is full"]))
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json["problems"] == ["the disk is full"]


def test_each_fund_of_the_list_keeps_its_own_time():
    class Elsewhere(FakeServices):
        def funds(self):
            return [dataclasses.replace(card, zone="Europe/London") for card in super().funds()]

    client = create_app(Settings(), Elsewhere()).test_client()
    assert "As of 18 Oct 2019, 14:40" in _text(client, "/en/").replace("\u00a0", " ")
