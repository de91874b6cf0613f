"""Campaigns, orders and contents: what people trade and give. Knows shapes and keys; no rule.

What they do, what others sign and hand on (a sponsor's voucher, a seller's offer), and what the
state holds of it. Amounts are in units of 10^-6 LiqBon.
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Annotated, Final

import msgspec

from primitives.encoding import Count, Digest, Millis, Positive, Wire, encode
from primitives.endorsement import Endorsement
from primitives.hashing import CONTENT, OFFER_SIGNATURE, VOUCHER_SIGNATURE
from primitives.tags import Tag

Claims = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
"""How often one account may claim."""


class Voucher(Wire):
    """A sponsor's word that ``claimant`` may claim once; ``id`` is random and used once.

    ``referrer`` brought the claimant and gets the campaign's bonus; nil in a grant.
    """

    campaign: Digest
    claimant: Digest
    referrer: Digest | None
    id: Digest
    expires: Millis


class Offer(Wire):
    """What a seller asks for something, until ``expires``; ``goods`` is an opaque digest.

    Of the price ``share`` goes to ``promoter``, if there is one. ``arbiter`` judges a dispute.
    """

    seller: Digest
    price: Positive
    promoter: Digest | None
    share: Count
    arbiter: Digest
    ship_within: Annotated[int, msgspec.Meta(ge=1, le=90 * 24 * 3600 * 1000)]
    expires: Millis
    goods: Digest


def voucher_message(chain: bytes, voucher: Voucher) -> bytes:
    """What a campaign's signer signs ([LEDGER-41])."""
    return VOUCHER_SIGNATURE.message(chain, encode(voucher))


def offer_message(chain: bytes, offer: Offer) -> bytes:
    """What a seller signs ([LEDGER-44])."""
    return OFFER_SIGNATURE.message(chain, encode(offer))


class Campaign(Wire):
    """A sponsor's locked budget: ``left`` of it is there for claims until ``ends``.

    ``signer`` signs the vouchers. A claim pays ``reward`` to the claimant and ``bonus`` to the
    referrer (0: a grant).
    """

    sponsor: Digest
    signer: Digest
    reward: Positive
    bonus: Count
    left: Count
    per_claimant: Claims
    ends: Millis
    claims: Count
    closed: bool


class Claimed(Wire):
    """How often an account claimed from a campaign."""

    claims: Claims


@unique
class OrderStatus(IntEnum):
    """Where an order stands ([LEDGER-45])."""

    OPEN = 1
    SHIPPED = 2
    DISPUTED = 3
    DONE = 4

    @property
    def text(self) -> str:
        """As people and programs see it, e.g. ``shipped``."""
        return self.name.lower()


class Order(Wire):
    """An offer that a buyer took, its price ``locked`` until it is DONE; never deleted.

    At ``deadline`` something happens by itself unless the status changed before. ``to_buyer`` and
    ``to_promoter`` are what they got in the end; the seller got the rest.
    """

    buyer: Digest
    offer: Offer
    status: OrderStatus
    deadline: Millis
    locked: Count
    tracking: Digest | None
    to_buyer: Count
    to_promoter: Count


class Content(Wire):
    """Something that its author registered by its digest, and how much it was liked."""

    author: Digest
    hash: Digest
    likes: Count
    units: Count


class CampaignCreate(Wire, tag=int(Tag.CAMPAIGN_CREATE)):
    """Lock ``budget`` of the sender's for claims of ``reward`` and, for who brought the claimant,
    ``bonus`` (0: a grant), until ``ends``; ``signer`` signs the vouchers."""

    signer: Digest
    budget: Positive
    reward: Positive
    bonus: Count
    per_claimant: Claims
    ends: Millis


class CampaignClaim(Wire, tag=int(Tag.CAMPAIGN_CLAIM)):
    """Take what a voucher promises its claimant, who may have no account yet."""

    voucher: Voucher
    signer: Endorsement


class CampaignClose(Wire, tag=int(Tag.CAMPAIGN_CLOSE)):
    """End one's own campaign early."""

    campaign: Digest


class OrderOpen(Wire, tag=int(Tag.ORDER_OPEN)):
    """Take a seller's offer: its price is locked."""

    offer: Offer
    seller: Endorsement


class OrderShip(Wire, tag=int(Tag.ORDER_SHIP)):
    """The seller shipped; ``tracking`` is opaque, never text."""

    order: Digest
    tracking: Digest | None


class OrderRelease(Wire, tag=int(Tag.ORDER_RELEASE)):
    """The buyer is content: pay the seller now."""

    order: Digest


class OrderRefund(Wire, tag=int(Tag.ORDER_REFUND)):
    """The seller gives everything back."""

    order: Digest


class OrderDispute(Wire, tag=int(Tag.ORDER_DISPUTE)):
    """The buyer asks the arbiter to judge."""

    order: Digest


class OrderResolve(Wire, tag=int(Tag.ORDER_RESOLVE)):
    """The arbiter returns ``to_buyer`` units of the price; the rest is the seller's."""

    order: Digest
    to_buyer: Count


class ContentRegister(Wire, tag=int(Tag.CONTENT_REGISTER)):
    """Let one's own work, of this digest, be liked."""

    hash: Digest


class ContentLike(Wire, tag=int(Tag.CONTENT_LIKE)):
    """Give the author of a content ``amount`` units."""

    content: Digest
    amount: Positive


CAMPAIGN_PREFIX: Final = 0x90
CLAIM_PREFIX: Final = 0x91
VOUCHER_PREFIX: Final = 0x92
ORDER_PREFIX: Final = 0xA0
CONTENT_PREFIX: Final = 0xB0


def campaign_key(campaign: bytes) -> bytes:
    """A campaign; its id is that of the transaction that created it."""
    return bytes([CAMPAIGN_PREFIX]) + campaign


def claim_key(campaign: bytes, claimant: bytes) -> bytes:
    """How often an account claimed from a campaign."""
    return bytes([CLAIM_PREFIX]) + campaign + claimant


def voucher_key(campaign: bytes, voucher: bytes) -> bytes:
    """The mark of a voucher; under its campaign, so that nobody uses up another's ids."""
    return bytes([VOUCHER_PREFIX]) + campaign + voucher


def order_key(order: bytes) -> bytes:
    """An order; its id is that of the transaction that opened it."""
    return bytes([ORDER_PREFIX]) + order


def content_id(author: bytes, digest: bytes) -> bytes:
    """32 bytes. Of the author too, so that nobody registers another's work first."""
    return CONTENT.digest(author, digest)


def content_key(content: bytes) -> bytes:
    """A content by its id."""
    return bytes([CONTENT_PREFIX]) + content
