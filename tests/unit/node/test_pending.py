"""What a sender has on its way is counted, and forgotten once it is settled."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from node.admission import Pending
from node.pending import PendingPool, Taken, spent_by
from tests.builders import (
    Person,
    a_mint,
    a_person,
    a_redeem,
    a_refund,
    a_transfer,
    an_id,
    an_invoice,
    an_open_channels,
)

ANN, BOB = a_person("ann"), a_person("bob")


def take(pool: PendingPool, sender: Person, amount: int, sequence: int, channel: int = 0) -> bytes:
    decoded = a_transfer(sender, (BOB, amount), sequence=sequence, channel=channel)
    pool.add(Taken(decoded, 0.0))
    return decoded.id


def test_the_next_sequence_follows_the_last_one_of_its_channel() -> None:
    pool = PendingPool()
    assert pool.next_sequence(ANN.account, 0) is None
    take(pool, ANN, 1, 4)
    take(pool, ANN, 1, 5)
    take(pool, ANN, 1, 0, channel=3)
    assert pool.next_sequence(ANN.account, 0) == 6
    assert pool.next_sequence(ANN.account, 3) == 1
    assert pool.next_sequence(BOB.account, 0) is None


def test_spending_counts_over_all_channels() -> None:
    pool = PendingPool()
    take(pool, ANN, 100, 0)
    take(pool, ANN, 20, 0, channel=1)
    later = a_transfer(ANN, (BOB, 1), sequence=1).transaction
    assert pool.before(later) == Pending(1, 120)
    assert pool.before(a_transfer(ANN, (BOB, 1), channel=2).transaction) == Pending(0, 120)
    assert pool.before(a_transfer(BOB, (ANN, 1)).transaction) is None


def test_a_sequence_that_is_taken_names_its_holder() -> None:
    pool = PendingPool()
    holder = take(pool, ANN, 100, 0)
    assert pool.holder(a_transfer(ANN, (BOB, 7)).transaction) == holder
    assert pool.holder(a_transfer(ANN, (BOB, 7), sequence=1).transaction) is None


def test_only_transfers_and_redemptions_spend() -> None:
    assert spent_by(a_transfer(ANN, (BOB, 5), (ANN, 6)).transaction) == 11
    assert spent_by(a_redeem(ANN, an_invoice("north", 7)).transaction) == 7
    assert spent_by(a_refund("north", an_id("invoice 1"), 7).transaction) == 0
    assert spent_by(a_mint("north", ANN, 5).transaction) == 0
    assert spent_by(an_open_channels(ANN, 2).transaction) == 0


@given(st.lists(st.booleans(), max_size=30))
def test_an_emptied_pool_holds_nothing(moves: list[bool]) -> None:
    pool, ids, sequence = PendingPool(), list[bytes](), 0
    for is_add in moves:
        if is_add:
            ids.append(take(pool, ANN, 10, sequence))
            sequence += 1
        elif ids:
            assert pool.remove(ids.pop(0)) is not None
        assert len(pool) == len(ids) == pool.count_of(ANN.account)
    for id_ in ids:
        assert pool.get(id_) is not None
        pool.remove(id_)
        assert pool.remove(id_) is None
    assert (len(pool), pool.size, pool.count_of(ANN.account)) == (0, 0, 0)
    assert pool.before(a_transfer(ANN, (BOB, 1)).transaction) is None
    assert not pool._lines
    assert not pool._senders
