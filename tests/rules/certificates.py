"""Mutants of votes, certificates and evidence: [VOTE-1] to [EVID-1]."""

from __future__ import annotations

import pytest

from consensus import repeats
from consensus.attestation import Attestations
from consensus.lanes import Lanes
from consensus.tally import Tally
from contracts.epochs import Epoch
from primitives import certificate, evidence, vote
from tests.rules.mutant import BySeed, Edit, Mutant, by_tests

ATTESTATION = "unit/consensus/test_attestation.py"
VERIFICATION = "unit/consensus/test_verification.py"
SAFETY_TESTS = "unit/consensus/test_safety.py"
VOTES = "unit/primitives/test_vote.py"
SIGNED = "test_a_vote_is_signed_for_one_chain_epoch_kind_view_and_block"


def no_resent_attests(patch: pytest.MonkeyPatch) -> None:
    """An ATTEST is sent once, and so is a batch."""
    patch.setattr(repeats, "_open_work", lambda parts, peer: [])


CERTIFICATES = (
    Mutant(
        "VOTE-1",
        "a vote's signature counts on any chain",
        Edit(vote.vote_message, ("encode([chain, ", "encode([bytes(32), ")),
        by_tests(VOTES, SIGNED),
    ),
    Mutant(
        "VOTE-1",
        "a vote's signature counts in any epoch",
        Edit(vote.vote_message, ("epoch, int(kind)", "0, int(kind)")),
        by_tests(VOTES, SIGNED),
    ),
    Mutant(
        "VOTE-1",
        "a vote's signature counts for any kind",
        Edit(vote.vote_message, ("int(kind)", "0")),
        by_tests(VOTES, SIGNED),
    ),
    Mutant(
        "CERT-1",
        "fewer than a quorum make a certificate",
        Edit(certificate.check_certificate, ("len(authors) < members.quorum", "False")),
        by_tests(VERIFICATION, "test_a_certificate_needs_a_quorum_of_distinct_ascending_authors"),
    ),
    Mutant(
        "CERT-1",
        "one member counts several times",
        Edit(certificate.check_certificate, ("later <= earlier", "False")),
        by_tests(VERIFICATION, "test_a_certificate_needs_a_quorum_of_distinct_ascending_authors"),
    ),
    Mutant(
        "CERT-1",
        "signatures of a certificate are not checked",
        Edit(certificate.check_certificate, ("all(scheme.verify_many(checks))", "True")),
        by_tests(VERIFICATION, "test_a_changed_bit_anywhere_in_what_is_signed_is_refused"),
    ),
    Mutant(
        "CERT-2",
        "an ATTEST names another state than was come to",
        Edit(
            Attestations.executed,
            ("state_root=event.state_root", "state_root=event.receipts_root"),
        ),
        BySeed("the certificate is of another outcome"),
    ),
    Mutant(
        "CERT-2",
        "an ATTEST names the present members as the next ones, always",
        Edit(Epoch.validators_after, ("if height == self.last", "if False")),
        BySeed("names others as the next members"),
    ),
    Mutant(
        "CERT-2",
        "an ATTEST names another time than the block's",
        Edit(Attestations.executed, ("time=event.time", "time=0")),
        by_tests(
            ATTESTATION, "test_an_attestation_names_what_came_of_the_height_and_who_comes_next"
        ),
    ),
    Mutant(
        "CERT-2",
        "an ATTEST names no version of the protocol but the first",
        Edit(Attestations.executed, ("protocol=event.protocol", "protocol=1")),
        by_tests(
            ATTESTATION,
            "test_an_attestation_names_the_protocol_version_that_carried_the_height_out",
        ),
    ),
    Mutant(
        "CERT-3",
        "f+1 equal ATTESTs make a state certificate",
        Edit(
            Attestations._complete,
            ("self._config.members.quorum", "self._config.members.faults + 1"),
        ),
        BySeed("certificate_quorum"),
    ),
    Mutant(
        "CERT-3",
        "any ATTESTs of a height make a state certificate, equal or not",
        Edit(Attestations._complete, ("if votes[a].attestation == attestation", "")),
        by_tests(ATTESTATION, "test_attestations_of_different_outcomes_make_no_certificate"),
    ),
    Mutant(
        "CERT-4",
        "an ATTEST is sent once",
        no_resent_attests,
        BySeed("has something under way, or needs", seed=2),
    ),
    Mutant(
        "CERT-4",
        "nobody asks for a certificate below the newest one",
        Edit(Attestations.gaps, ("h < newest or", "")),
        by_tests(ATTESTATION, "test_a_gap_far_below_the_newest_height_is_closed_after_a_restart"),
    ),
    Mutant(
        "CERT-5",
        "who finds another outcome than all others goes on",
        Edit(Attestations._alarm, ("if mine is None:", "if True:")),
        by_tests(ATTESTATION, "test_the_minority_with_another_outcome_stops_and_names_the_height"),
    ),
    Mutant(
        "CERT-6",
        "nobody beats",
        Edit(Attestations.next_beat_ms, ("self._config.me is None", "True")),
        BySeed("saw no beat", seed=2),
    ),
    Mutant(
        "CERT-6",
        "a member beats though a newer ATTEST of its own is uncertified",
        Edit(Attestations.beat, (" or self._newer_signed()", "")),
        by_tests(ATTESTATION, "test_nobody_beats_while_its_newest_attestation_is_uncertified"),
    ),
    Mutant(
        "CERT-6",
        "beats of different heights are one certificate",
        Edit(Attestations.add_beat, ("if beats[a].beat == signed.beat", "")),
        by_tests(ATTESTATION, "test_beats_of_different_heights_prove_nothing"),
    ),
    Mutant(
        "EVID-1",
        "who contradicts himself is not accused",
        Edit(Tally.add, ("self._contradictions(vote, votes)", "pass")),
        by_tests(
            SAFETY_TESTS,
            "test_two_finalizations_and_a_nullification_by_one_member_are_evidence",
            "test_a_second_proposal_of_a_view_is_evidence_and_not_voted_for",
        ),
    ),
    Mutant(
        "EVID-1",
        "who attests two outcomes is not accused",
        Edit(Attestations.add, ("self._accuse(held, attest)", "pass")),
        by_tests(ATTESTATION, "test_two_attestations_of_one_height_are_evidence"),
    ),
    Mutant(
        "EVID-1",
        "who seals two batches of one seq is not accused",
        Edit(Lanes.add, ("self._accuse(other, batch)", "pass")),
        by_tests("unit/consensus/test_lanes.py", "test_two_batches_of_one_place_are_evidence"),
    ),
    Mutant(
        "EVID-1",
        "NULLIFY after NOTARIZE is called an offence",
        Edit(
            Tally._contradictions, ("(Kind.FINALIZE, vote.author)", "(Kind.NOTARIZE, vote.author)")
        ),
        BySeed("evidence that proves nothing"),
    ),
    Mutant(
        "EVID-1",
        "evidence counts that the accused did not sign",
        Edit(
            evidence._check_two_votes,
            ("scheme.verify(key, message, vote.signature)", "True"),
        ),
        by_tests("unit/primitives/test_batch.py", "test_a_forged_vote_accuses_nobody"),
    ),
)
