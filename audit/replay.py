"""The chain of one node, block after verified block. Knows the order of work; not what is right.

    async with open_audit(...) as audit:                      # audit.session
        async with aclosing(audit.blocks(last)) as blocks:
            async for block in blocks: ...                    # ``audit.ledger.VerifiedBlock``

Blocks are downloaded ahead and inspected by other processes, while this one carries out the next in
order, in slices. What is under way is bounded in heights and bytes, and nothing is kept of a block
that was handed on: memory does not grow with the chain, only with its state.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Generator, Sequence
from typing import Final, NamedTuple

import msgspec

from audit.crew import Inspector
from audit.difference import explained
from audit.home import Verified
from audit.inspection import Inspected, Subject
from audit.ledger import Ledger, VerifiedBlock
from audit.source import STEPS, Source
from audit.violations import Violation
from client.trust import Believed, EpochUnknown
from primitives.block import Header
from primitives.encoding import Malformed
from primitives.evidence import Evidence, check_evidence
from primitives.keys import ED25519
from primitives.validators import ValidatorSet

HEIGHTS_AHEAD: Final = 48
BYTES_AHEAD: Final = 48 * 1024 * 1024
"""Of blocks that are here. Beyond it nothing more is asked for but the next block itself."""
DOWNLOADS: Final = 8
"""At once; each may bring one block more, of at most ``MAX_RAW_BLOCK``."""
CERTIFICATE_PAUSES_S: Final = (0.5, 1.0, 2.0)
"""A height's certificate may reach a node a little later than those above it ([CERT-4])."""

_FRONT: Final = msgspec.msgpack.Decoder(
    tuple[Header, msgspec.Raw, msgspec.Raw, msgspec.Raw, msgspec.Raw]
)


class Arrived(NamedTuple):
    """A block that was downloaded and inspected against these members."""

    raw: bytes
    inspected: Inspected
    members: ValidatorSet


class Audit:
    """A replay that goes on from what was verified. ``audit.session`` puts one together."""

    def __init__(
        self,
        verified: Verified,
        source: Source,
        inspector: Inspector,
        certificate_pauses_s: Sequence[float] = CERTIFICATE_PAUSES_S,
    ) -> None:
        self.verified = verified
        self.source = source
        self._inspector = inspector
        self._pauses_s = certificate_pauses_s
        self._following = asyncio.Lock()
        self._downloads = asyncio.Semaphore(DOWNLOADS)
        self._room = asyncio.Condition()
        self._bytes_ahead = 0

    @property
    def ledger(self) -> Ledger:
        """As far as it was replayed."""
        return self.verified.ledger

    @property
    def believed(self) -> Believed:
        """The members of every epoch so far, and the newest certificate."""
        return self.verified.believed

    async def blocks(self, last: int) -> AsyncGenerator[VerifiedBlock, None]:
        """Every block after the newest verified one, up to height ``last``.

        Raises ``Violation`` at the first that does not hold, and ``Unavailable``. Nothing else may
        change the ledger meanwhile; after a violation it is not used any more.
        """
        under_way: deque[asyncio.Task[Arrived]] = deque()
        following = self.ledger.height + 1
        try:
            while self.ledger.height < last:
                while following <= last and len(under_way) < HEIGHTS_AHEAD:
                    under_way.append(asyncio.create_task(self._arrival(following)))
                    following += 1
                arrived = await self._arrived(under_way.popleft())
                block = await self._carry_out(arrived)
                await self._make_room(len(arrived.raw))
                yield block
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
            self._bytes_ahead = 0

    async def evidence(self) -> list[Evidence]:
        """What validators are accused of at the node, each accusation proven.

        Raises ``Violation`` (``evidence_forged``): an accusation that nothing proves. It may be of
        an epoch that nothing was replayed of yet.
        """
        height = self.ledger.height
        accusations = await self.source.evidence(height)
        if any(each.epoch > self.believed.epoch for each in accusations):
            await self._follow(height)
        for each in accusations:
            try:
                members = self.believed.members(each.epoch)
                check_evidence(self.ledger.chain, members, ED25519, each)
            except (Malformed, EpochUnknown) as error:
                detail = f"member {each.accused}, {each.offence.name.lower()}: {error}"
                raise Violation("evidence_forged", height, detail) from None
        return accusations

    async def _make_room(self, size: int) -> None:
        async with self._room:
            self._bytes_ahead -= size
            self._room.notify_all()

    def _has_room(self, height: int) -> bool:
        """The next block is always asked for: without it nothing would ever make room."""
        return self._bytes_ahead < BYTES_AHEAD or height == self.ledger.height + 1

    async def _arrival(self, height: int) -> Arrived:
        """A block, asked for again while only its certificate is missing."""
        for pause_s in self._pauses_s:
            try:
                return await self._attempt(height)
            except Violation as violation:
                if violation.code != "certificate_withheld":
                    raise
            await asyncio.sleep(pause_s)
        return await self._attempt(height)

    async def _attempt(self, height: int) -> Arrived:
        raw = await self._download(height)
        try:
            members = await self._members(height, raw)
            inspected = await self._inspector.inspect(
                Subject(self.ledger.chain, members, height), raw
            )
        except Violation as violation:
            violation.block = raw
            await self._make_room(len(raw))  # it may be asked for again
            raise
        return Arrived(raw, inspected, members)

    async def _download(self, height: int) -> bytes:
        """Whoever waits for room holds no place among the downloads, or the next block, asked for
        again, might find none."""
        while True:
            async with self._room:
                await self._room.wait_for(lambda: self._has_room(height))
            async with self._downloads:
                if self._has_room(height):
                    raw = await self.source.block(height)
                    self._bytes_ahead += len(raw)
                    return raw

    async def _members(self, height: int, raw: bytes) -> ValidatorSet:
        """Who had to sign the block. Raises ``Violation`` (``epoch_missing``, ``epoch_forged``)."""
        try:
            epoch = _FRONT.decode(raw)[0].epoch
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            epoch = self.believed.epoch  # the inspection will say what is wrong with it
        async with self._following:
            if epoch > self.believed.epoch:
                await self._follow(height)
        try:
            return self.believed.members(epoch)
        except EpochUnknown:
            detail = f"the block is of epoch {epoch}, handovers lead to {self.believed.epoch}"
            raise Violation("epoch_missing", height, detail) from None

    async def _follow(self, height: int) -> None:
        """Learn of later members, as far as the node's handovers lead ([PROOF-3]). Each is checked
        before more are asked for, so a node cannot keep anyone busy with endless forgeries."""
        is_last_page = False
        while not is_last_page:
            steps = await self.source.steps(height, self.believed.epoch)
            for step in steps:
                try:
                    self.believed.follow(step)
                except Malformed as error:
                    raise Violation("epoch_forged", height, str(error)) from None
            is_last_page = len(steps) < STEPS

    async def _arrived(self, arriving: asyncio.Task[Arrived]) -> Arrived:
        """The next block, and if it begins an epoch, by the one handover that was replayed."""
        try:
            arrived = await arriving
        except Violation as violation:
            if violation.code == "certificate_forged":  # forged, or handed over to others
                self._check_handover(violation.block)
            raise
        self._check_handover(arrived.raw)
        return arrived

    def _check_handover(self, raw: bytes | None) -> None:
        """The handover that a quorum signed to the next block's epoch is what was attested of the
        epoch's last height: a second one leads astray whoever believes it ([EPOCH-4])."""
        epoch, certificate = self.ledger.epoch, self.ledger.standing.certificate
        if certificate is None or epoch.after != self.ledger.height:
            return
        if self.believed.epoch < epoch.number:
            return
        step = self.believed.steps[epoch.number - 1]
        if step.certificate.attestation != certificate.attestation:
            said = step.certificate.attestation
            detail = f"epoch {said.epoch} was handed over twice, at {said.height} otherwise"
            found = Violation("epoch_wrong", self.ledger.height + 1, detail)
            found.block = raw
            raise found from None

    async def _carry_out(self, arrived: Arrived) -> VerifiedBlock:
        """In slices, so that downloads and inspections go on meanwhile."""
        ledger = self.ledger
        work = ledger.replay(arrived.raw, arrived.inspected, arrived.members)
        try:
            block = await _in_slices(work)
        except Violation as violation:
            found = violation
            if violation.code == "state_wrong":
                found = await explained(violation, ledger, self.source, arrived.members)
            found.block = arrived.raw
            raise found from None
        self.believed.learn(block.certificate)
        return block


async def _in_slices(work: Generator[None, None, VerifiedBlock]) -> VerifiedBlock:
    while True:
        try:
            next(work)
        except StopIteration as done:
            block: VerifiedBlock = done.value
            return block
        await asyncio.sleep(0)
