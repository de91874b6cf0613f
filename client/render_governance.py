"""Partners together as documents: how they come, go and vote. Decides nothing.

Actions and events are part of ``client.render``, from where they are imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias, assert_never

from client import event_views
from client import governance_views as views
from client.event_views import EventView
from client.fields import format_time
from client.ledger_views import ActionView
from client.render_measures import measure_view, voted_limits_view
from primitives.actions import (
    CastVote,
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    Propose,
    ValidatorAnnounceKey,
)
from primitives.address import address
from primitives.amount import format_amount, format_signed
from primitives.governance import Ballot, Planned, Proposal, ProposalStatus
from primitives.membership import (
    Application,
    Membership,
    PartnerKind,
    PartnerStatus,
    Role,
    application_id,
)
from primitives.receipt import (
    CustodianAssigned,
    CustodianSet,
    JudgeSet,
    LimitsSet,
    Outcome,
    PartnerApplied,
    PartnerMoved,
    PositionShifted,
    ProposalMoved,
    ProposalOpened,
    ProtocolPlanned,
    RoleGiven,
    SeatAnnounced,
    VoteCounted,
)

OfMembership: TypeAlias = PartnerRegister | PartnerRotateKeys | PartnerExit | ValidatorAnnounceKey
OfVotes: TypeAlias = Propose | CastVote
_MembershipEvent: TypeAlias = PartnerApplied | PartnerMoved | RoleGiven | SeatAnnounced
_VoteEvent: TypeAlias = ProposalOpened | VoteCounted | ProposalMoved
_DecidedEvent: TypeAlias = (
    PositionShifted | LimitsSet | CustodianSet | CustodianAssigned | JudgeSet | ProtocolPlanned
)
GovernanceEvent: TypeAlias = _MembershipEvent | _VoteEvent | _DecidedEvent

KINDS: Final[dict[PartnerKind, views.PartnerKindName]] = {
    PartnerKind.SHOP: "shop",
    PartnerKind.CHAIN: "chain",
    PartnerKind.AIRLINE: "airline",
    PartnerKind.MANUFACTURER: "manufacturer",
    PartnerKind.SERVICE: "service",
    PartnerKind.COALITION: "coalition",
}
PARTNER_STATES: Final[dict[PartnerStatus, views.PartnerState]] = {
    PartnerStatus.ACTIVE: "active",
    PartnerStatus.RUN_OFF: "run_off",
    PartnerStatus.LEFT: "left",
}
ROLES: Final[dict[Role, views.RoleName]] = {
    Role.ADMIN: "admin",
    Role.ISSUER: "issuer",
    Role.CASHIER: "cashier",
}
PROPOSAL_STATES: Final[dict[ProposalStatus, views.ProposalState]] = {
    ProposalStatus.OPEN: "open",
    ProposalStatus.PASSED: "passed",
    ProposalStatus.EXECUTED: "executed",
    ProposalStatus.REJECTED: "rejected",
    ProposalStatus.EXPIRED: "expired",
    ProposalStatus.VOID: "void",
}
_PENDING: Final = (ProposalStatus.OPEN, ProposalStatus.PASSED)


def membership_action(action: OfMembership, network: str) -> ActionView:
    """Accounts as addresses of ``network``; so everywhere below."""
    match action:
        case PartnerRegister(application):
            return views.PartnerRegisterView(applicant=applicant_view(application, network))
        case PartnerRotateKeys(partner, role, holder):
            return views.PartnerRotateKeysView(
                partner=partner, role=ROLES[role], holder=address(holder.account, network)
            )
        case PartnerExit(partner):
            return views.PartnerExitView(partner=partner)
        case ValidatorAnnounceKey(partner, seat, lost):
            return views.ValidatorAnnounceKeyView(
                partner=partner, validator=seat.key.hex(), lost=lost
            )
        case _:
            assert_never(action)


def vote_action(action: OfVotes, network: str) -> ActionView:
    """What is proposed, and how somebody votes."""
    match action:
        case Propose(partner, measure):
            return views.ProposeView(partner=partner, measure=measure_view(measure, network))
        case CastVote(partner, proposal, approve):
            return views.VoteView(partner=partner, proposal=proposal.hex(), approve=approve)
        case _:
            assert_never(action)


def governance_event(event: GovernanceEvent, network: str) -> EventView:
    """What partners do as partners, and what follows from it."""
    match event:
        case PartnerApplied() | PartnerMoved() | RoleGiven() | SeatAnnounced():
            return _membership_event(event, network)
        case ProposalOpened() | VoteCounted() | ProposalMoved():
            return _vote_event(event)
        case (
            PositionShifted()
            | LimitsSet()
            | CustodianSet()
            | CustodianAssigned()
            | JudgeSet()
            | ProtocolPlanned()
        ):
            return _decided_event(event, network)
        case _:
            assert_never(event)


def _membership_event(event: _MembershipEvent, network: str) -> EventView:
    partner = event.partner
    match event:
        case PartnerApplied(account=account, application=application):
            return event_views.PartnerAppliedView(
                address=address(account, network), partner=partner, application=application.hex()
            )
        case PartnerMoved(status=status):
            return event_views.PartnerMovedView(partner=partner, status=PARTNER_STATES[status])
        case RoleGiven(role=role, account=account):
            return event_views.RoleGivenView(
                partner=partner, role=ROLES[role], address=address(account, network)
            )
        case SeatAnnounced(key=key, lost=lost):
            return event_views.SeatAnnouncedView(partner=partner, validator=key.hex(), lost=lost)
        case _:
            assert_never(event)


def _vote_event(event: _VoteEvent) -> EventView:
    proposal = event.proposal.hex()
    match event:
        case ProposalOpened(electors=electors, needed=needed):
            return event_views.ProposalOpenedView(
                proposal=proposal, electors=electors, needed=needed
            )
        case VoteCounted():
            return event_views.VoteCountedView(
                proposal=proposal,
                partner=event.partner,
                approved=event.approved,
                opposed=event.opposed,
            )
        case ProposalMoved(status=status, obstacle=obstacle):
            return event_views.ProposalMovedView(
                proposal=proposal, status=PROPOSAL_STATES[status], obstacle=_obstacle(obstacle)
            )
        case _:
            assert_never(event)


def _decided_event(event: _DecidedEvent, network: str) -> EventView:
    match event:
        case PositionShifted(partner, amount):
            return event_views.PositionShiftedView(partner=partner, amount=format_signed(amount))
        case LimitsSet(partner, limits):
            return event_views.LimitsSetView(partner=partner, limits=voted_limits_view(limits))
        case CustodianSet(custodian, account):
            return event_views.CustodianSetView(
                custodian=custodian, address=address(account, network)
            )
        case CustodianAssigned(partner, custodian):
            return event_views.CustodianAssignedView(partner=partner, custodian=custodian)
        case JudgeSet(custodian):
            return event_views.JudgeSetView(custodian=custodian)
        case ProtocolPlanned(protocol):
            return event_views.ProtocolPlannedView(
                version=protocol.version, planned=planned_view(protocol.planned)
            )
        case _:
            assert_never(event)


def planned_view(planned: Planned | None) -> views.PlannedView | None:
    """A protocol version that is to come."""
    if planned is None:
        return None
    return views.PlannedView(version=planned.version, from_height=planned.height)


def applicant_view(application: Application, network: str) -> views.ApplicantView:
    """What a newcomer says of itself."""
    return views.ApplicantView(
        code=application.code,
        name=application.name,
        currency=application.currency,
        kind=KINDS[application.kind],
        issuer=address(application.issuer, network),
        cashier=address(application.cashier, network),
        custodian=application.custodian,
        validator=application.seat.key.hex(),
        mint_per_day=format_amount(application.mint_per_day),
        refund_per_day=format_amount(application.refund_per_day),
    )


def application_view(
    account: bytes, application: Application, network: str, *, taken: bool
) -> views.ApplicationView:
    """What an account last applied with; ``taken``: somebody is or was partner of that code."""
    return views.ApplicationView(
        application=application_id(account, application).hex(),
        address=address(account, network),
        applicant=applicant_view(application, network),
        taken=taken,
    )


def proposal_view(
    id_: bytes, proposal: Proposal, ballots: Mapping[str, Ballot | None], network: str
) -> views.ProposalView:
    """A proposal, and how each of its electors voted (None: not, or not yet)."""
    electors = [(code, ballots.get(code)) for code in proposal.electors]
    pending = proposal.status in _PENDING
    rejected = proposal.status == ProposalStatus.REJECTED
    ended = proposal.decided if rejected else proposal.deadline
    return views.ProposalView(
        proposal=id_.hex(),
        proposer=proposal.proposer,
        measure=measure_view(proposal.measure, network),
        electors=[
            views.ElectorView(partner=code, approves=None if ballot is None else ballot.approve)
            for code, ballot in electors
        ],
        needed=proposal.needed,
        approved=proposal.approved,
        opposed=proposal.opposed,
        status=PROPOSAL_STATES[proposal.status],
        opened=format_time(proposal.opened),
        decided=format_time(proposal.decided) if proposal.decided else None,
        deadline=format_time(proposal.deadline) if pending else None,
        ended=None if pending else format_time(ended),
        obstacle=_obstacle(proposal.obstacle),
    )


def member_views(membership: Membership) -> list[views.MemberView]:
    """The seats of the next epoch."""
    return [
        views.MemberView(partner=member.partner, validator=member.key.hex())
        for member in membership.members
    ]


def _obstacle(code: int) -> str | None:
    return Outcome(code).text if code else None
