"""Hold the tables that pages read to what the entries say, column by column as far as the entries hold the data.

In: a fund's facts. Out: findings. What is personal or private (names, whole account numbers, counterparties, counts of
people) is in no entry: of it only what is committed to, or hashed, can be held.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from ledger.errors import LedgerError
from ledger.journal.codec import encode
from ledger.privacy.aliases import Aliases
from ledger.privacy.commitments import open_commitment
from ledger.verify.claims import OtherClaim
from ledger.verify.late import TABLE, check_late
from ledger.verify.replay import Replay
from ledger.verify.report import Findings, failure
from ledger.verify.rows import Rows

Expected = Mapping[tuple[Any, ...], tuple[Any, ...]]
"""Values by key."""

KEPT_BYTES_AT_ONCE = 64
"""Files of evidence read at once: they may be large."""


_STANDS = "as its columns say"


def _seen_exception(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row of exceptions with one word for the state of an open one that is what makes it."""
    seq, raised_ms, *values, resolved, decision, state, disputed, owner = row
    if resolved is None:
        made = (
            ("proposed", decision),
            ("disputed", disputed),
            ("assigned", owner),
            ("open", "always"),
        )
        if state == next(name for name, cause in made if cause is not None):
            state = _STANDS
    return (seq, raised_ms // 1000, *values, resolved, decision, state)


class Projections:
    """Compares one fund's tables.

    Args:
        rows: The database.
        fund_id: The fund.
        slug: Its name.
        replay: What its entries say.
        findings: Where failures go.
    """

    def __init__(
        self, rows: Rows, fund_id: int, slug: str, replay: Replay, findings: Findings
    ) -> None:
        self._rows, self._fund_id, self._slug = rows, fund_id, slug
        self._facts, self._deciding, self._findings = replay.facts, replay.deciding, findings

    def compare_all(self, *, counts: bool = True) -> None:
        """Compare every table.

        Args:
            counts: Open the commitments of spending and of open decisions too.
        """
        self._money_line()
        self._setup()
        self._flow()
        self._decisions()
        self._ends()
        if counts:
            self._spend_counts()
            self._private_decisions()

    def _money_line(self) -> None:
        facts = self._facts
        sql = (
            "SELECT a.name, t.commodity, t.start, t.length, t.seq{} FROM {} t LEFT JOIN accounts a "
            "ON a.fund_id = t.fund_id AND a.account_id = t.account_id WHERE t.fund_id = ?"
        )
        key = ("account", "commodity", "start")
        voids = {place: one[3:] for place, one in facts.voids.items()}
        fills = {place: one[3:] for place, one in facts.fills.items()}
        holes = {place: (*one[3:], until_ms) for place, (one, until_ms) in facts.holes.items()}
        for table, extra, expected in (
            ("voids", "", voids),
            ("fills", "", fills),
            ("holes", ", t.until_ms", holes),
        ):
            self._compare(
                "voids",
                table,
                (*key, "length", "seq", "until_ms"),
                3,
                expected,
                sql.format(extra, table),
            )

    def _setup(self) -> None:
        facts, opened = self._facts, self._facts.opened
        names = ("name_zh", "name_en", "promise_zh", "promise_en", "commodity", "zone")
        if opened:
            self._table("fund_details", (), names, {(): tuple(opened.get(name) for name in names)})
            self._table("funds", (), ("slug", "origin"), {(): (self._slug, opened.get("origin"))})
        fields: tuple[str, ...] = ("platform", "title_zh", "title_en", "commodity")
        self._table(
            "channels",
            ("name",),
            (*fields, "opened_seq"),
            {
                (name,): (*(body.get(f) for f in fields), seq)
                for name, (body, seq) in facts.channels.items()
            },
        )
        self._table(
            "money_accounts",
            ("name",),
            ("number", "commodity", "opened_seq", "changed_seq"),
            {
                (name,): (
                    body.get("number_ending"),
                    body.get("commodity"),
                    seq,
                    facts.payees.get(name, ("", None))[1],
                )
                for name, (body, seq) in facts.money_accounts.items()
            },
            lambda row: (row[0], str(row[1])[-4:], *row[2:]),
        )
        fields = ("units", "minor", "commodity")
        self._table(
            "rates",
            ("unit", "from_ms", "seq"),
            fields,
            {key: tuple(body.get(f) for f in fields) for key, body in facts.rates.items()},
        )
        self._table(
            "members",
            ("member_id",),
            ("roles", "enrolled_seq", "removed_seq"),
            {(name,): member for name, member in facts.members.items()},
        )

    def _flow(self) -> None:
        facts = self._facts
        self._table(
            "sessions",
            ("session_seq",),
            ("channel", "gifts", "total", "closed_seq"),
            {
                (seq,): (one.channel, one.gifts, one.total, one.closed_seq)
                for seq, one in facts.sessions.items()
            },
        )
        fields: tuple[str, ...] = (
            "period",
            "commodity",
            "gross",
            "refund",
            "share",
            "tax",
            "net",
        )
        self._table(
            "settlement_lines",
            ("channel", "statement_no"),
            (*fields, "payout_fee", "settled_seq", "paid_seq"),
            {
                key: (*(body.get(f) for f in fields), body.get("payout_fee", 0), settled, paid)
                for key, (body, settled, paid) in facts.settlements.items()
            },
        )
        fields = (
            "state",
            "from_account",
            "to_account",
            "commodity",
            "amount",
            "fee",
            "reference",
            "proposed_by",
            "approved_by",
            "proposed_seq",
            "approved_seq",
            "sent_seq",
            "ended_seq",
            "decision",
            "gone",
            "arrived",
            "back",
            "given_up",
            "on_way",
            "purpose",
            "payee",
            "evidence",
            "entered_by",
            "entered_seq",
        )
        self._table(
            "transfers",
            ("number",),
            fields,
            {
                (number,): tuple(getattr(one, f) for f in fields)
                for number, one in facts.transfers.items()
            },
        )
        self._table(
            "payment_files",
            ("sha256",),
            ("message_id", "format", "transfers", "seq"),
            {(name,): row for name, row in facts.payment_files.items()},
            lambda row: (bytes(row[0]).hex(), *row[1:]),
        )
        self._table(
            "transfer_steps",
            ("number", "place"),
            ("seq", "step", "amount", "fee", "reverses"),
            {
                (number, place): row
                for number, one in facts.transfers.items()
                for place, row in enumerate(one.steps, 1)
            },
        )
        fields = ("disease", "people", "provider", "batch", "amount", "commodity", "reference")
        self._table(
            "spends",
            ("seq",),
            ("spent_ms", *fields),
            {
                (seq,): (at * 1000, *(body.get(f) for f in fields))
                for seq, (body, at) in facts.spends.items()
            },
        )

        self._lists()

    def _lists(self) -> None:
        """Hold the changes of lists to their entries."""
        self._table(
            "list_changes",
            ("seq",),
            ("list", "change", "code", "zh", "en", "kind"),
            {(seq,): tuple(one) for seq, one in self._facts.list_changes.items()},
        )

    def _decisions(self) -> None:
        """Hold decisions to their entries, and what is private of them to what they committed to."""
        deciding = self._deciding
        self._table("decisions", ("number",), ("kind",), deciding.decisions)
        columns: tuple[str, ...] = ("content", "needed", "slots", "amount", "commodity")
        self._table(
            "decision_versions",
            ("number", "version"),
            ("member_id", *columns, "commitment", "seq"),
            deciding.versions,
        )
        self._table(
            "decision_approvals",
            ("number", "version", "slot"),
            ("member_id", "seq"),
            deciding.approvals,
        )
        columns = ("version", "ending", "member_id", "reason", "seq")
        self._table("decision_ends", ("number",), columns, deciding.ends)

    def _private_decisions(self) -> None:
        """Open what is kept of open decisions, and hold that nothing is kept of others."""
        waiting = {
            (number, case.latest.version): case.latest.commitment
            for number, case in self._deciding.cases.items()
            if not case.ending and case.latest.commitment is not None
        }
        rows = self._rows.all(
            "SELECT number, version, content, salt FROM decision_private_parts WHERE fund_id = ?",
            self._fund_id,
        )
        table = "decision_private_parts"
        for number, version, content, salt in rows:
            self._findings.count("commitments")
            place = f"number={number} version={version}"
            commitment = waiting.pop((number, version), None)
            if commitment is None:
                self._fail("commitments", None, table, place, "unexpected")
                continue
            try:
                open_commitment(commitment, bytes(salt), "decision", content.encode())
            except LedgerError:
                self._fail("commitments", None, table, f"{place} content", "does-not-open")
        for number, version in waiting:
            self._fail("commitments", None, table, f"number={number} version={version}", "missing")

    def _ends(self) -> None:
        facts = self._facts
        self._table(
            "period_steps",
            ("seq",),
            ("month", "state", "ends", "until"),
            {(seq,): tuple(one[1:]) for seq, one in facts.period_steps.items()},
        )
        self._late()
        self._exceptions()
        self._table(
            "statements",
            ("number", "language"),
            ("size", "sha256", "bytes", "published_seq"),
            {
                key: (body.get("size"), body.get("sha256"), body.get("bytes"), seq)
                for key, (body, seq) in facts.statements.items()
            },
            lambda row: (*row[:3], bytes(row[3]).hex(), *row[4:]),
            "published_seq IS NOT NULL",
        )
        self._issues()
        self._matched_lines()
        self._matches()
        self._lines_without_file()
        self._held_statements()
        self._withdrawals()
        self._mappings()
        self._named_files()
        self._sheets()
        self._kept("evidence_files", "sha256")
        self._kept("files", "sha256")
        self._transfer_rules()
        self._evidence()
        self._kept("exception_files", "sha256")
        self._threads()
        self._kept("transfer_files", "sha256")
        self._kept("payment_files", "sha256")
        self._kept("deliveries", "digest")

    def _late(self) -> None:
        def fail(key: str, reason: str, expected: object = None, found: object = None) -> None:
            self._fail("projections", None, TABLE, key, reason, expected, found)

        count = check_late(self._rows, self._fund_id, self._facts, fail)
        self._findings.count("projections", count)

    def _threads(self) -> None:
        """Hold that no more of what threads say is missing than entries say was erased."""
        [(steps,)] = self._rows.all(
            "SELECT count(*) FROM exception_notes WHERE fund_id = ?", self._fund_id
        )
        [(texts,)] = self._rows.all(
            "SELECT count(*) FROM exception_texts WHERE fund_id = ?", self._fund_id
        )
        erased = self._facts.erased_words
        self._findings.count("evidence")
        if steps - texts != erased:
            self._fail(
                "evidence", None, "exception_texts", "", "other-than-erased", erased, steps - texts
            )

    def _issues(self) -> None:
        """Hold the steps of statements, and certificates, to their entries."""
        facts = self._facts
        self._table(
            "statement_steps",
            ("number", "language", "seq"),
            ("step", "sha256", "bytes", "member_id"),
            {
                (*key, one.seq): (
                    one.step,
                    one.body.get("sha256"),
                    one.body.get("bytes"),
                    one.member,
                )
                for key, steps in facts.issues.items()
                for one in steps
            },
            lambda row: (*row[:4], bytes(row[4]).hex(), *row[5:]),
        )
        self._table(
            "certificates",
            ("fingerprint",),
            ("member_id", "name", "chain", "enrolled_seq", "ended_seq"),
            {
                (key,): (body.get("member"), body.get("name"), body.get("chain"), seq, ended)
                for key, (body, seq, ended) in facts.certificates.items()
            },
            lambda row: (bytes(row[0]).hex(), *row[1:]),
        )

    def _exceptions(self) -> None:
        """Hold exceptions to their entries, and the state of each open one to what makes it."""
        fields = ("kind", "subject", "amount", "commodity", "since")
        waiting = {
            case.latest.content.get("raised"): number
            for number, case in self._deciding.cases.items()
            if case.kind in ("resolution", "write-off") and not case.ending
        }
        self._table(
            "open_items",
            ("raised_seq",),
            ("raised_ms", *fields, "resolved_seq", "decision", "state", "disputed", "owner"),
            {
                (seq,): (
                    one.at,
                    *(one.body.get(name) for name in fields),
                    one.resolved,
                    waiting.get(seq) if one.resolved is None else None,
                    one.state or _STANDS,
                )
                for seq, one in self._facts.items.items()
            },
            _seen_exception,
        )

    def _matched_lines(self) -> None:
        """Hold bank lines to the entries that they explain."""
        rows = self._rows.all(
            "SELECT account, identity, sha256, line_no, matched_seq FROM bank_lines "
            "WHERE fund_id = ? AND matched_seq IS NOT NULL",
            self._fund_id,
        )
        facts = self._facts
        # A transfer's fee may be a line of its own beside the one that proves it.
        with_fees = {seq for one in facts.transfers.values() for seq in one.sendings}
        # What evidence proved may find its bank line later; an entry of a line has it in itself.
        by_evidence = {
            seq for seq, value in facts.movements.items() if "file" not in value["body"]
        }
        proven = {
            seq
            for *_, digest, line_no, seq in rows
            if facts.evidence.get(seq) == (bytes(digest).hex(), line_no)
        }
        for account, _, digest, line_no, seq in rows:
            self._findings.count("evidence")
            stated, found = facts.evidence.get(seq), (bytes(digest).hex(), line_no)
            if (
                seq in facts.spends
                or seq in by_evidence
                or stated == found
                or (seq in with_fees and seq in proven)
            ):
                continue
            self._fail(
                "evidence",
                seq,
                "bank_lines",
                f"{account} matched_seq={seq}",
                "differs",
                stated or "",
                found,
            )

    def _matches(self) -> None:
        """Hold matches to their decisions and releases, and what they allocate to the lines that it is of."""
        releases = self._facts.releases
        self._table(
            "match_releases",
            ("number",),
            ("seq", "reason", "decision"),
            {(number,): one for number, one in releases.items()},
        )
        decided = {
            number
            for number, case in self._deciding.cases.items()
            if case.ending == "approved"
            and case.kind in ("match", "adjustment")
            and "release" not in case.latest.content
        }
        rows = self._rows.all(
            "SELECT number, decision FROM matches WHERE fund_id = ? AND decision IS NOT NULL",
            self._fund_id,
        )
        for number, decision in rows:
            if decision in decided:
                decided.remove(decision)
            else:
                place = f"number={number} decision"
                self._fail("decisions", None, "matches", place, "not-approved", "", decision)
        for decision in sorted(decided):
            self._fail("decisions", None, "matches", f"decision={decision}", "missing")
        self._allocations()

    def _allocations(self) -> None:
        """Hold that matches which hold allocate each of their lines whole, and once."""
        rows = self._rows.all(
            "SELECT p.account, b.line_no, b.amount, b.matched_seq, SUM(p.amount) FROM match_parts p "
            "LEFT JOIN bank_lines b ON b.fund_id = p.fund_id AND b.account = p.account "
            "AND b.identity = p.identity LEFT JOIN match_releases r ON r.fund_id = p.fund_id "
            "AND r.number = p.number WHERE p.fund_id = ? AND r.number IS NULL "
            "GROUP BY p.account, p.identity, b.line_no, b.amount, b.matched_seq",
            self._fund_id,
        )
        for account, line_no, amount, matched_seq, allocated in rows:
            self._findings.count("evidence")
            if int(allocated) != amount or matched_seq is None:
                place = f"{account} line_no={line_no} amount"
                found = "open" if matched_seq is None else int(allocated)
                self._fail("evidence", matched_seq, "match_parts", place, "differs", amount, found)

    def _lines_without_file(self) -> None:
        """Hold that every bank line came from a file that is kept."""
        rows = self._rows.all(
            "SELECT b.account, b.line_no FROM bank_lines b LEFT JOIN files f ON f.fund_id = b.fund_id "
            "AND f.sha256 = b.sha256 WHERE b.fund_id = ? AND f.sha256 IS NULL LIMIT 1",
            self._fund_id,
        )
        for account, line_no in rows:
            self._fail(
                "evidence", None, "bank_lines", f"{account} line_no={line_no} sha256", "missing"
            )

    def _held_statements(self) -> None:
        """Hold statements that are or were held to the exceptions about them."""
        rows = self._rows.all(
            "SELECT sha256, part, state, why, raised_seq, ended_seq FROM file_statements WHERE fund_id = ?",
            self._fund_id,
        )
        for digest, part, state, why, raised, ended in rows:
            self._findings.count("evidence")
            item = self._facts.items.get(raised)
            if item is None:
                fits = (state, why, raised, ended) == ("taken", "", None, None)
            else:
                of_file = item.body["subject"] == f"{bytes(digest).hex()}/{part}"
                # The entry that closed it ended its being held, and nothing else did.
                fits = of_file and ended == item.resolved and (state == "held") == (ended is None)
            if not fits:
                place = f"sha256={bytes(digest).hex()[:12]} part={part} state"
                self._fail("evidence", raised, "file_statements", place, "differs", "", state)

    def _withdrawals(self) -> None:
        """Hold that of each file whose held statement was withdrawn a record says who did it and why."""
        rows = self._rows.all(
            "SELECT sha256, reason FROM file_withdrawals WHERE fund_id = ?", self._fund_id
        )
        recorded = {bytes(digest).hex() for digest, reason in rows if reason.strip()}
        self._findings.count("evidence", len(rows))
        for digest in sorted(self._facts.withdrawn - recorded):
            place = f"sha256={digest[:12]}"
            self._fail("evidence", None, "file_withdrawals", place, "missing")

    def compare_payees(self, keys: Path) -> None:
        """Hold who stands behind accounts to what stands for them in entries, by the fund's own key.

        Args:
            keys: Folder of the keys; without the fund's key nothing can be said.
        """
        if not (keys / f"{self._slug}.aliases").exists():
            return
        aliases = Aliases(keys, self._slug)
        names = ("number", "holder", "bank", "clearing", "bic")
        rows = self._rows.all(
            f"SELECT name, {', '.join(names)} FROM money_accounts WHERE fund_id = ?",  # noqa: S608  # names of our own
            self._fund_id,
        )
        for account, *details in rows:
            known = self._facts.payees.get(account)
            if known is None:
                if any(details[1:]):
                    place = f"name={account} holder"
                    self._fail("projections", None, "money_accounts", place, "unexpected")
                continue
            said = encode(dict(zip(names, details, strict=True)))
            found = aliases.of_digest(sha256(b"payee\x00" + said).digest()).hex()
            if found != known[0]:
                place = f"name={account} payee"
                self._fail("projections", known[1], "money_accounts", place, "differs")

    def _transfer_rules(self) -> None:
        """Hold policies and columns to the decisions about them, in the order in which they were approved."""
        kinds = ("transfer_policy", "payment_columns")
        approved = sorted(
            (self._deciding.ends[(number,)][-1], number, kind)
            for number, case in self._deciding.cases.items()
            for kind in kinds
            if case.ending == "approved" and case.kind == "rule" and kind in case.latest.content
        )
        expected: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        versions: Counter[tuple[str, str]] = Counter()
        for _, number, kind in approved:
            content = self._deciding.cases[number].latest.content[kind]
            key = (kind, content["name"])
            versions[key] += 1
            text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()
            expected[*key, versions[key]] = (text, number)
        columns = ("kind", "name", "version")
        self._table("transfer_rules", columns, ("content", "decision"), expected)

    def _evidence(self) -> None:
        """Hold that every file that a transfer names is kept."""
        kept = {
            bytes(row[0]).hex()
            for row in self._rows.all(
                "SELECT sha256 FROM transfer_files WHERE fund_id = ?", self._fund_id
            )
        }
        for number, one in self._facts.transfers.items():
            for name in set(one.evidence.split()) - kept:
                place = f"number={number} evidence"
                self._fail("evidence", None, "transfer_files", place, "missing", name)

    def _mappings(self) -> None:
        """Hold mappings to the decisions about them, in the order in which they were approved."""
        approved = sorted(
            (self._deciding.ends[(number,)][-1], number, case.latest.content["mapping"])
            for number, case in self._deciding.cases.items()
            if case.ending == "approved" and case.kind == "rule"
            if "mapping" in case.latest.content
        )
        expected: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        versions: Counter[str] = Counter()
        for _, number, mapping in approved:
            versions[mapping["name"]] += 1
            text = orjson.dumps(mapping, option=orjson.OPT_SORT_KEYS).decode()
            expected[mapping["name"], versions[mapping["name"]]] = (text, number)
        self._table("mappings", ("name", "version"), ("content", "decision"), expected)

    def _named_files(self) -> None:
        """Hold that every file that an entry names as its evidence is kept, and joined to it."""
        expected: dict[tuple[Any, ...], tuple[Any, ...]] = {
            (seq, digest): () for seq, files in self._facts.files.items() for digest in files
        }
        self._table(
            "entry_evidence",
            ("seq", "sha256"),
            (),
            expected,
            lambda row: (row[0], bytes(row[1]).hex()),
        )

    def _sheets(self) -> None:
        """Hold that every spending sheet that entries commit to is kept, and opens the commitment."""
        wanted = {
            sheet
            for body, _ in self._facts.spends.values()
            if isinstance(sheet := body.get("sheet"), str)
        }
        rows = self._rows.all(
            "SELECT sheet, salt, body FROM spend_sheets WHERE fund_id = ?", self._fund_id
        )
        for sheet, salt, data in rows:
            self._findings.count("commitments")
            wanted.discard(sheet)
            try:
                open_commitment(sheet, bytes(salt), "sheet", sha256(data).digest())
            except LedgerError:
                place = f"sheet={sheet[:16]}"
                self._fail("commitments", None, "spend_sheets", place, "does-not-open")
        for sheet in sorted(wanted):
            place = f"sheet={sheet[:16]}"
            self._fail("commitments", None, "spend_sheets", place, "missing")

    def _kept(self, table: str, column: str) -> None:
        """Hold what is kept as evidence to the hash that it is filed under."""
        names = self._rows.all(
            f"SELECT {column} FROM {table} WHERE fund_id = ? ORDER BY {column}",  # noqa: S608  # names of our own
            self._fund_id,
        )
        for first in range(0, len(names), KEPT_BYTES_AT_ONCE):
            some = [row[0] for row in names[first : first + KEPT_BYTES_AT_ONCE]]
            marks = ", ".join("?" * len(some))
            rows = self._rows.all(
                f"SELECT {column}, body FROM {table} WHERE fund_id = ? AND {column} IN ({marks})",  # noqa: S608  # names of our own
                self._fund_id,
                *some,
            )
            for name, body in rows:
                self._findings.count("evidence")
                computed = sha256(body).digest()
                if computed != bytes(name):
                    self._fail(
                        "evidence",
                        None,
                        table,
                        f"{column}={bytes(name).hex()}",
                        "differs",
                        computed,
                        name,
                    )

    def _spend_counts(self) -> None:
        """Open the commitments to how many people were helped."""
        rows = self._rows.all(
            "SELECT seq, persons, person_times, salt FROM spends WHERE fund_id = ?", self._fund_id
        )
        for seq, persons, person_times, salt in rows:
            stated = self._facts.spends.get(seq, ({}, 0))[0].get("counts")
            private = orjson.dumps(
                {"person_times": person_times, "persons": persons}, option=orjson.OPT_SORT_KEYS
            )
            self._findings.count("commitments")
            try:
                open_commitment(str(stated), bytes(salt or b""), "counts", private)
            except LedgerError:
                self._fail("commitments", seq, "spends", f"seq={seq} counts", "does-not-open")

    # --- claims -------------------------------------------------------------------------------

    def compare_claims(self, others: list[OtherClaim], reversals: Mapping[int, int]) -> None:
        """Hold the claims that are not gifts' to the entries they name.

        Args:
            others: As stored.
            reversals: Reversing entry of each gift, spend or movement that was reversed.
        """
        facts = self._facts
        expected: dict[tuple[str, str], int] = {
            ("reversal", str(reversed_)): seq for reversed_, seq in reversals.items()
        }
        for (channel, number), (_, seq, _) in facts.settlements.items():
            expected[f"settlement:{channel}", number] = seq
        for (number, language), (_, seq) in facts.statements.items():
            expected["statement", f"{number}/{language}"] = seq
        found = {(one.scope, one.key): one for one in others}
        for key, seq in expected.items():
            self._findings.count("claims")
            claim = found.get(key)
            if claim is None or claim.seq != seq:
                self._fail(
                    "claims",
                    seq,
                    "claims",
                    f"{key[0]} seq={seq}",
                    "missing" if claim is None else "differs",
                    seq,
                    "" if claim is None else claim.seq,
                )
        spends = {one.seq for one in others if one.scope == "spend"}
        for seq in sorted(spends ^ facts.spends.keys()):
            self._fail(
                "claims",
                seq,
                "claims",
                f"spend seq={seq}",
                "missing" if seq in facts.spends else "unexpected",
            )
        self._decision_claims(others)
        for key, claim in found.items():
            if key[0].startswith(("reversal", "settlement:", "statement")) and key not in expected:
                self._fail(
                    "claims", claim.seq, "claims", f"{key[0]} seq={claim.seq}", "unexpected"
                )

    def _decision_claims(self, others: list[OtherClaim]) -> None:
        """Hold that a client's key is of the member who proposed the entry that it names."""
        for one in others:
            if one.scope != "decision":
                continue
            self._findings.count("claims")
            member = self._deciding.proposals.get(one.seq)
            if member is None or not one.key.startswith(f"{member}/"):
                self._fail("claims", one.seq, "claims", f"decision seq={one.seq}", "unexpected")

    # --- comparing ----------------------------------------------------------------------------

    def _table(  # the same  # a table is its name, keys, columns and three ways to differ from the usual
        self,
        table: str,
        key: tuple[str, ...],
        columns: tuple[str, ...],
        expected: Expected,
        seen: Callable[[tuple[Any, ...]], tuple[Any, ...]] = tuple,
        only: str = "",
    ) -> None:
        sql = f"SELECT {', '.join((*key, *columns))} FROM {table} WHERE fund_id = ?{f' AND {only}' if only else ''}"  # noqa: S608  # names of our own
        self._compare("projections", table, (*key, *columns), len(key), expected, sql, seen)

    def _compare(  # noqa: PLR0913, PLR0917  # the same
        self,
        check: str,
        table: str,
        columns: tuple[str, ...],
        width: int,
        expected: Expected,
        sql: str,
        seen: Callable[[tuple[Any, ...]], tuple[Any, ...]] = tuple,
    ) -> None:
        found = {}
        for row in self._rows.all(sql, self._fund_id):
            values = seen(row)
            found[values[:width]] = values[width:]
        self._findings.count(check, len(found))
        for key, values in expected.items():
            place = " ".join(f"{name}={value}" for name, value in zip(columns, key, strict=False))
            other = found.pop(key, None)
            if other is None:
                self._fail(check, None, table, place, "missing", values)
            elif other != values:
                wrong = next(
                    at
                    for at, (one, two) in enumerate(zip(values, other, strict=True))
                    if one != two
                )
                self._fail(
                    check,
                    None,
                    table,
                    f"{place} {columns[width + wrong]}".strip(),
                    "differs",
                    values[wrong],
                    other[wrong],
                )
        for key in found:
            place = " ".join(f"{name}={value}" for name, value in zip(columns, key, strict=False))
            self._fail(check, None, table, place, "unexpected")

    def _fail(  # noqa: PLR0913, PLR0917  # the parts of a failure
        self,
        check: str,
        seq: int | None,
        table: str,
        key: str,
        reason: str,
        expected: object = "",
        found: object = "",
    ) -> None:
        self._findings.fail(check, failure(self._slug, seq, (table, key), reason, expected, found))
