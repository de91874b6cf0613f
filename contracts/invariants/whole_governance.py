"""Proposals of a whole state: votes counted anew, and what passed will come. Knows no time.

A measure that was carried out left the state as another may have changed it since, so what it did
is looked at in the step in which it was done (``step_governance``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from contracts.invariants.calendar import Alarms, check_alarm
from contracts.invariants.facts import at, at_most, equal, holds
from primitives.encoding import Wire
from primitives.entries import (
    MAX_PROPOSALS,
    Obligation,
    Partner,
    ProposalDue,
    obligation_key,
    partner_key,
)
from primitives.governance import (
    PROPOSAL_PREFIX,
    PROTOCOL_KEY,
    AdmitPartner,
    AssignCustodian,
    Ballot,
    DecideDispute,
    Declare,
    Measure,
    Proposal,
    ProposalStatus,
    Protocol,
    RemovePartner,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
    ShareObligation,
    SharePosition,
)

OPEN, PASSED = ProposalStatus.OPEN, ProposalStatus.PASSED
WAITING = (OPEN, PASSED)
"""Proposals that something will still happen to."""


@dataclass
class Votes:
    """Who approved of each proposal and who opposed it, as ballots pass by."""

    approved: dict[bytes, list[str]] = field(default_factory=dict)
    opposed: dict[bytes, list[str]] = field(default_factory=dict)

    def read(self, key: bytes, ballot: Ballot) -> None:
        """Count a ballot."""
        side = self.approved if ballot.approve else self.opposed
        proposal, voter = ballot_in(key)
        side.setdefault(proposal, []).append(voter)


def ballot_in(key: bytes) -> tuple[bytes, str]:
    """The proposal and the voter of a ballot's key."""
    equal("the size of a ballot's key", len(key), 34 + key[33])
    return key[1:33], key[34:].decode("ascii")


def check(
    state: Mapping[bytes, Wire], codes: tuple[str, ...], votes: Votes, alarms: Alarms
) -> None:
    """Ballots are those of electors and add up; whatever waits has its alarm."""
    waiting = dict.fromkeys(codes, 0)
    for key, proposal in state.items():
        if not isinstance(proposal, Proposal):
            continue
        id_ = key[1:]
        equal("the key of a proposal", (key[0], len(id_)), (PROPOSAL_PREFIX, 32))
        approved, opposed = votes.approved.pop(id_, []), votes.opposed.pop(id_, [])
        strangers = [each for each in (*approved, *opposed) if each not in proposal.electors]
        equal("electors vote", strangers, [])
        counts = (proposal.approved, proposal.opposed)
        equal("votes are ballots", counts, (len(approved), len(opposed)))
        unknown = [code for code in (proposal.proposer, *proposal.electors) if code not in codes]
        equal("who proposes and votes is a partner", unknown, [])
        check_proposal(proposal, lambda name: at(state, obligation_key(*name), Obligation))
        if proposal.status in WAITING:
            waiting[proposal.proposer] += 1
            check_alarm(alarms, ProposalDue(id_, proposal.deadline), proposal.deadline)
    equal("ballots are of a proposal", (votes.approved, votes.opposed), ({}, {}))
    for code in codes:
        partner = at(state, partner_key(code), Partner)
        equal(f"proposals of {code} that wait", partner.proposals, waiting[code])
        at_most("proposals of a partner that wait", partner.proposals, MAX_PROPOSALS)
    check_protocol(at(state, PROTOCOL_KEY, Protocol))


def check_proposal(proposal: Proposal, obligation: Callable[[tuple[int, int]], Obligation]) -> None:
    """Electors, votes and status fit one another ([LEDGER-61] to [LEDGER-63])."""
    electors, status = proposal.electors, proposal.status
    equal("an elector is named once", len(dict.fromkeys(electors)), len(electors))
    partial = [code for code in about(proposal.measure, obligation) if code in electors]
    equal("whom it is about has no vote", partial, [])
    # More than two thirds: three times those who must approve exceed twice all.
    equal("who must approve", 3 * proposal.needed - 2 * len(electors) in (1, 2, 3), True)
    at_most("an elector votes once", proposal.approved + proposal.opposed, len(electors))
    passed = proposal.approved >= proposal.needed
    blocked = len(electors) - proposal.opposed < proposal.needed
    match status:
        case ProposalStatus.OPEN:
            equal("what is decided is not open", (passed, blocked), (False, False))
        case ProposalStatus.PASSED | ProposalStatus.EXECUTED | ProposalStatus.VOID:
            holds("enough approved", passed, proposal)
        case ProposalStatus.REJECTED:
            holds("too many opposed", blocked, proposal)
        case ProposalStatus.EXPIRED:
            waited = isinstance(proposal.measure, AdmitPartner)
            holds("what passed is carried out", waited or not passed, proposal)
            holds("what is blocked is rejected", not blocked, proposal)
        case _:
            assert_never(status)
    decided = passed or status == ProposalStatus.REJECTED
    equal("when it was decided", proposal.decided > 0, decided)
    void = status == ProposalStatus.VOID
    equal("what stood in the way", proposal.obstacle > 0, void)
    if decided:
        at_most("decided after it was opened", proposal.opened, proposal.decided)
    at_most("a deadline is after the opening", proposal.opened + 1, proposal.deadline)


def about(measure: Measure, obligation: Callable[[tuple[int, int]], Obligation]) -> tuple[str, ...]:
    """Whom a measure is about for ever: a custodian's owner may have been another before."""
    match measure:
        case RemovePartner() | ReplaceAdmin() | SetLimits() | AssignCustodian() | SharePosition():
            return (measure.partner,)
        case SetCustodian():
            return (measure.partner,) if measure.partner is not None else ()
        case DecideDispute():
            owed = obligation((measure.cycle, measure.place))
            return owed.debtor, owed.creditor
        case ShareObligation():
            return (obligation((measure.cycle, measure.place)).debtor,)
        case AdmitPartner() | SetJudge() | SetProtocol() | Declare():
            return ()
        case _:
            assert_never(measure)


def check_protocol(protocol: Protocol) -> None:
    """What is planned is newer than what is in force ([LEDGER-74])."""
    if protocol.planned is not None:
        at_most("a newer version is planned", protocol.version + 1, protocol.planned.version)
