"""Sentences of the page that checks a file, Chinese and English side by side, as in `ledger.web.sentences`."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "last_good.notice": (
        "账本现在连不上，这是 {moment} 的样子。账没有丢，恢复后会自动更新。",
        (
            "The ledger cannot be reached now: this is how it was at {moment}. Nothing is lost, and the "
            "page will be up to date when it is back."
        ),
    ),
    "last_good.short": (
        "连不上账本，这是 {moment} 的样子。",
        "Not reached: as it was at {moment}.",
    ),
    "live.away": (
        "现在读不到新的数，下面是最后一次读到的。恢复后会自动更新。",
        "New figures cannot be read now: these are the last ones. They will move again by themselves.",
    ),
    "read_only.desk": (
        "账本正在维护，现在只能看、不能记：您填的表送不出去，请等这一行消失以后再送。已经记下的都在。",
        (
            "The ledger is being maintained and takes nothing: wait until this line is gone before you send a form. "
            "What was recorded is safe."
        ),
    ),
    "read_only.notice": (
        "账本正在维护，现在只能看、不能记。下面的数是维护前的；平台会把这段时间的打赏再送一遍，不会丢。",
        (
            "The ledger is being maintained and only shows what it has. Platforms deliver the gifts of "
            "this time again afterwards: none is lost."
        ),
    ),
    "verify.nav": ("核对", "Check"),
    "verify.title": ("核对凭证或报告", "Check a receipt or a statement"),
    "verify.what": (
        "选一份凭证（.tlog-proof）或报告（PDF），由你的浏览器核对它是不是原件、在不在账本里。",
        (
            "Choose a receipt (.tlog-proof) or a statement (PDF): your browser checks whether it is "
            "genuine and in the ledger."
        ),
    ),
    "verify.needs_script": (
        "在浏览器里核对要用 JavaScript。没有它，可以下载下面的单个文件在别处打开，或用命令行核对。",
        (
            "Checking in the browser needs JavaScript. Without it, download the single file below and "
            "open it elsewhere, or check on the command line."
        ),
    ),
    "verify.choose": ("选文件，或拖到这里", "Choose a file, or drop it here"),
    "verify.stays": (
        "文件不会上传，只在你的设备上算。",
        "The file is not uploaded: it is computed on your device.",
    ),
    "verify.key.title": ("我有账本的公钥", "I have the ledger’s public key"),
    "verify.key": (
        "公钥（印在报告上，或从见证人处得来）",
        "Public key (from a printed statement, or from a witness)",
    ),
    "verify.key.hint": (
        "填了就只认它；不填就用账本自己给的，并记住，下次换了会告诉你。",
        (
            "If you fill it in, no other is accepted; if not, the ledger’s own is used and remembered, "
            "and you are told when it changes."
        ),
    ),
    "verify.other.title": ("换一种办法核对", "Another way to check"),
    "verify.other": (
        "下面这个文件装着同样的核对程序，存到自己的电脑上打开就能用，不依赖本站的网页。程序员也可以照着公开的格式自己写。",
        (
            "This one file holds the same checks: keep it on your own computer and open it there, "
            "without this site’s pages. Programmers can write their own: the formats are public."
        ),
    ),
    "verify.offline": ("下载核对程序（单个网页文件）", "Download the checker (one HTML file)"),
    "verify.alone": (
        "从 {host} 下载的核对程序。核对时只向账本取公开的证明，不上传你的文件。",
        (
            "Checker downloaded from {host}. It only asks the ledger for public proofs and never "
            "uploads your file."
        ),
    ),
}
