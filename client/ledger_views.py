"""Documents of what the ledger does: actions, events, receipts. Knows shapes; no HTTP, no rule.

Part of ``client.views``, from where everything here is imported.
"""

from __future__ import annotations

from typing import TypeAlias

from client.fields import AddressText, AmountText, DigestText, NumberText, TimeText, View


class OutputView(View, frozen=True):
    """Who gets how much."""

    to: AddressText
    amount: AmountText


class TransferView(View, frozen=True, tag="transfer", tag_field="type"):
    """LiqBon moves from the sender to the outputs."""

    outputs: list[OutputView]


class OpenChannelsView(View, frozen=True, tag="open_channels", tag_field="type"):
    """The sender has this many sequences from now on."""

    channels: int


class MintView(View, frozen=True, tag="mint", tag_field="type"):
    """LiqBon is issued against points deposited at a partner."""

    partner: str
    programme: str
    points: NumberText
    amount: AmountText
    commitment: DigestText
    to: AddressText


ActionView: TypeAlias = TransferView | OpenChannelsView | MintView


class AccountOpenedView(View, frozen=True, tag="account_opened", tag_field="type"):
    """An account's record was created."""

    address: AddressText


class MintedView(View, frozen=True, tag="minted", tag_field="type"):
    """A partner minted ``amount``; ``minted`` is its total so far."""

    partner: str
    amount: AmountText
    minted: AmountText


class ReserveLapsedView(View, frozen=True, tag="reserve_lapsed", tag_field="type"):
    """A partner's attested reserve stopped counting."""

    partner: str


class RateView(View, frozen=True):
    """LiqBon units = points * numerator / denominator (10^-6 LiqBon), from ``since`` on."""

    since: TimeText
    numerator: int
    denominator: int


class RateChangedView(View, frozen=True, tag="rate_changed", tag_field="type"):
    """A published rate came into force."""

    partner: str
    programme: str
    rate: RateView


EventView: TypeAlias = AccountOpenedView | MintedView | ReserveLapsedView | RateChangedView


class ReceiptView(View, frozen=True):
    """What became of a transaction (or of something due): ``outcome`` is ``done`` or a refusal."""

    origin: DigestText
    outcome: str
    events: list[EventView]
