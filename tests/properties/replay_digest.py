"""Prints the digest of all that a fixed random history wrote: changes, receipts, skips, state.

`python -m tests.properties.replay_digest`; run by test_replay.py under several PYTHONHASHSEEDs.
"""

import random
from hashlib import sha256

from primitives.encoding import encode
from primitives.statetree import StateTree
from tests.properties.histories import History

STEPS = 400


def digest() -> str:
    """64 hex digits."""
    chance = random.Random(7)
    history = History()
    hasher = sha256()
    for _ in range(STEPS):
        history.take((chance.randrange(256), *(chance.randrange(256) for _ in range(3))))
        result = history.ledger.last
        assert result is not None
        skipped = [(int(skip), count) for skip, count in result.skipped.items()]
        hasher.update(encode([result.changes, result.receipts, skipped, result.next_due_ms]))
    tree = StateTree()
    tree.load(history.ledger.state.items())
    hasher.update(tree.root)
    return hasher.hexdigest()


if __name__ == "__main__":
    print(digest())
