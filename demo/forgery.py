"""Makes false answers out of true ones. Knows the bytes of proofs and blocks; serves nobody.

As good as forgery gets: hashes are made to fit, and what two validators can sign is signed by
two, with their real keys. What cannot be made is the signature of a third.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any, Final, NamedTuple

import msgspec

from demo import proof
from demo.rogue import Key

MICRO: Final = 1_000_000
RAISED: Final = 1_000
"""LiqBon that a forged account has more than the true one."""
TRANSFER: Final = 0x10
STATE_ROOT: Final = 5
"""Where an attestation names the root of the state ([CERT-2])."""


class Forger(NamedTuple):
    """A validator that signs what is false: its place among the members, and its key."""

    place: int
    key: Key


def rewritten_account(body: bytes, forgers: list[Forger]) -> bytes:
    """An account's document, a thousand LiqBon richer, with a proof that fits in itself.

    The figure, the value, its path and the root to which it leads agree; the attestation of that
    root is signed by the forgers.
    """
    document: dict[str, Any] = json.loads(body)
    whole, point, fraction = document["balance"].partition(".")
    document["balance"] = f"{int(whole) + RAISED}{point}{fraction}"
    certificate, key, value, path = msgspec.msgpack.decode(b64decode(document["proof"]))
    account = msgspec.msgpack.decode(value)
    account[0] += RAISED * MICRO
    value = msgspec.msgpack.encode(account)
    path[1][1] = proof.value_hash(value)
    attestation = certificate[0]
    attestation[STATE_ROOT] = proof.root_of(key, value, path)
    message = msgspec.msgpack.encode(attestation)
    signatures = [
        [forger.place, forger.key.signature("sign/attest", message)] for forger in sorted(forgers)
    ]
    forged = [[attestation, signatures], key, value, path]
    document["proof"] = b64encode(msgspec.msgpack.encode(forged)).decode()
    return json.dumps(document).encode()


def rewritten_block(body: bytes) -> bytes:
    """A raw block, its first transfer ten times as large; as it was if there is none."""
    block = msgspec.msgpack.decode(body)
    for place, raw in enumerate(block[2]):
        batch = msgspec.msgpack.decode(raw)
        for number, signed in enumerate(batch[1]):
            transaction = msgspec.msgpack.decode(signed)
            action = transaction[0][6]
            if action[0] == TRANSFER:
                action[1][0][1] *= 10
                batch[1][number] = msgspec.msgpack.encode(transaction)
                block[2][place] = msgspec.msgpack.encode(batch)
                return msgspec.msgpack.encode(block)
    return body
