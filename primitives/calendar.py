"""What falls due, as it stands in the state. Knows shapes; not when, nor what an item means.

``primitives.entries`` hands it on and lays out its keys ([STATE-7], [STATE-8], docs/spec/state.md).
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from primitives.codes import Code, Cycle, Place
from primitives.encoding import Digest, Millis, Wire


class DueNode(Wire):
    """One node of the calendar: which of its 256 children exist, as a bitmap of 32 bytes."""

    children: Digest


class ReserveLapse(Wire, tag=1):
    """The attestation of a partner's reserve, made at ``attested``, lapses."""

    partner: Code
    attested: Millis


class RateStart(Wire, tag=2):
    """The published rate at ``place`` of a programme comes into force."""

    partner: Code
    programme: Code
    place: Annotated[int, msgspec.Meta(ge=0, lt=2**32)]


class ReserveStart(Wire, tag=3):
    """The increase of a reserve, attested at ``attested``, counts from now on."""

    partner: Code
    attested: Millis


class CapsStart(Wire, tag=4):
    """Raised daily caps, to be in force from ``since`` on, are."""

    partner: Code
    since: Millis


class CycleClose(Wire, tag=5):
    """A settlement cycle closes."""

    cycle: Cycle


class ObligationDue(Wire, tag=6):
    """The deadline of an obligation passes; what that means is read from its status."""

    cycle: Cycle
    place: Place
    deadline: Millis


class CampaignEnd(Wire, tag=7):
    """A campaign ends."""

    campaign: Digest


class OrderDue(Wire, tag=8):
    """The deadline of an order passes; what that means is read from its status."""

    order: Digest
    deadline: Millis


class TermsStart(Wire, tag=9):
    """The published terms at ``place`` of a programme come into force."""

    partner: Code
    programme: Code
    place: Annotated[int, msgspec.Meta(ge=0, lt=2**32)]


class ProposalDue(Wire, tag=10):
    """The deadline of a proposal passes; what that means is read from its status."""

    proposal: Digest
    deadline: Millis


DueItem = (
    ReserveLapse
    | RateStart
    | ReserveStart
    | CapsStart
    | CycleClose
    | ObligationDue
    | CampaignEnd
    | OrderDue
    | TermsStart
    | ProposalDue
)
DUE_PAGE_ITEMS: Final = 32
PageNumber = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]


class DuePage(Wire):
    """Items of one second in the order in which they were put there; written once, then full."""

    items: Annotated[tuple[DueItem, ...], msgspec.Meta(min_length=1, max_length=DUE_PAGE_ITEMS)]


class DueSecond(Wire):
    """What of one second is still to be done: from ``start`` on page ``first`` to page ``last``."""

    first: PageNumber
    start: Annotated[int, msgspec.Meta(ge=0, lt=DUE_PAGE_ITEMS)]
    last: PageNumber
