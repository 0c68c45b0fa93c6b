"""Payment files for the bank: what is to be paid in, bytes out. Pure.

Guaranteed: an XML file is a valid pain.001.001.09 by the schema that lies beside; a CSV file holds no cell that a
spreadsheet would run; and a file that comes back is compared field by field.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from ledger.cells import guarded
from ledger.errors import FieldError, FileFormatError, InvariantError
from ledger.money import plain_amount

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
SCHEMA = Path(__file__).parent / "schemas" / "pain.001.001.09.xsd"
END_TO_END_MAX = 35
"""Characters of an own reference in the message (Max35Text)."""

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


@dataclass(frozen=True, slots=True)
class Party:
    """Whose account, and where.

    Attributes:
        name: Of the holder.
        number: Of the account.
        bank: Name of the bank; may be empty.
        clearing: CNAPS number; may be empty.
        bic: May be empty.
    """

    name: str
    number: str
    bank: str = ""
    clearing: str = ""
    bic: str = ""


class Order(NamedTuple):
    """One payment.

    Attributes:
        number: Of the transfer.
        reference: Own reference, that comes back on the bank's lines.
        amount: Minor units.
        commodity: ISO 4217 code.
        to: Who is paid.
        purpose: What for; may be empty.
    """

    number: int
    reference: str
    amount: int
    commodity: str
    to: Party
    purpose: str


class Batch(NamedTuple):
    """What one file asks a bank to pay.

    Attributes:
        message_id: Unique, 1 to 35 characters.
        created: RFC 3339 UTC.
        on: Day on which it is to be paid.
        initiator: Name of the fund.
        source: Account that pays.
        orders: Payments, of one currency.
    """

    message_id: str
    created: str
    on: date
    initiator: str
    source: Party
    orders: tuple[Order, ...]

    @property
    def total(self) -> int:
        """Return the control sum, minor units."""
        return sum(one.amount for one in self.orders)

    @property
    def commodity(self) -> str:
        """Return the currency of all payments."""
        return self.orders[0].commodity


# --- ISO 20022 -------------------------------------------------------------------------------------


def pain(batch: Batch) -> bytes:
    """Write a payment message, and hold it to its schema.

    Args:
        batch: What is to be paid.

    Returns:
        XML, UTF-8.

    Raises:
        FieldError: A reference that the message has no room for.
        InvariantError: It would not pass the schema: a mistake of ours.
    """
    for one in batch.orders:
        if len(one.reference) > END_TO_END_MAX:
            raise FieldError(
                field="reference", value=len(one.reference), reason="too-long", key=one.number
            )
    root = etree.Element("Document", nsmap={None: NAMESPACE})
    message = _in(root, "CstmrCdtTrfInitn")
    head = _in(message, "GrpHdr")
    _texts(head, {"MsgId": batch.message_id, "CreDtTm": batch.created})
    _sums(head, batch)
    _in(_in(head, "InitgPty"), "Nm", batch.initiator)
    payment = _in(message, "PmtInf")
    _texts(payment, {"PmtInfId": batch.message_id, "PmtMtd": "TRF", "BtchBookg": "false"})
    _sums(payment, batch)
    _in(_in(payment, "ReqdExctnDt"), "Dt", batch.on.isoformat())
    _in(_in(payment, "Dbtr"), "Nm", batch.source.name)
    account = _account(payment, "DbtrAcct", batch.source)
    _in(account, "Ccy", batch.commodity)
    _agent(payment, "DbtrAgt", batch.source)
    _in(payment, "ChrgBr", "SHAR")
    for one in batch.orders:
        _order(payment, one)
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    found = faults(bytes(data))
    if found:
        raise InvariantError(reason="not-the-schema", what="pain.001", found=found[0])
    return bytes(data)


def _sums(parent: Any, batch: Batch) -> None:
    total = plain_amount(batch.total, batch.commodity)
    _texts(parent, {"NbOfTxs": str(len(batch.orders)), "CtrlSum": total})


def _order(payment: Any, one: Order) -> None:
    found = _in(payment, "CdtTrfTxInf")
    ids = _in(found, "PmtId")
    _texts(ids, {"InstrId": f"T{one.number}", "EndToEndId": one.reference})
    amount = _in(_in(found, "Amt"), "InstdAmt", plain_amount(one.amount, one.commodity))
    amount.set("Ccy", one.commodity)
    _agent(found, "CdtrAgt", one.to)
    _in(_in(found, "Cdtr"), "Nm", one.to.name)
    _account(found, "CdtrAcct", one.to)
    said = f"{one.reference} {one.purpose}".strip()[:140]
    _in(_in(found, "RmtInf"), "Ustrd", said)


def _account(parent: Any, name: str, party: Party) -> Any:
    account = _in(parent, name)
    id_ = _in(account, "Id")
    if _is_iban(party.number):
        _in(id_, "IBAN", party.number)
    else:
        _in(_in(id_, "Othr"), "Id", party.number)
    return account


def _agent(parent: Any, name: str, party: Party) -> None:
    """Write the bank of an account: by its BIC, its clearing number, its name, or that nobody has said which."""
    found = _in(_in(parent, name), "FinInstnId")
    if party.bic:
        _in(found, "BICFI", party.bic)
    if party.clearing:
        member = _in(found, "ClrSysMmbId")
        _in(_in(member, "ClrSysId"), "Cd", "CNAPS")
        _in(member, "MmbId", party.clearing)
    if party.bank:
        _in(found, "Nm", party.bank)
    if not (party.bic or party.clearing or party.bank):
        _in(_in(found, "Othr"), "Id", "NOTPROVIDED")


def _is_iban(text: str) -> bool:
    """Tell whether an account number is an IBAN: by its form and its check digits (ISO 13616)."""
    if not _IBAN.fullmatch(text):
        return False
    return int("".join(str(int(one, 36)) for one in text[4:] + text[:4])) % 97 == 1


def _in(parent: Any, name: str, text: str | None = None) -> Any:
    found = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text is not None:
        found.text = text
    return found


def _texts(parent: Any, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        _in(parent, name, text)


@cache
def _schema() -> Any:
    return etree.XMLSchema(etree.parse(SCHEMA, _parser()))


def _parser() -> Any:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


def faults(data: bytes) -> list[str]:
    """Return what a message breaks of its schema; nothing where it is valid.

    Args:
        data: XML.

    Returns:
        Sentences of the validator, with the line.

    Raises:
        FileFormatError: Not XML, or with a document type.
    """
    schema = _schema()
    if schema.validate(read_xml(data)):
        return []
    return [f"line {one.line}: {one.message}" for one in schema.error_log]


def read_xml(data: bytes) -> Any:
    """Parse XML from outside.

    Raises:
        FileFormatError: Not XML, or with a document type: a payment message has none.
    """
    if b"<!DOCTYPE" in data[:4096].upper():
        raise FileFormatError(file="", line=1, field="", reason="document-type")
    try:
        return etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        raise FileFormatError(
            file="", line=error.lineno or 0, field="", reason="not-xml"
        ) from error


# --- CSV for bank portals ---------------------------------------------------------------------------

FIELDS = (
    "holder",
    "number",
    "bank",
    "clearing",
    "amount",
    "commodity",
    "purpose",
    "reference",
    "day",
    "own_holder",
    "own_number",
)
"""What a column of a bank's sheet may hold."""

ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, slots=True)
class Columns:
    """How a bank's portal wants its sheet.

    Attributes:
        name: Such as `ccb`.
        columns: Heading and field of each, in order.
        encoding: One of `ENCODINGS`.
        is_on: Whether new sheets may be written with them.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    encoding: str = "utf-8-sig"
    is_on: bool = True


STANDARD = Columns(
    "standard",
    (
        ("付款账号", "own_number"),
        ("收款户名", "holder"),
        ("收款账号", "number"),
        ("收款银行", "bank"),
        ("联行号", "clearing"),
        ("金额", "amount"),
        ("币种", "commodity"),
        ("用途", "purpose"),
        ("附言", "reference"),
    ),
    "gb18030",
)
"""What most portals can be told to read, where the fund has saved none of its own."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
COLUMNS_MAX = 40
HEADING_MAX = 60


def mapping_json(one: Columns) -> dict[str, Any]:
    """Return a mapping as its decision says it."""
    said = {
        "name": one.name,
        "columns": [list(column) for column in one.columns],
        "encoding": one.encoding,
    }
    return said if one.is_on else said | {"on": False}


def mapping_from_json(content: object) -> Columns:
    """Read a mapping, and hold that a sheet can be written by it.

    Args:
        content: JSON: `name`, `columns` as pairs of heading and field, `encoding`, and `on` where they are ended.

    Returns:
        The mapping.

    Raises:
        FieldError: It is none.
    """
    if not isinstance(content, dict) or not isinstance(content.get("columns"), list):
        raise FieldError(field="columns", value="", reason="malformed")
    name, encoding = content.get("name"), content.get("encoding", "utf-8-sig")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name == STANDARD.name:
        raise FieldError(field="name", value=str(name)[:40], reason="not-a-name")
    if encoding not in ENCODINGS:
        raise FieldError(
            field="encoding", value=str(encoding)[:20], reason="unknown", known=ENCODINGS
        )
    if type(content.get("on", True)) is not bool:
        raise FieldError(field="on", value="", reason="malformed")
    columns = tuple(_column(one) for one in content["columns"])
    used = [field for _, field in columns]
    if not columns or len(columns) > COLUMNS_MAX or len(set(used)) < len(used):
        raise FieldError(field="columns", value=len(columns), reason="twice-or-too-many")
    missing = [field for field in ("number", "amount", "reference") if field not in used]
    if missing:
        raise FieldError(field="columns", value="", reason="missing", expected=missing[0])
    return Columns(name, columns, str(encoding), content.get("on", True))


def _column(one: object) -> tuple[str, str]:
    if not isinstance(one, list) or [type(part) for part in one] != [str, str]:
        raise FieldError(field="columns", value="", reason="malformed")
    heading, field = one
    if field not in FIELDS:
        raise FieldError(field="columns", value=field[:40], reason="unknown", known=FIELDS)
    if not 0 < len(heading) <= HEADING_MAX or not heading.isprintable():
        raise FieldError(field="columns", value=heading[:20], reason="not-a-heading")
    return heading, field


def sheet(batch: Batch, mapping: Columns) -> bytes:
    """Write the sheet of a bank's portal.

    Args:
        batch: What is to be paid.
        mapping: Columns and encoding.

    Returns:
        CSV with a line of headings.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([guarded(heading) for heading, _ in mapping.columns])
    for one in batch.orders:
        cells = _cells(batch, one)
        writer.writerow([guarded(cells[field]) for _, field in mapping.columns])
    return text.getvalue().encode(mapping.encoding)


def _cells(batch: Batch, one: Order) -> dict[str, str]:
    return {
        "holder": one.to.name,
        "number": one.to.number,
        "bank": one.to.bank,
        "clearing": one.to.clearing,
        "amount": plain_amount(one.amount, one.commodity),
        "commodity": one.commodity,
        "purpose": one.purpose,
        "reference": one.reference,
        "day": batch.on.isoformat(),
        "own_holder": batch.source.name,
        "own_number": batch.source.number,
    }


# --- a file that comes back -------------------------------------------------------------------------


class Difference(NamedTuple):
    """A field that is not as it was handed out.

    Attributes:
        field: Where: a path, or row and heading.
        expected: As it was handed out; empty where it was not there.
        found: As it is now; empty where it is gone.
    """

    field: str
    expected: str
    found: str


def compare(handed_out: bytes, now: bytes) -> list[Difference]:
    """Compare a file with the one that was handed out.

    Args:
        handed_out: As it was kept.
        now: As it is now.

    Returns:
        Fields that differ, in the order of the file; of equal bytes none. Where only white space between fields, or
        the encoding, differs, one that says so.

    Raises:
        FileFormatError: It is no such file any more.
    """
    if handed_out == now:
        return []
    read = _xml_fields if handed_out.lstrip()[:1] == b"<" else _sheet_fields
    before, after = dict(read(handed_out)), dict(read(now))
    found = [
        Difference(field, before.get(field, ""), after.get(field, ""))
        for field in dict.fromkeys((*before, *after))
        if before.get(field) != after.get(field)
    ]
    return found or [Difference("bytes", str(len(handed_out)), str(len(now)))]


def _xml_fields(data: bytes) -> Iterator[tuple[str, str]]:
    root = read_xml(data)
    yield "namespace", root.nsmap.get(None, "")
    tree = root.getroottree()
    for one in root.iter(etree.Element):
        path = re.sub(r"\{[^}]*\}|\*", "", tree.getelementpath(one)).replace("./", "")
        if not len(one):
            yield path, one.text or ""
        for name, value in one.attrib.items():
            yield f"{path}@{name}", str(value)


def _sheet_fields(data: bytes) -> Iterator[tuple[str, str]]:
    rows = _rows(data)
    head = rows[0] if rows else []
    for at, name in enumerate(head):
        yield f"column {at + 1}", name
    for number, row in enumerate(rows[1:], 1):
        for at, cell in enumerate(row):
            yield f"{number}/{head[at] if at < len(head) else at + 1}", cell


def _rows(data: bytes) -> Sequence[Sequence[str]]:
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return [row for row in csv.reader(io.StringIO(text)) if row]
    raise FileFormatError(file="", line=0, field="", reason="encoding")


def message_id_of(data: bytes) -> str | None:
    """Return the id of the message in a file; None of a sheet, that has none.

    Raises:
        FileFormatError: It begins like XML and is none.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"<":
        return None
    found = read_xml(data).find(".//{*}GrpHdr/{*}MsgId")
    return None if found is None else (found.text or "")
