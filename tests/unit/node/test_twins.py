"""One key in two places, or a whole home restored from an old backup: a node finds signatures of
its own that it does not remember, and signs nothing more ([DUR-4])."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from consensus.config import Anchor
from consensus.effects import (
    Effect,
    Execute,
    Keep,
    OwnAttest,
    SayAttest,
    SayProposal,
    SayVote,
    StateCertificateKept,
)
from consensus.inputs import Received
from node.journal import GENESIS, Damaged, Journal
from primitives.block import block_digest
from primitives.encoding import encode
from primitives.vote import Attest, Kind
from tests.builders import a_block, a_state_certificate, an_attestation
from tests.unit.node.fakes import CHAIN, COMMITTEE, TIPS, A, FakeWorld, a_vote_message


def test_a_key_that_attests_elsewhere_silences_this_node() -> None:
    world = FakeWorld()
    replica = world.replica()
    certificate = a_state_certificate(an_attestation(5), authors=(0, 1, 2))
    told: list[Effect] = [
        Keep(StateCertificateKept(certificate)),
        SayVote(Kind.NOTARIZE, 9, A, TIPS),
    ]
    world.engine.script = [(Received, told)]
    replica.on_frame(1, encode(a_vote_message()))
    [reason] = world.halts
    assert reason.startswith("key_elsewhere: another node attests height 5")
    assert world.sent == [], "not even what the same turn would have said"


def test_it_stays_silent_after_a_restart() -> None:
    world = FakeWorld()
    world.replica()
    certificate = a_state_certificate(an_attestation(5), authors=(0, 1, 2))
    world.anchor = Anchor(a_block(5), A, certificate, COMMITTEE.members)
    world.certificates = {5: certificate}
    journal = Journal(world.disk, CHAIN)
    journal.recover(GENESIS)
    journal.append(StateCertificateKept(certificate))
    with pytest.raises(Damaged, match=r"attested height 5.*knows of is height 0") as caught:
        world.replica()
    assert caught.value.code == "journal_behind"


def test_a_final_block_that_its_key_proposed_elsewhere_silences_this_node() -> None:
    world = FakeWorld()
    replica = world.replica()
    block = Execute(a_block(3, proposer=0), A, ())
    world.engine.script = [(Received, [block, SayVote(Kind.NOTARIZE, 9, A, TIPS)])]
    replica.on_frame(1, encode(a_vote_message()))
    [reason] = world.halts
    assert reason.startswith("key_elsewhere: another node proposed height 3")
    assert world.sent == []


@pytest.mark.parametrize("proposer", [0, 1])
def test_its_own_proposal_and_others_are_no_twins(proposer: int) -> None:
    world = FakeWorld()
    replica = world.replica()
    header = a_block(3, proposer=proposer)
    said: list[Effect] = [] if proposer else [SayProposal(header, block_digest(CHAIN, header))]
    world.engine.script = [(Received, said), (Received, [Execute(header, A, ())])]
    replica.on_frame(1, encode(a_vote_message()))
    replica.on_frame(2, encode(a_vote_message(2)))
    assert world.halts == []


def test_what_a_lost_store_has_it_fetch_again_is_no_twin() -> None:
    """The journal has let go of what it said then, and of whole epochs."""
    world = FakeWorld()
    world.replica()
    journal = Journal(world.disk, CHAIN)
    journal.recover(GENESIS)
    newest = replace(an_attestation(50), epoch=1)
    journal.append(OwnAttest(Attest(newest, 0, bytes(64))))
    journal.append(StateCertificateKept(a_state_certificate(newest)))
    journal.synced()
    replica = world.replica()
    again = a_state_certificate(an_attestation(5))
    fetched: list[Effect] = [
        Keep(StateCertificateKept(again)),
        Execute(a_block(5, proposer=0), A, ()),
    ]
    world.engine.script = [(Received, fetched)]
    replica.on_frame(1, encode(a_vote_message()))
    assert world.halts == []
    assert 0 in [signed.author for signed in again.signatures]


@pytest.mark.parametrize("authors", [(1, 2, 3), (0, 1, 2)])
def test_others_signatures_and_its_own_are_no_twin(authors: tuple[int, ...]) -> None:
    world = FakeWorld()
    replica = world.replica()
    attestation = an_attestation(5)
    certificate = a_state_certificate(attestation, authors=authors)
    said: list[Effect] = [SayAttest(attestation)] if 0 in authors else []
    world.engine.script = [
        (Received, said),
        (Received, [Keep(StateCertificateKept(certificate))]),
    ]
    replica.on_frame(1, encode(a_vote_message()))
    replica.on_frame(2, encode(a_vote_message(2)))
    assert world.halts == []
