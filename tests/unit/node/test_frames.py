"""A stream comes out as the frames that went in, however it was cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.frames import KEEPALIVE, Splitter, framed
from primitives.encoding import Malformed


def feed(splitter: Splitter, data: bytes, cut: int) -> list[bytes]:
    frames = []
    while data:
        space = splitter.space()
        assert len(space) > 0
        part = data[: min(cut, len(space))]
        space[: len(part)] = part
        frames += splitter.received(len(part))
        data = data[len(part) :]
    return frames


@given(
    st.lists(st.binary(max_size=300) | st.integers(0, 200_000).map(bytes), max_size=6),
    st.integers(1, 100_000),
)
def test_frames_survive_any_cut(bodies: list[bytes], cut: int) -> None:
    stream = b"".join(framed(body) for body in bodies)
    if len(stream) // cut > 20_000:
        cut = 100
    assert feed(Splitter(200_000), stream, cut) == bodies


def test_the_largest_frame_passes_and_one_byte_more_does_not() -> None:
    assert feed(Splitter(1_000), framed(bytes(1_000)), 7) == [bytes(1_000)]
    with pytest.raises(Malformed) as caught:
        feed(Splitter(1_000), (1_001).to_bytes(4, "big"), 4)
    assert caught.value.code == "oversized"


def test_a_length_is_refused_before_its_frame_is_awaited() -> None:
    with pytest.raises(Malformed):
        feed(Splitter(1_000), b"\xff\xff\xff\xff", 1)


def test_memory_is_bounded_by_one_frame() -> None:
    splitter = Splitter(1_000_000)
    feed(splitter, framed(bytes(1_000_000))[:-1], 65_536)
    assert len(splitter._buffer) <= 1_000_016
    feed(splitter, b"\0", 1)
    feed(splitter, framed(b"x") * 100_000, 65_536)
    assert len(splitter._buffer) <= 1_000_016


def test_a_keepalive_is_an_empty_frame() -> None:
    assert feed(Splitter(10), KEEPALIVE + framed(b"x"), 3) == [b"", b"x"]
