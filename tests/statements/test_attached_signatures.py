"""The verifier inside a statement, on signed files: each signature fits its bytes, and nothing lies behind the last."""

from __future__ import annotations

import pytest

from ledger.verify import attached
from ledger.verify.attached import BROKEN, HELD, Bundle, Pdf


def outcome(data: bytes) -> attached.Outcome:
    return attached._signatures(Bundle({}, Pdf(data)))


def test_both_signatures_fit_and_cover_the_file(certified, countersigned):
    for data, signers in ((certified, 1), (countersigned, 2)):
        found = outcome(data)
        assert (found.state, found.counted) == (HELD, signers + 1)
    assert "清河县基金" in found.zh
    assert "孙审" in found.zh
    # What was said before somebody countersigned still fits, but is not the end of the file any more.
    first, last = Pdf(countersigned).signatures()
    assert first.end == len(certified)
    assert last.end == len(countersigned)


def test_a_changed_byte_bytes_behind_and_a_signature_over_less_are_noticed(countersigned):
    first, last = Pdf(countersigned).signatures()
    for place in (first.span[1] - 200, first.end + 40):
        flipped = bytearray(countersigned)
        flipped[place] ^= 1
        covered = last.covered(bytes(flipped))
        assert attached.signer_of(last.cms, covered, stamp=False) is None
    assert outcome(countersigned + b"\n").state == BROKEN
    with pytest.raises(attached.Unreadable):
        attached.Signed((0, 10, 40, 5), b"", is_stamp=False).covered(countersigned)
    with pytest.raises(attached.Unreadable):
        attached.Signed((9, 10, 40, 5), b"", is_stamp=False).covered(countersigned)


@pytest.mark.parametrize("cut", [0, 1, 3, 40])
def test_a_broken_signature_is_none(countersigned, cut):
    [_, last] = Pdf(countersigned).signatures()
    assert attached.signer_of(last.cms[:cut], b"", stamp=False) is None
    wrong = last.cms[:cut] + b"\x30\x84\xff\xff\xff\xff" + last.cms[cut + 6 :]
    assert attached.signer_of(wrong, last.covered(countersigned), stamp=False) is None
