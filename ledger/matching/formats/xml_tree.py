"""XML from outside as a small tree that knows its lines.

In: bytes. Out: elements by their local names. Guaranteed: no document type, so no entities and no
network; at most `DEPTH_MAX` levels and `ELEMENTS_MAX` elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ledger.errors import FileFormatError, TooLargeError
from ledger.matching.formats.encodings import decode_as_stated

DEPTH_MAX = 64
"""A statement needs fifteen levels."""

ELEMENTS_MAX = 600_000
"""A statement of 5,000 batches has half of it, and takes 200 MiB."""

_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")


_NO_PIECES: list[str] = []
_NO_ATTRIBUTES: dict[str, str] = {}


class Element:
    """One element.

    Attributes:
        name: Local name; the namespace is dropped.
        line: Line of its start tag, from 1.
        attributes: By name as written.
        children: Elements in it, in order.
        text: Characters between its start and its first child or end, trimmed.
        pieces: The same while it is read.
    """

    __slots__ = ("attributes", "children", "line", "name", "pieces", "text")

    def __init__(self, name: str, line: int, attributes: dict[str, str]) -> None:
        self.name = name
        self.line = line
        self.attributes = attributes or _NO_ATTRIBUTES
        self.children: list[Element] = []
        self.text = ""
        self.pieces: list[str] = []

    def all(self, *path: str) -> Iterator[Element]:
        """Yield the elements at a path of names below this one, in order."""
        if not path:
            yield self
            return
        for child in self.children:
            if child.name == path[0]:
                yield from child.all(*path[1:])

    def first(self, *path: str) -> Element | None:
        """Return the first element at a path of names below this one, or None."""
        return next(self.all(*path), None)

    def text_at(self, *path: str) -> str:
        """Return the text of the first element at a path, empty if there is none."""
        found = self.first(*path)
        return "" if found is None else found.text


def read_tree(file: str, data: bytes) -> Element:
    """Parse a file.

    Args:
        file: File name for errors.
        data: The whole file.

    Returns:
        The outermost element.

    Raises:
        FileFormatError: Not well-formed (a download that was cut off is not), a document type, an
            encoding that is not read or not held.
        TooLargeError: Too deep or too many elements.
    """
    declared = _DECLARED.match(data)
    text = decode_as_stated(file, data, declared[1].decode("ascii") if declared else "utf-8")
    tree = _Tree(file)
    parser = DefusedXMLParser(target=tree, forbid_dtd=True)
    # The standard library's parser hands its expat to nobody else, and no other way leads to line numbers.
    tree.position = parser.parser
    try:
        parser.feed(text)
        root = parser.close()
    except DefusedXmlException as error:
        line = int(parser.parser.CurrentLineNumber)
        raise FileFormatError(file=file, line=line, field="xml", reason="document-type") from error
    except ParseError as error:
        line = int(error.position[0])
        raise FileFormatError(
            file=file, line=line, field="xml", reason="not-well-formed"
        ) from error
    assert isinstance(root, Element)
    return root


class _Tree:
    """What the parser calls: builds elements within the limits."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.position: Any = None
        self._open: list[Element] = []
        self._root: Element | None = None
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > ELEMENTS_MAX:
            raise TooLargeError(
                file=self.file, what="elements", limit=ELEMENTS_MAX, found=self._count
            )
        if len(self._open) == DEPTH_MAX:
            raise TooLargeError(file=self.file, what="depth", limit=DEPTH_MAX, found=DEPTH_MAX + 1)
        line = int(self.position.CurrentLineNumber)
        element = Element(tag.rpartition("}")[2], line, attributes)
        if self._open:
            self._open[-1].children.append(element)
        elif self._root is None:
            self._root = element
        self._open.append(element)

    def data(self, text: str) -> None:
        if self._open and not self._open[-1].children:
            self._open[-1].pieces.append(text)

    def end(self, _tag: str) -> None:
        element = self._open.pop()
        element.text = "".join(element.pieces).strip()
        element.pieces = _NO_PIECES

    def close(self) -> Element | None:
        return self._root
