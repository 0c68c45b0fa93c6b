"""Text of files that state their encoding, or state none: bytes to lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ledger.errors import FileFormatError, TooLargeError

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

_SINGLE = {f"iso-8859-{part}": f"iso8859-{part}" for part in (*range(1, 11), 13, 14, 15, 16)}
_WINDOWS = {f"windows-{page}": f"cp{page}" for page in range(1250, 1259)}
_PAGES = {str(page): f"cp{page}" for page in (437, 850, 852, *range(1250, 1259))}

ENCODINGS = (
    _SINGLE
    | _WINDOWS
    | _PAGES
    | dict.fromkeys(("utf-8", "utf8", "unicode", "us-ascii", "usascii", "ascii"), "utf-8")
    | dict.fromkeys(("gb18030", "gbk", "gb2312", "936"), "gb18030")
    | dict.fromkeys(("big5", "950"), "big5")
    | {"utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "8859-1": "latin-1"}
)
"""What a file may state, in lower case, and how Python calls it. Others are refused: some of them are programs."""

_NOT_SINGLE = frozenset({"gb18030", "big5", "utf-16", "utf-16-le", "utf-16-be"})
"""A short Chinese word may be UTF-8 of something else by chance."""

ROWS_MAX = 1_000_000
"""Lines of a text: 100,000 movements of ten lines each."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
_GB2312 = re.compile(rb"(?:[\xa1-\xf7][\xa1-\xfe])+")
_UTF_8 = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}")


def decode_as_stated(file: str, data: bytes, stated: str) -> str:
    """Decode a file strictly as its byte order mark says, else as it states.

    Args:
        file: File name for errors.
        data: The whole file.
        stated: Name of an encoding. Where it is one of single bytes, a file that is UTF-8 is read as
            such: many banks state a code page and write UTF-8, and no other text looks like it.

    Returns:
        Text without byte order marks at its start.

    Raises:
        FileFormatError: An encoding that is not read, or bytes that are none of it: the file was
            glued together or damaged. With the line.
    """
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    encoding = marked or ENCODINGS.get(stated.strip().lower())
    if encoding is None:
        raise FileFormatError(file=file, line=1, field="encoding", reason="unknown-encoding")
    if marked is None and encoding not in _NOT_SINGLE:
        try:
            return _checked(file, data.decode("utf-8"))
        except UnicodeDecodeError:
            pass
    return _strictly(file, data, encoding)


def decode_unstated(file: str, data: bytes) -> str:
    """Decode a file that does not say what it is.

    Taken are UTF-8, GB2312 where every run of other bytes is made of its pairs, and else Windows
    1252, which Western banks write. Only texts depend on it: figures are ASCII in all of them.

    Args:
        file: File name for errors.
        data: The whole file.

    Returns:
        Text without byte order marks at its start.

    Raises:
        FileFormatError: None of these, or UTF-8 in one place and not in another. With the line.
    """
    if any(data.startswith(mark) for mark, _ in _MARKS):
        return decode_as_stated(file, data, "utf-8")
    try:
        return _checked(file, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        at = error.start
    runs = _NOT_ASCII.findall(data)
    if all(_GB2312.fullmatch(run) for run in runs):
        return _strictly(file, data, "gb18030")
    if any(_UTF_8.fullmatch(run) for run in runs):
        line = data.count(b"\n", 0, at) + 1
        raise FileFormatError(file=file, line=line, field="encoding", reason="mixed-encodings")
    return _strictly(file, data, "cp1252")


def lines_of(file: str, text: str) -> Iterator[str]:
    """Yield the lines of a text, whichever way they end; nothing else divides lines.

    Args:
        file: File name for errors.
        text: The whole file.

    Yields:
        Each line without its end.

    Raises:
        TooLargeError: More lines than any file has.
    """
    start = 0
    for count, found in enumerate(_LINE_END.finditer(text), start=1):
        if count == ROWS_MAX:
            raise TooLargeError(file=file, what="rows", limit=ROWS_MAX, found=count + 1)
        yield text[start : found.start()]
        start = found.end()
    yield text[start:]


def _strictly(file: str, data: bytes, encoding: str) -> str:
    try:
        return _checked(file, data.decode(encoding).lstrip("\ufeff"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileFormatError(
            file=file, line=line, field="encoding", reason=f"not-{encoding}"
        ) from error


def _checked(file: str, text: str) -> str:
    """Refuse text with NUL characters: no bank writes them, and no database keeps them.

    Raises:
        FileFormatError: It has one.
    """
    at = text.find("\x00")
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        raise FileFormatError(file=file, line=line, field="text", reason="nul-character")
    return text
