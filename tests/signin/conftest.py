from __future__ import annotations

import pytest

from ledger.clock import FixedClock
from ledger.signin.gate import Gate
from tests.signin.gates import new_gate


@pytest.fixture
def gate(database, clock: FixedClock, tmp_path) -> Gate:
    return new_gate(database, clock, tmp_path)
