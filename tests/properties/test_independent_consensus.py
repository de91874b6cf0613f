"""The golden vectors of batches, blocks, votes and certificates, read without the product.

Here stand hashlib, msgpack, cryptography and the text of docs/spec alone.
"""

from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.properties.golden import cases, hexed, named
from tests.properties.reference import digest, list_root


@pytest.mark.parametrize("case", cases("blocks", "batch"), ids=named)
def test_batches(case: Any) -> None:
    """[LANE-1]"""
    header, transactions, signature = msgpack.unpackb(hexed(case["batch"]))
    assert msgpack.packb(header).hex() == case["header"]
    identity = digest("batch", hexed(case["chain"]), msgpack.packb(header))
    assert identity.hex() == case["digest"]
    assert list_root(transactions) == header[7]
    message = b"LiqBon/sign/batch\0" + identity
    assert message.hex() == case["message"]
    key = Ed25519PrivateKey.from_private_bytes(hexed(case["seed"]))
    assert key.sign(message) == signature
    assert msgpack.packb([header[2], identity, header[6]]).hex() == case["tip"]


def test_blocks_and_their_order() -> None:
    """[BLOCK-1, BLOCK-3]"""
    for case in cases("blocks", "block"):
        assert digest("block", hexed(case["chain"]), hexed(case["block"])).hex() == case["digest"]
    for case in cases("blocks", "order"):
        lanes, height = case["lanes"], case["height"]
        places = [
            (d, (i - height) % len(lanes), i)
            for i in range(len(lanes))
            for d in range(len(lanes[i]))
        ]
        assert [[i, lanes[i][d]] for d, _, i in sorted(places)] == case["order"]


def signed_by(seed: str, message: str) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(hexed(seed)).sign(hexed(message))


def test_votes_attestations_and_beats() -> None:
    """[VOTE-1]"""
    for case in cases("votes", "vote"):
        kind, epoch, view, block, _, signature = msgpack.unpackb(hexed(case["vote"]))
        said = msgpack.packb([hexed(case["chain"]), epoch, kind, view, block])
        assert case["message"] == (b"LiqBon/sign/vote\0" + said).hex()
        assert signed_by(case["seed"], case["message"]) == signature
    for field in ("attest", "beat"):
        for case in cases("votes", field):
            thing, _, signature = msgpack.unpackb(hexed(case[field]))
            domain = f"LiqBon/sign/{field}\0".encode()
            assert case["message"] == (domain + msgpack.packb(thing)).hex()
            assert signed_by(case["seed"], case["message"]) == signature


@pytest.mark.parametrize("case", cases("votes", "certificate"), ids=named)
def test_certificates(case: Any) -> None:
    """[CERT-1] every one that holds has a quorum of valid signatures of distinct members."""
    *_, signatures = msgpack.unpackb(hexed(case["certificate"]))
    members = [hexed(member) for member in case["members"]]
    valid = set()
    for author, signature in signatures:
        try:
            key = Ed25519PublicKey.from_public_bytes(members[author])
            key.verify(signature, hexed(case["message"]))
        except (IndexError, InvalidSignature):
            continue
        valid.add(author)
    authors = [author for author, _ in signatures]
    sound = len(valid) == len(authors) >= 3 and authors == sorted(valid)
    assert sound or case["code"] is not None
    if case["code"] in {"certificate_quorum", "certificate_signature"}:
        assert not sound


def test_every_offence_is_proven_once_and_denied_once() -> None:
    """[EVID-1]"""
    proven = [
        msgpack.unpackb(hexed(case["evidence"]))[0]
        for case in cases("votes", "evidence")
        if case["code"] is None
    ]
    assert proven == list(range(7))
    denied = {case["code"] for case in cases("votes", "evidence")} - {None}
    assert denied == {"evidence_invalid"}
