"""How a block follows its parent. Knows heights, views, cuts and lanes; carries out nothing.

Both blocks are attested, so what does not follow here is a quorum's doing; except for the list of
batches, which is the node's own word until it is what the cut means ([BLOCK-2], [BLOCK-3]).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from audit.violations import Violation
from client.raw import RawOrdered
from primitives.batch import EMPTY_TIP, BatchHeader, Tip, tip_of
from primitives.block import Header, order_of
from primitives.genesis import Parameters
from primitives.validators import ValidatorSet
from primitives.vote import Attestation


class Parent(msgspec.Struct, frozen=True):
    """The block before: its header and digest, and what was attested of it (None: genesis)."""

    header: Header
    digest: bytes
    attestation: Attestation | None

    @property
    def ends_epoch(self) -> bool:
        """Whether the next block begins an epoch ([PROOF-3])."""
        return self.attestation is not None and self.attestation.last

    @property
    def next_epoch(self) -> int:
        """The epoch of the next block."""
        return self.header.epoch + self.ends_epoch


def check_header(parent: Parent, header: Header, members: ValidatorSet) -> None:
    """A valid child, as far as headers alone show it ([BLOCK-4]).

    That views in between were nullified, and how the clocks of voters stood, no block shows.
    """
    before, height = parent.header, header.height
    if (height, header.parent) != (before.height + 1, parent.digest):
        detail = f"parent {header.parent.hex()}, it is {parent.digest.hex()}"
        raise Violation("parent_wrong", height, detail)
    if header.time < before.time:
        raise Violation("time_backwards", height, f"{header.time} after {before.time}")
    if header.epoch != parent.next_epoch:
        detail = f"epoch {header.epoch}, {parent.next_epoch} follows the block before"
        raise Violation("epoch_wrong", height, detail)
    last_view = 0 if parent.ends_epoch else before.view
    if header.view <= last_view or header.proposer != members.leader(header.view):
        detail = (
            f"view {header.view} led by member {header.proposer}, after view {last_view}; "
            f"its leader is {members.leader(header.view)}"
        )
        raise Violation("view_wrong", height, detail)


def check_members(said: Attestation, members: ValidatorSet) -> None:
    """The members stay, within an epoch and from one to the next ([CERT-2]).

    Who is admitted, leaves or announces a key waits for an epoch's end, and protocol 1 ends none:
    whoever hands the network over to others breaks its rules, though a quorum signs it.
    """
    after = ValidatorSet(members.epoch + 1, members.members) if said.last else members
    if said.next_validators != after.hash:
        detail = "the next members are others, and no rule makes others members"
        raise Violation("epoch_wrong", said.height, detail)


def first_cut(parent: Parent, lanes: int) -> tuple[Tip, ...]:
    """Where the lanes stand before the block: an epoch's begin anew."""
    return (EMPTY_TIP,) * lanes if parent.ends_epoch else parent.header.cut


def check_cut(before: Sequence[Tip], header: Header, parameters: Parameters) -> None:
    """Each lane stays, or goes on by 1..S batches and 1..W weight ([LANE-3])."""
    if len(header.cut) != len(before):
        detail = f"{len(header.cut)} lanes of {len(before)}"
        raise Violation("cut_wrong", header.height, detail)
    for lane, (old, new) in enumerate(zip(before, header.cut, strict=True)):
        batches, weight = new.seq - old.seq, new.cumulative - old.cumulative
        within = 0 < batches <= parameters.lane_batches and 0 < weight <= parameters.lane_weight
        if old != new and not within:
            detail = f"lane {lane} goes on by {batches} batches of weight {weight}"
            raise Violation("cut_wrong", header.height, detail)


def check_order(
    before: Sequence[Tip],
    header: Header,
    order: Sequence[RawOrdered],
    batches: Sequence[BatchHeader],
) -> None:
    """The batches are those between the two cuts, in the order that the cut means.

    ``order`` names, in the same places, the digests of ``batches`` ([BLOCK-2], [BLOCK-3]).
    """
    _check_none_missing(before, header, order)
    lanes: list[list[tuple[bytes, BatchHeader]]] = [[] for _ in before]
    for named, batch in zip(order, batches, strict=True):
        lanes[named.lane].append((named.digest, batch))
    meant = order_of(header.height, [[digest for digest, _ in lane] for lane in lanes])
    if [(each.lane, each.digest) for each in meant] != [(each.lane, each.digest) for each in order]:
        raise Violation("order_forged", header.height, "the cut means another order")
    for lane, (old, new) in enumerate(zip(before, header.cut, strict=True)):
        if lanes[lane]:
            _check_lane(header.height, old, new, lanes[lane])


def _check_none_missing(before: Sequence[Tip], header: Header, order: Sequence[RawOrdered]) -> None:
    given = [0] * len(before)
    for each in order:
        given[each.lane] += 1
    for lane, (old, new) in enumerate(zip(before, header.cut, strict=True)):
        named = new.seq - old.seq
        if given[lane] == named:
            continue
        code = "batch_withheld" if given[lane] < named else "order_forged"
        detail = f"lane {lane}: {given[lane]} batches are handed out, the cut orders {named}"
        raise Violation(code, header.height, detail)


def _check_lane(height: int, old: Tip, new: Tip, lane: Sequence[tuple[bytes, BatchHeader]]) -> None:
    """The attested tip names the last batch and each batch the one before: so far another batch is
    the node's own. What these batches then say of each other is the validators' doing ([LANE-4]).
    """
    named = [batch.previous for _, batch in lane[1:]] + [new.digest]
    if named != [digest for digest, _ in lane]:
        raise Violation("order_forged", height, "the cut leads to other batches")
    tip = old
    for digest, batch in lane:
        expected = (tip.seq + 1, tip.digest, tip.cumulative + batch.weight)
        if (batch.seq, batch.previous, batch.cumulative) != expected:
            detail = f"lane {batch.author}: seq {batch.seq} does not continue seq {tip.seq}"
            raise Violation("lane_broken", height, detail)
        tip = tip_of(digest, batch)
    if tip != new:
        raise Violation("lane_broken", height, f"the cut says {new!r} of {tip!r}")
