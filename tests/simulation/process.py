"""One life of a validator, from start to crash: a real replica over simulated seams.

Knows how the parts of a node meet; decides nothing. After ``die`` nothing that was under way
reaches the replica any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import Protocol

from consensus.inputs import Executed
from node.executor import ExecutedBlock, Executor
from node.guard import Guard
from node.journal import Journal
from node.pruning import Pruner
from node.replica import Replica
from node.signer import Answers, LocalSigner
from node.terms import makers
from node.world import CannotExecute, Misbehaviour, Signing, World
from primitives.batch import Batch
from primitives.block import Header
from primitives.certificate import StateCertificate
from primitives.evidence import Evidence, batch_fault
from primitives.genesis import Genesis, chain_id
from primitives.keys import Signer
from primitives.transaction import Decoded, decode_signed
from primitives.validators import ValidatorSet
from tests.builders import raw
from tests.simulation.keys import Keys
from tests.simulation.machine import Machine

SEAL_MS = 25
MOST_SEALED = 8
MOST_KEYS = 5
"""A partner's first one, and as many as a plan has turns, should all of them be its own."""
AWAY_MS = 200
_DONE = object()


def key_names(partner: str) -> list[str]:
    """Of a partner's consensus keys, in the order in which it uses them."""
    first = f"consensus of {partner}"
    return [first, *(f"{first}, no. {number}" for number in range(2, MOST_KEYS + 1))]


class BoundSigning(Signing, Protocol):
    """A signer that is told whom to answer."""

    def bind(self, asker: Answers) -> None:
        """Name who is answered."""


class Setting:
    """What every process of a run shares: the chain, the keys, verdicts on batches."""

    def __init__(self, genesis: Genesis, members: ValidatorSet, keys: Keys) -> None:
        self.genesis = genesis
        self.chain = chain_id(genesis)
        self.epochs = {0: members}
        """The members of every epoch that anyone entered."""
        self.keys = keys
        self.guard: Callable[[int], Guard] = Guard
        self.signing: Callable[[Process], BoundSigning] = _own_signer
        """Makes the signer of a process: in it, unless a run says otherwise."""
        self._faults: dict[bytes, str | None] = {}

    def fault(self, digest: bytes, batch: Batch) -> str | None:
        """``batch_fault``, worked out once: it is a function of the bytes."""
        if digest not in self._faults:
            self._faults[digest] = batch_fault(self.chain, self.keys.scheme, batch)
        return self._faults[digest]

    def signers(self, partner: str) -> list[Signer]:
        """The consensus keys that a partner ever uses: that of genesis, then those it announces."""
        return [self.keys.signer(name) for name in key_names(partner)]


class Witness(Protocol):
    """Who watches a process: the cluster, for its checkers."""

    def enter(self, process: Process, call: Callable[[], None]) -> None:
        """Run a call into the process, if it lives."""

    def sent(self, machine: Machine, peer: int, frame: bytes) -> None:
        """A frame leaves."""

    def executed(self, machine: Machine, block: ExecutedBlock) -> None:
        """A height was executed."""

    def misbehaved(self, machine: Machine, blame: Misbehaviour) -> None:
        """A peer was blamed."""

    def accused(self, machine: Machine, evidence: Evidence) -> None:
        """A member was accused."""

    def halted(self, machine: Machine, reason: str) -> None:
        """The replica signs nothing more."""

    def entered(self, process: Process, members: ValidatorSet) -> None:
        """A process stands in an epoch."""

    def kept_for_all(self) -> int:
        """The height up to which one who keeps everything has it on its disk."""


class Process:
    """The seams of one replica, and what a node does around it: sealing, executing, flushing."""

    def __init__(self, machine: Machine, setting: Setting, witness: Witness) -> None:
        self.machine = machine
        self.alive = True
        self.setting = setting
        self._witness = witness
        self._pool: deque[Decoded] = deque()
        self._pool_timer = False
        self._timer = 0
        self.connected: dict[int, int] = {}
        """Endpoints that it thinks it is connected with, and the handle of each."""
        self.has_entered = False
        self.executor = Executor.open(machine.store, setting.genesis)
        self.executor.followers.append(self)
        self._pruner = Pruner.open(self.executor, machine.keep_ms)
        self._pruning: Generator[None, None, None] | None = None
        machine.loop.after(1, lambda: witness.enter(self, self._tidy))
        self.executor.knows = machine.knows
        self.replica = self._replica()

    def _replica(self) -> Replica:
        setting, machine = self.setting, self.machine
        signing = setting.signing(self)
        journal = Journal(machine.disk, setting.chain, machine.segment_bytes)
        world = World(machine.disk, self, machine, self, signing, self, self, self.executor, self)
        replica = Replica(makers(setting.genesis, setting.keys.scheme), world, journal)
        machine.disk.answer = self._synced
        signing.bind(replica)
        return replica

    def die(self) -> None:
        """Be gone, mid-sentence."""
        self.alive = False

    def later(self, delay: tuple[int, int], call: Callable[[], None]) -> None:
        """Call after a delay, unless this process has died by then."""
        machine = self.machine
        delay_ms = machine.rng.randint(*delay)
        machine.loop.after(delay_ms, lambda: self._witness.enter(self, call))

    def _synced(self, token: int) -> None:
        self._witness.enter(self, lambda: self.replica.on_synced(token))

    # -- Network, Timers -------------------------------------------------------------------------

    def send(self, peer: int, frame: bytes) -> None:
        self._witness.sent(self.machine, peer, frame)

    def wake_at(self, at_ms: int | None) -> None:
        self._timer += 1
        if at_ms is not None:
            mine, delay = self._timer, at_ms - self.machine.now_ms()
            self.later((delay, delay + 1), lambda: self._wake(mine))

    def _wake(self, timer: int) -> None:
        if timer == self._timer:
            self.replica.on_timer()

    # -- BatchChecker, Execution -----------------------------------------------------------------

    def check(self, raw: bytes, batch: Batch, digest: bytes, sender: int) -> None:
        fault = self.setting.fault(digest, batch)
        self.later(self.machine.pace.check, lambda: self.replica.on_batch_checked(digest, fault))

    def execute(
        self, header: Header, digest: bytes, batches: tuple[tuple[int, Batch], ...]
    ) -> None:
        def done() -> None:
            try:
                executed = _finished(self.executor.execute(header, digest, batches))
            except CannotExecute as error:
                self.replica.on_unexecutable(error)
                return
            if self.executor.height % self.machine.flush_every == 0:
                self.executor.flush()
            self.replica.on_executed(executed)
            self._tidy()

        self.later(self.machine.pace.execute, done)

    def _tidy(self) -> None:
        """Let go of what is old, if anything is."""
        if self._pruning is None and self._pruner.is_due():
            self._pruning = self._pruner.run()
            self._prune()

    def _prune(self) -> None:
        """A slice at a time, at most one height, between other turns; a crash may come between any
        two. What a node keeps is meant to outlast the absence of those who keep more, and is too
        short here for that: so it waits for them."""
        assert self._pruning is not None
        delay_ms = self.machine.pruning_rng.randint(0, 40)
        if self.executor.oldest >= self._witness.kept_for_all():
            delay_ms += AWAY_MS
        elif next(self._pruning, _DONE) is _DONE:
            self._pruning = None
            return
        self.machine.loop.after(delay_ms, lambda: self._witness.enter(self, self._prune))

    def certify(self, certificate: StateCertificate) -> None:
        self.executor.certify(certificate)

    # -- Watcher, Follower -----------------------------------------------------------------------

    def misbehaved(self, blame: Misbehaviour) -> None:
        self._witness.misbehaved(self.machine, blame)

    def accused(self, evidence: Evidence) -> None:
        self._witness.accused(self.machine, evidence)

    def halted(self, reason: str) -> None:
        self._witness.halted(self.machine, reason)

    def history_missing(self, height: int | None) -> None:
        pass

    def entered(self, members: ValidatorSet, me: int | None) -> None:
        self._witness.entered(self, members)

    def orphaned(self, transactions: tuple[bytes, ...]) -> None:
        chain = self.setting.chain
        again = [decode_signed(contents, chain) for contents in transactions]
        self.later((0, 5), lambda: self._submit_again(again))

    def _submit_again(self, transactions: list[Decoded]) -> None:
        for transaction in transactions:
            self.submit(transaction)

    def executed(self, block: ExecutedBlock) -> None:
        self._witness.executed(self.machine, block)

    def certified(self, certificate: StateCertificate) -> None:
        pass

    # -- clients ---------------------------------------------------------------------------------

    def submit(self, transaction: Decoded) -> None:
        """Take a transaction in; it is in memory alone until it is sealed."""
        self._pool.append(transaction)
        self._seal()

    def _seal(self) -> None:
        replica = self.replica
        if replica.me is None:
            self._pool.clear()  # whoever brought it goes elsewhere
        is_idle = replica.engine.lane_is_idle()
        if self._pool and replica.can_seal() and (is_idle or len(self._pool) > 2):
            count = min(len(self._pool), MOST_SEALED)
            sealed = [self._pool.popleft() for _ in range(count)]
            weight = sum(transaction.weight for transaction in sealed)
            replica.seal(tuple(raw(transaction) for transaction in sealed), weight)
        if self._pool and not self._pool_timer:
            self._pool_timer = True
            self.later((SEAL_MS, SEAL_MS), self._seal_again)

    def _seal_again(self) -> None:
        self._pool_timer = False
        self._seal()


def _own_signer(process: Process) -> BoundSigning:
    setting = process.setting
    return LocalSigner(setting.chain, setting.signers(process.machine.partner), setting.guard)


def _finished(steps: Generator[None, None, Executed]) -> Executed:
    """The outcome of a block, carried out without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            outcome: Executed = done.value
            return outcome
