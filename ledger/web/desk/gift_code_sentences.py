"""Sentences of the page that hands a donor the code of a gift."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "desk.tab.gift_code": ("给捐赠人代码", "A donor’s code"),
    "more.gift_code": (
        "捐赠人出示平台订单，就把这笔打赏的代码给他",
        "Hand the code of a gift to a donor who shows the platform’s order",
    ),
    "gift_code.title": ("给捐赠人代码", "A donor’s code"),
    "gift_code.lead": (
        "有了代码，捐赠人可以用平台订单号查到自己的打赏，也可以选择不显示名字。请先看过订单，订单号和金额都要照抄。",
        "With it a donor finds the gift and may hide the name. See the order first; copy its number and its sum.",
    ),
    "gift_code.order": ("平台订单号", "The platform’s order number"),
    "gift_code.amount": (
        "订单上的金额（元，或平台币的个数）",
        "The sum on it (money, or the platform’s coins)",
    ),
    "gift_code.proof": ("您看到的是", "What you have seen"),
    "gift_code.proof.order-page": ("捐赠人手机上的订单页", "The order on the donor’s telephone"),
    "gift_code.proof.message": ("打赏账号发来的私信", "A message from the account that gave"),
    "gift_code.proof.letter": ("平台出具的证明", "A letter of the platform"),
    "gift_code.recorded": (
        "每次查找都有记录：谁、什么时候、哪一条账；订单号和代码不记。",
        "Each look-up is on record: who, when, which entry; never the number or the code.",
    ),
    "gift_code.hand": ("查出代码", "Show the code"),
    "gift_code.handed": ("请把这两项交给捐赠人", "Hand these two to the donor"),
    "gift_code.receipt": ("凭证号", "Receipt number"),
    "gift_code.code": ("代码", "Code"),
    "gift_code.who": ("打赏人", "Given by"),
    "gift_code.where": ("直播间", "Stream"),
    "gift_code.when": ("打赏时间", "Given at"),
    "gift_code.sum": ("金额", "Amount"),
    "gift_code.tell": (
        "谁有代码，谁就能决定这笔打赏显示什么。离开这一页就不再显示；同一笔的代码不会变，可以再查。",
        "Whoever has the code decides what is shown of the gift. It stays the same and can be looked up again.",
    ),
    "gift_code.error.no-such-order": (
        "没有这个订单号和金额的打赏，或者它的个人信息已经删除。请对照订单再输一次；刚送的礼物要等 2 分钟左右。",
        "No gift with this number and sum, or its private part is erased. A new gift takes about 2 minutes.",
    ),
    "gift_code.error.missing": ("请选看到的是什么。", "Choose what you have seen."),
}
