"""Orders: the price is held until it is clear whose it is, and leaves by one way only."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.transition import dry_run
from primitives.actions import (
    Action,
    OrderDispute,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
)
from primitives.amount import MICRO
from primitives.commerce import OrderStatus
from primitives.receipt import OrderEnded, OrderMoved, Outcome
from tests.builders import PARAMETERS, SECOND_MS, Person, a_person, an_id
from tests.ledger import Ledger
from tests.settling import done, waited
from tests.trading import (
    ANN,
    BEN,
    HELD,
    JOY,
    NEW,
    PRICE,
    ROB,
    SHARE,
    SUE,
    buy,
    disputed,
    gained,
    offer,
    ordered,
    shipped,
    the_order,
    trading,
)

DISPUTE_MS = PARAMETERS.order_dispute_ms
OPEN, SHIPPED, DISPUTED, DONE = OrderStatus
PARTIES = (ANN, BEN, ROB, JOY)


def until(ledger: Ledger, order: bytes) -> int:
    """Milliseconds to the end of the second in which the order's deadline lies."""
    return -(-the_order(ledger, order).deadline // SECOND_MS) * SECOND_MS - ledger.time


def ended(ledger: Ledger, order: bytes, to_buyer: int) -> None:
    """Nothing is held any more, and each got what is its own."""
    stands = the_order(ledger, order)
    to_promoter = SHARE * (PRICE - to_buyer) // PRICE
    assert (stands.status, stands.locked) == (DONE, 0)
    assert (stands.to_buyer, stands.to_promoter) == (to_buyer, to_promoter)
    to_seller = PRICE - to_buyer - to_promoter
    assert gained(ledger, *PARTIES) == [to_buyer - PRICE, to_seller, to_promoter, 0]
    ledger.scan()


class TestOpening:
    """[LEDGER-44]"""

    def test_locks_the_price_which_stays_in_the_supply(self) -> None:
        ledger = trading()
        supply = ledger.scan().supply
        said = offer(ledger)
        decoded = buy(ledger, said)
        assert done(ledger, decoded) == (OrderMoved(decoded.id, OPEN),)
        stands = the_order(ledger, decoded.id)
        assert (stands.buyer, stands.offer, stands.status) == (ANN.account, said, OPEN)
        assert (stands.locked, stands.deadline) == (PRICE, ledger.time + said.ship_within)
        assert gained(ledger, *PARTIES) == [-PRICE, 0, 0, 0]
        assert ledger.scan().supply == supply

    def test_an_offer_may_be_taken_more_than_once(self) -> None:
        ledger = trading()
        said = offer(ledger)
        for sender in (ANN, SUE, ANN):
            done(ledger, buy(ledger, said, sender=sender))
        assert gained(ledger, ANN, SUE) == [-2 * PRICE, -PRICE]

    @pytest.mark.parametrize(
        ("fields", "parties", "refusal"),
        [
            ({"expires": 0}, {"seller": ROB}, Outcome.NOT_SELLER),
            ({"expires": 0, "arbiter": ANN.account}, {}, Outcome.OFFER_EXPIRED),
            ({"arbiter": ANN.account, "share": PRICE + 1}, {}, Outcome.ARBITER_INVALID),
            ({"arbiter": BEN.account}, {}, Outcome.ARBITER_INVALID),
            ({}, {"sender": BEN}, Outcome.ARBITER_INVALID),
            ({"share": PRICE + 1, "promoter": NEW.account}, {}, Outcome.PROMOTER_INVALID),
            ({"promoter": None}, {}, Outcome.PROMOTER_INVALID),
            ({"share": 0}, {}, Outcome.PROMOTER_INVALID),
            (
                {"seller": NEW.account, "price": HELD + 1},
                {"seller": NEW},
                Outcome.ACCOUNT_UNKNOWN,
            ),
            ({"promoter": NEW.account, "price": HELD + 1}, {}, Outcome.ACCOUNT_UNKNOWN),
            ({"price": HELD + 1}, {}, Outcome.BALANCE_TOO_LOW),
        ],
    )
    def test_is_refused(
        self, fields: dict[str, object], parties: dict[str, object], refusal: Outcome
    ) -> None:
        """In the order of the checks: what is wrong later too does not matter."""
        ledger = trading()
        decoded = buy(ledger, offer(ledger, **fields), **parties)
        assert dry_run(ledger.state, ledger.context(), 0, decoded) == refusal
        ledger.refuse(decoded, refusal)
        ledger.scan()

    def test_an_offer_is_good_in_its_very_last_moment(self) -> None:
        ledger = trading()
        expires = ledger.context().time
        done(ledger, buy(ledger, offer(ledger, expires=expires)))
        assert ledger.time == expires

    def test_a_price_may_be_all_that_the_buyer_has_and_all_of_it_the_promoter_s(self) -> None:
        ledger = trading()
        order = ordered(ledger, price=HELD, share=HELD)
        assert ledger.balance(ANN) == 0
        done(ledger, ledger.act(ANN, OrderRelease(order)))
        assert gained(ledger, *PARTIES) == [-HELD, 0, HELD, 0]
        ledger.scan()

    def test_the_arbiter_needs_no_record_and_the_seller_may_promote(self) -> None:
        ledger = trading()
        order = ordered(ledger, arbiter=NEW.account, promoter=BEN.account)
        done(ledger, ledger.act(ANN, OrderRelease(order)))
        assert gained(ledger, ANN, BEN) == [-PRICE, PRICE]
        ledger.scan()


Made = Callable[[Ledger], bytes]
STATUSES: dict[str, Made] = {"open": ordered, "shipped": shipped, "disputed": disputed}


def _done(ledger: Ledger) -> bytes:
    order = ordered(ledger)
    done(ledger, ledger.act(BEN, OrderRefund(order)))
    return order


WORDS: dict[str, tuple[Callable[[bytes], Action], Person, str, Outcome]] = {
    "ship": (lambda id_: OrderShip(id_, None), BEN, "open", Outcome.NOT_SELLER),
    "release": (OrderRelease, ANN, "open shipped disputed", Outcome.NOT_BUYER),
    "refund": (OrderRefund, BEN, "open shipped disputed", Outcome.NOT_SELLER),
    "dispute": (OrderDispute, ANN, "shipped", Outcome.NOT_BUYER),
    "resolve": (lambda id_: OrderResolve(id_, 1), JOY, "disputed", Outcome.NOT_ARBITER),
}
"""What may be said, by whom, in which statuses, and how others are refused."""


class TestWhoMaySayWhat:
    """[LEDGER-45] [LEDGER-46] [LEDGER-47]"""

    @pytest.mark.parametrize("word", WORDS)
    @pytest.mark.parametrize("status", [*STATUSES, "done"])
    def test_a_word_counts_in_its_statuses_and_from_its_speaker(
        self, word: str, status: str
    ) -> None:
        say, speaker, allowed, not_it = WORDS[word]
        ledger = trading()
        order = {**STATUSES, "done": _done}[status](ledger)
        for other in (SUE, *PARTIES):
            if other != speaker:
                ledger.refuse(ledger.act(other, say(order)), not_it)
        if status in allowed.split():
            done(ledger, ledger.act(speaker, say(order)))
        else:
            ledger.refuse(ledger.act(speaker, say(order)), Outcome.ORDER_STATUS_WRONG)
        ledger.scan()

    @pytest.mark.parametrize("word", WORDS)
    def test_an_order_must_be_there(self, word: str) -> None:
        say, speaker, _, _ = WORDS[word]
        ledger = trading()
        ledger.refuse(ledger.act(speaker, say(an_id("none"))), Outcome.ORDER_UNKNOWN)


class TestShipping:
    """[LEDGER-45]"""

    def test_gives_the_buyer_time_to_dispute(self) -> None:
        ledger = trading()
        order = ordered(ledger)
        told = done(ledger, ledger.act(BEN, OrderShip(order, an_id("tracking"))))
        assert told == (OrderMoved(order, SHIPPED),)
        stands = the_order(ledger, order)
        assert (stands.status, stands.tracking) == (SHIPPED, an_id("tracking"))
        assert (stands.locked, stands.deadline) == (PRICE, ledger.time + DISPUTE_MS)
        assert gained(ledger, *PARTIES) == [-PRICE, 0, 0, 0]

    def test_what_is_not_shipped_in_time_returns_by_itself(self) -> None:
        ledger = trading()
        order = ordered(ledger)
        waited(ledger, the_order(ledger, order).deadline - 1 - ledger.time)
        assert the_order(ledger, order).status == OPEN
        assert waited(ledger, until(ledger, order)) == [(OrderEnded(order, PRICE, 0),)]
        ended(ledger, order, PRICE)

    def test_what_is_shipped_and_not_disputed_is_paid_by_itself(self) -> None:
        ledger = trading()
        order = shipped(ledger)
        told = [events for events in waited(ledger, until(ledger, order)) if events]
        assert (OrderEnded(order, 0, SHARE),) in told
        ended(ledger, order, 0)

    def test_the_deadline_to_ship_says_nothing_once_it_is_shipped(self) -> None:
        ledger = trading()
        order = ordered(ledger)
        late = until(ledger, order)
        done(ledger, ledger.act(BEN, OrderShip(order, None)))
        assert waited(ledger, late) == [()]
        assert the_order(ledger, order).status == SHIPPED
        ledger.scan()

    def test_words_in_one_block_and_one_deadline_for_two_statuses_end_it_once(self) -> None:
        """Opened, shipped and disputed in a block; every deadline lies in the same second."""
        ledger = trading()
        said = offer(ledger, ship_within=DISPUTE_MS)
        decoded = buy(ledger, said)
        ship = ledger.act(BEN, OrderShip(decoded.id, None))
        dispute = ledger.act(ANN, OrderDispute(decoded.id), sequence=ledger.sequence(ANN) + 1)
        ledger.block(decoded, ship, dispute)
        assert the_order(ledger, decoded.id).status == DISPUTED
        ledger.scan()
        told = waited(ledger, until(ledger, decoded.id))
        assert told.count(()) == 2
        assert told.count((OrderEnded(decoded.id, PRICE, 0),)) == 1
        ended(ledger, decoded.id, PRICE)


class TestEndings:
    """[LEDGER-46] [LEDGER-47]"""

    @pytest.mark.parametrize("status", STATUSES)
    def test_the_buyer_may_pay_at_any_time_before_the_end(self, status: str) -> None:
        ledger = trading()
        order = STATUSES[status](ledger)
        told = done(ledger, ledger.act(ANN, OrderRelease(order)))
        assert told == (OrderEnded(order, 0, SHARE),)
        ended(ledger, order, 0)

    @pytest.mark.parametrize("status", STATUSES)
    def test_the_seller_may_give_everything_back_at_any_time_before_the_end(
        self, status: str
    ) -> None:
        ledger = trading()
        order = STATUSES[status](ledger)
        told = done(ledger, ledger.act(BEN, OrderRefund(order)))
        assert told == (OrderEnded(order, PRICE, 0),)
        ended(ledger, order, PRICE)

    def test_a_dispute_waits_for_the_arbiter(self) -> None:
        ledger = trading()
        order = shipped(ledger)
        told = done(ledger, ledger.act(ANN, OrderDispute(order)))
        assert told == (OrderMoved(order, DISPUTED),)
        stands = the_order(ledger, order)
        assert (stands.locked, stands.deadline) == (PRICE, ledger.time + DISPUTE_MS)

    @pytest.mark.parametrize("to_buyer", [0, 1, PRICE // 2, PRICE - 1, PRICE])
    def test_the_arbiter_splits_what_is_locked(self, to_buyer: int) -> None:
        ledger = trading()
        order = disputed(ledger)
        told = done(ledger, ledger.act(JOY, OrderResolve(order, to_buyer)))
        to_promoter = SHARE * (PRICE - to_buyer) // PRICE
        assert told == (OrderEnded(order, to_buyer, to_promoter),)
        ended(ledger, order, to_buyer)

    def test_the_arbiter_cannot_give_more_than_is_locked(self) -> None:
        ledger = trading()
        order = disputed(ledger)
        wish = ledger.act(JOY, OrderResolve(order, PRICE + 1))
        ledger.refuse(wish, Outcome.AMOUNT_OVERFLOW)

    def test_an_arbiter_who_is_silent_leaves_it_to_the_buyer(self) -> None:
        ledger = trading()
        order = disputed(ledger)
        told = waited(ledger, until(ledger, order))
        assert (OrderEnded(order, PRICE, 0),) in told
        ended(ledger, order, PRICE)

    def test_whoever_speaks_first_in_a_block_is_heard(self) -> None:
        ledger = trading()
        order = shipped(ledger)
        release, refund = (
            ledger.act(ANN, OrderRelease(order)),
            ledger.act(BEN, OrderRefund(order)),
        )
        verdicts = ledger.block(refund, release)
        assert [v.outcome for v in verdicts] == [Outcome.DONE, Outcome.ORDER_STATUS_WRONG]  # type: ignore[union-attr]
        ended(ledger, order, PRICE)

    def test_a_buyer_who_promotes_gets_the_share_too(self) -> None:
        ledger = trading()
        order = ordered(ledger, promoter=ANN.account)
        done(ledger, ledger.act(ANN, OrderRelease(order)))
        assert gained(ledger, ANN, BEN) == [SHARE - PRICE, PRICE - SHARE]
        ledger.scan()


class TestTheShare:
    """[LEDGER-47]"""

    @pytest.mark.parametrize(
        ("price", "share", "to_buyer", "to_promoter"),
        [
            (10, 3, 5, 1),  # half of 3 is 1.5
            (3, 1, 1, 0),  # two thirds of 1
            (3, 3, 1, 2),
            (1, 1, 0, 1),
            (1, 1, 1, 0),
            (97 * MICRO, 96 * MICRO, 1, 95_999_999),
        ],
    )
    def test_is_rounded_down_in_the_seller_s_favour(
        self, price: int, share: int, to_buyer: int, to_promoter: int
    ) -> None:
        ledger = trading()
        order = disputed(ledger, price=price, share=share)
        done(ledger, ledger.act(JOY, OrderResolve(order, to_buyer)))
        to_seller = price - to_buyer - to_promoter
        assert gained(ledger, ANN, BEN, ROB) == [to_buyer - price, to_seller, to_promoter]
        ledger.scan()

    @given(st.data())
    def test_nothing_is_lost_or_made_by_any_split(self, data: st.DataObject) -> None:
        price = data.draw(st.integers(1, HELD))
        share = data.draw(st.integers(1, price))
        to_buyer = data.draw(st.integers(0, price))
        ledger = trading()
        order = disputed(ledger, price=price, share=share)
        done(ledger, ledger.act(JOY, OrderResolve(order, to_buyer)))
        buyer, seller, promoter = gained(ledger, ANN, BEN, ROB)
        assert buyer == to_buyer - price
        assert min(seller, promoter) >= 0
        assert buyer + seller + promoter == 0
        # The share that was agreed, of what was sold: short of it by less than one unit.
        assert 0 <= share * (price - to_buyer) - promoter * price < price


def test_nothing_is_lost_by_the_passing_of_time() -> None:
    """[LEDGER-45] Whatever is said or not, in the end nothing is held."""
    ledger = trading(due_per_block=2)
    orders = [made(ledger) for made in (*STATUSES.values(), *STATUSES.values(), ordered)]
    assert gained(ledger, ANN) == [-7 * PRICE]
    supply = ledger.scan().supply
    for _ in range(12):
        ledger.pass_time(DISPUTE_MS)
    for _ in range(20):
        ledger.pass_time(SECOND_MS)
    assert [the_order(ledger, order).status for order in orders] == [DONE] * 7
    assert gained(ledger, *PARTIES) == [-2 * PRICE, 2 * (PRICE - SHARE), 2 * SHARE, 0]
    assert ledger.scan().supply == supply


def test_a_buyer_without_a_record_cannot_take_an_offer() -> None:
    """[LEDGER-43] Only a claim comes without one."""
    ledger = trading()
    before = dict(ledger.state)
    verdict = ledger.send(buy(ledger, offer(ledger), sender=a_person("nobody yet")))
    assert verdict.text == "sender_unknown"
    assert ledger.state == before
