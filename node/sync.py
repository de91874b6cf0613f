"""Asking for what is missing, and answering who asks. Knows requests and holdings; no protocol.

The engine says what it needs and whom to ask first; the fetcher asks one peer after another, with
growing pauses, for as long as the need stands, and forgets it the moment it does not ([SYNC-1]).
Who says that it has let go of what is needed is asked last, but asked: it may be wrong, or lie
([SYNC-4]).
Answers are bounded twice: each by its size, and each peer by bytes a second ([SYNC-3]).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final, Protocol

import msgspec

from consensus.effects import Need
from consensus.messages import CHAIN_HEADERS, ChainSent, Fetch, FetchChain, FetchLane, Oldest
from node.shelf import Shelf
from node.world import GUESTS
from primitives.batch import header_of
from primitives.block import Header
from primitives.certificate import StateCertificate

FIRST_PAUSE_MS: Final = 200
LONGEST_PAUSE_MS: Final = 3_200
GRACE_MS: Final = {"lane": 25, "proof": 200}
"""What usually comes by itself is waited for this long, by the kind of the need: a batch that a
proposal names is on its way from its author, a late certificate is being counted."""
MOST_ASKED: Final = 16
"""Requests sent at once; the rest wait for the next poll."""

LANE_BATCHES: Final = 32
LANE_WALK: Final = 256
LANE_BYTES: Final = 4 * 1024 * 1024
SERVED_BYTES_A_SECOND: Final = 16 * 1024 * 1024
REQUEST_COST: Final = 1024
"""Bytes that any request counts as: finding nothing costs work too."""

NeedKey = tuple[str, int, bytes]


class _Asking(msgspec.Struct):
    """How often a need was asked for, and when it is asked for again."""

    due_ms: int
    times: int = 0


class Fetcher:
    """Asks for each need, peer after peer."""

    def __init__(self, me: int | None) -> None:
        self._me = me
        self._asking: dict[NeedKey, _Asking] = {}
        self._oldest: dict[int, int] = {}
        self._next_height = 0
        self._missing: int | None = None
        self.on_missing: Callable[[int | None], None] = _nobody
        """Is told the height without which nothing goes on, if all who are connected say that they
        let go of it; and None once that is over."""

    @property
    def next_ms(self) -> int | None:
        """When to poll again, if any need stands."""
        return min((asking.due_ms for asking in self._asking.values()), default=None)

    def poll(
        self,
        now_ms: int,
        needs: Mapping[NeedKey, Need],
        peers: Collection[int],
        arriving: Collection[bytes],
    ) -> list[tuple[int, Fetch]]:
        """Requests to send now. ``peers`` are connected; ``arriving`` are digests of batches that
        have come and are being checked."""
        self._oldest = {peer: self._oldest[peer] for peer in self._oldest if peer in peers}
        self._follow(now_ms, needs)
        self._note_missing(needs, peers)
        requests: list[tuple[int, Fetch]] = []
        for key, asking in self._asking.items():
            if asking.due_ms > now_ms:
                continue
            need = needs[key]
            order = self._order(need, peers)
            if not order or _is_arriving(need, arriving):
                asking.due_ms = now_ms + FIRST_PAUSE_MS
                continue
            if len(requests) == MOST_ASKED:
                asking.due_ms = now_ms + FIRST_PAUSE_MS // 4
                continue
            requests.append((order[asking.times % len(order)], need.request))
            pause = FIRST_PAUSE_MS << min(asking.times // len(order), 8)
            asking.due_ms = now_ms + min(pause, LONGEST_PAUSE_MS)
            asking.times += 1
        return requests

    def told(self, now_ms: int, peer: int, oldest: int) -> None:
        """A peer has nothing below ``oldest``. Another one is asked at once for what it was asked
        for; but only once for what it says, whatever else it says."""
        before = self._oldest.get(peer, 0)
        self._oldest[peer] = max(before, oldest)
        for key, asking in self._asking.items():
            if key[0] == "chain" and before <= key[1] < oldest:
                asking.due_ms, asking.times = now_ms, 0

    def _note_missing(self, needs: Mapping[NeedKey, Need], peers: Collection[int]) -> None:
        heights = [key[1] for key in needs if key[0] == "chain"]
        missing = None
        if heights:
            self._next_height = min(heights)
            if peers and all(self._lacks(peer, self._next_height) for peer in peers):
                missing = self._next_height
        if missing != self._missing:
            self._missing = missing
            self.on_missing(missing)

    def _lacks(self, peer: int, height: int) -> bool:
        return self._oldest.get(peer, 0) > height

    def _follow(self, now_ms: int, needs: Mapping[NeedKey, Need]) -> None:
        for key in [key for key in self._asking if key not in needs]:
            del self._asking[key]
        for key in needs:
            if key not in self._asking:
                self._asking[key] = _Asking(now_ms + GRACE_MS.get(key[0], 0))

    def _order(self, need: Need, peers: Collection[int]) -> list[int]:
        """Those named first, then everyone else, each once; last of all who lacks it, as it says.
        Batches that are missing are of about the height that is missing."""
        wished = dict.fromkeys((*need.first, *sorted(peers)))
        order = [peer for peer in wished if peer in peers and peer != self._me]
        match need.request:
            case FetchChain(height=height):
                return sorted(order, key=lambda peer: self._lacks(peer, height))
            case FetchLane():
                return sorted(order, key=lambda peer: self._lacks(peer, self._next_height))
            case _:
                return order


def _is_arriving(need: Need, arriving: Collection[bytes]) -> bool:
    return isinstance(need.request, FetchLane) and need.request.tip in arriving


class Past(Protocol):
    """The part of ``node.world.History`` that answers come from."""

    def chain_from(
        self, height: int, limit: int
    ) -> tuple[tuple[Header, ...], tuple[StateCertificate, ...]] | None:
        """See ``History``."""

    def batch(self, digest: bytes) -> bytes | None:
        """See ``History``."""

    @property
    def oldest(self) -> int:
        """See ``History``."""


class Library:
    """Answers FetchLane and FetchChain from the journal and from what was executed."""

    def __init__(self, shelf: Shelf, past: Past) -> None:
        self._shelf = shelf
        self._past = past
        self._second = 0
        self._served: dict[int, int] = {}

    def may_serve(self, peer: int, now_ms: int) -> bool:
        """Whether the peer has not used up this second's share."""
        if now_ms // 1000 != self._second:
            self._second = now_ms // 1000
            self._served.clear()
        peer = min(peer, GUESTS)  # all guests share what one member gets
        served = self._served.get(peer, 0)
        self._served[peer] = served + REQUEST_COST
        return served < SERVED_BYTES_A_SECOND

    def count(self, peer: int, size: int) -> None:
        """Note what was sent to a peer."""
        peer = min(peer, GUESTS)
        self._served[peer] = self._served.get(peer, 0) + size

    def batch(self, digest: bytes) -> bytes | None:
        """A batch's canonical bytes, wherever they are."""
        held = self._shelf.get(digest)
        return held.raw if held is not None else self._past.batch(digest)

    def lane(self, request: FetchLane, peer: int | None = None) -> list[bytes]:
        """The batches that end in the tip, above ``after``, oldest first; as many of the oldest as
        one answer may hold. Empty if the tip is not held. What was read on the way and is not in
        the answer is ``count``-ed to ``peer`` too: reading costs more than sending."""
        found: list[bytes] = []
        read = 0
        digest = request.tip
        for _ in range(LANE_WALK):
            raw = self.batch(digest)
            if raw is None:
                break
            header = header_of(raw)
            if header.author != request.lane or header.seq <= request.after:
                break
            found.append(raw)
            if len(found) > LANE_BATCHES:
                read += len(found.pop(0))
            digest = header.previous
        found.reverse()
        answer = _within(found, LANE_BYTES)
        if peer is not None:
            self.count(peer, read + sum(map(len, found[len(answer) :])))
        return answer

    def chain(self, request: FetchChain) -> ChainSent | Oldest | None:
        """Final blocks from a height on, with the certificates that prove them; or that it was let
        go of ([SYNC-4])."""
        if request.height < self._past.oldest:
            return Oldest(self._past.oldest)
        answer = self._past.chain_from(request.height, CHAIN_HEADERS)
        if answer is None:
            return None
        headers, certificates = answer
        return ChainSent(headers, certificates)


def _within(raws: list[bytes], limit: int) -> list[bytes]:
    """The first ones that together have at most ``limit`` bytes; at least one."""
    total = 0
    for place, raw in enumerate(raws):
        total += len(raw)
        if total > limit and place:
            return raws[:place]
    return raws


def _nobody(_: int | None) -> None:
    pass
