"""What lies in a pack, and how it is checked without us: the text that stands in it, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.journal.history import Fund
from ledger.packs.scope import Scope

_ZH = """明账审计包

基金：{fund}（日志 {origin}）
范围：{period_zh}；登记簿含第 {first} 至 {last} 号分录；日志从第 0 号起，共 {size} 条，期初余额因此可以重算。
用途：{for_zh}

一、怎样核对（可以断网）

    python -m ledger verify 本文件.zip          装有明账程序的机器：全部重算
    python verify.py                           解压以后，只需要 Python 3.11 和软件包 cryptography

两者都只读不写，不连网。有一处不符，就指出第一处，退出码为 1。加 --key '公钥' 用您从别处得知的公钥核对；不加，
用的是包内 log/key 的公钥，只说明包内前后一致，不说明它属于谁。公钥印在已发布的报告上，也可向基金当面核对。

二、里面有什么

    manifest.json         每个文件的长度和 SHA-256
    log/                  日志：检查点（签名的条数和根哈希，带见证人的签名）、公钥、
                          分块和全部分录原文，C2SP tlog-tiles 格式
    proofs/               较早的检查点、见证人的签名、时间戳（RFC 3161），以及日志确由它们延续而来的证明
    registers/            登记簿（CSV，UTF-8），datapackage.json 说明每一列；金额是最小单位的整数
    statements/           已发布的报告（PDF，内含自己的证据和核对程序；太大而没有嵌入 PDF 的明细表也不在本包内，
                          它的地址和 SHA-256 在报告的清单里，同样的分录在 registers/ 里）
{private_zh}    verify.py             核对程序，全部源码（verify_statement.py 是其中核对报告的部分）

三、哪些能由日志证明，哪些不能

分录、过账、余额、公开的登记簿和已发布的报告，都由日志的根哈希证明：改一个字节就会被发现。银行流水、匹配、差异、
人员和操作记录在日志之外（里面有个人信息，可以删除）；文件以哈希与分录相连，其余只由本包的清单保证没有缺损。
请在取包时记下清单的 SHA-256（取包时显示），日后用它确认还是同一个包。
{left_out_zh}
时间戳可以另用 openssl 核对：
    openssl ts -verify -data proofs/timestamps/N.checkpoint -in proofs/timestamps/N.tsr -CAfile 时间戳机构的根证书.pem
{missing_zh}"""

_EN = """Mingzhang audit pack

Fund: {fund} (log {origin})
Covers: {period_en}; the registers have entries {first} to {last}; the log begins at entry 0 and has {size}, so opening
balances can be recomputed.
For: {for_en}

1. How to check it (no network is needed)

    python -m ledger verify THIS.zip           where the program is installed: everything recomputed
    python verify.py                           unpacked; needs Python 3.11 and the package cryptography alone

Both only read, and ask no network. If anything is wrong, the first place is named and the exit code is 1. With
--key 'KEY' a key is used that you know from elsewhere; without it the one in log/key, which shows that the pack is
consistent and not whose it is. The key is printed on published statements; compare it with the fund in person.

2. What is in it

    manifest.json         length and SHA-256 of every file
    log/                  the log: checkpoint (size and root hash, signed, with witnesses' lines), keys, tiles and all
                          entries as they were logged, in the C2SP tlog-tiles format
    proofs/               earlier checkpoints, witnesses' signatures, time stamps (RFC 3161), and the proofs that the
                          log continues each of them
    registers/            registers (CSV, UTF-8); datapackage.json describes every column; amounts are whole
                          minor units
    statements/           published statements (PDF, each with its own evidence and verifier; a register that is
                          too large to be embedded in the PDF is not here either: its address and SHA-256 stand
                          in the statement's manifest, and the same entries in registers/)
{private_en}    verify.py             the program that checks the pack, as source; verify_statement.py is the
                          part that checks statements

3. What the log proves, and what it does not

Entries, postings, balances, the public registers and published statements hang on the log's root hash: one changed
byte is noticed. Bank lines, matches, exceptions, people and the activity record stand beside the log (they are personal
and can be erased); files are tied to entries by their hashes, the rest is held by this pack's manifest alone. Keep the
SHA-256 of the manifest, which was shown when the pack was made, to tell later that it is the same pack.
{left_out_en}
A time stamp can be checked with openssl too:
    openssl ts -verify -data proofs/timestamps/N.checkpoint -in proofs/timestamps/N.tsr -CAfile ROOT.pem
{missing_en}"""

_PRIVATE = {
    "zh": "    evidence/             银行文件、结算单和其他凭证原件，文件名就是 SHA-256；清单见 evidence.csv\n"
    "    activity/             操作记录：谁做过、看过什么\n",
    "en": "    evidence/             files of banks and platforms and other proofs, named by their SHA-256; listed in\n"
    "                          registers/evidence.csv\n"
    "    activity/             the activity record: who did or read what\n",
}
_LEFT_OUT = {
    "auditor": {
        "zh": "打赏人的昵称、平台编号和留言不在包内：核对金额用不到。需要抽样时，请按凭据号向基金索取。\n"
        "本包含有个人信息和完整账号，请妥善保管，用后销毁。\n",
        "en": "Names, platform ids and messages of donors are not in it: amounts are checked without them. For a\n"
        "sample, ask the fund for gifts by their receipts. The pack holds personal data and whole account\n"
        "numbers: keep it safe, and destroy it afterwards.\n",
    },
    "public": {
        "zh": "本包只含公开的内容，没有任何个人信息。\n",
        "en": "This pack holds what is public, and no personal data.\n",
    },
}
_FOR = {
    "auditor": {"zh": "审计师（含个人信息）", "en": "auditors (with personal data)"},
    "public": {"zh": "公众", "en": "everybody"},
}


def readme(fund: Fund, scope: Scope, audience: str, missing: Sequence[str]) -> Mapping[str, str]:
    """Write the text that stands in a pack.

    Args:
        fund: The fund.
        scope: What the pack covers.
        audience: `auditor` or `public`.
        missing: Published files that are not on the machine that made it.

    Returns:
        The text, by language.
    """
    is_whole = not scope.period
    listed = "".join(f"    {one}\n" for one in missing)
    values = {
        "fund": fund.slug,
        "origin": fund.origin,
        "first": scope.first,
        "last": scope.stop - 1,
        "size": scope.size,
        "period_zh": "全部日志" if is_whole else scope.period,
        "period_en": "the whole log" if is_whole else scope.period,
    }
    for language in ("zh", "en"):
        values[f"for_{language}"] = _FOR[audience][language]
        values[f"private_{language}"] = _PRIVATE[language] if audience == "auditor" else ""
        values[f"left_out_{language}"] = _LEFT_OUT[audience][language]
    values["missing_zh"] = f"\n下列已发布的报告不在制作本包的机器上：\n{listed}" if listed else ""
    values["missing_en"] = (
        f"\nThese published statements were not here:\n{listed}" if listed else ""
    )
    return {"zh": _ZH.format(**values), "en": _EN.format(**values)}
