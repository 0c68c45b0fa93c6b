"""PDF files that somebody made so that a reader fails, hangs or takes all memory. Each is a few megabytes at most."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

MANY = 200_000


def pdf(objects: Mapping[int, bytes], trailer: bytes = b"") -> bytes:
    """Write a PDF of numbered objects; 1 is the catalog."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n"
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += b"trailer\n<</Root 1 0 R /Size %d %s>>\nstartxref\n%d\n%%%%EOF\n" % (
        max(places) + 1,
        trailer,
        start,
    )
    return bytes(out)


def stream(data: bytes, head: bytes = b"", *, packed: bool = True) -> bytes:
    """Write a stream."""
    if packed:
        data, head = zlib.compress(data, 9), head + b"/Filter/FlateDecode"
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (head, len(data), data)


def page(content: bytes, **others: bytes) -> bytes:
    """Write a file of one page, with a font and a table of one cell."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R/StructTreeRoot 5 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 7 0 R>>>>>>",
        4: content,
        5: b"<</K 6 0 R>>",
        6: b"<</S/TR/Pg 3 0 R/K[<</S/TD/K 0>>]>>",
        7: b"<</ToUnicode 8 0 R>>",
        8: stream(b""),
    }
    return pdf(objects | {int(name[1:]): body for name, body in others.items()})


def stream_table(rows: bytes, head: bytes) -> bytes:
    """Write a file whose cross-reference table is a stream."""
    body = b"%PDF-1.7\n"
    table = b"1 0 obj\n" + stream(rows, head + b"/Type/XRef/Root 1 0 R/Size 9") + b"\nendobj\n"
    return body + table + b"startxref\n%d\n%%%%EOF\n" % len(body)


def loop_of_tables() -> bytes:
    first = pdf({1: b"<<>>"}, b"/Prev 9")
    at = int(first.rpartition(b"startxref\n")[2].split()[0])
    return first.replace(b"/Prev 9", b"/Prev %d" % at)


def many_numbers() -> bytes:
    """Let many numbers lead to one long object."""
    body = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/X(" + b"a" * 1_000_000 + b")>>\nendobj\n"
    rows = b"0000000009 00000 n \n" * MANY
    return (
        body
        + b"xref\n1 %d\n" % MANY
        + rows
        + b"trailer\n<</Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    )


def shared_tree() -> bytes:
    """Let each of a hundred nodes have the next one twice: a tree of 2^100 leaves."""
    nodes = {
        number: b"<</S/TD/K[%d 0 R %d 0 R]>>" % (number + 1, number + 1)
        for number in range(20, 99)
    }
    others = {f"n{number}": body for number, body in nodes.items()}
    return page(stream(b""), n6=b"<</S/TR/K[20 0 R 20 0 R]>>", **others)


def shared_names() -> bytes:
    nodes = {
        number: b"<</Kids[%d 0 R %d 0 R]>>" % (number + 1, number + 1) for number in range(3, 99)
    }
    return pdf({1: b"<</Names<</EmbeddedFiles 3 0 R>>>>", **nodes, 99: b"<</Names[]>>"})


def letters(kind: bytes, rows: bytes) -> bytes:
    cmap = stream(b"begin%s\n%send%s\n" % (kind, rows, kind))
    return page(stream(b"/F 1 Tf /P<</MCID 0>>BDC <00010002>Tj EMC"), n8=cmap)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "no-end": lambda: b"%PDF-1.7\n",
    "arrays-in-arrays": lambda: pdf({1: b"<</X" + b"[" * MANY + b"]" * MANY + b">>"}),
    "dictionaries-in-dictionaries": lambda: pdf({1: b"<</X" * MANY + b">>" * MANY}),
    "open-string": lambda: pdf({1: b"<</X(" + b"(" * 5_000_000 + b">>"}),
    "many-values": lambda: pdf({1: b"<</X[" + b"0 " * 10_000_000 + b"]>>"}),
    "comments": lambda: pdf({1: b"%\n" * 5_000_000 + b"<</X 1>>"}),
    "table-loop": loop_of_tables,
    "table-of-nothing": lambda: stream_table(
        b"", b"/W[1 2 1]/Index[" + b"0 1000000 " * 100_000 + b"]"
    ),
    "table-of-much": lambda: stream_table(b"\1" * 30_000_000, b"/W[1 0 0]/Index[0 30000000]"),
    "table-of-negative-widths": lambda: stream_table(b"\1" * 90, b"/W[-1 1 1]/Index[0 90]"),
    "columns": lambda: stream_table(
        b"\1" * 90, b"/W[1 2 1]/DecodeParms<</Predictor 12/Columns 99999999999>>"
    ),
    "columns-of-much": lambda: stream_table(
        b"\2" * 30_000_000, b"/W[1 2 1]/DecodeParms<</Predictor 12/Columns 1>>"
    ),
    "length-of-itself": lambda: page(b"<</Length 4 0 R>>stream\nq\nendstream"),
    "negative-length": lambda: page(b"<</Length -5>>stream\nq\nendstream"),
    "many-numbers": many_numbers,
    "reference-to-itself": lambda: pdf({1: b"<</Pages 2 0 R>>", 2: b"2 0 R"}),
    "pages-loop": lambda: pdf({1: b"<</Pages 2 0 R>>", 2: b"<</Kids[2 0 R 2 0 R]>>"}),
    "names-shared": shared_names,
    "tree-shared": shared_tree,
    "tree-loop": lambda: page(stream(b""), n6=b"<</S/P/K[" + b"6 0 R " * 50_000 + b"]>>"),
    "rows-of-one": lambda: page(
        stream(b""),
        n5=b"<</K[" + b"6 0 R " * 50_000 + b"]>>",
        n6=b"<</S/TR/K[" + b"9 0 R " * 50_000 + b"]>>",
        n9=b"<</S/TD/K 0>>",
    ),
    "bomb": lambda: page(stream(b" " * 150_000_000)),
    "bombs": lambda: page(
        stream(b" " * 30_000_000), n3=b"<</Type/Page/Contents[" + b"4 0 R " * 9_000 + b"]>>"
    ),
    "filters": lambda: page(
        b"<</Filter[" + b"/FlateDecode" * 1_000 + b"]/Length 9>>stream\n000000000\nendstream"
    ),
    "content-of-values": lambda: page(stream(b"0 " * 15_000_000)),
    "content-of-marks": lambda: page(stream(b"/P<</MCID 0>>BDC " * MANY + b"()Tj " * MANY)),
    "content-of-text": lambda: page(
        stream(b"/F 1 Tf /P<</MCID 0>>BDC " + b"<0001>Tj " * 1_500_000),
        n8=stream(b"beginbfrange <0000><00ff><%s>endbfrange" % (b"0061" * 16)),
    ),
    "letters": lambda: letters(b"bfrange", b"<0000><ffff><0000>\n" * 50_000),
    "letters-unended": lambda: letters(b"bfchar", b"beginbfchar " * 2_000_000),
    "letters-long": lambda: letters(b"bfrange", b"<0000><ffff><" + b"61" * 2_000_000 + b">"),
    "signatures": lambda: pdf(
        {1: b"<<>>"}
        | {
            number: b"<</ByteRange[0 %d 99 9]/Contents<00>>>" % number
            for number in range(2, 5_000)
        }
    ),
    "encrypted": lambda: pdf({1: b"<<>>"}, b"/Encrypt<</Filter/Standard>>"),
    "no-catalog": lambda: pdf({1: b"(text)"}),
    "words-for-numbers": lambda: page(
        stream(b""), n2=b"<</Kids(a)>>", n5=b"<</K/K>>", n6=b"<</S 4/K 1.5>>"
    ),
}
