"""What the checks of a PDF's signatures hold, and why one failed or could not be made: English, then Chinese."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "pdf-readable": (
        "The file is a PDF that can be read, without encryption and without anything that runs.",
        "文件是能读的 PDF，没有加密，也没有会自己运行的内容。",
    ),
    "pdf-signed": (
        "The fund has certified it; any other signature is the auditor's, in the field made for it.",
        "基金签了认证签名；若还有别的签名，就是审计师签在预留的栏里。",
    ),
    "pdf-intact": (
        "Each signature fits the bytes that it covers.",
        "每个签名都与它所覆盖的字节相符。",
    ),
    "pdf-unchanged": (
        "Nothing was changed or added after a signature but what it allows.",
        "每次签名之后，除签名允许的以外，没有改动或添加任何内容。",
    ),
    "pdf-covered": (
        "The last signature or time stamp covers the file to its last byte.",
        "最后一个签名或时间戳覆盖到文件的最后一个字节。",
    ),
    "pdf-signers": (
        "Each certificate leads to a root that is trusted here, and was neither expired nor revoked.",
        "每张证书都追溯到这里信任的根证书，当时没有过期，也没有被吊销。",
    ),
    "pdf-time": (
        "A time stamp authority vouches for when each signature was made.",
        "每个签名的时间都由时间戳机构作证。",
    ),
    "pdf-long-term": (
        "What is needed to judge the signatures after the certificates have ended is in the file (PAdES B-LTA).",
        "证书到期以后判断签名所需的材料都在文件里（PAdES B-LTA）。",
    ),
}

REASONS: dict[str, tuple[str, str]] = {
    "not-a-pdf": ("it is not a PDF, or a broken one", "不是 PDF，或已损坏"),
    "encrypted": ("it is encrypted; statements never are", "文件加了密；报告从不加密"),
    "too-many": ("it has more parts than any statement", "文件的部件多得不像任何一份报告"),
    "too-large": (
        "it is larger than any statement, and was not read",
        "文件比任何一份报告都大，没有读",
    ),
    "too-much": (
        "reading it takes more memory or time than any statement does, and was given up",
        "读它要的内存或时间超过任何一份报告，已停止",
    ),
    "script": (
        "it holds a program or an action that runs by itself",
        "里面有程序或会自己运行的动作",
    ),
    "not-certified": (
        "the first signature is not the fund's certification",
        "第一个签名不是基金的认证签名",
    ),
    "other-field": (
        "a signature stands outside the two fields that were prepared",
        "有签名不在预留的两个栏里",
    ),
    "bytes-differ": (
        "the bytes that were signed are not these: the file was changed or cut off",
        "签名时的字节与现在不同：文件被改过或被截断",
    ),
    "not-allowed": (
        "something was changed after it was signed that the signature forbids",
        "签名之后有它不允许的改动",
    ),
    "bytes-after": (
        "bytes stand after the end of what was signed",
        "签名范围之后还有字节",
    ),
    "changed-pages": ("pages were added or removed after it was signed", "签名之后增减了页"),
    "changed-content": (
        "what a page shows was changed after it was signed",
        "签名之后改了页面内容",
    ),
    "changed-annotation": (
        "a note or a field was added after it was signed",
        "签名之后加了批注或栏位",
    ),
    "changed-attachment": (
        "an attached file was added, removed or changed after it was signed",
        "签名之后增减或改动了附件",
    ),
    "changed-script": ("a program was added after it was signed", "签名之后加了程序"),
    "changed-unreadable": ("the signed part cannot be read by itself", "签名的部分单独读不出来"),
    "revoked": ("its certificate was revoked", "它的证书已被吊销"),
    "expired": (
        "its certificate had ended, or not begun, when it was signed",
        "签名的时候它的证书已过期，或还没有生效",
    ),
}

UNSURE: dict[str, tuple[str, str]] = {
    "unreadable": ("the file cannot be read", "文件读不出来"),
    "unsigned": ("the file carries no signature", "文件上没有签名"),
    "development": (
        "signed with a key only for trying: whose it is proves nothing; the rest was checked all the same",
        "用的是仅供试用的密钥，不证明是谁签的；其余各项照样核对过",
    ),
    "own-roots": (
        (
            "the certificates lead to a root in the file itself that nobody told this computer to trust: compare the "
            "fingerprints with what the fund and the auditor publish, or name their root with --trust"
        ),
        (
            "证书追溯到的根证书就在文件里，这台电脑并没有被告知信任它："
            "请把指纹与基金和审计师公布的比对，或用 --trust 指明根证书"
        ),
    ),
    "no-root": (
        "the certificate does not lead to a trusted root, or no current list of revoked ones is at hand",
        "证书追溯不到信任的根证书，或手头没有有效的吊销列表",
    ),
    "expired": (
        "its certificate has ended by now, and no time stamp shows that it was signed before",
        "它的证书现在已经过期，没有时间戳说明是在那以前签的",
    ),
    "no-time-stamp": (
        "no time stamp authority was asked: when it was signed is told by the signer's own machine only",
        "没有时间戳：签名时间只是签名者自己的电脑说的",
    ),
    "not-yet": (
        "what the file holds does not suffice to judge it for good",
        "文件里的材料还不够长期判断",
    ),
}
"""Why a check could not be made."""
