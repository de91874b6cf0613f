"""The network that is explored: four members with cheap keys, one of whom lies.

Knows how each would sign; no engine, no search.
"""

from __future__ import annotations

from functools import cache, cached_property

from msgspec.structs import replace

from consensus.config import Anchor, Config
from consensus.inputs import Verified
from consensus.messages import Certified, Message, Propose, Voted
from consensus.verification import Verifier
from primitives.batch import EMPTY_TIP
from primitives.block import VERSION, Header, block_digest, genesis_block
from primitives.certificate import Certificate, MemberSignature
from primitives.genesis import Parameters, chain_id
from primitives.vote import Kind, Vote, vote_message
from tests.builders import PARAMETERS, a_committee, a_genesis
from tests.simulation.keys import CHEAP

SIZE = 4
VOTES = (Kind.NOTARIZE, Kind.NULLIFY, Kind.FINALIZE)
NEVER_MS = 1_000_000_000
PACE: Parameters = replace(
    PARAMETERS,
    view_timeout_ms=1,
    view_timeout_limit_ms=1,
    empty_block_ms=0,
    standstill_ms=NEVER_MS,
    beat_ms=NEVER_MS,
)


class World:
    """What all members share, and the blocks that were ever proposed."""

    def __init__(self, liar: int) -> None:
        self.liar = liar
        self.honest = tuple(member for member in range(SIZE) if member != liar)
        genesis = a_genesis(SIZE, CHEAP.signer, PACE)
        self.chain = chain_id(genesis)
        self.committee = a_committee(SIZE, CHEAP.signer)
        self.genesis_digest, header = genesis_block(genesis)
        self.now_ms = header.time + 1_000
        self.blocks: dict[bytes, Header] = {self.genesis_digest: header}
        self.signed = cache(self._signed)
        self.voted = cache(self._voted)
        self.certified = cache(self._certified)
        self.proposed = cache(self._proposed)
        self.config = cache(self._config)
        self.lie = cache(self._lie)

    @cached_property
    def anchor(self) -> Anchor:
        """Genesis. Something is always due, so that nobody ever rests."""
        digest = self.genesis_digest
        return Anchor(self.blocks[digest], digest, None, self.committee.members, next_due_ms=0)

    @cached_property
    def verifier(self) -> Verifier:
        """Checks cheap signatures."""
        return Verifier(self.chain, self.committee.members, CHEAP.scheme)

    def _config(self, me: int) -> Config:
        """A member's."""
        return Config(self.chain, self.committee.members, me, PACE)

    def verified(self, message: Message) -> Verified:
        """As a replica verifies."""
        return self.verifier.verify(message)

    def _signed(self, kind: Kind, view: int, digest: bytes | None, author: int) -> Vote:
        message = vote_message(self.chain, kind, 0, view, digest)
        signature = self.committee.signers[author].sign(message)
        return Vote(kind, 0, view, digest, author, signature)

    def _voted(self, kind: Kind, view: int, digest: bytes | None, author: int) -> Verified:
        """A vote as it arrives."""
        vote = self.signed(kind, view, digest, author)
        return self.verified(Voted(vote, (EMPTY_TIP,) * SIZE))

    def _certified(
        self, kind: Kind, view: int, digest: bytes | None, authors: tuple[int, ...]
    ) -> Verified:
        """A certificate as it arrives."""
        votes = [self.signed(kind, view, digest, author) for author in sorted(authors)]
        signatures = tuple(MemberSignature(vote.author, vote.signature) for vote in votes)
        return self.verified(Certified(Certificate(kind, 0, view, digest, signatures)))

    def _proposed(self, digest: bytes) -> Verified:
        """A proposal as it arrives."""
        header = self.blocks[digest]
        vote = self.signed(Kind.PROPOSE, header.view, digest, header.proposer)
        return self.verified(Propose(header, vote))

    def leader(self, view: int) -> int:
        """Of a view."""
        return self.committee.members.leader(view)

    def _lie(self, view: int, parent: bytes, which: int) -> bytes:
        """The digest of one of the liar's blocks: two for each parent, a millisecond apart."""
        above = self.blocks[parent]
        time_ms = max(above.time, self.now_ms) + which
        height = above.height + 1
        header = Header(VERSION, 0, view, height, parent, time_ms, self.liar, above.cut)
        digest = block_digest(self.chain, header)
        self.blocks[digest] = header
        return digest

    def view_of(self, digest: bytes) -> int:
        """The view in which a block was proposed."""
        return self.blocks[digest].view

    def descends(self, digest: bytes, ancestor: bytes) -> bool:
        """True if the block is the other one, or has it below."""
        while self.view_of(digest) > self.view_of(ancestor):
            digest = self.blocks[digest].parent
        return digest == ancestor

    def name(self, digest: bytes | None) -> str:
        """For people: ``2/1`` is a block of view 2 upon one of view 1."""
        if digest is None:
            return "-"
        header, views = self.blocks[digest], []
        while header.view > 0:
            late = "'" if header.time > self.now_ms and header.proposer == self.liar else ""
            views.append(f"{header.view}{late}")
            header = self.blocks[header.parent]
        return "/".join(views) or "genesis"
