"""Nobody waits behind somebody else's flood, and nothing waits for ever."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from node.fairness import BASE_QUANTUM, FairQueue, Item, quantum_of


def push(
    queue: FairQueue, sender: str, place: int, weight: int = 3, favoured: bool = False
) -> None:
    item = Item(f"{sender} {place}".encode(), b"x" * 10, weight)
    queue.push(sender.encode(), item, BASE_QUANTUM, favoured)


def drain(queue: FairQueue) -> list[str]:
    found = []
    while (item := queue.pop()) is not None:
        found.append(item.id.decode())
    return found


def test_one_payment_does_not_wait_behind_a_flood() -> None:
    queue = FairQueue()
    for place in range(1_000):
        push(queue, "flood", place)
    push(queue, "payer", 0)
    assert drain(queue).index("payer 0") <= 3


def test_each_senders_transactions_keep_their_order() -> None:
    queue = FairQueue()
    for place in range(20):
        for sender in ("a", "b", "c"):
            push(queue, sender, place)
    order = drain(queue)
    for sender in ("a", "b", "c"):
        mine = [int(name.split()[1]) for name in order if name.startswith(sender)]
        assert mine == list(range(20))


def test_weight_is_shared_and_not_count() -> None:
    queue = FairQueue()
    for place in range(300):
        push(queue, "heavy", place, weight=30)
        push(queue, "light", place, weight=3)
    first = Counter(name.split()[0] for name in drain(queue)[:220])
    assert 7 <= first["light"] / first["heavy"] <= 13


def test_the_partners_own_go_first() -> None:
    queue = FairQueue()
    for place in range(5):
        push(queue, "customer", place)
        push(queue, "partner", place, favoured=True)
    assert all(name.startswith("partner") for name in drain(queue)[:5])


def test_a_weight_far_above_the_quantum_is_served_in_the_end() -> None:
    queue = FairQueue()
    push(queue, "heavy", 0, weight=10_000)
    assert drain(queue) == ["heavy 0"]


names = st.sampled_from(["a", "b", "c", "d"])
moves = st.lists(st.one_of(st.none(), st.tuples(names, st.integers(1, 300), st.booleans())))


@given(moves)
def test_nothing_is_lost_repeated_or_miscounted(moves: list[tuple[str, int, bool] | None]) -> None:
    queue, pushed, popped = FairQueue(), 0, []
    for move in moves:
        if move is None:
            item = queue.pop()
            popped += [] if item is None else [item.id.decode()]
        else:
            sender, weight, favoured = move
            push(queue, sender, pushed, weight, favoured)
            pushed += 1
        assert queue.count == pushed - len(popped)
        assert queue.size == 10 * queue.count
    popped += drain(queue)
    assert sorted(int(name.split()[1]) for name in popped) == list(range(pushed))
    assert (queue.count, queue.size, queue.pop()) == (0, 0, None)


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**53), st.integers(0, 2**63 - 1))
def test_standing_helps_a_little_and_is_bounded(balance: int, sequence: int, more: int) -> None:
    quantum = quantum_of(balance, sequence)
    assert BASE_QUANTUM <= quantum <= 10 * BASE_QUANTUM
    assert quantum_of(max(balance, more), sequence) >= quantum
