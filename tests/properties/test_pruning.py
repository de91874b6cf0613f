"""Whatever a chain holds and whenever a crash comes: above the oldest height all is there, below it
all is gone, and what leads from epoch to epoch is untouched."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from node.archive import DEAD_KEY, OLDEST_KEY, Archive, height_bytes
from node.executor import Executor
from node.pruning import Pruner
from node.queries import Queries
from node.store import MemoryStore
from primitives.actions import ValidatorAnnounceKey
from primitives.genesis import Genesis
from primitives.keys import ED25519
from primitives.proof import follow_epoch, trust_genesis
from primitives.transaction import Decoded
from tests.builders import SECOND_MS
from tests.fakes import council
from tests.fakes.chains import Chain, a_changing_chain
from tests.pruned import LEAST, finish, of_few_heights
from tests.unit.node.test_market_at_random import EVERYBODY, Stall, steps

Entries = dict[bytes, bytes]


def entries_of(store: MemoryStore) -> Entries:
    return dict(store.scan(b"", b"\xff"))


def copy_of(entries: Entries) -> MemoryStore:
    store = MemoryStore()
    store.write(list(entries.items()), sync=True)
    return store


def what_is_left(entries: Entries, oldest: int) -> Entries:
    """What an archive's entries come to without the heights below ``oldest``. Written from the
    layout that ``node.archive`` and ``node.index`` describe, by looking at every row."""
    archive = Archive(copy_of(entries))
    ends, batches = set(), set()
    for height in range(oldest):
        record = archive.block(height)
        assert record is not None
        batches |= {each.digest for each in record.batches}
        if record.last == height:
            ends.add(height)

    def stays(key: bytes, value: bytes) -> bool:
        match key[:1]:
            case b"h" | b"c":
                height = int.from_bytes(key[1:], "big")
                return height >= oldest or height in ends
            case b"r":
                return int.from_bytes(key[1:], "big") >= oldest
            case b"b":
                return key[1:] not in batches
            case b"l":
                return value not in batches
            case b"t":
                return int.from_bytes(value[:8], "big") >= oldest
            case b"a" | b"d":
                return 2**64 - 1 - int.from_bytes(key[-12:-4], "big") >= oldest
            case b"m":
                return key not in (OLDEST_KEY, DEAD_KEY)
            case _:
                return True

    left = {key: value for key, value in entries.items() if stays(key, value)}
    return left | {OLDEST_KEY: height_bytes(oldest)} if oldest else left


def compared(store: MemoryStore) -> Entries:
    """How many bytes were deleted is an estimate, and nobody's promise."""
    return {key: value for key, value in entries_of(store).items() if key != DEAD_KEY}


def assert_pruned(store: MemoryStore, genesis: Genesis, whole: Entries) -> Executor:
    """Opened again it is the same ledger, less what is below its oldest height."""
    executor = Executor.open(store, genesis)
    assert compared(store) == what_is_left(whole, executor.oldest)
    return executor


@settings(max_examples=60)
@given(
    steps=steps,
    keep=st.floats(0, 1),
    stop=st.integers(0, 60),
    survive=st.none() | st.floats(0, 1),
)
def test_what_a_market_did_goes_height_by_height_whatever_crashes(
    steps: list[tuple[Callable[[Stall, int], Decoded | None], int]],
    keep: float,
    stop: int,
    survive: float | None,
) -> None:
    """[SYNC-4] [DUR-2]"""
    stall = Stall()
    for act, at in steps:
        made = act(stall, at)
        if made is not None:
            stall.ledger.block(made)
    genesis, archive = stall.ledger.genesis, stall.ledger.executor
    archive.flush()
    whole = entries_of(stall.ledger.store)  # type: ignore[arg-type]
    span = archive.head_record.header.time - genesis.time
    with of_few_heights():
        store = copy_of(whole)
        executor = Executor.open(store, genesis)
        pruner = Pruner.open(executor, int(span * keep))
        running = pruner.run()
        for _ in range(stop):
            next(running, None)
        running.close()
        if survive is not None:
            store.crash(round(survive * store.unsynced))
        executor = assert_pruned(store, genesis, whole)
        finish(Pruner.open(executor, int(span * keep)))
        assert not Pruner.open(executor, int(span * keep)).is_due()
        executor = assert_pruned(store, genesis, whole)
    oldest, top = executor.oldest, executor.height
    assert oldest <= max(0, top - LEAST + 1)
    wanted = [
        height
        for height in range(max(0, top - LEAST + 1))
        if archive.archive.block(height).header.time  # type: ignore[union-attr]
        < archive.head_record.header.time - int(span * keep)
    ]
    assert oldest == len(wanted), "as much as may go is gone"
    everything, left = Queries(archive), Queries(executor)
    for person in EVERYBODY:
        before = everything.history(person.account, None, 1_000)
        kept = [each.location for each in before if each.location.height >= oldest]
        assert [each.location for each in left.history(person.account, None, 1_000)] == kept
        fell = everything.fell_due(person.account, None, 1_000)
        after = left.fell_due(person.account, None, 1_000)
        assert [(e.height, e.place) for e in after] == [
            (e.height, e.place) for e in fell if e.height >= oldest
        ]


@settings(max_examples=4)
@given(blocks=st.integers(60, 140), stop=st.integers(0, 40))
def test_every_epoch_verifies_from_genesis_on_a_pruned_node(blocks: int, stop: int) -> None:
    """[EPOCH-4] [SYNC-4]"""
    chain = a_changing_chain()
    chain.block([_lost(chain, "north", "north's second")])
    for place in range(blocks):
        if place == blocks // 2:
            chain.block([_lost(chain, "north", "north's third")])
        else:
            chain.block([])
    chain.executor.flush()
    whole = entries_of(chain.executor.store)  # type: ignore[arg-type]
    store = copy_of(whole)
    with of_few_heights(2):
        executor = Executor.open(store, chain.genesis)
        running = Pruner.open(executor, SECOND_MS).run()
        for _ in range(stop):
            next(running, None)
        executor = assert_pruned(store, chain.genesis, whole)
        finish(Pruner.open(executor, SECOND_MS))
    executor = assert_pruned(store, chain.genesis, whole)
    assert executor.oldest == executor.height - LEAST + 1
    assert len(chain.steps) >= 2
    trusted = trust_genesis(chain.genesis)
    for number, step in enumerate(chain.steps):
        assert executor.step_after(number) == step
        assert step.certificate.attestation.height < executor.oldest
        trusted = follow_epoch(trusted, ED25519, step)
    assert executor.head() == chain.executor.head()
    chain.block([])
    header, batches = chain.blocks[-1].header, ()
    for _ in executor.execute(header, chain.executor.head_record.digest, batches):
        pass
    assert executor.state.root == chain.executor.state.root


def test_heights_that_a_power_cut_brought_back_go_again() -> None:
    """LevelDB may keep a later unsynced write and lose an earlier one."""
    stall = Stall()
    ann, ben = EVERYBODY[:2]
    for _ in range(40):
        stall.ledger.block(stall.ledger.transfer(ann, (ben, 1)))
    stall.ledger.executor.flush()
    genesis, whole = stall.ledger.genesis, entries_of(stall.ledger.store)  # type: ignore[arg-type]
    store = copy_of(whole)
    with of_few_heights():
        finish(Pruner.open(Executor.open(store, genesis), SECOND_MS))
        oldest = Executor.open(store, genesis).oldest
        assert oldest > 6
        gone = what_is_left(whole, 3).keys() - what_is_left(whole, 6).keys()
        store.write([(key, whole[key]) for key in gone], sync=True)
        executor = Executor.open(store, genesis)
        back = stall.ledger.executor.archive.block(4).batches  # type: ignore[union-attr]
        assert executor.archive.batch_bytes(back[0].digest) is not None
        assert Queries(executor).history(ann.account, (oldest, 0), 10) == []
        pruner = Pruner.open(executor, None)
        assert pruner.is_due(), "even where everything else stays"
        finish(pruner)
        assert_pruned(store, genesis, whole)
        assert not Pruner.open(executor, None).is_due()


def _lost(chain: Chain, code: str, key: str) -> Decoded:
    chain.seat(key)
    announced = ValidatorAnnounceKey(code, council.a_seat(chain, code, key), True)
    return chain.act(council.admin(code), announced)
