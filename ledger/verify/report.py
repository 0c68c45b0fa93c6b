"""What a verification says: each invariant with how often it was checked, or the first place that breaks it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from ledger.verify import pack_sentences, pdf_figure_sentences, pdf_sentences

VALUE_LENGTH_MAX = 160
"""Characters of a value that a failure shows: enough to compare, and no flood from a hostile log."""


def shown(value: object) -> str:
    """Return a value as a failure shows it: bytes in hex, long ones cut."""
    text = value.hex() if isinstance(value, bytes | bytearray) else str(value)
    text = "".join(ch if ch.isprintable() else "\ufffd" for ch in text)
    return text if len(text) <= VALUE_LENGTH_MAX else f"{text[:VALUE_LENGTH_MAX]}…"


@dataclass(frozen=True, slots=True)
class Failure:
    """The place where an invariant is broken.

    Attributes:
        fund: Slug of the fund, or the log's name; empty when it is not about one.
        seq: The entry, where there is one.
        table: Table, file or part of the log.
        key: The row in it, such as `seq=17 line=0`.
        reason: What is wrong, a short code.
        expected: What the entries (or the proofs) say.
        found: What is stored.
    """

    fund: str
    seq: int | None
    table: str
    key: str
    reason: str
    expected: str = ""
    found: str = ""

    @property
    def detail_en(self) -> str:
        """Return the failure as one English sentence."""
        return self._detail(_REASONS_EN, ", expected {}, found {}", "{} of {}: {}")

    @property
    def detail_zh(self) -> str:
        """Return the failure as one Chinese sentence."""
        return self._detail(_REASONS_ZH, "，应为 {}，实为 {}", "{}（{}）：{}")

    def _detail(self, reasons: dict[str, str], both: str, whole: str) -> str:
        place = f"{self.table} {self.key}".strip()
        text = reasons.get(self.reason, self.reason)
        if self.expected or self.found:
            text += both.format(self.expected or "–", self.found or "–")
        return whole.format(place, self.fund, text) if self.fund else f"{place}: {text}"


def failure(
    fund: str,
    seq: int | None,
    place: tuple[str, str],
    reason: str,
    expected: object = "",
    found: object = "",
) -> Failure:
    """Make a failure, with its values cut to what can be shown.

    Args:
        fund: Slug of the fund.
        seq: The entry, where there is one.
        place: Table and key of the row.
        reason: What is wrong, a short code.
        expected: What should be there.
        found: What is there.

    Returns:
        The failure.
    """
    return Failure(fund, seq, place[0], place[1], reason, shown(expected), shown(found))


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant and what came of it.

    Attributes:
        name: Stable name, for machines.
        sentence_en: What holds.
        sentence_zh: The same in Chinese.
        counted: How many things were held to it.
        failure: The first place that breaks it.
        unsure: Why it could not be made, or not whole, a short code; empty when it was.
    """

    name: str
    sentence_en: str
    sentence_zh: str
    counted: int
    failure: Failure | None = None
    unsure: str = ""

    @property
    def outcome(self) -> str:
        """Return `no`, `unsure` (could not be checked) or `yes`."""
        if self.failure is not None:
            return "no"
        return "unsure" if self.unsure else "yes"

    @property
    def unsure_en(self) -> str:
        """Return why it could not be checked, in English."""
        return UNSURE.get(self.unsure, (self.unsure, self.unsure))[0]

    @property
    def unsure_zh(self) -> str:
        """Return why it could not be checked, in Chinese."""
        return UNSURE.get(self.unsure, (self.unsure, self.unsure))[1]


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of a verification.

    Attributes:
        subject: What was verified.
        entries: Entries that were read.
        checks: In the order in which they are best read.
        notes: What whoever reads the report must know, such as where a key came from; English, then Chinese.
    """

    subject: str
    entries: int
    checks: tuple[Check, ...]
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def ok(self) -> bool:
        """Return whether every check passed."""
        return all(check.failure is None for check in self.checks)

    @property
    def failures(self) -> list[Failure]:
        """Return the failures, one for each broken invariant."""
        return [check.failure for check in self.checks if check.failure is not None]

    @property
    def summary(self) -> str:
        """Return the whole in one line."""
        if self.ok:
            held = sum(check.outcome == "yes" for check in self.checks)
            told = f"verified: {self.entries:,} entries, {held} invariants hold"
            left = len(self.checks) - held
            return f"{told}, {left} could not be checked" if left else told
        first = self.failures[0]
        return f"NOT verified: {len(self.failures)} of {len(self.checks)} invariants broken; first: {first.detail_en}"

    def as_json(self) -> dict[str, Any]:
        """Return the report for machines: names, counts, and each failure's fields and sentences."""
        return {
            "subject": self.subject,
            "ok": self.ok,
            "entries": self.entries,
            "checks": [
                {
                    "name": one.name,
                    "counted": one.counted,
                    "failure": _failure_json(one.failure),
                    **({"unsure": one.unsure} if one.unsure else {}),
                }
                for one in self.checks
            ],
            "notes": [{"en": en, "zh": zh} for en, zh in self.notes],
        }


def _failure_json(found: Failure | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {**asdict(found), "detail_en": found.detail_en, "detail_zh": found.detail_zh}


@dataclass
class Findings:
    """Collects counts and failures while a verification runs; of each check the first failure is kept.

    Attributes:
        counts: Things held to each check.
        broken: First failure of each check.
        unsures: Why a check could not be made: the first reason of each.
        notes: As in `Report`.
    """

    counts: dict[str, int] = field(default_factory=dict)
    broken: dict[str, Failure] = field(default_factory=dict)
    unsures: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def count(self, check: str, number: int = 1) -> None:
        """Add to how many things were held to a check; 0 makes it appear in the report."""
        self.counts[check] = self.counts.get(check, 0) + number

    def fail(self, check: str, found: Failure) -> None:
        """Keep a failure, if it is the first of its check: by entry, or by when it was found."""
        self.count(check, 0)
        first = self.broken.get(check)
        if first is None or (first.fund == found.fund and _before(found.seq, first.seq)):
            self.broken[check] = found

    def unsure(self, check: str, reason: str) -> None:
        """Say that a check could not be made, or not whole."""
        self.count(check, 0)
        self.unsures.setdefault(check, reason)

    def take(self, other: Findings) -> None:
        """Add what another part of the verification has found."""
        for name, number in other.counts.items():
            self.count(name, number)
        for name, found in other.broken.items():
            self.fail(name, found)
        for name, reason in other.unsures.items():
            self.unsure(name, reason)
        self.notes.extend(other.notes)

    def report(self, subject: str, entries: int, checks: Iterable[str]) -> Report:
        """Return the report: the checks named, also when nothing was counted, then all others that were made."""
        further = {*self.counts, *self.broken}
        names = [*checks]
        names += [name for name in SENTENCES if name in further and name not in names]
        listed = [
            Check(
                name,
                *SENTENCES[name],
                self.counts.get(name, 0),
                self.broken.get(name),
                self.unsures.get(name, ""),
            )
            for name in names
        ]
        return Report(subject, entries, tuple(listed), tuple(self.notes))


def _before(seq: int | None, other: int | None) -> bool:
    return seq is not None and other is not None and seq < other


SENTENCES: dict[str, tuple[str, str]] = {
    "readable": ("Everything that is stored can be read.", "所有存储的内容均可读取。"),
    "sequence": (
        "Entries are numbered from 0 without a gap, and recorded times never go back.",
        "分录从 0 起连续编号，记录时间从不倒退。",
    ),
    "entries": (
        "Each entry is canonical, has its fields, and agrees with its row.",
        "每条分录均为规范编码、字段完整，并与其数据行一致。",
    ),
    "hashes": ("Each leaf hash is that of its entry's bytes.", "每个叶哈希均由该分录的字节算出。"),
    "tiles": (
        "Each tile holds the hashes that the entries make.",
        "每个哈希块均与分录算出的哈希一致。",
    ),
    "checkpoints": (
        "Each checkpoint is the tree of its first entries, so each extends all earlier ones.",
        "每个检查点都是其前若干条分录构成的树，因此逐一延伸、前后一致。",
    ),
    "signatures": (
        "Each checkpoint is signed by a key that the log itself names.",
        "每个检查点都由日志自身载明的密钥签名。",
    ),
    "anchors": (
        "Each time stamp was made over the checkpoint that it stands beside.",
        "每个时间戳都是对其所在检查点所盖。",
    ),
    "cosignatures": (
        "Each witness's line is its signature over the checkpoint that it stands below.",
        "每条见证都是见证人对其所附检查点的签名。",
    ),
    "released": (
        "The tree that the signer remembers beside its key is the beginning of this one: nothing was cut off.",
        "签名者在密钥旁记下的树正是本日志的开头：没有内容被截去。",
    ),
    "since": (
        "The log extends the checkpoint that was kept elsewhere.",
        "日志延伸了在别处保存的检查点。",
    ),
    "zero-sums": (
        "Each entry's postings sum to zero in each commodity.",
        "每条分录的过账按币种合计为零。",
    ),
    "postings": ("The postings' rows are those of the entries.", "过账数据行与分录一致。"),
    "balances": (
        "Each commit's balances are the running totals of exactly the accounts it touched.",
        "每次提交的余额恰为其所涉账户的累计发生额。",
    ),
    "accounts": ("The accounts are those that the entries use.", "账户表与分录所用账户一致。"),
    "holdings": (
        "No account of money is ever below zero: nothing leaves it that it does not hold.",
        "任何资金账户从不为负：没有转出其未持有的款项。",
    ),
    "gift-places": (
        "Each gift begins on its platform's line where the one before it ends.",
        "每份礼物都从平台资金线上前一份的终点开始。",
    ),
    "segments": (
        "Each movement takes the interval that the money line says, and its row is the same.",
        "每笔流转所取区间与资金线一致，数据行亦同。",
    ),
    "voids": (
        "Voids, holes and fills are those of the replay.",
        "撤销、空缺与补入的区间与重放结果一致。",
    ),
    "settlements": (
        "Each settlement's parts make its gross, and the shares of its gifts make its net.",
        "每笔结算的各项之和等于总额，各礼物的份额之和等于净额。",
    ),
    "conservation": (
        "Income and openings equal expenses and what the accounts hold, in each commodity.",
        "按币种，收入与期初之和等于支出与各账户所持之和。",
    ),
    "periods": (
        "Months close in their order, and no entry counts in a month that is closed.",
        "各月依次结账，已结账的月份不再记入任何分录。",
    ),
    "sessions": (
        "The gifts of each broadcast are counted without a gap, and its closing states their number and sum.",
        "每场直播的礼物连续计数，结束分录载明其数量与合计。",
    ),
    "rates": (
        "Each gift in platform units has the worth that its rate gives.",
        "以平台币计的礼物均按其汇率折算。",
    ),
    "transfers": (
        "Transfers go from proposal to confirmation in order.",
        "划转按提议至确认的次序进行。",
    ),
    "decisions": (
        "Nobody approved what they proposed or edited, and each decision has the approvals that its rule asks for.",
        "无人批准自己提出或改过的事项，每项决定都有规则所要求的批准。",
    ),
    "statements": (
        "Each statement's steps follow in order on the same file, and who prepared it did not sign it.",
        "每份报告的各步依次针对同一文件，编制人没有签自己编的报告。",
    ),
    "corrections": (
        "Each reversal names an entry that stands, with its amount.",
        "每条冲销均指明一条有效分录及其金额。",
    ),
    "claims": ("Each gift has exactly one outside id.", "每份礼物恰有一个外部编号。"),
    "commitments": (
        "Each commitment whose private part is kept opens with it.",
        "凡保留私密部分的承诺，均可由其打开。",
    ),
    "projections": (
        "The tables that pages read equal what the entries say.",
        "页面所读各表与分录一致。",
    ),
    "evidence": (
        "Files and deliveries kept as evidence have the hash that they are filed under.",
        "作为凭证保存的文件与投递内容与其哈希一致。",
    ),
    "bundles": ("The entry bundles are whole.", "分录包完整。"),
    "checkpoint": ("The checkpoint is signed with the key.", "检查点由该密钥签名。"),
    "inclusion": (
        "The entry is in the tree that the checkpoint signs.",
        "该分录在检查点所签的树中。",
    ),
    "receipt-entry": (
        "The entry is a canonical entry of that log and place.",
        "该分录为该日志该位置的规范分录。",
    ),
    **pdf_sentences.SENTENCES,
    **pdf_figure_sentences.SENTENCES,
    **pack_sentences.SENTENCES,
}
"""What each check holds."""

UNSURE: dict[str, tuple[str, str]] = {
    **pdf_sentences.UNSURE,
    **pdf_figure_sentences.UNSURE,
}
"""Why a check could not be made: English, then Chinese."""

_REASONS_EN: dict[str, str] = {
    **{code: told[0] for code, told in pdf_sentences.REASONS.items()},
    **{code: told[0] for code, told in pdf_figure_sentences.REASONS.items()},
    "cut-back": (
        "the signer has released a larger tree than the database holds: the database was cut back or restored from an "
        "older copy; put the newest copy back, and let nothing be written before"
    ),
    "other-tree": "the signer has released another tree of this size: history was rewritten",
    "key-swapped": "the key file is not the key that the log names: it was swapped; put the right one back",
    "key-missing": "the key file is missing; put it back from its safe copy",
    "released-lost": "the signer's memory of the last released checkpoint is missing or unreadable",
    "fund-missing": "the signer has released checkpoints of a fund that the database does not have",
    "tail-missing": "the last checkpoint covers more entries than there are: the end was cut off",
    "beyond-checkpoint": "an entry that no checkpoint covers",
    "larger-elsewhere": "the checkpoint kept elsewhere covers more entries than there are: the end was cut off",
    "other-root-elsewhere": "the checkpoint kept elsewhere is of another tree: history was rewritten",
    "missing": "it is missing",
    "out-of-range": "it is beyond what it can be",
    "malformed": "it cannot be read",
    "unexpected": "it should not be there",
    "differs": "it differs",
    "not-canonical": "it is not canonical JSON",
    "not-json": "it is not JSON",
    "unreadable": "it cannot be read",
    "four-eyes": "the one who proposed it has approved it",
    "below-zero": "more left the account than it held",
}
_REASONS_ZH: dict[str, str] = {
    **{code: told[1] for code, told in pdf_sentences.REASONS.items()},
    **{code: told[1] for code, told in pdf_figure_sentences.REASONS.items()},
    "cut-back": "签名者已发布的树比数据库所存的大：数据库被截短或恢复了旧副本；请放回最新副本，此前不要写入任何内容",
    "other-tree": "签名者曾发布同样大小的另一棵树：历史被改写",
    "key-swapped": "密钥文件不是日志载明的密钥：它被调换了；请放回正确的文件",
    "key-missing": "密钥文件缺失；请从安全备份放回",
    "released-lost": "签名者对最后发布检查点的记录缺失或无法读取",
    "fund-missing": "签名者曾为数据库中不存在的基金发布检查点",
    "tail-missing": "最后的检查点所含分录多于现存分录：末尾被截去",
    "beyond-checkpoint": "没有检查点覆盖的分录",
    "larger-elsewhere": "别处保存的检查点所含分录多于现存分录：末尾被截去",
    "other-root-elsewhere": "别处保存的检查点属于另一棵树：历史被改写",
    "missing": "缺失",
    "out-of-range": "超出可能的范围",
    "malformed": "无法读取",
    "unexpected": "不应存在",
    "differs": "不一致",
    "not-canonical": "不是规范 JSON",
    "not-json": "不是 JSON",
    "unreadable": "无法读取",
    "four-eyes": "提议者批准了自己的提议",
    "below-zero": "转出超过账户所持",
}
