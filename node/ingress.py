"""The door: which client transactions are taken in, and what is told to those who wait for them.

Knows form, the dry run and bounds; signatures are checked by whoever it asks, sealing and order are
decided elsewhere. What is refused is refused here, with its code, and never in a block:
too much is told with 429 (this sender) or 503 (this node), and when to come back.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, unique
from typing import Final, NamedTuple, Protocol

from node import stages
from node.admission import Trial
from node.archive import Recent
from node.executor import ExecutedBlock, Executor
from node.fairness import Item
from node.pending import (
    MAX_BYTES,
    MAX_COUNT,
    MAX_NEWCOMERS,
    MAX_PER_NEWCOMER,
    MAX_PER_PARTNER,
    MAX_PER_SENDER,
    PendingPool,
    Settled,
    Taken,
    Waiter,
    claimed_from,
)
from node.sealing import Lane, Sealer, standing_of
from node.world import Clock
from primitives.certificate import StateCertificate
from primitives.encoding import Malformed, encode
from primitives.receipt import Outcome, Skip
from primitives.transaction import Decoded, decode_signed
from shell.signature_pool import PoolFailed, PoolFull

REMEMBERED_SKIPS: Final = 1_024
"""Skipped transactions whose reason is still told; 32 MiB at the very most."""
WAITED_HEIGHTS: Final = 1_024
"""Executed heights whose certificates are waited for."""
SLICE: Final = 128
"""Transactions that are taken in between two turns of the loop: some milliseconds."""
SWEEP_MS: Final = 1_000
"""Attested time between two looks for what expired."""
_UNCHECKED: Final = "unchecked"
"""Stands where a verdict would: nobody had time to check the signatures."""


@unique
class Blame(Enum):
    """What kind of refusal it is; the value is what HTTP calls it."""

    REFUSED = 422
    KNOWN = 409
    SENDER_BUSY = 429
    NODE_BUSY = 503


class Refusal(Exception):
    """A transaction was not taken in. ``code`` is stable; ``id`` is None if it has none."""

    def __init__(self, blame: Blame, code: str, detail: str = "", id_: bytes | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.blame = blame
        self.code = code
        self.detail = detail
        self.id = id_


class SignatureChecks(Protocol):
    """Checks transactions' form and signatures, in other processes."""

    async def check_transactions(self, raws: Sequence[bytes]) -> list[str | None]:
        """One verdict each, in order: None if sound, else a stable code."""


class SkippedHere(NamedTuple):
    """A transaction of which no receipt came, and the ``Skip`` that says why."""

    decoded: Decoded
    code: str


class Door(NamedTuple):
    """What an ingress stands between. ``me`` is the own lane's index, None for an observer, which
    takes nothing in; ``own`` is the code of the partner who runs this node, None for nobody's."""

    executor: Executor
    lane: Lane
    checks: SignatureChecks
    clock: Clock
    me: int | None
    own: str | None


class Ingress:
    """Takes transactions in and seals them; a ``Follower`` of the executor. One event loop's."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._favoured = self._speakers()
        self._pool = PendingPool()
        self._most_weight = door.executor.genesis.parameters.lane_weight
        self._sealer = Sealer(door.lane, self._most_weight, self._is_pending)
        self._checking = 0
        self._skipped: Recent[bytes, SkippedHere] = Recent(REMEMBERED_SKIPS)
        self._waiting: dict[int, list[Waiter]] = {}
        self._taken_s: dict[int, list[float]] = {}
        self._swept_ms = 0
        self.accepted = 0
        self.refused: Counter[str] = Counter()
        self.on_final: Callable[[float], None] = _ignore
        """Is told of each transaction how long it took from the door to its certificate."""

    # --- epochs ---------------------------------------------------------------------------------

    def enter(self, me: int | None, own: str | None) -> None:
        """An epoch began, in which the own lane is that of ``me``; None: there is none. ``own`` is
        the code of the partner who runs this node.

        What is pending here, in batches that were not ordered too, is to be sealed again; without
        a lane nobody will order it here, and whoever waits learns nothing.
        """
        self._door = self._door._replace(me=me, own=own)
        self._favoured = self._speakers()
        self._sealer.clear()
        trial = self._trial()
        for id_ in self._pool.ids():
            if trial is None:
                taken = self._pool.remove(id_)
                assert taken is not None
                _settle(taken.waiters, None)
            else:
                self._push(id_, trial)
        asyncio.get_running_loop().call_soon(self.poke)

    async def take_back(self, raws: Sequence[bytes]) -> None:
        """Transactions that were sealed here before, and may not be ordered: those that are neither
        pending nor executed are taken in again, as far as they still can be carried out."""
        await self._take_in(raws)

    def _push(self, id_: bytes, trial: Trial) -> None:
        taken = self._pool.get(id_)
        assert taken is not None, id_.hex()
        decoded = taken.decoded
        item = Item(id_, encode(decoded.signed), decoded.weight)
        account = trial.account(decoded.transaction.sender)
        self._sealer.push(item, standing_of(decoded.transaction, account, self._favoured))

    # --- taking in ------------------------------------------------------------------------------

    async def submit(self, raw: bytes) -> bytes:
        """Take in one transaction: its 32-byte id. Raises ``Refusal``."""
        [outcome] = await self.submit_many([raw])
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    async def submit_many(self, raws: Sequence[bytes]) -> list[bytes | Refusal]:
        """Take in transactions, in order: an id or a refusal for each."""
        outcomes = await self._take_in(raws)
        self.refused.update(o.code for o in outcomes if isinstance(o, Refusal))
        return outcomes

    async def _take_in(self, raws: Sequence[bytes]) -> list[bytes | Refusal]:
        """In slices, so that a bulk submission holds up neither the loop nor its own first ones."""
        outcomes: list[bytes | Refusal] = []
        for start in range(0, len(raws), SLICE):
            outcomes += await self._submit_slice(raws[start : start + SLICE])
        return outcomes

    async def _submit_slice(self, raws: Sequence[bytes]) -> list[bytes | Refusal]:
        outcomes: list[bytes | Refusal] = []
        sound: list[tuple[int, bytes, Decoded]] = []
        with stages.INGRESS:
            for place, raw in enumerate(raws):
                formed = self._formed(raw, len(sound))
                if isinstance(formed, Refusal):
                    outcomes.append(formed)
                else:
                    outcomes.append(formed.id)
                    sound.append((place, raw, formed))
        faults = await self._faults(sound)
        with stages.INGRESS:
            trial, now_s = self._trial(), asyncio.get_running_loop().time()
            for (place, raw, decoded), fault in zip(sound, faults, strict=True):
                if fault == _UNCHECKED:
                    detail = "too much waits for its signature check"
                    outcomes[place] = Refusal(Blame.NODE_BUSY, "node_busy", detail, decoded.id)
                elif fault is not None:
                    outcomes[place] = Refusal(Blame.REFUSED, fault, "", decoded.id)
                elif trial is None:
                    outcomes[place] = _orders_nothing(decoded.id)
                else:
                    outcomes[place] = self._admit(raw, decoded, trial, now_s)
            self.poke()
        return outcomes

    def _formed(self, raw: bytes, before: int) -> Decoded | Refusal:
        """Everything that needs neither a signature check nor the ledger."""
        if self._door.me is None:
            return _orders_nothing()
        try:
            decoded = decode_signed(raw, self._door.executor.chain)
        except Malformed as error:
            return Refusal(Blame.REFUSED, error.code, error.detail)
        if decoded.weight > self._most_weight:
            detail = f"weight {decoded.weight}, a block takes {self._most_weight} of a lane"
            return Refusal(Blame.REFUSED, "too_heavy", detail, decoded.id)
        return self._known(decoded) or self._full(decoded, before) or decoded

    def _known(self, decoded: Decoded) -> Refusal | None:
        id_ = decoded.id
        if self._pool.get(id_) is not None:
            return Refusal(Blame.KNOWN, "already_pending", "it is on its way", id_)
        transaction = decoded.transaction
        following = self._door.executor.next_sequence(transaction.sender, transaction.channel)
        # What has a receipt has used its sequence ([LEDGER-13]): the rest is not looked for.
        if transaction.sequence < following and self.is_executed(id_):
            return Refusal(Blame.KNOWN, "already_executed", "it has a receipt", id_)
        return None

    def _full(self, decoded: Decoded, before: int) -> Refusal | None:
        sender = decoded.transaction.sender
        count = len(self._pool) + self._checking + before
        if count >= MAX_COUNT or self._pool.size >= MAX_BYTES:
            return Refusal(Blame.NODE_BUSY, "node_busy", "too much is pending here", decoded.id)
        most = MAX_PER_PARTNER if sender in self._favoured else MAX_PER_SENDER
        if self._is_newcomer(decoded):
            most = MAX_PER_NEWCOMER
            if self._pool.newcomers >= MAX_NEWCOMERS:
                detail = "too many first claims are pending here"
                return Refusal(Blame.NODE_BUSY, "node_busy", detail, decoded.id)
        if self._pool.count_of(sender) >= most:
            detail = f"{most} of this sender are pending"
            return Refusal(Blame.SENDER_BUSY, "sender_busy", detail, decoded.id)
        return None

    async def _faults(self, sound: Sequence[tuple[int, bytes, Decoded]]) -> list[str | None]:
        if not sound:
            return []
        self._checking += len(sound)
        try:
            return await self._door.checks.check_transactions([raw for _, raw, _ in sound])
        except (PoolFull, PoolFailed):
            return [_UNCHECKED] * len(sound)
        finally:
            self._checking -= len(sound)

    def _trial(self) -> Trial | None:
        """Dry runs until the loop's next turn; None where the node lost its lane meanwhile."""
        door = self._door
        return None if door.me is None else door.executor.trial(door.me, door.clock.now_ms())

    def _admit(self, raw: bytes, decoded: Decoded, trial: Trial, now_s: float) -> bytes | Refusal:
        """The dry run, after which it is this node's word that the transaction will be ordered."""
        refusal = self._full(decoded, 0) or self._judged(decoded, trial)
        if refusal is not None:
            # What is known has its sequence taken: it never comes past the dry run.
            return self._known(decoded) or refusal
        transaction = decoded.transaction
        account = trial.account(transaction.sender)
        is_newcomer = account is None and claimed_from(transaction) is not None
        self._pool.add(Taken(decoded, now_s, is_newcomer=is_newcomer))
        item = Item(decoded.id, raw, decoded.weight)
        self._sealer.push(item, standing_of(transaction, account, self._favoured))
        self.accepted += 1
        return decoded.id

    def _is_newcomer(self, decoded: Decoded) -> bool:
        """Whether its sender has no record, and it is what could give it one."""
        transaction = decoded.transaction
        if claimed_from(transaction) is None:
            return False
        return not self._door.executor.has_record(transaction.sender)

    def _judged(self, decoded: Decoded, trial: Trial) -> Refusal | None:
        transaction = decoded.transaction
        if self._pool.holder(transaction) is not None:
            detail = f"another transaction of sequence {transaction.sequence} is pending"
            return Refusal(Blame.REFUSED, "sequence_pending", detail, decoded.id)
        outcome = trial.judge(decoded, self._pool.before(transaction))
        if outcome == Outcome.DONE:
            return None
        detail = ""
        if outcome in (Skip.SEQUENCE_EARLY, Skip.SEQUENCE_STALE):
            detail = f"sequence {transaction.sequence}, this channel's next is "
            detail += str(self.next_sequence(transaction.sender, transaction.channel))
        return Refusal(Blame.REFUSED, outcome.text, detail, decoded.id)

    # --- asking ---------------------------------------------------------------------------------

    @property
    def pending_count(self) -> int:
        """Transactions taken in and not yet executed."""
        return len(self._pool)

    @property
    def batches(self) -> int:
        """Batches sealed since the start."""
        return self._sealer.batches

    @property
    def queued(self) -> int:
        """Of them, those not sealed yet."""
        return self._sealer.count

    def pending(self, id_: bytes) -> Decoded | None:
        """A transaction that was taken in and is not executed yet."""
        taken = self._pool.get(id_)
        return None if taken is None else taken.decoded

    def skipped(self, id_: bytes) -> SkippedHere | None:
        """A transaction that was taken in here lately and came to nothing, and why."""
        return self._skipped.get(id_, lambda _: None)

    def is_executed(self, id_: bytes) -> bool:
        """Whether a transaction has a receipt."""
        return self._door.executor.place_of(id_) is not None

    def next_sequence(self, account: bytes, channel: int) -> int:
        """The sequence that a channel's next transaction needs, after what is pending here."""
        executed = self._door.executor.next_sequence(account, channel)
        return max(executed, self._pool.next_sequence(account, channel) or 0)

    async def wait(self, id_: bytes, timeout_s: float) -> Settled | None:
        """What became of a transaction that is pending or executed; None at the time limit."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        taken = self._pool.get(id_)
        place = self._door.executor.place_of(id_)
        if taken is not None:
            taken.waiters.append(waiter)
        elif place is None:
            return None
        elif self._door.executor.certificate_of(place.height) is not None:
            return Settled(place.height, None)
        else:
            self._waiting.setdefault(place.height, []).append(waiter)
        try:
            return await asyncio.wait_for(waiter, timeout_s)
        except TimeoutError:
            return None

    def poke(self) -> None:
        """The lane may be idle, or have room, now: the driver says so after each turn."""
        self._sealer.poke()

    def close(self) -> None:
        """Seal nothing more; whoever waits learns nothing."""
        self._sealer.clear()
        for waiters in self._waiting.values():
            _settle(waiters, None)
        for id_ in self._pool.ids():
            taken = self._pool.remove(id_)
            assert taken is not None
            _settle(taken.waiters, None)

    # --- following ------------------------------------------------------------------------------

    def executed(self, block: ExecutedBlock) -> None:
        """Transactions with a receipt wait for its certificate; skipped ones are settled now."""
        with stages.INGRESS:
            self._executed(block)

    def _executed(self, block: ExecutedBlock) -> None:
        height = block.record.header.height
        self._favoured = self._speakers()
        self._forget(height)
        waiting = self._waiting.setdefault(height, [])
        taken_s = self._taken_s[height] = []
        for receipt in block.receipts[block.record.due :]:
            taken = self._pool.remove(receipt.origin)
            if taken is not None:
                waiting.extend(taken.waiters)
                taken_s.append(taken.since)
        for skipped in block.skipped:
            # Anyone may replay a transaction, too early say, in a lane of their own: what becomes
            # of it there tells nothing of the one in mine.
            if skipped.lane == self._door.me:
                self._bury(skipped.id, Settled(height, skipped.reason.text))
        self.poke()

    def _speakers(self) -> frozenset[bytes]:
        """The accounts of the own partner: whose role was given away has no favour any more."""
        own = self._door.own
        return frozenset() if own is None else self._door.executor.speakers(own)

    def certified(self, certificate: StateCertificate) -> None:
        """Whoever waits for this height learns that it is final."""
        height, time = certificate.attestation.height, certificate.attestation.time
        _settle(self._waiting.pop(height, ()), Settled(height, None))
        now_s = asyncio.get_running_loop().time()
        for since in self._taken_s.pop(height, ()):
            self.on_final(now_s - since)
        if time >= self._swept_ms + SWEEP_MS:
            self._swept_ms = time
            for id_ in self._pool.ids():
                taken = self._pool.get(id_)
                if taken is not None and taken.decoded.transaction.valid_until < time:
                    self._bury(id_, Settled(height, Skip.EXPIRED.text))

    def _is_pending(self, id_: bytes) -> bool:
        return self._pool.get(id_) is not None

    def _bury(self, id_: bytes, settled: Settled) -> None:
        taken = self._pool.remove(id_)
        if taken is not None:
            assert settled.code is not None
            self._skipped.put(id_, SkippedHere(taken.decoded, settled.code))
            _settle(taken.waiters, settled)

    def _forget(self, height: int) -> None:
        """A height whose certificate never came here: its waiters run into their time limits."""
        for old in [known for known in self._waiting if known < height - WAITED_HEIGHTS]:
            del self._waiting[old]
            self._taken_s.pop(old, None)


def _settle(waiters: Iterable[Waiter], settled: Settled | None) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(settled)


def _orders_nothing(id_: bytes | None = None) -> Refusal:
    return Refusal(Blame.NODE_BUSY, "not_a_validator", "this node orders nothing", id_)


def _ignore(_: float) -> None:
    pass
