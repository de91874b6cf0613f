"""Peers that are no members of this epoch, or stand in another. Knows what they may say and get.

A guest is anonymous, and what it says counts as nobody's word: it may ask, and it may answer with
what proves itself ([EPOCH-6]). Whoever stands behind, in an earlier epoch or as an observer, is
told where this node stands and given the next certificates that it lacks.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from consensus.messages import (
    Attested,
    Beating,
    Message,
    Propose,
    StateCertified,
    Status,
    Voted,
    epoch_of,
)
from node.world import GUESTS, History

MOST_HELPED: Final = 8
"""State certificates given at once."""
MOST_REMEMBERED: Final = 256

_MEMBERS_WORD: Final = (Propose, Voted, Attested, Beating)


def is_guest(peer: int) -> bool:
    """Whether a handle is a guest's."""
    return peer >= GUESTS


class Guests:
    """What is taken from, and given to, peers of other epochs and none."""

    def __init__(self, epoch: int, history: History, pause_ms: int) -> None:
        self._epoch = epoch
        self._history = history
        self._pause_ms = pause_ms
        self._helped: OrderedDict[int, int] = OrderedDict()

    def takes(self, peer: int, message: Message) -> bool:
        """Whether the engine should see it: it is of this epoch, or of none, and a guest's only if
        it proves itself. Where a peer stands is always heard."""
        if isinstance(message, Status):
            return True
        if epoch_of(message) not in (None, self._epoch):
            return False
        return not (is_guest(peer) and isinstance(message, _MEMBERS_WORD))

    def help(self, now_ms: int, peer: int, status: Status, mine: Status) -> list[Message]:
        """What a peer gets that is no member of this epoch and stands behind; not too often."""
        if status.epoch == self._epoch and not is_guest(peer):
            return []  # the engine knows its members
        theirs = (status.epoch, status.certified_height)
        if theirs >= (mine.epoch, mine.certified_height) or self._was_helped(now_ms, peer):
            return []
        first = status.certified_height + 1
        last = min(first + MOST_HELPED - 1, mine.certified_height)
        found = [self._history.certificate_of(height) for height in range(first, last + 1)]
        known = [c for c in found if c is not None and c.attestation.epoch == status.epoch]
        return [mine, *(StateCertified(certificate) for certificate in known)]

    def _was_helped(self, now_ms: int, peer: int) -> bool:
        if now_ms - self._helped.get(peer, -self._pause_ms) < self._pause_ms:
            return True
        self._helped[peer] = now_ms
        self._helped.move_to_end(peer)
        if len(self._helped) > MOST_REMEMBERED:
            self._helped.popitem(last=False)
        return False
