"""Sentences of what other people's pages show, Chinese and English side by side, as in `ledger.web.sentences`."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "data.title": ("下载数据", "Download the data"),
    "data.lead": (
        "账本里公开的每一笔，没有行数限制。昵称、单号和精确时间不在公开的账里，所以这里也没有。",
        (
            "Everything public in the ledger, without a limit of rows. Names, platforms’ numbers and exact "
            "times are not in the public ledger, and so not here."
        ),
    ),
    "data.licence": ("可以自由使用，注明来源即可：", "Free to use with its source named:"),
    "data.columns": ("各列的意思", "What the columns mean"),
    "data.column": ("列", "Column"),
    "data.meaning": ("意思", "Meaning"),
    "data.link": ("下载数据", "Download the data"),
    "card.spent": ("其中 {amount} 已经买了药", "{amount} of it is at work"),
    "widget.see": ("看账", "See the books"),
    "overlay.title": ("直播叠加", "Stream overlay"),
    "overlay.tonight": ("今天直播收到打赏", "Gifts of today’s broadcast"),
    "overlay.gifts": ("笔", "gifts"),
    "overlay.goal": ("目标 {amount}", "Goal {amount}"),
    "overlay.promise": (
        "平台分成和税费以外，全部进{fund}",
        "All but the platform’s share and tax goes to {fund}",
    ),
    "overlay.at": ("{time} 的数", "as of {time}"),
    "overlay.refunds": ("退款 {n} 笔", "{n} refunded"),
    "overlay.stale": (
        "暂时连不上，显示的是上面时间的数",
        "Not connected: figures as of the time above",
    ),
    "overlay.scan": ("扫码查每一分", "Scan to see every cent"),
    "poster.title": ("海报", "Poster"),
    "poster.hint": (
        "用浏览器打印这一页，纸张选 A4。",
        "Print this page from your browser on A4.",
    ),
    "poster.call": ("扫码查每一分钱走到哪了", "Scan to see where every cent is"),
    "share.title": ("放到别处", "Show it elsewhere"),
    "share.lead": (
        "这些数可以放进任何网页、直播画面和阅读器，不用账号。数和账本同步，写着截至什么时候。",
        (
            "These figures can go into any page, stream or reader, without an account. They follow the "
            "ledger and say as of when."
        ),
    ),
    "share.widget": ("小窗", "Frame"),
    "share.widget_hint": (
        "数会自己更新，不放 cookie，不认访客。",
        "It updates itself, sets no cookie and knows no visitor.",
    ),
    "share.picture": ("图片", "Picture"),
    "share.picture_hint": (
        "不能放小窗的地方用图片，重新打开就是新的数。",
        "Where no frame is taken, a picture: it is drawn anew whenever it is opened.",
    ),
    "share.feed": ("订阅", "Feed"),
    "share.feed_hint": (
        "划转、报告、更正和整数关口，用任何 Atom 阅读器订阅。",
        "Transfers, statements, corrections and round sums, for any Atom reader.",
    ),
    "share.totals": ("给程序用的数", "Figures for programs"),
    "share.totals_hint": (
        "JSON，金额以最小单位（分）计，任何网站都可以读。",
        "JSON with amounts in minor units (fen), readable from any site.",
    ),
    "share.poster_hint": (
        "一张 A4，写着承诺和二维码，贴在直播间或服务窗口。",
        "One A4 page with the promise and the code, for a studio or a counter.",
    ),
    "share.poster": ("打开海报", "Open the poster"),
    "share.link": (
        "放到别处：小窗、图片、订阅、海报",
        "Show it elsewhere: frame, picture, feed, poster",
    ),
    "feed.transfer.sent": ("第 {number} 次划转转出 {amount}", "Transfer {number} sent: {amount}"),
    "feed.transfer.confirmed": (
        "第 {number} 次划转进了基金，{amount}",
        "Transfer {number} reached the fund: {amount}",
    ),
    "feed.transfer.returned": (
        "第 {number} 次划转被银行退回，{amount}",
        "Transfer {number} was returned by the bank: {amount}",
    ),
    "feed.statement": ("公布了报告 {number}", "Statement {number} published"),
    "feed.notice": (
        "公布了更正说明 {number}，更正 {corrects}",
        "Correction notice {number} published: it corrects {corrects}",
    ),
    "feed.correction": ("更正了第 {entry} 条", "Entry {entry} corrected"),
    "feed.milestone": ("打赏累计超过 {amount}", "Gifts passed {amount}"),
    "feed.summary": ("账本第 {entry} 条", "Entry {entry} of the ledger"),
}
