"""What a list did not name is read, all of it, and little else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ledger.clock import local_month, month_span
from ledger.intake.comparing import unseen_runs


@given(st.sets(st.integers(0, 99)), st.integers(0, 60), st.integers(1, 40))
def test_stretches_hold_what_has_no_bit(seen: set[int], first: int, gap: int) -> None:
    bits = bytearray(13)
    for at in seen:
        bits[at >> 3] |= 1 << (at & 7)
    runs = list(unseen_runs(bits, first, 100, gap))
    inside = {at for start, stop in runs for at in range(start, stop)}
    assert set(range(first, 100)) - seen <= inside
    assert all(start not in seen and stop - 1 not in seen for start, stop in runs)
    assert all(later[0] - earlier[1] >= gap for earlier, later in pairwise(runs))
    # Whatever else is read lies in a hole that is too small to be left out.
    assert all(set(range(at, at + gap)) - seen for at in inside & seen)


@given(
    st.sampled_from(["Asia/Shanghai", "UTC", "America/New_York", "Europe/Berlin"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 -- made aware below
)
def test_a_month_spans_just_its_instants(zone: str, at: datetime) -> None:
    moment = at.replace(tzinfo=UTC)
    start, end = month_span(local_month(moment, zone), zone)
    assert start <= moment < end
    second = timedelta(seconds=1)
    month = local_month(moment, zone)
    assert local_month(start, zone) == local_month(end - second, zone) == month
    assert local_month(start - second, zone) != month != local_month(end, zone)
