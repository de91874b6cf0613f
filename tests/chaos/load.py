"""Clients that pay each other at a fixed rate. Knows the API and proofs; no fault, no verdict.

The loop is open: what is due is offered when it is due. A transfer goes to a node that is drawn,
and, where that one refuses, is silent or has no proof in time, to another with the same bytes,
which is always safe. It counts as acknowledged once a proof of its receipt was checked, and as
nothing before.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

from benchmarks.population import Terms, sender, signed
from client.answers import ProvenReceipt, judge_receipt, read
from client.errors import Fault, Lie
from client.http import NodeApi
from client.trust import Believed
from client.views import TransactionView
from primitives.actions import Output, Transfer
from primitives.encoding import Malformed
from primitives.proof import ReceiptProof
from primitives.receipt import Outcome
from primitives.transaction import decode_signed
from tests.chaos.history import Acknowledged, GaveUp, History, Lied, Offered, Refused

WAIT_S: Final = 4.0
"""How long a node is given to make a transfer final before another is tried."""
ANSWER_S: Final = 2.0
"""And how long to answer beyond that."""
PAUSE_S: Final = (0.1, 0.6)
"""Between two tries."""
PATIENCE_S: Final = 40.0
"""After so long a client gives up."""
MOST: Final = 9
"""Units of a transfer, at most."""


class Due(NamedTuple):
    """A transfer, and when it is to be offered, in seconds after the start."""

    at_s: float
    id: bytes
    raw: bytes


def transfers(terms: Terms, rate: int, seconds: int, seed: int) -> list[Due]:
    """All that a run offers. Senders take turns, so that each has an answer, or has given up,
    before its next transfer is due: there have to be more of them than PATIENCE_S * rate."""
    rng = Random(f"chaos {seed} payments")
    found = []
    for number in range(rate * seconds):
        sequence, place = divmod(number, terms.senders)
        to = (place + rng.randrange(1, terms.senders)) % terms.senders
        action = Transfer((Output(sender(to).account, rng.randint(1, MOST)),))
        raw = signed(sender(place), terms, sequence, action)
        found.append(Due(number / rate, decode_signed(raw, terms.chain).id, raw))
    return found


class Load:
    """Offers transfers to ``nodes``, believes what ``believed`` says, and writes down the rest."""

    def __init__(
        self, nodes: Sequence[NodeApi], believed: Believed, history: History, rng: Random
    ) -> None:
        self._nodes = nodes
        self._believed = believed
        self._history = history
        self._rng = rng
        self._start_s = 0.0
        self.refusals: Counter[str] = Counter()
        """What nodes said instead of taking a transfer in, by code."""
        self.most_late_ms = 0
        """How late this process was with an offer, at most."""

    async def offer(self, due: Sequence[Due], start_s: float) -> None:
        """Offer everything, ``start_s`` being the start by the loop's clock, and wait until each
        is acknowledged or given up."""
        self._start_s = start_s
        clock = asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as clients:
            for each in due:
                ahead_s = start_s + each.at_s - clock()
                if ahead_s > 0:
                    await asyncio.sleep(ahead_s)
                self.most_late_ms = max(self.most_late_ms, self._now_ms() - round(each.at_s * 1000))
                self._history.add(Offered(each.id.hex(), round(each.at_s * 1000)))
                clients.create_task(self._client(each))

    def _now_ms(self) -> int:
        return round((asyncio.get_running_loop().time() - self._start_s) * 1000)

    async def _client(self, due: Due) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._pay(due)
        except TimeoutError:
            self._history.add(GaveUp(due.id.hex(), self._now_ms()))

    async def _pay(self, due: Due) -> None:
        name, tries = due.id.hex(), 0
        order = self._rng.sample(range(len(self._nodes)), len(self._nodes))
        while True:
            node = order[tries % len(order)]
            tries += 1
            try:
                proven = await self._try(self._nodes[node], due)
            except (Malformed, Lie) as error:
                self._history.add(Lied(name, self._now_ms(), node, error.code))
                proven = None
            if proven is None:
                await asyncio.sleep(self._rng.uniform(*PAUSE_S))
                continue
            now_ms, height = self._now_ms(), proven.certificate.attestation.height
            if proven.receipt.outcome == Outcome.DONE:
                self._history.add(Acknowledged(name, now_ms, height, node, tries))
            else:
                self._history.add(Refused(name, now_ms, height, proven.receipt.outcome))
            return

    async def _try(self, node: NodeApi, due: Due) -> ProvenReceipt | None:
        """One node's proof of a transfer, if it has it in time. Raises ``Malformed``, ``Lie``."""
        view: TransactionView | None = None
        try:
            view = await node.submit(due.raw, WAIT_S)
        except Lie as lie:
            if lie.code != "answer_cut_off":  # as when a node is killed while it answers
                raise
        except Fault as fault:
            self.refusals[fault.code] += 1
            if fault.code in ("timeout", "unreachable"):
                return None
        try:
            if view is None or view.proof is None:
                view = await node.transaction(due.id)
        except Lie as lie:
            if lie.code != "answer_cut_off":
                raise
        except Fault:
            return None
        if view is None or view.proof is None:
            return None
        return judge_receipt(self._believed, due.id, read(ReceiptProof, view.proof))
