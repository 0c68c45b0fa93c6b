"""The registers that only an auditors' pack has: bank lines with their names, matches, exceptions, decisions, people.

In: a snapshot. Out: rows in a fixed order, a stretch of them in memory. Guaranteed: what an entry brought about is in
the pack whose registers have that entry; a bank line is in the pack of the time at which it began to count.

Who gave is in none of them: gifts stand in the public registers, by their receipts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from ledger.clock import from_ms
from ledger.db import Bytes
from ledger.decisions.tables import decision_approvals, decision_ends, decision_versions
from ledger.export.public_data import Column, Row
from ledger.funds.tables import members
from ledger.issuing.tables import statement_steps
from ledger.matching.exceptions.tables import exception_notes, exception_texts
from ledger.matching.match_tables import match_parts, match_releases, matches
from ledger.matching.tables import bank_lines, open_items, settlement_lines
from ledger.packs.source import PackRegister, Source
from ledger.transfers.tables import transfers

_STRETCH = 500

Only = Callable[[Source], Sequence[sa.ColumnElement[bool]]]


def _register(
    name: str,
    titles: tuple[str, str],
    columns: Sequence[tuple[str, sa.ColumnElement[Any], str, str]],
    only: Only,
    joined: sa.FromClause | None = None,
) -> PackRegister:
    """Make a register of a table: its columns are named, and read in the order of its key."""
    parts = [part for _, part, _, _ in columns]
    table = parts[0].table
    described = tuple(
        Column(title, "string" if _is_text(title, part) else "integer", zh, en)
        for title, part, zh, en in columns
    )

    def rows(source: Source) -> Iterator[Row]:
        query = sa.select(*parts).select_from(table if joined is None else joined)
        query = query.where(table.c.fund_id == source.fund.fund_id, *only(source))
        query = query.order_by(*list(table.primary_key.columns)[1:])
        found = source.connection.execution_options(yield_per=_STRETCH).execute(query)
        for row in found:
            yield tuple(
                _cell(title, value, source)
                for (title, _, _, _), value in zip(columns, row, strict=True)
            )

    return PackRegister(name, *titles, described, rows)


def _is_text(title: str, part: sa.ColumnElement[Any]) -> bool:
    return title.endswith("_at") or isinstance(part.type, sa.Text | type(Bytes))


def _cell(title: str, value: Any, source: Source) -> str | int | None:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if title.endswith("_at") and value is not None:
        return from_ms(value).astimezone(source.zone).isoformat(timespec="seconds")
    return None if value is None else value if isinstance(value, str) else int(value)


def _span(column: sa.Column[Any]) -> Only:
    """Let through what an entry of the registers' span brought about."""
    return lambda source: (column >= source.scope.first, column < source.scope.stop)


def _standing(raised: sa.Column[Any], ended: sa.Column[Any]) -> Only:
    """Let through what began before the span's end and was not over before its beginning."""
    return lambda source: (
        raised < source.scope.stop,
        sa.or_(ended.is_(None), ended >= source.scope.first),
    )


def _taken(source: Source) -> Sequence[sa.ColumnElement[bool]]:
    scope = source.scope
    return (bank_lines.c.taken_ms >= scope.since_ms, bank_lines.c.taken_ms < scope.until_ms)


def _notes(source: Source) -> Sequence[sa.ColumnElement[bool]]:
    scope = source.scope
    return (exception_notes.c.at_ms >= scope.since_ms, exception_notes.c.at_ms < scope.until_ms)


def _steps(source: Source) -> Sequence[sa.ColumnElement[bool]]:
    """Let through the steps of statements in the span, and those of the statements that the pack brings."""
    scope, c = source.scope, statement_steps.c
    brought = [one.number for one in scope.statements]
    return (
        c.seq < scope.size,
        sa.or_(sa.and_(c.seq >= scope.first, c.seq < scope.stop), c.number.in_(brought)),
    )


_L, _M, _P, _R = bank_lines.c, matches.c, match_parts.c, match_releases.c
_X, _N, _S, _T = open_items.c, exception_notes.c, settlement_lines.c, transfers.c
_V, _A, _E = decision_versions.c, decision_approvals.c, decision_ends.c

PRIVATE = (
    _register(
        "bank_lines",
        ("银行和钱包流水", "Lines of banks and wallets"),
        (
            ("account", _L.account, "账户", "Our name of the account."),
            ("identity", _L.identity, "流水标识", "Tells this line from every other one."),
            ("day", _L.day, "记账日", "Day on which the bank booked it."),
            ("amount_minor", _L.amount, "金额", "Minor units; above zero into the account."),
            ("currency", _L.commodity, "币种", "ISO 4217 code."),
            ("balance_minor", _L.balance, "余额", "As the bank states it after the line."),
            ("kind", _L.kind, "种类", "What its reader took it for."),
            ("references", _L.refs, "参考号", "References found in it."),
            ("counterparty", _L.counterparty, "对方", "Other side; empty where erased."),
            ("text", _L.text, "摘要", "Text of the bank; empty where erased."),
            ("bank_id", _L.bank_id, "银行流水号", "The bank's own number."),
            ("file_sha256", _L.sha256, "文件", "SHA-256 of its file, in `evidence.csv`."),
            ("line", _L.line_no, "行号", "In that file."),
            ("entry", _L.matched_seq, "账本条号", "Entry that explains it; empty for none yet."),
            ("taken_at", _L.taken_ms, "生效时间", "When it began to count."),
        ),
        _taken,
    ),
    _register(
        "settlement_lines",
        ("平台结算单", "Lines of settlement sheets"),
        (
            ("channel", _S.channel, "直播间", "Channel."),
            ("statement_no", _S.statement_no, "结算单号", "The platform's number."),
            ("period", _S.period, "结算期", "As the platform names it."),
            ("currency", _S.commodity, "币种", "ISO 4217 code."),
            ("gross_minor", _S.gross, "总额", "Minor units."),
            ("refund_minor", _S.refund, "退款", "Minor units."),
            ("share_minor", _S.share, "平台分成", "Minor units."),
            ("tax_minor", _S.tax, "代扣税费", "Minor units."),
            ("net_minor", _S.net, "净额", "Minor units."),
            ("settled_entry", _S.settled_seq, "结算条号", "Entry that booked it."),
            ("paid_entry", _S.paid_seq, "到账条号", "Entry that paid it; empty for none yet."),
        ),
        _span(_S.settled_seq),
    ),
    _register(
        "matches",
        ("匹配", "Matches"),
        (
            ("number", _M.number, "匹配号", "Of the match."),
            ("step", _M.step, "步骤", "R3, R4, R5, R6 or income."),
            ("pass", _M["pass"], "规则", "Which pass found it."),
            ("rule_version", _M.rule_version, "规则版本", "Of the rules then."),
            ("amount_minor", _M.amount, "金额", "Sum of its lines, minor units."),
            ("adjustment_minor", _M.adjustment, "差额", "Lines less what was expected."),
            ("currency", _M.commodity, "币种", "ISO 4217 code."),
            ("score", _M.score, "得分", "0 to 100."),
            ("compared", _M.compared, "对比", "JSON: fields with both values."),
            ("others", _M.others, "落选", "JSON: what lost, and why."),
            ("confirmed_by", _M.confirmed_by, "确认人", "A member, or matching."),
            ("confirmed_at", _M.confirmed_ms, "确认时间", "When."),
            ("decision", _M.decision, "决定", "That confirmed it."),
            ("entry", _M.seq, "账本条号", "Last entry that it explains."),
        ),
        _span(_M.seq),
    ),
    _register(
        "match_parts",
        ("匹配的每一笔", "Parts of matches"),
        (
            ("number", _P.number, "匹配号", "Of the match."),
            ("part", _P.part, "序号", "Of the part."),
            ("expectation", _P.expectation, "预期", "What was expected."),
            ("account", _P.account, "账户", "Of the bank line."),
            ("identity", _P.identity, "流水标识", "Of the bank line."),
            ("amount_minor", _P.amount, "金额", "Allocated, minor units."),
            ("entry", _P.seq, "账本条号", "Entry that the line explains."),
        ),
        _span(_P.seq),
    ),
    _register(
        "match_releases",
        ("撤回的匹配", "Released matches"),
        (
            ("number", _R.number, "匹配号", "Of the match."),
            ("entry", _R.seq, "账本条号", "Entry that released it."),
            ("reason", _R.reason, "原因", "As given."),
            ("released_by", _R.released_by, "撤回人", "Member."),
            ("released_at", _R.released_ms, "撤回时间", "When."),
            ("decision", _R.decision, "决定", "That released it."),
        ),
        _span(_R.seq),
    ),
    _register(
        "exceptions",
        ("差异", "Exceptions that stood in the period"),
        (
            ("entry", _X.raised_seq, "账本条号", "Entry that raised it."),
            ("kind", _X.kind, "种类", "Of exception."),
            ("subject", _X.subject, "对象", "What it is about."),
            ("amount_minor", _X.amount, "金额", "Minor units."),
            ("currency", _X.commodity, "币种", "ISO 4217 code."),
            ("since", _X.since, "发现日", "Day it was observed on."),
            ("due", _X.due, "期限", "Day by which it is to be explained, as it is now."),
            ("raised_at", _X.raised_ms, "提出时间", "When."),
            ("owner", _X.owner, "负责人", "Member, as it is now."),
            (
                "resolved_entry",
                _X.resolved_seq,
                "解决条号",
                "Entry that resolved it, as it is now.",
            ),
        ),
        _standing(_X.raised_seq, _X.resolved_seq),
    ),
    _register(
        "exception_notes",
        ("差异的处理过程", "Steps of working on exceptions"),
        (
            ("entry", _N.raised_seq, "账本条号", "Entry that raised the exception."),
            ("number", _N.number, "序号", "Of the step."),
            ("noted_at", _N.at_ms, "时间", "When."),
            ("member", _N.member_id, "经办", "Member."),
            ("step", _N.step, "步骤", "What was done."),
            ("value", _N.value, "内容", "Member, day or hash."),
            ("text", exception_texts.c.text, "文字", "Its words; empty where erased."),
        ),
        _notes,
        exception_notes.outerjoin(
            exception_texts,
            sa.and_(
                exception_texts.c.fund_id == exception_notes.c.fund_id,
                exception_texts.c.raised_seq == exception_notes.c.raised_seq,
                exception_texts.c.number == exception_notes.c.number,
            ),
        ),
    ),
    _register(
        "decision_versions",
        ("提案及其修改", "Proposals and their edits"),
        (
            ("number", _V.number, "决定号", "Of the decision."),
            ("version", _V.version, "版本", "From 1."),
            ("member", _V.member_id, "提出人", "Member."),
            ("entry", _V.seq, "账本条号", "Entry that says so."),
            ("content", _V.content, "内容", "JSON: what is to happen."),
            ("needed", _V.needed, "需要", "A role for each approval."),
            ("amount_minor", _V.amount, "金额", "Minor units; empty without money."),
            ("currency", _V.commodity, "币种", "ISO 4217 code."),
        ),
        _span(_V.seq),
    ),
    _register(
        "decision_approvals",
        ("批准", "Approvals"),
        (
            ("number", _A.number, "决定号", "Of the decision."),
            ("version", _A.version, "版本", "That was approved."),
            ("slot", _A.slot, "席位", "Its place in `needed`, from 0."),
            ("member", _A.member_id, "批准人", "Member."),
            ("entry", _A.seq, "账本条号", "Entry that says so."),
        ),
        _span(_A.seq),
    ),
    _register(
        "decision_ends",
        ("决定的结果", "Ends of decisions"),
        (
            ("number", _E.number, "决定号", "Of the decision."),
            ("version", _E.version, "版本", "That ended."),
            ("ending", _E.ending, "结果", "approved, rejected or withdrawn."),
            ("member", _E.member_id, "经办", "Member."),
            ("reason", _E.reason, "原因", "Of a rejection."),
            ("entry", _E.seq, "账本条号", "Entry that says so."),
        ),
        _span(_E.seq),
    ),
    _register(
        "transfer_states",
        ("划转的现状", "Transfers that were under way in the period"),
        (
            ("number", _T.number, "划转号", "Of the transfer."),
            ("from_account", _T.from_account, "付款账户", "Our name of it."),
            ("to_account", _T.to_account, "收款账户", "Our name of it."),
            ("amount_minor", _T.amount, "金额", "Minor units."),
            ("currency", _T.commodity, "币种", "ISO 4217 code."),
            ("reference", _T.reference, "参考号", "In the bank's remark."),
            ("proposed_by", _T.proposed_by, "提出人", "Member."),
            ("approved_by", _T.approved_by, "批准人", "Member who approved last."),
            ("entered_by", _T.entered_by, "录入人", "Member who entered it at the bank."),
            ("state", _T.state, "状态", "As it is now."),
            ("proposed_entry", _T.proposed_seq, "提出条号", "Entry that proposed it."),
            ("ended_entry", _T.ended_seq, "结束条号", "Entry that ended it; empty for none yet."),
        ),
        _standing(_T.proposed_seq, _T.ended_seq),
    ),
    _register(
        "statement_steps",
        ("报告的每一步", "Steps of statements"),
        (
            ("number", statement_steps.c.number, "报告号", "Of the statement."),
            ("language", statement_steps.c.language, "语言", "zh, en or both."),
            ("entry", statement_steps.c.seq, "账本条号", "Entry that says so."),
            ("step", statement_steps.c.step, "步骤", "built, signed, sent …"),
            ("sha256", statement_steps.c.sha256, "文件", "SHA-256 of the file that it left."),
            ("member", statement_steps.c.member_id, "经办", "Member."),
        ),
        _steps,
    ),
    _register(
        "members",
        ("人员", "People"),
        (
            ("member", members.c.member_id, "编号", "As entries and registers name them."),
            ("name", members.c.name, "姓名", "Name."),
            ("roles", members.c.roles, "角色", "As they are now."),
            ("enrolled_entry", members.c.enrolled_seq, "加入条号", "Entry that enrolled them."),
            ("removed_entry", members.c.removed_seq, "离开条号", "Entry that removed them."),
        ),
        _standing(members.c.enrolled_seq, members.c.removed_seq),
    ),
)
"""Every register of an auditors' pack beside the public ones."""
