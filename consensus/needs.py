"""What is missing now, as a function of what is held. Knows whom to ask first; sends nothing.

Needs are recomputed after each input; whoever fetches asks only while a need stands here, so an
answer that came another way ends the asking. Keys name the view and the kind ([SYNC-1]).
"""

from __future__ import annotations

from consensus.effects import Need
from consensus.messages import FetchBlock, FetchCertificate, FetchChain, FetchLane
from consensus.parts import Parts
from consensus.simplex import Simplex
from primitives.vote import Kind

NeedKey = tuple[str, int, bytes]
FAR_BEHIND = 4
"""Heights. Nearer ones come with the votes that are under way."""
MOST_GAPS = 8
MOST_AHEAD = 256
"""Final heights not yet executed beyond which no more are fetched."""


def wanted_blocks(simplex: Simplex) -> dict[bytes, int]:
    """Digests of missing blocks that a certificate or a held block names, with their view."""
    chain = simplex.chain
    wanted: dict[bytes, int] = {}
    final_view = chain.final.header.view
    if chain.finalized is not None and chain.finalized.view > final_view:
        assert chain.finalized.digest is not None
        missing = chain.path_to_final(chain.finalized.digest)
        if isinstance(missing, bytes):
            wanted[missing] = chain.finalized.view
    best = chain.notarized.get(chain.best_notarized_view())
    if best is not None and best.view > final_view:
        assert best.digest is not None
        if best.digest not in chain.blocks:
            wanted[best.digest] = best.view
    digest = simplex.proposals.get(simplex.view)
    if digest is not None:
        header = chain.blocks[digest].header
        if header.parent not in chain.blocks:
            wanted[header.parent] = header.view
    return wanted


def needs_of(parts: Parts, now_ms: int) -> dict[NeedKey, Need]:
    """All needs of the moment, by key."""
    needs: dict[NeedKey, Need] = {}
    simplex = parts.simplex
    for digest, view in wanted_blocks(simplex).items():
        first = simplex.tally.voters(view, digest) or (simplex.leaders.of(view),)
        needs[("block", view, digest)] = Need(FetchBlock(view, digest), first)
    _needs_of_view(parts, needs)
    _needs_of_proposal(parts, needs)
    _note_lacking(parts, needs, now_ms)
    for missing in parts.queue.missing():
        _need_lane(parts, needs, (missing.lane, missing.tip, missing.after), ())
    _needs_of_claims(parts, needs)
    _need_chain(parts, needs, now_ms)
    _need_certificates(parts, needs)
    return needs


def _need_lane(
    parts: Parts,
    needs: dict[NeedKey, Need],
    missing: tuple[int, bytes, int],
    first: tuple[int, ...],
) -> None:
    lane, tip, after = missing
    parts.lanes.lanes[lane].ask(tip)
    needs[("lane", lane, tip)] = Need(FetchLane(lane, tip, after), (*first, lane))


def _needs_of_view(parts: Parts, needs: dict[NeedKey, Need]) -> None:
    """What a leader lacks to propose: X's that it went past. If every member missed another one,
    nobody's proposal would ever show what is missing ([LIVE-2])."""
    simplex = parts.simplex
    if not simplex.pacemaker.busy:
        return
    epoch, size = parts.config.members.epoch, parts.config.members.size
    for view in simplex.chain.gap_below(simplex.view, MOST_GAPS):
        first = tuple((view + step) % size for step in range(1, size + 1))
        needs[("nullified", view, b"")] = Need(FetchCertificate(epoch, Kind.NULLIFY, view), first)


def _needs_of_proposal(parts: Parts, needs: dict[NeedKey, Need]) -> None:
    """What keeps the current view's proposal waiting."""
    simplex = parts.simplex
    digest = simplex.proposals.get(simplex.view)
    if digest is None or simplex.view in simplex.rejected:
        return
    header = simplex.chain.blocks[digest].header
    parent = simplex.chain.blocks.get(header.parent)
    if parent is None:
        return
    first = (header.proposer, *simplex.tally.voters(header.view, digest))
    epoch = parts.config.members.epoch
    if not simplex.chain.is_notarized(parent):
        view = parent.header.view
        request = FetchCertificate(epoch, Kind.NOTARIZE, view)
        needs[("notarized", view, b"")] = Need(request, first)
    for view in range(parent.header.view + 1, header.view):
        if view not in simplex.chain.nullified:
            request = FetchCertificate(epoch, Kind.NULLIFY, view)
            needs[("nullified", view, b"")] = Need(request, first)
            if len(needs) > 2 * MOST_GAPS:
                break
    try:
        missing = simplex.judge.missing_batches(parent.header, header)
    except ValueError:
        return
    for lane, tip, after in missing:
        _need_lane(parts, needs, (lane, tip, after), first)


def _note_lacking(parts: Parts, needs: dict[NeedKey, Need], now_ms: int) -> None:
    """[LANE-6] A batch that a proposal named and that came only after half a view had to be
    fetched: from then on a leader takes of that author what a quorum reports. A tip that nobody can
    deliver is the leader's lie, and says nothing about the author."""
    parameters = parts.config.parameters
    lacking = {key: parts.lacking.get(key, now_ms) for key in needs if key[0] == "lane"}
    for key, since_ms in parts.lacking.items():
        if parts.lanes.known(key[1], key[2]):
            if now_ms - since_ms > parameters.view_timeout_ms // 2:
                parts.lanes.fetched(key[1], parts.final_height + 1)
        elif now_ms - since_ms < parameters.view_timeout_limit_ms:
            lacking.setdefault(key, since_ms)
    parts.lacking = lacking


def _needs_of_claims(parts: Parts, needs: dict[NeedKey, Need]) -> None:
    """Tips that peers at standstill hold and I do not, or what lies between: only what would be
    taken unasked, so that naming a tip makes nobody keep more ([LANE-5, LANE-8])."""
    ahead = 2 * parts.config.parameters.lane_batches
    for peer, tips in parts.lanes.claims.items():
        if peer == parts.config.me:
            continue
        for lane, tip in zip(parts.lanes.lanes, tips, strict=True):
            missing = lane.missing_below(tip, ahead)
            if missing is not None:
                request = FetchLane(lane.author, missing, lane.best.seq)
                need = Need(request, (peer, lane.author))
                needs.setdefault(("lane", lane.author, missing), need)


def known_height(parts: Parts) -> int:
    """The newest height that is certified here, or that a quorum's beat names, or that f+1 members
    say they hold certified: at least one of them is honest."""
    claims = sorted(parts.reported_by.values(), reverse=True)
    faults = parts.config.members.faults
    claimed = claims[faults] if len(claims) > faults else 0
    newest = parts.attestations.newest_beat
    return max(parts.certified_height, claimed, 0 if newest is None else newest.beat.height)


def _need_chain(parts: Parts, needs: dict[NeedKey, Need], now_ms: int) -> None:
    """Final blocks that others have and I do not: far behind, or behind and standing still."""
    if now_ms >= (parts.heeds_until_ms or now_ms):
        parts.ahead.clear()
    final = parts.final_height
    if final - parts.attestations.executed_height >= MOST_AHEAD:
        return
    if final == parts.attestations.last:
        return
    newest = known_height(parts)
    far = newest >= final + FAR_BEHIND
    if far or (newest > final and parts.standing_still):
        first = tuple(p for p, height in parts.reported_by.items() if height > final)
        needs[("chain", final + 1, b"")] = Need(FetchChain(final + 1), first)
        return
    # A member hears of the next heights by voting; who does not vote asks for each.
    near = final if parts.config.me is None else final + FAR_BEHIND
    first = tuple(p for p, height in parts.ahead.items() if height > near)
    if first:
        needs[("chain", final + 1, b"")] = Need(FetchChain(final + 1), first)


def _need_certificates(parts: Parts, needs: dict[NeedKey, Need]) -> None:
    """Certificates that were missed, or lost with a crash: any peer has them in its chain."""
    for height in parts.attestations.gaps()[:MOST_GAPS]:
        needs[("proof", height, b"")] = Need(FetchChain(height), ())
