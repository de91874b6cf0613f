"""What waits for the replica's next turn. Knows bounds and whose turn it is; no contents.

Inputs of the node itself (its own messages, timers, outcomes, client transactions) always fit: the
node makes them no faster than it takes turns. A peer has a bounded share and is dropped beyond it,
as on a lossy wire; peers are drawn from in rotation, so that none can crowd out another ([MSG-3]).
"""

from __future__ import annotations

from collections import deque
from typing import Final

from consensus.inputs import Input
from consensus.messages import Message

PEER_MESSAGES: Final = 1024
PEER_BYTES: Final = 8 * 1024 * 1024


class _Share:
    """One peer's waiting messages, with the size of each frame."""

    __slots__ = ("bytes", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[tuple[Message, int]] = deque()
        self.bytes = 0


class Inbox:
    """Own inputs first; then peers' messages, in rotation."""

    def __init__(self) -> None:
        self._own: deque[Input] = deque()
        self._shares: dict[int, _Share] = {}
        self._rotation: deque[int] = deque()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._own) + sum(len(share.waiting) for share in self._shares.values())

    def __bool__(self) -> bool:
        return bool(self._own or self._rotation)

    def put(self, event: Input) -> None:
        """Add an input of the node itself."""
        self._own.append(event)

    def offer(self, peer: int, message: Message, size: int) -> bool:
        """Add a peer's message of ``size`` bytes; False if its share is full."""
        share = self._shares.setdefault(peer, _Share())
        if len(share.waiting) >= PEER_MESSAGES or share.bytes + size > PEER_BYTES:
            self.dropped += 1
            return False
        if not share.waiting:
            self._rotation.append(peer)
        share.waiting.append((message, size))
        share.bytes += size
        return True

    def take(self) -> Input | tuple[int, Message]:
        """The next input, or the next message with its sender. Not to be called when empty."""
        if self._own:
            return self._own.popleft()
        peer = self._rotation.popleft()
        share = self._shares[peer]
        message, size = share.waiting.popleft()
        share.bytes -= size
        if share.waiting:
            self._rotation.append(peer)
        return peer, message

    def clear(self) -> None:
        """Drop everything: it belonged to an epoch that is over."""
        self._own.clear()
        self._shares.clear()
        self._rotation.clear()

    def forget(self, peer: int) -> None:
        """A peer is gone: so is what it said last."""
        if self._shares.pop(peer, None) is not None and peer in self._rotation:
            self._rotation.remove(peer)
