"""Who validates, and the only quorum arithmetic. Knows keys and counts; no votes, no time."""

from __future__ import annotations

from functools import cached_property

import msgspec

from primitives.actions import Code
from primitives.encoding import Digest, Malformed, Wire, encode
from primitives.hashing import POSSESSION_SIGNATURE, VALIDATORS
from primitives.keys import SignatureScheme, is_small_order

MAX_VALIDATORS = 100


class Validator(Wire):
    """A partner's seat: its code on chain and the consensus key of this epoch."""

    partner: Code
    key: Digest


class ValidatorSet(msgspec.Struct, frozen=True, dict=True):
    """The members of one epoch, in the order that gives each its index and its lane."""

    epoch: int
    members: tuple[Validator, ...]

    @cached_property
    def size(self) -> int:
        """n"""
        return len(self.members)

    @cached_property
    def faults(self) -> int:
        """f = (n-1)//3: how many may be Byzantine."""
        return (self.size - 1) // 3

    @cached_property
    def quorum(self) -> int:
        """Q = n - f. Two quorums share at least f+1 members, so at least one honest one."""
        return self.size - self.faults

    @cached_property
    def hash(self) -> bytes:
        """32 bytes: what ATTEST calls the validators hash ([CERT-2])."""
        return VALIDATORS.digest(encode([self.epoch, self.members]))

    @cached_property
    def _places(self) -> dict[bytes, int]:
        return {member.key: place for place, member in enumerate(self.members)}

    def key(self, index: int) -> bytes:
        """The consensus key of a member. Raises ``Malformed`` (``validator_unknown``)."""
        if not 0 <= index < len(self.members):
            raise Malformed("validator_unknown", str(index))
        return self.members[index].key

    def index_of(self, key: bytes) -> int | None:
        """The member that holds ``key``, if any does."""
        return self._places.get(key)

    def place_of(self, partner: str) -> int | None:
        """The member that is a partner's, if it has a seat."""
        places = [place for place, each in enumerate(self.members) if each.partner == partner]
        return places[0] if places else None

    def leader(self, view: int) -> int:
        """Round robin ([LIVE-1])."""
        return view % self.size


def possession_message(chain_name: str, partner: str, key: bytes) -> bytes:
    """What a consensus key signs before genesis to prove that its owner holds it."""
    return POSSESSION_SIGNATURE.message(encode([chain_name, partner, key]))


def check_members(members: tuple[Validator, ...]) -> None:
    """Refuse a set that could not be safe: empty, too large, shared or small-order keys."""
    if not 1 <= len(members) <= MAX_VALIDATORS:
        raise Malformed("validators_invalid", f"{len(members)} members, 1 to {MAX_VALIDATORS}")
    seen: dict[object, str] = {}
    for member in members:
        if member.key in seen or member.partner in seen:
            raise Malformed("validators_invalid", f"{member.partner} shares a key or a name")
        seen[member.key] = seen[member.partner] = member.partner
        if is_small_order(member.key):
            raise Malformed("validators_invalid", f"the key of {member.partner} has small order")


def check_possession(
    scheme: SignatureScheme, chain_name: str, validator: Validator, proof: bytes
) -> None:
    """Raise ``Malformed`` (``possession_invalid``) unless the key's owner signed for it."""
    message = possession_message(chain_name, validator.partner, validator.key)
    if not scheme.verify(validator.key, message, proof):
        raise Malformed("possession_invalid", validator.partner)
