"""Asking, peer after peer, for as long as a need stands; answering within bounds."""

from __future__ import annotations

import pytest

from consensus.effects import BatchKept, Need
from consensus.messages import ChainSent, FetchBlock, FetchChain, FetchLane, Oldest
from node import sync
from node.journal import GENESIS, Journal
from node.sync import (
    GRACE_MS,
    LANE_BATCHES,
    LONGEST_PAUSE_MS,
    MOST_ASKED,
    REQUEST_COST,
    SERVED_BYTES_A_SECOND,
    Fetcher,
    Library,
)
from node.world import GUESTS
from primitives.batch import EMPTY_TIP, Batch, batch_digest, tip_of
from primitives.encoding import encode
from tests import builders
from tests.unit.node.disk import MemoryDisk
from tests.unit.node.fakes import CHAIN, FakeWorld

A = bytes([1]) * 32
PEERS = (1, 2, 3)
BLOCK = {("block", 5, A): Need(FetchBlock(5, A), (3, 0))}


def asked(fetcher: Fetcher, now_ms: int, needs: dict, peers: tuple = PEERS) -> list[int]:  # type: ignore[type-arg]
    return [peer for peer, _ in fetcher.poll(now_ms, needs, peers, ())]


def test_a_need_is_asked_for_at_once_of_those_named_first_and_then_of_the_others() -> None:
    """[SYNC-1]"""
    fetcher = Fetcher(0)
    order = [asked(fetcher, now, BLOCK) for now in (0, 200, 400, 600)]
    assert order == [[3], [1], [2], [3]], "and never of oneself"


def test_pauses_grow_to_a_limit() -> None:
    fetcher = Fetcher(0)
    times, now = [], 0
    for _ in range(40):
        assert asked(fetcher, now, BLOCK)
        due = fetcher.next_ms
        assert due is not None
        assert asked(fetcher, due - 1, BLOCK) == []
        times.append(due - now)
        now = due
    assert times[0] < times[-1] == LONGEST_PAUSE_MS
    assert times == sorted(times)


def test_asking_ends_with_the_need_and_begins_anew() -> None:
    fetcher = Fetcher(0)
    asked(fetcher, 0, BLOCK)
    assert asked(fetcher, 10, {}) == []
    assert fetcher.next_ms is None
    assert asked(fetcher, 20, BLOCK) == [3]


def test_only_connected_peers_are_asked() -> None:
    fetcher = Fetcher(0)
    assert asked(fetcher, 0, BLOCK, ()) == []
    assert asked(fetcher, 200, BLOCK, (2,)) == [2]


def test_a_batch_that_is_on_its_way_is_given_time() -> None:
    fetcher = Fetcher(0)
    needs = {("lane", 1, A): Need(FetchLane(1, A, 0), (1,))}
    grace = GRACE_MS["lane"]
    assert fetcher.poll(0, needs, PEERS, ()) == []
    assert fetcher.next_ms == grace
    assert fetcher.poll(grace, needs, PEERS, (A,)) == [], "it has come and is being checked"
    later = fetcher.next_ms
    assert later is not None
    assert fetcher.poll(later, needs, PEERS, ()) == [(1, FetchLane(1, A, 0))]


def test_requests_at_a_time_are_bounded_and_the_rest_follow() -> None:
    needs = {("block", view, A): Need(FetchBlock(view, A), ()) for view in range(40)}
    fetcher = Fetcher(0)
    counts = []
    now = 0
    for _ in range(3):
        counts.append(len(asked(fetcher, now, needs)))
        now = fetcher.next_ms or now
    assert counts == [MOST_ASKED, MOST_ASKED, 40 - 2 * MOST_ASKED]


def a_lane(count: int) -> list[Batch]:
    tip, batches = EMPTY_TIP, []
    mint = builders.a_mint("east", builders.a_person("ann"), 5)
    for _ in range(count):
        batch = builders.a_batch([mint], parent=tip, author=1)
        batches.append(batch)
        tip = tip_of(batch_digest(CHAIN, batch.header), batch.header)
    return batches


def a_library(batches: list[Batch]) -> Library:
    journal = Journal(MemoryDisk(), CHAIN)
    journal.recover(GENESIS)
    for batch in batches:
        journal.append(BatchKept(encode(batch)))
    return Library(journal.shelf, FakeWorld())


def test_a_long_lane_is_answered_from_its_oldest_batches() -> None:
    """[SYNC-3]"""
    lane = a_lane(LANE_BATCHES + 8)
    library = a_library(lane)
    tip = batch_digest(CHAIN, lane[-1].header)
    oldest = [encode(batch) for batch in lane[:LANE_BATCHES]]
    assert library.lane(FetchLane(1, tip, 0)) == oldest
    assert library.lane(FetchLane(1, tip, LANE_BATCHES + 8)) == []


def test_an_answer_has_a_limit_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """[SYNC-3] The oldest batches come first; one comes whatever its size."""
    lane = a_lane(5)
    library = a_library(lane)
    raws = [encode(batch) for batch in lane]
    tip = batch_digest(CHAIN, lane[-1].header)
    for limit, count in ((len(raws[0] + raws[1]), 2), (len(raws[0] + raws[1]) - 1, 1), (1, 1)):
        monkeypatch.setattr(sync, "LANE_BYTES", limit)
        assert library.lane(FetchLane(1, tip, 0)) == raws[:count]


def test_a_chain_is_answered_in_parts() -> None:
    """[SYNC-3]"""
    asked_for: list[int] = []

    class Past(FakeWorld):
        def chain_from(self, height: int, limit: int) -> None:
            asked_for.append(limit)

    journal = Journal(MemoryDisk(), CHAIN)
    assert Library(journal.shelf, Past()).chain(FetchChain(7)) is None
    assert asked_for == [64]


def test_a_lane_with_a_hole_is_answered_from_the_hole_upwards() -> None:
    lane = a_lane(5)
    library = a_library([*lane[:2], *lane[3:]])
    tip = batch_digest(CHAIN, lane[-1].header)
    assert library.lane(FetchLane(1, tip, 0)) == [encode(batch) for batch in lane[3:]]


def test_a_peer_has_a_share_of_each_second() -> None:
    """[SYNC-3]"""
    library = a_library([])
    for _ in range(SERVED_BYTES_A_SECOND // REQUEST_COST):
        assert library.may_serve(1, 5_000)
    assert not library.may_serve(1, 5_999)
    assert library.may_serve(2, 5_999)
    assert library.may_serve(1, 6_000)
    library.count(1, SERVED_BYTES_A_SECOND)
    assert not library.may_serve(1, 6_001)


def test_no_chain_no_answer() -> None:
    assert a_library([]).chain(FetchChain(1)) is None


def test_all_guests_together_are_served_what_one_member_is() -> None:
    """[EPOCH-6], [SYNC-3] Handles cost a stranger nothing."""
    library = a_library([])
    library.count(GUESTS + 1, SERVED_BYTES_A_SECOND)
    assert not library.may_serve(GUESTS + 2, 0)
    assert library.may_serve(1, 0)
    assert library.may_serve(GUESTS + 2, 1_000), "a second later"


CHAIN_OF_9 = {("chain", 9, b""): Need(FetchChain(9), (3,))}


class TestPeersThatHaveLetGo:
    """[SYNC-4]"""

    def test_another_one_is_asked_at_once_and_the_pruned_one_last(self) -> None:
        fetcher = Fetcher(0)
        assert asked(fetcher, 0, CHAIN_OF_9) == [3]
        assert asked(fetcher, 1, CHAIN_OF_9) == []
        fetcher.told(2, 3, oldest=10)
        assert asked(fetcher, 2, CHAIN_OF_9) == [1]
        assert asked(fetcher, 202, CHAIN_OF_9) == [2]
        assert asked(fetcher, 402, CHAIN_OF_9) == [3], "it may have lied, or be wrong"
        later = {("chain", 10, b""): Need(FetchChain(10), (3,))}
        assert asked(fetcher, 500, later) == [3], "and it has that"

    def test_the_next_chain_and_its_batches_are_asked_of_who_keeps_them(self) -> None:
        fetcher = Fetcher(0)
        asked(fetcher, 0, CHAIN_OF_9)
        fetcher.told(1, 3, oldest=100)
        needs = {
            ("chain", 73, b""): Need(FetchChain(73), (3,)),
            ("lane", 3, A): Need(FetchLane(3, A, 0), (3,)),
            **BLOCK,
        }
        fetcher.poll(2, needs, PEERS, ())
        for key in (("chain", 73, b""), ("lane", 3, A)):
            assert fetcher._order(needs[key], PEERS) == [1, 2, 3]
        assert fetcher._order(BLOCK["block", 5, A], PEERS) == [3, 1, 2], "that is not of the past"

    def test_it_says_what_nobody_keeps_until_somebody_may(self) -> None:
        fetcher, said = Fetcher(0), []
        fetcher.on_missing = said.append
        for peer in PEERS:
            asked(fetcher, 0, CHAIN_OF_9)
            assert said == []
            fetcher.told(1, peer, oldest=10)
        asked(fetcher, 1, CHAIN_OF_9)
        assert said == [9]
        assert fetcher.next_ms is not None, "and goes on asking"
        asked(fetcher, 2, CHAIN_OF_9, (*PEERS, GUESTS))
        assert said == [9, None], "somebody new may keep it"
        asked(fetcher, 3, CHAIN_OF_9)
        asked(fetcher, 4, CHAIN_OF_9)
        assert said == [9, None, 9], "told once"
        asked(fetcher, 5, CHAIN_OF_9, (1, 3))
        asked(fetcher, 6, CHAIN_OF_9, PEERS)
        assert said[3:] == [None], "2 is back, and may keep more than it did"
        fetcher.told(7, 2, oldest=10)
        asked(fetcher, 8, CHAIN_OF_9)
        asked(fetcher, 9, CHAIN_OF_9, ())
        assert said[4:] == [9, None], "nobody is connected: that is another trouble"
        asked(fetcher, 10, {})
        assert said[6:] == [], "nothing is needed"

    def test_a_liar_makes_nobody_ask_faster_or_for_ever(self) -> None:
        """Whatever it says and how often, the others have their turn in their time."""

        def times_asked(lies: bool) -> list[int]:
            """When the honest one of two is asked."""
            fetcher, times = Fetcher(0), []
            for now in range(0, 20_000, 10):
                times += [now for peer in asked(fetcher, now, CHAIN_OF_9, (1, 3)) if peer == 1]
                if lies:
                    fetcher.told(now, 3, oldest=10 + now)
            return times

        quiet, pestered = times_asked(lies=False), times_asked(lies=True)
        assert pestered[0] == 10, "at once"
        assert len(quiet) - 1 <= len(pestered) <= len(quiet) + 2

    def test_what_was_let_go_of_is_not_answered_with_what_is_left_of_it(self) -> None:
        """An epoch's last height has its header and certificate for ever, but no batches."""
        library, world = a_library_of_a_past()
        assert library.chain(FetchChain(5)) == ChainSent(*world.chain)  # type: ignore[misc]
        world.oldest = 6
        assert library.chain(FetchChain(5)) == Oldest(6)
        assert library.chain(FetchChain(6)) == ChainSent(*world.chain)  # type: ignore[misc]


def a_library_of_a_past() -> tuple[Library, FakeWorld]:
    world = FakeWorld()
    certificate = builders.a_state_certificate(builders.an_attestation())
    world.chain = ((builders.a_block(),), (certificate,))
    return Library(Journal(world.disk, CHAIN).shelf, world), world
