"""Deposits from the outbox to their proven mints, over several channels. Never mints twice.

Signed bytes are stored before they are sent, and sent again until a receipt is proven. Whatever is
lost or refused is signed anew with the same commitment, which the ledger takes once; a mint that
is refused because its commitment is used leads to the one that used it, by proof.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from client.answers import ProvenReceipt
from client.builder import valid_until
from client.errors import Fault, NotProven, OutcomeUnknown, Unavailable
from client.fields import MAX_SUBMISSIONS
from client.finality import PASSING
from client.http import NodeApi
from client.light import LightClient
from client.views import SubmissionResult
from partner.channels import Lane, Press
from partner.outbox import Attempt, Entry, Outbox, Proven
from primitives.actions import Mint
from primitives.encoding import decode, encode
from primitives.entries import Mark, MarkKind, mark_key
from primitives.receipt import Outcome, Skip
from primitives.transaction import MAX_TRANSACTION, SignedTransaction

POLL_S: Final = 0.05
RESEND_S: Final = 3.0
"""Without progress for so long, everything in flight is sent again, to the next node."""

EACH: Final = frozenset({Outcome.OUTPUT_BELOW_OPENING.text, Outcome.COMMITMENT_USED.text})
"""Refusals that are one deposit's. Every other one would meet the next deposit too: all stops."""
RETRIED: Final = PASSING
"""What a node says of a sound mint that it cannot take yet, or has taken already."""
AGAIN_S: Final = 0.25
"""After which what a node could not take yet is offered to it again."""


class Settings(msgspec.Struct, frozen=True):
    """``channels``: how many side by side. ``patience_s``: without progress, give up after it."""

    channels: int
    patience_s: float


class Minter:
    """One run over a list of deposits. ``issuer`` is the 32-byte account of the key."""

    def __init__(
        self, light: LightClient, outbox: Outbox, press: Press, issuer: bytes, settings: Settings
    ) -> None:
        self._light = light
        self._outbox = outbox
        self._press = press
        self._issuer = issuer
        self._settings = settings
        self._lanes: list[Lane] = []
        self._queue: deque[tuple[Entry, int]] = deque()
        self._units: dict[int, int] = {}
        self._untaken: set[bytes] = set()
        self._node = 0
        self.stopped: str | None = None
        self.on_progress: Callable[[int], None] = lambda _: None

    async def run(self, deposits: list[tuple[Entry, int]]) -> None:
        """Mint what is not minted yet of (deposit, units); the outbox tells what became of each.

        Raises ``OutcomeUnknown`` when nothing moved for ``patience_s``: run it again.
        ``stopped`` holds the refusal that ended the run early, if one did.
        """
        self._units = {entry.number: units for entry, units in deposits}
        await self._resume()
        flying = {attempt.number for lane in self._lanes for attempt in lane.flight}
        for entry, units in deposits:
            current = self._outbox.get(entry.number)
            if current.state != "minted" and current.number not in flying:
                self._queue.append((current, units))
        await self._until_done()
        await self._recheck(deposits)

    # --- the loop -------------------------------------------------------------------------------

    async def _until_done(self) -> None:
        clock = asyncio.get_running_loop().time
        moved = sent = clock()
        await self._submit([a for lane in self._lanes for a in lane.flight])
        while self._queue or any(lane.flight for lane in self._lanes):
            fresh = self._press.fill(self._outbox, self._lanes, self._queue, self._until_ms())
            if fresh:
                await self._submit(fresh)
                sent = clock()
            if await self._collect():
                moved = clock()
                continue
            if self._untaken and clock() - sent > AGAIN_S:
                await self._submit(self._flying(self._untaken))
                sent = clock()
            if clock() - moved > self._settings.patience_s:
                raise self._unknown()
            if clock() - max(moved, sent) > min(RESEND_S, self._settings.patience_s / 2):
                self._node += 1
                await self._reconcile()
                await self._submit([a for lane in self._lanes for a in lane.flight])
                sent = clock()
            await asyncio.sleep(POLL_S)

    async def _submit(self, attempts: list[Attempt]) -> None:
        """Hand attempts to one node, each channel's in sequence; a fault is made good later."""
        self._untaken -= {attempt.id for attempt in attempts}
        for start in range(0, len(attempts), MAX_SUBMISSIONS):
            part = attempts[start : start + MAX_SUBMISSIONS]
            try:
                results = await self._current_node().submit_many([a.raw for a in part])
            except Fault as fault:
                self._light.blame(fault)
                self._untaken.update(attempt.id for attempt in attempts[start:])
                return
            self._judge_results(part, results)

    def _judge_results(self, attempts: list[Attempt], results: list[SubmissionResult]) -> None:
        """A node takes, or refuses at the door; a lasting refusal frees its slot and later ones."""
        for attempt, result in zip(attempts, results, strict=True):
            code = result.code or "refused"
            lane = self._lane(attempt.channel)
            if result.status in (200, 202, 409) or attempt not in lane.flight:
                continue
            if result.status in (429, 503) or code in RETRIED:
                self._untaken.add(attempt.id)
                continue
            following = [a for a in lane.cut(attempt.sequence) if a != attempt]
            self._outbox.replaced(following, "slot_moved")
            self._requeue(following)
            if code == Skip.EXPIRED.text:
                self._outbox.replaced([attempt], code)
                self._requeue([attempt])
                continue
            self._outbox.refused(attempt, code, None)
            self._stop_for(code)

    async def _collect(self) -> bool:
        """Take in every proven receipt that is there; whether there was one."""
        counts = await asyncio.gather(*(self._collect_lane(lane) for lane in self._lanes))
        taken = sum(counts)
        if taken:
            self.on_progress(taken)
        return taken > 0

    async def _collect_lane(self, lane: Lane) -> int:
        count = 0
        while lane.flight:
            attempt = lane.flight[0]
            proof = await self._receipt_here(attempt)
            if proof is None or not lane.flight or lane.flight[0] is not attempt:
                return count
            lane.flight.popleft()
            await self._record(attempt, proof)
            count += 1
        return count

    async def _receipt_here(self, attempt: Attempt) -> ProvenReceipt | None:
        place = self._node

        async def ask(node: NodeApi) -> ProvenReceipt | None:
            return self._light.read_receipt(attempt.id, await node.transaction(attempt.id))

        try:
            return await self._light.judged(self._current_node(), ask)
        except Fault as fault:
            self._light.blame(fault)
            if self._node == place:  # the lanes ask side by side: one step for all of them
                self._node += 1
                self._untaken.update(a.id for lane in self._lanes for a in lane.flight)
            return None

    async def _record(self, attempt: Attempt, proof: ProvenReceipt) -> None:
        """A receipt is proven: minted, minted before by another attempt, or refused for good."""
        outcome = Outcome(proof.receipt.outcome)
        if outcome is Outcome.DONE:
            self._outbox.minted(attempt.number, self._proven(attempt, proof), encode(proof.receipt))
            return
        if outcome is Outcome.COMMITMENT_USED and await self._found_mark(attempt.number):
            return
        self._outbox.refused(attempt, outcome.text, encode(proof.receipt))
        self._stop_for(outcome.text)

    def _proven(self, attempt: Attempt, proof: ProvenReceipt) -> Proven:
        attestation = proof.certificate.attestation
        attested, members = self._light.believed.signers(proof.certificate)
        amount = _amount_of(attempt.raw)
        return Proven(attempt.id, amount, attestation.height, attestation.time, attested, members)

    def _stop_for(self, code: str) -> None:
        if code not in EACH:
            self.stopped = self.stopped or code
            self._queue.clear()

    # --- after a crash, a loss, a refusal -------------------------------------------------------

    async def _resume(self) -> None:
        """Open the channels where the ledger proves they stand; take up what was signed before."""
        before: dict[int, list[Attempt]] = {}
        for attempt in self._outbox.open_attempts():
            before.setdefault(attempt.channel, []).append(attempt)
        channels = sorted({*range(self._settings.channels), *before})
        for channel in channels:
            lane = Lane(channel, 0)
            self._lanes.append(lane)
            await self._realign(lane, before.get(channel, []))

    async def _reconcile(self) -> None:
        """Compare every lane in flight with what the ledger proves."""
        for lane in self._lanes:
            if lane.flight:
                await self._realign(lane, list(lane.flight))

    async def _realign(self, lane: Lane, attempts: list[Attempt]) -> None:
        """Let a lane go on from the proven sequence with those attempts that still fit."""
        try:
            proven = await self._light.account(self._issuer, lane.channel)
        except (Unavailable, NotProven):
            if not lane.next_sequence and not lane.flight:
                raise  # at the start there is nothing to go on from
            return
        lane.flight.clear()
        lane.next_sequence = proven.sequence
        left = lane.resume(a for a in attempts if a.sequence >= proven.sequence)
        passed = [a for a in attempts if a.sequence < proven.sequence]
        for attempt in passed:
            proof = await self._receipt_anywhere(attempt)
            if proof is not None:
                await self._record(attempt, proof)
            else:
                left.append(attempt)
        self._outbox.replaced(left, "slot_used")
        self._requeue(left)

    async def _receipt_anywhere(self, attempt: Attempt) -> ProvenReceipt | None:
        try:
            return await self._light.receipt(attempt.id)
        except (Unavailable, NotProven):
            return None

    async def _found_mark(self, number: int) -> bool:
        """Whether the ledger proves that this deposit's commitment is used: then it is minted."""
        entry = self._outbox.get(number)
        key = mark_key(entry.partner, MarkKind.COMMITMENT, entry.commitment)
        found = await self._light.value(key)
        if found.value is None:
            return False
        mark = decode(Mark, found.value)
        attested, members = self._light.believed.signers(found.certificate)
        time_ms = found.certificate.attestation.time
        raw = self._outbox.raw_of(mark.transaction)
        units = _amount_of(raw) if raw is not None else self._units.get(number, 0)
        proven = Proven(mark.transaction, units, mark.height, time_ms, attested, members)
        self._outbox.minted(number, proven, found.value)
        return True

    async def _recheck(self, deposits: list[tuple[Entry, int]]) -> None:
        """A node's refusal is its word: look whether an earlier attempt was executed after all."""
        for entry, _ in deposits:
            if self._outbox.get(entry.number).state == "refused":
                await self._found_mark(entry.number)

    # --- small things ---------------------------------------------------------------------------

    def _flying(self, ids: set[bytes]) -> list[Attempt]:
        return [a for lane in self._lanes for a in lane.flight if a.id in ids]

    def _requeue(self, attempts: list[Attempt]) -> None:
        """Sign them anew first, if they are of this run."""
        for attempt in reversed(attempts):
            if attempt.number in self._units and self.stopped is None:
                entry = self._outbox.get(attempt.number)
                self._queue.appendleft((entry, self._units[attempt.number]))

    def _lane(self, channel: int) -> Lane:
        return next(lane for lane in self._lanes if lane.channel == channel)

    def _current_node(self) -> NodeApi:
        return self._light.nodes[self._node % len(self._light.nodes)]

    def _until_ms(self) -> int:
        newest = self._light.believed.newest
        return valid_until(self._light.clock(), newest.attestation.time if newest else 0)

    def _unknown(self) -> OutcomeUnknown:
        flying = sum(len(lane.flight) for lane in self._lanes)
        told = "\n".join(f"{b.node}: {b.code}" for b in self._light.blames)
        return OutcomeUnknown(
            "finality_unknown",
            f"no proof in {self._settings.patience_s:g} s; {flying} mints are on their way"
            + (f"\n{told}" if told else ""),
            "Run the same command again: every deposit is minted once, however often it runs.",
            details={"in_flight": flying},
        )


def _amount_of(raw: bytes) -> int:
    """Units that one of our own signed mints issues."""
    action = decode(SignedTransaction, raw, MAX_TRANSACTION).transaction.action
    assert isinstance(action, Mint)
    return action.amount
