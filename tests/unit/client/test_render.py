"""Actions, events and receipts read as the documents describe them."""

from __future__ import annotations

import msgspec
import pytest

from client.raw import RawBlock, decode_raw_block
from client.render import action_view, balance_change, event_view, receipt_view
from client.views import (
    AccountOpenedView,
    ActionView,
    MintedView,
    MintView,
    OpenChannelsView,
    RateChangedView,
    ReceiptView,
    ReserveLapsedView,
    TransferView,
)
from primitives.actions import Action
from primitives.address import address
from primitives.encoding import Malformed, encode
from primitives.genesis import Rate
from primitives.receipt import (
    AccountOpened,
    Event,
    Minted,
    Outcome,
    RateChanged,
    Receipt,
    ReserveLapsed,
)
from tests.builders import GENESIS_TIME, a_block, a_mint, a_person, a_transfer, an_open_channels

ANN, BOB = a_person("ann"), a_person("bob")

ACTIONS = [
    (a_transfer(ANN, (BOB, 12_500_000)), TransferView),
    (an_open_channels(ANN, 4), OpenChannelsView),
    (a_mint("north", BOB, 125), MintView),
]


@pytest.mark.parametrize(("decoded", "kind"), ACTIONS)
def test_every_action_is_a_document_that_is_read_back(decoded: object, kind: type) -> None:
    action: Action = decoded.transaction.action  # type: ignore[attr-defined]
    view = action_view(action, "tlqb")
    assert isinstance(view, kind)
    assert msgspec.json.decode(msgspec.json.encode(view), type=ActionView) == view


def test_amounts_are_decimals_and_accounts_addresses_of_the_network() -> None:
    action = a_transfer(ANN, (BOB, 12_500_000)).transaction.action
    for network in ("lqb", "tlqb"):
        view = action_view(action, network)
        assert isinstance(view, TransferView)
        assert view.outputs[0].amount == "12.5"
        assert view.outputs[0].to == address(BOB.account, network)


EVENTS: list[tuple[Event, type]] = [
    (AccountOpened(ANN.account), AccountOpenedView),
    (Minted("north", 1, 2**63 - 1), MintedView),
    (ReserveLapsed("north"), ReserveLapsedView),
    (RateChanged("north", "bonus", Rate(GENESIS_TIME, 1, 2)), RateChangedView),
]


@pytest.mark.parametrize(("event", "kind"), EVENTS)
def test_every_event_is_a_document(event: Event, kind: type) -> None:
    assert isinstance(event_view(event, "tlqb"), kind)


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
    opened = an_open_channels(ANN, 2).transaction
    assert balance_change(opened, Outcome.DONE, ANN.account) == 0


def test_a_raw_block_has_one_form() -> None:
    block = RawBlock(a_block(), (), (), (), None)
    data = encode(block)
    assert decode_raw_block(data) == block
    for broken in (data[:-1], data + b"\xc0", b"", b"\xc0"):
        with pytest.raises(Malformed):
            decode_raw_block(broken)
