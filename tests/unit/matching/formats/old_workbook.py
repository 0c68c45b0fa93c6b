"""A small writer of .xls for tests: one BIFF8 stream in an OLE2 file, enough for one to three sheets."""

import struct

SECTOR = 512
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def _record(kind, body=b""):
    return struct.pack("<HH", kind, len(body)) + body


def _text(text):
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def _cell(row, column, value):
    if isinstance(value, str):
        return _record(0x0204, struct.pack("<HHH", row, column, 0) + _text(value))
    style, number = (1, value[0]) if isinstance(value, tuple) else (0, value)
    return _record(0x0203, struct.pack("<HHHd", row, column, style, number))


def xls(*sheets, hidden=()):
    """Make a workbook; a sheet is rows of None, texts, numbers, and (serial number,) for dates."""
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0))
    start += _record(0x0042, struct.pack("<H", 1200)) + _record(0x0022, struct.pack("<H", 0))
    for key in (0, 14):  # general; a date
        start += _record(0x00E0, struct.pack("<HH", 0, key) + b"\x00" * 16)
    bodies = []
    for rows in sheets:
        body = _record(0x0809, struct.pack("<HHHHII", 0x0600, 16, 0, 0, 0, 0))
        for r, cells in enumerate(rows):
            for c, value in enumerate(cells):
                if value is not None:
                    body += _cell(r, c, value)
        bodies.append(body + _record(0x000A))
    names = [f"表{number}" for number in range(1, len(sheets) + 1)]
    bounds = sum(4 + 6 + 2 + 2 * len(name) for name in names)
    at = len(start) + bounds + 4
    for number, (name, body) in enumerate(zip(names, bodies, strict=True)):
        label = struct.pack("<BB", len(name), 1) + name.encode("utf-16-le")
        start += _record(0x0085, struct.pack("<IBB", at, number in hidden, 0) + label)
        at += len(body)
    return _ole2(start + _record(0x000A) + b"".join(bodies))


def _ole2(stream):
    stream = stream.ljust(4096, b"\x00")
    stream += b"\x00" * (-len(stream) % SECTOR)
    sectors = len(stream) // SECTOR
    tables = 1
    while tables * 128 < tables + 1 + sectors:
        tables += 1
    chain = [FAT] * tables + [END]
    first = len(chain)
    chain += [*range(first + 1, first + sectors), END]
    chain += [FREE] * (tables * 128 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16
    header += struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, tables, 0, 4096, END, 0, END, 0
    )
    header += struct.pack("<109I", *range(tables), *([FREE] * (109 - tables)))
    folder = _entry("Root Entry", 5, END, 0, child=1) + _entry("Workbook", 2, first, len(stream))
    fat = struct.pack(f"<{len(chain)}I", *chain)
    return header + fat + folder.ljust(SECTOR, b"\x00") + stream


def _entry(name, kind, start, size, child=FREE):
    encoded = (name + "\x00").encode("utf-16-le")
    body = encoded.ljust(64, b"\x00") + struct.pack("<HBB", len(encoded), kind, 1)
    body += struct.pack("<III", FREE, FREE, child) + b"\x00" * 36
    return body + struct.pack("<III", start, size, 0)
