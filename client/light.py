"""The light client: asks several nodes and believes none. Knows whom to ask next; proves by others.

A value comes with its proof from one node, heights and beats from the rest. A node whose answer is
not proven is named in ``blames``, and the next one is asked. What was verified is never undone: an
answer behind the newest verified height is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from client import views
from client.answers import (
    Freshness,
    ProvenEntry,
    ProvenReceipt,
    judge_entry,
    judge_freshness,
    judge_receipt,
    read,
)
from client.errors import Blame, Fault, Lie, blame_of, none_answered
from client.fields import MAX_ENTRIES, from_base64
from client.http import NodeApi
from client.trust import Believed, EpochUnknown
from primitives.address import address
from primitives.amount import format_amount
from primitives.certificate import BeatCertificate, StateCertificate
from primitives.encoding import Malformed, Wire, decode
from primitives.entries import MAX_VALUE, NO_ACCOUNT, Account, Channel, account_key, channel_key
from primitives.proof import EntryProof, EpochStep, ReceiptProof
from primitives.receipt import Outcome

T = TypeVar("T")
W = TypeVar("W", bound=Wire)

OTHERS_TIMEOUT_S: Final = 1.0
"""How long the others' heights are waited for when the answer is fresh without them."""
BEHIND_RETRIES: Final = 4
BEHIND_PAUSE_S: Final = 0.25
"""A node may honestly be a block behind the one that was asked before: it is asked again."""
MAX_EPOCH_PAGES: Final = 1_000


class ProvenAccount(msgspec.Struct, frozen=True):
    """An account as a quorum attested it. ``sequence`` and ``last`` are the asked channel's."""

    account: bytes
    record: Account
    exists: bool
    sequence: int
    last: bytes
    certificate: StateCertificate
    freshness: Freshness
    node: str


class ProvenValue(msgspec.Struct, frozen=True):
    """A state entry as a quorum attested it; ``value`` is None where there is none."""

    value: bytes | None
    certificate: StateCertificate
    freshness: Freshness
    node: str


class Proven(msgspec.Struct, Generic[W], frozen=True):
    """A typed state entry as a quorum attested it; ``entry`` is None where there is none."""

    entry: W | None
    certificate: StateCertificate
    freshness: Freshness
    node: str

    @property
    def height(self) -> int:
        """The height that it is proven for."""
        return self.certificate.attestation.height

    @property
    def time_ms(self) -> int:
        """The block time of that height."""
        return self.certificate.attestation.time


class Snapshot(msgspec.Struct, frozen=True):
    """Several state entries as a quorum attested them for one and the same height."""

    values: dict[bytes, bytes | None]
    certificate: StateCertificate
    freshness: Freshness
    node: str

    @property
    def height(self) -> int:
        """The height that all are proven for."""
        return self.certificate.attestation.height

    @property
    def time_ms(self) -> int:
        """The block time of that height."""
        return self.certificate.attestation.time

    def entry(self, key: bytes, kind: type[W]) -> W | None:
        """The typed entry under one of the asked keys; None where there is none."""
        value = self.values[key]
        return None if value is None else decode(kind, value, MAX_VALUE)


class _Answer(msgspec.Struct, frozen=True):
    """What one node proved, and the beat it showed with it."""

    entries: tuple[ProvenEntry, ...]
    beat: str | None


class LightClient:
    """Asks ``nodes``, in their order. ``clock`` gives milliseconds since 1970."""

    def __init__(
        self, believed: Believed, nodes: Sequence[NodeApi], clock: Callable[[], int]
    ) -> None:
        self.believed = believed
        self.nodes = tuple(nodes)
        self.clock = clock
        self.blames: list[Blame] = []

    async def account(self, account: bytes, channel: int = 0) -> ProvenAccount:
        """An account with one of its channels; NO_ACCOUNT when its absence is proven.

        Raises ``NotProven`` or ``Unavailable`` when no node proves an answer.
        """
        name = address(account, self.believed.genesis.network)
        keys = [account_key(account)] + ([channel_key(account, channel)] if channel else [])

        async def ask(node: NodeApi) -> _Answer:
            view = await node.account(name, channel)
            proofs = [view.proof, view.channel_proof][: len(keys)]
            entries = self._entries(keys, proofs)
            _compare_account(view, entries[0])
            return _Answer(entries, view.beat)

        answer, freshness, node = await self._current(ask, f"account {name}")
        first = answer.entries[0]
        record = NO_ACCOUNT if first.value is None else decode(Account, first.value)
        sequence, last = record.sequence, record.last
        if channel:
            value = answer.entries[1].value
            used = Channel(0, NO_ACCOUNT.last) if value is None else decode(Channel, value)
            sequence, last = used.sequence, used.last
        exists = first.value is not None
        return ProvenAccount(
            account, record, exists, sequence, last, first.certificate, freshness, node
        )

    async def value(self, key: bytes) -> ProvenValue:
        """A state entry by its key. Raises as ``account``."""

        async def ask(node: NodeApi) -> _Answer:
            view = await node.entry(key)
            entries = self._entries([key], [view.proof])
            said = None if view.value is None else from_base64(view.value)
            if said != entries[0].value:
                raise Malformed("contradicts_proof", "the value beside the proof is another one")
            return _Answer(entries, view.beat)

        answer, freshness, node = await self._current(ask, f"entry {key.hex()}")
        entry = answer.entries[0]
        return ProvenValue(entry.value, entry.certificate, freshness, node)

    async def entry(self, key: bytes, kind: type[W]) -> Proven[W]:
        """The typed state entry under ``key``, or its proven absence. Raises as ``account``.

        What a quorum attested under a key is always of that key's kind, so ``kind`` is the
        caller's promise; another one raises ``Malformed``.
        """
        found = await self.value(key)
        entry = None if found.value is None else decode(kind, found.value, MAX_VALUE)
        return Proven(entry, found.certificate, found.freshness, found.node)

    async def entries(self, keys: Sequence[bytes]) -> Snapshot:
        """Up to 32 state entries, all proven for one height. Raises as ``account``."""
        asked = list(dict.fromkeys(keys))
        if not 0 < len(asked) <= MAX_ENTRIES:
            raise ValueError(f"1 to {MAX_ENTRIES} keys, not {len(asked)}")

        async def ask(node: NodeApi) -> _Answer:
            view = await node.entries(asked)
            if len(view.items) != len(asked):
                raise Malformed("answer_cut_off", f"{len(view.items)} entries of {len(asked)}")
            entries = self._entries(asked, [item.proof for item in view.items])
            _compare_entries(view, entries)
            return _Answer(entries, view.beat)

        answer, freshness, node = await self._current(ask, f"{len(asked)} entries")
        values = {entry.key: entry.value for entry in answer.entries}
        return Snapshot(values, answer.entries[0].certificate, freshness, node)

    async def receipt(self, id_: bytes) -> ProvenReceipt | None:
        """The proven receipt of a transaction; None if nobody has one (which proves nothing).

        Raises ``NotProven`` or ``Unavailable`` when not one node gave an honest answer.
        """

        async def ask(node: NodeApi) -> ProvenReceipt | None:
            return self.read_receipt(id_, await node.transaction(id_))

        blames: list[Blame] = []
        for node in self.nodes:
            try:
                proven = await self.judged(node, ask)
            except Fault as fault:
                blames.append(self.blame(fault))
                continue
            if proven is not None:
                return proven
        if len(blames) == len(self.nodes):
            raise none_answered(blames, f"transaction {id_.hex()}")
        return None

    def read_receipt(self, id_: bytes, view: views.TransactionView | None) -> ProvenReceipt | None:
        """The receipt that a document proves; None if it claims none yet. Raises ``Malformed``."""
        if view is None or (view.proof is None and view.status != "final"):
            return None
        proven = judge_receipt(self.believed, id_, read(ReceiptProof, view.proof))
        said = view.receipt.outcome if view.receipt else None
        if said is not None and said != Outcome(proven.receipt.outcome).text:
            raise Malformed("contradicts_proof", f"says {said}, proves another outcome")
        return proven

    async def judged(self, node: NodeApi, ask: Callable[[NodeApi], Awaitable[T]]) -> T:
        """What ``ask`` makes of a node's answer; a ``Malformed`` becomes the node's ``Lie``.

        An answer of an epoch not known yet has the node show how the epochs led there.
        """
        for attempt in range(BEHIND_RETRIES + 1):
            try:
                return await self._with_epochs(node, ask)
            except Malformed as error:
                if error.code != "stale" or attempt == BEHIND_RETRIES:
                    raise Lie(node.url, error.code, error.detail) from None
            await asyncio.sleep(BEHIND_PAUSE_S)
        raise AssertionError("the last attempt returns or raises")

    async def first(self, ask: Callable[[NodeApi], Awaitable[T]], what: str) -> T:
        """What the first node says from which ``ask`` makes something. Raises as ``account``."""
        blames: list[Blame] = []
        for node in self.nodes:
            try:
                return await self.judged(node, ask)
            except Fault as fault:
                blames.append(self.blame(fault))
        raise none_answered(blames, what)

    def blame(self, fault: Fault) -> Blame:
        """Remember what a node did."""
        blame = blame_of(fault)
        if blame not in self.blames:
            self.blames.append(blame)
        return blame

    def _entries(self, keys: list[bytes], proofs: list[str | None]) -> tuple[ProvenEntry, ...]:
        floor = self.believed.height
        pairs = zip(keys, proofs, strict=True)
        return tuple(
            judge_entry(self.believed, floor, key, read(EntryProof, proof)) for key, proof in pairs
        )

    async def _current(
        self, ask: Callable[[NodeApi], Awaitable[_Answer]], what: str
    ) -> tuple[_Answer, Freshness, str]:
        """The first proven answer that is fresh, else the newest that anyone proves."""
        blames: list[Blame] = []
        for node in self.nodes:
            heights = [
                asyncio.create_task(other.status()) for other in self.nodes if other is not node
            ]
            try:
                answer = await self.judged(node, ask)
                freshness = await self._freshness(node, answer, heights)
            except Fault as fault:
                blames.append(self.blame(fault))
                continue
            finally:
                for task in heights:
                    task.cancel()
                await asyncio.gather(*heights, return_exceptions=True)
            return answer, freshness, node.url
        raise none_answered(blames, what)

    async def _freshness(
        self, node: NodeApi, answer: _Answer, heights: list[asyncio.Task[views.StatusView]]
    ) -> Freshness:
        """As of when the answer holds, after the others were heard.

        Raises ``Lie`` (``stale``) when it is old and another node proves a later height.
        """
        certificate = min(
            (entry.certificate for entry in answer.entries), key=lambda c: c.attestation.height
        )
        if answer.beat is not None:
            await self.judged(node, lambda _: self._learn(None, answer.beat))
        first = judge_freshness(self.believed, certificate, self.believed.beat, self.clock())
        others = [other for other in self.nodes if other is not node]
        await self._hear(others, heights, OTHERS_TIMEOUT_S if first.is_fresh else None)
        freshness = judge_freshness(self.believed, certificate, self.believed.beat, self.clock())
        height = certificate.attestation.height
        if not freshness.is_fresh and self.believed.height > height:
            raise Lie(node.url, "stale", f"height {height}; {self.believed.height} is proven")
        return freshness

    async def _hear(
        self,
        others: list[NodeApi],
        heights: list[asyncio.Task[views.StatusView]],
        timeout_s: float | None,
    ) -> None:
        """Learn heights and beats from the others; a liar among them is named, and ignored."""
        if heights:
            await asyncio.wait(heights, timeout=timeout_s)
        for other, task in zip(others, heights, strict=True):
            if not task.done():
                continue
            try:
                status = task.result()
                learn = self._learning(status)
                await self.judged(other, learn)
            except Fault as fault:
                self.blame(fault)

    def _learning(self, status: views.StatusView) -> Callable[[NodeApi], Awaitable[None]]:
        return lambda _: self._learn(status.certificate, status.beat)

    async def _learn(self, certificate: str | None, beat: str | None) -> None:
        if certificate is not None:
            shown = read(StateCertificate, certificate)
            self.believed.check(shown)
            self.believed.learn(shown)
        if beat is not None:
            heard = read(BeatCertificate, beat)
            self.believed.check(heard)
            self.believed.learn_beat(heard)

    async def _with_epochs(self, node: NodeApi, ask: Callable[[NodeApi], Awaitable[T]]) -> T:
        """Asks again after what it followed: meanwhile another epoch may have begun."""
        while True:
            try:
                return await ask(node)
            except EpochUnknown as unknown:
                epoch = unknown.epoch
            await self._follow_epochs(node, epoch)
            if self.believed.epoch < epoch:
                raise Malformed("certificate_epoch", f"nothing leads to {epoch}")

    async def _follow_epochs(self, node: NodeApi, epoch: int) -> None:
        """Learn the members of the epochs up to ``epoch`` from the handovers that a node shows."""
        known = self.believed.epoch
        cursor = str(known) if known else None  # the number of an epoch is its place in the list
        for _ in range(MAX_EPOCH_PAGES):
            page = await node.epochs(cursor)
            for view in page.items:
                if view.epoch == self.believed.epoch and view.step is not None:
                    self.believed.follow(read(EpochStep, view.step))
            cursor = page.next
            if cursor is None or self.believed.epoch >= epoch:
                return


def _compare_account(view: views.AccountView, entry: ProvenEntry) -> None:
    """A node that says one thing and proves another is not to be asked twice."""
    record = NO_ACCOUNT if entry.value is None else decode(Account, entry.value)
    proven = format_amount(record.balance)
    if view.balance != proven:
        raise Malformed("contradicts_proof", f"says balance {view.balance}, proves {proven}")


def _compare_entries(view: views.EntriesView, entries: tuple[ProvenEntry, ...]) -> None:
    """All of one height, and each says what it proves."""
    height = entries[0].certificate.attestation.height
    for item, entry in zip(view.items, entries, strict=True):
        if entry.certificate.attestation.height != height:
            raise Malformed("proof_of_another_height", f"{height} and others in one answer")
        said = None if item.value is None else from_base64(item.value)
        if said != entry.value:
            raise Malformed("contradicts_proof", "the value beside the proof is another one")
