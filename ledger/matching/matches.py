"""Matches as they are kept: what was confirmed with its reasons, what was released, and what is suggested.

A match is never edited or removed; undoing it is a release beside it. What a person's name or words are is read from
the bank line when a match is shown, and is nowhere else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from ledger.clock import from_ms, to_text
from ledger.db import insert_rows
from ledger.errors import NotFoundError
from ledger.keyset import Listing, Sort
from ledger.matching.items import Comparison, Match, Other
from ledger.matching.match_tables import (
    match_dismissals,
    match_parts,
    match_releases,
    match_suggestions,
    matches,
)
from ledger.matching.tables import bank_lines, settlement_lines

PERSONAL = ("party",)
"""Fields of a comparison whose observed value is personal: only the verdict is kept."""

STATES = ("confirmed", "released")
LineKey = tuple[str, str]
"""Account and identity of a bank line."""


class Part(NamedTuple):
    """What of a line was allocated to what.

    Attributes:
        expectation: Its id.
        account: Of the line.
        identity: Of the line.
        amount: Signed minor units of the line's account.
        seq: The entry that the line explains.
    """

    expectation: str
    account: str
    identity: str
    amount: int
    seq: int


class Release(NamedTuple):
    """That a match holds no more.

    Attributes:
        seq: The entry.
        reason: Why, in words.
        released_by: Member who gave the last approval; `matching` where an entry was reversed.
        released_ms: When.
        decision: Its decision; None where an entry was reversed.
    """

    seq: int
    reason: str
    released_by: str
    released_ms: int
    decision: int | None


class KeptMatch(NamedTuple):
    """A match that was confirmed, with its reasons.

    Attributes:
        number: Counted in the fund from 1.
        step: `R3` to `R6`, or `income`.
        rule: The pass that found it.
        rule_version: Of the passes and the fund's rules.
        amount: Sum of the lines, signed minor units.
        adjustment: Lines less what was expected.
        commodity: ISO 4217 code.
        score: Orders suggestions.
        compared: Fields with both values; what is personal is left out.
        others: Candidates that lost, and why.
        confirmed_by: A member, or `matching`.
        confirmed_ms: When.
        decision: That confirmed it; None where one sufficed.
        seq: The last entry that it explains.
        parts: What was allocated.
        release: None while it holds.
    """

    number: int
    step: str
    rule: str
    rule_version: str
    amount: int
    adjustment: int
    commodity: str
    score: int
    compared: tuple[Comparison, ...]
    others: tuple[Other, ...]
    confirmed_by: str
    confirmed_ms: int
    decision: int | None
    seq: int
    parts: tuple[Part, ...]
    release: Release | None

    @property
    def state(self) -> str:
        """Return `confirmed` or `released`."""
        return "confirmed" if self.release is None else "released"

    @property
    def lines(self) -> tuple[LineKey, ...]:
        """Return its bank lines, each once."""
        return tuple(dict.fromkeys((one.account, one.identity) for one in self.parts))


class Suggestion(NamedTuple):
    """What a person may confirm; or, ambiguous, what has to be looked at.

    Attributes:
        id: The same whenever the same members are suggested by the same pass.
        verdict: `suggested` or `ambiguous`.
        step: `R3` to `R6`.
        rule: The pass.
        rule_version: Of the passes and the fund's rules.
        account: Of the first line; empty where only an expectation is ambiguous.
        day_ms: Of the first line.
        amount: Sum of the lines.
        adjustment: Lines less what was expected.
        commodity: ISO 4217 code.
        score: The best first.
        expectations: Their ids.
        lines: Account and identity of each.
        compared: Fields with both values; what is personal is left out.
        others: Candidates that lost, and why.
    """

    id: str
    verdict: str
    step: str
    rule: str
    rule_version: str
    account: str
    day_ms: int
    amount: int
    adjustment: int
    commodity: str
    score: int
    expectations: tuple[str, ...]
    lines: tuple[LineKey, ...]
    compared: tuple[Comparison, ...]
    others: tuple[Other, ...]


class Asked(NamedTuple):
    """Which rows of a list are wanted.

    Attributes:
        state: `confirmed` or `released` for matches; `suggested` or `ambiguous` for suggestions; None for all.
        account: With a line of this account.
        step: Of this step.
        amount: With this sum of lines, minor units.
        below: Numbers below this one: the next page. For suggestions, how many to pass over.
        limit: Rows at most.
    """

    state: str | None = None
    account: str | None = None
    step: str | None = None
    amount: int | None = None
    below: int | None = None
    limit: int = 50


def suggestion_id(one: Match, lines: Sequence[LineKey]) -> str:
    """Name a suggestion by its pass and its members, so that it is the same in every run."""
    said = orjson.dumps([one.rule, list(one.expectations), [list(line) for line in lines]])
    return sha256(said).hexdigest()[:16]


# --- how reasons are kept -----------------------------------------------------------------------


def _compared_json(compared: Iterable[Comparison]) -> str:
    return orjson.dumps(
        [
            [one.field, one.expected, "" if one.field in PERSONAL else one.observed, one.verdict]
            for one in compared
        ]
    ).decode()


def _others_json(others: Iterable[Other]) -> str:
    return orjson.dumps([[one.id, one.why] for one in others]).decode()


def _compared(text: str) -> tuple[Comparison, ...]:
    return tuple(Comparison(*values) for values in orjson.loads(text))


def _others(text: str) -> tuple[Other, ...]:
    return tuple(Other(*values) for values in orjson.loads(text))


def without_text(one: Match, references: Mapping[str, str]) -> tuple[Comparison, ...]:
    """Return a match's comparison as it is kept: of the lines their references, never their words.

    Args:
        one: As the passes made it.
        references: Of its lines' references, by `reference`; the passes fall back to the text where there is none.

    Returns:
        The fields.
    """
    return tuple(
        Comparison(field.field, field.expected, references["reference"], field.verdict)
        if field.field == "reference"
        else Comparison(field.field, field.expected, "", field.verdict)
        if field.field in PERSONAL
        else field
        for field in one.compared
    )


# --- as machines read them ------------------------------------------------------------------------


def _reasons(one: KeptMatch | Suggestion) -> dict[str, Any]:
    return {
        "step": one.step,
        "pass": one.rule,
        "rule_version": one.rule_version,
        "amount_minor": one.amount,
        "adjustment_minor": one.adjustment,
        "commodity": one.commodity,
        "score": one.score,
        "compared": [
            {
                "field": field.field,
                "expected": field.expected,
                "observed": field.observed,
                "verdict": field.verdict,
            }
            for field in one.compared
        ],
        "others": [{"id": other.id, "why": other.why} for other in one.others],
    }


def match_json(one: KeptMatch) -> dict[str, Any]:
    """Return a match with its reasons, as the command line and the interface tell it."""
    release = one.release
    return {
        "number": one.number,
        "state": one.state,
        **_reasons(one),
        "parts": [
            {
                "expectation": part.expectation,
                "account": part.account,
                "line": part.identity,
                "amount_minor": part.amount,
                "entry": part.seq,
            }
            for part in one.parts
        ],
        "confirmed_by": one.confirmed_by,
        "confirmed_at": to_text(from_ms(one.confirmed_ms)),
        "decision": one.decision,
        "entry": one.seq,
        "release": None
        if release is None
        else {
            "entry": release.seq,
            "reason": release.reason,
            "by": release.released_by,
            "at": to_text(from_ms(release.released_ms)),
            "decision": release.decision,
        },
    }


def suggestion_json(one: Suggestion) -> dict[str, Any]:
    """Return a suggestion with its reasons, likewise."""
    return {
        "suggestion": one.id,
        "state": one.verdict,
        **_reasons(one),
        "expectations": list(one.expectations),
        "lines": [{"account": line[0], "line": line[1]} for line in one.lines],
    }


# --- writing ------------------------------------------------------------------------------------


class NewMatch(NamedTuple):
    """A match that is confirmed now."""

    step: str
    rule: str
    rule_version: str
    amount: int
    adjustment: int
    commodity: str
    score: int
    compared: tuple[Comparison, ...]
    others: tuple[Other, ...]
    confirmed_by: str
    confirmed_ms: int
    decision: int | None


_MATCH_COLUMNS = (
    *("fund_id", "number", "step", "pass", "rule_version", "amount", "adjustment", "commodity"),
    *("score", "compared", "others", "confirmed_by", "confirmed_ms", "decision", "seq"),
)


def keep_matches(
    connection: sa.Connection, fund_id: int, new: Sequence[tuple[NewMatch, Sequence[Part]]]
) -> range:
    """Keep matches with their parts, in the order given; return their numbers. Their entries are inserted already."""
    last = int(
        connection.execute(
            sa.select(sa.func.coalesce(sa.func.max(matches.c.number), 0)).where(
                matches.c.fund_id == fund_id
            )
        ).scalar_one()
    )
    numbers = range(last + 1, last + 1 + len(new))
    rows = [
        (
            *(fund_id, number, one.step, one.rule, one.rule_version, one.amount, one.adjustment),
            *(one.commodity, one.score, _compared_json(one.compared), _others_json(one.others)),
            *(one.confirmed_by, one.confirmed_ms, one.decision, max(part.seq for part in parts)),
        )
        for number, (one, parts) in zip(numbers, new, strict=True)
    ]
    insert_rows(connection, matches, _MATCH_COLUMNS, rows)
    insert_rows(
        connection,
        match_parts,
        ("fund_id", "number", "part", *Part._fields),
        [
            (fund_id, number, at, *part)
            for number, (_, parts) in zip(numbers, new, strict=True)
            for at, part in enumerate(parts)
        ],
    )
    return numbers


def keep_release(connection: sa.Connection, fund_id: int, number: int, one: Release) -> None:
    """Keep that a match holds no more, and open its lines again. Its entry is inserted already."""
    connection.execute(
        sa.insert(match_releases).values(fund_id=fund_id, number=number, **one._asdict())
    )
    for account, identity in match(connection, fund_id, number).lines:
        connection.execute(
            sa.update(bank_lines)
            .where(
                bank_lines.c.fund_id == fund_id,
                bank_lines.c.account == account,
                bank_lines.c.identity == identity,
            )
            .values(matched_seq=None)
        )


def keep_dismissal(
    connection: sa.Connection, fund_id: int, suggestion: str, said: tuple[str, str, int]
) -> None:
    """Keep that somebody does not want a suggestion any more: member, reason, when."""
    member_id, reason, at_ms = said
    connection.execute(
        sa.insert(match_dismissals).values(
            fund_id=fund_id,
            suggestion=suggestion,
            member_id=member_id,
            reason=reason,
            dismissed_ms=at_ms,
        )
    )
    drop_suggestion(connection, fund_id, suggestion)


def drop_suggestion(connection: sa.Connection, fund_id: int, suggestion: str) -> None:
    """Drop a suggestion that was confirmed or dismissed."""
    connection.execute(
        sa.delete(match_suggestions).where(
            match_suggestions.c.fund_id == fund_id, match_suggestions.c.suggestion == suggestion
        )
    )


def replace_suggestions(
    connection: sa.Connection, fund_id: int, found: Sequence[Suggestion]
) -> int:
    """Drop all suggestions and keep these, but for those that somebody has dismissed.

    Args:
        connection: In a write transaction.
        fund_id: The fund.
        found: What a run suggests.

    Returns:
        How many are kept.
    """
    dismissed = set(
        connection.execute(
            sa.select(match_dismissals.c.suggestion).where(match_dismissals.c.fund_id == fund_id)
        ).scalars()
    )
    connection.execute(sa.delete(match_suggestions).where(match_suggestions.c.fund_id == fund_id))
    columns = ("fund_id", "suggestion", "verdict", "step", "pass", *_PLAIN, *_AS_JSON)
    rows = [
        (
            fund_id,
            one.id,
            one.verdict,
            one.step,
            one.rule,
            *(getattr(one, name) for name in _PLAIN),
            orjson.dumps(list(one.expectations)).decode(),
            orjson.dumps([list(line) for line in one.lines]).decode(),
            _compared_json(one.compared),
            _others_json(one.others),
        )
        for one in {one.id: one for one in found if one.id not in dismissed}.values()
    ]
    insert_rows(connection, match_suggestions, columns, rows)
    return len(rows)


_PLAIN = ("rule_version", "account", "day_ms", "amount", "adjustment", "commodity", "score")
_AS_JSON = ("expectations", "lines", "compared", "others")


def mark_paid(connection: sa.Connection, fund_id: int, settled_seq: int, seq: int | None) -> None:
    """Join a settlement to the entry that paid its last fen; None when that was released."""
    connection.execute(
        sa.update(settlement_lines)
        .where(
            settlement_lines.c.fund_id == fund_id, settlement_lines.c.settled_seq == settled_seq
        )
        .values(paid_seq=seq)
    )


# --- reading ------------------------------------------------------------------------------------


def match(connection: sa.Connection, fund_id: int, number: int) -> KeptMatch:
    """Return a match.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        number: Of the match.

    Returns:
        The match with its parts and its release.

    Raises:
        NotFoundError: There is none.
    """
    found = _read(connection, fund_id, matches.c.number == number, 1)
    if not found:
        raise NotFoundError(what="match", number=number)
    return found[0]


def of_file(connection: sa.Connection, fund_id: int, sha256: bytes, most: int) -> tuple[int, ...]:
    """Return the newest matches that hold and have a line of a file.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        sha256: Of the file.
        most: How many at most.

    Returns:
        Their numbers; 0 stands for lines that are explained without a match.
    """
    explained = sa.and_(
        bank_lines.c.fund_id == fund_id,
        bank_lines.c.sha256 == sha256,
        bank_lines.c.matched_seq.is_not(None),
    )
    released = sa.exists().where(
        match_releases.c.fund_id == match_parts.c.fund_id,
        match_releases.c.number == match_parts.c.number,
    )
    numbers = connection.execute(
        sa.select(sa.func.coalesce(match_parts.c.number, 0).label("number"))
        .distinct()
        .select_from(
            bank_lines.outerjoin(
                match_parts,
                sa.and_(
                    match_parts.c.fund_id == bank_lines.c.fund_id,
                    match_parts.c.account == bank_lines.c.account,
                    match_parts.c.identity == bank_lines.c.identity,
                    ~released,
                ),
            )
        )
        .where(explained)
        .order_by(sa.desc("number"))
        .limit(most)
    ).scalars()
    return tuple(int(one) for one in numbers)


def match_list(connection: sa.Connection, fund_id: int, asked: Asked) -> list[KeptMatch]:
    """Return matches, newest first.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        asked: Which.

    Returns:
        At most `asked.limit`; the next page lies below the last number.
    """
    wanted = _wanted_matches(asked)
    if asked.below is not None:
        wanted.append(matches.c.number < asked.below)
    return _read(connection, fund_id, sa.and_(True, *wanted), asked.limit)


def _wanted_matches(asked: Asked) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    released = sa.exists().where(
        match_releases.c.fund_id == matches.c.fund_id, match_releases.c.number == matches.c.number
    )
    if asked.state is not None:
        wanted.append(released if asked.state == "released" else ~released)
    if asked.account is not None:
        wanted.append(
            sa.exists().where(
                match_parts.c.fund_id == matches.c.fund_id,
                match_parts.c.number == matches.c.number,
                match_parts.c.account == asked.account,
            )
        )
    if asked.step is not None:
        wanted.append(matches.c.step == asked.step)
    if asked.amount is not None:
        wanted.append(matches.c.amount == asked.amount)
    return wanted


class Days(NamedTuple):
    """A span of days in a list, POSIX milliseconds; None for no end.

    Attributes:
        first_ms: From this instant on.
        stop_ms: Before this one.
    """

    first_ms: int | None = None
    stop_ms: int | None = None


def match_listing(fund_id: int, asked: Asked, days: Days = Days()) -> Listing[KeptMatch]:  # noqa: B008  # a value
    """Return matches as a list that the database sorts and cuts, newest first.

    Args:
        fund_id: The fund.
        asked: Which; how many is asked of the list.
        days: When they were confirmed.

    Returns:
        The list; orders `number`, `confirmed`, `amount` and `step`.
    """
    c = matches.c
    span = _within(c.confirmed_ms, days)
    query = sa.select(matches).where(c.fund_id == fund_id, *_wanted_matches(asked), *span)
    return Listing(
        query=query,
        orders={
            "number": (c.number,),
            "confirmed": (c.confirmed_ms, c.number),
            "amount": (c.amount, c.number),
            "step": (c.step, c.number),
        },
        usual=Sort("number", descending=True),
        read=lambda connection, rows: _with_parts(connection, fund_id, rows),
        commodity=c.commodity,
    )


def suggestion_listing(
    fund_id: int,
    asked: Asked,
    days: Days = Days(),  # noqa: B008  # a value
) -> Listing[Suggestion]:
    """Return suggestions as a list that the database sorts and cuts, the best first.

    Args:
        fund_id: The fund.
        asked: Which; how many is asked of the list.
        days: Of their lines.

    Returns:
        The list; orders `score`, `day`, `amount` and `step`.
    """
    c = match_suggestions.c
    span = _within(c.day_ms, days)
    query = sa.select(match_suggestions).where(
        c.fund_id == fund_id, *_wanted_suggestions(asked), *span
    )
    return Listing(
        query=query,
        orders={
            "score": (c.score, c.suggestion),
            "day": (c.day_ms, c.suggestion),
            "amount": (c.amount, c.suggestion),
            "step": (c.step, c.suggestion),
        },
        usual=Sort("score", descending=True),
        read=lambda _connection, rows: [_suggestion(row) for row in rows],
        commodity=c.commodity,
    )


def _within(column: sa.ColumnElement[int], days: Days) -> list[sa.ColumnElement[bool]]:
    found = []
    if days.first_ms is not None:
        found.append(column >= days.first_ms)
    if days.stop_ms is not None:
        found.append(column < days.stop_ms)
    return found


def of_entry(connection: sa.Connection, fund_id: int, seq: int) -> list[KeptMatch]:
    """Return the matches that hold and explain a line by an entry."""
    numbers = (
        sa.select(match_parts.c.number)
        .where(match_parts.c.fund_id == fund_id, match_parts.c.seq == seq)
        .distinct()
    )
    found = _read(connection, fund_id, matches.c.number.in_(numbers), 1000)
    return [one for one in found if one.release is None]


def of_line(connection: sa.Connection, fund_id: int, line: LineKey) -> list[KeptMatch]:
    """Return all matches that a bank line was ever in, newest first."""
    numbers = (
        sa.select(match_parts.c.number)
        .where(
            match_parts.c.fund_id == fund_id,
            match_parts.c.account == line[0],
            match_parts.c.identity == line[1],
        )
        .distinct()
    )
    return _read(connection, fund_id, matches.c.number.in_(numbers), 1000)


def _read(
    connection: sa.Connection, fund_id: int, wanted: sa.ColumnElement[bool], limit: int
) -> list[KeptMatch]:
    rows = (
        connection.execute(
            sa.select(matches)
            .where(matches.c.fund_id == fund_id, wanted)
            .order_by(matches.c.number.desc())
            .limit(limit)
        )
        .mappings()
        .all()
    )
    return _with_parts(connection, fund_id, rows)


def _with_parts(
    connection: sa.Connection, fund_id: int, rows: Sequence[sa.RowMapping]
) -> list[KeptMatch]:
    numbers = [row["number"] for row in rows]
    parts: dict[int, list[Part]] = defaultdict(list)
    for row in connection.execute(
        sa.select(match_parts.c.number, *(match_parts.c[name] for name in Part._fields))
        .where(match_parts.c.fund_id == fund_id, match_parts.c.number.in_(numbers))
        .order_by(match_parts.c.number, match_parts.c.part)
    ):
        parts[row[0]].append(Part(*row[1:]))
    releases = {
        row[0]: Release(*row[1:])
        for row in connection.execute(
            sa.select(
                match_releases.c.number, *(match_releases.c[name] for name in Release._fields)
            ).where(match_releases.c.fund_id == fund_id, match_releases.c.number.in_(numbers))
        )
    }
    return [_kept(row, parts[row["number"]], releases.get(row["number"])) for row in rows]


def _kept(row: sa.RowMapping, parts: Sequence[Part], release: Release | None) -> KeptMatch:
    return KeptMatch(
        number=row["number"],
        step=row["step"],
        rule=row["pass"],
        rule_version=row["rule_version"],
        amount=row["amount"],
        adjustment=row["adjustment"],
        commodity=row["commodity"],
        score=row["score"],
        compared=_compared(row["compared"]),
        others=_others(row["others"]),
        confirmed_by=row["confirmed_by"],
        confirmed_ms=row["confirmed_ms"],
        decision=row["decision"],
        seq=row["seq"],
        parts=tuple(parts),
        release=release,
    )


def suggestion(connection: sa.Connection, fund_id: int, id_: str) -> Suggestion:
    """Return a suggestion.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        id_: Of the suggestion.

    Returns:
        The suggestion.

    Raises:
        NotFoundError: There is none: perhaps one of its members was matched since.
    """
    found = _suggestions(connection, fund_id, match_suggestions.c.suggestion == id_, (0, 1))
    if not found:
        raise NotFoundError(what="suggestion", id=id_[:20])
    return found[0]


def suggestion_list(connection: sa.Connection, fund_id: int, asked: Asked) -> list[Suggestion]:
    """Return suggestions, the best first.

    Args:
        connection: In a transaction.
        fund_id: The fund.
        asked: Which; `below` is how many to pass over.

    Returns:
        At most `asked.limit`.
    """
    page = (asked.below or 0, asked.limit)
    return _suggestions(connection, fund_id, sa.and_(True, *_wanted_suggestions(asked)), page)


def _wanted_suggestions(asked: Asked) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    for column, value in (
        (match_suggestions.c.verdict, asked.state),
        (match_suggestions.c.account, asked.account),
        (match_suggestions.c.step, asked.step),
        (match_suggestions.c.amount, asked.amount),
    ):
        if value is not None:
            wanted.append(column == value)
    return wanted


def _suggestions(
    connection: sa.Connection, fund_id: int, wanted: sa.ColumnElement[bool], page: tuple[int, int]
) -> list[Suggestion]:
    rows = connection.execute(
        sa.select(match_suggestions)
        .where(match_suggestions.c.fund_id == fund_id, wanted)
        .order_by(match_suggestions.c.score.desc(), match_suggestions.c.suggestion)
        .offset(page[0])
        .limit(page[1])
    ).mappings()
    return [_suggestion(row) for row in rows]


def _suggestion(row: sa.RowMapping) -> Suggestion:
    return Suggestion(
        id=row["suggestion"],
        verdict=row["verdict"],
        step=row["step"],
        rule=row["pass"],
        rule_version=row["rule_version"],
        account=row["account"],
        day_ms=row["day_ms"],
        amount=row["amount"],
        adjustment=row["adjustment"],
        commodity=row["commodity"],
        score=row["score"],
        expectations=tuple(orjson.loads(row["expectations"])),
        lines=tuple((line[0], line[1]) for line in orjson.loads(row["lines"])),
        compared=_compared(row["compared"]),
        others=_others(row["others"]),
    )


def suggestions_of_lines(
    connection: sa.Connection, fund_id: int, lines: Iterable[LineKey]
) -> dict[LineKey, str]:
    """Return the best suggestion that names each of some lines; those that none names are left out."""
    wanted = set(lines)
    found: dict[LineKey, str] = {}
    if not wanted:
        return found
    c = match_suggestions.c
    rows = connection.execute(
        sa.select(c.suggestion, c.lines)
        .where(c.fund_id == fund_id)
        .order_by(c.score.desc(), c.suggestion)
    )
    for suggestion, written in rows:
        for account, identity in orjson.loads(written):
            if (account, identity) in wanted:
                found.setdefault((account, identity), suggestion)
    return found


def counterparties(
    connection: sa.Connection, fund_id: int, lines: Iterable[LineKey]
) -> dict[LineKey, Mapping[str, Any]]:
    """Return what is personal of some lines, for whoever may see it: `counterparty` and `text`."""
    c = bank_lines.c
    of_account: dict[str, list[str]] = defaultdict(list)
    for account, identity in lines:
        of_account[account].append(identity)
    found: dict[LineKey, Mapping[str, Any]] = {}
    for account, identities in of_account.items():
        query = sa.select(c.identity, c.counterparty, c.text).where(
            c.fund_id == fund_id, c.account == account, c.identity.in_(identities)
        )
        for row in connection.execute(query):
            found[account, row.identity] = {"counterparty": row.counterparty, "text": row.text}
    return found


def releases_of(
    account: sa.ColumnElement[str], identity: sa.ColumnElement[str]
) -> sa.ScalarSelect[Any]:
    """Return, as part of a query over bank lines, how often a line was released: its claim counts on from there."""
    return (
        sa.select(sa.func.count(sa.distinct(match_parts.c.number)))
        .select_from(
            match_parts.join(
                match_releases,
                sa.and_(
                    match_releases.c.fund_id == match_parts.c.fund_id,
                    match_releases.c.number == match_parts.c.number,
                ),
            )
        )
        .where(
            match_parts.c.fund_id == bank_lines.c.fund_id,
            match_parts.c.account == account,
            match_parts.c.identity == identity,
        )
        .scalar_subquery()
    )
