"""The one place where ``Verified`` is made. Knows signatures and forms; no protocol state.

Costly checks come last, and the engine can be asked first whether it wants the message at all
(``Engine.wants``), so that repeated certificates cost a comparison and no signature check.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import msgspec

from consensus.inputs import Verified, VerifiedBatch
from consensus.messages import (
    Attested,
    BatchSent,
    BeatCertified,
    Beating,
    BlockSent,
    Certified,
    ChainSent,
    FetchBlock,
    FetchCertificate,
    FetchChain,
    FetchLane,
    Message,
    Oldest,
    Propose,
    StateCertified,
    Status,
    Voted,
)
from primitives.batch import Batch, batch_digest, batch_message
from primitives.block import block_digest
from primitives.certificate import AnyCertificate, check_certificate
from primitives.encoding import Malformed
from primitives.keys import Check, SignatureScheme
from primitives.validators import ValidatorSet
from primitives.vote import (
    Attest,
    Kind,
    SignedBeat,
    Vote,
    attest_message,
    beat_message,
    vote_message,
)


class Verifier(msgspec.Struct, frozen=True):
    """Checks peers' messages for one chain and one epoch's members."""

    chain: bytes
    members: ValidatorSet
    scheme: SignatureScheme

    def verify(self, message: Message) -> Verified:
        """The verified message. Raises ``Malformed`` ([MSG-2]); a batch goes by ``batch``."""
        match message:
            case Propose():
                self._proposal(message)
            case Voted():
                self._vote(message.vote)
                if message.vote.kind == Kind.PROPOSE:
                    raise Malformed("vote_form", "a proposal comes with its block")
                self._tips(message.tips)
            case Certified() | StateCertified() | BeatCertified():
                self._certificate(message.certificate)
            case Attested():
                self._attest(message.attest)
            case Beating():
                self._beat(message.signed)
            case ChainSent():
                self._chain(message)
            case Status():
                if message.epoch == self.members.epoch:
                    self._tips(message.tips)
            case BlockSent() | FetchBlock() | FetchCertificate():
                pass
            case BatchSent() | FetchLane() | FetchChain() | Oldest():
                raise AssertionError("the replica handles these itself")
            case _:
                assert_never(message)
        return Verified(message)

    def batch(self, batch: Batch, raw: bytes, digest: bytes, fault: str | None) -> Verified:
        """The verified batch, once ``fault`` was found by ``primitives.evidence.batch_fault`` (here
        or in a signature process). Raises ``Malformed`` if the author did not sign it."""
        header = batch.header
        self._epoch(header.epoch)
        self._signed(header.author, batch_message(digest), batch.signature)
        return Verified(VerifiedBatch(batch, raw, digest, fault))

    def digest_of(self, batch: Batch) -> bytes:
        """The batch's digest on this chain."""
        return batch_digest(self.chain, batch.header)

    def _epoch(self, epoch: int) -> None:
        if epoch != self.members.epoch:
            raise Malformed("epoch_unknown", f"{epoch}, this is {self.members.epoch}")

    def _signed(self, author: int, message: bytes, signature: bytes) -> None:
        check = [Check(self.members.key(author), message, signature)]
        if not self.scheme.verify_many(check)[0]:
            raise Malformed("signature_invalid", f"not signed by member {author}")

    def _tips(self, tips: Sequence[object]) -> None:
        if len(tips) != self.members.size:
            raise Malformed("tips_form", f"{len(tips)} tips of {self.members.size}")

    def _proposal(self, message: Propose) -> None:
        header, vote = message.header, message.vote
        digest = block_digest(self.chain, header)
        claimed = (vote.kind, vote.epoch, vote.view, vote.digest, vote.author)
        if claimed != (Kind.PROPOSE, header.epoch, header.view, digest, header.proposer):
            raise Malformed("proposal_form", "the vote is not for this block")
        self._vote(vote)

    def _vote(self, vote: Vote) -> None:
        self._epoch(vote.epoch)
        if (vote.digest is None) != (vote.kind == Kind.NULLIFY):
            raise Malformed("vote_form", "only NULLIFY has no digest")
        message = vote_message(self.chain, vote.kind, vote.epoch, vote.view, vote.digest)
        self._signed(vote.author, message, vote.signature)

    def _certificate(self, certificate: AnyCertificate) -> None:
        check_certificate(self.chain, self.members, self.scheme, certificate)

    def _attest(self, attest: Attest) -> None:
        attestation = attest.attestation
        self._epoch(attestation.epoch)
        if attestation.chain != self.chain:
            raise Malformed("wrong_chain", attestation.chain.hex())
        self._signed(attest.author, attest_message(attestation), attest.signature)

    def _beat(self, signed: SignedBeat) -> None:
        self._epoch(signed.beat.epoch)
        if signed.beat.chain != self.chain:
            raise Malformed("wrong_chain", signed.beat.chain.hex())
        self._signed(signed.author, beat_message(signed.beat), signed.signature)

    def _chain(self, message: ChainSent) -> None:
        """Consecutive, linked by digest, and each attested by a quorum ([SYNC-2])."""
        if len(message.headers) != len(message.certificates):
            raise Malformed("chain_broken", "a certificate for each header")
        previous = None
        for header, certificate in zip(message.headers, message.certificates, strict=True):
            digest = block_digest(self.chain, header)
            linked = previous is None or (header.height, header.parent) == previous
            attestation = certificate.attestation
            if not linked or (attestation.block, attestation.height) != (digest, header.height):
                raise Malformed("chain_broken", f"at height {header.height}")
            previous = (header.height + 1, digest)
        for certificate in message.certificates:
            self._certificate(certificate)
