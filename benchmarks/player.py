"""Plays the three peers of one validator over real connections, from a recording.

It goes on as soon as the validator itself has said what it has to: its vote, its finalization, its
attestation. So each block is carried as in a network. Knows frames and the transport; measures
nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from benchmarks import founders
from benchmarks.recording import MEASURED, PEERS, Block, Said
from consensus.messages import Attested, Certified, Voted, decode_message
from node.founding import LOOPBACK
from node.identity import Identity, KeyVoice
from node.transport import Address, Transport
from primitives.genesis import Genesis, chain_id, validators_of
from primitives.vote import Kind

AHEAD: Final = 3
"""Blocks whose batches are sent before their turn, as lanes do."""
LAG: Final = 3
"""Blocks at most that are notarized and not yet attested."""
PATIENCE_S: Final = 30.0
ATTEST, SKIPPED = "ATTEST", "SKIPPED"


class Listener:
    """Hears what the measured validator says, for one of the three."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self._heard: set[tuple[str, int]] = set()
        self._waiting: dict[tuple[str, int], asyncio.Future[None]] = {}

    def on_frame(self, peer: int, frame: bytes) -> None:
        """Take note of votes and attestations."""
        message = decode_message(frame)
        if peer != MEASURED:
            return
        if isinstance(message, Voted):
            self._hear(message.vote.kind.name, message.vote.view)
        elif isinstance(message, Certified) and message.certificate.kind is Kind.NULLIFY:
            self._hear(SKIPPED, message.certificate.view)
        elif isinstance(message, Attested):
            self._hear(ATTEST, message.attest.attestation.height)

    def _hear(self, what: str, number: int) -> None:
        self._heard.add((what, number))
        waiting = self._waiting.pop((what, number), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def on_connected(self, peer: int) -> None:
        """A connection stands."""
        if peer == MEASURED:
            self.connected.set()

    def on_disconnected(self, peer: int) -> None:
        """It is gone; whoever waits finds out."""

    async def until(self, what: str, number: int) -> None:
        """Wait until the validator has said something. RuntimeError if it does not in time."""
        if (what, number) in self._heard:
            return
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[what, number] = waiting
        try:
            await asyncio.wait_for(waiting, PATIENCE_S)
        except TimeoutError:
            raise RuntimeError(f"the validator did not say {what} {number}") from None


class Player:
    """Three peers of one validator."""

    def __init__(self, genesis: Genesis, address: Address) -> None:
        chain, members = chain_id(genesis), validators_of(genesis)
        self.listener = Listener()
        self._transports = []
        for place in PEERS:
            identity = Identity(chain, members, place, KeyVoice(founders.validator(place).key))
            target = {founders.CODES[MEASURED]: address}
            self._transports.append(Transport(identity, target, founders.CODES[place]))

    async def start(self) -> None:
        """Connect all three."""
        listeners = [self.listener, Listener(), Listener()]
        for transport, listener in zip(self._transports, listeners, strict=True):
            transport.bind(listener)
            await transport.start(Address(LOOPBACK, 0))
        async with asyncio.timeout(PATIENCE_S):
            for listener in listeners:
                await listener.connected.wait()

    async def stop(self) -> None:
        """Close everything."""
        for transport in self._transports:
            await transport.stop()

    async def play(self, blocks: Sequence[Block]) -> None:
        """One block after another, each proposed once the one before is notarized; all of them to
        their attestations."""
        for block in blocks[:AHEAD]:
            self._say(block.ahead)
        async with asyncio.TaskGroup() as finishing:
            open_: deque[asyncio.Task[None]] = deque()
            for place, block in enumerate(blocks):
                if place + AHEAD < len(blocks):
                    self._say(blocks[place + AHEAD].ahead)
                if len(open_) == LAG:
                    await open_.popleft()
                if block.skipping:  # a proposal for a view that is too far ahead would be dropped
                    self._say(block.skipping)
                    await self.listener.until(SKIPPED, block.view - 1)
                self._say(block.proposal)
                await self.listener.until(Kind.NOTARIZE.name, block.view)
                self._say(block.notarizing)
                open_.append(finishing.create_task(self._finish(block)))

    async def _finish(self, block: Block) -> None:
        await self.listener.until(Kind.FINALIZE.name, block.view)
        self._say(block.finalizing)
        await self.listener.until(ATTEST, block.height)
        self._say(block.attesting)

    def _say(self, words: Sequence[Said]) -> None:
        for said in words:
            self._transports[said.author].send(MEASURED, said.frame)
