"""What the journal may forget, and what a crash could still take from the store ([DUR-2])."""

from __future__ import annotations

from node.horizon import Horizon
from node.journal import Orphans
from tests import builders


class Store:
    durable_height = 0


def test_only_a_synced_state_commit_moves_the_floor() -> None:
    store = Store()
    horizon = Horizon(store)
    assert horizon.begin(builders.a_block(0), []).height == 0
    for height in (1, 2, 3):
        horizon.executed(builders.a_block(height, view=height + 10))
    assert horizon.has_moved(), "the genesis is durable"
    assert horizon.floor()[1].height == 0
    assert not horizon.has_moved(), "told once"
    store.durable_height = 2
    assert horizon.has_moved()
    header, floor = horizon.floor()
    assert (header.height, floor.height, floor.view) == (2, 2, 12)


def test_a_certificate_counts_once_a_commit_was_synced_after_it() -> None:
    store = Store()
    horizon = Horizon(store)
    horizon.begin(builders.a_block(0), [])
    horizon.executed(builders.a_block(1))
    horizon.executed(builders.a_block(2))
    store.durable_height = 2
    horizon.certified(1)
    assert horizon.floor()[1].certified == 0, "handed over after the sync: a crash may take it"
    horizon.executed(builders.a_block(3))
    store.durable_height = 3
    assert horizon.floor()[1].certified == 1, "2 has none yet"
    horizon.certified(2)
    horizon.certified(3)
    horizon.executed(builders.a_block(4))
    store.durable_height = 4
    assert horizon.floor()[1].certified == 3


def test_what_was_uncertified_at_start_holds_the_floor() -> None:
    store = Store()
    store.durable_height = 9
    horizon = Horizon(store)
    assert horizon.begin(builders.a_block(9), [4, 9]).certified == 3
    assert Horizon(store).begin(builders.a_block(9), []).certified == 9


def test_orphans_are_told_once_the_floor_stands_in_the_epoch_after_theirs() -> None:
    """[EPOCH-5] Until then the journal keeps all of their epoch; one epoch later they are gone."""
    store = Store()
    horizon = Horizon(store)
    horizon.begin(builders.a_block(8, epoch=4), [])
    horizon.orphans = orphans = Orphans(4, 0, 7)
    assert horizon.floor()[1].orphans is None
    horizon.executed(builders.a_block(9, view=1, epoch=5))
    assert horizon.floor()[1].orphans is None, "not durable"
    store.durable_height = 9
    header, floor = horizon.floor()
    assert (header.height, floor.epoch, floor.view, floor.orphans) == (9, 5, 1, orphans)
    horizon.executed(builders.a_block(10, view=1, epoch=6))
    store.durable_height = 10
    assert horizon.floor()[1].orphans is None


def test_a_store_that_begins_after_a_handover_tells_of_orphans_at_once() -> None:
    """[EPOCH-5] A node that was restarted there."""
    horizon = Horizon(Store())
    horizon.orphans = Orphans(4, 0, 7)
    handed = builders.a_block(8, view=0, epoch=5)
    assert horizon.begin(handed, []).orphans == Orphans(4, 0, 7)
