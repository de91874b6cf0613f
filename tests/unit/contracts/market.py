"""A ledger with campaigns, orders and a content, for tests of the invariants to break.

Ann has claimed once from a referral campaign of Sue's, and has an order of each status with Ben.
"""

from __future__ import annotations

from msgspec.structs import replace

from primitives.actions import CampaignClose, ContentLike, ContentRegister, OrderRelease
from primitives.commerce import (
    Campaign,
    Claimed,
    Order,
    OrderStatus,
    campaign_key,
    claim_key,
    content_id,
    content_key,
    order_key,
    voucher_key,
)
from primitives.encoding import Wire
from primitives.entries import Account, Mark, account_key
from tests.builders import PARAMETERS, Person, an_id
from tests.ledger import Ledger
from tests.settling import done
from tests.trading import (
    ANN,
    BEN,
    BONUS,
    BUDGET,
    JOY,
    PRICE,
    REWARD,
    ROB,
    SHARE,
    SUE,
    claim,
    disputed,
    ordered,
    shipped,
    started,
    trading,
    voucher,
)
from tests.unit.contracts.busy import Breaks, both, changed, put

DISPUTE_MS = PARAMETERS.order_dispute_ms
OPEN, SHIPPED, DISPUTED, DONE = OrderStatus
EVERYBODY = [SUE, ANN, BEN, ROB, JOY]


def a_busy_ledger() -> tuple[Ledger, dict[str, bytes]]:
    ledger = trading()
    ids = {"campaign": started(ledger, bonus=BONUS, per_claimant=2)}
    said = voucher(ledger, ids["campaign"], ANN, referrer=ROB.account)
    done(ledger, claim(ledger, said, ANN))
    ids["closed"] = started(ledger)
    done(ledger, ledger.act(SUE, CampaignClose(ids["closed"])))
    made = {"open": ordered, "shipped": shipped, "disputed": disputed, "done": ordered}
    ids |= {status: make(ledger) for status, make in made.items()}
    done(ledger, ledger.act(ANN, OrderRelease(ids["done"])))
    done(ledger, ledger.act(BEN, ContentRegister(an_id("a song"))))
    done(ledger, ledger.act(ANN, ContentLike(content_id(BEN.account, an_id("a song")), 5)))
    ledger.scan()
    return ledger, ids


LEDGER, IDS = a_busy_ledger()
NOW = LEDGER.context()
CAMPAIGN, CLOSED = campaign_key(IDS["campaign"]), campaign_key(IDS["closed"])
CLAIM = claim_key(IDS["campaign"], ANN.account)
USED = voucher_key(IDS["campaign"], an_id("voucher"))
UNUSED = voucher_key(IDS["campaign"], an_id("another"))
SONG = content_key(content_id(BEN.account, an_id("a song")))
WAITING, SENT, CONTESTED, PAID = (
    order_key(IDS[s]) for s in ("open", "shipped", "disputed", "done")
)
MARK = Mark(an_id("a claim"), NOW.height)
LEFT = BUDGET - REWARD - BONUS
AN_ORDER = LEDGER.entry(WAITING, Order)
A_CAMPAIGN = LEDGER.entry(CAMPAIGN, Campaign)
assert AN_ORDER is not None
assert A_CAMPAIGN is not None


def campaign(key: bytes = CAMPAIGN, **fields: object) -> Breaks:
    return changed(key, Campaign, **fields)


def order(key: bytes, **fields: object) -> Breaks:
    return changed(key, Order, **fields)


def holds(person: Person, more: int) -> Breaks:
    """Somebody has more, or less."""

    def change(ledger: Ledger) -> list[tuple[bytes, bytes | None]]:
        balance = ledger.balance(person) + more
        return changed(account_key(person.account), Account, balance=balance)(ledger)

    return change


def paid_out(key: bytes, to_buyer: int, to_promoter: int | None = None) -> Breaks:
    """The order ends, and everybody gets it."""
    share = SHARE * (PRICE - to_buyer) // PRICE if to_promoter is None else to_promoter
    return both(
        order(key, status=DONE, locked=0, to_buyer=to_buyer, to_promoter=share),
        holds(ANN, to_buyer),
        holds(BEN, PRICE - to_buyer - share),
        holds(ROB, share),
    )


def a_claim(*, voucher_key: bytes = UNUSED, claims: int = 2, counted: int = 2) -> Breaks:
    """Another claim of Ann's."""
    return both(
        campaign(left=LEFT - (REWARD + BONUS) * (counted - 1), claims=counted),
        put(CLAIM, Claimed(claims)),
        put(voucher_key, MARK),
        holds(ANN, REWARD * (counted - 1)),
        holds(ROB, BONUS * (counted - 1)),
    )


def opened(**fields: object) -> Breaks:
    """Ann takes an offer like the other."""
    assert AN_ORDER is not None
    fresh = replace(AN_ORDER, deadline=NOW.time + AN_ORDER.offer.ship_within)
    return both(put(order_key(an_id("new")), replace(fresh, **fields)), holds(ANN, -PRICE))


def created(**fields: object) -> Breaks:
    """Sue starts a campaign like the other."""
    assert A_CAMPAIGN is not None
    fresh = replace(A_CAMPAIGN, claims=0, left=REWARD + BONUS)
    return both(
        put(campaign_key(an_id("new")), replace(fresh, **fields)), holds(SUE, -REWARD - BONUS)
    )


def with_offer(**fields: object) -> Wire:
    assert AN_ORDER is not None
    return replace(AN_ORDER.offer, **fields)
