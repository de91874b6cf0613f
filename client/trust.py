"""What a light client believes, and how that grows. Knows certificates and epochs; asks nobody.

Trust starts at a pinned genesis and follows the chain of ``last`` certificates ([PROOF-1]). Nothing
enters except through the signatures of a quorum, and the newest verified height never goes back.
"""

from __future__ import annotations

from primitives.certificate import BeatCertificate, StateCertificate, check_certificate
from primitives.encoding import Malformed
from primitives.genesis import Genesis
from primitives.keys import ED25519, SignatureScheme
from primitives.proof import EpochStep, Trust, follow_epoch, trust_genesis
from primitives.validators import ValidatorSet
from primitives.vote import Attestation, Beat


class EpochUnknown(Exception):
    """Something is of an epoch whose members are not known yet."""

    def __init__(self, epoch: int) -> None:
        super().__init__(epoch)
        self.epoch = epoch


class Believed:
    """The chain, the members of every epoch followed so far, and the newest verified height."""

    def __init__(self, genesis: Genesis, scheme: SignatureScheme = ED25519) -> None:
        self.genesis = genesis
        self.scheme = scheme
        self.newest: StateCertificate | None = None
        self.beat: BeatCertificate | None = None
        self.steps: list[EpochStep] = []
        self._trust = trust_genesis(genesis)
        self._members = {0: self._trust.members}

    @property
    def chain(self) -> bytes:
        """32 bytes: the chain id."""
        return self._trust.chain

    @property
    def epoch(self) -> int:
        """The newest epoch whose members are known."""
        return self._trust.members.epoch

    @property
    def height(self) -> int:
        """The newest verified height; 0, genesis, before any."""
        return self.newest.attestation.height if self.newest else 0

    def members(self, epoch: int) -> ValidatorSet:
        """The members of an epoch. Raises ``EpochUnknown``."""
        if epoch not in self._members:
            raise EpochUnknown(epoch)
        return self._members[epoch]

    def trust_for(self, certificate: StateCertificate | BeatCertificate) -> Trust:
        """Who had to sign it. ``EpochUnknown``; ``Malformed``: ``certificate_chain``, and
        ``certificate_epoch`` of a height that is another epoch's ([PROOF-1])."""
        named = _named(certificate)
        if named.chain != self.chain:
            raise Malformed("certificate_chain", f"of chain {named.chain.hex()}")
        trust = Trust(self.chain, self.members(named.epoch))
        after, last = self._bounds(named.epoch)
        # A new epoch's members also sign beats, of the last height before their own ([CERT-6]).
        first = after if isinstance(named, Beat) else after + 1
        if named.height < first or (last is not None and named.height > last):
            detail = f"height {named.height} is not of epoch {named.epoch}"
            raise Malformed("certificate_epoch", detail)
        return trust

    def follow(self, step: EpochStep) -> None:
        """Learn the next epoch's members. Raises ``Malformed``."""
        self._trust = follow_epoch(self._trust, self.scheme, step)
        self._members[self.epoch] = self._trust.members
        self.steps.append(step)

    def _bounds(self, epoch: int) -> tuple[int, int | None]:
        """The last height before an epoch that is known, and its own last, as handed over."""
        after = self._last(epoch - 1) if epoch else 0
        return after, self._last(epoch) if epoch < len(self.steps) else None

    def _last(self, epoch: int) -> int:
        return self.steps[epoch].certificate.attestation.height

    def check(self, certificate: StateCertificate | BeatCertificate) -> None:
        """Raise ``Malformed`` unless a quorum signed; ``EpochUnknown`` of a later epoch."""
        trust = self.trust_for(certificate)
        check_certificate(trust.chain, trust.members, self.scheme, certificate)

    def learn(self, certificate: StateCertificate) -> None:
        """A certificate that was checked; it becomes the newest if it is."""
        if self.newest is None or certificate.attestation.height > self.height:
            self.newest = certificate
            self.beat = None

    def learn_beat(self, beat: BeatCertificate) -> None:
        """A beat that was checked, kept if it is about the newest height.

        ``Malformed`` if it names another root there: a quorum cannot have signed both.
        """
        if self.newest is None or beat.beat.height != self.height:
            return
        if beat.beat.state_root != self.newest.attestation.state_root:
            raise Malformed("certificate_form", "a beat of another root at the newest height")
        if self.beat is None or beat.beat.tick > self.beat.beat.tick:
            self.beat = beat

    def signers(self, certificate: StateCertificate) -> tuple[int, int]:
        """How many signed, of how many members."""
        size = self.members(certificate.attestation.epoch).size
        return len(certificate.signatures), size


def _named(certificate: StateCertificate | BeatCertificate) -> Attestation | Beat:
    match certificate:
        case StateCertificate():
            return certificate.attestation
        case BeatCertificate():
            return certificate.beat
