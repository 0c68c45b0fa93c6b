from __future__ import annotations

import pytest

from ledger.statements.fields import prepare_fields
from ledger.statements.sign import approve, certify
from reports.render import render_statement
from tests.statements.papers import People
from tests.unit.reports.example import empty_month


@pytest.fixture(scope="session")
def people() -> People:
    return People()


@pytest.fixture(scope="session")
def rendered() -> bytes:
    return render_statement(empty_month(), {}, "zh")


@pytest.fixture(scope="session")
def prepared(rendered: bytes) -> bytes:
    return prepare_fields(rendered)


@pytest.fixture(scope="session")
def certified(prepared: bytes, people: People) -> bytes:
    return certify(prepared, people.signing(people.fund), "发布 Published")


@pytest.fixture(scope="session")
def countersigned(certified: bytes, people: People) -> bytes:
    return approve(certified, people.signing(people.auditor), "意见 Opinion")
