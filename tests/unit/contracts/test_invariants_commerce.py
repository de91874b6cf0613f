"""What a step may not do to campaigns, orders and contents is found, and told what it is.

[LEDGER-40] to [LEDGER-49]: each forbidden change is made once, to the ledger of ``market.py``.
"""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from contracts.invariants import check_changes
from primitives.commerce import (
    Claimed,
    Content,
    content_id,
    content_key,
)
from primitives.entries import Account, account_key
from primitives.hashing import ZERO_DIGEST
from tests.builders import DAY_MS, an_id
from tests.trading import (
    ANN,
    BEN,
    BONUS,
    BUDGET,
    JOY,
    NEW,
    PRICE,
    REWARD,
    ROB,
    SHARE,
    SUE,
)
from tests.unit.contracts.busy import Case, both, changed, drop, put
from tests.unit.contracts.market import (
    CLAIM,
    CLOSED,
    CONTESTED,
    DISPUTE_MS,
    DISPUTED,
    DONE,
    EVERYBODY,
    LEDGER,
    LEFT,
    MARK,
    NOW,
    OPEN,
    PAID,
    SENT,
    SHIPPED,
    SONG,
    UNUSED,
    USED,
    WAITING,
    a_claim,
    campaign,
    created,
    holds,
    opened,
    order,
    paid_out,
    with_offer,
)

BAD_STEPS: dict[str, Case] = {
    "a budget that fell": (
        both(campaign(left=LEFT - 1), holds(SUE, 1)),
        [SUE],
        "what is left of a budget",
    ),
    "a budget that grew": (
        both(campaign(left=LEFT + 1), holds(SUE, -1)),
        [SUE],
        "what is left of a budget",
    ),
    "a budget that vanished": (
        campaign(left=0, closed=True),
        [SUE],
        "balances and supply moved alike",
    ),
    "a campaign closed by somebody else": (
        both(campaign(left=0, closed=True), holds(SUE, LEFT)),
        [ANN],
        "a campaign ends in its time or by its sponsor",
    ),
    "a campaign that ended and holds something": (
        campaign(closed=True),
        [SUE],
        "a campaign that ended holds nothing",
    ),
    "a campaign opened again": (
        both(campaign(CLOSED, left=1, closed=False), holds(SUE, -1)),
        [SUE],
        "a campaign that ended stays as it is",
    ),
    "another reward": (campaign(reward=REWARD + 1), [SUE], "a campaign's terms stay"),
    "another signer": (campaign(signer=SUE.account), [SUE], "a campaign's terms stay"),
    "a later end": (campaign(ends=NOW.time + DAY_MS), [SUE], "a campaign's terms stay"),
    "a claim that is forgotten": (
        both(campaign(claims=0, left=BUDGET), holds(SUE, -REWARD - BONUS)),
        [SUE],
        "claims only rise",
    ),
    "claims beyond the budget": (
        both(campaign(claims=99, left=0), holds(ANN, LEFT)),
        [ANN],
        "claims are paid out of what is left",
    ),
    "a claim by nobody": (a_claim(), [SUE], "who claims signed"),
    "a claim without a voucher": (
        both(
            campaign(left=LEFT - REWARD - BONUS, claims=2),
            put(CLAIM, Claimed(2)),
            holds(ANN, REWARD + BONUS),
        ),
        [ANN],
        "claims and vouchers",
    ),
    "a claim that is not counted against its claimant": (
        both(
            campaign(left=LEFT - REWARD - BONUS, claims=2),
            put(UNUSED, MARK),
            holds(ANN, REWARD + BONUS),
        ),
        [ANN],
        "claims and who claimed",
    ),
    "a voucher used for nothing": (put(UNUSED, MARK), [ANN], "claims and vouchers"),
    "a voucher used twice": (a_claim(voucher_key=USED), [ANN], "a voucher is used once"),
    "a voucher of another block": (
        put(UNUSED, replace(MARK, height=1)),
        [ANN],
        "a mark is of its block",
    ),
    "a claim too many": (a_claim(claims=3), [ANN], "claims of one account"),
    "fewer claims of somebody": (put(CLAIM, Claimed(1)), [BEN], "who claims signed"),
    "a claim that pays too much": (
        both(a_claim(), holds(BEN, 1)),
        [ANN],
        "balances and supply moved alike",
    ),
    "a campaign out of nowhere": (created(), [ANN], "who locks a budget signed"),
    "a campaign that ended before": (created(ends=NOW.time), [SUE], "a campaign ends later"),
    "a campaign for ever": (
        created(ends=NOW.time + 367 * DAY_MS),
        [SUE],
        "a campaign ends in time",
    ),
    "an order of somebody else's money": (opened(), [BEN], "who opens an order signed"),
    "an order with a late deadline": (
        opened(deadline=NOW.time + 91 * DAY_MS),
        [ANN],
        "a deadline stays",
    ),
    "an order over an expired offer": (
        opened(offer=with_offer(expires=NOW.time - 1)),
        [ANN],
        "an offer is taken while it stands",
    ),
    "an order for less than its price": (
        opened(locked=PRICE - 1),
        [ANN],
        "the price is locked until the end",
    ),
    "an order judged by its seller": (
        opened(offer=with_offer(arbiter=BEN.account)),
        [ANN],
        "buyer, seller and arbiter are three",
    ),
    "an order judged by who gets a share": (
        opened(offer=with_offer(arbiter=ROB.account)),
        [ANN],
        "who judges has no share in it",
    ),
    "an order judged by its promoter": (
        opened(offer=with_offer(arbiter=ROB.account)),
        [ANN],
        "who judges has no share in it",
    ),
    "another offer": (
        order(WAITING, offer=with_offer(goods=an_id("a brick"))),
        EVERYBODY,
        "an order's terms stay",
    ),
    "another buyer": (order(WAITING, buyer=SUE.account), EVERYBODY, "an order's terms stay"),
    "shipped without the seller": (
        order(WAITING, status=SHIPPED, deadline=NOW.time + DISPUTE_MS),
        [ANN, JOY],
        "the seller said that it shipped",
    ),
    "disputed without the buyer": (
        order(SENT, status=DISPUTED, deadline=NOW.time + DISPUTE_MS),
        [BEN, JOY],
        "the buyer disputes",
    ),
    "shipped with less time": (
        order(WAITING, status=SHIPPED, deadline=NOW.time + 1),
        [BEN],
        "what was said can be answered",
    ),
    "a deadline put off": (
        order(SENT, deadline=NOW.time + 2 * DISPUTE_MS),
        EVERYBODY,
        "a deadline stays",
    ),
    "another tracking": (order(SENT, tracking=None), [ANN], "the seller said that it shipped"),
    "back to open": (order(SENT, status=OPEN), EVERYBODY, "an order goes forwards"),
    "an order that is done, done again": (
        order(PAID, to_buyer=PRICE, to_promoter=0),
        EVERYBODY,
        "an order that is done stays as it is",
    ),
    "paid by nobody": (paid_out(SENT, 0), [BEN, ROB], "paid by nobody's word"),
    "paid before it was shipped, by the seller": (
        paid_out(WAITING, 0),
        [BEN],
        "paid by nobody's word",
    ),
    "returned by the buyer": (paid_out(SENT, PRICE), [ANN], "returned by nobody's word"),
    "split by buyer": (paid_out(CONTESTED, 1), [ANN], "returned by nobody's word"),
    "split by seller": (paid_out(CONTESTED, 1), [BEN], "paid by nobody's word"),
    "more for the promoter": (paid_out(SENT, 0, SHARE + 1), [ANN], "the promoter's share"),
    "more for the buyer than was locked": (
        order(CONTESTED, status=DONE, locked=0, to_buyer=PRICE + 1),
        [JOY],
        "what returns is of the price",
    ),
    "done, and nobody got it": (
        order(SENT, status=DONE, locked=0, to_promoter=SHARE),
        [ANN],
        "balances and supply moved alike",
    ),
    "done, and still locked": (
        order(SENT, status=DONE, to_promoter=SHARE),
        [ANN],
        "the price is locked until the end",
    ),
    "a part paid before": (order(SENT, to_buyer=1), EVERYBODY, "nothing is paid before the end"),
    "likes that fell": (changed(SONG, Content, likes=0), [BEN], "likes only rise"),
    "units that fell": (changed(SONG, Content, units=4), [BEN], "a like is at least one unit"),
    "likes for nothing": (changed(SONG, Content, likes=2), [ANN], "a like is at least one unit"),
    "another author": (
        changed(SONG, Content, author=ANN.account),
        [ANN],
        "a content stands under its id",
    ),
    "a work registered by somebody else": (
        put(
            content_key(content_id(BEN.account, an_id("2"))), Content(BEN.account, an_id("2"), 0, 0)
        ),
        [ANN],
        "the author registered it",
    ),
    "an order that vanished": (drop(PAID), EVERYBODY, "only what fell due is removed"),
    "a voucher that vanished": (drop(USED), EVERYBODY, "only what fell due is removed"),
    "an account opened with too little": (
        both(
            put(account_key(NEW.account), Account(1, 1, 0, ZERO_DIGEST)),
            holds(ANN, -1),
        ),
        [ANN],
        "an account opens with enough",
    ),
    "an account opened by somebody who did nothing, with channels": (
        both(
            put(account_key(NEW.account), Account(BUDGET, 2, 0, ZERO_DIGEST)),
            holds(ANN, -BUDGET),
        ),
        [ANN],
        "a new account has one channel",
    ),
}
GOOD_STEPS: dict[str, Case] = {
    "a claim": (a_claim(), [ANN], ""),
    "a campaign": (created(), [SUE], ""),
    "a closing": (both(campaign(left=0, closed=True), holds(SUE, LEFT)), [SUE], ""),
    "an order": (opened(), [ANN], ""),
    "shipping": (order(WAITING, status=SHIPPED, deadline=NOW.time + DISPUTE_MS), [BEN], ""),
    "a dispute": (order(SENT, status=DISPUTED, deadline=NOW.time + DISPUTE_MS), [ANN], ""),
    "a release": (paid_out(SENT, 0), [ANN], ""),
    "a refund": (paid_out(WAITING, PRICE), [BEN], ""),
    "a judgement": (paid_out(CONTESTED, 3), [JOY], ""),
    "a like": (
        both(changed(SONG, Content, likes=2, units=6), holds(ANN, -1), holds(BEN, 1)),
        [ANN],
        "",
    ),
}


def stepped(case: Case) -> None:
    breaks, signers, _ = case
    signed: Sequence[bytes] = [person.account for person in signers]
    folded: dict[bytes, bytes | None] = dict(breaks(LEDGER))
    check_changes(LEDGER.state, list(folded.items()), signed, NOW)


@pytest.mark.parametrize("name", BAD_STEPS)
def test_a_step_is_found_broken_by(name: str) -> None:
    with pytest.raises(AssertionError) as error:
        stepped(BAD_STEPS[name])
    assert str(error.value).startswith(BAD_STEPS[name][2])


@pytest.mark.parametrize("name", GOOD_STEPS)
def test_what_may_happen_is_not_found_broken(name: str) -> None:
    """So the steps above fail for what is wrong with them alone."""
    stepped(GOOD_STEPS[name])
