"""People who give and trade, on a ledger in memory: a campaign, orders, a work that is liked.

Sue's campaign brought Ned, who had no account before, by Rob; Ann ordered a lamp of Ben, by Rob's
promotion and with Joy as arbiter, and likes what Ben wrote. Knows amounts; no HTTP.
"""

from __future__ import annotations

from typing import Final, Protocol

from msgspec.structs import replace

from node.executor import Executor
from primitives.actions import (
    Action,
    CampaignClaim,
    CampaignCreate,
    ContentLike,
    ContentRegister,
    OrderOpen,
    OrderShip,
    offer_message,
    voucher_message,
)
from primitives.amount import MICRO
from primitives.commerce import Offer, Voucher, content_id
from primitives.transaction import Decoded
from tests.builders import DAY_MS, HOUR_MS, Person, a_person, an_id
from tests.fakes.ordering import Ledger


class Desk(Protocol):
    """Any ledger with an executor: of ``tests.fakes.ordering`` or ``tests.fakes.chains``."""

    @property
    def executor(self) -> Executor:
        """The real one."""

    def act(self, sender: Person, action: Action) -> Decoded:
        """Any action, with the sender's next sequence."""


SUE, SIGNER, NED, ROB, ANN, BEN, JOY = (
    a_person(f"{name} at the market") for name in ("sue", "till", "ned", "rob", "ann", "ben", "joy")
)
PEOPLE: Final = (SUE, ROB, ANN, BEN, JOY)
"""Who has 100 LiqBon at first; Ned has no record."""
BUDGET, REWARD, BONUS = 10 * MICRO, 2 * MICRO, MICRO // 2
PRICE, SHARE = 7 * MICRO, MICRO
WORK: Final = an_id("an essay")
ESSAY: Final = content_id(BEN.account, WORK)
LIKED: Final = MICRO // 4


def opened() -> Ledger:
    """A ledger on which everybody has something; one block."""
    ledger = Ledger()
    ledger.fund(*PEOPLE)
    return ledger


def stock(ledger: Ledger) -> None:
    """Something of each kind, on a ledger where other things happened; five blocks."""
    ledger.fund(*PEOPLE)
    given(ledger)
    ordered(ledger)
    liked(ledger)


def now_ms(ledger: Desk) -> int:
    """The time of the newest block."""
    return ledger.executor.head_record.header.time


def campaign(ledger: Desk, **fields: object) -> Decoded:
    """Sue's, of a week, once each; ``fields`` of the action."""
    ends = now_ms(ledger) + 7 * DAY_MS
    plain = CampaignCreate(SIGNER.account, BUDGET, REWARD, BONUS, 1, ends)
    return ledger.act(SUE, replace(plain, **fields))


def claim(ledger: Desk, id_: bytes, by: Person = NED, /, **fields: object) -> Decoded:
    """Of what a voucher promises, referred by Rob; ``fields`` of the voucher."""
    number, expires = an_id(f"voucher of {by.account.hex()}"), now_ms(ledger) + DAY_MS
    voucher = replace(Voucher(id_, by.account, ROB.account, number, expires), **fields)
    signed = SIGNER.endorse(voucher_message(ledger.executor.chain, voucher))
    return ledger.act(by, CampaignClaim(voucher, signed))


def buying(ledger: Desk, **fields: object) -> Decoded:
    """Ann takes Ben's offer of a lamp; ``fields`` of the offer."""
    now = now_ms(ledger)
    parts = (ROB.account, SHARE, JOY.account, 2 * DAY_MS, now + HOUR_MS, an_id("a lamp"))
    offer = replace(Offer(BEN.account, PRICE, *parts), **fields)
    signed = BEN.endorse(offer_message(ledger.executor.chain, offer))
    return ledger.act(ANN, OrderOpen(offer, signed))


def ordered(ledger: Ledger, *, is_shipped: bool = False) -> bytes:
    """The id of an order that is open, or shipped."""
    order = buying(ledger)
    ledger.block(order)
    if is_shipped:
        ledger.block(ledger.act(BEN, OrderShip(order.id, an_id("a parcel"))))
    return order.id


def given(ledger: Ledger) -> bytes:
    """The id of a campaign from which Ned claimed; two blocks."""
    created = campaign(ledger)
    ledger.block(created)
    ledger.block(claim(ledger, created.id))
    return created.id


def liked(ledger: Ledger) -> None:
    """Ben's essay is there, and Ann likes it; one block."""
    ledger.block(ledger.act(BEN, ContentRegister(WORK)), like(ledger))


def like(ledger: Desk) -> Decoded:
    """Ann's, of Ben's essay."""
    return ledger.act(ANN, ContentLike(ESSAY, LIKED))
