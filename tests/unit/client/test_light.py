"""The light client believes no node: every lie is caught for its own reason, and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from client import light as light_module
from client.answers import FRESH_MS
from client.errors import NotProven, Unavailable
from client.fields import from_base64, to_base64
from client.light import LightClient
from client.memory import Memory
from client.trust import Believed
from client.views import AccountView, StatusView
from primitives.address import address
from primitives.certificate import MemberSignature, StateCertificate
from primitives.encoding import decode, encode
from primitives.entries import Account, account_key
from primitives.genesis import chain_id
from primitives.proof import EntryProof, ReceiptProof
from primitives.receipt import Outcome
from primitives.vote import attest_message
from shell.errors import CommandError
from tests.builders import a_genesis, a_key, a_person
from tests.fakes.nodes import HonestNode, Liar, SilentNode, with_field
from tests.fakes.ordering import Ledger

ALICE, BOB = a_person("alice"), a_person("bob")
FUNDED = 100_000_000


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light_module, "BEHIND_PAUSE_S", 0.001)


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.fund(ALICE)
    return ledger


def a_client(ledger: Ledger, *nodes: HonestNode, believed: Believed | None = None) -> LightClient:
    """At the ledger's own time, so that what it proves is fresh."""
    return LightClient(
        believed or Believed(ledger.genesis),
        nodes,
        lambda: ledger.executor.head_record.header.time + 1_000,
    )


def proof_in(view: AccountView) -> EntryProof:
    assert view.proof is not None
    return decode(EntryProof, from_base64(view.proof))


def reproven(change: Callable[[EntryProof], EntryProof]) -> Callable[[AccountView], AccountView]:
    """A lie in the proof itself."""
    return lambda view: replace(view, proof=to_base64(encode(change(proof_in(view)))))


def recertified(
    change: Callable[[StateCertificate], StateCertificate],
) -> Callable[[AccountView], AccountView]:
    return reproven(lambda proof: replace(proof, certificate=change(proof.certificate)))


def resigned(certificate: StateCertificate, **fields: Any) -> StateCertificate:
    """An attestation of other contents, signed by a quorum of strangers."""
    attestation = replace(certificate.attestation, **fields)
    strangers = [a_key(f"stranger {i}") for i in range(3)]
    message = attest_message(attestation)
    signatures = tuple(MemberSignature(i, key.sign(message)) for i, key in enumerate(strangers))
    return StateCertificate(attestation, signatures)


def a_forged_balance(view: AccountView) -> AccountView:
    """The balance in the document and in the proof, a million times what it is."""
    proof = proof_in(view)
    assert proof.value is not None
    record = decode(Account, proof.value)
    forged = encode(replace(record, balance=record.balance * 1_000_000))
    text = to_base64(encode(replace(proof, value=forged)))
    return replace(view, balance=str(record.balance), proof=text)


def of_another_chain(view: AccountView) -> AccountView:
    """The honest answer of another network, whose quorum really signed it."""
    other = Ledger(genesis=replace(a_genesis(), time=a_genesis().time + 1))
    other.block()
    proof = HonestNode(other).queries.prove_entry(account_key(ALICE.account))
    return replace(view, proof=to_base64(encode(proof)))


LIES: dict[str, tuple[Callable[[AccountView], AccountView], str]] = {
    "a balance beside the proof that the proof does not say": (
        with_field(balance="1000000"),
        "contradicts_proof",
    ),
    "a balance forged inside the proof": (a_forged_balance, "proof_invalid"),
    "an absence that is not there": (
        reproven(lambda proof: replace(proof, value=None)),
        "proof_invalid",
    ),
    "no proof": (with_field(proof=None), "proof_missing"),
    "a cut-off proof": (
        lambda view: replace(view, proof=(view.proof or "")[: len(view.proof or "") // 8 * 4]),
        "proof_malformed",
    ),
    "a proof that is no base64": (with_field(proof="@@@@"), "proof_malformed"),
    "an endless proof": (with_field(proof="A" * 1_000_000), "proof_malformed"),
    "a proof for another key": (
        reproven(lambda proof: replace(proof, key=account_key(BOB.account))),
        "proof_of_another_key",
    ),
    "another chain": (of_another_chain, "certificate_chain"),
    "too few signatures": (
        recertified(lambda c: replace(c, signatures=c.signatures[:2])),
        "certificate_quorum",
    ),
    "one signature three times": (
        recertified(lambda c: replace(c, signatures=(c.signatures[0],) * 3)),
        "certificate_form",
    ),
    "an author who is no member": (
        recertified(
            lambda c: replace(
                c, signatures=(*c.signatures[:2], MemberSignature(9, c.signatures[2].signature))
            )
        ),
        "certificate_form",
    ),
    "a swapped signature": (
        recertified(
            lambda c: replace(
                c,
                signatures=(
                    *c.signatures[:2],
                    MemberSignature(2, c.signatures[1].signature),
                ),
            )
        ),
        "certificate_signature",
    ),
    "a certificate of strangers": (recertified(resigned), "certificate_signature"),
    "a changed height under old signatures": (
        recertified(
            lambda c: replace(c, attestation=replace(c.attestation, height=10_000)),
        ),
        "certificate_signature",
    ),
    "members that nobody trusts": (
        recertified(lambda c: resigned(c, validators=bytes(32))),
        "certificate_epoch",
    ),
    "an epoch that nothing leads to": (
        recertified(lambda c: resigned(c, epoch=7)),
        "certificate_epoch",
    ),
}


@pytest.mark.parametrize("name", LIES)
async def test_a_lie_is_caught_named_and_another_node_is_asked(name: str, ledger: Ledger) -> None:
    """[PROOF-1, PROOF-2, PROOF-3] Each lie is refused for its own reason."""
    lie, code = LIES[name]
    client = a_client(ledger, Liar(ledger, {"account": lie}), HonestNode(ledger))
    proven = await client.account(ALICE.account)
    assert proven.record.balance == FUNDED
    assert proven.node == "http://honest"
    assert [(b.node, b.code, b.lie) for b in client.blames] == [("http://liar", code, True)]


@pytest.mark.parametrize("name", LIES)
async def test_if_everyone_lies_nothing_is_believed(name: str, ledger: Ledger) -> None:
    lie, code = LIES[name]
    client = a_client(ledger, Liar(ledger, {"account": lie}))
    with pytest.raises(NotProven, match=code) as caught:
        await client.account(ALICE.account)
    assert caught.value.status == 9
    # The one that proved the truth beside its lie taught its height; the others nothing.
    assert client.believed.height == (1 if code == "contradicts_proof" else 0)


async def test_an_unknown_account_is_proven_to_be_absent(ledger: Ledger) -> None:
    proven = await a_client(ledger, HonestNode(ledger)).account(BOB.account)
    assert not proven.exists
    assert proven.record.balance == 0


async def test_silent_nodes_are_unavailable_not_liars(ledger: Ledger) -> None:
    client = a_client(ledger, SilentNode(ledger))
    with pytest.raises(Unavailable) as caught:
        await client.account(ALICE.account)
    assert caught.value.status == 6
    honest = a_client(ledger, SilentNode(ledger), HonestNode(ledger))
    assert (await honest.account(ALICE.account)).record.balance == FUNDED


class TestFreshness:
    """[PROOF-4] An answer is of now, or says as of when it is; nobody takes the client back."""

    async def test_a_certificate_of_the_last_minute_is_fresh(self, ledger: Ledger) -> None:
        proven = await a_client(ledger, HonestNode(ledger)).account(ALICE.account)
        assert proven.freshness.is_fresh

    @pytest.mark.parametrize(("age_ms", "fresh"), [(FRESH_MS, True), (FRESH_MS + 1, False)])
    async def test_an_old_certificate_says_as_of_when(
        self, ledger: Ledger, age_ms: int, fresh: bool
    ) -> None:
        time_ms = ledger.executor.head_record.header.time
        believed = Believed(ledger.genesis)
        client = LightClient(believed, [HonestNode(ledger)], lambda: time_ms + age_ms)
        proven = await client.account(ALICE.account)
        assert proven.freshness.is_fresh is fresh
        assert proven.freshness.as_of_ms == time_ms

    async def test_a_clock_that_is_behind_does_not_make_an_answer_fresh(
        self, ledger: Ledger
    ) -> None:
        time_ms = ledger.executor.head_record.header.time
        client = LightClient(
            Believed(ledger.genesis), [HonestNode(ledger)], lambda: time_ms - FRESH_MS - 1
        )
        assert not (await client.account(ALICE.account)).freshness.is_fresh

    async def test_a_beat_from_another_node_makes_an_old_answer_fresh(self, ledger: Ledger) -> None:
        later = ledger.executor.head_record.header.time + 600_000
        ledger.now_ms = lambda: later
        first, second = HonestNode(ledger), HonestNode(ledger, "http://second")
        second.beat = to_base64(encode(ledger.beat()))
        client = LightClient(Believed(ledger.genesis), [first, second], lambda: later)
        proven = await client.account(ALICE.account)
        assert proven.freshness.is_fresh
        assert later - proven.freshness.as_of_ms < 10_000

    async def test_a_forged_beat_makes_nothing_fresh_and_is_named(self, ledger: Ledger) -> None:
        later = ledger.executor.head_record.header.time + 600_000
        beat = ledger.beat()
        forged = replace(beat, beat=replace(beat.beat, tick=later // 10_000))
        node = HonestNode(ledger, "http://second")
        node.beat = to_base64(encode(forged))
        client = LightClient(Believed(ledger.genesis), [HonestNode(ledger), node], lambda: later)
        proven = await client.account(ALICE.account)
        assert not proven.freshness.is_fresh
        assert [b.code for b in client.blames] == ["certificate_signature"]

    async def test_an_old_answer_is_a_lie_when_another_node_proves_a_later_height(
        self, ledger: Ledger
    ) -> None:
        old = await HonestNode(ledger).account(_name(ledger), 0)
        ledger.now_ms = lambda: ledger.executor.head_record.header.time + 600_000
        ledger.block(ledger.transfer(ALICE, (BOB, 60_000_000)))
        client = a_client(ledger, Liar(ledger, {"account": lambda _: old}), HonestNode(ledger))
        proven = await client.account(ALICE.account)
        assert proven.record.balance == 40_000_000
        assert [(b.node, b.code) for b in client.blames] == [("http://liar", "stale")]

    async def test_nobody_goes_back_behind_the_newest_verified_height(self, ledger: Ledger) -> None:
        old = await HonestNode(ledger).account(_name(ledger), 0)
        ledger.block(ledger.transfer(ALICE, (BOB, 60_000_000)))
        client = a_client(ledger, HonestNode(ledger))
        await client.account(ALICE.account)
        height = client.believed.height
        replayed = a_client(
            ledger, Liar(ledger, {"account": lambda _: old}), believed=client.believed
        )
        with pytest.raises(NotProven, match="stale"):
            await replayed.account(ALICE.account)
        assert client.believed.height == height

    async def test_a_lie_about_heights_leaves_a_proven_answer_alone(self, ledger: Ledger) -> None:
        def boast(status: StatusView) -> StatusView:
            certificate = decode(StateCertificate, from_base64(status.certificate or ""))
            return replace(
                status, certificate=to_base64(encode(resigned(certificate, height=9_999)))
            )

        liar = Liar(ledger, {"status": boast})
        client = a_client(ledger, HonestNode(ledger), liar)
        assert (await client.account(ALICE.account)).record.balance == FUNDED
        assert client.believed.height < 9_999
        assert [(b.node, b.code) for b in client.blames] == [
            ("http://liar", "certificate_signature")
        ]


class TestReceipts:
    """[PROOF-2] A receipt counts under the certificate of its own height."""

    async def test_a_receipt_is_proven(self, ledger: Ledger) -> None:
        payment = ledger.transfer(ALICE, (BOB, 5_000_000))
        ledger.block(payment)
        proven = await a_client(ledger, HonestNode(ledger)).receipt(payment.id)
        assert proven is not None
        assert proven.receipt.outcome == Outcome.DONE

    async def test_what_nobody_knows_has_no_receipt(self, ledger: Ledger) -> None:
        assert await a_client(ledger, HonestNode(ledger)).receipt(bytes(32)) is None

    async def test_lies_about_receipts_are_caught(self, ledger: Ledger) -> None:
        payment = ledger.transfer(ALICE, (BOB, 5_000_000))
        other = ledger.transfer(ALICE, (BOB, 6_000_000))
        ledger.block(payment, other)
        honest = HonestNode(ledger)
        of_other = await honest.transaction(other.id)
        assert of_other is not None

        def refused(view: Any) -> Any:
            proof = decode(ReceiptProof, from_base64(view.proof))
            receipt = replace(proof.receipt, outcome=Outcome.BALANCE_TOO_LOW)
            return replace(view, proof=to_base64(encode(replace(proof, receipt=receipt))))

        def says_refused(view: Any) -> Any:
            return replace(view, receipt=replace(view.receipt, outcome="balance_too_low"))

        lies: list[tuple[Callable[[Any], Any], str]] = [
            (refused, "proof_invalid"),
            (says_refused, "contradicts_proof"),
            (lambda view: replace(view, proof=of_other.proof), "proof_of_another_receipt"),
            (with_field(proof=None), "proof_missing"),
        ]
        for lie, code in lies:
            client = a_client(ledger, Liar(ledger, {"transaction": lie}), honest)
            proven = await client.receipt(payment.id)
            assert proven is not None
            assert [b.code for b in client.blames] == [code]


class TestMemory:
    async def test_what_was_verified_is_remembered_and_never_taken_back(
        self, ledger: Ledger, tmp_path: Path
    ) -> None:
        old = await HonestNode(ledger).account(_name(ledger), 0)
        ledger.block()
        client = a_client(ledger, HonestNode(ledger))
        await client.account(ALICE.account)
        Memory(tmp_path).keep(client.believed)

        later = Believed(ledger.genesis)
        Memory(tmp_path).recall(later)
        assert later.height == client.believed.height == 2
        liar = Liar(ledger, {"account": lambda _: old})
        with pytest.raises(NotProven, match="stale"):
            await a_client(ledger, liar, believed=later).account(ALICE.account)

    async def test_an_older_process_does_not_overwrite_a_newer_height(
        self, ledger: Ledger, tmp_path: Path
    ) -> None:
        older, newer = a_client(ledger, HonestNode(ledger)), a_client(ledger, HonestNode(ledger))
        await older.account(ALICE.account)
        ledger.block()
        await newer.account(ALICE.account)
        Memory(tmp_path).keep(newer.believed)
        Memory(tmp_path).keep(older.believed)
        recalled = Believed(ledger.genesis)
        Memory(tmp_path).recall(recalled)
        assert recalled.height == newer.believed.height

    @pytest.mark.parametrize("damage", ["", "{}", "[" * 5000, "changed"])
    async def test_a_damaged_file_is_an_error_not_a_silent_restart(
        self, ledger: Ledger, tmp_path: Path, damage: str
    ) -> None:
        client = a_client(ledger, HonestNode(ledger))
        await client.account(ALICE.account)
        Memory(tmp_path).keep(client.believed)
        file = tmp_path / "light.json"
        text = file.read_text()
        middle = len(text) // 2
        changed = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
        file.write_text(changed if damage == "changed" else damage)
        with pytest.raises(CommandError) as caught:
            Memory(tmp_path).recall(Believed(ledger.genesis))
        assert caught.value.code == "light_state_malformed"

    async def test_a_file_of_another_chain_is_refused(self, ledger: Ledger, tmp_path: Path) -> None:
        client = a_client(ledger, HonestNode(ledger))
        await client.account(ALICE.account)
        Memory(tmp_path).keep(client.believed)
        other = replace(ledger.genesis, time=ledger.genesis.time + 1)
        assert chain_id(other) != chain_id(ledger.genesis)
        with pytest.raises(CommandError, match="another chain"):
            Memory(tmp_path).recall(Believed(other))


def _name(ledger: Ledger) -> str:
    return address(ALICE.account, ledger.genesis.network)
