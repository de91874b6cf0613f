"""Which trie keeps the state's hashes in this process. Knows what is installed; not what is hashed.

The rule is that of docs/spec/trees.md, and so is every root and proof. ``liqbon_native`` keeps the
same trie in a quarter of the time and half of the memory; where it is not installed, that is
``primitives.trie``'s reference. The choice is made here and not in ``primitives``, so that what
nodes must agree on does not depend on what a machine has installed.
"""

from __future__ import annotations

from typing import Final

from primitives.trie import ReferenceTrie, Trie
from shell.native import LIBRARY

EMPTY_TRIE: Final[Trie] = LIBRARY.Trie() if LIBRARY else ReferenceTrie()
"""What every tree of this process starts from; it never changes."""
SLICE: Final = 512 if LIBRARY else 128
"""Changed keys that are hashed in one or two milliseconds."""
