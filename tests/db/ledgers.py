"""Ledgers for tests, built through the real doors, and a slow check of what they hold."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from ledger.actors import Actor, Member
from ledger.clock import FixedClock, to_ms
from ledger.db import Database
from ledger.decisions import history as decided
from ledger.decisions.shapes import Decision
from ledger.desk import actions
from ledger.desk import wanted as wanting
from ledger.desk.wanted import Wanted
from ledger.factors import FreshFactor
from ledger.funds import booking as setting_up
from ledger.funds import history as funds
from ledger.funds.booking import NewAccount, NewFund
from ledger.funds.history import Channel
from ledger.funds.members import SETUP, NewMember, enrol, enrol_member, remove
from ledger.intake.booking import Verdict, book_gifts
from ledger.intake.events import GiftEvent
from ledger.intake.prepared import PreparedGift, RateTable, prepare
from ledger.issuing import booking as issuing
from ledger.issuing.booking import File, Signed
from ledger.issuing.history import issues
from ledger.journal.codec import decode
from ledger.journal.history import Fund, fund_by_slug
from ledger.log.checkpoints import open_checkpoint
from ledger.log.hashing import Edge, pair_hashes
from ledger.log.notes import Verifier
from ledger.matching import booking as matching
from ledger.matching import history as matched
from ledger.matching.booking import TakenFile
from ledger.matching.history import StoredLine
from ledger.matching.lines import BankFile, BankLine, SettlementFile, SettlementLine, references_in
from ledger.periods.booking import NewStatement
from ledger.periods.history import period, standings
from ledger.sequencer.books import Books
from ledger.sequencer.groups import Decided, Sequencer, log_keys
from ledger.settings import load_settings
from ledger.spending import booking as spending
from ledger.spending.sheet import SpendRow
from ledger.transfers import booking as transfers
from ledger.transfers import history as transfer_history
from ledger.transfers.booking import Proof, Proposal
from ledger.wiring import Ledger as Opened
from ledger.wiring import Services

T = TypeVar("T")

START = datetime(2026, 10, 9, 12, 0, 24, tzinfo=UTC)
ZONE = "Asia/Shanghai"
KUAISHOU = Channel("Kuaishou", "kuaishou", "快手", "Kuaishou", "CNY")
DOUYIN = Channel("Douyin", "douyin", "抖音", "Douyin", "CNY")
IMPORT = Actor("intake", "import")
MATCHING = Actor("system", "matching")
BANK, MAIN = "Assets:Bank:CCB", "Assets:Fund:Main"
HALF = 50
"""The platform's share in the settlements made here, in percent."""


@dataclass
class Ledger:
    """One fund of a database, and who writes it."""

    database: Database
    keys: Path
    clock: FixedClock
    sequencer: Sequencer
    fund: Fund
    counter: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    others: list[Ledger] = field(default_factory=list)

    def decide(self, decide: Callable[[Books], T]) -> T:
        """Take a decision of its own."""
        return self.sequencer.decide(self.fund, decide).value

    def member(self, name: str) -> Member:
        """Find a member."""
        with self.database.reading() as connection:
            return funds.member(connection, self.fund.fund_id, name)

    def reopened(self, *, busy_ms: int = 10_000) -> Ledger:
        """Open the same ledger as another process would: nothing is remembered. It is closed with this one."""
        url = self.database.url.render_as_string(hide_password=False)
        other = reopen(url, self.keys, busy_ms=busy_ms)
        self.others.append(other)
        return other

    def close(self) -> None:
        """Close what was opened beside this one, and this one."""
        for other in self.others:
            other.close()
        self.database.close()


def reopen(url: str, keys: Path, *, busy_ms: int = 10_000) -> Ledger:
    """Open a ledger that exists."""
    database = Database(url, busy_ms=busy_ms)
    clock = FixedClock(START)
    with database.reading() as connection:
        fund = fund_by_slug(connection, "qinghe")
    return Ledger(database, keys, clock, Sequencer(database, keys, clock), fund)


def new_ledger(database: Database, keys: Path, host: str = "localhost:8000") -> Ledger:
    """Open a fund with two channels, a bank account, a fund account and four members."""
    clock = FixedClock(START)
    sequencer = Sequencer(database, keys, clock)
    fund = setting_up.open_fund(sequencer, clock, host, NewFund("qinghe", "青禾", "Qinghe"))
    for channel in (KUAISHOU, DOUYIN):
        setting_up.open_channel(sequencer, clock, fund, channel)
    for stage, name, number in (
        ("bank", "CCB", "6217000000001001"),
        ("fund", "Main", "62170000000019"),
    ):
        setting_up.open_account(sequencer, clock, fund, NewAccount(stage, name, number, "CNY"))
    for name, role in (
        ("Li", "finance"),
        ("Wang", "approver"),
        ("Zhao", "operator"),
        ("Chen", "controller"),
    ):
        enrol_member(sequencer, fund, name, role)
    return Ledger(database, keys, clock, sequencer, fund)


def enrol_later(ledger: Ledger, name: str, *roles: str) -> str:
    """Enrol somebody after money has moved, as the decision's effect does."""
    new = NewMember(name, frozenset(roles))
    return ledger.decide(lambda books: enrol(books, SETUP, new))


def remove_later(ledger: Ledger, name: str) -> int:
    """Remove a member after money has moved."""
    return ledger.decide(lambda books: remove(books, SETUP, name))


# --- gifts -----------------------------------------------------------------------------------------


def gift(source_id: str, fen: int = 100, **changes: Any) -> GiftEvent:
    """Make a gift as a platform tells it, a second before `START`."""
    values: dict[str, Any] = {
        "source_id": source_id,
        "session": "room-1",
        "occurred_at_ms": to_ms(START) - 1000,
        "giver": "ku_1",
        "nickname": "观众",
        "message": "",
        "item": "9",
        "item_name": "啤酒",
        "count": 1,
        "units": fen,
        "unit": "CNY",
        "gross_minor": fen,
        "commodity": "CNY",
        "kind": "paid",
        "via": "file",
        "evidence": b"e" * 32,
        "signed": False,
    }
    return GiftEvent(**(values | changes))


def prepared(*events: GiftEvent, rates: RateTable | None = None) -> list[PreparedGift]:
    """Make gifts ready; none may be refused."""
    gifts, problems = prepare(events, to_ms(START), rates or {})
    assert not problems
    return gifts


def give(
    ledger: Ledger, *events: GiftEvent, channel: Channel = KUAISHOU, alone: bool = False
) -> Decided[list[Verdict]]:
    """Import gifts in one decision."""
    gifts = prepared(*events)
    return ledger.sequencer.decide(
        ledger.fund, lambda books: book_gifts(books, channel, IMPORT, ZONE, gifts), alone=alone
    )


# --- settlement and bank ---------------------------------------------------------------------------


def settlement_line(statement_no: str, gross: int, **changes: Any) -> SettlementLine:
    """Make a line of a settlement sheet: half of it is the platform's."""
    platform, period, refund = (
        changes.pop("platform", "kuaishou"),
        changes.pop("period", "2026-10"),
        changes.pop("refund", 0),
    )
    share = -(gross * HALF // 100)
    income = gross + refund + share
    values = {"tax": 0, "net": income, "commodity": "CNY", "line_no": 2} | changes
    return SettlementLine(
        platform=platform,
        period=period,
        gross=gross,
        refund=refund,
        share_rate="0.50",
        share=share,
        income=income,
        statement_no=statement_no,
        **values,
    )


def settle(ledger: Ledger, *lines: SettlementLine) -> TakenFile:
    """Take a settlement sheet."""
    upload = ("settlement.csv", repr(lines).encode())
    file = SettlementFile("settlement_csv", lines)
    return ledger.decide(
        lambda books: matching.take_settlement_file(
            books, MATCHING, (KUAISHOU, DOUYIN), ZONE, upload, file
        )
    )


def bank_line(
    ledger: Ledger, amount: int, text: str = "", *, account: str = BANK, at: datetime = START
) -> StoredLine:
    """Take a bank file with one line, and return the line as stored."""
    number = f"L{next(ledger.counter)}-{account}"
    line = BankLine(
        line_no=1,
        account="",
        booked_at=at,
        amount_minor=amount,
        commodity="CNY",
        balance_minor=None,
        bank_id=number,
        references=references_in(text),
        counterparty="",
        text=text,
    )
    file = BankFile("ccb_corporate", "", "CNY", None, None, at.date(), at.date(), (line,))
    with ledger.database.reading() as connection:
        ours = funds.money_account(connection, ledger.fund.fund_id, account)
    ledger.decide(
        lambda books: matching.take_bank_file(books, ours, ("bank.csv", number.encode()), file)
    )
    with ledger.database.reading() as connection:
        found = matched.open_lines(connection, ledger.fund.fund_id, account)
    return next(one for one in found if one.evidence.file == sha256(number.encode()).hexdigest())


def pay_out(ledger: Ledger, statement_no: str, net: int) -> int:
    """Let a settlement's net reach the bank."""
    line = bank_line(ledger, net, statement_no)
    return ledger.decide(lambda books: matching.pay_out(books, MATCHING, statement_no, line))


def raise_money(ledger: Ledger, fen: int, name: str = "S1") -> None:
    """Bring a sum to the bank: one gift of twice as much, settled and paid out."""
    give(ledger, gift(f"gift-{name}", 2 * fen))
    settle(ledger, settlement_line(f"STATEMENT-{name}", 2 * fen))
    pay_out(ledger, f"STATEMENT-{name}", fen)


# --- transfers, spending ---------------------------------------------------------------------------


def proposal(amount: int, **changes: str) -> Proposal:
    """Make a proposal from the bank to the fund."""
    return Proposal(BANK, MAIN, "CNY", amount, "TRANSFER-1")._replace(**changes)


def fresh(ledger: Ledger) -> FreshFactor:
    """Show a second factor now."""
    return FreshFactor("totp", ledger.clock.now())


def want(ledger: Ledger, wanted: Wanted, member: str = "Li", key: str | None = None) -> Decision:
    """Propose anything."""
    who = ledger.member(member).member_id
    return actions.propose(ledger.sequencer, ledger.fund, who, wanted, key)


def decision(ledger: Ledger, number: int) -> Decision:
    """Read a decision."""
    with ledger.database.reading() as connection:
        return decided.decision(connection, ledger.fund.fund_id, number)


def agree(ledger: Ledger, number: int, member: str = "Wang") -> Decision:
    """Approve the latest version of a decision."""
    who, version = ledger.member(member).member_id, decision(ledger, number).latest.version
    return actions.approve(ledger.sequencer, ledger.fund, who, number, version, fresh(ledger))


def decide_both(ledger: Ledger, wanted: Wanted, one: str, other: str) -> Decision:
    """Let two members decide something: the second approves what the first proposed."""
    return agree(ledger, want(ledger, wanted, one).number, other)


def close_month(ledger: Ledger, month: str) -> int:
    """Close a month, and return the entry that did."""
    found = decide_both(ledger, wanting.close(month, "a test"), "Li", "Chen")
    with ledger.database.reading() as connection:
        assert found.is_approved
        return period(connection, ledger.fund.fund_id, month).closed_seq


def erase(ledger: Ledger, *seqs: int) -> int:
    """Erase who gave gifts, and return the entry that says so."""
    found = decide_both(ledger, wanting.erasure(seqs), "Zhao", "Chen")
    assert found.end is not None
    return found.end.seq + 1


def publish(ledger: Ledger, *statements: NewStatement) -> int:
    """Issue statements: prepared, signed, published, their month sealed. Return the first entry that publishes."""
    for one in statements:
        sign_statement(ledger, one)
    with ledger.database.reading() as connection:
        states = {one.month: one.state for one in standings(connection, ledger.fund.fund_id)}
    months = [*dict.fromkeys(one.month for one in statements)]
    seals = len(months) == 1 and states.get(months[0]) != "sealed"
    if seals and months[0] not in states:
        close_month(ledger, months[0])
    found = decide_both(ledger, wanting.publication(statements, seals=seals), "Li", "Wang")
    assert found.end is not None
    return found.end.seq + 1


def sign_statement(ledger: Ledger, new: NewStatement) -> None:
    """Let one prepare a statement and another let the organisation sign it, unless that was done."""
    with ledger.database.reading() as connection:
        known = issues(connection, ledger.fund.fund_id, new.number)
    if any(one.language == new.language for one in known):
        return
    file = File(new.number, new.language, new.sha256, new.length)
    said = {"month": new.month, "size": new.size, "figures": "0" * 64}
    ledger.decide(lambda books: issuing.built(books, ledger.member("Li"), file, said))
    signed = Signed("f" * 64, "B-B", development=False)
    ledger.decide(
        lambda books: issuing.signed(books, ledger.member("Wang"), file, file.sha256, signed)
    )


def of_transfer(ledger: Ledger, number: int) -> int:
    """Return the number of a transfer's decision."""
    with ledger.database.reading() as connection:
        found = transfer_history.transfer(connection, ledger.fund.fund_id, number).decision
    assert found is not None
    return found


def propose(ledger: Ledger, amount: int, member: str = "Li") -> int:
    """Propose a transfer, and return its number."""
    return int(want(ledger, wanting.transfer(proposal(amount)), member).latest.content["number"])


def approve(ledger: Ledger, number: int, member: str = "Wang") -> int:
    """Approve a transfer by its number, and return the entry."""
    return agree(ledger, of_transfer(ledger, number), member).standing[-1].seq


def proof(ledger: Ledger, amount: int, account: str = BANK) -> Proof:
    """Bring the bank line that proves a step."""
    line = bank_line(ledger, amount, "TRANSFER-1", account=account)
    return Proof(
        line.line.booked_at, line.evidence.file, line.evidence.row, matching.line_claim(line)
    )


def send(ledger: Ledger, number: int, amount: int, fee: int = 0) -> int:
    """Let an approved transfer, or a part of it, leave."""
    evidence = proof(ledger, -(amount - fee))
    return ledger.decide(
        lambda books: transfers.send(books, MATCHING, number, fee, evidence, amount)
    )


def confirm(ledger: Ledger, number: int, amount: int, fee: int = 0) -> int:
    """Let a transfer, or a part of it, arrive."""
    evidence = proof(ledger, amount, MAIN)
    return ledger.decide(
        lambda books: transfers.confirm(books, MATCHING, number, amount, evidence, fee)
    )


def give_back(ledger: Ledger, number: int, amount: int, fee: int = 0) -> int:
    """Let a transfer, or a part of it, come back."""
    evidence = proof(ledger, amount)
    return ledger.decide(
        lambda books: transfers.give_back(books, MATCHING, number, amount, evidence, fee)
    )


def transfer(ledger: Ledger, amount: int, fee: int = 0) -> int:
    """Carry a sum from the bank into the fund, all four steps."""
    number = propose(ledger, amount)
    approve(ledger, number)
    send(ledger, number, amount, fee)
    confirm(ledger, number, amount - fee)
    return number


def spend_row(fen: int, **changes: Any) -> SpendRow:
    """Make a row of a spending sheet."""
    values: dict[str, Any] = {
        "line_no": 2,
        "spent_on": date(2026, 10, 8),
        "disease": "Unclassified",
        "people": "Unclassified",
        "provider": "Clinic",
        "batch": "B1",
        "persons": 3,
        "person_times": 5,
        "amount_minor": fen,
        "reference": "PAYMENT-1",
    }
    return SpendRow(**(values | changes))


def spend(ledger: Ledger, *rows: SpendRow) -> spending.Booked:
    """Book spending from the fund's account."""
    with ledger.database.reading() as connection:
        account = funds.money_account(connection, ledger.fund.fund_id, MAIN)
    return ledger.decide(lambda books: spending.book_rows(books, MATCHING, account, ZONE, rows))


def whole_way(ledger: Ledger) -> None:
    """Write at least one row into every table of the core: gifts to spending, a hole, a fill, a void."""
    from ledger.intake.booking import reverse_gift

    seqs = give(ledger, gift("a", 600), gift("b", 400), gift("c", 200)).value
    ledger.decide(
        lambda books: reverse_gift(books, IMPORT, seqs[2].seq, "2026-10-09T12:00:00Z", "refund")
    )
    settle(ledger, settlement_line("STATEMENT-1", 1100))
    give(ledger, gift("found-later", 60))
    pay_out(ledger, "STATEMENT-1", 550)
    transfer(ledger, 500, fee=5)
    spend(ledger, spend_row(300))
    close_month(ledger, "2026-09")


# --- what is stored, recomputed slowly -------------------------------------------------------------


def bodies(ledger: Ledger) -> list[dict[str, Any]]:
    """Return all entries, decoded, oldest first."""
    with ledger.database.reading() as connection:
        rows = connection.execute(
            sa.text("SELECT seq, entry FROM entries WHERE fund_id = :f ORDER BY seq"),
            {"f": ledger.fund.fund_id},
        ).all()
    assert [row.seq for row in rows] == list(range(len(rows))), "a gap in the numbers"
    return [decode(bytes(row.entry)) for row in rows]


def gift_ids(ledger: Ledger, channel: Channel = KUAISHOU) -> dict[str, int]:
    """Return the entries of gifts by their id on the platform."""
    with ledger.database.reading() as connection:
        rows = connection.execute(
            sa.text('SELECT "key", seq FROM claims WHERE fund_id = :f AND scope = :s'),
            {"f": ledger.fund.fund_id, "s": f"gift:{channel.name}"},
        ).all()
    return {row.key: row.seq for row in rows}


def check(ledger: Ledger, *, released: bool = True) -> int:
    """Recompute everything that is stored from the entries, with the most obvious code there is.

    Returns:
        How many entries there are.
    """
    entries = bodies(ledger)
    with ledger.database.reading() as connection:
        _check_entries(connection, ledger.fund, entries)
        _check_balances(connection, ledger.fund.fund_id)
        note = _check_log(connection, ledger.fund)
    if released:
        with ledger.sequencer._signer(ledger.fund).locked():
            assert ledger.sequencer._signer(ledger.fund).released_note() == note
    return len(entries)


def _rows(connection: sa.Connection, fund_id: int, sql: str) -> Sequence[sa.Row[Any]]:
    return connection.execute(sa.text(sql), {"f": fund_id}).all()


def _check_entries(connection: sa.Connection, fund: Fund, entries: list[dict[str, Any]]) -> None:
    stored = _rows(
        connection,
        fund.fund_id,
        "SELECT p.seq, d.name AS debit, c.name AS credit, p.commodity, p.amount FROM postings p "
        "JOIN accounts d ON d.fund_id = p.fund_id AND d.account_id = p.debit_id "
        "JOIN accounts c ON c.fund_id = p.fund_id AND c.account_id = p.credit_id "
        "WHERE p.fund_id = :f ORDER BY p.seq, p.line",
    )
    lines = defaultdict(list)
    for row in stored:
        for account, amount in ((row.debit, row.amount), (row.credit, -row.amount)):
            lines[row.seq].append(
                {"account": account, "amount": amount, "commodity": row.commodity}
            )
    last = ""
    for seq, entry in enumerate(entries):
        assert entry["seq"] == seq
        assert entry["fund"] == fund.slug
        assert entry["postings"] == lines[seq]
        assert entry["recorded_at"] >= last
        last = entry["recorded_at"]


def _check_balances(connection: sa.Connection, fund_id: int) -> None:
    """Every row of balances is the sum of all postings up to its entry; the last one of all postings."""
    commits = [
        row.size - 1
        for row in _rows(
            connection, fund_id, "SELECT size FROM checkpoints WHERE fund_id = :f ORDER BY size"
        )
    ]
    sums: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    expected: dict[tuple[int, str, int], tuple[int, int]] = {}
    ends = iter(commits)
    end = next(ends)
    for row in _rows(
        connection, fund_id, "SELECT * FROM postings WHERE fund_id = :f ORDER BY seq, line"
    ):
        while row.seq > end:
            end = next(ends)
        sums[row.debit_id, row.commodity][0] += row.amount
        sums[row.credit_id, row.commodity][1] += row.amount
        for account in (row.debit_id, row.credit_id):
            expected[account, row.commodity, end] = tuple(sums[account, row.commodity])  # type: ignore[assignment]
    stored = {
        (row.account_id, row.commodity, row.seq): (row.debits, row.credits)
        for row in _rows(connection, fund_id, "SELECT * FROM balances WHERE fund_id = :f")
    }
    assert stored == expected
    assert sum(debits - credited for debits, credited in sums.values()) == 0


def _check_log(connection: sa.Connection, fund: Fund) -> bytes:
    """Leaves, tiles, roots, edges and signatures of every checkpoint, recomputed; return the newest note."""
    leaves = []
    for row in _rows(
        connection,
        fund.fund_id,
        "SELECT entry, leaf_hash FROM entries WHERE fund_id = :f ORDER BY seq",
    ):
        leaf = sha256(b"\x00" + bytes(row.entry)).digest()
        assert leaf == bytes(row.leaf_hash)
        leaves.append(leaf)
    verifiers = [Verifier.from_text(vkey) for vkey in log_keys(connection, fund)]
    edge, note = Edge(), b""
    for row in _rows(
        connection, fund.fund_id, "SELECT * FROM checkpoints WHERE fund_id = :f ORDER BY size"
    ):
        # One tree that only ever grows: every checkpoint is an extension of every earlier one.
        edge.extend(leaves[edge.size : row.size])
        note = bytes(row.note)
        assert (edge.size, edge.root(), edge.to_bytes()) == (
            row.size,
            bytes(row.root),
            bytes(row.edge),
        )
        opened = open_checkpoint(note, fund.origin, verifiers)
        assert (opened.size, opened.root) == (row.size, bytes(row.root))
    assert edge.size == len(leaves), "the newest checkpoint does not cover the newest entry"
    stored = {
        (row.level, row.position): (bytes(row.hashes), bytes(row.root))
        for row in _rows(connection, fund.fund_id, "SELECT * FROM tiles WHERE fund_id = :f")
    }
    assert stored == _full_tiles(leaves)
    return note


def _full_tiles(leaves: list[bytes]) -> dict[tuple[int, int], tuple[bytes, bytes]]:
    """Return all full tiles of a tree: each level's hashes are the roots of the level below."""
    tiles = {}
    for level in range(6):
        roots = []
        for position in range(len(leaves) // 256):
            hashes = leaves[256 * position : 256 * (position + 1)]
            root = hashes
            while len(root) > 1:
                root = pair_hashes(root)
            tiles[level, position] = (b"".join(hashes), root[0])
            roots.append(root[0])
        leaves = roots
    return tiles


def services(ledger: Ledger) -> Services:
    """Open what the web asks for, on the same keys."""
    settings = load_settings({"LEDGER_HOME": str(ledger.keys.parent)})
    return Services(Opened(settings, ledger.database, ledger.sequencer, ledger.clock))
