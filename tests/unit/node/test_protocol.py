"""A height whose rules this release does not know is carried out by a newer one ([LEDGER-74])."""

from __future__ import annotations

from pathlib import Path

import pytest

from node import executor
from node.executor import Executor
from node.queries import Queries
from node.store import LevelStore, MemoryStore
from node.world import CannotExecute
from primitives.governance import PROTOCOL_KEY, Planned, Protocol, SetProtocol
from primitives.vote import PROTOCOL_VERSION
from tests.builders import a_genesis, a_person
from tests.fakes import council
from tests.fakes.ordering import Ledger

ANN, BOB = a_person("ann"), a_person("bob")
NEXT = PROTOCOL_VERSION + 1
HEIGHT = 7
"""The vote is carried out at height 4; the version is planned for this one."""


def planned(ledger: Ledger | None = None) -> Ledger:
    """A chain one height below that from which on other rules are in force."""
    ledger = ledger or Ledger()
    ledger.fund(ANN)
    made = council.proposing(ledger, SetProtocol(NEXT, HEIGHT))
    ledger.block(made)
    ledger.block(*council.votes(ledger, made.id))
    ledger.pass_time(council.TIMELOCK_MS)
    while ledger.executor.height < HEIGHT - 1:
        ledger.block()
    return ledger


def a_newer_release(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(executor, "PROTOCOL_VERSION", NEXT)


def test_heights_below_the_planned_one_are_carried_out_as_before() -> None:
    ledger = planned()
    assert ledger.executor.height == HEIGHT - 1
    found = Queries(ledger.executor).entry(PROTOCOL_KEY, Protocol)
    assert found == Protocol(PROTOCOL_VERSION, Planned(NEXT, HEIGHT))
    assert ledger.executor.head_record.protocol == PROTOCOL_VERSION


def test_a_release_that_does_not_know_the_rules_stops_before_it_touches_anything() -> None:
    ledger = planned()
    store = ledger.store
    assert isinstance(store, MemoryStore)
    before = list(store.scan(b"", b"\xff"))
    for _ in range(2):  # and stays stopped
        with pytest.raises(CannotExecute) as raised:
            ledger.block()
        assert raised.value.code == "protocol_unknown"
        assert f"height {HEIGHT} " in raised.value.reason
        assert f"version {NEXT}," in raised.value.reason
        assert f"knows {PROTOCOL_VERSION}" in raised.value.reason
        assert "install a newer release" in raised.value.reason
    assert list(store.scan(b"", b"\xff")) == before
    assert ledger.executor.height == HEIGHT - 1


def test_a_newer_release_goes_on_from_there_and_says_by_which_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genesis = a_genesis()
    store = LevelStore.open(tmp_path)
    ledger = planned(Ledger(store, genesis))
    with pytest.raises(CannotExecute):
        ledger.block()
    root = ledger.executor.head_record.state_root
    ledger.executor.flush()
    store.close()
    a_newer_release(monkeypatch)
    again = LevelStore.open(tmp_path)
    ledger.executor = Executor.open(again, genesis)
    assert ledger.executor.head_record.state_root == root
    executed = ledger.block(ledger.transfer(ANN, (BOB, 1_000_000)))
    assert (executed.height, executed.protocol) == (HEIGHT, NEXT)
    assert ledger.executor.head_record.protocol == NEXT
    again.close()


def test_a_height_is_attested_again_under_the_rules_that_carried_it_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a restart, and whatever was planned since."""
    ledger = planned()
    ledger.attest = False
    a_newer_release(monkeypatch)
    ledger.executor = Executor.open(ledger.store, ledger.genesis)
    ledger.block()
    ledger.block()
    told = [(each.height, each.protocol) for each in ledger.executor.uncertified()]
    assert told == [(HEIGHT, NEXT), (HEIGHT + 1, NEXT)]
    again = Executor.open(ledger.store, ledger.genesis)
    assert again.uncertified() == ledger.executor.uncertified()
