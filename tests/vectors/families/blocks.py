"""Batches, blocks and the order that a cut means: bytes, digests and what is signed."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from primitives.batch import (
    EMPTY_TIP,
    Batch,
    batch_digest,
    batch_message,
    decode_batch,
    tip_of,
)
from primitives.block import Header, block_digest, decode_header, order_of
from primitives.encoding import Malformed, encode
from primitives.evidence import batch_fault
from primitives.keys import ED25519
from primitives.transaction import Decoded
from tests.builders import a_batch, a_block, a_chain, a_code, a_person, a_transfer, seed_of

FIELDS = {
    "name": "what is special about the case",
    "chain": "chain id",
    "seed": "the author's consensus key (RFC 8032)",
    "header": "canonical bytes of the header of a batch or a block",
    "batch": "canonical bytes of a batch",
    "digest": "its digest, or the block's",
    "message": "what the author signs",
    "signature": "the author's signature",
    "tip": "canonical bytes of the lane's tip after the batch",
    "block": "canonical bytes of a block",
    "height, lanes, order": "new batches of each lane, oldest first, and their order in a block",
    "refused, code": "bytes that are refused as a batch, and why",
}

ALICE, BOB = a_person("Alice"), a_person("Bob")


def payments(first: int, count: int) -> list[Decoded]:
    return [a_transfer(ALICE, (BOB, 1), sequence=first + i) for i in range(count)]


def batches() -> list[tuple[str, Batch]]:
    """A lane of two, and another author's first."""
    first = a_batch(payments(0, 1))
    tip = tip_of(batch_digest(a_chain(), first.header), first.header)
    second = a_batch(payments(1, 3), parent=tip)
    other = a_batch(payments(0, 2), author=3)
    return [("first of a lane", first), ("second of a lane", second), ("another lane", other)]


def batch_case(name: str, batch: Batch) -> dict[str, object]:
    data = encode(batch)
    assert decode_batch(data) == batch
    assert batch_fault(a_chain(), ED25519, batch) is None
    digest = batch_digest(a_chain(), batch.header)
    return {
        "name": name,
        "chain": a_chain().hex(),
        "seed": seed_of(f"consensus of {a_code(batch.header.author)}").hex(),
        "header": encode(batch.header).hex(),
        "batch": data.hex(),
        "digest": digest.hex(),
        "message": batch_message(digest).hex(),
        "signature": batch.signature.hex(),
        "tip": encode(tip_of(digest, batch.header)).hex(),
    }


def blocks() -> list[tuple[str, Header]]:
    """Blocks after the vectors' batches."""
    tips = [tip_of(batch_digest(a_chain(), b.header), b.header) for _, b in batches()]
    cut = [tips[1], EMPTY_TIP, EMPTY_TIP, tips[2]]
    return [
        ("empty", a_block(1)),
        ("with a cut", a_block(2, view=7, parent=bytes(range(32)), proposer=3, cut=cut)),
        ("of an epoch far away", a_block(2**32, view=2**62, epoch=2**31, time=2**53)),
    ]


def block_case(name: str, header: Header) -> dict[str, object]:
    data = encode(header)
    assert decode_header(data) == header
    return {
        "name": name,
        "chain": a_chain().hex(),
        "block": data.hex(),
        "digest": block_digest(a_chain(), header).hex(),
    }


def order_case(height: int, depths: tuple[int, ...]) -> dict[str, object]:
    lanes = [[bytes([lane, place]) for place in range(depth)] for lane, depth in enumerate(depths)]
    order = [[ordered.lane, ordered.digest.hex()] for ordered in order_of(height, lanes)]
    return {
        "height": height,
        "lanes": [[digest.hex() for digest in lane] for lane in lanes],
        "order": order,
    }


def refusal(data: bytes) -> dict[str, object]:
    try:
        decode_batch(data)
    except Malformed as error:
        return {"refused": data.hex(), "code": error.code}
    raise AssertionError(f"{data.hex()} is a batch")


def refused() -> list[bytes]:
    """The second batch, broken in one way each."""
    batch = batches()[1][1]
    header = batch.header

    def broken(**fields: object) -> bytes:
        return encode(replace(batch, header=replace(header, **fields)))

    return [
        encode(batch)[:-1],
        broken(count=2),
        broken(root=bytes(32)),
        broken(previous=bytes(32)),
        broken(seq=1),
        broken(cumulative=header.weight - 1),
        encode(replace(batch, transactions=())),
    ]


def cases() -> Sequence[Mapping[str, object]]:
    return [
        *(batch_case(*case) for case in batches()),
        *(block_case(*case) for case in blocks()),
        *(order_case(height, (2, 0, 3, 1)) for height in (0, 1, 2, 3, 7)),
        *map(refusal, refused()),
    ]
