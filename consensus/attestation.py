"""From executed heights to state certificates, and the pulse when nothing happens.

Knows outcomes as digests; not what was executed. Every height has its own receipts root, so every
height gets its own certificate, and own ATTESTs are sent again until they are in one ([CERT-4]).
"""

from __future__ import annotations

from collections import Counter

from consensus.config import Anchor, Config
from consensus.effects import Certify, Effect, Halt, Keep, SayAttest, SayBeat, StateCertificateKept
from consensus.inputs import Executed
from primitives.certificate import BeatCertificate, MemberSignature, StateCertificate
from primitives.encoding import encode
from primitives.evidence import Evidence, Offence
from primitives.vote import Attest, Attestation, Beat, SignedBeat

KEPT_HEIGHTS = 64
"""Heights below the newest certificate whose attestations are still collected."""
RESENT = 16


class Attestations:
    """Attestations by height, certificates made of them, and beats."""

    def __init__(self, config: Config, anchor: Anchor) -> None:
        certificate, height = anchor.certificate, anchor.header.height
        self._config = config
        self._handed_over = height if anchor.header.view == 0 else 0
        self.last = anchor.last
        """The epoch's last height, once it is fixed ([EPOCH-1])."""
        self._mine: dict[int, Attestation] = {}
        self._signed: dict[int, Attest] = {}
        self._votes: dict[int, dict[int, Attest]] = {}
        self.certificates: dict[int, StateCertificate] = {}
        self.executed_height = height
        self.certified_height = 0
        self.certified_through = height
        self.accused: list[Evidence] = []
        self._beats: dict[int, dict[int, SignedBeat]] = {}
        self._beaten = 0
        self.newest_beat: BeatCertificate | None = None
        if certificate is not None:
            self._hold(certificate)
            # Executed here before a restart: without it a restarted node would never beat.
            self._mine[certificate.attestation.height] = certificate.attestation

    # -- executing and attesting -------------------------------------------------------------

    def executed(self, event: Executed) -> list[Effect]:
        """A height was executed here: attest it, and hand over a certificate that waited."""
        members = self._config.members
        attestation = Attestation(
            chain=self._config.chain,
            epoch=members.epoch,
            height=event.height,
            block=event.block,
            time=event.time,
            state_root=event.state_root,
            receipts_root=event.receipts_root,
            validators=members.hash,
            next_validators=event.next_validators,
            last=event.height == event.last,
            protocol=event.protocol,
        )
        self.last = event.last if self.last is None else self.last
        self._mine[event.height] = attestation
        if event.height not in self.certificates:
            self.certified_through = min(self.certified_through, event.height - 1)
        self.executed_height = max(self.executed_height, event.height)
        effects: list[Effect] = []
        if self._config.me is not None and event.height not in self._signed:
            effects.append(SayAttest(attestation))
        certificate = self.certificates.get(event.height)
        if certificate is not None:
            effects.append(Certify(certificate))
        else:
            # Read back from disk, one's own ATTEST may have been the last that was missing.
            effects += self._complete(attestation)
        return effects + self._alarm(event.height)

    @property
    def is_over(self) -> bool:
        """Whether the epoch's last height is executed, and every height of it certified: until then
        somebody's attestation may be missing that only its members can make again ([EPOCH-5])."""
        last = self.last
        return last is not None and min(self.executed_height, self.certified_through) >= last

    def recover_own(self, attest: Attest) -> None:
        """An ATTEST of one's own was read back from disk."""
        self._signed[attest.attestation.height] = attest
        self._votes.setdefault(attest.attestation.height, {})[attest.author] = attest

    def wants(self, attest: Attest) -> bool:
        """True if counting it could change something."""
        height = attest.attestation.height
        if height <= self._handed_over:
            return False  # attested by the members of the epoch before
        newest = max(self.certified_height, self.executed_height)
        if not self._floor < height <= newest + 4 * KEPT_HEIGHTS:
            return False
        held = self._votes.get(height, {}).get(attest.author)
        if held is not None and held.attestation == attest.attestation:
            return False
        return held is not None or height not in self.certificates

    @property
    def _floor(self) -> int:
        return min(self.certified_through, self.executed_height) - KEPT_HEIGHTS

    def wants_certificate(self, height: int) -> bool:
        """True if no certificate of that height is held, and one could still be of use."""
        return height > self._floor and height not in self.certificates

    def add(self, attest: Attest) -> list[Effect]:
        """Count a verified ATTEST."""
        height = attest.attestation.height
        own = attest.author == self._config.me
        if own:
            self._signed[height] = attest
        if not self.wants(attest):
            return []
        votes = self._votes.setdefault(height, {})
        held = votes.get(attest.author)
        if held is not None:
            self._accuse(held, attest)
            return []
        votes[attest.author] = attest
        return self._complete(attest.attestation) or self._alarm(height)

    def _complete(self, attestation: Attestation) -> list[Effect]:
        """The certificate of an outcome, if a quorum attested it by now."""
        votes = self._votes.get(attestation.height, {})
        same = [votes[a] for a in sorted(votes) if votes[a].attestation == attestation]
        if len(same) < self._config.members.quorum:
            return []
        signatures = tuple(MemberSignature(a.author, a.signature) for a in same)
        return self.add_certificate(StateCertificate(attestation, signatures))

    def add_certificate(self, certificate: StateCertificate) -> list[Effect]:
        """Hold a state certificate, made here or received and verified."""
        height = certificate.attestation.height
        if not self.wants_certificate(height):
            return []
        self._hold(certificate)
        effects: list[Effect] = [Keep(StateCertificateKept(certificate))]
        if height in self._mine:
            effects.append(Certify(certificate))
        return effects + self._alarm(height)

    def _hold(self, certificate: StateCertificate) -> None:
        height = certificate.attestation.height
        self.certificates[height] = certificate
        self.certified_height = max(self.certified_height, height)
        while self.certified_through + 1 in self.certificates:
            self.certified_through += 1
        floor = self._floor
        self.certificates = {h: c for h, c in self.certificates.items() if h > floor}
        self._votes = {h: votes for h, votes in self._votes.items() if h > floor}
        self._mine = {h: a for h, a in self._mine.items() if h > floor}
        self._signed = {h: a for h, a in self._signed.items() if h > floor}

    def gaps(self) -> list[int]:
        """Heights executed here that have no certificate though a later one has, or that are the
        epoch's last: its members have gone on, so it has to be asked for ([CERT-4])."""
        newest, bare = self.certified_height, [h for h in self._mine if h not in self.certificates]
        return sorted(h for h in bare if h < newest or h == self.last)

    def newest_certificate(self) -> StateCertificate | None:
        """The certificate of the highest certified height."""
        return self.certificates.get(self.certified_height)

    def uncertified(self) -> list[Attest]:
        """Own ATTESTs to send again: those of the first heights without a certificate."""
        heights = [h for h in sorted(self._signed) if h not in self.certificates]
        return [self._signed[h] for h in heights[:RESENT]]

    def _alarm(self, height: int) -> list[Effect]:
        """f+1 others agree on what I did not find: one of us runs wrong code; stop ([CERT-5])."""
        mine = self._mine.get(height)
        if mine is None:
            return []
        certificate = self.certificates.get(height)
        if certificate is not None and certificate.attestation != mine:
            return [Halt(height, mine, certificate.attestation)]
        counts: Counter[Attestation] = Counter(
            attest.attestation
            for author, attest in self._votes.get(height, {}).items()
            if author != self._config.me
        )
        for theirs, count in counts.items():
            if theirs != mine and count > self._config.members.faults:
                return [Halt(height, mine, theirs)]
        return []

    def _accuse(self, held: Attest, attest: Attest) -> None:
        if len(self.accused) < self._config.members.size:
            first, second = encode(held), encode(attest)
            epoch = attest.attestation.epoch
            offence = Offence.TWO_ATTESTATIONS
            self.accused.append(Evidence(offence, epoch, attest.author, first, second))

    # -- beats --------------------------------------------------------------------------------

    def next_beat_ms(self) -> int | None:
        """When the next BEAT may be due; None for who cannot beat."""
        certificate = self.newest_certificate()
        if self._config.me is None or certificate is None or self.is_over:
            return None
        beat_ms = self._config.parameters.beat_ms
        quiet_since = certificate.attestation.time + beat_ms
        return max(quiet_since, (self._beaten + 1) * beat_ms)

    def beat(self, now_ms: int) -> list[Effect]:
        """BEAT if nothing was attested for a while: all that I attested is certified ([CERT-6])."""
        due = self.next_beat_ms()
        certificate = self.newest_certificate()
        if due is None or certificate is None or now_ms < due:
            return []
        attestation = certificate.attestation
        self._beaten = now_ms // self._config.parameters.beat_ms
        if self._mine.get(attestation.height) != attestation or self._newer_signed():
            return []
        root = attestation.state_root
        epoch = self._config.members.epoch  # of E, whom E hands over to beats ([EPOCH-5])
        beat = Beat(self._config.chain, epoch, attestation.height, root, self._beaten)
        return [SayBeat(beat)]

    def _newer_signed(self) -> bool:
        return max(self._signed, default=0) > self.certified_height

    def add_beat(self, signed: SignedBeat, now_ms: int) -> None:
        """Count a verified BEAT of about now."""
        tick = signed.beat.tick
        now_tick = now_ms // self._config.parameters.beat_ms
        if not now_tick - 2 <= tick <= now_tick + 2:
            return
        self._beats = {t: beats for t, beats in self._beats.items() if t >= now_tick - 2}
        beats = self._beats.setdefault(tick, {})
        beats.setdefault(signed.author, signed)
        same = [beats[a] for a in sorted(beats) if beats[a].beat == signed.beat]
        if len(same) >= self._config.members.quorum:
            signatures = tuple(MemberSignature(s.author, s.signature) for s in same)
            self.add_beat_certificate(BeatCertificate(signed.beat, signatures))

    def add_beat_certificate(self, certificate: BeatCertificate) -> None:
        """Hold the newest pulse."""
        newest = self.newest_beat
        if newest is None or certificate.beat.tick > newest.beat.tick:
            self.newest_beat = certificate
