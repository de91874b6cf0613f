"""A validator moves a customer's LiqBon, and the customer signed nothing.

It may forge a transaction, which makes its batch unsound [LANE-2]; or leave transactions out of it
and change its own books, which nobody else attests [CERT-1]; or tell the customer so, who asks for
a proof [PROOF-3].
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from client.errors import NotProven
from client.fields import from_base64, to_base64
from client.light import LightClient
from client.trust import Believed
from client.views import AccountView
from node.ingress import Refusal
from primitives.address import policy_of
from primitives.amount import MICRO
from primitives.encoding import decode, encode
from primitives.entries import Account
from primitives.evidence import batch_fault
from primitives.keys import ED25519
from primitives.proof import EntryProof
from primitives.transaction import SignedTransaction
from tests.attacks.scenes import ANN, BOB, besiege, honest_seeds
from tests.builders import a_batch, a_chain, a_key, a_person, a_transaction, a_transfer, raw
from tests.fakes.node import FakeNode
from tests.fakes.nodes import HonestNode, Liar
from tests.fakes.ordering import Ledger as NodeLedger
from tests.simulation.adversaries.thief import Thief

THEFT = a_transfer(ANN, (BOB, MICRO))
"""What the thief would have Ann sign."""
JOINT = a_person("ann and carl", keys=3, threshold=2)


Forgery = Callable[[SignedTransaction], SignedTransaction]


def forged(change: Forgery) -> bytes:
    return encode(change(THEFT.signed))


def under_another_key(signed: SignedTransaction) -> SignedTransaction:
    """Bob's signature under Ann's policy."""
    return replace(signed, signatures=BOB.sign(signed.transaction).signatures)


def of_another_payment(signed: SignedTransaction) -> SignedTransaction:
    """What Ann signed once, on something else."""
    other = a_transfer(ANN, (BOB, 1)).signed
    return replace(signed, signatures=other.signatures)


def of_another_chain(signed: SignedTransaction) -> SignedTransaction:
    """What Ann signed on a test network."""
    elsewhere = ANN.sign(replace(signed.transaction, chain=bytes(32)))
    return replace(signed, signatures=elsewhere.signatures)


def with_the_thiefs_policy(signed: SignedTransaction) -> SignedTransaction:
    """Sender Ann, policy and signature Bob's."""
    return BOB.sign(signed.transaction)


def unsigned(signed: SignedTransaction) -> SignedTransaction:
    return replace(signed, signatures=())


def to_another(signed: SignedTransaction) -> SignedTransaction:
    """The payment that Ann signed, its receiver exchanged."""
    transaction = a_transfer(ANN, (a_person("thief"), MICRO)).transaction
    return replace(signed, transaction=transaction)


def of_fewer_keys(_: SignedTransaction) -> SignedTransaction:
    """A joint account that asks for two signatures, and one is there."""
    theft = a_transaction(JOINT, THEFT.transaction.action)
    signed = JOINT.sign(theft)
    return replace(signed, signatures=signed.signatures[:1])


def with_an_easier_policy(_: SignedTransaction) -> SignedTransaction:
    """The same keys, of which one would be enough: another account."""
    theft = a_transaction(JOINT, THEFT.transaction.action)
    signed = JOINT.sign(theft)
    easier = policy_of(1, [a_key(name).public_key for name in JOINT.key_names])
    return replace(signed, policy=easier, signatures=signed.signatures[:1])


FORGERIES: dict[Forgery, str] = {
    under_another_key: "signature_invalid",
    of_another_payment: "signature_invalid",
    of_another_chain: "signature_invalid",
    to_another: "signature_invalid",
    with_the_thiefs_policy: "sender_mismatch",
    with_an_easier_policy: "sender_mismatch",
    of_fewer_keys: "signatures_malformed",
    unsigned: "malformed",
}


@pytest.fixture
async def node() -> FakeNode:
    """Ann has 100 LiqBon."""
    made = FakeNode()
    made.ledger.fund(ANN)
    return made


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda f: f.__name__)
class TestForgedTransactions:
    """[TX-4] [TX-5] [TX-6] An account is its policy: who cannot sign for it has no transaction."""

    async def test_no_door_takes_it_in(self, forgery: Forgery, node: FakeNode) -> None:
        with pytest.raises(Refusal) as caught:
            await node.ingress.submit(forged(forgery))
        assert caught.value.code == FORGERIES[forgery]
        assert node.ledger.executor.account(ANN.account).balance == 100 * MICRO
        node.ingress.close()

    def test_a_batch_with_it_is_unsound_and_convicts_its_author(self, forgery: Forgery) -> None:
        """[LANE-2] Whoever replays the chain sees what every validator saw."""
        honest = a_transfer(BOB, (ANN, MICRO))
        batch = a_batch([honest, THEFT])
        theft = forged(forgery)
        assert batch_fault(a_chain(), ED25519, batch) is None
        poisoned = replace(batch, transactions=(raw(honest), theft))
        assert batch_fault(a_chain(), ED25519, poisoned) == FORGERIES[forgery]


@pytest.mark.parametrize("seed", honest_seeds(3))
def test_a_forger_in_a_network_is_convicted_and_takes_nothing(seed: int) -> None:
    """[LANE-2] [EVID-1] Its lane ends at the forgery; three others go on."""
    siege = besiege("forger", seed)
    assert siege.cluster.honesty.proofs > 0, "nobody proved what it did"
    thief = siege.cluster.setting.keys.person("a thief")
    for process in siege.honest:
        assert process.executor.account(thief.account).balance == 0
    siege.assert_all_wishes_were_done()


@pytest.mark.parametrize("seed", honest_seeds(3))
@pytest.mark.parametrize("byzantine", [0, 3])
def test_a_thief_that_attests_its_own_books_is_alone(seed: int, byzantine: int) -> None:
    """[CERT-1] A certificate needs three that attest the same root; the thief's has one."""
    siege = besiege("thief", seed, byzantine)
    thief = siege.adversary
    assert isinstance(thief, Thief)
    assert thief.roots
    for process in siege.honest:
        archive = process.executor.archive
        certified = [archive.certificate(h) for h in range(1, siege.cluster.agreement.height + 1)]
        attested = {c.attestation.state_root for c in certified if c is not None}
        assert not attested & set(thief.roots)
    siege.assert_all_wishes_were_done()


class TestTowardsTheCustomer:
    """[PROOF-1] [PROOF-3] A node that robbed its own books cannot prove them to a wallet."""

    @pytest.fixture
    def ledger(self) -> NodeLedger:
        """Ann has 100 LiqBon, and a quorum attested it."""
        ledger = NodeLedger()
        ledger.fund(ANN)
        return ledger

    async def test_a_forged_state_proof_is_refused_and_its_node_named(
        self, ledger: NodeLedger
    ) -> None:
        client = a_wallet(ledger, Liar(ledger, {"account": emptied}), HonestNode(ledger))
        proven = await client.account(ANN.account)
        assert proven.record.balance == 100 * MICRO
        assert [(b.node, b.code) for b in client.blames] == [("http://liar", "proof_invalid")]

    async def test_a_root_that_the_thief_attests_alone_proves_nothing(
        self, ledger: NodeLedger
    ) -> None:
        """Its own books, with a true path to their root, under its own signature."""
        robbed = NodeLedger()
        robbed.attest = False
        executed = robbed.block()
        robbed.certify(executed, authors=(2,))
        thief = HonestNode(robbed, "http://thief")
        client = a_wallet(ledger, thief, HonestNode(ledger))
        assert (await client.account(ANN.account)).record.balance == 100 * MICRO
        assert [(b.node, b.code) for b in client.blames] == [("http://thief", "certificate_quorum")]
        with pytest.raises(NotProven, match="certificate_quorum"):
            await a_wallet(ledger, thief).account(ANN.account)


def a_wallet(ledger: NodeLedger, *nodes: HonestNode) -> LightClient:
    """Knows the genesis, and believes nobody."""
    now_ms = ledger.executor.head_record.header.time
    return LightClient(Believed(ledger.genesis), nodes, lambda: now_ms)


def emptied(view: AccountView) -> AccountView:
    """Nothing there any more: in the document, and in the value under the proof."""
    assert view.proof is not None
    proof = decode(EntryProof, from_base64(view.proof))
    assert proof.value is not None
    record = replace(decode(Account, proof.value), balance=0)
    shown = to_base64(encode(replace(proof, value=encode(record))))
    return replace(view, balance="0", proof=shown)
