"""Which consensus keys have had their time. Knows whose seats the ledger names; signs nothing.

There is no stake to lose here, so an old key that still exists is what could write another past: a
key that had a seat, has none and will have none is destroyed ([EPOCH-7]).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import structlog

from contracts import membership
from contracts.state import State
from node.executor import Executor
from primitives.certificate import StateCertificate
from shell.errors import CommandError

log = structlog.get_logger(__name__)


def spent(executor: Executor, keys: Collection[bytes]) -> list[bytes]:
    """Which keys had a seat in an epoch that is over, and have none now or later ([EPOCH-7])."""
    epoch = executor.epoch
    ahead = membership.of(State(executor.state)).members
    seats = (*epoch.members, *epoch.following)
    needed = {seat.key for seat in seats} | {member.key for member in ahead}
    over = [executor.archive.epoch(number) for number in range(epoch.number)]
    used = {member.key for each in over if each is not None for member in each.members}
    return [key for key in keys if key in used and key not in needed]


class KeyStore(Protocol):
    """Where keys are: files of the home, or a signer that has them."""

    def public_keys(self) -> Sequence[bytes]:
        """Their public halves. Raises ``CommandError``."""

    def destroy(self, public: bytes) -> None:
        """Delete one for good. Raises ``CommandError`` or ``OSError``."""


class Retirement:
    """Destroys spent keys once the present epoch has a certificate; a follower of the executor.

    ``drop`` is told of each, so that memory keeps it no longer than the disk."""

    def __init__(self, keys: KeyStore, executor: Executor, drop: Callable[[bytes], None]) -> None:
        self._keys = keys
        self._executor = executor
        self._drop = drop
        self._epoch = -1

    def executed(self, block: object) -> None:
        """Nothing yet: the members of the epoch before may still be needed."""

    def certified(self, certificate: StateCertificate) -> None:
        """The first one of an epoch ends the time of the keys before."""
        epoch = certificate.attestation.epoch
        if epoch <= self._epoch or epoch != self._executor.epoch.number:
            return
        self._epoch = epoch
        try:
            self._destroy()
        except (CommandError, OSError) as error:  # no reason to stop a validator
            log.error("spent consensus keys are not destroyed: do it by hand", reason=str(error))  # noqa: TRY400 - the sentence says it all

    def _destroy(self) -> None:
        """Raises ``CommandError`` for a file that is no key's, or a signer that does not answer;
        ``OSError`` for a file that stays."""
        for key in spent(self._executor, self._keys.public_keys()):
            self._drop(key)
            self._keys.destroy(key)
            log.info("consensus key destroyed: it has no seat any more", key=key.hex())
