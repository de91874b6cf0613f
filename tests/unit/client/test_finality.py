"""From send to proof: what counts as final, as dead, as refused, and as unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from client import finality as finality_module
from client import light as light_module
from client import views
from client.builder import Slot, build, transfer, valid_until
from client.errors import OutcomeUnknown, Refusal, RefusedByLedger
from client.finality import Dead, make_final, prove_dead
from client.light import LightClient
from client.trust import Believed
from primitives.encoding import encode
from primitives.receipt import Outcome
from primitives.transaction import MAX_VALIDITY_MS, Decoded
from tests.builders import SECOND_MS, a_person
from tests.fakes.nodes import HonestNode, Liar, SilentNode, with_field
from tests.fakes.ordering import Ledger

ALICE, BOB = a_person("alice"), a_person("bob")


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light_module, "BEHIND_PAUSE_S", 0.001)
    monkeypatch.setattr(finality_module, "ROUND_PAUSE_S", 0.01)


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.fund(ALICE)
    return ledger


def a_client(ledger: Ledger, *nodes: HonestNode) -> LightClient:
    return LightClient(
        Believed(ledger.genesis), nodes, lambda: ledger.executor.head_record.header.time
    )


def a_payment(ledger: Ledger, sequence: int = 0, units: int = 1_000_000, **more: Any) -> Decoded:
    until_ms = more.get("until_ms", ledger.now_ms() + 3_600_000)
    slot = Slot(ledger.executor.chain, 0, sequence, until_ms)
    return build(ALICE.keys[0], slot, transfer([(BOB.account, units)]))


def raw(payment: Decoded) -> bytes:
    return encode(payment.signed)


class Refusing(HonestNode):
    """Refuses everything at the door, with one code."""

    def __init__(self, ledger: Ledger, code: str, url: str = "http://refusing") -> None:
        super().__init__(ledger, url)
        self._code = code

    async def submit(self, raw: bytes, wait_s: float) -> views.TransactionView | None:
        raise Refusal(self.url, self._code, "", 422)

    async def submit_many(self, raws: Sequence[bytes]) -> list[views.SubmissionResult]:
        raise NotImplementedError


async def test_final_is_a_proven_receipt(ledger: Ledger) -> None:
    payment = a_payment(ledger)
    settled = await make_final(a_client(ledger, HonestNode(ledger)), payment, raw(payment), 5)
    assert settled.outcome is Outcome.DONE
    assert (settled.attested, settled.members) == (3, 4)
    assert settled.height == ledger.executor.height


async def test_a_refusal_for_good_is_final_too(ledger: Ledger) -> None:
    """The dry run passed at the door, and the balance was gone when its block came."""
    payment = a_payment(ledger, units=90_000_000)
    ledger.block(payment)
    second = a_payment(ledger, sequence=1, units=90_000_000)
    ledger.block(second)
    settled = await make_final(a_client(ledger, HonestNode(ledger)), second, raw(second), 5)
    assert settled.outcome is Outcome.BALANCE_TOO_LOW


async def test_a_node_that_is_down_or_lies_is_passed_over(ledger: Ledger) -> None:
    payment = a_payment(ledger)
    liar = Liar(ledger, {"transaction": with_field(proof=None)})
    client = a_client(ledger, SilentNode(ledger), liar, HonestNode(ledger))
    settled = await make_final(client, payment, raw(payment), 5)
    assert settled.outcome is Outcome.DONE
    assert [(b.node, b.code) for b in client.blames] == [
        ("http://silent", "unreachable"),
        ("http://liar", "proof_missing"),
    ]


async def test_sending_again_what_is_final_finds_its_receipt(ledger: Ledger) -> None:
    payment = a_payment(ledger)
    ledger.block(payment)
    height = ledger.executor.height
    settled = await make_final(a_client(ledger, HonestNode(ledger)), payment, raw(payment), 5)
    assert settled.outcome is Outcome.DONE
    assert ledger.executor.height == height


async def test_a_refusal_by_all_is_their_word_and_says_so(ledger: Ledger) -> None:
    payment = a_payment(ledger)
    client = a_client(ledger, Refusing(ledger, "lane_closed"), SilentNode(ledger))
    with pytest.raises(RefusedByLedger, match="lane_closed") as caught:
        await make_final(client, payment, raw(payment), 5)
    assert caught.value.status == 5
    assert "not a proof" in caught.value.hint


async def test_one_honest_node_is_enough_against_a_refusing_one(ledger: Ledger) -> None:
    payment = a_payment(ledger)
    client = a_client(ledger, Refusing(ledger, "expired"), HonestNode(ledger))
    assert (await make_final(client, payment, raw(payment), 5)).outcome is Outcome.DONE


async def test_a_node_that_is_behind_is_asked_again_until_time_is_up(ledger: Ledger) -> None:
    payment = a_payment(ledger)
    client = a_client(ledger, Refusing(ledger, "sequence_early"))
    with pytest.raises(OutcomeUnknown) as caught:
        await make_final(client, payment, raw(payment), 0.2)
    assert caught.value.status == 7
    assert payment.id.hex() in caught.value.message


async def test_without_a_certificate_nothing_is_final(ledger: Ledger) -> None:
    ledger.attest = False
    payment = a_payment(ledger)
    with pytest.raises(OutcomeUnknown):
        await make_final(a_client(ledger, HonestNode(ledger)), payment, raw(payment), 0.2)


class TestDead:
    async def test_a_slot_that_another_transaction_used_is_proof(self, ledger: Ledger) -> None:
        payment, rival = a_payment(ledger), a_payment(ledger, units=2_000_000)
        ledger.block(rival)
        with pytest.raises(Dead) as caught:
            await make_final(a_client(ledger, HonestNode(ledger)), payment, raw(payment), 5)
        assert caught.value.code == "sequence_used"
        assert rival.id.hex() in caught.value.detail

    async def test_a_slot_used_long_ago_is_proven_by_the_history(self, ledger: Ledger) -> None:
        payment = a_payment(ledger)
        for sequence in range(3):
            ledger.block(a_payment(ledger, sequence=sequence, units=2_000_000))
        with pytest.raises(Dead) as caught:
            await prove_dead(a_client(ledger, HonestNode(ledger)), payment)
        assert caught.value.code == "sequence_used"

    async def test_a_history_that_leaves_it_out_proves_nothing(self, ledger: Ledger) -> None:
        payment = a_payment(ledger)
        for sequence in range(3):
            ledger.block(a_payment(ledger, sequence=sequence, units=2_000_000))
        liar = Liar(ledger, {"history": lambda page: replace(page, items=page.items[:2])})
        await prove_dead(a_client(ledger, liar), payment)

    async def test_an_unused_slot_after_its_time_is_proof(self, ledger: Ledger) -> None:
        payment = a_payment(ledger, until_ms=ledger.now_ms() + SECOND_MS)
        client = a_client(ledger, HonestNode(ledger))
        await prove_dead(client, payment)
        for _ in range(3):
            ledger.block()
        with pytest.raises(Dead) as caught:
            await prove_dead(client, payment)
        assert caught.value.code == "expired"

    async def test_what_was_executed_is_not_dead(self, ledger: Ledger) -> None:
        payment = a_payment(ledger)
        ledger.block(payment)
        for _ in range(4_000 // 1000):
            ledger.block()
        await prove_dead(a_client(ledger, HonestNode(ledger)), payment)


def test_a_slow_clock_does_not_make_a_transaction_dead_at_birth() -> None:
    assert valid_until(1_000, 9_000_000, 60_000) == 9_060_000
    assert valid_until(9_000_000, 1_000, 60_000) == 9_060_000


@pytest.mark.parametrize("validity_ms", [0, -1, MAX_VALIDITY_MS + 1])
def test_a_validity_beyond_the_ledgers_is_our_mistake(validity_ms: int) -> None:
    with pytest.raises(ValueError, match="a validity of"):
        valid_until(0, 0, validity_ms)
