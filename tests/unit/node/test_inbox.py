"""What waits for a turn: a share for each peer, and nobody crowds out another ([MSG-3])."""

from __future__ import annotations

from consensus.inputs import Woken
from consensus.messages import FetchChain
from node.inbox import PEER_BYTES, PEER_MESSAGES, Inbox


def taken(inbox: Inbox) -> list[int]:
    """Whose messages come, in order."""
    peers = []
    while inbox:
        event = inbox.take()
        assert isinstance(event, tuple)
        peers.append(event[0])
    return peers


def test_peers_are_heard_in_rotation() -> None:
    """[MSG-3] However much one of them says."""
    inbox = Inbox()
    for _ in range(5):
        inbox.offer(1, FetchChain(1), 10)
    for peer in (2, 3):
        inbox.offer(peer, FetchChain(1), 10)
    assert taken(inbox) == [1, 2, 3, 1, 1, 1, 1]


def test_a_share_is_bounded_in_messages_and_in_bytes() -> None:
    """[MSG-3] What is beyond it is dropped, and there is room again once something was taken."""
    for most, size in ((PEER_MESSAGES, 1), (4, PEER_BYTES // 4)):
        inbox = Inbox()
        assert all(inbox.offer(1, FetchChain(1), size) for _ in range(most))
        assert not inbox.offer(1, FetchChain(1), size)
        assert inbox.offer(2, FetchChain(1), size), "another's share is its own"
        assert inbox.dropped == 1
        inbox.take()
        assert inbox.offer(1, FetchChain(1), size)


def test_what_the_node_says_to_itself_comes_first() -> None:
    inbox = Inbox()
    inbox.offer(1, FetchChain(1), 10)
    inbox.put(Woken())
    assert isinstance(inbox.take(), Woken)
    assert taken(inbox) == [1]
