"""State entries as of the newest certified height, with their proofs. Knows bytes; no meaning."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import msgspec

from client.fields import format_time
from node.api.documents import proof_text
from node.api.problems import ApiProblem
from node.api.seams import Api
from node.queries import NotCertified
from primitives.certificate import BeatCertificate
from primitives.encoding import Wire
from primitives.entries import Partner, partner_key
from primitives.proof import EntryProof

W = TypeVar("W", bound=Wire)


class Entry(NamedTuple):
    """A value as of a height, with its proof if it was asked for."""

    key: bytes
    value: bytes | None
    height: int
    time: int
    proof: EntryProof | None

    def decoded(self, kind: type[W]) -> W | None:
        """The typed value; None where there is none."""
        return None if self.value is None else msgspec.msgpack.decode(self.value, type=kind)


def read(api: Api, key: bytes, with_proof: bool) -> Entry:
    """The entry under ``key``. Raises ``ApiProblem`` (``not_certified``)."""
    if not with_proof:
        height, time = api.queries.as_of()
        return Entry(key, api.queries.value(key), height, time, None)
    try:
        proof = api.queries.prove_entry(key)
    except NotCertified:
        raise ApiProblem("not_certified") from None
    attested = proof.certificate.attestation
    return Entry(key, proof.value, attested.height, attested.time, proof)


def expect_partner(api: Api, code: str) -> Partner:
    """A partner, one that left too. Raises ``ApiProblem`` (``partner_unknown``)."""
    found = api.queries.entry(partner_key(code), Partner)
    if found is None:
        raise ApiProblem("partner_unknown")
    return found


def beat_of(api: Api, entry: Entry) -> BeatCertificate | None:
    """The newest beat, if it is of the height that was proven; none where nothing was."""
    certificate = api.status.newest_beat
    if entry.proof is None or certificate is None or certificate.beat.height != entry.height:
        return None
    return certificate


def shown(api: Api, entry: Entry) -> dict[str, Any]:
    """The members by which a document names the entry behind it, and proves it."""
    return {
        "key": entry.key.hex(),
        "height": entry.height,
        "time": format_time(entry.time),
        "proof": proof_text(entry.proof),
        "beat": proof_text(beat_of(api, entry)),
    }
