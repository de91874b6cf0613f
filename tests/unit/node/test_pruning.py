"""What may not go yet, what is another's, and what does not come back."""

from __future__ import annotations

import pytest

from node.archive import Archive, certificate_key, encode_receipts, receipts_key
from node.executor import Executor
from node.index import Location, index_changes
from node.pruning import Pruner
from node.queries import Queries
from node.store import MemoryStore, StoreBroken
from tests.builders import SECOND_MS, a_person
from tests.fakes.ordering import Ledger
from tests.pruned import LEAST, finish, of_few_heights, pruned

ANN, BOB = a_person("ann"), a_person("bob")
BLOCKS = 12


def a_ledger(blocks: int = BLOCKS) -> Ledger:
    ledger = Ledger()
    ledger.fund(ANN)
    for _ in range(blocks - 1):
        ledger.block(ledger.transfer(ANN, (BOB, 20_000)))
    return ledger


def test_nothing_goes_that_a_power_cut_could_bring_into_question() -> None:
    """[DUR-2] The newest heights are those below the durable one, not below the newest."""
    ledger = a_ledger(6)
    ledger.executor.flush()
    for _ in range(6):
        ledger.block()
    with of_few_heights():
        finish(Pruner.open(ledger.executor, 0))
    assert ledger.executor.oldest == 6 - LEAST + 1
    assert pruned(ledger.executor, 0) == 12 - LEAST + 1


def test_nothing_goes_that_is_not_attested() -> None:
    """[SYNC-4] An outcome that nobody attested must still be told."""
    ledger = a_ledger(6)
    ledger.attest = False
    for _ in range(6):
        ledger.block()
    assert pruned(ledger.executor, 0) == 6 - LEAST + 1


@pytest.mark.parametrize("seconds", [0, 4, 7, 100])
def test_age_is_that_of_block_time(seconds: int) -> None:
    """Whatever the clock of the machine says; of equal age is not older."""
    ledger = a_ledger()
    oldest = pruned(ledger.executor, seconds * SECOND_MS)
    assert oldest == max(0, BLOCKS - max(seconds, LEAST - 1))


def test_the_row_of_another_transaction_whose_id_begins_alike_stays() -> None:
    ledger = a_ledger()
    found = Queries(ledger.executor).history(ANN.account, None, 100)
    newest, old = found[0], found[-2]
    [*_, (key, _)] = index_changes(old.decoded.id, [], newest.location)
    [*_, row] = index_changes(old.decoded.id, [], newest.location)
    ledger.store.write([row], sync=True)
    assert pruned(ledger.executor, 0) > old.location.height
    assert ledger.store.get(key) == row[1]


def test_a_certificate_of_a_height_that_is_gone_is_not_kept_again() -> None:
    ledger = a_ledger()
    late = ledger.executor.archive.certificate(2)
    assert late is not None
    pruned(ledger.executor, 0)
    ledger.executor.certify(late)
    assert ledger.store.get(certificate_key(2)) is None


@pytest.mark.parametrize("left", [None, encode_receipts([])])
def test_a_store_with_a_hole_is_said_to_be_broken(left: bytes | None) -> None:
    """Rather than that a node prunes on around it."""
    ledger = a_ledger()
    ledger.store.write([(receipts_key(2), left)], sync=True)
    with pytest.raises(StoreBroken, match="receipts of height 2 are missing"):
        pruned(ledger.executor, 0)
    assert ledger.executor.oldest == 2, "what does not add up goes not"


def test_what_was_asked_for_lately_is_not_shown_once_it_is_gone() -> None:
    """Values in memory outlive the rows, and nobody sees them."""
    ledger = a_ledger()
    executor, queries = ledger.executor, Queries(ledger.executor)
    found = queries.history(ANN.account, None, 100)
    old = found[-1].decoded.id
    assert queries.transaction(old) is not None
    pruned(executor, 0)
    assert executor.archive.receipts(1) is not None, "in memory"
    assert queries.transaction(old) is None
    assert queries.history(ANN.account, None, 100) == found[:LEAST]
    assert queries.touching(ANN.account, 1) == []


def test_an_empty_store_has_nothing_to_let_go_of() -> None:
    ledger = Ledger(MemoryStore())
    pruner = Pruner.open(ledger.executor, 0)
    assert not pruner.is_due()
    assert list(pruner.run()) == []
    assert Archive(ledger.store).oldest == 0
    assert Executor.open(ledger.store, ledger.genesis).height == 0


def test_a_place_in_the_index_is_found_again_from_the_block() -> None:
    """Where one transaction wrote nothing, the next ones' receipts are counted on."""
    ledger = a_ledger(1)
    good = [ledger.transfer(ANN, (BOB, 20_000)) for _ in range(3)]
    ledger.block(good[0], good[0], good[1], good[0], good[2])
    places = [Location(2, index, 0, place) for index, place in ((0, 0), (1, 2), (2, 4))]
    assert [ledger.executor.place_of(each.id) for each in good] == places
    for _ in range(LEAST):
        ledger.block()
    before = dict(ledger.store.scan(b"", b"\xff"))
    assert pruned(ledger.executor, 0) == 3
    gone = before.keys() - dict(ledger.store.scan(b"", b"\xff")).keys()
    assert sum(key[:1] == b"t" for key in gone) == 4, "the mint's, and three"
    assert not [key for key, _ in ledger.store.scan(b"t", b"u")]
    assert not [key for key, _ in ledger.store.scan(b"a", b"b")]
