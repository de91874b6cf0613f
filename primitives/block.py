"""Blocks: a header, its cut, and the order that a cut means. Knows no content, no vote.

A block holds no transactions. Its cut names the tip of each lane; what it orders is what lies
between the parent's cut and its own ([BLOCK-2]).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

from primitives.batch import EMPTY_TIP, Tip
from primitives.encoding import Count, Digest, Index, Malformed, Millis, Wire, decode, encode
from primitives.genesis import Genesis, chain_id
from primitives.hashing import BLOCK, ZERO_DIGEST

VERSION: Final = 1
MAX_HEADER: Final = 16 * 1024

Cut = Annotated[tuple[Tip, ...], msgspec.Meta(min_length=1, max_length=100)]


class Header(Wire):
    """A block. ``time`` is milliseconds since 1970 and never below the parent's."""

    version: int
    epoch: Count
    view: Count
    height: Count
    parent: Digest
    time: Millis
    proposer: Index
    cut: Cut


def block_digest(chain: bytes, header: Header) -> bytes:
    """32 bytes: identifies the block on this chain."""
    return BLOCK.digest(chain, encode(header))


def genesis_block(genesis: Genesis) -> tuple[bytes, Header]:
    """Height 0, view 0: notarized, final and attested by definition ([BLOCK-1])."""
    cut = (EMPTY_TIP,) * len(genesis.partners)
    header = Header(VERSION, 0, 0, 0, ZERO_DIGEST, genesis.time, 0, cut)
    return block_digest(chain_id(genesis), header), header


def decode_header(raw: bytes) -> Header:
    """The header in canonical bytes ``raw``. Raises ``Malformed``."""
    header = decode(Header, raw, MAX_HEADER)
    if header.version != VERSION:
        raise Malformed("version_unknown", str(header.version))
    return header


def is_empty(parent: Header, header: Header) -> bool:
    """A block is empty when its cut equals its parent's ([LAG-1])."""
    return parent.cut == header.cut


class Ordered(msgspec.Struct, frozen=True):
    """One batch's place in a block: which lane, and which distance from the parent's tip."""

    lane: int
    digest: bytes


def order_of(height: int, lanes: Sequence[Sequence[bytes]]) -> list[Ordered]:
    """The order of batches that a cut means.

    ``lanes[i]`` are the digests of lane i's new batches, oldest first. By distance from the
    parent's tip, then by (lane - height) mod n, so that no lane is first for ever ([BLOCK-3]).
    """
    size = len(lanes)
    deepest = max((len(lane) for lane in lanes), default=0)
    rotation = [(offset + height) % size for offset in range(size)]
    return [
        Ordered(lane, lanes[lane][distance])
        for distance in range(deepest)
        for lane in rotation
        if distance < len(lanes[lane])
    ]
