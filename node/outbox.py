"""What leaves a node, and to whom. Knows who is connected; decides nothing.

Members hear everything that is said to all. Guests get nothing unasked but where this node stands
and the newest pulse: then they ask ([EPOCH-6]).
"""

from __future__ import annotations

from collections.abc import Callable

from consensus.effects import Send, SendBatches
from consensus.messages import BatchSent, BeatCertified, Status
from node.guests import is_guest
from node.world import Network
from primitives.certificate import BeatCertificate
from primitives.encoding import encode


class Outbox:
    """Sends to one peer, to all members, or to all guests."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._peers: dict[int, None] = {}
        self._told_beat: BeatCertificate | None = None

    @property
    def peers(self) -> tuple[int, ...]:
        """Who is connected, members and guests."""
        return tuple(self._peers)

    def connected(self, peer: int) -> None:
        """A connection stands."""
        self._peers[peer] = None

    def disconnected(self, peer: int) -> None:
        """It is gone."""
        self._peers.pop(peer, None)

    def clear(self) -> None:
        """Another epoch: whoever is connected has another handle there."""
        self._peers.clear()

    def batches(self, send: SendBatches, held: Callable[[bytes], bytes | None]) -> None:
        """Those that are here, by digest."""
        for digest in send.digests:
            raw = held(digest)
            if raw is not None:
                self.frame(send.to, encode(BatchSent(raw)))

    def say(self, send: Send) -> None:
        """To one, or to all members; where this node stands, to guests as well."""
        frame = encode(send.message)
        self.frame(send.to, frame)
        if send.to is None and isinstance(send.message, Status):
            self._to_guests(frame)

    def frame(self, to: int | None, frame: bytes) -> None:
        """A frame to one peer, or (None) to every member."""
        members = [peer for peer in self._peers if not is_guest(peer)]
        for peer in members if to is None else [to]:
            self._network.send(peer, frame)

    def certified(self, status: Status) -> None:
        """A height is certified: guests may ask for it."""
        self._to_guests(encode(status))

    def pulse(self, beat: BeatCertificate | None, status: Callable[[], Status]) -> None:
        """Pass the newest beat on to guests, once, with where this node stands: one that is behind
        may stand in another epoch, to which the beat says nothing."""
        if beat is not None and beat is not self._told_beat:
            self._told_beat = beat
            for message in (BeatCertified(beat), status()):
                self._to_guests(encode(message))

    def _to_guests(self, frame: bytes) -> None:
        for peer in [peer for peer in self._peers if is_guest(peer)]:
            self._network.send(peer, frame)
