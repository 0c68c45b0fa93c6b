from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from ledger import errors
from ledger.errors import ConflictError, ExternalError, LedgerError

TREE = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, LedgerError)
]
FAMILIES = {
    errors.InputError,
    errors.NotAllowedError,
    errors.NotFoundError,
    errors.ConflictError,
    errors.ExternalError,
    errors.VerificationError,
    errors.InvariantError,
}
by_name = pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)


def test_every_class_of_the_module_is_in_the_tree():
    defined = {
        each
        for _, each in inspect.getmembers(errors, inspect.isclass)
        if each.__module__ == errors.__name__
    }
    assert defined == set(TREE)


def test_the_families_are_those_that_the_edge_knows():
    assert set(LedgerError.__subclasses__()) == FAMILIES


def test_codes_are_one_a_class():
    codes = [kind.__dict__.get("code") for kind in TREE]
    assert None not in codes
    assert sorted(set(codes)) == sorted(codes)


@by_name
def test_a_class_says_what_it_means_and_its_code_is_a_word_for_a_url(kind):
    assert inspect.getdoc(kind)
    assert kind.code == kind.code.lower()
    assert kind.code.replace("-", "").isalpha()


@by_name
def test_an_error_carries_its_fields_and_shows_them(kind):
    error = kind(line=7, reason="x")
    assert error.fields == {"line": 7, "reason": "x"}
    assert str(error) == f"{kind.code} line=7 reason='x'"


@by_name
def test_an_error_comes_back_whole_from_another_process(kind):
    error = kind(line=7, reason="x")
    for back in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(back) is kind
        assert back.fields == error.fields
        assert str(back) == str(error)


def test_a_family_is_caught_by_its_root():
    with pytest.raises(LedgerError):
        raise ConflictError(key="1")
    assert not issubclass(ConflictError, ExternalError)
