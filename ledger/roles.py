"""Who may do what: one row for everything that a person, or a machine in a person's name, can do.

Pages, interface and command line name a row for each of their addresses and commands, or one of the marks below; what
names neither is refused. `docs/roles.md` is this table, written out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from ledger.actors import PEOPLE, Actor, Member
from ledger.errors import FieldError, NotAllowedError

F = TypeVar("F", bound=Callable[..., Any])
_NAMED = "__does__"

PUBLIC = "public"
"""Anybody, without a sign-in."""

OWN = "own"
"""Whoever is signed in, and only what is theirs."""

MACHINE = "machine"
"""Whoever has the shell of the machine: keys, files and the database are theirs anyway."""

MARKS = (PUBLIC, OWN, MACHINE)

ALONE = ("administrator", "auditor")
"""Roles that go with no other: who manages people touches no money, and who checks has nothing to be checked."""

SCOPES = ("files", "gifts", "payments", "people", "propose", "read")
"""What a machine's token can be for. None of them approves. What asks a person for a fresh second factor, and what
shows whole account numbers, is in a scope of its own (`payments`): whoever makes a token shows the factor then.
"""


class Action(NamedTuple):
    """Something that can be done.

    Attributes:
        name: Such as `transfer.propose`.
        roles: Who may, the preferred role first.
        zh: What it is, in Chinese.
        en: The same in English.
        fresh: Whether a second factor within the last ten minutes is needed.
        by_token: Scope that a machine's token needs for it; None where no token may.
    """

    name: str
    roles: tuple[str, ...]
    zh: str
    en: str
    fresh: bool = False
    by_token: str | None = None


_READERS = ("finance", "controller", "approver", "auditor")
_FINANCE = ("finance",)
_ADMINISTRATOR = ("administrator",)
_CONTROLLERS = ("controller", "finance")

_ALL = (
    # --- reading ----------------------------------------------------------------------------------
    Action("desk.read", PEOPLE, "看本基金的工作台", "See the fund's desk"),
    Action("decision.read", PEOPLE, "看各项决定", "See decisions", by_token="read"),
    Action("rules.read", PEOPLE, "看各项规则和例外", "See rules and exceptions", by_token="read"),
    Action(
        "people.read",
        ("administrator", "approver", "auditor"),
        "看人员名单",
        "See who works on the fund",
        by_token="people",
    ),
    Action(
        "accounts.read", _READERS, "看完整账号", "See whole account numbers", by_token="payments"
    ),
    Action("activity.read", ("administrator", "auditor"), "看操作记录", "See the activity record"),
    Action(
        "exception.read",
        ("finance", "operator", "controller", "approver", "auditor"),
        "看差异和每天的账",
        "See exceptions and the day",
        by_token="read",
    ),
    Action(
        "file.read",
        ("finance", "operator", "controller", "approver", "auditor"),
        "看银行文件和流水",
        "See bank files and their lines",
        by_token="read",
    ),
    Action("audit.read", ("auditor",), "看审计室", "See the auditors' room"),
    Action(
        "audit.pack",
        ("auditor",),
        "取走审计包",
        "Take an audit pack away",
        fresh=True,
    ),
    Action("papers.write", ("auditor",), "写自己的底稿", "Write own working papers"),
    Action("statement.build", _READERS, "生成报告而不发布", "Build a statement, unpublished"),
    Action(
        "period.read",
        ("finance", "controller", "approver", "auditor"),
        "看月份、结账检查、更正和当时知道的数字",
        "See months, their checks, corrections, and figures as they were known",
        by_token="read",
    ),
    Action(
        "statement.prepare",
        ("finance", "controller"),
        "编制要发布的报告",
        "Prepare a statement to be issued",
    ),
    Action(
        "statement.sign",
        ("approver", "controller"),
        "用机构的密钥签报告",
        "Let the organisation sign a statement",
        fresh=True,
    ),
    Action(
        "statement.send",
        ("finance", "controller"),
        "把报告交给审计师",
        "Hand a statement to the auditor",
    ),
    Action(
        "opinion.give",
        ("auditor",),
        "交回签过的报告，发表意见",
        "Countersign a statement and give an opinion",
        fresh=True,
    ),
    Action(
        "opinion.return",
        ("auditor",),
        "退回报告，写明问题",
        "Return a statement with findings",
    ),
    # --- bringing in and booking ------------------------------------------------------------------
    Action("gifts.record", ("operator", "finance"), "记录打赏", "Record gifts", by_token="gifts"),
    Action(
        "file.take",
        ("operator", "finance"),
        "导入银行和结算文件",
        "Bring in files of banks and platforms",
        by_token="files",
    ),
    Action(
        "transfer.read",
        ("finance", "operator", "controller", "approver", "auditor"),
        "看划转",
        "See transfers",
        by_token="read",
    ),
    Action(
        "transfer.file",
        ("finance", "operator"),
        "生成和核对付款文件",
        "Make payment files, and check one that came back",
        by_token="payments",
    ),
    Action(
        "transfer.enter",
        ("finance", "operator"),
        "登记已在网银录入",
        "Say that a transfer was entered at the bank",
        by_token="payments",
    ),
    Action("income.book", _FINANCE, "认定一笔入账", "Say what an incoming line is"),
    Action("line.match", _FINANCE, "指明银行流水", "Say which bank line a transfer is"),
    Action(
        "match.read",
        ("finance", "operator", "controller", "approver", "auditor"),
        "看匹配和建议",
        "See matches and suggestions",
        by_token="read",
    ),
    Action("match.confirm", _FINANCE, "确认一条匹配建议", "Confirm a suggested match"),
    Action("match.dismiss", _FINANCE, "排除一条匹配建议", "Dismiss a suggested match"),
    Action(
        "spending.book",
        ("finance", "operator"),
        "登记用款",
        "Book spending, up to the limit of one person",
        by_token="propose",
    ),
    Action(
        "spending.read",
        ("finance", "operator", "controller", "approver", "auditor"),
        "看用款和其他收支",
        "See spending and other movements of the fund",
        by_token="read",
    ),
    Action(
        "exception.work",
        ("finance", "operator", "controller"),
        "处理差异：认领、说明、附证据",
        "Work on an exception: take it, write, bring evidence",
        by_token="propose",
    ),
    Action(
        "question.read",
        ("finance", "operator", "controller", "approver", "auditor"),
        "看观众的问题",
        "See viewers' questions",
    ),
    Action(
        "question.answer",
        ("finance", "operator", "controller"),
        "公布和答复观众的问题",
        "Publish and answer viewers' questions",
    ),
    Action(
        "gift.code",
        ("operator", "finance"),
        "捐赠人出示订单时交给他打赏的代码",
        "Hand a donor who shows the order the code of a gift",
    ),
    # --- proposing --------------------------------------------------------------------------------
    Action("transfer.propose", _FINANCE, "提出划转", "Propose a transfer", by_token="propose"),
    Action(
        "adjustment.propose", _FINANCE, "提出调整", "Propose an adjustment", by_token="propose"
    ),
    Action(
        "resolution.propose",
        _FINANCE,
        "提出差异处理",
        "Propose how to resolve an exception",
        by_token="propose",
    ),
    Action("write-off.propose", _FINANCE, "提出核销", "Propose a write-off", by_token="propose"),
    Action(
        "match.propose",
        _FINANCE,
        "提出匹配或撤回匹配",
        "Propose a match, or its release",
        by_token="propose",
    ),
    Action(
        "rule.propose",
        _ADMINISTRATOR,
        "提出匹配规则、承诺、自动划转、网银表格、管理费用上限",
        "Propose matching rules, promises, standing policies, bank sheets, the limit on management cost",
        by_token="propose",
    ),
    Action(
        "spend.propose",
        ("finance", "operator"),
        "提出用款",
        "Propose spending above the limit",
        by_token="propose",
    ),
    Action(
        "movement.propose",
        _FINANCE,
        "提出其他收支",
        "Propose other receipts and payments",
        by_token="propose",
    ),
    Action(
        "opening.propose",
        _FINANCE,
        "提出开账余额",
        "Propose what accounts held before the ledger began",
        by_token="propose",
    ),
    Action(
        "reversal.propose",
        _FINANCE,
        "提出冲正",
        "Propose to reverse spending, a receipt or a payment",
        by_token="propose",
    ),
    Action(
        "lists.propose",
        _FINANCE,
        "提出修改清单",
        "Propose a change of the fund's lists",
        by_token="propose",
    ),
    Action("rate.propose", _FINANCE, "提出折算率", "Propose a rate", by_token="propose"),
    Action("closing.begin", _FINANCE, "开始结账", "Begin to close a month", by_token="propose"),
    Action("close.propose", _FINANCE, "提出关账", "Propose to close a month", by_token="propose"),
    # In a small county the controller is the approver as well: then finance proposes.
    Action(
        "seal.propose", _CONTROLLERS, "提出封账", "Propose to seal a month", by_token="propose"
    ),
    Action(
        "reopen.propose",
        _CONTROLLERS,
        "提出重开",
        "Propose to reopen a month",
        by_token="propose",
    ),
    Action("erase.propose", ("finance", "operator"), "提出删除个人信息", "Propose an erasure"),
    Action(
        "publish.propose",
        ("finance", "controller"),
        "提出发布报告",
        "Propose to publish a statement",
        fresh=True,
    ),
    Action(
        "members.propose",
        _ADMINISTRATOR,
        "提出人员和角色变动",
        "Propose to enrol somebody or change their roles",
        fresh=True,
    ),
    Action(
        "payee.propose",
        _ADMINISTRATOR,
        "提出改变账户资料",
        "Propose to change who stands behind an account",
        fresh=True,
        by_token="payments",
    ),
    Action(
        "certificate.propose",
        _ADMINISTRATOR,
        "提出登记审计师的证书",
        "Propose to enrol an auditor's certificate",
    ),
    Action(
        "four-eyes.propose",
        _ADMINISTRATOR,
        "提出改变双人规则",
        "Propose to change the rule of two",
        by_token="propose",
    ),
    # --- deciding ---------------------------------------------------------------------------------
    Action(
        "decision.edit",
        ("finance", "controller", "operator", "administrator"),
        "修改提案",
        "Edit a proposal",
    ),
    Action(
        "decision.withdraw",
        ("finance", "controller", "operator", "administrator"),
        "撤回提案",
        "Withdraw a proposal",
        by_token="propose",
    ),
    Action(
        "decision.approve", ("approver", "controller"), "批准", "Approve a proposal", fresh=True
    ),
    Action("decision.reject", ("approver", "controller"), "驳回", "Reject a proposal"),
    Action(
        "transfer.call-off",
        ("finance", "controller", "approver"),
        "叫停已批准的划转",
        "Stop a transfer that has not left",
    ),
    Action(
        "certificate.end",
        _ADMINISTRATOR,
        "停用审计师的证书",
        "End an auditor's certificate",
        fresh=True,
    ),
    # --- people and machines ----------------------------------------------------------------------
    Action("members.remove", _ADMINISTRATOR, "移除人员", "Remove somebody at once", fresh=True),
    Action("token.make", PEOPLE, "生成自己的令牌", "Make a token of one's own", fresh=True),
    Action("token.read", PEOPLE, "看自己的令牌", "See one's own tokens"),
    Action("token.end", PEOPLE, "停用自己的令牌", "End one's own tokens"),
    Action("token.manage", _ADMINISTRATOR, "看和停用所有令牌", "See and end all tokens"),
)

ACTIONS: Mapping[str, Action] = {one.name: one for one in _ALL}


def may(member: Member, action: str) -> bool:
    """Tell whether a member may do something.

    Args:
        member: Who.
        action: A name of `ACTIONS`; what has no row, nobody may.

    Returns:
        Whether one of their roles allows it. That a proposal is not their own is told by the decision.
    """
    row = ACTIONS.get(action)
    return row is not None and not member.removed and not member.roles.isdisjoint(row.roles)


def acting(member: Member, action: str) -> Actor:
    """Return a member as the one who does something.

    Args:
        member: Who.
        action: A name of `ACTIONS`.

    Returns:
        Their id, and the first of the action's roles that they have.

    Raises:
        NotAllowedError: None of their roles allows it.
    """
    if action not in ACTIONS:
        raise NotAllowedError(action=action)
    return member.acting(*ACTIONS[action].roles)


def check_roles(roles: Iterable[str]) -> frozenset[str]:
    """Hold that one person may have these roles together.

    Args:
        roles: As given.

    Returns:
        The set.

    Raises:
        FieldError: None, one that does not exist, or two that exclude each other (`roles-conflict`).
    """
    found = frozenset(roles)
    if not found:
        raise FieldError(field="roles", value="", reason="missing", known=PEOPLE)
    for role in sorted(found - set(PEOPLE)):
        raise FieldError(field="roles", value=role[:20], reason="unknown", known=PEOPLE)
    if len(found) > 1 and not found.isdisjoint(ALONE):
        raise FieldError(field="roles", value=",".join(sorted(found)), reason="roles-conflict")
    return found


def parse_roles(text: str) -> frozenset[str]:
    """Read roles as they are written: with commas between them.

    Args:
        text: Such as `finance,operator`.

    Returns:
        The set.

    Raises:
        FieldError: As `check_roles`.
    """
    return check_roles(part.strip() for part in text.split(",") if part.strip())


# --- what views and commands say they do -----------------------------------------------------------


def does(action: str) -> Callable[[F], F]:
    """Let a view or a command name what it does.

    Args:
        action: A name of `ACTIONS`, or one of `MARKS`.

    Returns:
        A decorator; whatever is wrapped around the function later with `functools.wraps` says the same.

    Raises:
        KeyError: There is no such action: a mistake of ours, seen as soon as the module is read.
    """
    if action not in ACTIONS and action not in MARKS:
        raise KeyError(action)

    def mark(function: F) -> F:
        function.__dict__[_NAMED] = action
        return function

    return mark


def action_of(function: object) -> str | None:
    """Return what a view or a command says that it does; None when it says nothing: then nobody may."""
    found = getattr(function, _NAMED, None)
    return found if isinstance(found, str) else None
