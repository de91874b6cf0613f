"""Campaigns and orders between people, for tests of what becomes of them.

Sue sponsors, Ann claims and buys, Ben sells, Rob refers and promotes, Joy judges. Knows how to make
sound ones and to bring them to each status; what a test breaks, it breaks itself.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from primitives.actions import (
    CampaignClaim,
    CampaignCreate,
    OrderDispute,
    OrderOpen,
    OrderShip,
    offer_message,
    voucher_message,
)
from primitives.amount import MICRO
from primitives.commerce import (
    Campaign,
    Offer,
    Order,
    Voucher,
    campaign_key,
    order_key,
)
from primitives.transaction import Decoded
from tests.builders import DAY_MS, PARAMETERS, Person, a_genesis, a_person, an_id
from tests.ledger import Ledger
from tests.settling import done

SUE: Final = a_person("Sue", keys=3, threshold=2)
ANN, BEN, ROB, JOY = (a_person(name) for name in ("Ann", "Ben", "Rob", "Joy"))
SIGNER: Final = a_person("Sue's till")
NEW: Final = a_person("somebody new")
"""Has no record."""
PEOPLE: Final = (SUE, ANN, BEN, ROB, JOY)
REWARD, BONUS, BUDGET = 2 * MICRO, MICRO // 2, 10 * MICRO
PRICE, SHARE = 7 * MICRO, MICRO
HELD: Final = 100 * MICRO
"""What each of ``PEOPLE`` has at first."""


def trading(founders: int = 4, **parameters: int) -> Ledger:
    """All of ``PEOPLE`` have ``HELD``; ``parameters`` of the genesis."""
    ledger = Ledger(a_genesis(n=founders, parameters=replace(PARAMETERS, **parameters)))
    for person in PEOPLE:
        ledger.give(person, HELD)
    return ledger


def campaign(ledger: Ledger, **fields: object) -> Decoded:
    """A grant by Sue for a week, once each; ``fields`` of the action, and ``sender``."""
    sender = fields.pop("sender", SUE)
    assert isinstance(sender, Person)
    plain = CampaignCreate(
        signer=SIGNER.account,
        budget=BUDGET,
        reward=REWARD,
        bonus=0,
        per_claimant=1,
        ends=ledger.time + 7 * DAY_MS,
    )
    return ledger.act(sender, replace(plain, **fields))


def started(ledger: Ledger, **fields: object) -> bytes:
    """The id of a campaign that stands; ``fields`` as of ``campaign``."""
    decoded = campaign(ledger, **fields)
    done(ledger, decoded)
    return decoded.id


def voucher(ledger: Ledger, id_: bytes, claimant: Person = NEW, **fields: object) -> Voucher:
    """For one claim of a campaign, for a day; ``fields`` of the voucher."""
    plain = Voucher(id_, claimant.account, None, an_id("voucher"), ledger.time + DAY_MS)
    return replace(plain, **fields)


def claim(ledger: Ledger, said: Voucher, sender: Person = NEW, **fields: object) -> Decoded:
    """Signed for this ledger as it stands; ``signer`` of the voucher, fields of a transaction."""
    signer = fields.pop("signer", SIGNER)
    assert isinstance(signer, Person)
    signed = signer.endorse(voucher_message(ledger.chain, said))
    return ledger.act(sender, CampaignClaim(said, signed), **fields)


def offer(ledger: Ledger, **fields: object) -> Offer:
    """Ben's, with a share for Rob, for a day, shipped within two; ``fields`` of the offer."""
    plain = Offer(
        seller=BEN.account,
        price=PRICE,
        promoter=ROB.account,
        share=SHARE,
        arbiter=JOY.account,
        ship_within=2 * DAY_MS,
        expires=ledger.time + DAY_MS,
        goods=an_id("goods"),
    )
    return replace(plain, **fields)


def buy(ledger: Ledger, said: Offer, **fields: object) -> Decoded:
    """Ann takes an offer; ``sender``, ``seller`` who signs it, and fields of a transaction."""
    sender, seller = fields.pop("sender", ANN), fields.pop("seller", BEN)
    assert isinstance(sender, Person)
    assert isinstance(seller, Person)
    signed = seller.endorse(offer_message(ledger.chain, said))
    return ledger.act(sender, OrderOpen(said, signed), **fields)


def ordered(ledger: Ledger, **fields: object) -> bytes:
    """The id of an order that is open; ``fields`` of the offer."""
    decoded = buy(ledger, offer(ledger, **fields))
    done(ledger, decoded)
    return decoded.id


def shipped(ledger: Ledger, **fields: object) -> bytes:
    """The id of an order that Ben shipped; ``fields`` of the offer."""
    order = ordered(ledger, **fields)
    done(ledger, ledger.act(BEN, OrderShip(order, an_id("tracking"))))
    return order


def disputed(ledger: Ledger, **fields: object) -> bytes:
    """The id of an order that Ann disputes; ``fields`` of the offer."""
    order = shipped(ledger, **fields)
    done(ledger, ledger.act(ANN, OrderDispute(order)))
    return order


def the_campaign(ledger: Ledger, id_: bytes) -> Campaign:
    """As it stands."""
    found = ledger.entry(campaign_key(id_), Campaign)
    assert found is not None, id_.hex()
    return found


def the_order(ledger: Ledger, id_: bytes) -> Order:
    """As it stands."""
    found = ledger.entry(order_key(id_), Order)
    assert found is not None, id_.hex()
    return found


def gained(ledger: Ledger, *people: Person) -> list[int]:
    """By how much each has more, or less, than at first."""
    return [ledger.balance(person) - HELD for person in people]
