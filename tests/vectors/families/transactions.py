"""Signed transactions: bytes, ids, signing messages and signatures; and refused ones."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from primitives.address import Policy
from primitives.encoding import Malformed, encode
from primitives.keys import ED25519
from primitives.transaction import (
    Decoded,
    KeySignature,
    decode_signed,
    signatures,
    signing_message,
)
from tests.builders import (
    Person,
    a_chain,
    a_mint,
    a_person,
    a_role,
    a_transfer,
    an_open_channels,
    raw,
    seed_of,
)

FIELDS = {
    "name": "what is special about the case",
    "chain": "the chain id that a reader expects",
    "seeds": "private keys (RFC 8032) of the policy's keys, in its order",
    "transaction": "canonical bytes of the unsigned part",
    "id": "the transaction's id",
    "message": "what each key signs",
    "signed": "canonical bytes of the signed transaction",
    "signatures": "pairs of key index and signature",
    "weight": "its weight in a batch",
    "refused, code": "bytes that are refused on that chain, and why",
}

ALICE, BOB = a_person("Alice"), a_person("Bob")
FAMILY = a_person("family", keys=3, threshold=2)


def accepted() -> list[tuple[str, Person, Decoded]]:
    """(what is special, who signs, the transaction)."""
    largest = {"channel": 255, "sequence": 2**53, "valid_until": 2**53, "memo": b"\xff" * 32}
    many = [(a_person(f"one of many {i}"), 10_000 + i) for i in range(256)]
    return [
        ("a transfer", ALICE, a_transfer(ALICE, (BOB, 12_500_000))),
        ("every field at its largest", ALICE, a_transfer(ALICE, (BOB, 2**63 - 1), **largest)),
        (
            "repeated outputs, one to oneself",
            ALICE,
            a_transfer(ALICE, (BOB, 1), (ALICE, 2), (BOB, 1)),
        ),
        ("256 outputs", ALICE, a_transfer(ALICE, *many)),
        ("two of three keys", FAMILY, a_transfer(FAMILY, (ALICE, 1), sequence=7)),
        ("more channels", ALICE, an_open_channels(ALICE, 16)),
        ("a mint", a_role("north", "issuer"), a_mint("north", ALICE, 1_250)),
    ]


def described(name: str, person: Person, decoded: Decoded) -> dict[str, object]:
    assert all(ED25519.verify_many(signatures(decoded)))
    assert decode_signed(raw(decoded), a_chain()) == decoded
    return {
        "name": name,
        "chain": a_chain().hex(),
        "seeds": [seed_of(key).hex() for key in person.key_names],
        "transaction": encode(decoded.signed.transaction).hex(),
        "id": decoded.id.hex(),
        "message": signing_message(decoded.id).hex(),
        "signed": raw(decoded).hex(),
        "signatures": [[s.key, s.signature.hex()] for s in decoded.signed.signatures],
        "weight": decoded.weight,
    }


def refused() -> list[bytes]:
    """Forms that break one rule each ([TX-1] to [TX-7])."""
    payment = a_transfer(ALICE, (BOB, 5))
    signed, transaction, data = payment.signed, payment.signed.transaction, raw(payment)
    family = a_transfer(FAMILY, (ALICE, 1)).signed
    one, two = family.signatures

    def with_action(*action: object) -> bytes:
        parts = msgspec.msgpack.decode(data)
        parts[0][6] = list(action)
        return msgspec.msgpack.encode(parts)

    return [
        data[:-1],
        data + b"\0",
        b"\xdc\x00\x03" + data[1:],
        encode(replace(signed, transaction=replace(transaction, version=2))),
        encode(replace(signed, transaction=replace(transaction, chain=bytes(32)))),
        encode(replace(signed, policy=BOB.policy)),
        encode(replace(signed, policy=Policy(0, ALICE.policy.keys))),
        encode(replace(family, signatures=(one,))),
        encode(replace(family, signatures=(two, one))),
        encode(replace(family, signatures=(one, KeySignature(3, two.signature)))),
        with_action(0x10, []),
        with_action(0x10, [[BOB.account, 0]]),
        with_action(0x10, [[BOB.account, -1]]),
        with_action(0x10, [[BOB.account, 2**63]]),
        with_action(0x10, [[BOB.account, 1.0]]),
        with_action(0x10, [[BOB.account[1:], 1]]),
        with_action(0x10, [[BOB.account, 1]] * 257),
        with_action(0x11, 17),
        with_action(0x20, "North", "bonus", 1, 1, bytes(32), BOB.account),
        with_action(0x60, bytes(32)),
        with_action(0x12),
        with_action(0xFF, bytes(32)),
        with_action(256),
    ]


def refusal(data: bytes) -> dict[str, object]:
    try:
        decode_signed(data, a_chain())
    except Malformed as error:
        return {"chain": a_chain().hex(), "refused": data.hex(), "code": error.code}
    raise AssertionError(f"{data.hex()} is a transaction")


def cases() -> Sequence[Mapping[str, object]]:
    return [*(described(*case) for case in accepted()), *map(refusal, refused())]
