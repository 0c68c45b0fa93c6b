"""The books during one commit: what decisions read, and where their drafts become entries.

In: drafts. Out: rows, inserted in arrays. Guaranteed: numbers without gaps, positions on the money line taken from the
totals as they are at that very entry, and a refused decision leaves no trace.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from ledger.actors import Actor
from ledger.clock import Clock, from_posix, to_minute_text, to_text
from ledger.db import insert_rows
from ledger.errors import InvariantError, TooLargeError
from ledger.journal import store as journal
from ledger.journal.accounts import check_name
from ledger.journal.balances import Totals, totals
from ledger.journal.codec import encode, signed_lines
from ledger.journal.entries import ENTRY_BYTES_MAX, KINDS, VERSION, Draft, Move, Posting
from ledger.journal.history import Fund
from ledger.journal.late import LateRun
from ledger.journal.months import STEPS, Months, step_of
from ledger.journal.tables import late_entries, period_steps
from ledger.log.hashing import leaf_hashes
from ledger.money import AMOUNT_MAX
from ledger.moneyline import history as line_history
from ledger.moneyline import store as moneyline
from ledger.moneyline.history import OpenHole
from ledger.moneyline.intervals import Line, Segment, is_platform, segment_to_json, settled_end
from ledger.sequencer import store as claims

_KINDS = frozenset(KINDS)

ON_PLATFORM_LINE = ("gift", "gift.reversed")
"""Kinds that put money on a platform's line or void it: their place is `body.line`, not a segment."""

CLOSING = Actor("system", "periods")
"""Closes a reopened month when its time is over."""

_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


class Claimed(NamedTuple):
    """The entry that an outside id became.

    Attributes:
        seq: Its number.
        digest: 16 bytes over the content, to tell a repeat from a contradiction.
    """

    seq: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """What entries that stand beside each other have in common.

    Attributes:
        kind: Of each entry.
        debit: Account that each adds to.
        credit: Account that each takes from.
        commodity: Of each posting.
        scope: Of each claim.
    """

    kind: str
    debit: str
    credit: str
    commodity: str
    scope: str


@dataclass
class Growth:
    """Everything that a commit adds, and that a refused decision must give back."""

    size: int
    recorded_at: int
    recorded_text: str = ""
    leaves: list[bytes] = field(default_factory=list)
    totals: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    touched: set[tuple[int, str]] = field(default_factory=set)
    accounts: dict[str, int] = field(default_factory=dict)
    claims: dict[str, dict[str, tuple[int, bytes]]] = field(default_factory=dict)
    fronts: dict[tuple[int, str], int] = field(default_factory=dict)
    holes: dict[tuple[int, str], list[OpenHole]] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    months: Months | None = None


class Books:
    """A fund's books inside the sequencer's transaction.

    Attributes:
        fund: The fund.
        connection: The transaction, for the doors' own tables.
        clock: Tells `recorded_at`.
        keys: Folder of secrets that lie outside the database.
    """

    def __init__(
        self,
        connection: sa.Connection,
        fund: Fund,
        clock: Clock,
        known_accounts: dict[str, int],
        keys: Path,
    ) -> None:
        self.fund = fund
        self.connection = connection
        self.clock = clock
        self.keys = keys
        self._known = known_accounts
        head = journal.head(connection, fund.fund_id)
        self.start = head.size
        self._growth = Growth(size=head.size, recorded_at=head.recorded_at)
        self._tick()
        self._entry_rows: list[journal.EntryRow] = []
        self._posting_rows: list[journal.PostingRow] = []
        self._account_rows: list[journal.AccountRow] = []
        self._claim_rows: list[claims.ClaimRow] = []
        self._segment_rows: list[moneyline.SegmentRow] = []
        self._void_rows: list[moneyline.IntervalRow] = []
        self._hole_rows: list[moneyline.HoleRow] = []
        self._fill_rows: list[moneyline.IntervalRow] = []
        self._other_rows: dict[sa.Table, tuple[Sequence[str], list[tuple[Any, ...]]]] = {}
        self._settling: dict[str, Callable[[], None]] = {}

    # --- what decisions read ------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Return the number that the next entry gets."""
        return self._growth.size

    @property
    def recorded_text(self) -> str:
        """Return the time of this commit as its entries show it."""
        return self._growth.recorded_text

    @property
    def leaves(self) -> list[bytes]:
        """Return the leaf hashes that this commit adds."""
        return self._growth.leaves

    @property
    def notes(self) -> dict[str, Any]:
        """Return a place where doors keep what they know during this commit; given back with a refused decision."""
        return self._growth.notes

    @property
    def new_accounts(self) -> dict[str, int]:
        """Return the accounts that this commit opens."""
        return self._growth.accounts

    def totals(self, account: str, commodity: str) -> Totals:
        """Return an account's debits and credits as they are now, minor units.

        Args:
            account: Its name.
            commodity: Its commodity.

        Returns:
            Zero for an account that does not exist yet.
        """
        account_id = self._account_id(account)
        if account_id is None:
            return Totals(0, 0)
        found = self._totals(account_id, commodity)
        return Totals(found[0], found[1])

    def claimed(self, scope: str, keys: Sequence[str]) -> dict[str, Claimed]:
        """Find which outside ids are entries already, in this commit or before.

        Args:
            scope: What kind of id.
            keys: Ids.

        Returns:
            The known ones only.
        """
        found: dict[str, Claimed] = {}
        unknown = keys
        mine = self._growth.claims.get(scope)
        if mine:
            found = {key: Claimed(*mine[key]) for key in keys if key in mine}
            unknown = [key for key in keys if key not in mine]
        for key, seq, digest in claims.find(self.connection, self.fund.fund_id, scope, unknown):
            found[key] = Claimed(seq, digest)
        return found

    def has_erased(self, scope: str) -> bool:
        """Tell whether ids of a scope were replaced by keyed hashes, because a donor was erased."""
        return claims.has_erased(self.connection, self.fund.fund_id, scope)

    def erase_claim(self, scope: str, keys: tuple[str, str], digest: bytes) -> None:
        """Replace a claim's id and digest by keyed hashes: the entry stays, the way back to the person goes."""
        claims.rekey(self.connection, self.fund.fund_id, scope, keys, digest)

    def open_holes(self, account: str, commodity: str) -> list[OpenHole]:
        """Return what settlements left for gifts found later on a platform's line, oldest first.

        Whoever fills one shortens it in this very list, which is read once a commit.
        """
        account_id = self._account_id(account)
        if account_id is None:
            return []
        key = (account_id, commodity)
        found = self._growth.holes.get(key)
        if found is None:
            if self._hole_rows or self._fill_rows:
                self.settle()
            found = line_history.open_holes(self.connection, self.fund.fund_id, *key)
            self._growth.holes[key] = found
        return found

    def front(self, account: str, commodity: str) -> int:
        """Return the raw end of the last settlement of a platform's line."""
        account_id = self._account_id(account)
        return 0 if account_id is None else self._front(account_id, commodity)

    def is_void(self, account: str, commodity: str, start: int) -> bool:
        """Tell whether the gift at a raw position of a platform's line was reversed before it was settled."""
        account_id = self._account_id(account)
        if account_id is None:
            return False
        self.settle()
        return line_history.is_void(
            self.connection, self.fund.fund_id, account_id, commodity, start
        )

    @property
    def months(self) -> Months:
        """Return where the fund's months stand; a reopened one whose time is over is closed first, by an entry."""
        growth = self._growth
        if growth.months is None:
            growth.months = journal.months(self.connection, self.fund.fund_id)
        step = growth.months.reopened
        if step is not None and self.recorded_text >= (step.until or ""):
            again = {"again": step.seq, "ends": step.ends, "month": step.month}
            self._post(Draft("period.closed", to_text(self.clock.now()), CLOSING, again))
        return growth.months

    # --- what decisions do --------------------------------------------------------------------

    def open_account(self, name: str) -> int:
        """Return an account's id, opening it when the fund has none of this name.

        Args:
            name: Legal in beancount and hledger.

        Returns:
            Its id.

        Raises:
            FieldError: Not a legal name.
        """
        account_id = self._account_id(name)
        if account_id is None:
            check_name(name)
            account_id = len(self._known) + len(self._growth.accounts) + 1
            self._growth.accounts[name] = account_id
            self._account_rows.append((self.fund.fund_id, account_id, name, self.size))
        return account_id

    def post(self, draft: Draft) -> int:
        """Make a draft the next entry.

        Args:
            draft: Checked by its door.

        Returns:
            Its number.

        Raises:
            PeriodClosedError: It is dated in a month that takes it no more, or not without a reason.
            InvariantError: The draft contradicts itself: a door's mistake.
            TooLargeError: The entry does not fit a bundle.
        """
        if draft.kind not in _KINDS:
            raise InvariantError(reason="unknown-kind", kind=draft.kind)
        late = self.months.mark(draft.kind, draft.occurred_at, draft.body)
        if late is None:
            return self._post(draft)
        draft.body["late"] = late
        # Where its month stands is read before it is posted: it may be a step of a month itself.
        month = self.months.month_of(draft.occurred_at)
        seq = self._post(draft)
        is_gift = draft.kind == "gift"
        amount, commodity = (draft.body["amount"], draft.body["commodity"]) if is_gift else (0, "")
        place = (draft.kind, month, late["counts_in"], late["state"])
        self.add_late([LateRun(seq, seq, *place, amount, commodity)])
        return seq

    def add_late(self, runs: Sequence[LateRun]) -> None:
        """Note which entries of this commit are late; `post` does it for those that carry a mark.

        Args:
            runs: By rising number.
        """
        rows = [(self.fund.fund_id, *one) for one in runs]
        self.add_rows(late_entries, journal.LATE_COLUMNS, rows)

    def _post(self, draft: Draft) -> int:
        growth = self._growth
        seq = growth.size
        if draft.postings and draft.kind not in ON_PLATFORM_LINE:
            _check_cover(draft)
        if draft.moves:
            draft.body["segments"] = self._place(draft, seq)
        data = self._encode(draft, seq)
        leaf = sha256(b"\x00" + data).digest()
        fund_id = self.fund.fund_id
        for line, posting in enumerate(draft.postings):
            self._posting_rows.append(self._post_one(posting, seq, line))
        self._entry_rows.append((fund_id, seq, draft.kind, growth.recorded_at, data, leaf))
        growth.leaves.append(leaf)
        if draft.claim is not None:
            claim = draft.claim
            growth.claims.setdefault(claim.scope, {})[claim.key] = (seq, claim.digest)
            self._claim_rows.append((fund_id, claim.scope, claim.key, seq, claim.digest))
        growth.size = seq + 1
        if draft.kind in STEPS:
            step = step_of(seq, draft.kind, draft.body)
            assert growth.months is not None
            growth.months = growth.months.after(step)
            self.add_row(period_steps, journal.STEP_COLUMNS, (fund_id, *step))
        return seq

    def post_run(
        self,
        run: Run,
        items: Sequence[tuple[int, str, bytes]],
        encode_all: Callable[[int, int], list[bytes]],
    ) -> None:
        """Post many entries of one posting each between the same two accounts, at a fraction of their single price.

        Args:
            run: What they have in common.
            items: Amount in minor units, claimed id and content digest of each, in order.
            encode_all: From the number of the first entry and the debits before it, the canonical bytes of each.

        Raises:
            InvariantError: An amount that cannot be posted: a door's mistake.
            TooLargeError: An entry does not fit a bundle.
        """
        if not items:
            return
        growth, fund_id, commodity = self._growth, self.fund.fund_id, run.commodity
        amounts = [item[0] for item in items]
        if min(amounts) <= 0 or max(amounts) > AMOUNT_MAX or run.debit == run.credit:
            raise InvariantError(reason="posting", kind=run.kind, amount=max(amounts))
        debit_id, credit_id = self.open_account(run.debit), self.open_account(run.credit)
        debited = self._totals(debit_id, commodity)
        first, kind, recorded_at, scope = growth.size, run.kind, growth.recorded_at, run.scope
        data = encode_all(first, debited[0])
        longest = max(map(len, data))
        if longest > ENTRY_BYTES_MAX:
            raise TooLargeError(what="entry", size=longest, limit=ENTRY_BYTES_MAX)
        leaves = leaf_hashes(data)
        numbers = range(first, first + len(items))
        self._entry_rows += [
            (fund_id, seq, kind, recorded_at, one, leaf)
            for seq, one, leaf in zip(numbers, data, leaves, strict=True)
        ]
        self._posting_rows += [
            (fund_id, seq, 0, debit_id, credit_id, commodity, amount)
            for seq, amount in zip(numbers, amounts, strict=True)
        ]
        self._claim_rows += [
            (fund_id, scope, key, seq, digest)
            for seq, (_, key, digest) in zip(numbers, items, strict=True)
        ]
        growth.claims.setdefault(scope, {}).update(
            (key, (seq, digest)) for seq, (_, key, digest) in zip(numbers, items, strict=True)
        )
        growth.leaves += leaves
        total = sum(amounts)
        debited[0] += total
        self._totals(credit_id, commodity)[1] += total
        growth.touched |= {(debit_id, commodity), (credit_id, commodity)}
        growth.size = first + len(items)

    def add_void(self, account: str, commodity: str, start: int, length: int) -> None:
        """Mark a gift's interval on a platform's line as void, by the entry just posted."""
        account_id = self.open_account(account)
        self._void_rows.append(
            (self.fund.fund_id, account_id, commodity, start, length, self.size - 1)
        )

    def add_fill(self, account: str, commodity: str, start: int, length: int) -> None:
        """Put a gift found later into a hole, by the entry just posted."""
        account_id = self.open_account(account)
        self._fill_rows.append(
            (self.fund.fund_id, account_id, commodity, start, length, self.size - 1)
        )

    def add_row(self, table: sa.Table, columns: Sequence[str], row: tuple[Any, ...]) -> None:
        """Add a row of a door's own table, to be inserted in an array after the entries.

        Args:
            table: The door's table.
            columns: The same for every row of the table.
            row: Values.
        """
        self.add_rows(table, columns, (row,))

    def add_rows(
        self, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Add many rows of a door's own table; see `add_row`."""
        found = self._other_rows.get(table)
        if found is None:
            self._other_rows[table] = (columns, list(rows))
        else:
            found[1].extend(rows)

    def at_settling(self, name: str, action: Callable[[], None]) -> None:
        """Do something once, after the rows so far are inserted and before anybody else reads the tables."""
        self._settling.setdefault(name, action)

    def settle(self) -> None:
        """Insert all rows so far, in the order that foreign keys ask for."""
        connection = self.connection
        journal.add_accounts(connection, self._account_rows)
        journal.add_entries(connection, self._entry_rows)
        journal.add_postings(connection, self._posting_rows)
        claims.add(connection, self._claim_rows)
        moneyline.add_segments(connection, self._segment_rows)
        moneyline.add_voids(connection, self._void_rows)
        moneyline.add_holes(connection, self._hole_rows)
        moneyline.add_fills(connection, self._fill_rows)
        for table, (columns, rows) in self._other_rows.items():
            insert_rows(connection, table, columns, rows)
        settling = list(self._settling.values())
        self._clear()
        for action in settling:
            action()

    def balance_rows(self) -> list[journal.BalanceRow]:
        """Return the totals after this commit, a row for each account and commodity that it touched."""
        growth = self._growth
        last = growth.size - 1
        rows: list[journal.BalanceRow] = []
        for account_id, commodity in sorted(growth.touched):
            came, went = growth.totals[account_id, commodity]
            rows.append((self.fund.fund_id, account_id, commodity, last, came, went))
        return rows

    # --- refused decisions --------------------------------------------------------------------

    def snapshot(self) -> Growth:
        """Return what `restore` needs; all rows must be inserted."""
        growth = copy.copy(self._growth)
        growth.leaves = list(growth.leaves)
        growth.totals = {key: list(value) for key, value in growth.totals.items()}
        growth.touched = set(growth.touched)
        growth.accounts = dict(growth.accounts)
        growth.claims = {scope: dict(keys) for scope, keys in growth.claims.items()}
        growth.fronts = dict(growth.fronts)
        growth.holes = {key: list(value) for key, value in growth.holes.items()}
        growth.notes = copy.deepcopy(growth.notes)
        return growth

    def restore(self, growth: Growth) -> None:
        """Forget everything since a snapshot."""
        self._growth = growth
        self._clear()

    # --- inside -------------------------------------------------------------------------------

    def _clear(self) -> None:
        self._account_rows = []
        self._entry_rows = []
        self._posting_rows = []
        self._claim_rows = []
        self._segment_rows = []
        self._void_rows = []
        self._hole_rows = []
        self._fill_rows = []
        self._other_rows = {}
        self._settling = {}

    def _tick(self) -> None:
        """Take the time of this commit: to the minute, and never before the last entry's."""
        now = self.clock.now()
        minute = int(now.timestamp()) // 60 * 60
        growth = self._growth
        growth.recorded_at = max(minute, growth.recorded_at)
        growth.recorded_text = to_minute_text(from_posix(growth.recorded_at))

    def _encode(self, draft: Draft, seq: int) -> bytes:
        value = {
            "actor": {"id": draft.actor.id, "role": draft.actor.role},
            "body": draft.body,
            "fund": self.fund.slug,
            "kind": draft.kind,
            "occurred_at": draft.occurred_at,
            "postings": signed_lines(draft.postings),
            "recorded_at": self._growth.recorded_text,
            "seq": seq,
            "v": VERSION,
        }
        try:
            data = orjson.dumps(value, option=_SORTED)
        except (orjson.JSONEncodeError, TypeError):
            data = encode(value)  # names what is wrong
        if len(data) > ENTRY_BYTES_MAX:
            raise TooLargeError(what="entry", size=len(data), limit=ENTRY_BYTES_MAX)
        return data

    def _account_id(self, name: str) -> int | None:
        return self._known.get(name) or self._growth.accounts.get(name)

    def _totals(self, account_id: int, commodity: str) -> list[int]:
        key = (account_id, commodity)
        found = self._growth.totals.get(key)
        if found is None:
            found = list(totals(self.connection, self.fund.fund_id, account_id, commodity))
            self._growth.totals[key] = found
        return found

    def _front(self, account_id: int, commodity: str) -> int:
        key = (account_id, commodity)
        found = self._growth.fronts.get(key)
        if found is None:
            found = line_history.platform_front(
                self.connection, self.fund.fund_id, account_id, commodity
            )
            self._growth.fronts[key] = found
        return found

    def _post_one(self, posting: Posting, seq: int, line: int) -> journal.PostingRow:
        amount, commodity = posting.amount, posting.commodity
        if not 0 < amount <= AMOUNT_MAX or posting.debit == posting.credit:
            raise InvariantError(reason="posting", kind="amount", amount=amount)
        debit_id, credit_id = self.open_account(posting.debit), self.open_account(posting.credit)
        self._totals(debit_id, commodity)[0] += amount
        self._totals(credit_id, commodity)[1] += amount
        touched = self._growth.touched
        touched.add((debit_id, commodity))
        touched.add((credit_id, commodity))
        return (self.fund.fund_id, seq, line, debit_id, credit_id, commodity, amount)

    def _place(self, draft: Draft, seq: int) -> list[dict[str, Any]]:
        """Give each move its interval, from the totals as they are before this entry."""
        taken: dict[tuple[str, str], int] = {}
        arrived: dict[tuple[str, str], int] = {}
        segments = []
        for part, move in enumerate(draft.moves):
            target = (move.target, move.target_commodity)
            to_start = self.totals(*target).debits + arrived.get(target, 0)
            arrived[target] = arrived.get(target, 0) + move.to_length
            start, end = self._taken(draft, move, taken, seq)
            segment = Segment(
                source=None if move.source is None else Line(move.source, move.source_commodity),
                start=start,
                end=end,
                length=move.length,
                target=Line(*target),
                to_start=to_start,
                to_length=move.to_length,
                seq=seq,
            )
            self._segment_rows.append(self._segment_row(segment, part))
            segments.append(dict(segment_to_json(segment)))
        return segments

    def _taken(
        self, draft: Draft, move: Move, taken: dict[tuple[str, str], int], seq: int
    ) -> tuple[int, int]:
        """Return the raw interval that a move takes from its source."""
        if move.source is None:
            return 0, 0
        source = (move.source, move.source_commodity)
        if move.start is not None:
            return move.start, move.start + move.length
        if is_platform(Line(*source)):
            return self._settled(draft, move, seq)
        start = self.totals(*source).credits + taken.get(source, 0)
        taken[source] = taken.get(source, 0) + move.length
        return start, start + move.length

    def _settled(self, draft: Draft, move: Move, seq: int) -> tuple[int, int]:
        """Walk a platform's line from its front over voids; what lies beyond its end is a hole.

        Raises:
            InvariantError: It takes more than line and hole together: its door's mistake.
        """
        assert move.source is not None
        account_id = self.open_account(move.source)
        commodity = move.source_commodity
        before = self.totals(move.source, commodity).debits
        line_end = before + sum(
            posting.amount
            for posting in draft.postings
            if posting.debit == move.source and posting.commodity == commodity
        )
        front = self._front(account_id, commodity)
        self.settle_voids()
        voids = line_history.voids_between(
            self.connection, self.fund.fund_id, account_id, commodity, (front, line_end)
        )
        end, beyond = settled_end(front, move.length, voids, line_end)
        if beyond:
            raise InvariantError(reason="settles-more-than-the-line", beyond=beyond)
        self._growth.fronts[account_id, commodity] = end
        if line_end > before:
            assert move.until_ms is not None
            self._growth.holes.pop((account_id, commodity), None)
            self._hole_rows.append(
                (
                    self.fund.fund_id,
                    account_id,
                    commodity,
                    before,
                    line_end - before,
                    seq,
                    move.until_ms,
                )
            )
        return front, end

    def settle_voids(self) -> None:
        """Insert voids of this commit, so that a settlement in the same commit sees them."""
        if self._void_rows:
            self.settle()

    def _segment_row(self, segment: Segment, part: int) -> moneyline.SegmentRow:
        source = segment.source
        return (
            self.fund.fund_id,
            segment.seq,
            part,
            None if source is None else self.open_account(source.account),
            None if source is None else source.commodity,
            segment.start,
            segment.end,
            segment.length,
            self.open_account(segment.target.account),
            segment.target.commodity,
            segment.to_start,
            segment.to_length,
        )


def _check_cover(draft: Draft) -> None:
    """Hold that moves and postings of an entry speak of the same money.

    Raises:
        InvariantError: What is debited or credited to a line is not what its moves bring or take.
    """
    came: Counter[tuple[str, str]] = Counter()
    went: Counter[tuple[str, str]] = Counter()
    for posting in draft.postings:
        came[posting.debit, posting.commodity] += posting.amount
        went[posting.credit, posting.commodity] += posting.amount
    for move in draft.moves:
        came[move.target, move.target_commodity] -= move.to_length
        if move.source is not None:
            went[move.source, move.source_commodity] -= move.length
    wrong = [
        account
        for sums in (came, went)
        for (account, _), left in sums.items()
        if left and _is_line(account, incoming=sums is came)
    ]
    if wrong:
        raise InvariantError(reason="moves-and-postings-differ", kind=draft.kind, account=wrong[0])


def _is_line(account: str, *, incoming: bool) -> bool:
    """Tell whether money on an account must lie in segments. What settlements state beyond a platform's line and what
    fees take are debits without a segment.
    """
    if incoming:
        return account.startswith(
            ("Assets:Payout:", "Assets:Bank:", "Assets:InTransit:", "Assets:Fund:")
        )
    return account.startswith("Assets:")
