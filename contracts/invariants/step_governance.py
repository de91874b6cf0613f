"""A step's votes: who may cast one, what it decides, and that it is done. Knows no opinion.

What passed is carried out at its deadline, before any transaction, and never sooner than the
timelock after it was decided ([LEDGER-61] to [LEDGER-63]).
"""

from __future__ import annotations

from msgspec.structs import replace

from contracts import limits as rules
from contracts.invariants.calendar import has_come
from contracts.invariants.change import Step
from contracts.invariants.facts import at_most, broken, equal, holds
from contracts.invariants.whole_governance import (
    OPEN,
    PASSED,
    WAITING,
    about,
    ballot_in,
    check_proposal,
)
from primitives.encoding import Wire
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    Directory,
    Limits,
    Obligation,
    Partner,
    Settlement,
    custodian_key,
    limits_key,
    obligation_key,
    partner_key,
)
from primitives.genesis import Custodian
from primitives.governance import (
    PROTOCOL_KEY,
    AdmitPartner,
    AssignCustodian,
    Ballot,
    Measure,
    Planned,
    Proposal,
    ProposalStatus,
    Protocol,
    RemovePartner,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
    ShareObligation,
    SharePosition,
    proposal_key,
)
from primitives.membership import MEMBERSHIP_KEY, Membership

REJECTED, EXPIRED = ProposalStatus.REJECTED, ProposalStatus.EXPIRED


def proposal_step(step: Step, key: bytes, old: Wire | None, new: Proposal) -> None:
    """A proposal stays what it is; it goes along its arrows, and at its time."""
    check_proposal(new, lambda name: step.after(obligation_key(*name), Obligation))
    parameters, now = step.context.parameters, step.context.time
    if old is None:
        old = replace(
            new,
            approved=0,
            opposed=0,
            status=OPEN,
            opened=now,
            decided=0,
            deadline=now + parameters.voting_ms,
            obstacle=0,
        )
        _opening(step, new)
        step.of(new.proposer).proposals += 1
    assert isinstance(old, Proposal)
    kept = (old.proposer, old.measure, old.electors, old.needed, old.opened)
    same = (new.proposer, new.measure, new.electors, new.needed, new.opened)
    equal("a proposal stays", same, kept)
    step.of(new.proposer).proposals -= old.status in WAITING and new.status not in WAITING
    step.tally(key[1:]).counted = (new.approved - old.approved, new.opposed - old.opposed)
    if old.status == OPEN:
        _open_step(step, old, new)
    elif old.status == PASSED:
        _passed_step(step, old, new)
    else:
        equal("what is over stays as it is", new, old)


def _opening(step: Step, new: Proposal) -> None:
    """Its proposer's admin made it; who took part at that moment may vote."""
    holds("a proposal is made by the admin", step.by_admin(new.proposer), new.proposer)
    codes = (*step.before(DIRECTORY_KEY, Directory).partners, *step.newcomers)
    named = tuple(code for code in codes if code in new.electors)
    equal("electors stand in the order of admission", new.electors, named)
    subjects = about(new.measure, lambda name: step.after(obligation_key(*name), Obligation))
    if isinstance(new.measure, SetCustodian):
        found = step.new(custodian_key(new.measure.code))
        if isinstance(found, Custodian) and found.partner is not None:
            subjects = (*subjects, found.partner)
    for code in codes:
        if code in subjects:
            holds("whom it is about has no vote", code not in new.electors, code)
        elif step.after(partner_key(code), Partner).active:
            holds("who takes part has a vote", code in new.electors, code)
        elif not (step.was_active(code) or code in step.newcomers):
            holds("who is leaving has no vote", code not in new.electors, code)


def _open_step(step: Step, old: Proposal, new: Proposal) -> None:
    """While it is open votes count; the one that decides ends it at once."""
    parameters, now = step.context.parameters, step.context.time
    match new.status:
        case ProposalStatus.OPEN:
            equal("voting lasts as long as it was to", new.deadline, old.deadline)
        case ProposalStatus.PASSED:
            equal("when it passed", new.decided, now)
            equal("what passed waits", new.deadline, now + parameters.timelock_ms)
        case ProposalStatus.REJECTED:
            equal("when it was rejected", new.decided, now)
            equal("what was rejected had until then", new.deadline, old.deadline)
        case ProposalStatus.EXPIRED:
            holds("it expires at its time", has_come(old.deadline, now), old)
            equal("what expired was not voted on", replace(new, status=OPEN), old)
        case _:
            broken("what nobody decided is not carried out", old.status, new.status)


def _passed_step(step: Step, old: Proposal, new: Proposal) -> None:
    """It is carried out once, at its time, or is void; a newcomer may have to wait its turn."""
    parameters, now = step.context.parameters, step.context.time
    holds("nothing happens before its time", new == old or has_come(old.deadline, now), old)
    free = ("status", "deadline", "obstacle")
    kept = replace(new, **{name: getattr(old, name) for name in free})
    equal("votes are over", kept, old)
    at_most("what was decided waits", old.decided + parameters.timelock_ms, old.deadline)
    if new.status not in (PASSED, EXPIRED):
        equal("a proposal is over at its deadline", new.deadline, old.deadline)
        return
    if new == old:
        return
    holds("only newcomers wait for their turn", isinstance(new.measure, AdmitPartner), new)
    admitted = step.after(MEMBERSHIP_KEY, Membership).admitted
    equal("a newcomer waits for another of this epoch", admitted, step.context.epoch)
    last = old.decided + parameters.timelock_ms + parameters.voting_ms
    if new.status == EXPIRED:
        at_most("a newcomer waits as long as one may vote", last, now)
        equal("a proposal is over at its deadline", new.deadline, old.deadline)
    else:
        at_most("a newcomer waits no longer than one may vote", now + 1, last)
        equal("when a newcomer is looked at again", new.deadline, now + parameters.timelock_ms)


def ballot_step(step: Step, key: bytes, old: Wire | None, new: Ballot) -> None:
    """A vote is cast, or changed, by its partner's admin ([LEDGER-62])."""
    id_, voter = ballot_in(key)
    proposal = step.after(proposal_key(id_), Proposal)
    holds("an elector votes", voter in proposal.electors, voter)
    holds("a vote is cast by the admin", step.by_admin(voter), voter)
    was = step.old(proposal_key(id_))
    if isinstance(was, Proposal):
        equal("what is open is voted on", was.status, OPEN)
        at_most("votes are cast in time", step.context.time, was.deadline)
    cast = step.tally(id_).cast
    cast[0] += new.approve
    cast[1] += not new.approve
    if isinstance(old, Ballot):
        cast[0] -= old.approve
        cast[1] -= not old.approve


def protocol_step(step: Step, old: Wire | None, new: Protocol) -> None:
    """Another version is planned by vote, for a height to come ([LEDGER-74])."""
    assert isinstance(old, Protocol)
    height = step.context.height
    voted = [Planned(measure.version, measure.height) for measure in step.done(SetProtocol)]
    holds("a version is planned by vote", new.planned in voted, new)
    equal("the version in force", new.version, old.at(height))
    if new.planned is not None:
        at_most("a version is planned for a height to come", height + 1, new.planned.height)
        at_most("a newer version is planned", new.version + 1, new.planned.version)


def proposals_step(step: Step, code: str) -> None:
    """A partner's proposals that wait are counted."""
    grown = step.after(partner_key(code), Partner).proposals - step.partner(code).proposals
    equal(f"proposals of {code} that wait", grown, step.of(code).proposals)


def check_votes(step: Step) -> None:
    """Ballots are what is counted, and what was carried out is seen in the state."""
    for id_, tally in step.tallies.items():
        equal(f"votes on {id_.hex()}", tally.counted, tuple(tally.cast))
    for measure in step.executed:
        _check_done(step, measure)
    _check_losses(step)


def _check_done(step: Step, measure: Measure) -> None:
    """What was decided is so; of two decisions on the same the later one is."""
    match measure:
        case AdmitPartner():
            codes = step.after(DIRECTORY_KEY, Directory).partners
            missing = [c for c in step.newcomers if c not in codes and not step.has_left(c)]
            equal("who was admitted is in the directory", missing, [])
        case RemovePartner():
            holds("who was removed is leaving", step.left(measure.partner), measure)
        case SetLimits():
            step.of(measure.partner)
        case SetCustodian():
            voted = [m.account for m in step.done(SetCustodian) if m.code == measure.code]
            found = step.after(custodian_key(measure.code), Custodian)
            holds("the custodian is whom was voted for", found.account in voted, found)
        case AssignCustodian():
            given = [m.custodian for m in step.done(type(measure)) if m.partner == measure.partner]
            holder = step.after(partner_key(measure.partner), Partner).custodian
            holds("who holds the reserve is whom was voted for", holder in given, holder)
            counts = step.after(limits_key(measure.partner), Limits).reserve_counts
            equal("a new custodian has attested nothing yet", counts, False)
        case SetJudge():
            judge = step.after(SETTLEMENT_KEY, Settlement).custodian
            holds("who judges was voted for", judge in _judges(step), judge)
        case ShareObligation():
            _check_late(step, measure)
        case SetProtocol():
            planned = step.after(PROTOCOL_KEY, Protocol).planned
            versions = [Planned(m.version, m.height) for m in step.done(SetProtocol)]
            holds("what is planned was voted for", planned in versions, planned)
        case _:
            pass  # an admin is seen by the roles, payments and losses by positions


def _check_late(step: Step, loss: ShareObligation) -> None:
    """A loss is what somebody who is leaving did not pay in time ([LEDGER-72])."""
    key = obligation_key(loss.cycle, loss.place)
    old, new = step.before(key, Obligation), step.after(key, Obligation)
    late = old.late or has_come(old.deadline, step.context.time)
    holds("what is shared was late", late, old)
    equal("what was shared is settled", new.outstanding, 0)
    debtor = step.after(partner_key(old.debtor), Partner)
    holds("losses are of who is leaving", not debtor.active, debtor.code)


def _judges(step: Step) -> list[str]:
    return [measure.custodian for measure in step.done(SetJudge)]


def _check_losses(step: Step) -> None:
    """Who takes part bears a loss in proportion to its limit, to a unit ([LEDGER-73]).

    What is in proportion shows where one loss was shared, and nothing else moved what it goes by.
    """
    obligations, positions = step.done(ShareObligation), step.done(SharePosition)
    alone = len(step.executed) == 1 and len(step.late) == len(obligations)
    if not alone or not step.shared:
        return
    codes = step.before(DIRECTORY_KEY, Directory).partners
    bearers = [code for code in codes if step.was_active(code)]
    before = {code: rules.limit(step.before(limits_key(code), Limits)) for code in bearers}
    after = {code: rules.limit(step.after(limits_key(code), Limits)) for code in bearers}
    if before != after:
        return
    whole = sum(before.values())
    at_most("somebody bears a loss", 1, whole)
    relieved = [each.partner for each in positions]
    for code in relieved:
        _check_cover(step, code)
    relieved += [_creditor(step, each) for each in obligations]
    for code in codes:
        shift = step.of(code).assumed + (step.shared if code in relieved else 0)
        off = abs(shift * whole - step.shared * before.get(code, 0))
        at_most(f"what {code} bears is in proportion", off + 1, whole)


def _check_cover(step: Step, code: str) -> None:
    """Nobody bears what a reserve covers ([LEDGER-73])."""
    limits = step.before(limits_key(code), Limits)
    if limits == step.after(limits_key(code), Limits):
        covered = max(0, limits.terms.reserve - limits.earmarked)
        owes = step.position(code).expected
        at_most("a loss is what no reserve covers", step.shared + covered, owes)


def _creditor(step: Step, loss: ShareObligation) -> str:
    return step.before(obligation_key(loss.cycle, loss.place), Obligation).creditor
