"""Documents of what people give and trade: campaigns, orders, contents. Knows shapes; no rule.

Part of ``client.views``, from where everything here is imported. ``key``, ``height``, ``time``,
``proof`` and ``beat`` are those of ``client.views.EntryView``, for the entry behind a document.
"""

from __future__ import annotations

from typing import Literal

from client.fields import (
    AddressText,
    AmountText,
    Base64Text,
    DigestText,
    Height,
    HexText,
    TimeText,
    View,
)

# --- actions: campaigns --------------------------------------------------------------------------


class CampaignCreateView(View, frozen=True, tag="campaign_create", tag_field="type"):
    """The sender locks ``budget`` for claims of ``reward`` and, for who brought the claimant,
    ``bonus``, until ``ends``; ``signer``, an account, signs the vouchers."""

    signer: AddressText
    budget: AmountText
    reward: AmountText
    bonus: AmountText
    per_claimant: int
    ends: TimeText


class CampaignClaimView(View, frozen=True, tag="campaign_claim", tag_field="type"):
    """The sender takes what a voucher that ``signer`` signed promises ``claimant``.

    ``referrer`` is who brought it, null in a grant; ``voucher`` the voucher's id.
    """

    campaign: DigestText
    claimant: AddressText
    referrer: AddressText | None
    voucher: DigestText
    expires: TimeText
    signer: AddressText


class CampaignCloseView(View, frozen=True, tag="campaign_close", tag_field="type"):
    """The sponsor ends its campaign; what is left returns to it."""

    campaign: DigestText


# --- actions: orders -----------------------------------------------------------------------------


class OfferView(View, frozen=True):
    """What a seller asks. ``share`` of the price goes to ``promoter``, if there is one; ``arbiter``
    judges a dispute; ``ship_within_ms`` counts from the order; ``goods`` is an opaque digest."""

    seller: AddressText
    price: AmountText
    promoter: AddressText | None
    share: AmountText
    arbiter: AddressText
    ship_within_ms: int
    expires: TimeText
    goods: DigestText


class OrderOpenView(View, frozen=True, tag="order_open", tag_field="type"):
    """The sender takes an offer that its seller signed: the price is locked."""

    offer: OfferView


class OrderShipView(View, frozen=True, tag="order_ship", tag_field="type"):
    """The seller says that it shipped; ``tracking`` is opaque."""

    order: DigestText
    tracking: DigestText | None


class OrderReleaseView(View, frozen=True, tag="order_release", tag_field="type"):
    """The buyer is content: the seller is paid."""

    order: DigestText


class OrderRefundView(View, frozen=True, tag="order_refund", tag_field="type"):
    """The seller gives everything back."""

    order: DigestText


class OrderDisputeView(View, frozen=True, tag="order_dispute", tag_field="type"):
    """The buyer asks the arbiter to judge."""

    order: DigestText


class OrderResolveView(View, frozen=True, tag="order_resolve", tag_field="type"):
    """The arbiter returns ``to_buyer`` of the price; the rest is the seller's."""

    order: DigestText
    to_buyer: AmountText


# --- actions: contents ---------------------------------------------------------------------------


class ContentRegisterView(View, frozen=True, tag="content_register", tag_field="type"):
    """The sender lets a work of its own, of this digest, be liked."""

    hash: DigestText


class ContentLikeView(View, frozen=True, tag="content_like", tag_field="type"):
    """The sender gives the author of a content ``amount``."""

    content: DigestText
    amount: AmountText


# --- what stands in the state --------------------------------------------------------------------


class CampaignView(View, frozen=True):
    """A campaign. ``left`` of its budget is there for claims of ``reward`` and ``bonus`` each,
    until ``ends`` (or ``closed``); so many ``claims`` were paid so far, an account may claim
    ``per_claimant`` times."""

    campaign: DigestText
    sponsor: AddressText
    signer: AddressText
    reward: AmountText
    bonus: AmountText
    left: AmountText
    per_claimant: int
    ends: TimeText
    claims: int
    closed: bool


class CampaignDetail(View, frozen=True):
    """A campaign."""

    campaign: CampaignView
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None


class ClaimsView(View, frozen=True):
    """How often an account claimed from a campaign; 0, with a proof of absence, if it never did."""

    campaign: DigestText
    address: AddressText
    claims: int
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None


OrderState = Literal["open", "shipped", "disputed", "done"]
"""open: to be shipped. shipped: the seller says so. disputed: the arbiter is to judge. done: all
that was locked went to whom it belongs."""


class OrderView(View, frozen=True):
    """An order that a buyer opened.

    ``locked`` of the price is held. At ``deadline`` it ends by itself unless the status changes
    before: shipped goods are paid, everything else returns; null once done. ``to_buyer``,
    ``to_seller`` and ``to_promoter`` are what they got in the end.
    """

    order: DigestText
    buyer: AddressText
    offer: OfferView
    status: OrderState
    deadline: TimeText | None
    locked: AmountText
    tracking: DigestText | None
    to_buyer: AmountText
    to_seller: AmountText
    to_promoter: AmountText


class OrderDetail(View, frozen=True):
    """An order."""

    order: OrderView
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None


class ContentView(View, frozen=True):
    """A work that its author registered by its digest (``hash``): how often it was liked, and with
    how much in all."""

    content: DigestText
    author: AddressText
    hash: DigestText
    likes: int
    amount: AmountText


class ContentDetail(View, frozen=True):
    """A content."""

    content: ContentView
    key: HexText
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None
