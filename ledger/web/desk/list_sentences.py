"""Sentences of the desk's lists, of the bar on top, and of what is done with many rows at once."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "list.filter": ("筛选", "Filter"),
    "list.place": ("第 {first}–{last} 条，共 {total} 条", "{first}–{last} of {total}"),
    "list.pages": ("翻页", "Pages"),
    "list.previous": ("前一页", "Previous page"),
    "list.next": ("后一页", "Next page"),
    "list.export": ("导出这些", "Export these"),
    "list.none_fit": ("没有符合的。", "None fits."),
    "list.see_all": ("看全部", "See all"),
    "list.all_chosen": ("全选这一页", "Select all on this page"),
    "list.none_chosen": ("全不选", "Select none"),
    "list.choose": ("选：{name}", "Select {name}"),
    # the bar
    "desk.tab.more": ("更多", "More"),
    "desk.printed": ("{name} 打印，截至 {moment}", "Printed by {name}, as of {moment}"),
    "more.title": ("更多", "More"),
    "more.lead": ("不常用的页面都在这里。", "Pages that are not needed every day."),
    "more.people": ("谁在这个基金做什么", "Who does what in this fund"),
    "more.tokens": ("给程序用的钥匙", "Keys for programs"),
    "more.rules": ("每一类决定由谁批", "Who approves each kind of decision"),
    "more.activity": ("谁做了、看了什么", "Who did or read what"),
    "more.account": (
        "密码、验证器、登录过的设备",
        "Password, authenticator, and where you are signed in",
    ),
    # columns
    "column.account": ("账户", "Account"),
    "column.party": ("对方", "Party"),
    "column.text": ("附言", "Text"),
    "column.references": ("编号", "References"),
    "column.bank_id": ("银行流水号", "Bank’s number"),
    "column.kind": ("种类", "Kind"),
    "column.entry": ("账本第几条", "Entry"),
    "column.file": ("文件的 SHA-256", "SHA-256 of the file"),
    "column.row": ("文件第几行", "Row of the file"),
    "column.state": ("状态", "State"),
}
