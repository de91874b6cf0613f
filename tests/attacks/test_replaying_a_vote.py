"""A vote is sent again, by whoever saw it: in other lanes, for other proposals, once it changed.

A vote is a transaction like any other, so it acts once [TX-8]; it names one proposal, whose id is
that of a transaction that can be carried out once [LEDGER-61]; and a partner has one vote, whoever
signs it and however often [LEDGER-62].
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from primitives.encoding import Malformed, encode
from primitives.governance import Declare, ProposalStatus
from primitives.membership import Role
from primitives.transaction import decode_signed
from tests.attacks.scenes import done, in_lanes, refused, texts
from tests.builders import CODES, a_chain, a_genesis, a_person
from tests.ledger import Ledger
from tests.voting import QUIET, VOTING, a_rotation, passed, proposed

SAID = Declare(bytes(32), "")


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(a_genesis(parameters=QUIET))


def test_one_that_comes_in_every_lane_counts_once(ledger: Ledger) -> None:
    """[TX-8]"""
    id_ = proposed(ledger, SAID)
    vote = ledger.vote("east", id_)
    verdicts = texts(in_lanes(ledger, *((lane, vote) for lane in range(4))))
    assert verdicts == ["done", *["sequence_stale"] * 3]
    assert ledger.proposal(id_).approved == 1


def test_one_that_was_changed_does_not_come_back(ledger: Ledger) -> None:
    """Who kept east's yes has nothing in hand once east said no."""
    id_ = proposed(ledger, SAID)
    yes = ledger.vote("east", id_)
    done(ledger, yes)
    done(ledger, ledger.vote("east", id_, approve=False))
    assert texts(ledger.block(yes)) == ["sequence_stale"]
    assert (ledger.proposal(id_).approved, ledger.proposal(id_).opposed) == (0, 1)


def test_one_for_a_proposal_is_none_for_the_next_of_the_same_words(ledger: Ledger) -> None:
    first, second = proposed(ledger, SAID), proposed(ledger, SAID)
    assert first != second
    for code in ("north", "east"):
        done(ledger, ledger.vote(code, first))
    assert ledger.proposal(second).approved == 0


def test_a_proposal_cannot_be_made_again(ledger: Ledger) -> None:
    """Its own transaction was carried out; no other has its id."""
    proposal = ledger.propose("north", SAID)
    done(ledger, proposal)
    for code in ("north", "east"):
        done(ledger, ledger.vote(code, proposal.id, approve=False))
    assert ledger.proposal(proposal.id).status == ProposalStatus.REJECTED
    assert texts(ledger.block(proposal, lane=1)) == ["sequence_stale"]
    assert ledger.proposal(proposal.id).status == ProposalStatus.REJECTED


def test_two_channels_are_no_two_votes(ledger: Ledger) -> None:
    """The admin's account has 256 of them."""
    id_ = proposed(ledger, SAID)
    votes = [ledger.vote("east", id_, channel=channel) for channel in range(5)]
    verdicts = texts(in_lanes(ledger, *enumerate(votes[:4])))
    assert verdicts == ["done", *["vote_unchanged"] * 3]
    refused(ledger, votes[4], "vote_unchanged")
    assert ledger.proposal(id_).approved == 1


def test_a_vote_that_was_held_back_until_the_key_was_changed_is_void(ledger: Ledger) -> None:
    """[LEDGER-51]"""
    id_ = proposed(ledger, SAID)
    held = ledger.vote("east", id_, channel=1)
    heir = a_person("an heir")
    done(ledger, a_rotation(ledger, "east", Role.ADMIN, heir))
    refused(ledger, held, "not_admin")
    done(ledger, ledger.vote("east", id_, sender=heir))


def test_a_vote_that_was_held_back_until_all_is_over_changes_nothing(ledger: Ledger) -> None:
    id_ = passed(ledger, SAID)
    refused(ledger, ledger.vote("west", id_, approve=False), "proposal_closed")
    ledger.pass_time(VOTING)
    late = ledger.vote("west", id_, approve=False)
    refused(ledger, late, "proposal_closed")
    assert ledger.proposal(id_).status == ProposalStatus.EXECUTED


def test_a_vote_with_another_answer_under_the_same_signature_is_no_transaction() -> None:
    """[TX-6] What is signed is its id."""
    ledger = Ledger()
    id_ = proposed(ledger, SAID)
    signed = ledger.vote("east", id_).signed
    action = replace(signed.transaction.action, approve=False)
    turned = replace(signed, transaction=replace(signed.transaction, action=action))
    decoded = decode_signed(encode(turned), ledger.chain)
    assert decoded.id != ledger.vote("east", id_).id
    with pytest.raises(Malformed, match="wrong_chain"):
        decode_signed(encode(signed), a_chain(a_genesis(1)))


def test_all_votes_of_a_block_count_each_once_whatever_their_order(ledger: Ledger) -> None:
    id_ = proposed(ledger, SAID)
    votes = [ledger.vote(code, id_) for code in CODES]
    verdicts = texts(in_lanes(ledger, *((lane, vote) for lane, vote in enumerate(votes))))
    assert verdicts == ["done"] * 3 + ["proposal_closed"]
    assert ledger.proposal(id_).approved == 3
