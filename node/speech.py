"""From what the engine wants said to what is signed, written down and sent. Pure; holds no key."""

from __future__ import annotations

from typing import NamedTuple

from consensus.effects import (
    BatchKept,
    BlockKept,
    OwnAttest,
    OwnVote,
    Record,
    Say,
    SayAttest,
    SayBatch,
    SayBeat,
    SayProposal,
    SayVote,
)
from consensus.inputs import Received
from consensus.messages import Attested, BatchSent, Beating, Message, Propose, Voted
from consensus.verification import Verifier
from node.guard import (
    AttestStatement,
    BatchStatement,
    BeatStatement,
    Statement,
    VoteStatement,
)
from primitives.batch import Batch, BatchHeader, batch_digest
from primitives.block import Header, block_digest
from primitives.encoding import Malformed, Wire, decode, encode
from primitives.vote import Attest, Kind, SignedBeat, Vote


class Spoken(NamedTuple):
    """A signed message of one's own: what the journal keeps of it, what peers get, and what comes
    back as an input once it is durable."""

    records: tuple[Record, ...]
    message: Message
    received: Received


class Speech:
    """Speaks for member ``me``. Own messages are verified like anyone's: a signer that errs must
    be found out before others hear it."""

    def __init__(self, verifier: Verifier, me: int) -> None:
        self.verifier = verifier
        self._me = me
        self.epoch = verifier.members.epoch

    def statement(self, say: Say) -> Statement:
        """What the signer is asked to sign."""
        epoch = self.epoch
        match say:
            case SayProposal():
                return VoteStatement(Kind.PROPOSE, epoch, say.header.view, say.digest)
            case SayVote():
                return VoteStatement(say.kind, epoch, say.view, say.digest)
            case SayBatch():
                return BatchStatement(epoch, say.header.seq, say.digest)
            case SayAttest():
                return AttestStatement(say.attestation)
            case SayBeat():
                return BeatStatement(say.beat)

    def spoken(self, say: Say, signature: bytes) -> Spoken:
        """The message with its signature. Raises ``Malformed`` if that is not valid."""
        me = self._me
        match say:
            case SayProposal():
                vote = Vote(Kind.PROPOSE, self.epoch, say.header.view, say.digest, me, signature)
                records = (BlockKept(say.header, vote), OwnVote(vote))
                return self._verified(records, Propose(say.header, vote))
            case SayVote():
                vote = Vote(say.kind, self.epoch, say.view, say.digest, me, signature)
                return self._verified((OwnVote(vote),), Voted(vote, say.tips))
            case SayAttest():
                attest = Attest(say.attestation, me, signature)
                return self._verified((OwnAttest(attest),), Attested(attest))
            case SayBeat():
                return self._verified((), Beating(SignedBeat(say.beat, me, signature)))
            case SayBatch():
                return self._batch(say, signature)

    def written(self, say: Say, signature: bytes) -> tuple[Record, ...]:
        """What the journal keeps of something that was signed before, and that nobody heard."""
        if isinstance(say, SayVote):  # its tips travelled beside it, and are not known any more
            vote = Vote(say.kind, self.epoch, say.view, say.digest, self._me, signature)
            return (OwnVote(vote),)
        return self.spoken(say, signature).records

    def _verified(self, records: tuple[Record, ...], message: Message) -> Spoken:
        return Spoken(records, message, Received(self._me, self.verifier.verify(message)))

    def _batch(self, say: SayBatch, signature: bytes) -> Spoken:
        batch = Batch(say.header, say.transactions, signature)
        raw = encode(batch)
        verified = self.verifier.batch(batch, raw, say.digest, None)
        return Spoken((BatchKept(raw),), BatchSent(raw), Received(self._me, verified))


class _Sealed(Wire):
    """What a batch holds besides its author's signature."""

    header: BatchHeader
    transactions: tuple[bytes, ...]


def content_of(say: Say) -> bytes:
    """What has to be known to say it again, besides its statement; empty if that is all."""
    match say:
        case SayProposal():
            return encode(say.header)
        case SayBatch():
            return encode(_Sealed(say.header, say.transactions))
        case SayVote() | SayAttest() | SayBeat():
            return b""


def say_of(chain: bytes, statement: Statement, content: bytes) -> Say:
    """What a statement and its content were made of. Raises ``Malformed`` if they do not belong
    together (``content_foreign``), or the content is not one."""
    match statement:
        case VoteStatement(kind=Kind.PROPOSE):
            block = decode(Header, content)
            digest = block_digest(chain, block)
            if (statement.view, statement.digest) != (block.view, digest):
                raise Malformed("content_foreign", f"of the proposal of view {block.view}")
            return SayProposal(block, digest)
        case BatchStatement():
            sealed = decode(_Sealed, content)
            named = statement.epoch, statement.seq, statement.digest
            header = sealed.header
            if named != (header.epoch, header.seq, batch_digest(chain, header)):
                raise Malformed("content_foreign", f"of the batch {header.seq}")
            return SayBatch(sealed.header, statement.digest, sealed.transactions)
        case VoteStatement():
            return SayVote(statement.kind, statement.view, statement.digest, ())
        case AttestStatement():
            return SayAttest(statement.attestation)
        case BeatStatement():
            return SayBeat(statement.beat)
