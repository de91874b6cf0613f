"""From a signed transaction to its proven end. Knows when to send again; signs and guesses nothing.

Final means: this client holds a verified state certificate that covers the receipt. Sending the
same bytes again is always safe: a slot of the ledger is used once. A transaction is called dead
only by proof; a node's refusal is its word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from client.answers import ProvenReceipt, judge_receipt, read
from client.errors import (
    Fault,
    NotProven,
    OutcomeUnknown,
    Refusal,
    RefusedByLedger,
    Unavailable,
)
from client.fields import MAX_PAGE, from_base64
from client.http import NodeApi
from client.light import LightClient
from primitives.address import address
from primitives.proof import ReceiptProof
from primitives.receipt import Outcome, Skip
from primitives.transaction import Decoded, Transaction, decode_signed

ROUND_PAUSE_S: Final = 0.2
WAIT_AT_NODE_S: Final = 5.0
"""How long one node is trusted to wait for finality before another is asked."""
PASSING: Final = frozenset(
    (
        Skip.SEQUENCE_STALE.text,
        Skip.SEQUENCE_EARLY.text,
        Skip.LANE_EXHAUSTED.text,
        "sequence_pending",
    )
)
"""Refusals that a node gives while it is a block behind, or full today: it is asked again."""
MAX_HISTORY_PAGES: Final = 20


class Settled(msgspec.Struct, frozen=True):
    """A transaction with its proven receipt. ``elapsed_ms`` from the first send to the proof."""

    id: bytes
    outcome: Outcome
    height: int
    time_ms: int
    attested: int
    members: int
    elapsed_ms: int
    proof: ProvenReceipt


class Dead(Exception):
    """Proof that a transaction can never be executed. ``code``: ``sequence_used``, ``expired``."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def settled(light: LightClient, id_: bytes, proof: ProvenReceipt, elapsed_ms: int) -> Settled:
    """What a proven receipt says, and who says so."""
    attestation = proof.certificate.attestation
    attested, members = light.believed.signers(proof.certificate)
    outcome = Outcome(proof.receipt.outcome)
    return Settled(
        id_, outcome, attestation.height, attestation.time, attested, members, elapsed_ms, proof
    )


async def make_final(
    light: LightClient, transaction: Decoded, raw: bytes, timeout_s: float
) -> Settled:
    """Send ``raw`` until its receipt is proven.

    Raises ``Dead`` by proof; ``RefusedByLedger`` when every node that answers refuses it (their
    word: it may still be executed until it expires); ``OutcomeUnknown`` at the time limit;
    ``Unavailable`` or ``NotProven`` never before it.
    """
    sending = _Sending(light, transaction, raw, timeout_s)
    try:
        async with asyncio.timeout(timeout_s):
            return await sending.until_settled()
    except TimeoutError:
        raise sending.unknown() from None


class _Sending:
    """One transaction on its way."""

    def __init__(
        self, light: LightClient, transaction: Decoded, raw: bytes, timeout_s: float
    ) -> None:
        self._light = light
        self._transaction = transaction
        self._raw = raw
        self._clock: Callable[[], float] = asyncio.get_running_loop().time
        self._started = self._clock()
        self._timeout_s = timeout_s

    async def until_settled(self) -> Settled:
        """Round after round over the nodes, until one of them shows the proof."""
        while True:
            refusals: list[Refusal] = []
            accepted = False
            for node in self._light.nodes:
                try:
                    proof = await self._through(node)
                except Refusal as refusal:
                    refusals.append(refusal)
                    continue
                except Fault:
                    continue
                accepted = True
                if proof is not None:
                    return self._settled(proof)
            if refusals:
                proof = await self._looked_up()
                if proof is not None:
                    return self._settled(proof)
                if not accepted:
                    _judge_refusals(refusals)
            await asyncio.sleep(ROUND_PAUSE_S)

    async def _through(self, node: NodeApi) -> ProvenReceipt | None:
        """Hand it to a node and wait there; the proof, if that node has it in time."""
        id_ = self._transaction.id
        wait_s = min(WAIT_AT_NODE_S, max(0.001, self._left_s()))

        async def ask(node: NodeApi) -> ProvenReceipt | None:
            view = await node.submit(self._raw, wait_s)
            if view is None or view.proof is None:
                view = await node.transaction(id_)
            return self._light.read_receipt(id_, view)

        try:
            return await self._light.judged(node, ask)
        except Fault as fault:
            self._light.blame(fault)
            raise

    async def _looked_up(self) -> ProvenReceipt | None:
        """Somebody refuses it: it may be because it was executed already, or is dead."""
        with suppress(Unavailable, NotProven):
            proof = await self._light.receipt(self._transaction.id)
            if proof is not None:
                return proof
            await prove_dead(self._light, self._transaction)
        return None

    def _settled(self, proof: ProvenReceipt) -> Settled:
        return settled(self._light, self._transaction.id, proof, self._elapsed_ms())

    def _elapsed_ms(self) -> int:
        return round((self._clock() - self._started) * 1000)

    def _left_s(self) -> float:
        return self._timeout_s - (self._clock() - self._started)

    def unknown(self) -> OutcomeUnknown:
        """What to say when the time is up."""
        told = "\n".join(f"{b.node}: {b.code}" for b in self._light.blames)
        return OutcomeUnknown(
            "finality_unknown",
            f"no proof in {self._timeout_s:g} s of what became of {self._transaction.id.hex()}"
            + (f"\n{told}" if told else ""),
            "Run the same command again: it sends the same signed bytes, which can act only once.",
            details={"transaction": self._transaction.id.hex()},
        )


def _judge_refusals(refusals: list[Refusal]) -> None:
    """Raise ``RefusedByLedger`` when all who answered refuse it for a reason that will last."""
    lasting = [refusal for refusal in refusals if refusal.code not in PASSING]
    if len(lasting) == len(refusals):
        first = lasting[0]
        raise RefusedByLedger(
            first.code,
            f"refused by every node that answers: {first.code}. {first.detail}".rstrip(),
            "That is their word, not a proof: until it expires the same bytes could still act.",
        )


async def prove_dead(light: LightClient, transaction: Decoded) -> None:
    """Raise ``Dead`` if it is proven that it can never be executed.

    Either another transaction used its slot, or the slot is unused and attested time is past
    ``valid_until``. Raises ``NotProven`` or ``Unavailable`` as the light client does.
    """
    asked = transaction.transaction
    proven = await light.account(asked.sender, asked.channel)
    time_ms = proven.certificate.attestation.time
    if proven.sequence <= asked.sequence:
        if time_ms > asked.valid_until:
            raise Dead("expired", f"unused at {time_ms}, valid until {asked.valid_until}")
        return
    if proven.sequence == asked.sequence + 1:
        if proven.last != transaction.id:
            raise Dead("sequence_used", f"by {proven.last.hex()}")
        return
    user = await _user_of_slot(light, asked)
    if user is not None and user != transaction.id:
        raise Dead("sequence_used", f"by {user.hex()}")


async def _user_of_slot(light: LightClient, asked: Transaction) -> bytes | None:
    """The proven id of the transaction that used a slot, if a node shows it."""
    name = address(asked.sender, light.believed.genesis.network)
    slot = (asked.sender, asked.channel, asked.sequence)

    async def ask(node: NodeApi) -> bytes | None:
        cursor = None
        for _ in range(MAX_HISTORY_PAGES):
            page = await node.history(name, cursor, MAX_PAGE)
            for item in page.items:
                if (item.channel, item.sequence) != slot[1:] or item.sender != name:
                    continue
                shown = decode_signed(from_base64(item.raw), light.believed.chain)
                used = shown.transaction
                if (used.sender, used.channel, used.sequence) == slot:
                    judge_receipt(light.believed, shown.id, read(ReceiptProof, item.proof))
                    return shown.id
            cursor = page.next
            if cursor is None:
                return None
        return None

    for node in light.nodes:
        try:
            found = await light.judged(node, ask)
        except Fault as fault:
            light.blame(fault)
            continue
        if found is not None:
            return found
    return None
