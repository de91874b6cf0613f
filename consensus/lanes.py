"""Which batches are held, how they chain, and what a cut may name. Knows no content, no vote.

A lane is one author's chain of batches. Only headers live here; ``base`` is the tip of the newest
executed cut, below which everything is forgotten. What can be ordered is a function of the parent
block alone: every batch that descends from the parent's tip, even one of an abandoned block, may
still be taken ([LANE-4]).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from consensus.config import Config
from primitives.batch import Batch, BatchHeader, Tip, tip_of
from primitives.encoding import encode
from primitives.evidence import Evidence, Offence, SignedBatchHeader

MOST_BRANCHES = 2
MOST_WALK = 4096


class Held(msgspec.Struct):
    """A batch that is on disk. ``connected``: its ancestors down to the base are held too."""

    header: BatchHeader
    digest: bytes
    signature: bytes
    bad: bool
    connected: bool = False

    @property
    def tip(self) -> Tip:
        """The lane's tip, were this batch its last."""
        return tip_of(self.digest, self.header)


class Lane:
    """One author's batches above the executed tip."""

    def __init__(self, author: int, base: Tip) -> None:
        self.author = author
        self.base = base
        self.final_seq = base.seq
        self.best = base
        self._held: dict[bytes, Held] = {}
        self._children: dict[bytes, list[bytes]] = {}
        self._asked: dict[bytes, None] = {}

    def get(self, digest: bytes) -> Held | None:
        """The held batch, if it is."""
        return self._held.get(digest)

    def ask(self, digest: bytes) -> None:
        """The batch of ``digest`` is needed: accept it whatever the bounds say."""
        if len(self._asked) >= MOST_WALK:
            self._asked.clear()
        self._asked[digest] = None

    def accepts(self, digest: bytes, header: BatchHeader, ahead: int) -> bool:
        """Bound what an author can make us keep ([LANE-5]): 2S unsolicited batches beyond its
        final tip, and two branches a seq; what was asked for, or completes a chain, always."""
        if digest in self._held or header.seq <= self.base.seq:
            return False
        if digest in self._asked or self._awaited(digest, header.seq):
            return True
        return self.has_room(header.seq, ahead)

    def has_room(self, seq: int, ahead: int) -> bool:
        """True if a batch of that seq is taken though nothing named it."""
        within = self.base.seq < seq <= self.final_seq + ahead
        return within and len(self.at(seq)) < MOST_BRANCHES

    def _awaited(self, digest: bytes, seq: int) -> bool:
        """True if it comes right before a held batch. One that merely claims to, with another seq,
        would itself have a predecessor of any seq, and so on without end."""
        children = [self._held[child] for child in self._children.get(digest, ())]
        return any(not held.connected and held.header.seq == seq + 1 for held in children)

    def at(self, seq: int) -> list[Held]:
        """The held batches of one seq: more than one is evidence."""
        return [held for held in self._held.values() if held.header.seq == seq]

    def add(self, held: Held) -> None:
        """Keep a batch that was accepted, and connect what now can be."""
        self._asked.pop(held.digest, None)
        self._held[held.digest] = held
        self._children.setdefault(held.header.previous, []).append(held.digest)
        self._connect(held)

    def _connect(self, first: Held) -> None:
        waiting = [first]
        while waiting:
            held = waiting.pop()
            parent = self._tip_at(held.header.previous)
            if held.bad or held.connected or parent is None or not _follows(parent, held.header):
                continue
            held.connected = True
            if held.header.seq > self.best.seq:
                self.best = held.tip
            waiting.extend(self._held[child] for child in self._children.get(held.digest, ()))

    def _tip_at(self, digest: bytes) -> Tip | None:
        if digest == self.base.digest:
            return self.base
        held = self._held.get(digest)
        return held.tip if held is not None and held.connected else None

    def path(self, start: Tip, end: Tip) -> list[Held] | bytes:
        """The batches after ``start`` up to ``end``, oldest first; or the digest of the newest
        one that is missing. Raises ``ValueError`` if ``end`` does not descend from ``start``."""
        found: list[Held] = []
        digest = end.digest
        while digest != start.digest:
            held = self._held.get(digest)
            if held is None:
                return digest
            if held.bad or not _may_descend(held.header, start):
                raise ValueError(f"lane {self.author}: {end.seq} does not follow {start.seq}")
            found.append(held)
            digest = held.header.previous
        found.reverse()
        if not _adds_up(start, found, end):
            raise ValueError(f"lane {self.author}: the tip's figures are not the batches'")
        return found

    def missing_below(self, tip: Tip, ahead: int) -> bytes | None:
        """The newest batch missing between the best tip and a further one that somebody names; None
        if there is none, or if it would not be taken."""
        if tip.seq <= self.best.seq:
            return None
        try:
            path = self.path(self.best, tip)
        except ValueError:
            return None
        if not isinstance(path, bytes):
            return None
        return path if path != tip.digest or self.has_room(tip.seq, ahead) else None

    def extension(self, start: Tip, most: int) -> list[Tip]:
        """Tips of held batches after ``start``, nearest first: along the best branch if it
        descends from ``start``, else along the branch seen first."""
        best = self._along_best(start, most)
        if best is not None:
            return best
        tips: list[Tip] = []
        digest = start.digest
        while len(tips) < most:
            held = next(self._good_children(digest), None)
            if held is None:
                break
            tips.append(held.tip)
            digest = held.digest
        return tips

    def _along_best(self, start: Tip, most: int) -> list[Tip] | None:
        if self.best.seq <= start.seq:
            return None
        try:
            path = self.path(start, self.best)
        except ValueError:
            return None
        return [held.tip for held in path[:most]] if isinstance(path, list) else None

    def _good_children(self, digest: bytes) -> Iterator[Held]:
        for child in self._children.get(digest, ()):
            held = self._held[child]
            if held.connected:
                yield held

    def unfinal(self, most: int) -> tuple[bytes, ...]:
        """Digests on the best branch beyond the final tip, oldest first."""
        try:
            path = self.path(self.base, self.best)
        except ValueError:
            return ()
        if isinstance(path, bytes):
            return ()
        return tuple(h.digest for h in path if h.header.seq > self.final_seq)[:most]

    def executed(self, tip: Tip) -> None:
        """Forget what is executed; batches on other branches below the tip go with it."""
        self.base = tip
        self.final_seq = max(self.final_seq, tip.seq)
        self._held = {d: held for d, held in self._held.items() if held.header.seq > tip.seq}
        self._children = {}
        for held in self._held.values():
            self._children.setdefault(held.header.previous, []).append(held.digest)
            held.connected = False
        self.best = tip
        for digest in list(self._children.get(tip.digest, ())):
            self._connect(self._held[digest])


def _follows(parent: Tip, header: BatchHeader) -> bool:
    return (
        header.seq == parent.seq + 1
        and header.previous == parent.digest
        and header.cumulative == parent.cumulative + header.weight
    )


def _may_descend(header: BatchHeader, start: Tip) -> bool:
    """False if no missing batch could join the two: the one just above must name ``start``."""
    if header.seq == start.seq + 1:
        return header.previous == start.digest
    return header.seq > start.seq


def _adds_up(start: Tip, path: list[Held], end: Tip) -> bool:
    tip = start
    for held in path:
        if not _follows(tip, held.header):
            return False
        tip = held.tip
    return tip == end


class Lanes:
    """All lanes, the tips that peers report, and the authors whose batches had to be fetched."""

    def __init__(self, config: Config, base: tuple[Tip, ...]) -> None:
        self._config = config
        self.lanes = [Lane(author, tip) for author, tip in enumerate(base)]
        self._reports: dict[int, tuple[Tip, ...]] = {}
        self.claims: dict[int, tuple[Tip, ...]] = {}
        self._fetched_at: dict[int, int] = {}
        self._accused: dict[tuple[int, int], None] = {}
        self.accused: list[Evidence] = []

    @property
    def tips(self) -> tuple[Tip, ...]:
        """What travels beside own votes: the best tip held of each lane."""
        return tuple(lane.best for lane in self.lanes)

    def known(self, lane: int, digest: bytes) -> bool:
        """True if the batch is held (or the lane does not exist)."""
        return lane >= len(self.lanes) or self.lanes[lane].get(digest) is not None

    def accepts(self, digest: bytes, header: BatchHeader) -> bool:
        """True if the batch is new, could be ordered, and is within its lane's bounds."""
        parameters = self._config.parameters
        if header.author >= len(self.lanes) or header.weight > parameters.lane_weight:
            return False
        ahead = 2 * parameters.lane_batches
        return self.lanes[header.author].accepts(digest, header, ahead)

    def add(self, batch: Batch, digest: bytes, bad: bool) -> None:
        """Hold an accepted batch; note evidence if its author signed another of that seq."""
        header = batch.header
        lane = self.lanes[header.author]
        for other in lane.at(header.seq):
            self._accuse(other, batch)
        lane.add(Held(header, digest, batch.signature, bad))

    def _accuse(self, other: Held, batch: Batch) -> None:
        header = batch.header
        if (header.author, header.seq) in self._accused or len(self._accused) >= MOST_WALK:
            return
        self._accused[(header.author, header.seq)] = None
        first = encode(SignedBatchHeader(other.header, other.signature))
        second = encode(SignedBatchHeader(header, batch.signature))
        offence = Offence.TWO_BATCHES
        self.accused.append(Evidence(offence, header.epoch, header.author, first, second))

    def cut_is_valid(self, parent: tuple[Tip, ...], cut: tuple[Tip, ...]) -> bool:
        """[LANE-3] Read off the cut alone: tips stay or advance, at most S batches and W weight a
        lane. Descent is checked once the batches are held."""
        parameters = self._config.parameters
        if len(cut) != len(self.lanes):
            return False
        for old, new in zip(parent, cut, strict=True):
            if new == old:
                continue
            batches, weight = new.seq - old.seq, new.cumulative - old.cumulative
            if not 0 < batches <= parameters.lane_batches:
                return False
            if not 0 < weight <= parameters.lane_weight:
                return False
        return True

    def next_cut(self, parent: tuple[Tip, ...], height: int) -> tuple[Tip, ...]:
        """The most that a leader may order after ``parent`` ([LANE-6])."""
        return tuple(self._next_tip(lane, parent[lane.author], height) for lane in self.lanes)

    def _next_tip(self, lane: Lane, parent: Tip, height: int) -> Tip:
        parameters = self._config.parameters
        tips = lane.extension(parent, 2 * parameters.lane_batches)
        if self._suspect(lane.author, height):
            tips = tips[: self._reported(lane.author, tips)]
        best = parent
        for tip in tips[: parameters.lane_batches]:
            if tip.cumulative - parent.cumulative > parameters.lane_weight:
                break
            best = tip
        return best

    def _suspect(self, author: int, height: int) -> bool:
        fetched_at = self._fetched_at.get(author)
        return fetched_at is not None and height - fetched_at < 100

    def _reported(self, author: int, tips: list[Tip]) -> int:
        """How many of ``tips`` a quorum, myself included, is known to hold."""
        places = {tip.digest: place + 1 for place, tip in enumerate(tips)}
        held = [len(tips)]
        for peer in range(self._config.members.size):
            if peer != self._config.me:
                report = self._reports.get(peer)
                held.append(places.get(report[author].digest, 0) if report else 0)
        held.sort(reverse=True)
        return held[self._config.members.quorum - 1]

    def report(self, peer: int, tips: tuple[Tip, ...]) -> None:
        """Note which tips a peer says that it holds."""
        if len(tips) == len(self.lanes):
            self._reports[peer] = tips

    def claim(self, peer: int, tips: tuple[Tip, ...]) -> None:
        """Note what a peer that stands still says that it holds ([LANE-8])."""
        if len(tips) == len(self.lanes):
            self.claims[peer] = tips

    def fetched(self, author: int, height: int) -> None:
        """A batch of this author had to be asked for: trust only what a quorum reports."""
        self._fetched_at[author] = height

    def has_orderable(self, final_cut: tuple[Tip, ...]) -> bool:
        """True if some lane has a batch that could be ordered after the final cut."""
        return any(
            lane.best.seq > tip.seq and bool(lane.extension(tip, 1))
            for lane, tip in zip(self.lanes, final_cut, strict=True)
        )

    def finalized(self, cut: tuple[Tip, ...]) -> None:
        """A cut became final."""
        for lane, tip in zip(self.lanes, cut, strict=True):
            lane.final_seq = max(lane.final_seq, tip.seq)

    def executed(self, cut: tuple[Tip, ...]) -> None:
        """A cut was executed and its state committed."""
        for lane, tip in zip(self.lanes, cut, strict=True):
            if tip != lane.base:
                lane.executed(tip)
