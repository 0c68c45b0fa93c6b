"""Figures and sentences that only the quarterly and the annual statement print."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reports.statement import Statement

_PERMYRIAD = 10_000


def unit_cost(statement: Statement) -> int | None:
    """Return programme spending by person-time, rounded half up; None where visits are hidden or none."""
    visits = statement.spending.by_disease.person_times
    if not isinstance(visits, int) or visits <= 0 or statement.fund.total.f5 < 0:
        return None
    return (2 * statement.fund.total.f5 + visits) // (2 * visits)


def cost_ratio(statement: Statement) -> str:
    """Return management cost in all payments, in percent with two places; a dash without payments."""
    total = statement.fund.total.f5 + statement.fund.total.f6
    if total <= 0 or statement.fund.total.f6 < 0:
        return "—"
    ratio = (2 * _PERMYRIAD * statement.fund.total.f6 + total) // (2 * total)
    return f"{ratio // 100}.{ratio % 100:02d} %"


def limit_percent(statement: Statement) -> str:
    """Return the limit on management cost in percent."""
    whole, rest = divmod(statement.fund.limit.permyriad, 100)
    return f"{whole}.{rest:02d} %"


def is_above_limit(statement: Statement) -> bool:
    """Tell whether management cost is above its limit, exactly; asked of a year only."""
    total = statement.fund.total
    return total.f6 * _PERMYRIAD > statement.fund.limit.permyriad * (total.f5 + total.f6)


def _side(statement: Statement, name: str) -> int:
    """Return the closing balance of one side of the fund; the whole is restricted where sides are not told apart."""
    column = getattr(statement.fund, name)
    if column is not None:
        return int(column.f8)
    return statement.fund.total.f8 if name == "restricted" else 0


def notes(
    statement: Statement, say: Callable[[str, str], str], money: Callable[[int], str]
) -> Iterator[tuple[str, str]]:
    """Give the notes: what the ledger can say, and where it says nothing.

    Args:
        statement: Of a year.
        say: Chooses the language.
        money: Writes an amount.

    Yields:
        Title and text.
    """
    due, commodity = statement.due, statement.commodity
    yield (
        say("打赏的确认", "Recognition of gifts"),
        say(
            f"打赏在平台事件入账时确认，金额为观众所付（{commodity}）；进入基金账户时才是捐赠收入（F2、F3）。",
            f"A gift is recognised when the platform's event is recorded, at what the viewer paid ({commodity}); it is"
            " donation income once it has reached the fund (F2, F3).",
        ),
    )
    yield (
        say("限定性净资产及其变动", "Restricted net assets and their movement"),
        say(
            f"期末限定性 {money(_side(statement, 'restricted'))}，非限定性 {money(_side(statement, 'unrestricted'))}；"
            "变动见第 3 节，口径见第 9.1 节。",
            f"At the end {money(_side(statement, 'restricted'))} restricted and"
            f" {money(_side(statement, 'unrestricted'))} unrestricted; movement in section 3, the rule in section 9.1.",
        ),
    )
    yield (
        say("应收平台款", "Receivables from platforms"),
        say(
            f"期末 {money(due.p5)}：未结算的打赏按总额，已结算未到账的按净额；其中超过 90 天的"
            f" {money(sum(one.over_90_minor for one in due.ages))}。各平台和账龄见第 4.2 节。",
            f"At the end {money(due.p5)}: gifts not settled at gross, settlements not paid at net; of these"
            f" {money(sum(one.over_90_minor for one in due.ages))} are older than 90 days. By platform and age in"
            " section 4.2.",
        ),
    )
    yield (
        say("在途资金", "Money on its way"),
        say(f"期末 {money(statement.transit.t3)}。", f"At the end {money(statement.transit.t3)}."),
    )
    if statement.later:
        count = len(statement.later)
        yield (
            say("期后事项", "Events after the date"),
            say(
                f"期末以后、编制以前，有 {count} 条分录更正本年的数，见第 4 节的更正栏和列表。",
                f"{count} entries behind the year’s end, recorded before this was issued, correct figures of the year:"
                " the column of corrections in section 4 and the list below it.",
            ),
        )
    for zh, en in (
        ("关联方及交易", "Related parties and dealings"),
        ("实物捐赠", "Donations in kind"),
        ("承诺事项", "Commitments"),
        *(() if statement.later else (("期后事项", "Events after the date"),)),
        ("同意具名的大额捐赠人", "Large donors who agreed to be named"),
    ):
        yield (
            say(zh, en),
            say("无：账本没有记录。", "None: the ledger records none."),
        )
