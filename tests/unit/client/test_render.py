"""Actions, events and receipts read as the documents describe them."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from client import views
from client.raw import RawBlock, decode_raw_block
from client.render import action_view, balance_change, event_view, receipt_view
from client.views import ActionView, EventView, ReceiptView, TransferView
from primitives.actions import (
    Action,
    Attestation,
    LowerClaimBound,
    OpenChannels,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
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
)
from primitives.address import address
from primitives.amount import MAX_PER_DAY
from primitives.encoding import Malformed, encode
from primitives.genesis import Rate
from primitives.receipt import (
    AccountOpened,
    ClaimBoundLowered,
    CycleClosed,
    DailyCapsChanged,
    Event,
    Minted,
    ObligationOverdue,
    ObligationSettled,
    Outcome,
    PaymentClaimed,
    PaymentDisputed,
    ProgrammeOpened,
    ProgrammePaused,
    RateChanged,
    RatePublished,
    Receipt,
    Redeemed,
    Refunded,
    ReserveChanged,
    ReserveDrawn,
    ReserveLapsed,
    ReserveReleased,
)
from tests.builders import (
    GENESIS_TIME,
    a_block,
    a_mint,
    a_person,
    a_redeem,
    a_refund,
    a_transfer,
    an_invoice,
    an_open_channels,
)

ANN, BOB, CLERK = a_person("ann"), a_person("bob"), a_person("clerk")
ID = bytes(range(32))
RATE = Rate(GENESIS_TIME, 1, 2)
SIGNED = CLERK.endorse(b"whatever was said")

ACTIONS: list[tuple[Action, type]] = [
    (a_transfer(ANN, (BOB, 12_500_000)).transaction.action, views.TransferView),
    (OpenChannels(4), views.OpenChannelsView),
    (a_mint("north", BOB, 125).transaction.action, views.MintView),
    (ProgrammeOpen("north", "miles", "Miles", "mile", ID, "", 1, 3), views.ProgrammeOpenView),
    (ProgrammeSetRate("north", "miles", 1, 3, GENESIS_TIME), views.ProgrammeSetRateView),
    (ProgrammePause("north", "miles", paused=True), views.ProgrammePauseView),
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
]


def test_no_event_is_left_out() -> None:
    assert {type(event) for event, _ in EVENTS} == set(get_args(Event))
    assert [kind for _, kind in EVENTS] == list(get_args(EventView))


@pytest.mark.parametrize(("event", "kind"), EVENTS)
def test_every_event_is_a_document_of_its_own_fields(event: Event, kind: type) -> None:
    """Whatever an event holds is shown: a field that were forgotten would be missed here."""
    view = event_view(event, "tlqb")
    assert isinstance(view, kind)
    assert msgspec.json.decode(msgspec.json.encode(view), type=EventView) == view
    renamed = {"account": "address"}
    fields = [renamed.get(name, name) for name in event.__struct_fields__]
    assert list(view.__struct_fields__) == fields


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_receipt_is_read_back_with_its_outcome_and_events(outcome: Outcome) -> None:
    receipt = Receipt(bytes(32), outcome, tuple(event for event, _ in EVENTS))
    view = receipt_view(receipt, "tlqb")
    assert view.outcome == outcome.text
    assert msgspec.json.decode(msgspec.json.encode(view), type=ReceiptView) == view


def test_a_balance_changes_by_what_came_less_what_went() -> None:
    paid = a_transfer(ANN, (BOB, 5), (ANN, 7), (BOB, 11)).transaction
    assert balance_change(paid, Outcome.DONE, ANN.account) == -16
    assert balance_change(paid, Outcome.DONE, BOB.account) == 16
    assert balance_change(paid, Outcome.BALANCE_TOO_LOW, ANN.account) == 0
    minted = a_mint("north", BOB, 3).transaction
    assert balance_change(minted, Outcome.DONE, BOB.account) == 30_000
    assert balance_change(minted, Outcome.DONE, minted.sender) == 0
    spent = a_redeem(ANN, an_invoice("north", 7)).transaction
    assert balance_change(spent, Outcome.DONE, ANN.account) == -7
    assert balance_change(spent, Outcome.DONE, BOB.account) == 0
    refunded = a_refund("north", ID, 5).transaction
    assert balance_change(refunded, Outcome.DONE, ANN.account, payer=ANN.account) == 5
    assert balance_change(refunded, Outcome.DONE, refunded.sender, payer=ANN.account) == 0
    assert balance_change(refunded, Outcome.REFUND_USED, ANN.account, payer=ANN.account) == 0
    opened = an_open_channels(ANN, 2).transaction
    assert balance_change(opened, Outcome.DONE, ANN.account) == 0


def test_a_raw_block_has_one_form() -> None:
    block = RawBlock(a_block(), (), (), (), None)
    data = encode(block)
    assert decode_raw_block(data) == block
    for broken in (data[:-1], data + b"\xc0", b"", b"\xc0"):
        with pytest.raises(Malformed):
            decode_raw_block(broken)
