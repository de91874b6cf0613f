"""Where only the roots differ, the node's own proofs lead to an entry that differs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from audit.difference import MAX_QUESTIONS, explained
from audit.home import Verified
from audit.violations import Violation
from primitives.proof import EntryProof
from primitives.statetree import StateTree
from tests.builders import a_committee, a_genesis, a_state_certificate, an_attestation
from tests.fakes.chains import ChainSource

GENESIS = a_genesis()
KEYS = [b"\x10" + bytes([number]) * 32 for number in range(40)]
HEIGHT = 7
COMMITTEE = a_committee()

entries = st.dictionaries(st.sampled_from(KEYS), st.binary(min_size=1, max_size=3), max_size=40)


class Proving(ChainSource):
    """A node that proves the entries of another state, as a quorum attested it."""

    def __init__(self, state: Mapping[bytes, bytes], height: int = HEIGHT) -> None:
        super().__init__([])
        self.state = dict(state)
        self.tree = StateTree()
        self.tree.load(self.state.items())
        attestation = an_attestation(height, state_root=self.tree.root)
        self.certificate = a_state_certificate(attestation)
        self.questions = 0

    async def entry(self, key: bytes) -> EntryProof | None:
        self.questions += 1
        return EntryProof(self.certificate, key, self.state.get(key), self.tree.prove(key))


def search(own: Mapping[bytes, bytes], source: ChainSource) -> Violation:
    ledger = Verified.found(GENESIS).ledger
    ledger.state = dict(own)
    ledger.tree = StateTree()
    ledger.tree.load(ledger.state.items())
    violation = Violation("state_wrong", HEIGHT, "the roots differ")
    return asyncio.run(explained(violation, ledger, source, COMMITTEE.members))


@settings(max_examples=150, deadline=None)
@given(entries.filter(bool), entries)
def test_an_entry_that_differs_is_found_or_the_place_where_theirs_is_alone(
    own: dict[bytes, bytes], theirs: dict[bytes, bytes]
) -> None:
    """[TREE-6], [TREE-8]"""
    source = Proving(theirs)
    found = search(own, source)
    if own == theirs:
        assert found.entry is None
        return
    assert source.questions <= MAX_QUESTIONS
    if found.entry is not None:
        assert own.get(found.entry) != theirs.get(found.entry)
        assert found.difference is not None
    else:
        assert "an entry stands at" in found.detail
        assert set(theirs) - set(own)


@pytest.mark.parametrize("place", range(0, 40, 7))
def test_one_changed_value_among_many_takes_few_questions(place: int) -> None:
    own = dict.fromkeys(KEYS, b"1")
    source = Proving(own | {KEYS[place]: b"2"})
    found = search(own, source)
    assert found.entry == KEYS[place]
    assert source.questions <= 16


def test_a_node_that_has_gone_on_says_so() -> None:
    own = dict.fromkeys(KEYS, b"1")
    found = search(own, Proving(own | {KEYS[0]: b"2"}, height=HEIGHT + 1))
    assert found.entry is None
    assert f"the node proves entries of height {HEIGHT + 1} alone" in found.detail


def test_a_node_that_refuses_leaves_the_violation_as_it_is() -> None:
    found = search(dict.fromkeys(KEYS, b"1"), ChainSource([]))
    assert (found.code, found.entry) == ("state_wrong", None)
    assert "the node proves no entry" in found.detail


def test_a_proof_that_no_quorum_stands_behind_points_nowhere() -> None:
    """[PROOF-2]"""
    own = dict.fromkeys(KEYS, b"1")
    source = Proving(own | {KEYS[0]: b"2"})
    attestation = replace(source.certificate.attestation, state_root=b"\1" * 32)
    source.certificate = replace(source.certificate, attestation=attestation)
    found = search(own, source)
    assert found.entry is None
    assert "the node's proof does not hold" in found.detail
