"""The demonstration's forgeries are as good as any, and fail for the reason that it names."""

import json
from base64 import b64encode

import msgspec
import pytest

from client.answers import judge_entry, read
from client.trust import Believed
from demo.forgery import Forger, rewritten_account, rewritten_block
from demo.rogue import Key
from primitives import entries
from primitives.actions import Output, Transfer
from primitives.batch import Batch, batch_digest
from primitives.encoding import Malformed, decode, encode
from primitives.evidence import batch_fault
from primitives.keys import ED25519
from primitives.proof import EntryProof
from primitives.statetree import StateTree
from primitives.transaction import Decoded, decode_signed
from tests.builders import (
    a_batch,
    a_block,
    a_chain,
    a_committee,
    a_genesis,
    a_mint,
    a_person,
    a_state_certificate,
    a_transfer,
    an_attestation,
)

ALICE, BORIS = a_person("alice"), a_person("boris")
KEY = entries.account_key(ALICE.account)
ACCOUNT = entries.Account(balance=12_500_000, channels=1, sequence=0, last=bytes(32))
RICHER = ACCOUNT.balance + 1_000_000_000
MOST = 1 << 20


def an_answer(account: entries.Account = ACCOUNT, balance: str = "12.5") -> bytes:
    """The part of an account's document that a liar touches, with a genuine proof."""
    tree = StateTree()
    others = [(f"entry {i}".encode(), b"value") for i in range(50)]
    tree.commit(1, [(KEY, encode(account)), *others])
    certificate = a_state_certificate(an_attestation(9, state_root=tree.root))
    proof = EntryProof(certificate, KEY, encode(account), tree.prove(KEY))
    document = {"balance": balance, "height": "9", "proof": b64encode(encode(proof)).decode()}
    return json.dumps(document).encode()


def forgers(*places: int) -> list[Forger]:
    """Validators of the committee with the keys that they attest with."""
    return [Forger(place, _Key(place)) for place in places]


class _Key(Key):
    """A founder's consensus key, held by the tests' committee."""

    def __init__(self, place: int) -> None:
        self._signer = a_committee().signers[place]

    def signature(self, domain: str, message: bytes) -> bytes:
        return self._signer.sign(b"LiqBon/" + domain.encode() + b"\0" + message)


def judged(body: bytes) -> int:
    """The balance that a wallet derives from an answer. Raises ``Malformed`` for a lie."""
    proof = read(EntryProof, json.loads(body)["proof"])
    entry = judge_entry(Believed(a_genesis()), 0, KEY, proof)
    assert entry.value is not None
    return decode(entries.Account, entry.value).balance


def test_the_honest_answer_is_believed() -> None:
    assert judged(an_answer()) == ACCOUNT.balance


@pytest.mark.parametrize(("said", "raised"), [("12.5", "1012.5"), ("0", "1000"), ("7", "1007")])
def test_the_figure_beside_the_proof_is_raised_too(said: str, raised: str) -> None:
    body = rewritten_account(an_answer(balance=said), forgers(0, 1))
    assert json.loads(body)["balance"] == raised


def test_what_two_validators_sign_lacks_a_third_and_nothing_else() -> None:
    """[CERT-1] Two of four are no quorum; a third one's key would make the lie believed."""
    with pytest.raises(Malformed) as caught:
        judged(rewritten_account(an_answer(), forgers(1, 0)))
    assert caught.value.code == "certificate_quorum"
    assert judged(rewritten_account(an_answer(), forgers(2, 0, 1))) == RICHER


def blocks_with(*transactions: Decoded) -> bytes:
    """A raw block of two batches, as ``/v1/blocks/{height}`` shows it."""
    empty = a_batch([a_mint("north", ALICE, 5)])
    full = a_batch(list(transactions), author=1)
    return encode([a_block(), [], [encode(empty), encode(full)], [], None])


def contents(block: bytes) -> list[list[Decoded]]:
    raws = decode_any(block)[2]
    batches = [decode(Batch, raw, MOST) for raw in raws]
    return [[decode_signed(raw, a_chain()) for raw in batch.transactions] for batch in batches]


def decode_any(block: bytes) -> list[list[bytes]]:
    decoded: list[list[bytes]] = msgspec.msgpack.decode(block)
    return decoded


def test_the_first_payment_of_a_block_becomes_ten_times_as_large() -> None:
    first = a_transfer(ALICE, (BORIS, 25))
    second = a_transfer(BORIS, (ALICE, 7))
    honest = blocks_with(a_mint("south", BORIS, 9), first, second)
    [[mint], [other, raised, kept]] = contents(rewritten_block(honest))
    assert raised.transaction.action == Transfer((Output(BORIS.account, 250),))
    assert [mint, other, kept] == [
        transaction
        for batch in contents(honest)
        for transaction in batch
        if transaction.id != first.id
    ]


def test_nobody_signed_what_the_payment_becomes() -> None:
    """[LANE-2] The batch keeps its author's word for other contents, which are wrongly signed."""
    honest = blocks_with(a_transfer(ALICE, (BORIS, 25)))
    before, after = (
        decode(Batch, decode_any(raw)[2][1], MOST) for raw in (honest, rewritten_block(honest))
    )
    assert batch_fault(a_chain(), ED25519, before) is None
    assert batch_fault(a_chain(), ED25519, after) == "signature_invalid"
    assert batch_digest(a_chain(), before.header) == batch_digest(a_chain(), after.header)


def test_a_block_without_a_payment_stays_as_it_is() -> None:
    honest = blocks_with(a_mint("south", BORIS, 9))
    assert rewritten_block(honest) == honest
