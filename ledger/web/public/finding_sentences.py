"""Sentences of the ways to find a gift and of a donor's choices, as in `ledger.web.sentences`."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "find.without": ("没有凭证号？换个办法找", "No receipt number? Other ways to find it"),
    "find.by_receipt": ("用凭证号", "By receipt number"),
    "find.by_moment": ("用时间和金额", "By time and amount"),
    "find.by_moment.hint": (
        "送出的那一分钟（{zone} 时间）和折成的金额。名字遮着，认出自己的那笔点进去。",
        (
            "The minute in which you gave it ({zone}) and its value in money. Names are masked: open the one that "
            "you recognise."
        ),
    ),
    "find.at": ("送出的时间", "When you gave it"),
    "find.amount": ("金额", "Amount"),
    "find.look": ("列出这一分钟的", "List those of that minute"),
    "find.by_order": ("用平台单号", "By the platform’s order number"),
    "find.by_order.hint": (
        "平台给这笔打赏的单号，加上随凭证发给你的 8 位查询码。",
        "The platform’s number of the gift, and the 8 characters of your code that came with the receipt.",
    ),
    "find.order": ("平台单号", "Platform’s number"),
    "find.code": ("查询码，8 位", "Your code, 8 characters"),
    "find.by_file": ("用凭证文件", "By the receipt file"),
    "find.by_file.hint": (
        "手上有 .tlog-proof 文件的，拖到核对页就行，不会上传。",
        "If you have the .tlog-proof file, drop it on the page that checks it. It is not uploaded.",
    ),
    "find.found": ("可能是这几笔", "It may be one of these"),
    "find.more": (
        "那段时间太多，没有全列。用凭证号找最准。",
        "There were too many to list all: the receipt number finds it for certain.",
    ),
    "find.nothing": (
        "那一分钟没有这个金额的打赏。前后一分钟也试试；从文件补记的，要用凭证号找。",
        (
            "No gift of this amount in that minute. Try the minute before and after; one that was brought later "
            "with a file is found by its receipt number."
        ),
    ),
    "find.error.at": ("请填年月日和时分。", "Fill in day, hour and minute."),
    "find.error.amount": ("请填金额，如 3.00。", "Fill in an amount such as 3.00."),
    "find.error.order": (
        "单号和查询码对不上。请核对两个都抄对了。",
        "Number and code do not belong together. Please check both.",
    ),
    "choice.link": ("隐藏我的名字，或让直播谢谢我", "Hide my name, or let the stream thank me"),
    "choice.title": ("名字怎么显示", "How your name is shown"),
    "choice.back": ("回到凭证 {receipt}", "Back to receipt {receipt}"),
    "choice.lead": (
        "这笔 {amount}的打赏，名字怎么显示由你定，随时可以改。全名从不公开。",
        (
            "For this gift of {amount} you decide what is shown of your name, and can change it at any time. The "
            "whole name is never shown."
        ),
    ),
    "choice.name": ("在网页上", "On pages"),
    "choice.name.masked": ("遮住显示，如“李**”", "Masked, such as “L**”"),
    "choice.name.hidden": ("不显示", "Hidden"),
    "choice.thanks": ("在直播画面上", "On the stream"),
    "choice.thanks.none": ("不要谢我", "Do not thank me"),
    "choice.thanks.name": (
        "谢谢遮住的名字，不说金额",
        "Thank the masked name, without the amount",
    ),
    "choice.thanks.amount": ("谢谢遮住的名字和金额", "Thank the masked name, with the amount"),
    "choice.code": (
        "查询码随凭证发给你，只有你有。没有的话，打电话请工作人员帮忙。",
        "The code came with your receipt and only you have it. Without it, ask the people who run the fund.",
    ),
    "choice.button": ("就这样", "Keep this"),
    "choice.note": (
        "金额和时间在公开的账本里，不能隐藏；账本里没有你的名字。",
        "Amount and time stand in the public ledger and cannot be hidden; your name does not stand there.",
    ),
    "choice.kept": (
        "记下了，几秒后各处都会照办。",
        "Kept: it will be followed everywhere within seconds.",
    ),
    "choice.error.code.wrong": (
        "查询码不对，请看看凭证。",
        "This is not the code: look at your receipt.",
    ),
    "choice.error.name.unknown": ("请选一项。", "Please choose one."),
    "choice.error.thanks.unknown": ("请选一项。", "Please choose one."),
    "choice.error.thanks.hidden": (
        "名字不显示，直播就没法谢你。两项改一项。",
        "A hidden name cannot be thanked: change one of the two.",
    ),
    "overlay.thanks": ("谢谢 {names}", "Thank you, {names}"),
}
