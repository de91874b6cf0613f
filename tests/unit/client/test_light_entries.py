"""Typed entries and several at once: proven, of one height, and of no lie ([PROOF-2])."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from client.errors import NotProven
from client.fields import MAX_ENTRIES, to_base64
from client.light import LightClient
from client.trust import Believed
from client.views import EntriesView, EntryItem
from primitives.amount import MICRO
from primitives.encoding import Malformed, encode
from primitives.entries import (
    SETTLEMENT_KEY,
    SUPPLY_KEY,
    Account,
    Obligation,
    ObligationStatus,
    Redemption,
    Settlement,
    Supply,
    account_key,
    obligation_key,
    redemption_key,
)
from tests.builders import JUDGE, a_person, an_id
from tests.fakes import story
from tests.fakes.nodes import HonestNode, Liar, SilentNode
from tests.fakes.ordering import Ledger

KEYS = [SUPPLY_KEY, obligation_key(1, 0), account_key(a_person("nobody").account)]


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    story.spend(ledger)
    story.settle(ledger)
    return ledger


def a_client(ledger: Ledger, *nodes: HonestNode) -> LightClient:
    now_ms = ledger.executor.head_record.header.time + 1_000
    return LightClient(Believed(ledger.genesis), nodes or [HonestNode(ledger)], lambda: now_ms)


async def test_an_entry_is_decoded_or_proven_to_be_absent(ledger: Ledger) -> None:
    client = a_client(ledger)
    found = await client.entry(redemption_key("east", an_id("a coat")), Redemption)
    assert found.entry is not None
    assert (found.entry.amount, found.entry.payer) == (30 * MICRO, story.ANN.account)
    assert found.height == ledger.executor.height
    assert found.time_ms == ledger.executor.head_record.header.time
    assert found.freshness.is_fresh
    missing = await client.entry(redemption_key("east", bytes(32)), Redemption)
    assert (missing.entry, missing.height) == (None, found.height)


async def test_an_entry_of_another_kind_is_not_taken_for_it(ledger: Ledger) -> None:
    with pytest.raises(Malformed):
        await a_client(ledger).entry(SETTLEMENT_KEY, Account)


async def test_several_entries_are_of_one_height(ledger: Ledger) -> None:
    node = HonestNode(ledger)
    snapshot = await a_client(ledger, node).entries([*KEYS, SETTLEMENT_KEY, SUPPLY_KEY])
    supply = snapshot.entry(SUPPLY_KEY, Supply)
    obligation = snapshot.entry(obligation_key(1, 0), Obligation)
    settlement = snapshot.entry(SETTLEMENT_KEY, Settlement)
    assert supply is not None
    assert obligation is not None
    assert settlement is not None
    assert supply.supply == 75 * MICRO
    assert (obligation.status, obligation.amount) == (ObligationStatus.OPEN, story.OWED)
    assert settlement.custodian == JUDGE
    assert snapshot.entry(KEYS[2], Account) is None
    assert snapshot.height == ledger.executor.height
    assert snapshot.time_ms == ledger.executor.head_record.header.time
    assert node.asked.count("entries") == 1
    with pytest.raises(KeyError):
        snapshot.entry(account_key(bytes(32)), Account)


@pytest.mark.parametrize("count", [0, MAX_ENTRIES + 1])
async def test_none_and_too_many_are_not_asked_for(ledger: Ledger, count: int) -> None:
    with pytest.raises(ValueError, match="1 to 32"):
        await a_client(ledger).entries([bytes([1, place]) for place in range(count)])


def with_item(place: int, change: Callable[[EntryItem], EntryItem]) -> Callable[..., EntriesView]:
    """A lie in one item."""

    def lie(view: EntriesView) -> EntriesView:
        items = list(view.items)
        items[place] = change(items[place])
        return replace(view, items=items)

    return lie


LIES: dict[str, tuple[Callable[[EntriesView], EntriesView], str]] = {
    "a value that the proof does not say": (
        with_item(0, lambda item: replace(item, value=to_base64(encode(Supply(1, 0, 0))))),
        "contradicts_proof",
    ),
    "an absence that is not there": (
        with_item(1, lambda item: replace(item, value=None)),
        "contradicts_proof",
    ),
    "one without a proof": (with_item(2, lambda item: replace(item, proof=None)), "proof_missing"),
    "one left out": (lambda view: replace(view, items=view.items[:-1]), "answer_cut_off"),
    "one too many": (lambda view: replace(view, items=view.items * 2), "answer_cut_off"),
    "the order changed": (
        lambda view: replace(view, items=view.items[::-1]),
        "proof_of_another_key",
    ),
    "one key's proof for another": (
        lambda view: replace(view, items=[view.items[0]] * len(view.items)),
        "proof_of_another_key",
    ),
}


@pytest.mark.parametrize("name", LIES)
async def test_a_lie_in_one_of_them_is_caught_and_named(name: str, ledger: Ledger) -> None:
    lie, code = LIES[name]
    client = a_client(ledger, Liar(ledger, {"entries": lie}), HonestNode(ledger))
    snapshot = await client.entries(KEYS)
    assert snapshot.node == "http://honest"
    assert [(b.node, b.code, b.lie) for b in client.blames] == [("http://liar", code, True)]


async def test_entries_of_different_heights_are_no_snapshot(ledger: Ledger) -> None:
    """Each is proven, and together they never were."""
    old = await HonestNode(ledger).entries(KEYS)
    ledger.block(ledger.transfer(story.ANN, (a_person("bob"), MICRO)))
    mixed = with_item(1, lambda _: old.items[1])
    with pytest.raises(NotProven, match="proof_of_another_height"):
        await a_client(ledger, Liar(ledger, {"entries": mixed})).entries(KEYS)


async def test_who_does_not_answer_is_passed_over(ledger: Ledger) -> None:
    client = a_client(ledger, SilentNode(ledger), HonestNode(ledger))
    assert (await client.entries(KEYS)).node == "http://honest"
