"""How a block follows its parent. Knows heights, views, epochs, cuts, lanes; carries out nothing.

Both blocks are attested, so what does not follow here is a quorum's doing; except for the list of
batches, which is the node's own word until it is what the cut means ([BLOCK-2], [BLOCK-3]).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from audit.violations import Violation
from client.raw import RawOrdered
from contracts.epochs import Epoch
from primitives.batch import EMPTY_TIP, BatchHeader, Tip, tip_of
from primitives.block import Header, order_of
from primitives.genesis import Parameters
from primitives.validators import ValidatorSet
from primitives.vote import Attestation


class Parent(msgspec.Struct, frozen=True):
    """The block before: its header and digest; ``epoch`` is the one of the block after it, as the
    rules give it."""

    header: Header
    digest: bytes
    epoch: Epoch

    @property
    def ends_epoch(self) -> bool:
        """Whether the next block begins an epoch ([EPOCH-1])."""
        return self.header.epoch != self.epoch.number


def check_header(parent: Parent, header: Header) -> None:
    """A valid child, as far as headers alone show it ([BLOCK-4], [EPOCH-3], [EPOCH-5]).

    That views in between were nullified, and how the clocks of voters stood, no block shows.
    """
    before, height, members = parent.header, header.height, parent.epoch.validators
    if (height, header.parent) != (before.height + 1, parent.digest):
        detail = f"parent {header.parent.hex()}, it is {parent.digest.hex()}"
        raise Violation("parent_wrong", height, detail)
    if header.time < before.time:
        raise Violation("time_backwards", height, f"{header.time} after {before.time}")
    if header.epoch != parent.epoch.number:
        detail = f"epoch {header.epoch}, {parent.epoch.number} follows the block before"
        raise Violation("epoch_wrong", height, detail)
    last_view = 0 if parent.ends_epoch else before.view
    if header.view <= last_view or header.proposer != members.leader(header.view):
        detail = (
            f"view {header.view} led by member {header.proposer}, after view {last_view}; "
            f"its leader is {members.leader(header.view)}"
        )
        raise Violation("view_wrong", height, detail)


def check_members(epoch: Epoch, said: Attestation, members: ValidatorSet) -> None:
    """Who signs, who follows, and when are what the rules give ([EPOCH-4], [CERT-2]).

    ``members`` are those against whom the height was inspected: a quorum handed over to them.
    """
    if members != epoch.validators:
        detail = f"the members of epoch {epoch.number} are others than the rules name"
        raise Violation("epoch_wrong", said.height, detail)
    if said.last != (said.height == epoch.last):
        ends = "no height yet" if epoch.last is None else f"height {epoch.last}"
        is_last = "the last" if said.last else "not the last"
        detail = f"attested as {is_last} of epoch {epoch.number}, which {ends} ends"
        raise Violation("epoch_wrong", said.height, detail)
    if said.next_validators != epoch.validators_after(said.height).hash:
        detail = "attested are other members of the next height than the rules name"
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
