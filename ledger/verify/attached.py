"""Check a statement of Mingzhang 明账 with nothing but this file, Python 3.11 and the package `cryptography`.

    python verify.py                      the PDF beside this file, or the attachments that pdfdetach took out of it
    python verify.py FILE.pdf             that file
    --previous OTHER.pdf                  hold its opening to the closing of the statement before
    --key 'NAME+ID+KEY'                   the log's public key, from somewhere that you trust

Nothing is fetched from a network and nothing is written. What is checked: every attachment against the manifest, the
manifest's digest and every figure against what the pages print, the signature of the ledger's checkpoint, the ledger's
root recomputed from the attached journal (or proven), the figures recomputed from the journal's entries, every equation
between them, and the registers against the lines that they make, and that electronic signatures fit the bytes that they
cover. Whose certificates those are is not checked here: a PDF reader or `python -m ledger verify` does that.

Exit code: 0 nothing is wrong, 1 something is, 2 the file cannot be read.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import csv
import hashlib
import io
import json
import re
import sys
import zlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

HELD, BROKEN, NOT_CHECKED = "held", "broken", "not-checked"

FILE_MAX = 256 * 1024 * 1024
INFLATED_MAX, ALL_INFLATED_MAX = 32 * 1024 * 1024, 256 * 1024 * 1024
"""Bytes of one stream and of all: an attachment is at most 10 MiB, or it is served instead."""

WORK_MAX = 4_000_000
"""Values, rows and pieces of text that are read of one file."""

OBJECTS_MAX = 1_000_000
DEPTH_MAX = 100
FILTERS_MAX = 4
SIGNATURES_MAX = 20
CMS_MAX = 1024 * 1024
JSON_MAX = 16 * 1024 * 1024
ENTRY_MAX = 65_535
NOTE_LINES_MAX = 100
SHOWN_MAX = 2_000
LONG_DAYS, VERY_LONG_DAYS = 30, 90
MANIFEST, FIGURES, CHECKPOINTS, JOURNAL = (
    "manifest.json",
    "figures.json",
    "checkpoints.json",
    "journal.jsonl",
)


class Unreadable(Exception):  # noqa: N818 -- it is not an error of this program
    """The file is not what this program reads; the text says why, Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


_WRONG = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    csv.Error,
)
"""What reading a file that somebody made to deceive can end in."""


@dataclass(frozen=True)
class Outcome:
    """What one check came to.

    Attributes:
        name: Short and stable, for machines.
        state: `held`, `broken` or `not-checked`.
        counted: How many things were compared.
        zh: What was checked, or why not.
        en: The same in English.
        detail_zh: Of a broken one: what differs, both values.
        detail_en: The same in English.
        differs: Of a broken comparison: what was compared, and both sides.
    """

    name: str
    state: str
    counted: int
    zh: str
    en: str
    detail_zh: str = ""
    detail_en: str = ""
    differs: tuple[str, str, str] | None = None


# --- a small reader of PDF files ----------------------------------------------------------------


class Name(str):
    """A name, without its slash."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to an object."""

    number: int


@dataclass
class Stream:
    """A stream: its dictionary and its bytes as they stand in the file."""

    head: dict[str, Any]
    raw: memoryview


_BACKSLASH, _OPEN, _CLOSE = b"\\()"
_REGULAR = re.compile(rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]+")
_GAP = re.compile(rb"[\x00\t\n\x0c\r ]*+(?:%[^\r\n]*+[\x00\t\n\x0c\r ]*+)*+")
_LETTERS = re.compile(rb"[^\\()]+")
_REFERENCE = re.compile(
    rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+R(?![0-9A-Za-z])"
)
_OBJECT = re.compile(rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+obj")


def _damaged(what: str) -> Unreadable:
    return Unreadable(
        f"文件损坏或被截断（{what}），无法读取", f"the file is damaged or cut off ({what})"
    )


class Work:
    """Counts what is read of one file: nothing in it that repeats or leads to itself makes this program hang."""

    def __init__(self) -> None:
        self._left = WORK_MAX

    def take(self, count: int) -> None:
        """Do so much more.

        Raises:
            Unreadable: It is far more than a statement needs.
        """
        self._left -= max(0, count)
        if self._left < 0:
            raise Unreadable(
                "文件复杂得不像任何一份报告", "the file is far more intricate than any statement"
            )


class Parser:
    """Reads PDF values out of bytes, from a place on."""

    def __init__(self, data: bytes, at: int, work: Work) -> None:
        self.data = data
        self.at = at
        self._work = work
        self._depth = 0

    def gap(self) -> None:
        """Pass over white space and comments."""
        found = _GAP.match(self.data, self.at)
        self.at = found.end() if found else self.at

    def value(self) -> Any:
        """Read one value."""
        self._work.take(1)
        self.gap()
        head = self.data[self.at : self.at + 1]
        readers = {b"/": self._name, b"(": self._text, b"[": self._array, b"<": self._angle}
        if head in readers:
            self._depth += 1
            if self._depth > DEPTH_MAX:
                raise _damaged("nesting")
            found = readers[head]()
            self._depth -= 1
            return found
        reference = _REFERENCE.match(self.data, self.at)
        if reference:
            self.at = reference.end()
            return Ref(int(reference[1]))
        return self.word()

    def word(self) -> Any:
        """Read a number or a keyword."""
        self.gap()
        found = _REGULAR.match(self.data, self.at)
        if not found:
            raise _damaged("value")
        self.at = found.end()
        text = found[0]
        if re.fullmatch(rb"[+-]?\d{1,18}", text):
            return int(text)
        if re.fullmatch(rb"[+-]?\d*\.\d*", text):
            return float(text) if text.strip(b"+-.") else 0.0
        return {b"true": True, b"false": False, b"null": None}.get(text, text.decode("latin-1"))

    def _name(self) -> Name:
        self.at += 1
        found = _REGULAR.match(self.data, self.at)
        text = found[0] if found else b""
        self.at += len(text)
        plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda one: bytes([int(one[1], 16)]), text)
        return Name(plain.decode("utf-8", "replace"))

    def _array(self) -> list[Any]:
        self.at += 1
        found: list[Any] = []
        while True:
            self.gap()
            if self.data[self.at : self.at + 1] == b"]":
                self.at += 1
                return found
            found.append(self.value())

    def _angle(self) -> Any:
        if self.data[self.at : self.at + 2] == b"<<":
            return self._dictionary()
        end = self.data.find(b">", self.at)
        if end < 0:
            raise _damaged("string")
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", self.data[self.at + 1 : end])
        self.at = end + 1
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())

    def _dictionary(self) -> dict[str, Any]:
        self.at += 2
        found: dict[str, Any] = {}
        while True:
            self.gap()
            if self.data[self.at : self.at + 2] == b">>":
                self.at += 2
                return found
            key = self.value()
            if not isinstance(key, Name):
                raise _damaged("dictionary")
            found[str(key)] = self.value()

    def _text(self) -> bytes:
        self.at += 1
        found, depth = bytearray(), 1
        while self.at < len(self.data):
            plain = _LETTERS.match(self.data, self.at)
            if plain:
                found += plain[0]
                self.at = plain.end()
                continue
            one = self.data[self.at]
            self.at += 1
            if one == _BACKSLASH:
                found += self._escape()
                continue
            depth += (one == _OPEN) - (one == _CLOSE)
            if not depth:
                return bytes(found)
            found.append(one)
        raise _damaged("string")

    def _escape(self) -> bytes:
        octal = re.compile(rb"[0-7]{1,3}").match(self.data, self.at)
        if octal:
            self.at = octal.end()
            return bytes([int(octal[0], 8) & 0xFF])
        one = self.data[self.at : self.at + 1]
        self.at += 1
        if one == b"\r" and self.data[self.at : self.at + 1] == b"\n":
            self.at += 1
        plain = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
        return b"" if one in {b"\r", b"\n"} else plain.get(one, one)


_PLAIN, _PACKED = 1, 2
"""How a cross-reference stream says that an object stands by itself, or in an object stream."""

_ROW, _LETTER = 4, 16
"""What a row of a cross-reference table and a letter of a font weigh, in values: they are kept."""

_BYTES_A_VALUE = 64
_PNG = 10
"""Predictors from here on are PNG's (ISO 32000-1, 7.4.4.4)."""


@dataclass(frozen=True)
class Signed:
    """A signature of a PDF.

    Attributes:
        span: Starts and lengths of the two parts that it covers.
        cms: The signature, padded with zeros.
        is_stamp: It is a document time stamp.
    """

    span: tuple[int, ...]
    cms: bytes
    is_stamp: bool

    @property
    def end(self) -> int:
        """Return where what it covers ends."""
        return sum(self.span[-2:])

    def covered(self, data: bytes) -> bytes:
        """Return the bytes that it covers: all up to its end but its own place.

        Raises:
            Unreadable: It leaves out more than that.
        """
        if len(self.span) != len("abcd") or self.span[0] or self.end > len(data):
            raise _damaged("signature")
        first, second = self.span[1], self.span[2]
        if not data[first:second].startswith(b"<") or not data[first:second].endswith(b">"):
            raise _damaged("signature")
        return data[:first] + data[second : self.end]


class Pdf:
    """A PDF file: its newest objects, its attachments, and the text of its tagged tables.

    Args:
        data: The whole file.

    Raises:
        Unreadable: It is not a PDF, is encrypted, or is damaged.
    """

    def __init__(self, data: bytes) -> None:
        if not data.startswith(b"%PDF-"):
            raise Unreadable("这不是 PDF 文件", "this is not a PDF file")
        if len(data) > FILE_MAX:
            raise Unreadable("文件太大", "the file is too large")
        self.data = data
        self._places: dict[int, tuple[int, int]] = {}
        self._kept: dict[int, Any] = {}
        self._packed: dict[int, tuple[bytes, list[int]]] = {}
        self._inflated = 0
        self._work = Work()
        self.trailer: dict[str, Any] = {}
        self._read_places()
        if "Encrypt" in self.trailer:
            raise Unreadable(
                "文件被加密，报告从不加密", "the file is encrypted; statements never are"
            )
        self.root = self.get(self.trailer.get("Root"))
        if not isinstance(self.root, dict):
            raise _damaged("catalog")

    def _read_places(self) -> None:
        end = self.data.rfind(b"startxref")
        found = re.match(rb"startxref\s+(\d{1,12})", self.data[end:]) if end >= 0 else None
        if not found:
            raise _damaged("startxref")
        at: Any = int(found[1])
        seen: set[int] = set()
        while isinstance(at, int) and at not in seen:
            seen.add(at)
            trailer = self._section(at)
            for key, value in trailer.items():
                self.trailer.setdefault(key, value)
            if isinstance(trailer.get("XRefStm"), int):
                self._section(trailer["XRefStm"])
            at = trailer.get("Prev")

    def _section(self, at: int) -> dict[str, Any]:
        parser = Parser(self.data, at, self._work)
        parser.gap()
        if self.data[parser.at : parser.at + 4] == b"xref":
            parser.at += 4
            return self._table(parser)
        return self._place_stream(at)

    def _table(self, parser: Parser) -> dict[str, Any]:
        while True:
            first = parser.word()
            if first == "trailer":
                found = parser.value()
                return found if isinstance(found, dict) else {}
            count = parser.word()
            if not isinstance(first, int) or not isinstance(count, int) or count > OBJECTS_MAX:
                raise _damaged("xref")
            self._work.take(_ROW * count)
            for number in range(first, first + count):
                place, _, kind = parser.word(), parser.word(), parser.word()
                if kind == "n" and isinstance(place, int):
                    self._places.setdefault(number, (place, -1))

    def _place_stream(self, at: int) -> dict[str, Any]:
        stream = self._object_at(at)
        if not isinstance(stream, Stream):
            raise _damaged("xref")
        data, head = self.inflate(stream), stream.head
        widths = [int(one) for one in head.get("W", ())]
        index = head.get("Index") or [0, head.get("Size", 0)]
        size = sum(widths)
        if len(widths) != len(("kind", "place", "index")) or not size or min(widths) < 0:
            raise _damaged("xref")
        at = 0
        for first, count in zip(index[::2], index[1::2], strict=False):
            there = min(count, (len(data) - at) // size)
            self._work.take(_ROW * there)
            for number in range(first, first + there):
                self._place(number, widths, data[at : at + size])
                at += size
        return head

    def _place(self, number: int, widths: list[int], row: bytes) -> None:
        values, at = [], 0
        for width in widths:
            values.append(int.from_bytes(row[at : at + width], "big"))
            at += width
        kind = values[0] if widths[0] else _PLAIN
        if kind == _PLAIN:
            self._places.setdefault(number, (values[1], -1))
        elif kind == _PACKED:
            self._places.setdefault(number, (values[1], values[2]))

    def _object_at(self, at: int) -> Any:
        found = _OBJECT.match(self.data, at)
        if not found:
            raise _damaged("object")
        parser = Parser(self.data, found.end(), self._work)
        value = parser.value()
        parser.gap()
        # Many numbers may lead to one long object.
        self._work.take((parser.at - at) // _BYTES_A_VALUE)
        if not isinstance(value, dict) or self.data[parser.at : parser.at + 6] != b"stream":
            return value
        start = parser.at + 6
        start += 2 if self.data[start : start + 2] == b"\r\n" else 1
        length = self.get(value.get("Length"))
        if not isinstance(length, int) or not 0 <= length <= len(self.data) - start:
            raise _damaged("stream")
        return Stream(value, memoryview(self.data)[start : start + length])

    def get(self, value: Any) -> Any:
        """Follow references."""
        for _ in range(DEPTH_MAX):
            if not isinstance(value, Ref):
                return value
            if value.number not in self._kept:
                place = self._places.get(value.number)
                self._kept[value.number] = None if place is None else self._read(*place)
            value = self._kept[value.number]
        raise _damaged("reference")

    def _read(self, place: int, index: int) -> Any:
        if index < 0:
            return self._object_at(place)
        if place not in self._packed:
            self._packed[place] = self._unpack(place)
        data, places = self._packed[place]
        return Parser(data, places[index], self._work).value()

    def _unpack(self, place: int) -> tuple[bytes, list[int]]:
        stream = self.get(Ref(place))
        if not isinstance(stream, Stream):
            raise _damaged("object stream")
        data, first = self.inflate(stream), int(stream.head["First"])
        count = int(stream.head["N"])
        self._work.take(_ROW * count)
        parser = Parser(data, 0, self._work)
        heads = [(parser.word(), parser.word()) for _ in range(count)]
        return data, [first + place for _, place in heads]

    def inflate(self, stream: Stream) -> bytes:
        """Return a stream's content: refused when damaged, or far larger than statements are."""
        data = self._unpacked(stream)
        self._work.take(1 + len(data) // 1024)
        self._inflated += len(data)
        if self._inflated > ALL_INFLATED_MAX:
            raise Unreadable("文件展开后太大", "the file is far too large when unpacked")
        parameters = self.get(stream.head.get("DecodeParms"))
        if isinstance(parameters, list):
            parameters = self.get(parameters[0]) if parameters else None
        if isinstance(parameters, dict) and parameters.get("Predictor", 1) >= _PNG:
            self._work.take(len(data))
            return _unpredict(data, int(parameters.get("Columns", 1)))
        return data

    def _unpacked(self, stream: Stream) -> bytes:
        filters = self.get(stream.head.get("Filter")) or []
        filters = filters if isinstance(filters, list) else [filters]
        if len(filters) > FILTERS_MAX:
            raise _damaged("filters")
        data: bytes | memoryview = stream.raw
        for one in filters:
            if one != "FlateDecode":
                raise _damaged(f"filter {str(one)[:20]}")
            try:
                engine = zlib.decompressobj()
                data = engine.decompress(data, INFLATED_MAX)
            except zlib.error as error:
                raise _damaged("deflate") from error
            if engine.unconsumed_tail:
                raise Unreadable(
                    "附件展开后太大", "a part of the file is far too large when unpacked"
                )
        if len(data) > INFLATED_MAX:
            raise Unreadable("附件太大", "a part of the file is far too large")
        return bytes(data)

    # --- attachments ---

    def attachments(self) -> dict[str, bytes]:
        """Return the embedded files by name.

        Raises:
            Unreadable: Two have one name.
        """
        names = self.get(self.root.get("Names")) or {}
        tree = self.get(names.get("EmbeddedFiles"))
        found: dict[str, bytes] = {}
        for name, spec in self._leaves(tree, set()):
            if name in found:
                raise Unreadable(f"附件 {name} 有两份", f"two attachments are called {name}")
            files = self.get(spec.get("EF")) or {}
            stream = self.get(files.get("UF") or files.get("F"))
            if isinstance(stream, Stream):
                found[name] = self.inflate(stream)
        return found

    def _leaves(self, node: Any, seen: set[int]) -> Iterator[tuple[str, dict[str, Any]]]:
        if not isinstance(node, dict) or id(node) in seen or len(seen) > OBJECTS_MAX:
            return
        seen.add(id(node))
        pairs = self.get(node.get("Names")) or []
        for key, value in zip(pairs[::2], pairs[1::2], strict=False):
            spec = self.get(value)
            if isinstance(spec, dict):
                stated = self.get(spec.get("UF")) or self.get(key)
                yield _plain(stated), spec
        for kid in self.get(node.get("Kids")) or []:
            yield from self._leaves(self.get(kid), seen)

    def signatures(self) -> list[Signed]:
        """Return the signatures and document time stamps, in the order in which they were made."""
        found: dict[tuple[int, ...], Signed] = {}
        for number in sorted(self._places):
            one = self.get(Ref(number))
            span = self.get(one.get("ByteRange")) if isinstance(one, dict) else None
            if isinstance(span, list) and isinstance(one.get("Contents"), bytes):
                ends = tuple(int(self.get(end)) for end in span)
                is_stamp = one.get("SubFilter") == "ETSI.RFC3161"
                found[ends] = Signed(ends, one["Contents"], is_stamp)
        if len(found) > SIGNATURES_MAX:
            raise Unreadable(
                "签名多得不像任何一份报告", "the file has more signatures than any statement"
            )
        return sorted(found.values(), key=lambda one: one.end)

    # --- text by tags ---

    def rows(self) -> Iterator[list[str]]:
        """Give the cells of each row of each tagged table, in reading order.

        Yields:
            Rows.
        """
        texts = self._marked()
        for row in self._elements("TR"):
            cells = [self._text_of(one, texts, None) for one in self._cells(row)]
            if cells:
                yield cells

    def _pages(self) -> list[tuple[int, dict[str, Any]]]:
        found: list[tuple[int, dict[str, Any]]] = []
        waiting: list[tuple[Any, dict[str, Any]]] = [(self.root.get("Pages"), {})]
        seen: set[int] = set()
        while waiting:
            reference, inherited = waiting.pop()
            node = self.get(reference)
            if not isinstance(node, dict) or id(node) in seen:
                continue
            seen.add(id(node))
            kept = {**inherited, **{k: node[k] for k in ("Resources",) if k in node}}
            if "Kids" in node:
                waiting.extend((kid, kept) for kid in reversed(self.get(node["Kids"])))
            elif isinstance(reference, Ref):
                found.append((reference.number, {**kept, **node}))
        return found

    def _marked(self) -> dict[tuple[int, int], str]:
        """Return the text of each marked piece, by page and number."""
        found: dict[tuple[int, int], list[str]] = defaultdict(list)
        fonts: dict[int, dict[int, str]] = {}
        for number, page in self._pages():
            contents = self.get(page.get("Contents"))
            parts = contents if isinstance(contents, list) else [contents]
            self._work.take(len(parts))
            data = b"\n".join(
                self.inflate(stream)
                for stream in map(self.get, parts)
                if isinstance(stream, Stream)
            )
            resources = self.get(page.get("Resources")) or {}
            for piece, text in self._painted(data, resources, fonts):
                self._work.take(1 + len(text) // _LETTER)
                found[number, piece].append(text)
        return {where: "".join(texts) for where, texts in found.items()}

    def _painted(
        self, data: bytes, resources: dict[str, Any], fonts: dict[int, dict[int, str]]
    ) -> Iterator[tuple[int, str]]:
        parser, operands = Parser(data, 0, self._work), []
        marks: list[int | None] = [None]  # of each open mark, or of the one around it
        letters: dict[int, str] = {}
        while True:
            parser.gap()
            if parser.at >= len(data):
                return
            value = parser.value()
            if not isinstance(value, str) or isinstance(value, Name):
                operands.append(value)
                continue
            if value == "Tf" and operands:
                letters = self._letters(str(operands[0]), resources, fonts)
            elif value in {"BDC", "BMC"}:
                number = self._mark(operands, resources)
                marks.append(marks[-1] if number is None else number)
            elif value == "EMC":
                del marks[max(1, len(marks) - 1) :]
            elif value in {"Tj", "TJ", "'", '"'} and marks[-1] is not None:
                yield marks[-1], _read_text(operands, letters)
            operands = []

    def _mark(self, operands: list[Any], resources: dict[str, Any]) -> int | None:
        properties = operands[-1] if operands else None
        if isinstance(properties, Name):
            named = self.get(resources.get("Properties")) or {}
            properties = self.get(named.get(str(properties)))
        number = properties.get("MCID") if isinstance(properties, dict) else None
        return number if isinstance(number, int) else None

    def _letters(
        self, name: str, resources: dict[str, Any], fonts: dict[int, dict[int, str]]
    ) -> dict[int, str]:
        reference = (self.get(resources.get("Font")) or {}).get(name)
        key = reference.number if isinstance(reference, Ref) else -1
        if key not in fonts or key < 0:
            font = self.get(reference)
            stream = self.get(font.get("ToUnicode")) if isinstance(font, dict) else None
            cmap = self.inflate(stream) if isinstance(stream, Stream) else b""
            fonts[key] = _to_unicode(cmap, self._work)
        return fonts[key]

    def _elements(self, kind: str) -> Iterator[dict[str, Any]]:
        """Walk the structure tree in reading order.

        Yields:
            Its elements of a kind.
        """
        tree = self.get(self.root.get("StructTreeRoot"))
        waiting, seen = [tree], set[int]()
        while waiting:
            node = self.get(waiting.pop())
            if not isinstance(node, dict) or id(node) in seen:
                continue
            seen.add(id(node))
            if node.get("S") == kind:
                yield node
            else:
                waiting.extend(reversed(self._kids(node)))

    def _kids(self, node: dict[str, Any]) -> list[Any]:
        kids = self.get(node.get("K"))
        found = kids if isinstance(kids, list) else [] if kids is None else [kids]
        self._work.take(len(found))
        return found

    def _cells(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        cells = [self.get(one) for one in self._kids(row)]
        return [one for one in cells if isinstance(one, dict) and one.get("S") in {"TH", "TD"}]

    def _text_of(
        self, node: Any, texts: Mapping[tuple[int, int], str], page: int | None, depth: int = 0
    ) -> str:
        node = self.get(node)
        if isinstance(node, int):
            return texts.get((page or 0, node), "")
        if not isinstance(node, dict) or depth > DEPTH_MAX:
            return ""
        here = node.get("Pg")
        page = here.number if isinstance(here, Ref) else page
        if "MCID" in node:
            return texts.get((page or 0, node["MCID"]), "")
        return "".join(self._text_of(one, texts, page, depth + 1) for one in self._kids(node))


def _plain(text: Any) -> str:
    if isinstance(text, bytes) and text.startswith(b"\xfe\xff"):
        return text[2:].decode("utf-16-be", "replace")
    return text.decode("latin-1") if isinstance(text, bytes) else str(text)


_UP = 2
"""The row filter that adds the row above."""


def _unpredict(data: bytes, columns: int) -> bytes:
    """Undo the row filters of PNG that cross-reference streams use: none, sub and up."""
    if not 0 < columns <= len(data):
        raise _damaged("predictor")
    found, before = bytearray(), bytes(columns)
    for at in range(0, len(data), columns + 1):
        kind, row = data[at], bytearray(data[at + 1 : at + 1 + columns])
        if kind == _UP:
            row = bytearray((one + up) & 0xFF for one, up in zip(row, before, strict=False))
        elif kind == 1:
            for place in range(1, len(row)):
                row[place] = (row[place] + row[place - 1]) & 0xFF
        elif kind:
            raise _damaged("predictor")
        found += row
        before = bytes(row)
    return bytes(found)


def _to_unicode(cmap: bytes, work: Work) -> dict[int, str]:
    """Read which letters a font's codes stand for."""
    found: dict[int, str] = {}

    def text(digits: bytes) -> str:
        return bytes.fromhex(digits.decode()).decode("utf-16-be", "replace")

    for code, letters in _listed_in(cmap, b"bfchar", 2):
        work.take(_LETTER)
        found[int(code, 16)] = text(letters)
    for low, high, letters in _listed_in(cmap, b"bfrange", 3):
        first, codes = text(letters), range(int(low, 16), min(int(high, 16), 0xFFFF) + 1)
        work.take(_LETTER * (1 + len(codes)))
        for number in codes:
            found[number] = first[:-1] + chr(ord(first[-1]) + number - codes.start)
    return found


def _listed_in(cmap: bytes, kind: bytes, columns: int) -> Iterator[tuple[bytes, ...]]:
    """Yield the rows of a font's lists of one kind: hexadecimal digits, so many a row."""
    row = re.compile(rb"\s*".join([rb"<([0-9A-Fa-f]{1,64})>"] * columns))
    for part in cmap.split(b"begin" + kind)[1:]:
        for one in row.finditer(part.partition(b"end" + kind)[0]):
            yield one.groups()


def _read_text(operands: Iterable[Any], letters: Mapping[int, str]) -> str:
    parts: list[bytes] = []
    for one in operands:
        parts += [
            part for part in (one if isinstance(one, list) else [one]) if isinstance(part, bytes)
        ]
    data = b"".join(parts)
    return "".join(
        letters.get(int.from_bytes(data[at : at + 2], "big"), "") for at in range(0, len(data), 2)
    )


# --- the log: hashes, proofs, signed notes ------------------------------------------------------


def leaf(entry: bytes) -> bytes:
    """Hash an entry (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\0" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """The right edge of a tree: the roots of its perfect subtrees, largest first.

    Args:
        size: Leaves that it has.
        edge: Those roots.
    """

    def __init__(self, size: int, edge: Sequence[bytes]) -> None:
        if len(edge) != size.bit_count():
            raise Unreadable("检查点附件不完整", "checkpoints.json is not whole")
        self.size = size
        self._edge = list(edge)

    def add(self, hashed: bytes) -> None:
        """Add a leaf."""
        size = self.size
        while size & 1:
            hashed = node(self._edge.pop(), hashed)
            size >>= 1
        self._edge.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        """Return the root."""
        if not self._edge:
            return hashlib.sha256(b"").digest()
        found = self._edge[-1]
        for one in reversed(self._edge[:-1]):
            found = node(one, found)
        return found


def extends(sizes: tuple[int, int], roots: tuple[bytes, bytes], proof: Sequence[bytes]) -> bool:
    """Tell whether a proof shows that one tree is the beginning of another (RFC 9162, 2.1.4.2)."""
    first, second = sizes
    if first == second:
        return not proof and roots[0] == roots[1]
    if not 0 < first < second:
        return first == 0 and not proof
    path = [roots[0], *proof] if first & (first - 1) == 0 else list(proof)
    return bool(path) and _replay(first - 1, second - 1, path) == roots


def _replay(at: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Compute both roots from a proof; None where it is too long or too short."""
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for one in path[1:]:
        if not last:
            return None
        if at & 1 or at == last:
            old, new = node(one, old), node(one, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node(new, one)
        at, last = at >> 1, last >> 1
    return None if last else (old, new)


def checkpoint(note: str) -> tuple[str, int, bytes]:
    """Return origin, size and root of a signed note.

    Raises:
        Unreadable: It is not one.
    """
    rows = note.split("\n")
    try:
        return rows[0], int(rows[1]), base64.b64decode(rows[2], validate=True)
    except (IndexError, ValueError) as error:
        raise Unreadable("检查点无法读取", "the checkpoint cannot be read") from error


_LOG_KEY, _WITNESS_KEY, _TREE_KEY = b"\x01", b"\x04", b"\x06"
"""Kinds of keys: a log's Ed25519, a witness's Ed25519, a log's ML-DSA-44 (c2sp.org/signed-note, tlog-cosignature)."""

_STAMP_BYTES = 8


def signed_by(note: str, vkeys: Iterable[str]) -> tuple[list[str], int]:
    """Verify a note's signatures.

    Args:
        note: Text, empty line, lines of signatures (c2sp.org/signed-note).
        vkeys: Public keys of the log, or of witnesses.

    Returns:
        Names of the keys whose signature holds, and how many lines are by others.
    """
    text, _, lines = note.partition("\n\n")
    keys: dict[tuple[str, bytes], bytes] = {}
    for vkey in vkeys:
        name, _, rest = vkey.strip().partition("+")
        data = base64.b64decode(rest.partition("+")[2])
        identity = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        if (
            data[:1] in {_LOG_KEY, _WITNESS_KEY, _TREE_KEY}
            and rest.partition("+")[0] == identity.hex()
        ):
            keys[name, identity] = data
    held, others = [], 0
    for line in lines.splitlines()[:NOTE_LINES_MAX]:
        name, _, encoded = line.removeprefix("\u2014 ").partition(" ")
        try:
            data = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            data = b""
        key = keys.get((name, data[:4]))
        if key is None:
            others += 1
            continue
        if _is_signed(key, name, text + "\n", data[4:]):
            held.append(name)
    return held, others


def _is_signed(key: bytes, name: str, text: str, signature: bytes) -> bool:
    """Verify one signature over a note's text; one of a kind that `cryptography` is too old for does not hold."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    message, stamp = text.encode(), signature[:_STAMP_BYTES]
    try:
        if key[:1] == _TREE_KEY:
            from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

            tree = MLDSA44PublicKey.from_public_bytes(key[1:])
            tree.verify(signature[_STAMP_BYTES:], _tree_message(name, text, stamp))
            return True
        if key[:1] == _WITNESS_KEY:
            at = int.from_bytes(stamp, "big")
            message = f"cosignature/v1\ntime {at}\n".encode() + message
            signature = signature[_STAMP_BYTES:]
        Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature, message)
    except (InvalidSignature, ValueError, OverflowError, ImportError, Unreadable):
        return False
    return True


def _tree_message(name: str, text: str, stamp: bytes) -> bytes:
    """Return what an ML-DSA-44 key signs of a checkpoint: who, when, and the tree from 0 to its size."""
    origin, size, root = checkpoint(text)
    who, log = (bytes([len(one.encode())]) + one.encode() for one in (name, origin))
    ends = (0).to_bytes(8, "big") + size.to_bytes(8, "big")
    return b"subtree/v1\n\0" + who + stamp + log + ends + root


# --- the equations ------------------------------------------------------------------------------


@dataclass
class Pairs:
    """Pairs of figures that must be equal, each with its name."""

    found: list[tuple[str, Any, Any]] = field(default_factory=list)

    def add(self, name: str, left: Any, right: Any) -> None:
        """Add a pair."""
        self.found.append((name, left, right))

    def different(self) -> tuple[str, Any, Any] | None:
        """Return the first pair that differs."""
        return next((one for one in self.found if one[1] != one[2]), None)


def _total(rows: Iterable[Mapping[str, Any]], *columns: str) -> int:
    return sum(int(row[column] or 0) for row in rows for column in columns)


def _grouped(rows: Iterable[Mapping[str, Any]], column: str) -> dict[Any, list[Mapping[str, Any]]]:
    """Put rows together that have the same value: each is looked at once, however many groups there are."""
    found: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return dict(found)


def equations(figures: Mapping[str, Any]) -> Pairs:
    """Give every equation between the figures of a statement (statements, section 3)."""
    pairs = Pairs()
    _gift_equations(pairs, figures["gifts"])
    _due_equations(pairs, figures["due"], figures["gifts"])
    _account_equations(pairs, figures)
    _fund_equations(pairs, figures)
    _list_equations(pairs, figures)
    _opening_equations(pairs, figures)
    _column_equations(pairs, figures)
    corrected: dict[tuple[str, str], int] = defaultdict(int)
    for one in figures["corrections"]:
        corrected[one["document"], one["line"]] += int(one["amount_minor"] or 0)
    for row in figures["restated"]:
        where = f"{row['line']} of {row['document']}"
        pairs.add(
            f"{where}: new = old + change",
            row["new_minor"],
            row["old_minor"] + row["change_minor"],
        )
        listed = corrected[row["document"], row["line"]]
        pairs.add(f"{where}: change = Σ entries", row["change_minor"], listed)
    for code, value in figures["lines"].items():
        stated = _line(figures, code)
        if stated is not _UNKNOWN:
            pairs.add(f"{code} = {code} of its section", value, stated)
    return pairs


_MOVING = (
    *(
        "G1",
        "G2",
        "G3",
        "G3a",
        "G3b",
        "G4",
        "G5",
        "G6",
        "P2",
        "P3",
        "P4",
        "B2",
        "B3",
        "B4",
        "B5",
        "B6",
    ),
    *("T2", "T2r", "F2", "F3", "F4", "F5", "F6", "F7", "S1", "S2", "L2"),
)
_ENDS = (("P1", "P5"), ("B1", "B7"), ("T1", "T3"), ("F1", "F8"))


def _column_equations(pairs: Pairs, figures: Mapping[str, Any]) -> None:
    """Join the months of a quarter or a year to the whole (statements, section 4: Y1, Y2, Y3, Y10)."""
    months = [dict(one["lines"]) for one in figures["columns"]]
    if not months:
        return
    for code in _MOVING:
        total = sum(one[code] or 0 for one in months)
        pairs.add(f"{code} = Σ months", figures["lines"][code] or 0, total)
    for opening, closing in _ENDS:
        pairs.add(f"{opening} = first month", figures["lines"][opening], months[0][opening])
        pairs.add(f"{closing} = last month", figures["lines"][closing], months[-1][closing])
        for before, after in pairwise(months):
            pairs.add(
                f"{opening} = {closing} of the month before", after[opening], before[closing]
            )
    if figures["columns"][-1].get("root"):
        root = figures["columns"][-1]["root"]
        pairs.add("L5 = root of the last month", figures["ledger"]["l5_closing"], root)
    for one in figures.get("later", ()):
        is_behind = one["entry"] > (figures["ledger"]["l1_last"] or 0)
        pairs.add(f"correction {one['entry']} is behind the last entry", is_behind, True)
        pairs.add(f"correction {one['entry']} of a line that moves", one["line"] in _MOVING, True)


_UNKNOWN = object()
_SECTIONS = {"G": "gifts", "P": "due", "B": "bank", "T": "transit", "S": "spending", "X": "open"}


def _line(figures: Mapping[str, Any], code: str) -> Any:
    letter, key = code[0], code[0].lower() + code[1:]
    if letter in _SECTIONS:
        return figures[_SECTIONS[letter]].get(key, _UNKNOWN)
    if letter == "F":
        named = {"F9": "f9", "F10a": "f10_receivable", "F10b": "f10_payable"}
        part = figures["fund"] if code in named else figures["fund"]["total"]
        return part.get(named.get(code, key), _UNKNOWN)
    named = {
        "L1a": "l1_first",
        "L1b": "l1_last",
        "L2": "l2",
        "L3a": "l3_gaps",
        "L3b": "l3_duplicates",
        "L4a": "l4_debits",
        "L4b": "l4_credits",
    }
    return figures["ledger"].get(named.get(code, ""), _UNKNOWN)


def _gift_equations(pairs: Pairs, g: Mapping[str, Any]) -> None:
    rows = g["by_platform"]
    count = 0 if g["first_gift_no"] is None else g["last_gift_no"] - g["first_gift_no"] + 1
    pairs.add("G1 = last − first + 1", g["g1"], count)
    pairs.add("G6 = G2 − G3 − G4 − G5", g["g6"], g["g2"] - g["g3"] - g["g4"] - g["g5"])
    if g["g3a"] is not None:
        minors = _total(rows, "refund_minors_minor")
        pairs.add("G3a = Σ platforms", g["g3a"], minors)
    pairs.add("G3 = G3a + G3b", g["g3"], (g["g3a"] or 0) + g["g3b"])
    pairs.add("G5 = G5a + G5b", g["g5"], g["g5a"] + g["g5b"])
    columns = {
        "g1": ("gifts",),
        "g2": ("gross_minor",),
        "g3": ("refund_minors_minor", "refund_others_minor"),
        "g4": ("share_minor",),
        "g5": ("tax_minor", "fee_minor"),
        "g6": ("net_minor",),
    }
    for line, names in columns.items():
        pairs.add(f"{line.upper()} = Σ platforms", g[line], _total(rows, *names))
    for parts in ("by_day", "bands"):
        if g[parts] or parts == "by_day":
            pairs.add(f"G1 = Σ {parts}", g["g1"], _total(g[parts], "gifts"))
            beside = [one for one in rows if one["platform"].endswith("/beside")]
            extra = _total(beside, "gross_minor") if parts == "bands" else 0
            pairs.add(f"G2 = Σ {parts}", g["g2"], extra + _total(g[parts], "gross_minor"))


def _due_equations(pairs: Pairs, p: Mapping[str, Any], g: Mapping[str, Any]) -> None:
    pairs.add("P2 = G6", p["p2"], g["g6"])
    pairs.add("P5 = P1 + P2 − P3 − P4", p["p5"], p["p1"] + p["p2"] - p["p3"] - p["p4"])
    pairs.add("P5 = not yet settled or paid", p["p5"], p["p5_recomputed"])
    pairs.add("P3 = Σ received", p["p3"], _total(p["received"], "amount_minor"))
    pairs.add("P4 = Σ write-offs", p["p4"], _total(p["write_offs"], "amount_minor"))
    for line in ("p1", "p2", "p3", "p4", "p5"):
        pairs.add(f"{line.upper()} = Σ platforms", p[line], _total(p["by_platform"], line))
    _age_equations(pairs, p)
    for one in p["settlements"]:
        taken = one["refund_minor"] + one["share_minor"] + one["deduction_minor"]
        net = one["gross_minor"] - taken
        pairs.add(f"settlement {one['number']}: net", one["net_minor"], net)


def _age_equations(pairs: Pairs, p: Mapping[str, Any]) -> None:
    """Hold what platforms owe by age to P5, and the oldest band to the settlements in it."""
    bands = ("young_minor", "over_30_minor", "over_90_minor")
    if "ages" not in p:
        return
    ages = _grouped(p["ages"], "platform")
    unpaid = _grouped((row for row in p["unpaid"] if row["age_days"] > VERY_LONG_DAYS), "platform")
    for one in p["by_platform"]:
        aged, very_late = ages.pop(one["platform"], []), unpaid.pop(one["platform"], [])
        pairs.add(f"P5 of {one['platform']} = Σ ages", one["p5"], _total(aged, *bands))
        is_held = _total(aged, "over_90_minor") >= _total(very_late, "amount_minor")
        pairs.add(f"P5 of {one['platform']} over 90 days: settlements in it", is_held, True)


def _account_equations(pairs: Pairs, figures: Mapping[str, Any]) -> None:
    b, t, ledger = figures["bank"], figures["transit"], figures["ledger"]
    pairs.add("B2 = P3", b["b2"], figures["due"]["p3"])
    pairs.add("B3 = Σ other receipts", b["b3"], _total(b["other_receipts"], "amount_minor"))
    pairs.add("B6 = Σ other payments", b["b6"], _total(b["other_payments"], "amount_minor"))
    closing = b["b1"] + b["b2"] + b["b3"] - b["b4"] - b["b5"] - b["b6"]
    pairs.add("B7 = B1 + B2 + B3 − B4 − B5 − B6", b["b7"], closing)
    if b["b8"] is not None:
        rest = b["b8"] + _total(b["outstanding"], "amount_minor")
        pairs.add("B7 = B8 + outstanding", b["b7"], rest)
    first, last = ledger["l1_first"] or 0, ledger["l1_last"]
    last = -1 if last is None else last
    sent = [one for one in t["transfers"] if first <= one["entry"] <= last]
    ended = [one for one in t["transfers"] if first <= (one["ended_entry"] or -1) <= last]
    waiting = [
        one
        for one in t["transfers"]
        if one["entry"] <= last and (one["ended_entry"] is None or one["ended_entry"] > last)
    ]
    arrived = [one for one in ended if one["arrived_on"]]
    returned = [one for one in ended if one["returned_on"]]
    pairs.add("B4 = Σ sent", b["b4"], _total(sent, "amount_minor"))
    pairs.add("T2 = Σ arrived", t["t2"], _total(arrived, "amount_minor"))
    pairs.add("T2r = Σ returned", t["t2r"], _total(returned, "amount_minor"))
    pairs.add("T3 = T1 + B4 − T2 − T2r", t["t3"], t["t1"] + b["b4"] - t["t2"] - t["t2r"])
    pairs.add("T3 = Σ under way", t["t3"], _total(waiting, "amount_minor"))


def _fund_equations(pairs: Pairs, figures: Mapping[str, Any]) -> None:
    fund, spending = figures["fund"], figures["spending"]
    parts = [fund["restricted"], fund["unrestricted"]]
    for column in (fund["total"], *(one for one in parts if one)):
        came = column["f1"] + column["f2"] + column["f3"] + column["f4"] + column["f7"]
        pairs.add(
            "F8 = F1 + F2 + F3 + F4 − F5 − F6 + F7",
            column["f8"],
            came - column["f5"] - column["f6"],
        )
    total = fund["total"]
    pairs.add("F2 = T2", total["f2"], figures["transit"]["t2"])
    if "costs" in fund:
        pairs.add("F6 = Σ kinds", total["f6"], _total(fund["costs"], "amount_minor"))
    _spending_equations(pairs, total, spending)
    if all(parts):
        for line, value in total.items():
            pairs.add(f"{line.upper()} = both columns", value, sum(one[line] for one in parts))
    if fund["f9"] is not None:
        rest = fund["f9"] + (fund["f10_receivable"] or 0) - (fund["f10_payable"] or 0)
        pairs.add("F8 = F9 + F10a − F10b", total["f8"], rest)


def _spending_equations(
    pairs: Pairs, total: Mapping[str, Any], spending: Mapping[str, Any]
) -> None:
    for line in ("s1", "s2", "s3"):
        if spending[line] is not None:
            pairs.add(f"F5 = {line.upper()}", total["f5"], spending[line])
    for line, table in (("s1", "by_group"), ("s2", "by_disease")):
        rows = spending[table]["rows"]
        pairs.add(f"{line.upper()} = Σ rows", spending[line], _total(rows, "amount_minor"))
    if spending["s3"] is not None:
        amounts = sum(amount for _, amount in spending["by_provider"])
        pairs.add("S3 = Σ rows", spending["s3"], amounts)


def _list_equations(pairs: Pairs, figures: Mapping[str, Any]) -> None:
    x, ledger = figures["open"], figures["ledger"]
    pairs.add("X1 = items", x["x1"], len(x["items"]))
    pairs.add("X2 = Σ items", x["x2"], _total(x["items"], "amount_minor"))
    pairs.add("X3 = over 30 days", x["x3"], sum(one["age_days"] > LONG_DAYS for one in x["items"]))
    pairs.add(
        "X4 = over 90 days", x["x4"], sum(one["age_days"] > VERY_LONG_DAYS for one in x["items"])
    )
    _kind_equations(pairs, x)
    first, last = ledger["l1_first"], ledger["l1_last"]
    pairs.add("L2 = last − first + 1", ledger["l2"], 0 if last is None else last - first + 1)
    pairs.add("L3 = 0, 0", (ledger["l3_gaps"], ledger["l3_duplicates"]), (0, 0))
    pairs.add("L4 debits = credits", ledger["l4_debits"], ledger["l4_credits"])
    if last is not None:
        pairs.add("L1 last + 1 = size", last + 1, ledger["checkpoint"]["size"])
    pairs.add("L5 = root", ledger["l5_closing"], ledger["checkpoint"]["root"])


def _kind_equations(pairs: Pairs, x: Mapping[str, Any]) -> None:
    """Hold open items by kind to the items themselves."""
    kinds = _grouped(x["items"], "kind")
    for row in x.get("by_kind", ()):
        some = kinds.pop(row["kind"], [])
        for days, count, amount in (
            (-1, "items", "amount_minor"),
            (LONG_DAYS, "over_30", "over_30_minor"),
            (VERY_LONG_DAYS, "over_90", "over_90_minor"),
        ):
            late = [one for one in some if one["age_days"] > days]
            stated = (row[count], row[amount])
            pairs.add(f"{row['kind']}: {count}", stated, (len(late), _total(late, "amount_minor")))
    if "by_kind" in x:
        pairs.add("X1 = Σ kinds", x["x1"], _total(x["by_kind"], "items"))


def _opening_equations(pairs: Pairs, figures: Mapping[str, Any]) -> None:
    before = figures["previous"]
    if before is None:
        return
    pairs.add("P1 = P5 before", figures["due"]["p1"], before["p5"])
    pairs.add("B1 = B7 before", figures["bank"]["b1"], before["b7"])
    pairs.add("T1 = T3 before", figures["transit"]["t1"], before["t3"])
    pairs.add("F1 = F8 before", figures["fund"]["total"]["f1"], before["f8"])
    pairs.add("L1 = last before + 1", figures["ledger"]["l1_first"], before["l1_last"] + 1)
    pairs.add("L5 = closing before", figures["ledger"]["l5_opening"], before["l5_closing"])


# --- figures from entries -----------------------------------------------------------------------


class Journal:
    """Adds up the entries of a journal: accounts, gifts, numbers.

    Args:
        commodity: Of the statement.
        first: Number of the first entry.
        tree: The tree before it.
    """

    def __init__(self, commodity: str, first: int, tree: Tree) -> None:
        self._commodity = commodity
        self._next = first
        self._tree = tree
        self.debits: dict[str, int] = defaultdict(int)
        self.credits: dict[str, int] = defaultdict(int)
        self.opened: dict[str, int] = defaultdict(int)
        self.moved: dict[tuple[str, str], int] = defaultdict(int)
        self.put_back: dict[str, int] = defaultdict(int)
        self.kinds: Counter[str] = Counter()
        self.refunds: list[tuple[str, str, int, bool]] = []
        self.fund_moves: list[tuple[str, int]] = []
        self.trouble: tuple[str, str] | None = None
        self.settled: dict[int, tuple[str, str, int]] = {}
        self.kept_of: set[str] = set()
        self.rates: dict[int, tuple[str, int, int, str]] = {}
        self._payouts: dict[int, tuple[str, str]] = {}
        self.is_readable = True
        self.limit: list[Any] | None = None
        self._limits: dict[int, list[Any]] = {}

    def take(self, entry: bytes) -> None:
        """Add an entry, by its exact bytes."""
        self._tree.add(leaf(entry))
        try:
            if len(entry) > ENTRY_MAX:
                raise ValueError(len(entry))
            self._add(json.loads(entry))
        except _WRONG:
            self.is_readable = False
            self._wrong("条目无法读取", "an entry cannot be read")
        self._next += 1

    def _wrong(self, zh: str, en: str) -> None:
        if self.trouble is None:
            self.trouble = (f"第 {self._next} 条：{zh}", f"entry {self._next}: {en}")

    def _add(self, value: Mapping[str, Any]) -> None:
        if value["seq"] != self._next:
            self._wrong(f"编号是 {value['seq']}", f"it is numbered {value['seq']}")
        self.kinds[value["kind"]] += 1
        self._refund(value["kind"], value["body"])
        self._settlement(value)
        if value["kind"].startswith("decision."):
            self._decision(value["kind"], value["seq"], value["body"])
        sums: dict[str, int] = defaultdict(int)
        lines = value["postings"]
        for line in lines:
            sums[line["commodity"]] += line["amount"]
        if any(sums.values()):
            self._wrong("借贷不平", "its postings do not sum to zero")
        for debit, credit in zip(lines[::2], lines[1::2], strict=True):
            if debit["commodity"] == self._commodity:
                amount = debit["amount"]
                self.debits[debit["account"]] += amount
                self.credits[credit["account"]] += amount
                way = _stage(credit["account"]), _stage(debit["account"])
                self._move(way, amount, is_back=value["kind"] == "match.released")
                is_opening = value["kind"] in ("account.opened", "opening.balances")
                if is_opening:
                    self.opened[debit["account"]] += amount
                self._fund_move(debit["account"], credit["account"], amount, is_opening=is_opening)

    def _move(self, way: tuple[str, str], amount: int, *, is_back: bool) -> None:
        """Note what went from one stage to another; what a release moves back is taken off the way that it had come."""
        out_of, into = way
        if is_back:
            self.moved[into, out_of] -= amount
            self.put_back[into] += amount
        else:
            self.moved[out_of, into] += amount

    def _decision(self, kind: str, seq: int, body: Mapping[str, Any]) -> None:
        """Follow decisions about the limit on management cost: the last one that all have approved holds."""
        number = body["number"]
        if kind in ("decision.proposed", "decision.edited"):
            said = body["content"].get("management_limit")
            self._limits.pop(number, None)
            if said is not None:
                self._limits[number] = [said, len(body["needed"])]
        elif kind == "decision.approved" and number in self._limits:
            open_limit = self._limits[number]
            open_limit[1] -= 1
            if not open_limit[1]:
                self.limit = [open_limit[0]["permyriad"], open_limit[0]["source"], seq]

    def _refund(self, kind: str, body: Mapping[str, Any]) -> None:
        """Note what was given back of a gift, and what a settlement took back for some."""
        if body.get("commodity") != self._commodity:
            return
        if kind == "gift.reversed":
            step = "late" if body["settled"] else "void"
            is_minor = body["reason"] == "minor-refund"
            self.refunds.append((step, body["channel"], body["amount"], is_minor))
        elif kind == "settlement" and body["net_commodity"] == self._commodity and body["refund"]:
            self.refunds.append(("charge", body["channel"], body["refund"], False))

    def _settlement(self, value: Mapping[str, Any]) -> None:
        """Note settlements, what paid them, and which channels' were closed by what nobody paid."""
        body = value["body"]
        if value["kind"] == "settlement" and body["net_commodity"] == self._commodity:
            self.settled[value["seq"]] = (body["channel"], body["statement_no"], body["net"])
        elif value["kind"] == "payout":
            self._payouts[value["seq"]] = (body["channel"], body["statement_no"])
        elif value["kind"] == "match.released":
            for seq in body["reverses"]:
                self._payouts.pop(seq, None)
        elif value["kind"] == "rate.set":
            worth = (body["unit"], body["units"], body["minor"], body["commodity"])
            self.rates[value["seq"]] = worth
        elif value["kind"] == "adjustment":
            self.kept_of |= {line["account"].rpartition(":")[2] for line in value["postings"]}

    def unpaid(self) -> dict[int, tuple[str, str, int]]:
        """Return the settlements of the journal that nothing in it paid: platform, its number, net; by entry."""
        paid = set(self._payouts.values())
        return {seq: one for seq, one in self.settled.items() if one[:2] not in paid}

    def _fund_move(self, into: str, out_of: str, amount: int, *, is_opening: bool) -> None:
        """Note what moves the fund, by the line that counts it."""
        if _stage(into) == _stage(out_of) == "Assets:Fund":
            return
        for account, other, sign in ((into, out_of, 1), (out_of, into, -1)):
            if account.startswith("Assets:Fund:"):
                line = next((line for start, line in _FUND_LINES if other.startswith(start)), "F4")
                self.fund_moves.append(("opening" if is_opening else line, sign * amount))

    def debit(self, prefix: str) -> int:
        """Add up the debits of the accounts whose name begins so."""
        return sum(amount for name, amount in self.debits.items() if name.startswith(prefix))

    def credit(self, prefix: str) -> int:
        """Add up their credits."""
        return sum(amount for name, amount in self.credits.items() if name.startswith(prefix))

    def balance(self, prefix: str) -> int:
        """Return by how much their debits exceed their credits."""
        return self.debit(prefix) - self.credit(prefix)

    def opening(self, prefix: str) -> int:
        """Add up what they held when they were opened."""
        return sum(amount for name, amount in self.opened.items() if name.startswith(prefix))

    def root(self) -> bytes:
        """Return the root behind the last entry."""
        return self._tree.root()

    def size(self) -> int:
        """Return how many leaves the tree has."""
        return self._tree.size


def _stage(account: str) -> str:
    return ":".join(account.split(":")[:2])


_FUND_LINES = (
    ("Assets:InTransit:", "F2"),
    ("Expenses:Programme:", "F5"),
    ("Expenses:Management", "F6"),
    ("Expenses:FundFees:", "F6"),
    ("Expenses:DonationRefunds:Fund", "F3"),
    ("Income:Donations", "F3"),
    ("Income:ReturnedGrants", "F7"),
)


def minors_of(
    queues: Sequence[Mapping[str, Any]], events: Iterable[tuple[str, str, int, bool]]
) -> int:
    """Add up the refunds for minors: those of entries that say so, and of charges what falls on such gifts.

    Args:
        queues: Where each platform stood before, as the figures state it.
        events: Step, platform, amount, and whether it was a minor's, in the order of the entries.

    Returns:
        Minor units.
    """
    waiting = {one["platform"]: deque(list(gift) for gift in one["waiting"]) for one in queues}
    ahead = defaultdict(int, {one["platform"]: one["ahead_minor"] for one in queues})
    found = 0
    for step, platform, amount, is_minor in events:
        line = waiting.setdefault(platform, deque())
        if step == "void":
            found += amount if is_minor else 0
        elif step == "late":
            known = min(amount, ahead[platform])
            ahead[platform] -= known
            line.append([amount - known, is_minor])
        else:
            left = amount
            while left and line:
                taken = min(left, line[0][0])
                found += taken if line[0][1] else 0
                left -= taken
                line[0][0] -= taken
                if not line[0][0]:
                    line.popleft()
            ahead[platform] += left
    return found


_PAID = {"F5": ("programme_minor", 0), "F6": ("management_minor", 1)}
"""Lines that are paid: what the other side had paid of them before, and which side pays first (0 is the bound one)."""


def sides_of(
    fund: Mapping[str, Any], moves: Iterable[tuple[str, int]], *, begun: bool
) -> list[dict[str, int]]:
    """Add up what moved the fund by line, on the bound side and on the other.

    Args:
        fund: As the figures state it: where both sides stood before.
        moves: Line and signed amount, in the order of the entries.
        begun: It is the fund's first period: what was there is its opening.

    Returns:
        Bound and unbound, by code; `F8` is what both hold at the end.
    """
    held = [0 if begun else fund[side]["f1"] for side in ("restricted", "unrestricted")]
    lent = {line: fund["restriction"][name] for line, (name, _) in _PAID.items()}
    sums: list[dict[str, int]] = [defaultdict(int), defaultdict(int)]
    for line, amount in moves:
        code = line if line != "opening" else "F1" if begun else "F4"
        first = 1 if code == "F4" else 0
        rest = 0
        if code in _PAID:
            first = _PAID[code][1]
            rest = min(amount, lent[code]) if amount >= 0 else min(0, amount + max(0, held[first]))
            lent[code] -= rest
        for side, part in ((first, amount - rest), (1 - first, rest)):
            held[side] += part
            sums[side][code] += part
    for side, total in enumerate(held):
        sums[side]["F8"] = total
    return sums


def _side_pairs(pairs: Pairs, figures: Mapping[str, Any], journal: Journal) -> None:
    fund = figures["fund"]
    if fund["restricted"] is None:
        return
    begun = figures["previous"] is None
    sums = sides_of(fund, journal.fund_moves, begun=begun)
    for name, found in zip(("restricted", "unrestricted"), sums, strict=True):
        for code in ("F2", "F3", "F4", "F5", "F6", "F7", "F8"):
            sign = -1 if code in _PAID else 1
            stated = fund[name][code.lower()]
            pairs.add(f"{code} {name} = Σ entries", stated, sign * found[code])


def _cost_pairs(pairs: Pairs, figures: Mapping[str, Any], journal: Journal) -> None:
    """Hold management cost by kind to the accounts of each kind."""
    start, fees = "Expenses:Management:", "Expenses:FundFees:"
    names = {one for one in (*journal.debits, *journal.credits) if one.startswith(start)}
    found = {name.removeprefix(start): journal.balance(name) for name in names}
    found["FundFees"] = journal.balance(fees)
    stated = {one["code"]: one["amount_minor"] for one in figures["fund"].get("costs", ())}
    if "costs" in figures["fund"]:
        moved = {code: amount for code, amount in found.items() if amount}
        pairs.add("F6 by kind = Σ entries", sorted(stated.items()), sorted(moved.items()))


def _unpaid_pairs(pairs: Pairs, figures: Mapping[str, Any], journal: Journal) -> None:
    """Hold the period's settlements that are listed as not paid to the entries."""
    if "unpaid" not in figures["due"]:
        return
    first = figures["ledger"]["l1_first"] or 0
    listed = {
        one["entry"]: (one["platform"], one["platform_ref"], one["amount_minor"])
        for one in figures["due"]["unpaid"]
        if one["entry"] >= first
    }
    # A write-off closes a settlement and names only the exception about it: then it may be listed or not.
    expected = {
        seq: one
        for seq, one in journal.unpaid().items()
        if seq in listed or one[0] not in journal.kept_of
    }
    pairs.add("unpaid settlements = entries", listed, expected)


_ADJUSTING = (
    "spend.reversed",
    "movement.reversed",
    "match.released",
    "adjustment",
    "period.reopened",
)


def recomputed(figures: Mapping[str, Any], journal: Journal) -> Pairs:
    """Hold lines to what the entries add up to."""
    pairs, lines, j = Pairs(), figures["lines"], journal
    begun = figures["previous"] is None
    conversion = j.credit("Equity:Conversion") - j.debit("Equity:Conversion")
    beside = j.credit("Income:Unattributed:") - j.debit("Income:Unattributed:")
    kept = ("Expenses:WrittenOff:Payout:", "Expenses:Rounding:", "Expenses:PlatformFees:")
    written_off = sum(j.balance(prefix) for prefix in kept)
    put_back = j.put_back["Assets:Payout"]
    sums = {
        "G1": j.kinds["gift"],
        "G2": j.credit("Income:Gifts:") + beside + conversion,
        "G3": j.debit("Income:Gifts:") + j.balance("Expenses:Chargebacks:"),
        "G4": j.balance("Expenses:PlatformShare:"),
        "G5": j.balance("Expenses:Tax:"),
        "G6": j.balance("Assets:Platform:") + j.debit("Assets:Payout:") - put_back,
        "P3": j.credit("Assets:Payout:") - put_back - written_off,
        "P4": written_off,
        "B2": j.moved["Assets:Payout", "Assets:Bank"],
        "B4": j.moved["Assets:Bank", "Assets:InTransit"],
        "T2": j.moved["Assets:InTransit", "Assets:Fund"],
        "T2r": j.moved["Assets:InTransit", "Assets:Bank"],
        "B5": j.balance("Expenses:BankFees:"),
        "F5": j.balance("Expenses:Programme:"),
        "F3": j.moved["Income:Donations", "Assets:Fund"]
        - j.moved["Assets:Fund", "Income:Donations"]
        - j.balance("Expenses:DonationRefunds:Fund"),
        "F6": j.balance("Expenses:FundFees:") + j.balance("Expenses:Management:"),
        "F7": j.moved["Income:ReturnedGrants", "Assets:Fund"]
        - j.moved["Assets:Fund", "Income:ReturnedGrants"],
        "B6": j.balance("Expenses:Other:Bank") + j.balance("Expenses:DonationRefunds:Bank"),
        "L4a": sum(j.debits.values()),
        "L4b": sum(j.credits.values()),
        "L2": sum(j.kinds.values()),
    }
    if lines["G3a"] is not None:
        sums["G3a"] = minors_of(figures["gifts"]["queues"], j.refunds)
        sums["G3b"] = sums["G3"] - sums["G3a"]
    for code, value in sums.items():
        pairs.add(f"{code} = Σ entries", lines[code], value)
    _side_pairs(pairs, figures, j)
    _cost_pairs(pairs, figures, j)
    _unpaid_pairs(pairs, figures, j)
    for one in figures.get("rates", ()):
        if one["entry"] >= (figures["ledger"]["l1_first"] or 0):
            stated = (one["unit"], one["units"], one["minor"], one["commodity"])
            pairs.add(f"rate of entry {one['entry']}", stated, j.rates.get(one["entry"]))
    for kind in _ADJUSTING:
        listed = sum(one["kind"] == kind for one in figures["adjustments"])
        pairs.add(f"adjustments: {kind} = entries", listed, j.kinds[kind])
    if j.limit is not None:
        limit = figures["fund"]["limit"]
        pairs.add("limit", [limit[name] for name in ("permyriad", "source", "entry")], j.limit)
    ends = {
        ("P1", "P5"): ("Assets:Platform:", "Assets:Payout:"),
        ("B1", "B7"): ("Assets:Bank:",),
        ("T1", "T3"): ("Assets:InTransit:",),
        ("F1", "F8"): ("Assets:Fund:",),
    }
    for (opening, closing), prefixes in ends.items():
        change = sum(j.balance(prefix) for prefix in prefixes)
        # The first statement of a fund takes what its accounts held when they were opened as its opening.
        change -= sum(j.opening(prefix) for prefix in prefixes) if begun else 0
        pairs.add(f"{closing} − {opening} = Σ entries", lines[closing] - lines[opening], change)
    return pairs


# --- registers ----------------------------------------------------------------------------------


Rows = Iterator[Mapping[str, str]]
"""A register, read row by row: it may have many."""


def table(content: bytes) -> Rows:
    """Read a register.

    Yields:
        Its rows.

    Raises:
        Unreadable: It is not UTF-8 with a byte-order mark, or a row has more or fewer cells than there are columns.
    """
    if not content.startswith(b"\xef\xbb\xbf"):
        raise Unreadable("表格不是带 BOM 的 UTF-8", "a register is not UTF-8 with its mark")
    with io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="") as text:
        for row in csv.DictReader(text):
            if None in row or None in row.values():
                raise Unreadable("表格有一行不完整", "a row of a register is not whole")
            yield row


def _sum(rows: Iterable[Mapping[str, str]], column: str) -> int:
    return sum(int(row[column] or 0) for row in rows)


def _count(rows: Rows) -> int:
    return sum(1 for _ in rows)


def registers(figures: Mapping[str, Any], files: Mapping[str, bytes]) -> Pairs:
    """Hold the registers to the lines that they make."""
    pairs, lines = Pairs(), figures["lines"]
    checks: dict[str, Callable[[Rows], None]] = {
        "gifts.csv": lambda rows: _gift_rows(pairs, figures, rows),
        "transfers.csv": lambda rows: _transfer_rows(pairs, figures, rows),
        "settlements.csv": lambda rows: _settlement_rows(pairs, figures, rows),
        "fund_movements.csv": lambda rows: _fund_rows(pairs, figures, rows),
        "spending_by_group.csv": lambda rows: pairs.add(
            "S1 = Σ spending_by_group.csv", lines["S1"], _sum(rows, "amount_fen")
        ),
        "spending_by_disease.csv": lambda rows: pairs.add(
            "S2 = Σ spending_by_disease.csv", lines["S2"], _sum(rows, "amount_fen")
        ),
        "spending_by_provider.csv": lambda rows: pairs.add(
            "S3 = Σ spending_by_provider.csv", lines["S3"] or 0, _sum(rows, "amount_fen")
        ),
        "adjustments.csv": lambda rows: pairs.add(
            "adjustments = rows of adjustments.csv", len(figures["adjustments"]), _count(rows)
        ),
        "exceptions.csv": lambda rows: _exception_rows(pairs, figures, rows),
        "corrections.csv": lambda rows: pairs.add(
            "corrections = rows of corrections.csv", len(figures["corrections"]), _count(rows)
        ),
    }
    for name, check in checks.items():
        if name in files:
            check(table(files[name]))
    return pairs


def _gift_rows(pairs: Pairs, figures: Mapping[str, Any], rows: Rows) -> None:
    gifts = figures["gifts"]
    platforms = [one for one in gifts["by_platform"] if not one["platform"].endswith("/beside")]
    count = gross = first = 0
    is_gapless = True
    for row in rows:
        number = int(row["gift_no"])
        first = first if count else number
        is_gapless = is_gapless and number == first + count
        gross += int(row["gross_fen"] or 0)
        count += 1
    pairs.add("G1 = rows of gifts.csv", gifts["g1"], count)
    pairs.add("G2 of gifts = Σ gifts.csv", _total(platforms, "gross_minor"), gross)
    pairs.add("gifts.csv: numbers without a gap", is_gapless, True)


def _transfer_rows(pairs: Pairs, figures: Mapping[str, Any], rows: Rows) -> None:
    first, last = figures["ledger"]["l1_first"] or 0, figures["ledger"]["l1_last"]
    last = -1 if last is None else last
    sent = (row for row in rows if first <= int(row["entry_no"]) <= last)
    pairs.add("B4 = Σ transfers.csv", figures["bank"]["b4"], _sum(sent, "amount_fen"))


_SETTLED = ("gross", "refund", "share", "deduction", "net")


def _settlement_rows(pairs: Pairs, figures: Mapping[str, Any], rows: Rows) -> None:
    sums = dict.fromkeys(_SETTLED, 0)
    for row in rows:
        for column in _SETTLED:
            sums[column] += int(row[f"{column}_fen"] or 0)
    for column, found in sums.items():
        left = _total(figures["due"]["settlements"], f"{column}_minor")
        pairs.add(f"settlements: {column} = Σ settlements.csv", left, found)


def _fund_rows(pairs: Pairs, figures: Mapping[str, Any], rows: Rows) -> None:
    total = figures["fund"]["total"]
    signs = {"F2": 1, "F3": 1, "F4": 1, "F5": -1, "F6": -1, "F7": 1}
    sums, bound = dict.fromkeys(signs, 0), dict.fromkeys(signs, 0)
    for row in rows:
        if row["line"] in signs:
            amount = int(row["amount_fen"])
            sums[row["line"]] += amount
            bound[row["line"]] += amount if row["restricted"] == "yes" else 0
    for code, sign in signs.items():
        line = code.lower()
        pairs.add(f"{code} = Σ fund_movements.csv", total[line], sign * sums[code])
        if figures["fund"]["restricted"] is not None:
            stated = figures["fund"]["restricted"][line]
            pairs.add(f"{code} restricted = Σ fund_movements.csv", stated, sign * bound[code])


def _exception_rows(pairs: Pairs, figures: Mapping[str, Any], rows: Rows) -> None:
    count = amount = 0
    for row in rows:
        count += 1
        amount += int(row["amount_fen"] or 0)
    pairs.add("X1 = rows of exceptions.csv", figures["open"]["x1"], count)
    pairs.add("X2 = Σ exceptions.csv", figures["open"]["x2"], amount)


# --- what the pages print -----------------------------------------------------------------------

_COUNTS = {"G1", "X1", "X3", "X4"}
_DASH = "—"


@dataclass
class Printed:
    """What the tables of the pages say, read by their tags.

    Attributes:
        lines: Figures beside each code, digits only; None for a dash.
        digests: SHA-256 beside each file's name.
        months: Figures of each month beside a code, then the corrections, then the total.
    """

    lines: dict[str, list[int | None]] = field(default_factory=lambda: defaultdict(list))
    digests: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    months: dict[str, list[list[int | None]]] = field(default_factory=lambda: defaultdict(list))


_CODE = re.compile(r"[GPBTFSX]\d{1,2}[abr]?")
_DIGEST = re.compile(r"(?:[0-9a-f]{8}\s*){8}")
_LINE_CELLS = (3, 4)
_MONTHS_ROW = re.compile(r"([GPBTF]\d{1,2}r?) \S")
_PRINTED = {"R": "PBTFX", "C": "-"}
"""Letters of the lines that a reconciliation report and a correction notice print as coded lines."""


def printed(rows: Iterable[Sequence[str]]) -> Printed:
    """Read lines and digests out of the rows of tagged tables."""
    found = Printed()
    for cells in rows:
        first = cells[0].strip()
        named = _MONTHS_ROW.match(first)
        if _CODE.fullmatch(first) and len(cells) in _LINE_CELLS:
            found.lines[first].append(_digits(cells[2]))
        elif named and len(cells) >= _LINE_CELLS[0]:
            found.months[named[1]].append([_digits(one) for one in cells[1:]])
        elif _DIGEST.fullmatch(cells[-1].strip()):
            name = re.match(r"[\w.-]+?\.(?:csv|jsonl|json|py)", first)
            if name:
                found.digests[name[0]].append(re.sub(r"\s", "", cells[-1]))
    return found


def _digits(cell: str) -> int | None:
    figure = cell.strip()
    digits = re.sub(r"\D", "", figure)
    return None if figure == _DASH or not digits else int(digits)


def pages(figures: Mapping[str, Any], manifest: bytes, seen: Printed) -> Pairs:
    """Hold what the pages print to the attachments."""
    pairs = Pairs()
    for code, value in figures["lines"].items():
        if code[0] == "L" or code in {"G3a", "G3b", "G5a", "G5b"}:
            continue
        if code == "T2r" and not value:
            continue
        if code[0] not in _PRINTED.get(figures["kind"], code):
            continue
        shown = seen.lines.get(code, [])
        pairs.add(f"{code} stands in the pages", bool(shown), True)
        for one in shown:
            pairs.add(f"{code} as printed", one, None if value is None else abs(value))
    _month_pairs(pairs, figures, seen)
    listed = {one["name"]: one["sha256"] for one in json.loads(manifest)["files"]}
    listed[MANIFEST] = hashlib.sha256(manifest).hexdigest()
    for name, digest in listed.items():
        shown_digests = seen.digests.get(name, [])
        pairs.add(f"digest of {name} stands in the pages", bool(shown_digests), True)
        for other in shown_digests:
            pairs.add(f"digest of {name} as printed", other, digest)
    return pairs


def _month_pairs(pairs: Pairs, figures: Mapping[str, Any], seen: Printed) -> None:
    months = [dict(one["lines"]) for one in figures["columns"]]
    if not months:
        return
    for code in ("G2", "G6", "P3", "B4", "T2", "F5", "F8"):
        expected = [abs(one[code]) for one in months]
        shown = seen.months.get(code, [])
        pairs.add(f"{code} of each month stands in the pages", bool(shown), True)
        for one in shown:
            pairs.add(f"{code} of each month as printed", one[:-2], expected)
            pairs.add(f"{code} of all months as printed", one[-1], abs(figures["lines"][code]))


# --- the checks, one after the other ------------------------------------------------------------


@dataclass
class Bundle:
    """What is to be checked.

    Attributes:
        files: Attachments by name.
        pdf: The file that they came in; None if they were taken out of it before.
        beside: Folder in which files that are served may have been put.
    """

    files: dict[str, bytes]
    pdf: Pdf | None = None
    beside: Path | None = None


def check(
    bundle: Bundle, keys: Sequence[str] = (), previous: Bundle | None = None
) -> list[Outcome]:
    """Check a statement.

    Args:
        bundle: The statement.
        keys: The log's public keys, from elsewhere; else those that the file names are used, and that is said.
        previous: The statement before it.

    Returns:
        What each check came to, in the order in which they are best read.

    Raises:
        Unreadable: Manifest or figures are missing or cannot be read.
    """
    manifest, figures = _json(bundle, MANIFEST), _json(bundle, FIGURES)
    try:
        found = [
            *_files(bundle, manifest),
            _compared("figures", _manifest_pairs(manifest, figures), *_FIGURES_SAID),
            _compared("equations", equations(figures), *_EQUATIONS_SAID),
            _compared("registers", registers(figures, bundle.files), *_REGISTERS_SAID),
            *_log(bundle, figures, keys),
            _previous(figures, manifest, previous),
            _pages(bundle, figures),
            _signatures(bundle),
        ]
    except _WRONG as error:
        raise Unreadable(
            f"附件的内容不完整（{error!r:.80}）", f"the attachments are not whole ({error!r:.80})"
        ) from error
    return found


_FIGURES_SAID = (
    "清单和 figures.json 的代码逐一相等",
    "manifest and figures.json state the same lines",
)
_EQUATIONS_SAID = ("报告的等式逐一重算", "every equation of the statement, worked out again")
_REGISTERS_SAID = ("明细表加出来的数就是各行", "the registers add up to the lines")


def _json(bundle: Bundle, name: str) -> dict[str, Any]:
    if name not in bundle.files:
        raise Unreadable(f"缺少附件 {name}", f"the attachment {name} is missing")
    if len(bundle.files[name]) > JSON_MAX:
        raise Unreadable(f"附件 {name} 太大", f"the attachment {name} is too large")
    try:
        found = json.loads(bundle.files[name])
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            f"附件 {name} 无法读取", f"the attachment {name} cannot be read"
        ) from error
    if not isinstance(found, dict):
        raise Unreadable(f"附件 {name} 无法读取", f"the attachment {name} cannot be read")
    return found


def _compared(name: str, pairs: Pairs, zh: str, en: str) -> Outcome:
    wrong = pairs.different()
    if wrong is None:
        return Outcome(name, HELD, len(pairs.found), zh, en)
    what, left, right = wrong
    return Outcome(
        name,
        BROKEN,
        len(pairs.found),
        zh,
        en,
        f"{what}：一边是 {left}，另一边是 {right}",
        f"{what}: one side is {left}, the other {right}",
        (what, str(left), str(right)),
    )


def _files(bundle: Bundle, manifest: Mapping[str, Any]) -> Iterator[Outcome]:
    pairs, absent = Pairs(), []
    for one in manifest["files"]:
        name = one["name"]
        content = bundle.files.get(name)
        if content is None and not one["embedded"]:
            content = _beside(bundle, name)
            if content is None:
                absent.append(one)
                continue
            bundle.files[name] = content
        digest = None if content is None else hashlib.sha256(content).hexdigest()
        pairs.add(f"SHA-256 {name}", digest, one["sha256"])
    known = {one["name"] for one in manifest["files"]} | {MANIFEST}
    for name in sorted(bundle.files.keys() - known):
        pairs.add(f"{name}: attached but not listed", name, None)
    yield _compared(
        "files",
        pairs,
        "每个附件都在，和清单里的摘要相同，没有多出来的",
        "each attachment is there with the digest that the manifest has, and none beside",
    )
    for one in absent:
        yield Outcome(
            "served",
            NOT_CHECKED,
            0,
            f"{one['name']} 太大，没有嵌入；从 {one['url']} 下载，放在旁边再核对一次",
            f"{one['name']} is too large to embed; fetch it from {one['url']}, put it beside, check again",
        )


def _beside(bundle: Bundle, name: str) -> bytes | None:
    if bundle.beside is None or Path(name).name != name:
        return None
    path = bundle.beside / name
    return _content(path) if path.is_file() else None


def _manifest_pairs(manifest: Mapping[str, Any], figures: Mapping[str, Any]) -> Pairs:
    pairs = Pairs()
    pairs.add("number", manifest["number"], figures["number"])
    pairs.add("commodity", manifest["commodity"], figures["commodity"])
    for code in sorted(manifest["lines"].keys() | figures["lines"].keys()):
        pairs.add(code, manifest["lines"].get(code, ""), figures["lines"].get(code, ""))
    ledger, log = figures["ledger"], manifest["log"]
    pairs.add("root", log["root"], ledger["checkpoint"]["root"])
    pairs.add("size", log["size"], ledger["checkpoint"]["size"])
    listed = {one["name"]: one["sha256"] for one in manifest["files"]}
    for one in figures["attachments"]:
        pairs.add(f"{one['name']} in both lists", listed.get(one["name"]), one["sha256"])
    return pairs


def _log(bundle: Bundle, figures: Mapping[str, Any], keys: Sequence[str]) -> Iterator[Outcome]:
    proof = _json(bundle, CHECKPOINTS)
    closing, opening = proof["closing"], proof["opening"]
    stated = figures["ledger"]["checkpoint"]
    pairs = Pairs()
    origin, size, root = checkpoint(closing["note"])
    pairs.add("origin", origin, stated["origin"])
    pairs.add("size", (size, closing["size"]), (stated["size"], stated["size"]))
    pairs.add("root", (_b64(root), closing["root"]), (stated["root"], stated["root"]))
    pairs.add("note", closing["note"], stated["note"])
    yield _compared(
        "checkpoint",
        pairs,
        "检查点就是报告里写的那一个",
        "the checkpoint is the one that the statement states",
    )
    yield _signature(closing["note"], proof["keys"], keys)
    later = proof.get("witnessed")
    if later is None:
        yield _witnesses(closing["note"], proof["witnesses"])
    else:
        joined = _witnessed(proof, later)
        is_broken = joined.state == BROKEN
        yield joined if is_broken else _witnesses(later["note"], proof["witnesses"])
    if proof["timestamps"]:
        yield _stamps(proof)
    yield from _tree(bundle, figures, opening, proof)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _signature(note: str, named: Sequence[str], keys: Sequence[str]) -> Outcome:
    held, _ = signed_by(note, keys or named)
    said = (
        ("检查点由账本的密钥签名", "the checkpoint is signed with the ledger's key")
        if keys
        else (
            "检查点由这份文件自己写明的密钥签名；密钥是谁的，请和基金网页或别处的比对："
            + ", ".join(named),
            "the checkpoint is signed with the key that this file names; compare the key with the one on the"
            " fund's page or elsewhere: " + ", ".join(named),
        )
    )
    if held:
        return Outcome("signature", HELD, len(held), *said)
    return Outcome(
        "signature",
        BROKEN,
        0,
        "检查点的签名",
        "the signature of the checkpoint",
        "没有一个签名对得上给出的密钥",
        "no signature fits a key that was given",
    )


def _witnesses(note: str, named: Sequence[str]) -> Outcome:
    held, _ = signed_by(note, named)
    if len(held) < len(named):
        return Outcome(
            "witnesses",
            BROKEN,
            len(named),
            "见证人的签名",
            "the signatures of witnesses",
            f"{len(named)} 个里只有 {len(held)} 个对得上",
            f"only {len(held)} of {len(named)} hold",
            ("witnesses", str(len(held)), str(len(named))),
        )
    if held:
        return Outcome(
            "witnesses",
            HELD,
            len(held),
            "见证人签过这个检查点；他们的密钥请从别处比对：" + ", ".join(named),
            "witnesses have signed this checkpoint; compare their keys from elsewhere: "
            + ", ".join(named),
        )
    return Outcome(
        "witnesses",
        NOT_CHECKED,
        0,
        "没有见证人在这个检查点上签过名，也没有外部时间戳",
        "no witness has signed this checkpoint, and it has no outside time stamp",
    )


def _witnessed(proof: Mapping[str, Any], later: Mapping[str, Any]) -> Outcome:
    """Hold the later checkpoint that witnesses signed to the closing one."""
    pairs = Pairs()
    origin, size, root = checkpoint(later["note"])
    closing = (proof["closing"]["size"], base64.b64decode(proof["closing"]["root"]))
    steps = [base64.b64decode(step) for step in later["consistency"]]
    pairs.add("origin", origin, proof["origin"])
    pairs.add("size", size, later["size"])
    pairs.add("root", _b64(root), later["root"])
    pairs.add("it is later", size > closing[0], True)
    joined = extends((closing[0], size), (closing[1], root), steps)
    pairs.add("it goes on from the closing checkpoint", joined, True)
    return _compared(
        "witnesses",
        pairs,
        "见证人签的是稍后的检查点，它是期末账本的延续，没有改写过",
        "witnesses signed a later checkpoint, which continues the closing ledger; nothing was rewritten",
    )


def _stamps(proof: Mapping[str, Any]) -> Outcome:
    """Hold time stamps to the checkpoints that they were made over, and these to the closing tree."""
    pairs = Pairs()
    closing = (proof["closing"]["size"], base64.b64decode(proof["closing"]["root"]))
    for one in proof["timestamps"]:
        _, size, root = checkpoint(one["note"])
        imprint = hashlib.sha256(one["note"].encode()).digest()
        token = base64.b64decode(one["token"])
        pairs.add(f"token of {one['at']} names its checkpoint", imprint in token, True)
        steps = [base64.b64decode(step) for step in one["consistency"]]
        joined = extends((size, closing[0]), (root, closing[1]), steps)
        pairs.add(f"checkpoint of {size} entries goes on to the closing one", joined, True)
    return _compared(
        "stamps",
        pairs,
        "时间戳盖在本账本的检查点上，期末的账本是它的延续；时间戳机构是谁没有核对",
        "time stamps are over checkpoints that the closing ledger continues; whose stamps they are was not checked",
    )


def _tree(
    bundle: Bundle,
    figures: Mapping[str, Any],
    opening: Mapping[str, Any] | None,
    proof: Mapping[str, Any],
) -> Iterator[Outcome]:
    first = opening["size"] if opening else 0
    before = Tree(first, [base64.b64decode(one) for one in proof["edge"]])
    pairs = Pairs()
    stated = figures["ledger"]["l5_opening"]
    pairs.add("opening root", _b64(before.root()) if first else None, stated)
    closing = base64.b64decode(proof["closing"]["root"])
    if opening:
        pairs.add("opening checkpoint", checkpoint(opening["note"])[1:], (first, before.root()))
        sizes = (first, proof["closing"]["size"])
        steps = [base64.b64decode(one) for one in proof["consistency"]]
        joined = extends(sizes, (before.root(), closing), steps)
        pairs.add("consistency proof", joined, True)
    yield _compared(
        "consistency",
        pairs,
        "期末的账本是期初账本的延续，没有改写过",
        "the closing ledger continues the opening one; nothing was rewritten",
    )
    if JOURNAL not in bundle.files:
        yield Outcome(
            "journal",
            NOT_CHECKED,
            0,
            "分录太多，没有嵌入；用 python -m ledger verify 加账本网址，逐条重算",
            "there are too many entries to embed: recompute them with python -m ledger verify and the log's address",
        )
        return
    yield from _journal(bundle, figures, before, closing)


def _journal(
    bundle: Bundle, figures: Mapping[str, Any], before: Tree, closing: bytes
) -> Iterator[Outcome]:
    first = before.size
    journal = Journal(figures["commodity"], first, before)
    for line in io.BytesIO(bundle.files[JOURNAL]):
        journal.take(line.removesuffix(b"\n"))
        if not journal.is_readable:
            break
    pairs = Pairs()
    if journal.trouble:
        pairs.add(journal.trouble[1], True, False)
    pairs.add("size", journal.size(), figures["ledger"]["checkpoint"]["size"])
    pairs.add("root", _b64(journal.root()), _b64(closing))
    outcome = _compared(
        "journal",
        pairs,
        "从所附的分录重算出同一个树根，编号连续，借贷相平",
        "the attached entries make the same root, have no gap and balance",
    )
    yield replace(outcome, counted=journal.size() - first)
    yield _compared(
        "lines",
        recomputed(figures, journal),
        "各行从分录重新加过，相同",
        "the lines, added up again from the entries",
    )


def _previous(
    figures: Mapping[str, Any],
    manifest: Mapping[str, Any],
    previous: Bundle | None,
) -> Outcome:
    before = figures["previous"]
    if before is None:
        return Outcome(
            "previous",
            HELD,
            0,
            "这是基金的第一份报告，之前没有",
            "this is the fund's first statement",
        )
    if previous is None:
        return Outcome(
            "previous",
            NOT_CHECKED,
            0,
            f"没有给出上一份报告 {before['number']}，没有和它本身比对（--previous）",
            f"the statement before, {before['number']}, was not given to compare with (--previous)",
        )
    old, pairs = _json(previous, MANIFEST), Pairs()
    pairs.add("number", old["number"], before["number"])
    pairs.add("size", old["log"]["size"], before["l1_last"] + 1)
    pairs.add("root", old["log"]["root"], before["l5_closing"])
    for code, key in (("P5", "p5"), ("B7", "b7"), ("T3", "t3"), ("F8", "f8")):
        pairs.add(f"{code} of {old['number']}", old["lines"][code], before[key])
    published = (manifest["previous"] or {}).get("sha256") or {}
    if published and previous.pdf is not None:
        digest = hashlib.sha256(previous.pdf.data).hexdigest()
        pairs.add("SHA-256 as published", digest in published.values(), True)
    return _compared(
        "previous",
        pairs,
        f"期初就是上一份报告 {before['number']} 的期末",
        f"the opening is the closing of {before['number']}",
    )


def _pages(bundle: Bundle, figures: Mapping[str, Any]) -> Outcome:
    if bundle.pdf is None:
        return Outcome(
            "pages",
            NOT_CHECKED,
            0,
            "没有给出 PDF，没有核对印出来的数字",
            "no PDF was given: what the pages print was not compared",
        )
    return _compared(
        "pages",
        pages(figures, bundle.files[MANIFEST], printed(bundle.pdf.rows())),
        "印在页上的数字和摘要，与附件相同",
        "the figures and digests that the pages print are those of the attachments",
    )


def _signatures(bundle: Bundle) -> Outcome:
    found = [] if bundle.pdf is None else bundle.pdf.signatures()
    if bundle.pdf is not None and not found and behind_end(bundle.pdf.data):
        # What is left of a signed file that was cut off in its first signature is the file before it.
        return _compared("signatures", _BEHIND, *_BEHIND_SAID)
    if bundle.pdf is None or not found:
        return Outcome(
            "signatures",
            NOT_CHECKED,
            0,
            "文件上没有电子签名",
            "the file carries no electronic signature",
        )
    pairs, names = Pairs(), []
    for place, one in enumerate(found, start=1):
        signer = signer_of(one.cms, one.covered(bundle.pdf.data), stamp=one.is_stamp)
        pairs.add(f"signature {place} fits the bytes that it covers", signer is not None, True)
        names.append(signer or "?")
    pairs.add("the last one covers the file to its end", found[-1].end, len(bundle.pdf.data))
    told = "; ".join(dict.fromkeys(names))
    return _compared(
        "signatures",
        pairs,
        f"签名和时间戳与它们覆盖的字节相符，最后一个覆盖到文件末尾；证书是谁的没有核对，请比对：{told}",
        "signatures and time stamps fit the bytes that they cover, and the last covers the file to its end; whose"
        f" certificates they are was not checked, compare: {told}",
    )


_BEHIND = Pairs([("bytes behind the end of the file", True, False)])
_BEHIND_SAID = (
    "文件没有签名，结尾后面却还有字节：可能是签过名的文件被截断了",
    "the file has no signature, and bytes behind its end: it may be a signed one that was cut off",
)


def behind_end(data: bytes) -> bool:
    """Tell whether bytes stand behind the last mark of a PDF's end."""
    return bool(data.rpartition(b"%%EOF")[2].strip())


# --- signatures (CMS) ---------------------------------------------------------------------------

_DIGESTS = {
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_PSS = bytes.fromhex("2a864886f70d01010a")
_LONG, _SET, _OCTETS, _TAGGED = 0x80, 0x31, 0x04, 0xA0


@dataclass(frozen=True)
class Der:
    """One value of DER: its tag, its content, and its whole bytes."""

    tag: int
    content: bytes
    whole: bytes

    def parts(self) -> list[Der]:
        """Return the values that it is made of."""
        found, at = [], 0
        while at < len(self.content):
            one = der(self.content, at)
            found.append(one)
            at += len(one.whole)
        return found


def der(data: bytes, at: int = 0) -> Der:
    """Read the value of some bytes that begins at a place.

    Raises:
        ValueError: There is none.
    """
    if len(data) < at + len("tl"):
        raise ValueError
    length, start = data[at + 1], at + 2
    if length & _LONG:
        start += length & ~_LONG
        length = int.from_bytes(data[at + 2 : start], "big")
    if start + length > len(data):
        raise ValueError
    return Der(data[at], data[start : start + length], data[at : start + length])


def signer_of(cms: bytes, covered: bytes, *, stamp: bool) -> str | None:
    """Verify a signature over bytes, with a certificate that it brings itself.

    Args:
        cms: A CMS SignedData (RFC 5652), zeros behind it.
        covered: What it has to be over.
        stamp: It is a time stamp token, which holds the digest of these bytes.

    Returns:
        Name and SHA-256 of the certificate; None where it does not fit.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates
    from cryptography.x509 import InvalidVersion

    try:
        if len(cms) > CMS_MAX:
            return None
        outer = der(cms)
        body = outer.parts()[1].parts()[0].parts()
        info = body[-1].parts()[0].parts()
        attributes = next(one for one in info if one.tag == _TAGGED)
        digest_name = _digest_name(info[2])
        content = _inner(body[2]) if stamp else covered
        if stamp and hashlib.sha256(covered).digest() not in content:
            return None
        if hashlib.new(digest_name, content).digest() != _message_digest(attributes):
            return None
        place = info.index(attributes)
        scheme, signature = info[place + 1], info[place + 2].content
        message = bytes([_SET]) + attributes.whole[1:]
        hashed = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
        for one in load_der_pkcs7_certificates(outer.whole):
            if _fits(one.public_key(), signature, message, (hashed[digest_name], scheme)):
                digest = hashlib.sha256(one.public_bytes(_der_encoding())).hexdigest()
                return f"{one.subject.rfc4514_string()} (SHA-256 {digest})"
    except (*_WRONG, StopIteration, UnsupportedAlgorithm, InvalidVersion):
        return None
    return None


def _der_encoding() -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


def _digest_name(algorithm: Der) -> str:
    return _DIGESTS[algorithm.parts()[0].content]


def _inner(wrapped: Der) -> bytes:
    """Return the content that a signed value holds."""
    content = der(wrapped.parts()[1].content)
    return (
        content.content
        if content.tag == _OCTETS
        else b"".join(one.content for one in content.parts())
    )


def _message_digest(attributes: Der) -> bytes:
    for one in attributes.parts():
        name, values = one.parts()
        if name.content == _MESSAGE_DIGEST:
            return values.parts()[0].content
    raise ValueError


def _fits(key: Any, signature: bytes, message: bytes, how: tuple[Any, Der]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    hashed, scheme = how
    try:
        if isinstance(key, rsa.RSAPublicKey):
            is_pss = scheme.parts()[0].content == _PSS
            pad: Any = padding.PKCS1v15()
            if is_pss:
                pad = padding.PSS(padding.MGF1(hashed), padding.PSS.AUTO)
            key.verify(signature, message, pad, hashed)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(hashed))
        else:
            return False
    except InvalidSignature:
        return False
    return True


# --- reading what is given ----------------------------------------------------------------------


def read_bundle(path: Path) -> Bundle:
    """Read a statement from its PDF, or from a folder of what was taken out of it.

    Raises:
        Unreadable: Neither.
    """
    if path.is_dir():
        return Bundle(_listed(path), None, path)
    return bundle_of(_content(path), path.parent)


def _content(path: Path) -> bytes:
    """Read a file, unless it is larger than any of a statement, or a pipe that nobody writes into."""
    if path.exists() and not path.is_file():
        raise Unreadable(f"{path.name} 不是文件", f"{path.name} is not a file")
    with path.open("rb") as stream:
        data = stream.read(FILE_MAX + 1)
    if len(data) > FILE_MAX:
        raise Unreadable(f"{path.name} 太大", f"{path.name} is too large")
    return data


def bundle_of(data: bytes, beside: Path | None = None) -> Bundle:
    """Read a statement from the bytes of its PDF."""
    try:
        pdf = Pdf(data)
        return Bundle(pdf.attachments(), pdf, beside)
    except _WRONG as error:
        raise _damaged(type(error).__name__) from error


def _listed(folder: Path) -> dict[str, bytes]:
    """Read of a folder what its manifest names: other files may lie there."""
    found = {MANIFEST: _content(folder / MANIFEST)} if (folder / MANIFEST).is_file() else {}
    try:
        names = {str(one["name"]) for one in _json(Bundle(found), MANIFEST)["files"]}
    except _WRONG as error:
        raise Unreadable(
            f"附件 {MANIFEST} 无法读取", f"the attachment {MANIFEST} cannot be read"
        ) from error
    for name in sorted(names):
        path = folder / name
        if path.name == name and path.is_file():
            found[name] = _content(path)
    return found


def _beside_me(folder: Path) -> Path:
    found = sorted(folder.glob("*.pdf"))
    if len(found) == 1:
        return found[0]
    if (folder / MANIFEST).is_file():
        return folder
    raise Unreadable(
        "旁边没有 PDF，也没有取出来的附件；请写明文件",
        "there is no PDF beside this program, nor its attachments; name the file",
    )


_MARKS = {HELD: "✓", BROKEN: "✗", NOT_CHECKED: "–"}
_WORDS = {HELD: ("对", "holds"), BROKEN: ("不对", "WRONG"), NOT_CHECKED: ("未核对", "not checked")}


def shown(text: object) -> str:
    """Return a text as it is printed: cut, and nothing in it that steers a terminal."""
    letters = str(text)[:SHOWN_MAX]
    return "".join(one if one.isprintable() else "\ufffd" for one in letters)


def told(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Say what came out, in both languages.

    Yields:
        Lines.
    """
    for one in outcomes:
        zh, en = _WORDS[one.state]
        yield f"{_MARKS[one.state]} {zh} {shown(one.zh)}"
        yield f"  {en}: {shown(one.en)}" + (f" ({one.counted:,})" if one.counted else "")
        if one.detail_zh:
            yield f"    {shown(one.detail_zh)}"
            yield f"    {shown(one.detail_en)}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """Say the whole in one line."""
    broken = [one for one in outcomes if one.state == BROKEN]
    left = sum(one.state == NOT_CHECKED for one in outcomes)
    if broken:
        names = ", ".join(one.name for one in broken)
        return f"这份文件不对 This file is WRONG: {names}"
    held = sum(one.state == HELD for one in outcomes)
    return f"核对过的 {held} 项都对，{left} 项没有核对。 {held} checks hold, {left} were not made."


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what is named on the command line.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--previous", type=Path)
    parser.add_argument("--key", action="append", default=[])
    options = parser.parse_args(arguments)
    try:
        path = options.file or _beside_me(Path(__file__).resolve().parent)
        previous = read_bundle(options.previous) if options.previous else None
        outcomes = check(read_bundle(path), options.key, previous)
    except (Unreadable, OSError) as error:
        zh = error.zh if isinstance(error, Unreadable) else str(error)
        print(f"✗ {shown(zh)}\n  {shown(error)}")
        return 2
    print(shown(path.name))
    for line in told(outcomes):
        print(line)
    print(summary(outcomes))
    return 1 if any(one.state == BROKEN for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
