"""What the checks of a statement's figures hold, and why one could not be made: English, then Chinese."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "statement-files": (
        "Each attachment is there with the digest that the manifest has, and none beside.",
        "每个附件都在，和清单里的摘要相同，没有多出来的。",
    ),
    "statement-figures": (
        "Manifest and figures state the same lines.",
        "清单和 figures.json 写的各行相同。",
    ),
    "statement-equations": (
        "Every equation of the statement holds, worked out again.",
        "报告的每个等式重算后都成立。",
    ),
    "statement-registers": (
        "The registers add up to the lines.",
        "明细表加出来的数就是各行。",
    ),
    "statement-checkpoint": (
        "The attached checkpoint is the one that the statement states.",
        "所附的检查点就是报告里写的那一个。",
    ),
    "statement-signature": (
        "The checkpoint is signed by the ledger's key.",
        "检查点由账本的密钥签名。",
    ),
    "statement-witnesses": (
        "Witnesses or a time stamp vouch for the checkpoint.",
        "见证人或时间戳为检查点作证。",
    ),
    "statement-stamps": (
        "Each time stamp is over a checkpoint that the closing ledger continues, and its signature holds.",
        "每个时间戳都盖在期末账本所延续的检查点上，签名也对。",
    ),
    "statement-consistency": (
        "The closing ledger continues the opening one; nothing was rewritten.",
        "期末的账本是期初账本的延续，没有改写过。",
    ),
    "statement-journal": (
        "The attached entries make the signed root, have no gap and balance.",
        "从所附的分录重算出签过名的树根，编号连续，借贷相平。",
    ),
    "statement-lines": (
        "The lines are what the entries add up to.",
        "各行就是分录加出来的数。",
    ),
    "statement-previous": (
        "The opening is the closing of the statement before.",
        "期初就是上一份报告的期末。",
    ),
    "statement-pages": (
        "The figures and digests in the pages' text are those of the attachments.",
        "印在页上的数字和摘要，与附件相同。",
    ),
}
"""In the order in which they are best read."""

REASONS: dict[str, tuple[str, str]] = {
    "not-equal": ("both sides differ", "两边不相等"),
}

UNSURE: dict[str, tuple[str, str]] = {
    "statement-unreadable": (
        "the attachments cannot be read, so that nothing of the figures was checked",
        "附件读不出来，数字一项都没有核对",
    ),
    "served": (
        "a register is too large to embed and was not put beside the file; its address is in manifest.json",
        "有的明细表太大，没有嵌入，也没有放在旁边；下载地址在 manifest.json 里",
    ),
    "no-key": (
        "only the key that the file itself names was used; give the key you know with --key",
        "只用了文件自己写明的密钥；请用 --key 给出你从别处得知的密钥",
    ),
    "no-witness": (
        "no witness whose key is known has signed the checkpoint, and it has no outside time stamp",
        "没有已知密钥的见证人签过这个检查点，也没有外部时间戳",
    ),
    "no-stamps": (
        "the file holds no time stamp over a checkpoint of its period",
        "文件里没有盖在本期检查点上的时间戳",
    ),
    "no-journal": (
        "there are too many entries to embed; verify the log itself by its address",
        "分录太多，没有嵌入；请用账本网址核对账本本身",
    ),
    "no-previous": (
        "the statement before was not given (--previous)",
        "没有给出上一份报告（--previous）",
    ),
    "no-pages": ("no PDF was given", "没有给出 PDF"),
}
