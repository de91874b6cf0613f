"""A hostile peer's frames: decoded or refused, never anything else ([MSG-1, MSG-2])."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from consensus.inputs import Verified
from consensus.messages import BatchSent, FetchChain, FetchLane, Oldest, decode_message
from primitives.batch import decode_batch
from primitives.block import decode_header
from primitives.encoding import Malformed, encode
from tests.unit.consensus.test_verification import VERIFIER, messages

FRAMES = [encode(message) for message in messages()]


def take(frame: bytes) -> None:
    """As a node takes a frame."""
    try:
        message = decode_message(frame)
        assert encode(message) == frame
        if isinstance(message, BatchSent):
            decode_batch(message.batch)
        elif not isinstance(message, FetchLane | FetchChain | Oldest):
            assert isinstance(VERIFIER.verify(message), Verified)
    except Malformed:
        pass


@given(st.binary(max_size=300))
def test_any_bytes(frame: bytes) -> None:
    take(frame)
    for decoder in (decode_batch, decode_header):
        with contextlib.suppress(Malformed):
            decoder(frame)


@given(st.sampled_from(FRAMES), st.data())
def test_changed_bytes_of_sound_messages(frame: bytes, data: st.DataObject) -> None:
    changed = bytearray(frame)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(changed)))
    take(bytes(changed))
    take(bytes(changed[:cut]))
    take(bytes(changed) + bytes(changed[:cut]))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.binary(max_size=70),
        lambda inner: st.lists(inner, max_size=12),
        max_leaves=40,
    )
)
def test_any_values_of_the_encoding(value: object) -> None:
    take(encode(value))
