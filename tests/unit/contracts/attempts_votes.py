"""Proposals and votes with the faults that a world asks for. Knows one measure each, no order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from primitives.actions import Action, CastVote, Propose
from primitives.entries import (
    DIRECTORY_KEY,
    Directory,
    Obligation,
    ObligationStatus,
    Partner,
    Position,
    custodian_key,
    obligation_key,
    partner_key,
    position_key,
)
from primitives.genesis import Custodian
from primitives.governance import (
    AdmitPartner,
    AssignCustodian,
    Ballot,
    DecideDispute,
    Declare,
    Measure,
    Proposal,
    ProposalStatus,
    RemovePartner,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
    ShareObligation,
    SharePosition,
    ballot_key,
    proposal_key,
)
from primitives.membership import application_id, application_key
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import CUSTODIAN, JUDGE, a_role, an_id
from tests.trading import ANN, BEN
from tests.unit.contracts.attempts_partners import REFEREE, VAULT, Attempt
from tests.unit.contracts.faults import World
from tests.voting import GRANTED, a_seat, an_application

o = Outcome
ID = an_id("a proposal")


def alone(w: World, code: str) -> None:
    """Nobody else takes part."""
    for other in ("north", "east", "south", "west"):
        if other != code:
            w.status(other)


def greedy(w: World) -> object:
    """So much credit that no more is left, if that is to be a fault."""
    return replace(GRANTED, credit=w.pick(o.CREDIT_EXCEEDED, 2**62, 1))


def unlimited(w: World) -> None:
    """Nobody has a limit in proportion to which something could be borne, if asked for."""
    if w.has(o.NOBODY_TO_SHARE):
        for code in ("north", "east", "south", "west"):
            w.terms(code, credit=0, reserve=0)


def admit(w: World) -> Measure:
    code = w.pick(o.PARTNER_EXISTS, "east", "fifth")
    seat = a_seat(w.ledger, code, w.pick(o.SEAT_TAKEN, "consensus of north", "new"))
    wish = an_application(
        w.ledger,
        code,
        issuer=w.pick(o.CUSTODIAN_INVALID, VAULT, BEN).account,
        cashier=w.pick(o.ROLE_INVALID, REFEREE, BEN).account,
        seat=seat,
    )
    w.put(application_key(ANN.account), wish)
    if w.has(o.DIRECTORY_FULL):
        codes = ("north", "east", "south", "west")
        w.edit(DIRECTORY_KEY, Directory, partners=codes * 25)
    id_ = w.pick(o.APPLICATION_UNKNOWN, bytes(32), application_id(ANN.account, wish))
    return AdmitPartner(ANN.account, id_, greedy(w))  # type: ignore[arg-type]


def _named(w: World) -> str:
    """East; or nobody."""
    return w.pick(o.PARTNER_UNKNOWN, "nobody", "east")


def _is_last(w: World) -> bool:
    """Who is leaving is not the last that takes part."""
    return w.has(o.LAST_PARTNER) and not w.has(o.PARTNER_LEAVING)


def remove(w: World) -> Measure:
    if w.has(o.PARTNER_LEAVING):
        w.status("east")
    if _is_last(w):
        alone(w, "east")
    return RemovePartner(_named(w))


def replace_admin(w: World) -> Measure:
    return ReplaceAdmin(_named(w), w.pick(o.ROLE_INVALID, VAULT, BEN).account)


def set_limits(w: World) -> Measure:
    if w.has(o.PARTNER_LEAVING):
        w.status("east")
    return SetLimits(_named(w), greedy(w))  # type: ignore[arg-type]


def set_custodian(w: World) -> Measure:
    if w.has(o.CUSTODIANS_FULL):
        codes = tuple(f"safe-{i}" for i in range(14))
        for code in codes:
            w.put(custodian_key(code), Custodian(code, "Safe", an_id(code), None))
        w.edit(DIRECTORY_KEY, Directory, custodians=(CUSTODIAN, JUDGE, *codes))
    account = w.pick(o.CUSTODIAN_INVALID, VAULT, BEN).account
    return SetCustodian("safe", "Safe", account, w.pick(o.PARTNER_UNKNOWN, "nobody", None))


def assign_custodian(w: World) -> Measure:
    w.put(custodian_key("safe"), Custodian("safe", "Safe", BEN.account, None))
    known = w.pick(o.CUSTODIAN_INVALID, CUSTODIAN, "safe")
    return AssignCustodian(_named(w), w.pick(o.CUSTODIAN_UNKNOWN, "nobody", known))


def set_judge(w: World) -> Measure:
    known = w.pick(o.CUSTODIAN_INVALID, JUDGE, CUSTODIAN)
    return SetJudge(w.pick(o.CUSTODIAN_UNKNOWN, "nobody", known))


def _place(w: World) -> int:
    return w.pick(o.OBLIGATION_UNKNOWN, 1, 0)


def decide_dispute(w: World) -> Measure:
    status = w.pick(o.NOT_DISPUTED, ObligationStatus.OPEN, ObligationStatus.DISPUTED)
    w.edit(obligation_key(1, 0), Obligation, status=status)
    return DecideDispute(1, _place(w), paid=False)


def share_obligation(w: World) -> Measure:
    """It is late and overdue, unless it is settled or in time."""
    settled, late = ObligationStatus.SETTLED, ObligationStatus.OVERDUE
    status = w.pick(o.OBLIGATION_SETTLED, settled, late)
    w.edit(obligation_key(1, 0), Obligation, status=status, late=not w.has(o.OBLIGATION_IN_TIME))
    if not w.has(o.PARTNER_STAYS):
        w.status("north")
    unlimited(w)
    return ShareObligation(1, _place(w))


def share_position(w: World) -> Measure:
    w.edit(position_key("east"), Position, minted=10)
    w.terms("east", reserve=0)
    if not w.has(o.PARTNER_STAYS):
        w.status("east")
    unlimited(w)
    expected = w.ledger.position("east").expected
    amount = expected + 1 if w.has(o.POSITION_SMALLER) or expected < 1 else expected
    return SharePosition(_named(w), amount)


def set_protocol(w: World) -> Measure:
    height = w.ledger.context().height + w.pick(o.HEIGHT_PASSED, 0, 1)
    return SetProtocol(w.pick(o.VERSION_NOT_NEWER, 1, 2), height)


def declare(w: World) -> Measure:
    return Declare(ID, "")


MEASURES: Final[dict[type[Measure], Callable[[World], Measure]]] = {
    AdmitPartner: admit,
    RemovePartner: remove,
    ReplaceAdmin: replace_admin,
    SetLimits: set_limits,
    SetCustodian: set_custodian,
    AssignCustodian: assign_custodian,
    SetJudge: set_judge,
    DecideDispute: decide_dispute,
    ShareObligation: share_obligation,
    SharePosition: share_position,
    SetProtocol: set_protocol,
    Declare: declare,
}


def propose(w: World) -> Decoded:
    """A removal of south, already on its way; or of the proposer, which is alone."""
    code = w.code()
    if w.has(o.PROPOSALS_FULL):
        w.edit(partner_key("north"), Partner, proposals=16)
    measure: Measure = Declare(ID, "")
    if w.has(o.ELECTORS_MISSING):
        alone(w, "north")
        measure = ReplaceAdmin("north", BEN.account)
    if w.has(o.ROLE_INVALID):
        measure = ReplaceAdmin("north", VAULT.account)
    return w.ledger.act(w.by(o.NOT_ADMIN), Propose(code, measure))


def cast_vote(w: World) -> Decoded:
    proposal = Proposal(
        proposer="east",
        measure=Declare(ID, ""),
        electors=("east",) if w.has(o.NOT_ELECTOR) else ("north", "east"),
        needed=2,
        approved=0,
        opposed=0,
        status=w.pick(o.PROPOSAL_CLOSED, ProposalStatus.PASSED, ProposalStatus.OPEN),
        opened=0,
        decided=0,
        deadline=w.now,
        obstacle=0,
    )
    w.put(proposal_key(ID), proposal)
    if w.has(o.VOTE_UNCHANGED):
        w.put(ballot_key(ID, "north"), Ballot(approve=True))
    id_ = w.pick(o.PROPOSAL_UNKNOWN, bytes(32), ID)
    return w.ledger.act(w.by(o.NOT_ADMIN), CastVote(w.code(), id_, approve=True))


ATTEMPTS: Final[dict[type[Action], Attempt]] = {Propose: propose, CastVote: cast_vote}


def proposing(measure: type[Measure]) -> Attempt:
    """The proposal of a measure by south, or by who is alone, with the measure's faults."""

    def attempt(w: World) -> Decoded:
        said = MEASURES[measure](w)
        proposer = "east" if _is_last(w) else "south"
        return w.ledger.act(a_role(proposer, "admin"), Propose(proposer, said))

    return attempt
