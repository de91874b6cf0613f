"""Partners deciding together. Knows proposals, ballots and deadlines; not what is decided.

One partner, one vote; whom it is about has none. What passes waits, so that whoever disagrees can
leave first, and is then carried out by itself ([LEDGER-61] to [LEDGER-63]).
"""

from __future__ import annotations

from msgspec.structs import replace

from contracts import due as calendar
from contracts import measures, partners
from contracts.context import BlockContext
from contracts.state import Draft, Entries
from primitives.actions import CastVote, Propose
from primitives.entries import MAX_PROPOSALS, ProposalDue
from primitives.governance import (
    Ballot,
    Proposal,
    ProposalStatus,
    ballot_key,
    needed,
    proposal_key,
)
from primitives.receipt import Outcome, ProposalMoved, ProposalOpened, VoteCounted
from primitives.transaction import Decoded


def find(entries: Entries, id_: bytes) -> Proposal | None:
    """The proposal of that id, if there is one."""
    return entries.entry(proposal_key(id_), Proposal)


def propose(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Put a measure to the vote of those who take part now ([LEDGER-61])."""
    action = decoded.transaction.action
    assert isinstance(action, Propose)
    refusal = partners.active_admin_refusal(draft, action.partner, decoded)
    if refusal is not None:
        return refusal
    proposer = partners.known(draft, action.partner)
    if proposer.proposals >= MAX_PROPOSALS:
        return Outcome.PROPOSALS_FULL
    refusal = measures.obstacle(draft, context, action.measure)
    if refusal is not None:
        return refusal
    subjects = measures.subjects(draft, action.measure)
    electors = tuple(code for code in partners.active(draft) if code not in subjects)
    if not electors:
        return Outcome.ELECTORS_MISSING
    proposal = Proposal(
        proposer=action.partner,
        measure=action.measure,
        electors=electors,
        needed=needed(len(electors)),
        approved=0,
        opposed=0,
        status=ProposalStatus.OPEN,
        opened=context.time,
        decided=0,
        deadline=context.time + context.parameters.voting_ms,
        obstacle=0,
    )
    partners.put(draft, replace(proposer, proposals=proposer.proposals + 1))
    assert find(draft, decoded.id) is None, decoded.id.hex()
    draft.put(proposal_key(decoded.id), proposal)
    _wake(draft, decoded.id, proposal)
    draft.events.append(ProposalOpened(decoded.id, len(electors), proposal.needed))
    return Outcome.DONE


def vote(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Count a partner's vote; the one that decides ends the voting ([LEDGER-62])."""
    action = decoded.transaction.action
    assert isinstance(action, CastVote)
    refusal = partners.active_admin_refusal(draft, action.partner, decoded)
    if refusal is not None:
        return refusal
    proposal = find(draft, action.proposal)
    if proposal is None:
        return Outcome.PROPOSAL_UNKNOWN
    if action.partner not in proposal.electors:
        return Outcome.NOT_ELECTOR
    if proposal.status != ProposalStatus.OPEN or context.time > proposal.deadline:
        return Outcome.PROPOSAL_CLOSED
    key = ballot_key(action.proposal, action.partner)
    before = draft.entry(key, Ballot)
    if before is not None and before.approve == action.approve:
        return Outcome.VOTE_UNCHANGED
    draft.put(key, Ballot(action.approve))
    proposal = _counted(proposal, before, approve=action.approve)
    draft.put(proposal_key(action.proposal), proposal)
    counts = (proposal.approved, proposal.opposed)
    draft.events.append(VoteCounted(action.proposal, action.partner, *counts))
    _decide(draft, context, action.proposal, proposal)
    return Outcome.DONE


def _counted(proposal: Proposal, before: Ballot | None, *, approve: bool) -> Proposal:
    """With one vote more, in place of what the partner said before."""
    approved, opposed = proposal.approved + approve, proposal.opposed + (not approve)
    if before is not None:
        approved, opposed = approved - before.approve, opposed - (not before.approve)
    return replace(proposal, approved=approved, opposed=opposed)


def _decide(draft: Draft, context: BlockContext, id_: bytes, proposal: Proposal) -> None:
    """Pass what enough approve of; reject what enough no longer can."""
    if proposal.approved >= proposal.needed:
        deadline = context.time + context.parameters.timelock_ms
        passed = replace(
            proposal, status=ProposalStatus.PASSED, decided=context.time, deadline=deadline
        )
        draft.put(proposal_key(id_), passed)
        _wake(draft, id_, passed)
        draft.events.append(ProposalMoved(id_, ProposalStatus.PASSED, Outcome.DONE))
    elif proposal.opposed > len(proposal.electors) - proposal.needed:
        rejected = replace(proposal, decided=context.time)
        _end(draft, id_, rejected, ProposalStatus.REJECTED)


def deadline_passes(draft: Draft, context: BlockContext, item: ProposalDue) -> None:
    """Nobody has to do anything: an open proposal expires, a passed one is done ([LEDGER-63])."""
    proposal = find(draft, item.proposal)
    assert proposal is not None, item
    if proposal.deadline != item.deadline:
        return
    if proposal.status == ProposalStatus.OPEN:
        _end(draft, item.proposal, proposal, ProposalStatus.EXPIRED)
    elif proposal.status == ProposalStatus.PASSED:
        _carry_out(draft, context, item.proposal, proposal)


def _carry_out(draft: Draft, context: BlockContext, id_: bytes, proposal: Proposal) -> None:
    if measures.must_wait(draft, context, proposal.measure):
        _wait(draft, context, id_, proposal)
        return
    obstacle = measures.obstacle(draft, context, proposal.measure)
    if obstacle is not None:
        _end(draft, id_, proposal, ProposalStatus.VOID, obstacle)
        return
    measures.carry_out(draft, context, proposal.measure)
    _end(draft, id_, proposal, ProposalStatus.EXECUTED)


def _wait(draft: Draft, context: BlockContext, id_: bytes, proposal: Proposal) -> None:
    """Try again, as long as one may vote; then its time is over."""
    parameters = context.parameters
    last = proposal.decided + parameters.timelock_ms + parameters.voting_ms
    if context.time >= last:
        _end(draft, id_, proposal, ProposalStatus.EXPIRED)
        return
    waiting = replace(proposal, deadline=context.time + parameters.timelock_ms)
    draft.put(proposal_key(id_), waiting)
    _wake(draft, id_, waiting)


def _end(
    draft: Draft,
    id_: bytes,
    proposal: Proposal,
    status: ProposalStatus,
    obstacle: Outcome = Outcome.DONE,
) -> None:
    """Nothing more happens with it, and its proposer may propose something else."""
    draft.put(proposal_key(id_), replace(proposal, status=status, obstacle=int(obstacle)))
    proposer = partners.known(draft, proposal.proposer)
    partners.put(draft, replace(proposer, proposals=proposer.proposals - 1))
    draft.events.append(ProposalMoved(id_, status, obstacle))


def _wake(draft: Draft, id_: bytes, proposal: Proposal) -> None:
    calendar.insert(draft, proposal.deadline, ProposalDue(id_, proposal.deadline))
