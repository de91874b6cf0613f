"""The JSON documents of campaigns, orders and contents (docs/reference/cli). Knows shapes alone.

What a campaign, an order or a content is (``campaign``, ``order``, ``content``) is spelled as the
API spells it (``client.views``); here it is what this wallet verified.
"""

from __future__ import annotations

from client.errors import Blame
from client.views import CampaignView, ContentView, OfferView, OrderView
from wallet.documents import Document, Proof


class ActDocument(Document, frozen=True):
    """What an account did, final. ``about`` is the id of the campaign, order or content, ``uri``
    what others scan to like the latter, else null; ``amount`` what left or reached the account by
    it, null where nothing did. ``repeated``: by an earlier command; nothing was done now."""

    transaction: str
    type: str
    sender: str
    about: str
    uri: str | None
    amount: str | None
    outcome: str
    repeated: bool
    elapsed_ms: int
    proof: Proof
    blames: list[Blame]


class VoucherDocument(Document, frozen=True):
    """campaign voucher: signed, and sent nowhere. ``repeated``: signed by an earlier command."""

    uri: str
    campaign: str
    signer: str
    claimant: str
    referrer: str | None
    voucher: str
    expires: str
    repeated: bool


class CampaignDocument(Document, frozen=True):
    """campaign show: as proven at ``as_of``. ``state`` is open, ended or closed; so many claims can
    still be paid: ``claims_left``."""

    campaign: CampaignView
    state: str
    claims_left: int
    as_of: str
    fresh: bool
    proof: Proof
    blames: list[Blame]


class OfferDocument(Document, frozen=True):
    """order offer: signed, and sent nowhere."""

    uri: str
    offer: OfferView


class OrderDocument(Document, frozen=True):
    """order show: as proven at ``as_of``. ``role`` is what this wallet's account is in it, or null;
    ``by_itself`` what happens at the deadline if nobody speaks: ``refund``, ``payment``, or null
    once it is done."""

    order: OrderView
    role: str | None
    by_itself: str | None
    as_of: str
    fresh: bool
    proof: Proof
    blames: list[Blame]


class ContentDocument(Document, frozen=True):
    """content show: as proven at ``as_of``; ``uri`` is what others scan to like it."""

    content: ContentView
    uri: str
    as_of: str
    fresh: bool
    proof: Proof
    blames: list[Blame]
