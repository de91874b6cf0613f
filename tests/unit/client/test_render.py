"""Actions, events and receipts read as the documents describe them."""

from __future__ import annotations

import itertools
from typing import get_args

import msgspec
import pytest
from msgspec.structs import replace

from client import views
from client.raw import RawBlock, decode_raw_block
from client.render import action_view, event_view, receipt_view
from client.render_commerce import ORDER_STATES, campaign_view, content_view, order_view
from client.views import ActionView, EventView, ReceiptView, TransferView
from primitives.actions import (
    Action,
    Attestation,
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
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    ProgrammeSetTerms,
    Propose,
    Redeem,
    Refund,
    Release,
    ReserveAttest,
    ReserveRelease,
    SetDailyCaps,
    SettlementConfirm,
    SettlementDispute,
    SettlementPay,
    SettlementStatement,
    Tag,
    ValidatorAnnounceKey,
)
from primitives.address import address
from primitives.amount import MAX_PER_DAY
from primitives.commerce import Campaign, Content, Offer, Order, OrderStatus, Voucher
from primitives.encoding import Malformed, encode
from primitives.genesis import Rate
from primitives.governance import Declare, Planned, ProposalStatus, Protocol, VotedLimits
from primitives.membership import Application, PartnerKind, PartnerStatus, Role, Seat
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
    TermsChanged,
    TermsPublished,
    VoteCounted,
)
from tests.builders import (
    GENESIS_TIME,
    a_block,
    a_mint,
    a_person,
    a_transfer,
    an_invoice,
)

ANN, BOB, CLERK = a_person("ann"), a_person("bob"), a_person("clerk")
ID = bytes(range(32))
RATE = Rate(GENESIS_TIME, 1, 2)
SIGNED = CLERK.endorse(b"whatever was said")
VOUCHER = Voucher(ID, ANN.account, BOB.account, bytes(32), GENESIS_TIME)
OFFER = Offer(ANN.account, 9, BOB.account, 2, CLERK.account, 60_000, GENESIS_TIME, ID)
SEAT = Seat(ID, bytes(64))
NEWCOMER = Application(
    "inn", "The Inn", "EUR", PartnerKind.SHOP, ANN.account, BOB.account, "vault", SEAT, 1, 2
)
VOTED = VotedLimits(1_000_000, 2_000_000, 500, 3_000_000)

ACTIONS: list[tuple[Action, type]] = [
    (a_transfer(ANN, (BOB, 12_500_000)).transaction.action, views.TransferView),
    (OpenChannels(4), views.OpenChannelsView),
    (a_mint("north", BOB, 125).transaction.action, views.MintView),
    (ProgrammeOpen("north", "miles", "Miles", "mile", ID, "", 1, 3), views.ProgrammeOpenView),
    (ProgrammeSetRate("north", "miles", 1, 3, GENESIS_TIME), views.ProgrammeSetRateView),
    (ProgrammePause("north", "miles", paused=True), views.ProgrammePauseView),
    (ProgrammeSetTerms("north", "miles", ID, "", GENESIS_TIME), views.ProgrammeSetTermsView),
    (PartnerRegister(NEWCOMER), views.PartnerRegisterView),
    (PartnerRotateKeys("north", Role.CASHIER, SIGNED), views.PartnerRotateKeysView),
    (PartnerExit("north"), views.PartnerExitView),
    (ValidatorAnnounceKey("north", SEAT, lost=True), views.ValidatorAnnounceKeyView),
    (LowerClaimBound("north", 1), views.LowerClaimBoundView),
    (SetDailyCaps("north", 0, MAX_PER_DAY), views.SetDailyCapsView),
    (ReserveAttest(Attestation("north", 0, GENESIS_TIME), SIGNED), views.ReserveAttestView),
    (ReserveRelease(Release("north", 1, 2, GENESIS_TIME), SIGNED), views.ReserveReleaseView),
    (Redeem(an_invoice("north", 5), SIGNED), views.RedeemView),
    (Refund("north", ID, ID, 5), views.RefundView),
    (SettlementPay(1, 0, ID), views.SettlementPayView),
    (SettlementConfirm(1, 0), views.SettlementConfirmView),
    (SettlementDispute(2**32 - 1, 98), views.SettlementDisputeView),
    (SettlementStatement(1, 0, paid=False), views.SettlementStatementView),
    (Propose("north", Declare(ID, "https://example.com/")), views.ProposeView),
    (CastVote("north", ID, approve=False), views.VoteView),
    (CampaignCreate(ANN.account, 9, 2, 0, 65_535, GENESIS_TIME), views.CampaignCreateView),
    (CampaignClaim(VOUCHER, SIGNED), views.CampaignClaimView),
    (CampaignClose(ID), views.CampaignCloseView),
    (OrderOpen(OFFER, SIGNED), views.OrderOpenView),
    (OrderShip(ID, None), views.OrderShipView),
    (OrderRelease(ID), views.OrderReleaseView),
    (OrderRefund(ID), views.OrderRefundView),
    (OrderDispute(ID), views.OrderDisputeView),
    (OrderResolve(ID, 0), views.OrderResolveView),
    (ContentRegister(ID), views.ContentRegisterView),
    (ContentLike(ID, 1), views.ContentLikeView),
]


def test_no_action_is_left_out() -> None:
    assert [type(action) for action, _ in ACTIONS] == list(get_args(Action))
    assert [kind for _, kind in ACTIONS] == list(get_args(ActionView))


@pytest.mark.parametrize(("action", "kind"), ACTIONS)
def test_every_action_is_a_document_that_is_read_back(action: Action, kind: type) -> None:
    view = action_view(action, "tlqb")
    assert isinstance(view, kind)
    assert msgspec.json.decode(msgspec.json.encode(view), type=ActionView) == view


def test_an_action_is_called_by_the_name_of_its_tag() -> None:
    names = {kind.__struct_config__.tag for kind in get_args(ActionView)}
    assert names == {Tag(kind.__struct_config__.tag).name.lower() for kind in get_args(Action)}


def test_an_invoice_says_whose_signature_it_carries_and_for_whom_it_is() -> None:
    for payer, shown in ((None, None), (ANN, address(ANN.account, "lqb"))):
        action = Redeem(an_invoice("north", 5, payer=payer), SIGNED)
        view = action_view(action, "lqb")
        assert isinstance(view, views.RedeemView)
        assert (view.payer, view.cashier) == (shown, address(CLERK.account, "lqb"))
        assert (view.amount, view.invoice) == ("0.000005", action.invoice.id.hex())


def test_a_claim_says_for_whom_by_whom_and_who_brought_it() -> None:
    for referrer, shown in ((None, None), (BOB.account, address(BOB.account, "lqb"))):
        voucher = Voucher(ID, ANN.account, referrer, bytes(32), GENESIS_TIME)
        view = action_view(CampaignClaim(voucher, SIGNED), "lqb")
        assert isinstance(view, views.CampaignClaimView)
        assert (view.campaign, view.voucher) == (ID.hex(), bytes(32).hex())
        assert (view.claimant, view.referrer) == (address(ANN.account, "lqb"), shown)
        assert view.signer == address(CLERK.account, "lqb")


def test_an_offer_without_a_promoter_names_none() -> None:
    offer = Offer(ANN.account, 9_500_000, None, 0, CLERK.account, 60_000, GENESIS_TIME, ID)
    view = action_view(OrderOpen(offer, SIGNED), "lqb")
    assert isinstance(view, views.OrderOpenView)
    assert (view.offer.promoter, view.offer.share, view.offer.price) == (None, "0", "9.5")
    assert view.offer.arbiter == address(CLERK.account, "lqb")


ORDER = Order(BOB.account, OFFER, OrderStatus.SHIPPED, GENESIS_TIME, 9, ID, 0, 0)


def test_an_order_shows_where_its_price_is() -> None:
    held = order_view(ID, ORDER, "tlqb")
    assert (held.status, held.locked, held.to_seller) == ("shipped", "0.000009", "0")
    assert (held.deadline, held.tracking) == ("2026-11-01T00:00:00.000Z", ID.hex())
    done = replace(ORDER, status=OrderStatus.DONE, locked=0, to_buyer=4, to_promoter=1)
    ended = order_view(ID, done, "tlqb")
    assert (ended.status, ended.locked, ended.deadline) == ("done", "0", None)
    assert (ended.to_buyer, ended.to_seller, ended.to_promoter) == (
        "0.000004",
        "0.000004",
        "0.000001",
    )


def test_campaigns_and_contents_show_whose_they_are_and_what_they_came_to() -> None:
    campaign = Campaign(ANN.account, CLERK.account, 5, 2, 93, 1, GENESIS_TIME, 1, closed=False)
    shown = campaign_view(ID, campaign, "tlqb")
    assert (shown.left, shown.claims, shown.closed) == ("0.000093", 1, False)
    assert shown.signer == address(CLERK.account, "tlqb")
    liked = content_view(ID, Content(ANN.account, bytes(32), 3, 2_500_000), "tlqb")
    assert (liked.likes, liked.amount, liked.hash) == (3, "2.5", bytes(32).hex())


def test_every_status_of_an_order_has_its_name() -> None:
    assert {status: status.text for status in OrderStatus} == ORDER_STATES


def test_a_rate_that_starts_at_once_names_no_time() -> None:
    view = action_view(ProgrammeSetRate("north", "miles", 1, 3, 0), "lqb")
    assert isinstance(view, views.ProgrammeSetRateView)
    assert view.since is None


def test_amounts_are_decimals_and_accounts_addresses_of_the_network() -> None:
    action = a_transfer(ANN, (BOB, 12_500_000)).transaction.action
    for network in ("lqb", "tlqb"):
        view = action_view(action, network)
        assert isinstance(view, TransferView)
        assert view.outputs[0].amount == "12.5"
        assert view.outputs[0].to == address(BOB.account, network)


EVENTS: list[tuple[Event, type]] = [
    (AccountOpened(ANN.account), views.AccountOpenedView),
    (Minted("north", 1, 2**63 - 1), views.MintedView),
    (Redeemed("north", 1, 2), views.RedeemedView),
    (Refunded("north", 1, 2), views.RefundedView),
    (RateChanged("north", "bonus", RATE), views.RateChangedView),
    (RatePublished("north", "bonus", RATE), views.RatePublishedView),
    (ProgrammeOpened("north", "bonus"), views.ProgrammeOpenedView),
    (ProgrammePaused("north", "bonus", paused=True), views.ProgrammePausedView),
    (ReserveLapsed("north"), views.ReserveLapsedView),
    (ReserveChanged("north", 5), views.ReserveChangedView),
    (ReserveReleased("north", 5), views.ReserveReleasedView),
    (ReserveDrawn("north", 1, 0, 5), views.ReserveDrawnView),
    (DailyCapsChanged("north", 5, 6), views.DailyCapsChangedView),
    (ClaimBoundLowered("north", 0), views.ClaimBoundLoweredView),
    (CycleClosed(1, 0, 0), views.CycleClosedView),
    (PaymentClaimed(1, 0, ID), views.PaymentClaimedView),
    (PaymentDisputed(1, 0, 5), views.PaymentDisputedView),
    (ObligationSettled(1, 0, 5), views.ObligationSettledView),
    (ObligationOverdue(1, 0, 5), views.ObligationOverdueView),
    (CampaignOpened(ID, 5), views.CampaignOpenedView),
    (RewardPaid(ID, ANN.account, 5), views.RewardPaidView),
    (CampaignClosed(ID, 0), views.CampaignClosedView),
    (OrderMoved(ID, OrderStatus.DISPUTED), views.OrderMovedView),
    (OrderEnded(ID, 0, 5), views.OrderEndedView),
    (ContentRegistered(ID), views.ContentRegisteredView),
    (ContentLiked(ID, 1, 5), views.ContentLikedView),
    (PartnerApplied(ANN.account, "inn", ID), views.PartnerAppliedView),
    (PartnerMoved("inn", PartnerStatus.RUN_OFF), views.PartnerMovedView),
    (RoleGiven("north", Role.ISSUER, BOB.account), views.RoleGivenView),
    (SeatAnnounced("north", ID, lost=False), views.SeatAnnouncedView),
    (PositionShifted("north", 1 - 2**63), views.PositionShiftedView),
    (TermsPublished("north", "bonus", ID, GENESIS_TIME), views.TermsPublishedView),
    (TermsChanged("north", "bonus", ID), views.TermsChangedView),
    (ProposalOpened(ID, 4, 3), views.ProposalOpenedView),
    (VoteCounted(ID, "north", 1, 0), views.VoteCountedView),
    (ProposalMoved(ID, ProposalStatus.VOID, Outcome.HEIGHT_PASSED), views.ProposalMovedView),
    (LimitsSet("north", VOTED), views.LimitsSetView),
    (CustodianSet("vault", ANN.account), views.CustodianSetView),
    (CustodianAssigned("north", "vault"), views.CustodianAssignedView),
    (JudgeSet("vault"), views.JudgeSetView),
    (ProtocolPlanned(Protocol(1, Planned(2, 9))), views.ProtocolPlannedView),
]
RENAMED = {
    "account": ["address"],
    "units": ["amount"],
    "key": ["validator"],
    "protocol": ["version", "planned"],
}


def test_no_event_is_left_out() -> None:
    assert {type(event) for event, _ in EVENTS} == set(get_args(Event))
    assert [kind for _, kind in EVENTS] == list(get_args(EventView))


@pytest.mark.parametrize(("event", "kind"), EVENTS)
def test_every_event_is_a_document_of_its_own_fields(event: Event, kind: type) -> None:
    """Whatever an event holds is shown: a field that were forgotten would be missed here."""
    view = event_view(event, "tlqb")
    assert isinstance(view, kind)
    assert msgspec.json.decode(msgspec.json.encode(view), type=EventView) == view
    names = [RENAMED.get(name, [name]) for name in event.__struct_fields__]
    assert list(view.__struct_fields__) == list(itertools.chain.from_iterable(names))


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_receipt_is_read_back_with_its_outcome_and_events(outcome: Outcome) -> None:
    receipt = Receipt(bytes(32), outcome, tuple(event for event, _ in EVENTS))
    view = receipt_view(receipt, "tlqb")
    assert view.outcome == outcome.text
    assert msgspec.json.decode(msgspec.json.encode(view), type=ReceiptView) == view


def test_a_raw_block_has_one_form() -> None:
    block = RawBlock(a_block(), (), (), (), None)
    data = encode(block)
    assert decode_raw_block(data) == block
    for broken in (data[:-1], data + b"\xc0", b"", b"\xc0"):
        with pytest.raises(Malformed):
            decode_raw_block(broken)
