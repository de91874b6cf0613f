"""Proposals and votes. Knows what may be proposed, in one closed table; not who may vote, nor when.

No kind of proposal names an amount of an account: there is nothing to vote for that would lower a
balance ([LEDGER-60]). Amounts are in units of 10^-6 LiqBon.
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Annotated, Final

import msgspec

from primitives.codes import MAX_PARTNERS, Code, Cycle, Name, Place, Points, Url
from primitives.encoding import Count, Digest, Millis, Positive, Wire
from primitives.tags import Tag

Height = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Version = Annotated[int, msgspec.Meta(ge=1, le=65_535)]


class VotedLimits(Wire):
    """What others let a partner owe and be owed: the part of its limits that is voted."""

    credit: Count
    reserve_ceiling: Count
    haircut: Points
    claim_bound: Count


class AdmitPartner(Wire, tag=1):
    """Make ``applicant`` a partner, as its application of this id says."""

    applicant: Digest
    application: Digest
    limits: VotedLimits


class RemovePartner(Wire, tag=2):
    """Have a partner leave, whether it wants to or not."""

    partner: Code


class ReplaceAdmin(Wire, tag=3):
    """Give a partner another admin: its own lost its keys, or somebody stole them."""

    partner: Code
    account: Digest


class SetLimits(Wire, tag=4):
    """Set what the others let a partner owe and be owed."""

    partner: Code
    limits: VotedLimits


class SetCustodian(Wire, tag=5):
    """Admit a custodian, or change the name, account or affiliation of one."""

    code: Code
    name: Name
    account: Digest
    partner: Code | None


class AssignCustodian(Wire, tag=6):
    """Have another custodian hold a partner's reserve."""

    partner: Code
    custodian: Code


class SetJudge(Wire, tag=7):
    """Have another custodian say which payments between partners were made."""

    custodian: Code


class DecideDispute(Wire, tag=8):
    """Say whether a disputed payment was made, instead of the settlement custodian."""

    cycle: Cycle
    place: Place
    paid: bool


class ShareObligation(Wire, tag=9):
    """The others bear what a partner that is leaving did not pay of an obligation."""

    cycle: Cycle
    place: Place


class SharePosition(Wire, tag=10):
    """The others bear ``amount`` of what a partner that is leaving owes the pool."""

    partner: Code
    amount: Positive


class SetProtocol(Wire, tag=11):
    """From ``height`` on the rules are those of another protocol version."""

    version: Version
    height: Height


class Declare(Wire, tag=12):
    """Say something together: a document, by its digest. Nothing in the ledger follows from it."""

    hash: Digest
    url: Url


Measure = (
    AdmitPartner
    | RemovePartner
    | ReplaceAdmin
    | SetLimits
    | SetCustodian
    | AssignCustodian
    | SetJudge
    | DecideDispute
    | ShareObligation
    | SharePosition
    | SetProtocol
    | Declare
)


class Propose(Wire, tag=int(Tag.PROPOSE)):
    """Put something to the vote, in a partner's name."""

    partner: Code
    measure: Measure


class CastVote(Wire, tag=int(Tag.VOTE)):
    """A partner's vote on a proposal; the last one before the decision counts."""

    partner: Code
    proposal: Digest
    approve: bool


@unique
class ProposalStatus(IntEnum):
    """Where a proposal stands ([LEDGER-61])."""

    OPEN = 1
    PASSED = 2
    EXECUTED = 3
    REJECTED = 4
    EXPIRED = 5
    VOID = 6

    @property
    def text(self) -> str:
        """As people and programs see it, e.g. ``passed``."""
        return self.name.lower()


class Proposal(Wire):
    """Something that was put to the vote; never deleted.

    ``electors`` may vote, as they were when it was made; ``needed`` of them must approve. At
    ``deadline`` it expires while OPEN, and is carried out while PASSED, which happened at
    ``decided`` (0: not yet). ``obstacle`` is the outcome that kept a VOID one from being carried
    out (0: none).
    """

    proposer: Code
    measure: Measure
    electors: Annotated[tuple[Code, ...], msgspec.Meta(min_length=1, max_length=MAX_PARTNERS)]
    needed: Annotated[int, msgspec.Meta(ge=1, le=MAX_PARTNERS)]
    approved: Annotated[int, msgspec.Meta(ge=0, le=MAX_PARTNERS)]
    opposed: Annotated[int, msgspec.Meta(ge=0, le=MAX_PARTNERS)]
    status: ProposalStatus
    opened: Millis
    decided: Millis
    deadline: Millis
    obstacle: Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class Ballot(Wire):
    """How a partner votes on a proposal."""

    approve: bool


class Planned(Wire):
    """A protocol version, and the height from which on it is in force."""

    version: Version
    height: Height


class Protocol(Wire):
    """The protocol version in force, until the height of the one that is ``planned``."""

    version: Version
    planned: Planned | None

    def at(self, height: int) -> int:
        """The version whose rules carry out the block of ``height``."""
        planned = self.planned
        return planned.version if planned and height >= planned.height else self.version


PROTOCOL_KEY: Final = bytes([0x04])
PROPOSAL_PREFIX: Final = 0x80
BALLOT_PREFIX: Final = 0x81


def proposal_key(proposal: bytes) -> bytes:
    """A proposal; its id is that of the transaction that made it."""
    return bytes([PROPOSAL_PREFIX]) + proposal


def ballot_key(proposal: bytes, partner: str) -> bytes:
    """A partner's vote on a proposal."""
    return bytes([BALLOT_PREFIX]) + proposal + bytes([len(partner)]) + partner.encode("ascii")


def needed(electors: int) -> int:
    """How many of ``electors`` must approve: more than two thirds ([LEDGER-61])."""
    return 2 * electors // 3 + 1
