"""The proxy does what is asked of it, to real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from benchmarks.proxied import between_all, proxied
from benchmarks.proxy import LOOPBACK, Proxy, Route, Weather

FORTH, BACK = ("north", "south"), ("south", "north")
SHORT_S = 0.15

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Pair:
    """A listener behind a proxy, and the two ends of each connection to it."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.port = 0
        self.listening: asyncio.Server | None = None
        self._taken: asyncio.Queue[Ends] = asyncio.Queue()

    async def open(self) -> None:
        self.listening = await asyncio.start_server(self._take, LOOPBACK, 0)
        behind = self.listening.sockets[0].getsockname()[1]
        [self.port] = await self.proxy.open([Route(*FORTH, LOOPBACK, behind)])

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._taken.put((reader, writer))

    async def dial(self) -> tuple[Ends, Ends]:
        """Both ends of a new connection: the dialler's, the listener's."""
        near = await asyncio.open_connection(LOOPBACK, self.port)
        return near, await asyncio.wait_for(self._taken.get(), 5)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    pair = Pair(Proxy(seed=1))
    await pair.open()
    yield pair
    await pair.proxy.close()
    assert pair.listening is not None
    pair.listening.close()


async def heard(ends: Ends, size: int, within_s: float = 5.0) -> bytes:
    async with asyncio.timeout(within_s):
        return await ends[0].readexactly(size)


async def took_s(ends: Ends, size: int) -> float:
    clock = asyncio.get_running_loop().time
    began_s = clock()
    await heard(ends, size)
    return clock() - began_s


async def is_silent(ends: Ends) -> bool:
    try:
        await heard(ends, 1, SHORT_S)
    except TimeoutError:
        return True
    return False


async def test_in_good_weather_everything_passes_both_ways_in_order(pair: Pair) -> None:
    near, far = await pair.dial()
    sent = bytes(range(256)) * 4_000
    near[1].write(sent)
    assert await heard(far, len(sent)) == sent
    far[1].write(sent[::-1])
    assert await heard(near, len(sent)) == sent[::-1]
    counts = pair.proxy.counts()
    assert (counts.connections, counts.ways.bytes) == (1, 2 * len(sent))
    assert counts.ways.delayed == counts.ways.held == counts.ways.lost == 0


async def test_the_delay_is_at_least_what_was_asked_and_only_on_its_way(pair: Pair) -> None:
    near, far = await pair.dial()
    pair.proxy.set([FORTH], Weather(delay_ms=100))
    near[1].write(b"x")
    assert await took_s(far, 1) >= 0.1
    far[1].write(b"x")
    assert await took_s(near, 1) < 0.09
    assert pair.proxy.counts().ways.delayed == 1


async def test_jitter_and_losses_cost_time_and_never_order(pair: Pair) -> None:
    near, far = await pair.dial()
    pair.proxy.set([FORTH], Weather(delay_ms=1, jitter_ms=30, lost_permille=300))
    pieces = [bytes([number]) * 10 for number in range(40)]
    for piece in pieces:
        near[1].write(piece)
        await asyncio.sleep(0.002)
    assert await heard(far, 400) == b"".join(pieces)
    assert pair.proxy.counts().ways.lost > 0


async def test_what_was_slow_is_not_overtaken_when_the_weather_clears(pair: Pair) -> None:
    near, far = await pair.dial()
    pair.proxy.set([FORTH], Weather(delay_ms=120))
    near[1].write(b"first")
    await asyncio.sleep(0.03)
    pair.proxy.set([FORTH], Weather())
    near[1].write(b"second")
    assert await heard(far, 11) == b"firstsecond"


async def test_a_stall_passes_nothing_until_it_ends_and_loses_nothing(pair: Pair) -> None:
    near, far = await pair.dial()
    pair.proxy.set([FORTH], Weather(stalled=True))
    near[1].write(b"held")
    near[1].write_eof()
    assert await is_silent(far)
    far[1].write(b"free")
    assert await heard(near, 4) == b"free", "the other way passes"
    pair.proxy.set([FORTH], Weather())
    assert await heard(far, 4) == b"held"
    assert await far[0].read() == b"", "and so does the end of the connection"
    assert pair.proxy.counts().ways.held >= 1


async def test_nobody_connects_while_either_way_is_stalled(pair: Pair) -> None:
    pair.proxy.set([BACK], Weather(stalled=True))
    dialling = asyncio.create_task(pair.dial())
    await asyncio.sleep(SHORT_S)
    assert not dialling.done()
    assert pair.proxy.counts().connections == 0
    pair.proxy.set([BACK], Weather())
    near, far = await dialling
    near[1].write(b"x")
    assert await heard(far, 1) == b"x"


async def test_a_stalled_way_stops_reading_before_it_holds_too_much(pair: Pair) -> None:
    near, _ = await pair.dial()
    pair.proxy.set([FORTH], Weather(stalled=True))

    async def pour() -> None:
        for _ in range(64):
            near[1].write(bytes(1024 * 1024))
            await near[1].drain()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pour(), 1)


async def test_a_reset_closes_both_sides_at_once(pair: Pair) -> None:
    near, far = await pair.dial()
    assert pair.proxy.reset([("north", "west")]) == 0
    assert pair.proxy.reset([BACK]) == 1, "whichever of the two is named first"
    for reader, _ in (near, far):
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 5)
    assert pair.proxy.counts().resets == 1
    again, there = await pair.dial()
    again[1].write(b"x")
    assert await heard(there, 1) == b"x"


async def test_a_limited_way_takes_the_time_that_its_bytes_take(pair: Pair) -> None:
    near, far = await pair.dial()
    pair.proxy.set([FORTH], Weather(bytes_per_second=1_000_000))
    near[1].write(bytes(300_000))
    assert await took_s(far, 300_000) >= 0.25


async def test_who_dials_a_listener_that_is_away_is_reset(pair: Pair) -> None:
    assert pair.listening is not None
    pair.listening.close()
    await pair.listening.wait_closed()
    reader, _ = await asyncio.open_connection(LOOPBACK, pair.port)
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)
    assert pair.proxy.counts().refused == 1


async def test_as_a_process_it_obeys_lines_and_ends_with_its_input() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(4))

    behind = await asyncio.start_server(echo, LOOPBACK, 0)
    port = behind.sockets[0].getsockname()[1]
    async with behind, proxied(between_all(["north", "south"], [port, port]), seed=3) as wires:
        assert set(wires.ports) == {FORTH, BACK}
        await wires.set([FORTH, BACK], Weather(delay_ms=50))
        ends = await asyncio.open_connection(LOOPBACK, wires.ports[FORTH])
        ends[1].write(b"ping")
        assert await took_s(ends, 4) >= 0.1, "there and back"
        assert await wires.reset([FORTH]) == 1
        counts = await wires.counts()
        assert (counts.connections, counts.resets, counts.ways.bytes) == (1, 1, 8)
    with pytest.raises((RuntimeError, ConnectionError)):
        await wires.counts()


async def test_who_stops_waiting_for_an_answer_leaves_it_to_nobody_else() -> None:
    async with proxied(between_all(["north", "south"], [1, 1])) as wires:
        leaving = asyncio.create_task(wires.reset([FORTH]))
        for _ in range(3):
            await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert (await wires.counts()).connections == 0
