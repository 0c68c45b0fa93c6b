"""The policy of witnesses, and what our own witness signs: never two trees that no proof connects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FieldError
from ledger.log.checkpoints import Checkpoint, open_cosigned, sign_checkpoint
from ledger.log.hashing import EMPTY_ROOT, leaf_hash
from ledger.log.notes import COSIGNATURE_V1, ED25519, Signer
from ledger.log.proofs import consistency_proof
from ledger.publication.policy import parse_policy
from ledger.publication.witness import SIZE_TYPE, consider, request_body
from tests.unit.log.trees import defined_root, reader_of

ORIGIN = "ledger.example/log/qinghe"
LOG = Signer(ORIGIN, ED25519, b"\1" * 32)
WITNESS = Signer("witness.example/w1", COSIGNATURE_V1, b"\2" * 32)
OTHER = Signer("witness.example/w2", COSIGNATURE_V1, b"\3" * 32)
LOGS = {ORIGIN: [LOG.verifier]}
LEAVES = [leaf_hash(b"%d" % at) for at in range(40)]


def note_of(size: int, leaves: list[bytes] = LEAVES) -> tuple[Checkpoint, bytes]:
    checkpoint = Checkpoint(ORIGIN, size, defined_root(leaves[:size]) if size else EMPTY_ROOT)
    return checkpoint, sign_checkpoint(checkpoint, [LOG])


def ask(old: int, size: int, seen: dict[str, Checkpoint], leaves: list[bytes] = LEAVES):
    _, note = note_of(size, leaves)
    proof = []
    if 0 < old < size:
        proof = consistency_proof(old, size, reader_of(leaves[:size]))
    return consider(request_body(old, proof, note), LOGS, seen, WITNESS, 1_767_225_600)


def test_a_tree_that_grows_is_cosigned_step_by_step():
    seen: dict[str, Checkpoint] = {}
    for old, size in ((0, 3), (3, 3), (3, 8), (8, 40)):
        answer = ask(old, size, seen)
        assert answer.status == 200
        _, note = note_of(size)
        opened = open_cosigned(
            note + answer.body, ORIGIN, [LOG.verifier], [WITNESS.verifier, OTHER.verifier]
        )
        assert [one.verifier for one in opened.cosignatures] == [WITNESS.verifier]
        assert opened.cosignatures[0].timestamp_s == 1_767_225_600
        seen[ORIGIN] = answer.remember


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 39))
def test_no_other_tree_is_ever_cosigned(first, then, changed):
    """Whatever is asked after a first tree, what gets a signature continues it."""
    seen = {ORIGIN: note_of(first)[0]}
    others = LEAVES.copy()
    others[changed] = leaf_hash(b"another")
    answer = ask(first, then, seen, others)
    continues = then >= first and changed >= first
    assert (answer.status == 200) == continues
    assert (answer.remember is not None) == continues


def test_answers_come_in_the_order_of_the_protocol():
    seen = {ORIGIN: note_of(8)[0]}
    _, note = note_of(20)
    assert consider(b"new 3\n\n" + note, LOGS, seen, WITNESS, 0).status == 400
    assert consider(request_body(21, [], note), LOGS, seen, WITNESS, 0).status == 400
    assert consider(request_body(0, [b"x" * 32] * 64, note), LOGS, seen, WITNESS, 0).status == 400
    assert consider(request_body(0, [], note), {}, seen, WITNESS, 0).status == 404
    stranger = {ORIGIN: [Signer(ORIGIN, ED25519, b"\4" * 32).verifier]}
    assert consider(request_body(8, [], note), stranger, seen, WITNESS, 0).status == 403
    conflict = consider(request_body(3, [], note), LOGS, seen, WITNESS, 0)
    assert (conflict.status, conflict.body, conflict.content_type) == (409, b"8\n", SIZE_TYPE)
    assert consider(request_body(8, [], note), LOGS, seen, WITNESS, 0).status == 422


@given(st.binary(max_size=300))
def test_noise_is_refused(body):
    assert consider(body, LOGS, {}, WITNESS, 0).status == 400


POLICY = f"""
log {LOG.verifier.text()} https://ledger.example/log/qinghe   # for whoever follows it
witness one {WITNESS.verifier.text()} https://witness.example/w1/
witness two {OTHER.verifier.text()}
group both 2 one two
quorum both
"""


def test_a_policy_tells_whom_to_ask_and_how_many_are_enough():
    policy = parse_policy(POLICY)
    assert [(one.name, one.url) for one in policy.witnesses] == [
        ("one", "https://witness.example/w1"),
        ("two", ""),
    ]
    assert not policy.is_met([WITNESS.verifier])
    assert policy.is_met([OTHER.verifier, WITNESS.verifier])
    assert parse_policy(POLICY.replace(" 2 one", " any one")).is_met([OTHER.verifier])
    assert parse_policy("quorum none").is_met([])


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (POLICY.replace("quorum both", "quorum three"), 6),
        (POLICY.replace("witness two", "witness one"), 4),
        (POLICY.replace("2 one two", "3 one two"), 5),
        (POLICY.replace("2 one two", "2 one one"), 5),
        (POLICY.replace(WITNESS.verifier.text(), LOG.verifier.text()), 3),
        (POLICY + "quorum one\n", 7),
        (POLICY + "witnes x y\n", 7),
    ],
)
def test_a_policy_that_is_none_names_the_line(changed, line):
    with pytest.raises(FieldError) as caught:
        parse_policy(changed)
    assert caught.value.fields["value"] == line
