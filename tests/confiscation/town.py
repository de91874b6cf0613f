"""A ledger on which everything goes on at once, and each action as it is done there.

Obligations and orders of every status, deadlines of every kind, LiqBon in everybody's hands.
Whoever adds an action comes by here and says how it is done, and what it may take from whom.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from primitives.actions import (
    Action,
    CampaignClaim,
    CampaignClose,
    CampaignCreate,
    CastVote,
    ContentLike,
    ContentRegister,
    LowerClaimBound,
    OpenChannels,
    OrderDispute,
    OrderOpen,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    ProgrammeSetTerms,
    Propose,
    Redeem,
    SetDailyCaps,
    Transfer,
)
from primitives.amount import MICRO
from primitives.commerce import (
    Offer,
    Order,
    OrderStatus,
    Voucher,
    content_id,
    offer_message,
    voucher_message,
)
from primitives.entries import ObligationStatus, Prefix, decode_entry
from primitives.governance import Declare, Proposal, ProposalStatus, SetLimits, VotedLimits
from primitives.membership import Role
from primitives.transaction import Decoded
from tests.attacks.scenes import ANN, BOB, CYCLE_MS, done
from tests.builders import (
    CODES,
    CUSTODIAN,
    DAY_MS,
    HOUR_MS,
    JUDGE,
    LIMITS,
    PARAMETERS,
    ROLES,
    a_genesis,
    a_person,
    a_role,
    an_id,
)
from tests.ledger import Ledger
from tests.voting import (
    a_rotation,
    an_announcement,
    an_application,
    an_applying,
    an_exit,
    passed,
    proposed,
)

OFFICES: Final = [
    *(a_role(code, role) for code in CODES for role in ROLES),
    a_role(CUSTODIAN, "custodian"),
    a_role(JUDGE, "custodian"),
]
CARL: Final = a_person("carl")
"""Sponsors, and signs the vouchers himself."""
EVERYONE: Final = [ANN, BOB, CARL, *OFFICES]
STRANGER: Final = a_person("stranger")
"""Has no account."""
BILL: Final = 10 * MICRO


@lru_cache(maxsize=1)
def _town() -> Ledger:
    """Two weeks in: north owes everybody, and has a reserve of one LiqBon."""
    limits = replace(LIMITS, reserve=MICRO, reserve_ceiling=1_000 * MICRO)
    ledger = Ledger(a_genesis(limits=limits))
    for person in EVERYONE:
        ledger.give(person, 100 * MICRO, "north")
    for cycle in (1, 2):
        for code in ("east", "south", "west"):
            bill = ledger.invoice(code, BILL, id=f"bill {cycle} at {code}")
            done(ledger, ledger.redeem(ANN, bill))
        ledger.pass_time(CYCLE_MS * cycle - (ledger.time - ledger.genesis.time))
        if cycle == 1:
            done(ledger, ledger.pay(1, 0))
            done(ledger, ledger.confirm(1, 0))
            ledger.pass_time(PARAMETERS.payment_term_ms)
    for place in (0, 1):
        done(ledger, ledger.pay(2, place))
    done(ledger, ledger.dispute(2, 1))
    _wait_for_something_of_every_kind(ledger)
    statuses = [ledger.obligation(*name).status for name in OBLIGATIONS]
    assert {*statuses} == {*ObligationStatus}, statuses
    _trade(ledger)
    return ledger


OBLIGATIONS: Final = [(cycle, place) for cycle in (1, 2) for place in range(3)]


def _wait_for_something_of_every_kind(ledger: Ledger) -> None:
    """Raised caps, a raised reserve, a worse rate and new terms that are not in force yet; somebody
    who wants to be a partner; and two votes, one of which is over."""
    done(ledger, ledger.attest("north", 5 * MICRO))
    south = a_role("south", "admin")
    done(ledger, ledger.act(south, SetDailyCaps("south", 30_000 * MICRO, 30_000 * MICRO)))
    later = ledger.time + PARAMETERS.rate_notice_ms + DAY_MS
    done(ledger, ledger.act(south, ProgrammeSetRate("south", "bonus", 5_000, 1, later)))
    done(ledger, ledger.act(south, ProgrammeSetTerms("south", "bonus", SONG, "", 0)))
    done(ledger, ledger.act(south, LowerClaimBound("south", 40_000 * MICRO)))
    done(ledger, an_applying(ledger, an_application(ledger), sender=CARL))
    proposed(ledger, DECLARED)
    limits = VotedLimits(LIMITS.credit // 2, MICRO, LIMITS.haircut, LIMITS.claim_bound)
    passed(ledger, SetLimits("west", limits))


def _trade(ledger: Ledger) -> None:
    """A grant and a referral of Carl's, a song of Bob's, and of Ann an order of each status."""
    for bonus in (0, MICRO):
        ends = ledger.time + 30 * DAY_MS
        action = CampaignCreate(CARL.account, BILL, MICRO, bonus, 3, ends)
        done(ledger, ledger.act(CARL, action))
    done(ledger, ledger.act(BOB, ContentRegister(SONG)))
    for steps in range(4):
        opened = _buy(ledger)
        done(ledger, opened)
        if steps > 0:
            done(ledger, ledger.act(BOB, OrderShip(opened.id, None)))
        if steps > 1:
            done(ledger, ledger.act(ANN, OrderDispute(opened.id)))
        if steps > 2:
            done(ledger, ledger.act(CARL, OrderResolve(opened.id, MICRO)))


SONG: Final = an_id("a song")
DECLARED: Final = Declare(SONG, "https://example.com")


def _buy(ledger: Ledger) -> Decoded:
    """Ann takes Bob's offer; Carl would judge."""
    offer = Offer(
        seller=BOB.account,
        price=BILL // 2,
        promoter=OFFICES[0].account,
        share=MICRO,
        arbiter=CARL.account,
        ship_within=3 * DAY_MS,
        expires=ledger.time + HOUR_MS,
        goods=SONG,
    )
    return ledger.act(ANN, OrderOpen(offer, BOB.endorse(offer_message(ledger.chain, offer))))


def _claim(ledger: Ledger) -> Decoded:
    """A stranger claims a referral."""
    referral = campaigns(ledger)[1]
    said = Voucher(referral, STRANGER.account, ANN.account, SONG, ledger.time + HOUR_MS)
    signed = CARL.endorse(voucher_message(ledger.chain, said))
    return ledger.act(STRANGER, CampaignClaim(said, signed))


def campaigns(ledger: Ledger) -> list[bytes]:
    """The ids of Carl's campaigns, the referral last."""
    found = [
        (decode_entry(key, raw).bonus, key[1:])  # type: ignore[attr-defined]
        for key, raw in ledger.state.items()
        if key[0] == Prefix.CAMPAIGN
    ]
    return [id_ for _, id_ in sorted(found)]


def orders(ledger: Ledger) -> dict[OrderStatus, bytes]:
    """The ids of Ann's orders, by status."""
    found: dict[OrderStatus, bytes] = {}
    for key, raw in ledger.state.items():
        if key[0] == Prefix.ORDER:
            order = decode_entry(key, raw)
            assert isinstance(order, Order)
            found[order.status] = key[1:]
    return found


def proposals(ledger: Ledger) -> dict[ProposalStatus, bytes]:
    """The ids of the partners' proposals, by status."""
    found: dict[ProposalStatus, bytes] = {}
    for key, raw in ledger.state.items():
        if key[0] == Prefix.PROPOSAL:
            proposal = decode_entry(key, raw)
            assert isinstance(proposal, Proposal)
            found[proposal.status] = key[1:]
    return found


def a_town() -> Ledger:
    """A town of one's own."""
    town = copy(_town())
    town.state = dict(town.state)
    return town


def _admin(ledger: Ledger, action: Action, code: str = "east") -> Decoded:
    return ledger.act(a_role(code, "admin"), action)


DOABLE: Final[dict[str, Callable[[Ledger], Decoded]]] = {
    "Transfer": lambda t: t.transfer(ANN, (BOB, MICRO), (STRANGER, MICRO)),
    "OpenChannels": lambda t: t.act(ANN, OpenChannels(2)),
    "Mint": lambda t: t.mint("east", ANN, 100, reference="a new one"),
    "ProgrammeOpen": lambda t: _admin(
        t, ProgrammeOpen("east", "miles", "Miles", "mile", bytes(32), "https://example.com", 1, 3)
    ),
    "ProgrammeSetRate": lambda t: _admin(t, ProgrammeSetRate("east", "bonus", 20_000, 1, 0)),
    "ProgrammeSetTerms": lambda t: _admin(t, ProgrammeSetTerms("east", "bonus", SONG, "", 0)),
    "ProgrammePause": lambda t: _admin(t, ProgrammePause("east", "bonus", True)),
    "PartnerRegister": lambda t: an_applying(t, an_application(t, "sixth"), sender=ANN),
    "PartnerRotateKeys": lambda t: a_rotation(t, "east", Role.CASHIER, BOB),
    "PartnerExit": lambda t: an_exit(t, "east"),
    "ValidatorAnnounceKey": lambda t: an_announcement(t, "east", "a new one", lost=True),
    "Propose": lambda t: _admin(t, Propose("east", DECLARED)),
    "CastVote": lambda t: _admin(t, CastVote("east", proposals(t)[ProposalStatus.OPEN], True)),
    "LowerClaimBound": lambda t: _admin(t, LowerClaimBound("east", 0)),
    "SetDailyCaps": lambda t: _admin(t, SetDailyCaps("east", 0, 0)),
    "ReserveAttest": lambda t: t.attest("east", 0),
    "ReserveRelease": lambda t: t.release("east", MICRO),
    "Redeem": lambda t: t.redeem(ANN, t.invoice("east", MICRO, id="a new one")),
    "Refund": lambda t: t.refund("east", an_id("bill 1 at east"), BILL),
    "SettlementPay": lambda t: t.pay(2, 2),
    "SettlementConfirm": lambda t: t.confirm(2, 1),
    "SettlementDispute": lambda t: t.dispute(2, 0),
    "SettlementStatement": lambda t: t.statement(2, 1, paid=False),
    "CampaignCreate": lambda t: t.act(
        ANN, CampaignCreate(BOB.account, BILL, MICRO, 0, 1, t.time + DAY_MS)
    ),
    "CampaignClaim": _claim,
    "CampaignClose": lambda t: t.act(CARL, CampaignClose(campaigns(t)[0])),
    "OrderOpen": _buy,
    "OrderShip": lambda t: t.act(BOB, OrderShip(orders(t)[OrderStatus.OPEN], SONG)),
    "OrderRelease": lambda t: t.act(ANN, OrderRelease(orders(t)[OrderStatus.SHIPPED])),
    "OrderRefund": lambda t: t.act(BOB, OrderRefund(orders(t)[OrderStatus.SHIPPED])),
    "OrderDispute": lambda t: t.act(ANN, OrderDispute(orders(t)[OrderStatus.SHIPPED])),
    "OrderResolve": lambda t: t.act(CARL, OrderResolve(orders(t)[OrderStatus.DISPUTED], 1)),
    "ContentRegister": lambda t: t.act(ANN, ContentRegister(SONG)),
    "ContentLike": lambda t: t.act(ANN, ContentLike(content_id(BOB.account, SONG), MICRO)),
}
"""One of each action that is done in a town as it is."""


def spends(action: Action) -> int:
    """The most that an action takes from its sender, by what it says. Written down here once more,
    apart from the contracts: whatever is not here takes nothing."""
    match action:
        case Transfer():
            return sum(output.amount for output in action.outputs)
        case Redeem():
            return action.invoice.amount
        case CampaignCreate():
            return action.budget
        case OrderOpen():
            return action.offer.price
        case ContentLike():
            return action.amount
        case _:
            return 0
