"""Receipts with every event, and the root of some."""

from collections.abc import Mapping, Sequence
from typing import get_args

from primitives.amount import MAX_PER_DAY
from primitives.commerce import OrderStatus
from primitives.encoding import decode, encode
from primitives.genesis import Rate
from primitives.governance import Planned, ProposalStatus, Protocol, VotedLimits
from primitives.membership import PartnerStatus, Role
from primitives.merkle import list_root
from primitives.receipt import (
    AccountOpened,
    CampaignClosed,
    CampaignOpened,
    ClaimBoundLowered,
    ContentLiked,
    ContentRegistered,
    CustodianAssigned,
    CustodianSet,
    CycleClosed,
    DailyCapsChanged,
    Event,
    JudgeSet,
    LimitsSet,
    Minted,
    ObligationOverdue,
    ObligationSettled,
    OrderEnded,
    OrderMoved,
    Outcome,
    PartnerApplied,
    PartnerMoved,
    PaymentClaimed,
    PaymentDisputed,
    PositionShifted,
    ProgrammeOpened,
    ProgrammePaused,
    ProposalMoved,
    ProposalOpened,
    ProtocolPlanned,
    RateChanged,
    RatePublished,
    Receipt,
    Redeemed,
    Refunded,
    ReserveChanged,
    ReserveDrawn,
    ReserveLapsed,
    ReserveReleased,
    RewardPaid,
    RoleGiven,
    SeatAnnounced,
    Skip,
    TermsChanged,
    TermsPublished,
    VoteCounted,
)

FIELDS = {
    "name": "what is special about the receipt",
    "origin": "transaction id or due entry's digest",
    "outcome": "the number of its code",
    "code": "its code",
    "receipt": "canonical bytes",
    "receipts, root": "canonical bytes of a height's receipts in order, and the root ATTEST names",
    "skip": "the number of a reason to skip, which is in no receipt; its code beside it",
}

ID = bytes(range(32))
RATE = Rate(1_793_491_200_000, 2**32 - 1, 3)
OBSTACLES = {
    ProposalStatus.OPEN: Outcome.DONE,
    ProposalStatus.REJECTED: Outcome.DONE,
    ProposalStatus.EXPIRED: Outcome.DONE,
    ProposalStatus.VOID: Outcome.PARTNER_STAYS,
}
EVENTS: dict[str, tuple[Event, ...]] = {
    "an account opened": (AccountOpened(ID),),
    "minted to a new account": (AccountOpened(ID), Minted("north", 12_500_000, 2**63 - 1)),
    "a reserve lapsed": (ReserveLapsed("north"),),
    "a rate began": (RateChanged("north", "bonus", RATE),),
    "redeemed": (Redeemed("east", 12_500_000, 2**63 - 1),),
    "refunded": (Refunded("east", 1, 12_500_000),),
    "a programme opened": (ProgrammeOpened("north", "miles"),),
    "a rate published and begun": (
        RatePublished("north", "bonus", RATE),
        RateChanged("north", "bonus", RATE),
    ),
    "a programme paused": (ProgrammePaused("north", "bonus", paused=True),),
    "a programme taken up again": (ProgrammePaused("north", "bonus", paused=False),),
    "a reserve changed": (ReserveChanged("north", 2**63 - 1),),
    "a reserve of nothing": (ReserveChanged("north", 0),),
    "a reserve released": (ReserveReleased("north", 12_500_000),),
    "a reserve drawn, and the obligation settled": (
        ReserveDrawn("north", 7, 98, 12_500_000),
        ObligationSettled(7, 98, 12_500_000),
    ),
    "daily caps changed": (DailyCapsChanged("north", 0, MAX_PER_DAY),),
    "a claim bound lowered": (ClaimBoundLowered("north", 0),),
    "a cycle closed": (CycleClosed(2**32 - 1, 12_500_000, 98),),
    "a cycle closed without claims": (CycleClosed(1, 0, 0),),
    "a payment claimed": (PaymentClaimed(7, 0, ID),),
    "a payment disputed": (PaymentDisputed(7, 0, 0),),
    "an obligation overdue": (ObligationOverdue(7, 0, 1),),
    "a campaign opened": (CampaignOpened(ID, 2**63 - 1),),
    "a referral paid to a new account": (
        AccountOpened(bytes(32)),
        RewardPaid(ID, bytes(32), 12_500_000),
        RewardPaid(ID, bytes([255]) * 32, 1),
    ),
    "a campaign closed": (CampaignClosed(ID, 12_500_000),),
    "a campaign closed, nothing left": (CampaignClosed(ID, 0),),
    "an order opened": (OrderMoved(ID, OrderStatus.OPEN),),
    "an order shipped": (OrderMoved(ID, OrderStatus.SHIPPED),),
    "an order disputed": (OrderMoved(ID, OrderStatus.DISPUTED),),
    "an order ended for the buyer": (OrderEnded(ID, 2**63 - 1, 0),),
    "an order ended for the seller": (OrderEnded(ID, 0, 12_500_000),),
    "a content registered": (ContentRegistered(ID),),
    "a content liked": (ContentLiked(ID, 1, 2**63 - 1),),
    "a partner applied": (PartnerApplied(ID, "nora", bytes(32)),),
    "a partner admitted": (
        AccountOpened(ID),
        PartnerMoved("nora", PartnerStatus.ACTIVE),
        LimitsSet("nora", VotedLimits(1, 2, 10_000, 2**63 - 1)),
        ProposalMoved(ID, ProposalStatus.EXECUTED, Outcome.DONE),
    ),
    "a partner running off, and gone": (
        PartnerMoved("north", PartnerStatus.RUN_OFF),
        PartnerMoved("north", PartnerStatus.LEFT),
    ),
    "an admin's role given": (RoleGiven("north", Role.ADMIN, ID),),
    "an issuer's role given": (RoleGiven("north", Role.ISSUER, ID),),
    "a cashier's role given": (RoleGiven("north", Role.CASHIER, ID),),
    "a seat announced": (SeatAnnounced("north", ID, lost=False),),
    "a lost seat announced": (SeatAnnounced("north", ID, lost=True),),
    "positions shifted": (
        PositionShifted("east", -(2**63)),
        PositionShifted("north", 2**63 - 1),
        PositionShifted("south", -1),
    ),
    "terms published": (TermsPublished("north", "bonus", ID, 2**53),),
    "terms begun": (TermsChanged("north", "bonus", ID),),
    "a proposal opened": (ProposalOpened(ID, 100, 67),),
    "a vote counted, and the proposal passed": (
        VoteCounted(ID, "north", 3, 0),
        ProposalMoved(ID, ProposalStatus.PASSED, Outcome.DONE),
    ),
    **{
        f"a proposal {status.text}": (ProposalMoved(ID, status, obstacle),)
        for status, obstacle in OBSTACLES.items()
    },
    "a custodian set": (CustodianSet("safe", ID),),
    "a custodian assigned": (CustodianAssigned("north", "safe"),),
    "a judge set": (JudgeSet("referee"),),
    "a protocol planned": (ProtocolPlanned(Protocol(1, Planned(65_535, 2**53))),),
    "a protocol as it is": (ProtocolPlanned(Protocol(1, None)),),
    "256 accounts opened": tuple(AccountOpened(bytes([i]) * 32) for i in range(256)),
}


def receipts() -> dict[str, Receipt]:
    """By what is special about them."""
    plain = {outcome.text.replace("_", " "): Receipt(ID, outcome, ()) for outcome in Outcome}
    eventful = {name: Receipt(ID, Outcome.DONE, events) for name, events in EVENTS.items()}
    return plain | eventful


def described(name: str, receipt: Receipt) -> dict[str, object]:
    data = encode(receipt)
    assert decode(Receipt, data) == receipt
    return {
        "name": name,
        "origin": receipt.origin.hex(),
        "outcome": int(receipt.outcome),
        "code": receipt.outcome.text,
        "receipt": data.hex(),
    }


def eventful() -> None:
    """Every kind of event is in some receipt."""
    shown = {type(event) for events in EVENTS.values() for event in events}
    assert shown == set(get_args(Event)), shown


def cases() -> Sequence[Mapping[str, object]]:
    eventful()
    held = receipts()
    items = [encode(receipt) for receipt in held.values()]
    lists = [items[:count] for count in (0, 1, 2, 5)]
    return [
        *(described(name, receipt) for name, receipt in held.items()),
        *({"skip": int(skip), "code": skip.text} for skip in Skip),
        *(
            {"receipts": [item.hex() for item in chosen], "root": list_root(chosen).hex()}
            for chosen in lists
        ),
    ]
