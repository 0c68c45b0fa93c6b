"""Write an audit pack: join the log, the registers, the evidence, the statements and the record into one zip.

In: a snapshot, and what lies beside the database. Out: a zip. Guaranteed: as the folder says.
"""

from __future__ import annotations

import csv
import io
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, BinaryIO, Literal, NamedTuple, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.activity import history as activity
from ledger.cells import BYTE_ORDER_MARK, guarded
from ledger.clock import from_ms, to_text
from ledger.errors import FieldError
from ledger.export import activity_record, public_data
from ledger.export.entries import read_entries
from ledger.export.public_data import Column, Row
from ledger.export.registers import REGISTERS
from ledger.funds import history as funds
from ledger.journal import balances
from ledger.journal import history as journal_history
from ledger.journal.balances import Totals
from ledger.journal.history import Fund
from ledger.log import history as log_history
from ledger.log.checkpoints import open_checkpoint
from ledger.log.notes import Verifier
from ledger.log.proofs import consistency_proof
from ledger.packs import evidence as kept
from ledger.packs.private import PRIVATE
from ledger.packs.readme import readme
from ledger.packs.scope import scope_of
from ledger.packs.source import Source
from ledger.packs.zipping import PackWriter
from ledger.periods.history import IssuedStatement
from ledger.publication.archive import log_parts
from ledger.publication.history import cosignatures_of
from ledger.publication.tables import anchors, cosignatures
from ledger.statements.files import statement_file

FORMAT = "mingzhang-audit-pack/1"

Audience = Literal["auditor", "public"]
AUDIENCES: tuple[Audience, ...] = ("auditor", "public")

Progress = Callable[[int, int], object]
"""Is told how many entries are written, and how many there are."""

_FLUSH_ROWS = 500


class Beside(NamedTuple):
    """What is not in the database.

    Attributes:
        vkeys: Public keys that the log has named, newest first.
        outputs: Folder of the fund's statements.
        verifier: The program that checks a pack, by file name.
    """

    vkeys: Sequence[str]
    outputs: Path
    verifier: Mapping[str, bytes]


class Written(NamedTuple):
    """What a pack holds.

    Attributes:
        period: As its name has it; empty for the whole log.
        entries: In its registers.
        size: Of its tree.
        files: Without the manifest.
        manifest: SHA-256 of the manifest, hexadecimal.
        missing: Published files that are not on this machine.
    """

    period: str
    entries: int
    size: int
    files: int
    manifest: str
    missing: tuple[str, ...]


def write_pack(
    connection: sa.Connection,
    fund: Fund,
    wanted: tuple[str, Audience],
    beside: Beside,
    out: BinaryIO,
    progress: Progress = lambda _done, _total: None,
) -> Written:
    """Write a pack.

    Args:
        connection: In a transaction: one snapshot for the whole pack.
        fund: The fund.
        wanted: The period (empty for the whole log), and who it is for.
        beside: What is not in the database.
        out: Where to; only ever written to, from its beginning on.
        progress: Is told how far it is.

    Returns:
        What it holds.

    Raises:
        FieldError: There is no such audience.
        TimeFieldError: Not a period.
        NotFoundError: The period is not closed.
        InvariantError: The database's entries do not make the signed tree.
    """
    period, audience = wanted
    if audience not in AUDIENCES:
        raise FieldError(field="for", value=str(audience)[:20], reason="unknown", known=AUDIENCES)
    scope = scope_of(connection, fund, period)
    zone = ZoneInfo(funds.details(connection, fund.fund_id).zone)
    writer = PackWriter(out)
    try:
        return _Pack(Source(connection, fund, scope, zone), audience, beside, writer).write(
            progress
        )
    except BaseException:
        writer.abandon()
        raise


class _Pack:
    """One pack while it is written."""

    def __init__(
        self, source: Source, audience: Audience, beside: Beside, out: PackWriter
    ) -> None:
        self.source, self.audience, self.beside, self.out = source, audience, beside, out
        self.dictionary: list[dict[str, Any]] = []
        self.named: set[str] = set()
        verifiers = [Verifier.from_text(vkey) for vkey in beside.vkeys]
        self.checkpoint = open_checkpoint(source.scope.note, source.fund.origin, verifiers)

    def write(self, progress: Progress) -> Written:
        """Write all parts; the manifest comes last, for it names the others."""
        scope = self.source.scope
        self._log(progress)
        self._proofs()
        self._registers()
        if self.audience == "auditor":
            self._private()
        missing = tuple(self._statements())
        self._dictionary()
        told = readme(self.source.fund, scope, self.audience, missing)
        self.out.put("README.zh.txt", told["zh"].encode())
        self.out.put("README.en.txt", told["en"].encode())
        for name, source in self.beside.verifier.items():
            self.out.put(name, source)
        digest = self.out.close(self._head(missing))
        return Written(
            scope.period, scope.stop - scope.first, scope.size, self.out.files, digest, missing
        )

    def _head(self, missing: Sequence[str]) -> dict[str, object]:
        fund, scope = self.source.fund, self.source.scope
        return {
            "format": FORMAT,
            "fund": fund.slug,
            "origin": fund.origin,
            "for": self.audience,
            "period": scope.period or None,
            "entries": {"first": scope.first, "stop": scope.stop},
            "log": {"size": scope.size, "root": b64encode(self.checkpoint.root).decode()},
            "taken_in": {
                "from": to_text(from_ms(scope.since_ms)) if scope.since_ms else None,
                "until": to_text(from_ms(scope.until_ms)),
            },
            "missing": list(missing),
        }

    # --- the log --------------------------------------------------------------------------------

    def _log(self, progress: Progress) -> None:
        source = self.source
        for path, data in log_parts(source.connection, source.fund, self.checkpoint, progress):
            self.out.put(f"log/{path}", data)
        vkeys = "".join(f"{vkey}\n" for vkey in self.beside.vkeys)
        self.out.put("log/key", vkeys.encode())
        lines = cosignatures_of(source.connection, source.fund.fund_id, source.scope.size)
        self.out.put("log/checkpoint", source.scope.note + b"".join(one.line for one in lines))

    def _proofs(self) -> None:
        """Write the checkpoints that others have signed or that close a period, and that the tree continues each."""
        source = self.source
        connection, fund_id, size = source.connection, source.fund.fund_id, source.scope.size
        read = log_history.reader(connection, fund_id, self._leaves, size)
        with self.out.file("proofs/checkpoints.jsonl") as file:
            for earlier in self._kept_sizes():
                note = log_history.checkpoint_note(connection, fund_id, earlier)
                row = {
                    "size": earlier,
                    "checkpoint": note.decode(),
                    "cosignatures": [
                        {"key": one.vkey, "line": one.line.decode()}
                        for one in cosignatures_of(connection, fund_id, earlier)
                    ],
                    "consistency": [
                        b64encode(one).decode() for one in consistency_proof(earlier, size, read)
                    ],
                }
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        stamped = sa.select(anchors.c.size, anchors.c.token).where(
            anchors.c.fund_id == fund_id, anchors.c.size <= size
        )
        for at, token in connection.execute(stamped.order_by(anchors.c.size)).all():
            note = log_history.checkpoint_note(connection, fund_id, at)
            self.out.put(f"proofs/timestamps/{at}.checkpoint", note)
            self.out.put(f"proofs/timestamps/{at}.tsr", bytes(token))

    def _leaves(self, first: int, stop: int) -> list[bytes]:
        source = self.source
        return journal_history.leaf_hashes(source.connection, source.fund.fund_id, first, stop)

    def _kept_sizes(self) -> list[int]:
        source = self.source
        fund_id, scope = source.fund.fund_id, source.scope
        sizes = {one for one in (scope.first, scope.stop, scope.size) if one}
        for table in (anchors, cosignatures):
            query = sa.select(table.c.size).where(
                table.c.fund_id == fund_id, table.c.size <= scope.size
            )
            sizes.update(source.connection.execute(query).scalars())
        return sorted(sizes)

    # --- registers ------------------------------------------------------------------------------

    def _registers(self) -> None:
        source = self.source
        first, stop = source.scope.first, source.scope.stop
        for register in REGISTERS:
            columns = tuple(Column(*one) for one in register.columns)
            rows = (
                row
                for entry in read_entries(source.connection, source.fund, first, stop)
                for row in register.rows(entry, source.zone)
            )
            self._register(register.name, register.title, columns, rows)
        self._register(
            "balances", "科目余额 Balances of accounts", _BALANCE_COLUMNS, _balance_rows(source)
        )
        self._register(
            "evidence_named",
            "分录所载凭证 Proofs that entries name",
            _NAMED_COLUMNS,
            self._named_rows(),
        )
        for table in public_data.TABLES.values():
            title = f"{table.zh} {table.en}"
            self._register(
                table.name, title, public_data.columns_of(table), _public_rows(source, table)
            )

    def _named_rows(self) -> Iterator[Row]:
        source = self.source
        scope = source.scope
        for entry in read_entries(source.connection, source.fund, scope.first, scope.stop):
            for member, digest in kept.named_in(entry.body):
                self.named.add(digest)
                yield (entry.seq, member, digest, entry.body.get("row"))

    def _private(self) -> None:
        source = self.source
        for register in PRIVATE:
            title = f"{register.zh} {register.en}"
            self._register(register.name, title, register.columns, register.rows(source))
        index: list[Row] = []
        for found in kept.evidence(source, self.named):
            self.out.put(found.path, found.data)
            index.append(found.row)
        self._register("evidence", "凭证文件 Files of evidence", kept.COLUMNS, index)
        rows = activity.all_of(
            source.connection,
            source.fund.fund_id,
            since_ms=source.scope.since_ms,
            until_ms=source.scope.until_ms,
        )
        with self.out.file("activity/activity.csv") as file:
            text = io.TextIOWrapper(cast("IO[bytes]", file), encoding="utf-8", newline="")
            activity_record.write_csv(text, rows, {source.fund.fund_id: source.fund.slug})
            text.flush()
            text.detach()

    def _register(
        self, name: str, title: str, columns: Sequence[Column], rows: Iterable[Row]
    ) -> None:
        """Write a register, and put it into the dictionary."""
        path, count = f"registers/{name}.csv", 0
        with self.out.file(path) as file:
            buffer = io.StringIO()
            buffer.write(BYTE_ORDER_MARK)
            writer = csv.writer(buffer, lineterminator="\r\n")
            writer.writerow([one.name for one in columns])
            for count, row in enumerate(rows, start=1):
                writer.writerow([guarded(one) if isinstance(one, str) else one for one in row])
                if count % _FLUSH_ROWS == 0:
                    file.write(buffer.getvalue().encode())
                    buffer.seek(0)
                    buffer.truncate()
            file.write(buffer.getvalue().encode())
        self.dictionary.append(
            {
                "name": name,
                "title": title,
                "path": f"{name}.csv",
                "format": "csv",
                "encoding": "utf-8",
                "bytes": file.length,
                "hash": f"sha256:{file.digest.hexdigest()}",
                "rows": count,
                "schema": {
                    "fields": [
                        {
                            "name": one.name,
                            "type": one.type,
                            "title": one.zh,
                            "description": one.en,
                        }
                        for one in columns
                    ]
                },
            }
        )

    def _dictionary(self) -> None:
        fund = self.source.fund
        package = {
            "profile": "tabular-data-package",
            "name": fund.slug,
            "homepage": f"https://{fund.origin}",
            "resources": self.dictionary,
        }
        data = json.dumps(package, ensure_ascii=False, indent=1) + "\n"
        self.out.put("registers/datapackage.json", data.encode())

    # --- statements -----------------------------------------------------------------------------

    def _statements(self) -> Iterator[str]:
        """Write the published statements.

        Yields:
            The names of those whose file is not here, or has other bytes.
        """
        for one in self.source.scope.statements:
            data = _published(self.beside.outputs, one)
            name = f"statements/{one.number}-{one.language}.pdf"
            if data is None:
                yield name
            else:
                self.out.put(name, data)


_BALANCE_COLUMNS = (
    Column("account", "string", "科目", "Account."),
    Column("currency", "string", "币种", "ISO 4217 code, or a platform's unit."),
    Column("opening_minor", "integer", "期初余额", "Debits less credits before the first entry."),
    Column("debit_minor", "integer", "本期借方", "Of the entries of the registers."),
    Column("credit_minor", "integer", "本期贷方", "Of the entries of the registers."),
    Column("closing_minor", "integer", "期末余额", "Debits less credits after the last entry."),
)
_NAMED_COLUMNS = (
    Column("entry", "integer", "账本条号", "Entry."),
    Column("member", "string", "字段", "Of the entry's body that names it."),
    Column("sha256", "string", "哈希", "Of the file, hexadecimal."),
    Column("row", "integer", "行号", "In that file; empty where the whole file is meant."),
)


def _balance_rows(source: Source) -> Iterator[Row]:
    """Read what each account held before and after the span: two look-ups each, never a scan.

    Yields:
        A row for each account and currency that the span's end knows.
    """
    connection, fund_id = source.connection, source.fund.fund_id
    for name, account_id in sorted(
        (name, one) for one, name in journal_history.account_names(connection, fund_id).items()
    ):
        for commodity in balances.commodities(connection, fund_id, account_id):
            before, after = (
                balances.totals(connection, fund_id, account_id, commodity, size)
                for size in (source.scope.first, source.scope.stop)
            )
            if after != Totals(0, 0):
                yield (
                    name,
                    commodity,
                    before.balance,
                    after.debits - before.debits,
                    after.credits - before.credits,
                    after.balance,
                )


def _public_rows(source: Source, table: public_data.PublicTable) -> Iterator[Row]:
    first, stop = source.scope.first, source.scope.stop
    while first < stop:
        found = journal_history.of_kinds(
            source.connection,
            source.fund.fund_id,
            table.kinds,
            first,
            stop,
            most=public_data.PIECE,
        )
        for stored in found:
            yield public_data.row_of(table, stored, source.zone)
        if len(found) < public_data.PIECE:
            return
        first = found[-1].seq + 1


def _published(outputs: Path, one: IssuedStatement) -> bytes | None:
    """Return a published file; None where it is not here, or has other bytes than the log says."""
    try:
        data = statement_file(outputs, one.number, one.language, one.sha256).read_bytes()
    except FileNotFoundError:
        return None
    return data if sha256(data).digest() == one.sha256 else None
