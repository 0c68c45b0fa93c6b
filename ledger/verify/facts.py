"""What a fund's entries say of it besides money: the source of the tables that pages read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ledger.funds.lists import Change, Lists
from ledger.journal.late import LateRun
from ledger.journal.months import Step
from ledger.moneyline.parcels import Parcels, as_text


@dataclass
class Session:
    """A broadcast: its channel, gifts, their sum, and the entry that closed it."""

    channel: str
    gifts: int = 0
    total: int = 0
    closed_seq: int | None = None


@dataclass
class Transfer:
    """A transfer, as its entries tell it; the fields are the table's.

    Attributes:
        parcels: Where it lies on the transit line.
        sendings: Entries by which it left, those apart that were undone.
        steps: Rows of `transfer_steps`, in order.
    """

    number: int
    state: str
    from_account: str
    to_account: str
    commodity: str
    amount: int
    reference: str
    proposed_by: str
    proposed_seq: int
    decision: int
    fee: int = 0
    approved_by: str | None = None
    approved_seq: int | None = None
    sent_seq: int | None = None
    ended_seq: int | None = None
    gone: int = 0
    arrived: int = 0
    back: int = 0
    given_up: int = 0
    parcels: Parcels = ()
    purpose: str = ""
    payee: str = ""
    evidence: str = ""
    entered_by: str | None = None
    entered_seq: int | None = None
    sendings: list[int] = field(default_factory=list)
    steps: list[tuple[int, str, int, int, int | None]] = field(default_factory=list)

    @property
    def on_way(self) -> str:
        """Return where it lies on the transit line, as the table has it."""
        return as_text(self.parcels)

    @property
    def rest(self) -> int:
        """Return what has not left."""
        return self.amount - self.gone - self.given_up


class Item(NamedTuple):
    """An exception: what its entry says, POSIX seconds, the entry that closed it, and the state that it ended in."""

    body: dict[str, Any]
    at: int
    resolved: int | None
    state: str


class IssueStep(NamedTuple):
    """A step of a statement's life: its name, what its entry says, the entry, and who took it."""

    step: str
    body: dict[str, Any]
    seq: int
    member: str


class Interval(NamedTuple):
    """A void, hole or fill: where, how long, and the entry that made it."""

    account: str
    commodity: str
    start: int
    length: int
    seq: int


@dataclass
class Facts:
    """All of it, by the key of its table.

    Attributes:
        opened: Body of `fund.opened`.
        channels: By name: body and entry.
        money_accounts: By account: body and entry.
        rates: By unit, from_ms and entry: body.
        members: By id: roles, entry of enrolling, entry of removing.
        sessions: By entry.
        transfers: By number.
        settlements: By channel and statement number: body, entry, entry of the payout.
        spends: By entry: body and POSIX seconds.
        movements: Other receipts and payments by entry, whole.
        lists: The fund's lists, as of this entry.
        list_changes: By entry: list, change, code, names, kind.
        files: By entry: SHA-256 of each file that it names as evidence.
        period_steps: Steps of months by entry.
        late: Runs of entries that carry the mark of a month that was closed or closing, joined.
        late_gifts: How many gifts without a mark were recorded long after they happened.
        sealed_roots: What seals say of the tree, by its size: the seal's entry, and the root in hex.
        items: Exceptions by entry.
        withdrawn: SHA-256, hexadecimal, of files that were held and withdrawn to be read otherwise.
        releases: By number of the match: entry, reason, decision.
        payees: By account whose details were changed: what stands for them, and the entry.
        payment_files: By hash: id of the message, format, transfers, entry.
        statements: By number and language: body and entry.
        issues: Steps of each statement, by number and language: step, body, entry and who.
        certificates: By fingerprint, hex: body, entry, and the entry that ended it.
        evidence: By entry: file and row that prove it.
        voids: By line and start.
        holes: By line and start, with `until_ms`.
        fills: By line and start.
        keys: Entry and vkey, oldest first.
        erased: Private parts of gifts that entries say were erased.
        erased_words: Texts of threads that entries say were erased.
        rate_seqs: Entries that set a rate.
    """

    opened: dict[str, Any] = field(default_factory=dict)
    channels: dict[str, tuple[dict[str, Any], int]] = field(default_factory=dict)
    money_accounts: dict[str, tuple[dict[str, Any], int]] = field(default_factory=dict)
    rates: dict[tuple[str, int, int], dict[str, Any]] = field(default_factory=dict)
    members: dict[str, tuple[str, int, int | None]] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    transfers: dict[int, Transfer] = field(default_factory=dict)
    settlements: dict[tuple[str, str], tuple[dict[str, Any], int, int | None]] = field(
        default_factory=dict
    )
    spends: dict[int, tuple[dict[str, Any], int]] = field(default_factory=dict)
    movements: dict[int, dict[str, Any]] = field(default_factory=dict)
    lists: Lists = field(default_factory=Lists)
    list_changes: dict[int, Change] = field(default_factory=dict)
    files: dict[int, tuple[str, ...]] = field(default_factory=dict)
    period_steps: dict[int, Step] = field(default_factory=dict)
    late: list[LateRun] = field(default_factory=list)
    late_gifts: int = 0
    sealed_roots: dict[int, tuple[int, str]] = field(default_factory=dict)
    items: dict[int, Item] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    releases: dict[int, tuple[int, str, int | None]] = field(default_factory=dict)
    payees: dict[str, tuple[str, int]] = field(default_factory=dict)
    payment_files: dict[str, tuple[str, str, str, int]] = field(default_factory=dict)
    statements: dict[tuple[str, str], tuple[dict[str, Any], int]] = field(default_factory=dict)
    issues: dict[tuple[str, str], list[IssueStep]] = field(default_factory=dict)
    certificates: dict[str, tuple[dict[str, Any], int, int | None]] = field(default_factory=dict)
    evidence: dict[int, tuple[str, int]] = field(default_factory=dict)
    voids: dict[tuple[str, str, int], Interval] = field(default_factory=dict)
    holes: dict[tuple[str, str, int], tuple[Interval, int]] = field(default_factory=dict)
    fills: dict[tuple[str, str, int], Interval] = field(default_factory=dict)
    keys: list[tuple[int, str]] = field(default_factory=list)
    erased: int = 0
    erased_words: int = 0
    rate_seqs: set[int] = field(default_factory=set)

    def note_files(self, seq: int, body: dict[str, Any]) -> None:
        """Keep which files an entry names as its evidence; entries of the first version name none."""
        found = body.get("evidence", [])
        if isinstance(found, list) and all(isinstance(one, str) for one in found):
            self.files[seq] = tuple(found)
