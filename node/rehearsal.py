"""A start that changes nothing: what a home's store and journal hold, as the node would take it.

Reads the journal where it lies, and of the store a copy in a temporary directory: LevelDB writes
whenever it opens. Its tables, which never change, are linked, not copied. Goes through the very
code that a start goes through, up to where a replica would speak; knows no key but its public half,
and says nothing of what to do.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from node.config import NodeHome
from node.executor import Executor
from node.inbox import Inbox
from node.journal import GENESIS, Journal
from node.signer import LocalSigner
from node.signer_look import LookingSigner
from node.store import LevelStore, StoreBroken
from node.terms import Term, Terms, makers
from node.world import Signing, World
from primitives.genesis import chain_id
from primitives.keys import ED25519

_SEGMENT: Final = re.compile(r"\A([0-9]{10})\.log\Z")
_TABLE: Final = re.compile(r"\A[0-9]+\.(?:ldb|sst)\Z")
_CURRENT: Final = "CURRENT"
_OWN: Final = frozenset({"LOCK", "LOG", "LOG.old"})


class FoundDisk:
    """``node.world.Disk`` over the segments of a directory, which it only reads."""

    def __init__(self, directory: Path) -> None:
        self._files = {
            int(name[1]): file
            for file in sorted(directory.glob("*.log"))
            if (name := _SEGMENT.match(file.name))
        }
        self.torn = 0
        """Bytes that a start would cut off."""

    def segments(self) -> Sequence[int]:
        """Numbers of the segments there are, ascending."""
        return sorted(self._files)

    def read(self, segment: int) -> bytes:
        """All bytes of a segment. Raises ``OSError``."""
        return self._files[segment].read_bytes()

    def read_at(self, segment: int, offset: int, size: int) -> bytes:
        """``size`` bytes of a segment; fewer at its end. Raises ``OSError``."""
        with self._files[segment].open("rb") as file:
            file.seek(offset)
            return file.read(size)

    def truncate(self, segment: int, size: int) -> None:
        """Only note what would be cut off."""
        self.torn = self._files[segment].stat().st_size - size

    def rotate(self) -> int:
        """Only name the segment that would be begun."""
        return max(self._files, default=0) + 1

    def append(self, data: bytes) -> None:  # noqa: ARG002 - a seam
        """Never called: nothing is said."""
        raise AssertionError("a rehearsal writes nothing")

    def sync(self, token: int) -> None:  # noqa: ARG002 - a seam
        """Never called: nothing is said."""
        raise AssertionError("a rehearsal writes nothing")

    def drop(self, segment: int) -> None:  # noqa: ARG002 - a seam
        """Never called: nothing is let go."""
        raise AssertionError("a rehearsal deletes nothing")


class _PublicHalf(NamedTuple):
    """``primitives.keys.Signer`` without its secret: it has a seat, and signs nothing."""

    public_key: bytes

    def sign(self, message: bytes) -> bytes:  # noqa: ARG002 - a seam
        """Never called."""
        raise AssertionError("a rehearsal signs nothing")


class Rehearsed(NamedTuple):
    """A start that would succeed: the first term, and how it came about."""

    term: Term
    terms: Terms
    journal: Journal


def holds_store(directory: Path) -> bool:
    """Whether there is a database; LevelDB makes a new one where there is none."""
    return (directory / _CURRENT).is_file()


@contextmanager
def copied_store(directory: Path) -> Iterator[LevelStore]:
    """The database of a directory that no process has open, as a copy that may be written.

    Raises ``StoreBroken``, or ``OSError`` if there is no room for the copy.
    """
    with tempfile.TemporaryDirectory(prefix="liqbon-doctor-") as temporary:
        copy = Path(temporary) / "data"
        copy.mkdir(mode=0o700)
        for file in directory.iterdir() if directory.is_dir() else ():
            if _TABLE.match(file.name):
                (copy / file.name).symlink_to(file.absolute())
            elif file.is_file() and file.name not in _OWN:
                shutil.copyfile(file, copy / file.name)
        try:
            store = LevelStore.open(copy)
            try:
                yield store
            finally:
                store.close()
        except StoreBroken as error:
            raise StoreBroken(error.reason.replace(str(copy), str(directory))) from None


def own_signer(home: NodeHome, public_keys: Sequence[bytes]) -> LocalSigner:
    """A signer within the node, of whose keys only the public halves are known."""
    return LocalSigner(chain_id(home.genesis), [_PublicHalf(key) for key in public_keys])


def rehearse(
    home: NodeHome, executor: Executor, disk: FoundDisk, signer: LocalSigner | LookingSigner
) -> Rehearsed:
    """Take up the journal over an executor's store. Raises ``journal.Damaged``, ``guard.Refused``,
    ``signer_look.Unanswered`` or ``OSError``."""
    chain = chain_id(home.genesis)
    nobody = cast("Any", None)
    signing = cast("Signing", signer)  # a rehearsal asks for no signature
    world = World(disk, nobody, nobody, nobody, signing, nobody, nobody, executor, nobody)
    journal = Journal(disk, chain)
    terms = Terms(makers(home.genesis, ED25519), world, journal, Inbox())
    return Rehearsed(terms.first(), terms, journal)


def read_alone(home: NodeHome, disk: FoundDisk) -> Journal:
    """The journal without a store. Raises ``journal.Damaged`` or ``OSError``."""
    journal = Journal(disk, chain_id(home.genesis))
    journal.recover(GENESIS)
    return journal
