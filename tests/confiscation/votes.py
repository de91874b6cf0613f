"""Each measure that partners can vote for, as it is carried out in a town.

Whoever adds a measure comes by here and says how the town has to be for it to be done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from primitives.actions import CastVote, Propose
from primitives.amount import MICRO
from primitives.governance import (
    AdmitPartner,
    AssignCustodian,
    DecideDispute,
    Measure,
    RemovePartner,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
    ShareObligation,
    SharePosition,
    VotedLimits,
)
from primitives.membership import Application, application_id, application_key
from primitives.receipt import Outcome, Receipt
from tests.builders import CUSTODIAN, DAY_MS, JUDGE
from tests.confiscation.anything import person_of
from tests.confiscation.town import CARL, DECLARED, STRANGER
from tests.ledger import Ledger
from tests.voting import GRANTED, TIMELOCK, executed

NOTHING: Final = VotedLimits(credit=0, reserve_ceiling=0, haircut=10_000, claim_bound=0)
"""The least that anybody can be granted."""


def _admission(town: Ledger) -> Measure:
    wish = town.entry(application_key(CARL.account), Application)
    assert wish is not None
    return AdmitPartner(CARL.account, application_id(CARL.account, wish), GRANTED)


def _once_north_is_gone(measure: Measure) -> Callable[[Ledger], Measure]:
    """What others bear is what somebody left behind."""

    def prepared(town: Ledger) -> Measure:
        executed(town, RemovePartner("north"), by="south")
        return measure

    return prepared


MEASURES: Final[dict[str, Callable[[Ledger], Measure]]] = {
    "AdmitPartner": _admission,
    "RemovePartner": lambda _: RemovePartner("north"),
    "ReplaceAdmin": lambda _: ReplaceAdmin("north", STRANGER.account),
    "SetLimits": lambda _: SetLimits("north", NOTHING),
    "SetCustodian": lambda _: SetCustodian("third", "Third", STRANGER.account, None),
    "AssignCustodian": lambda _: AssignCustodian("east", JUDGE),
    "SetJudge": lambda _: SetJudge(CUSTODIAN),
    "DecideDispute": lambda _: DecideDispute(2, 1, paid=False),
    "ShareObligation": _once_north_is_gone(ShareObligation(1, 1)),
    "SharePosition": _once_north_is_gone(SharePosition("north", MICRO)),
    "SetProtocol": lambda town: SetProtocol(2, town.height + 1_000),
    "Declare": lambda _: DECLARED,
}
"""One of each measure that is carried out in a town, once it was prepared."""


def decide(town: Ledger, measure: Measure, by: str, against: tuple[str, ...] = ()) -> None:
    """Propose it, if that may be; all electors vote; and its time comes, whatever they decided."""
    proposer = person_of(town.partner(by).roles.admin)
    decoded = town.act(proposer, Propose(by, measure))
    [verdict] = town.block(decoded)
    assert isinstance(verdict, Receipt)
    if verdict.outcome == Outcome.DONE:
        for code in town.proposal(decoded.id).electors:
            admin = person_of(town.partner(code).roles.admin)
            vote = CastVote(code, decoded.id, code not in against)
            town.block(town.act(admin, vote))
    town.pass_time(TIMELOCK + DAY_MS)
