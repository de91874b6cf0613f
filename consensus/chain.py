"""The tree of blocks above the final one, and its certificates. Knows no vote, no time, no batch.

Block d of view v is notarized when N(v, d) is held; a view is nullified when X(v) is. A block is
final when F of it or of a descendant is held, or when a quorum attested it or a descendant.
"""

from __future__ import annotations

import msgspec

from consensus.config import Anchor
from primitives.block import Header
from primitives.certificate import Certificate
from primitives.vote import Kind

KEPT_HEIGHTS = 64
"""Final blocks that stay in memory, to answer peers that are a little behind."""


class Block(msgspec.Struct, frozen=True):
    """A header and its digest."""

    header: Header
    digest: bytes


class Chain:
    """Blocks by digest, N and X by view, and the newest final block."""

    def __init__(self, anchor: Anchor) -> None:
        self.final = Block(anchor.header, anchor.digest)
        self._recent = [*(Block(*bare) for bare in anchor.bare), self.final]
        self.blocks: dict[bytes, Block] = {block.digest: block for block in self._recent}
        self.notarized: dict[int, Certificate] = {}
        self.nullified: dict[int, Certificate] = {}
        self.finalized: Certificate | None = None
        self._newest_view = anchor.header.view
        self._best_notarized = anchor.header.view

    def add(self, header: Header, digest: bytes) -> Block:
        """Hold a block."""
        block = self.blocks.get(digest)
        if block is None:
            block = self.blocks[digest] = Block(header, digest)
        return block

    def holds(self, certificate: Certificate) -> bool:
        """True if the certificate would add nothing."""
        view = certificate.view
        match certificate.kind:
            case Kind.NOTARIZE:
                return view in self.notarized or view <= self.final.header.view
            case Kind.NULLIFY:
                return view in self.nullified or view <= self.final.header.view
            case _:
                best = self.finalized
                newest = self.final.header.view if best is None else best.view
                return view <= max(newest, self.final.header.view)

    def certify(self, certificate: Certificate) -> None:
        """Hold a certificate that ``holds`` did not."""
        self._newest_view = max(self._newest_view, certificate.view)
        match certificate.kind:
            case Kind.NOTARIZE:
                self._best_notarized = max(self._best_notarized, certificate.view)
                self.notarized[certificate.view] = certificate
            case Kind.NULLIFY:
                self.nullified[certificate.view] = certificate
            case _:
                self.finalized = certificate

    def recall(self, certificate: Certificate) -> None:
        """F of the final block, read back from disk: it adds nothing here, and whoever stands
        behind cannot go on without it once those who made it have started anew ([LIVE-4])."""
        final = self.final
        if (certificate.kind, certificate.digest) == (Kind.FINALIZE, final.digest):
            self.finalized = certificate

    def is_notarized(self, block: Block) -> bool:
        """True if the block may be built upon: N of it is held, or it is final."""
        if block.digest == self.final.digest:
            return True
        certificate = self.notarized.get(block.header.view)
        return certificate is not None and certificate.digest == block.digest

    def newest_view(self) -> int:
        """The highest view of which any certificate, or a final block, is held."""
        return self._newest_view

    def missing_nullification(self, parent_view: int, view: int) -> int | None:
        """The first view strictly between whose X is not held ([SAFE-7])."""
        for between in range(parent_view + 1, view):
            if between not in self.nullified:
                return between
        return None

    def best_notarized_view(self) -> int:
        """The highest view with N, or the final block's."""
        return self._best_notarized

    @property
    def notarized_tip(self) -> Block:
        """The notarized block of the highest view, if it is held; else the final one."""
        certificate = self.notarized.get(self._best_notarized)
        if certificate is None or certificate.digest is None:
            return self.final
        return self.blocks.get(certificate.digest, self.final)

    def parent_for(self, view: int) -> Block | None:
        """The highest notarized block below ``view`` that every skipped view allows ([LIVE-2])."""
        for candidate in range(view - 1, self.final.header.view, -1):
            certificate = self.notarized.get(candidate)
            if certificate is not None and certificate.digest is not None:
                return self.blocks.get(certificate.digest)
            if candidate not in self.nullified:
                return None
        return self.final

    def gap_below(self, view: int, most: int) -> list[int]:
        """The newest views, at most ``most``, of which neither N nor X is held, between ``view``
        and the block that its leader would build upon: what keeps ``parent_for`` from an answer."""
        missing: list[int] = []
        for between in range(view - 1, self._best_notarized, -1):
            if between not in self.nullified:
                missing.append(between)
                if len(missing) == most:
                    break
        return missing

    def path_to_final(self, digest: bytes) -> list[Block] | bytes:
        """Uncommitted blocks up to ``digest``, oldest first; or the digest that is missing."""
        path: list[Block] = []
        while digest != self.final.digest:
            block = self.blocks.get(digest)
            if block is None:
                return digest
            # Two final blocks of one height would be a fork: stop before anything is paid out.
            assert block.header.height > self.final.header.height, (block, self.final)
            path.append(block)
            digest = block.header.parent
        path.reverse()
        return path

    def commit(self, block: Block) -> None:
        """``block``, a child of the final one, is final."""
        assert block.header.parent == self.final.digest, (block, self.final)
        self.final = block
        self.blocks[block.digest] = block
        self._newest_view = max(self._newest_view, block.header.view)
        self._best_notarized = max(self._best_notarized, block.header.view)
        self._recent.append(block)
        if len(self._recent) > KEPT_HEIGHTS:
            self._recent.pop(0)

    def prune(self) -> None:
        """Forget certificates and blocks that no peer a little behind could ask for."""
        view = self._recent[0].header.view
        final = self.final.header
        kept = {block.digest: block for block in self._recent}
        open_blocks = {d: b for d, b in self.blocks.items() if b.header.view > final.view}
        self.blocks = {**kept, **open_blocks}
        self.notarized = {v: c for v, c in self.notarized.items() if v >= view}
        self.nullified = {v: c for v, c in self.nullified.items() if v >= view}
