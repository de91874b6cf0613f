"""Which numbered rules decided something in a run. Knows where each is applied; judges nothing.

A run in which a rule never had anything to decide says nothing about it. A probe sits where a rule
is applied and asks, of each call, whether the rule mattered there: it forbade, cut off, repeated or
chose. A rule counts for a seed once, whichever member it mattered to, a Byzantine one included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, NamedTuple

from consensus import proposals, recovery, repeats, safety
from consensus.attestation import Attestations
from consensus.chain import Chain
from consensus.engine import Engine
from consensus.lanes import Lane, Lanes
from consensus.leader import Leaders
from consensus.messages import Oldest
from consensus.pacemaker import Pacemaker
from consensus.proposals import Judge, Verdict
from consensus.simplex import Simplex
from contracts import epochs
from node.guard import Guard
from node.guests import Guests
from node.replica import Replica
from node.signer import LocalSigner
from node.sync import Fetcher, Library
from node.terms import Terms
from primitives.vote import Kind
from tests.simulation.disk import Disk
from tests.simulation.process import Process


class Probe(NamedTuple):
    """Where a rule is applied, and when it decides something there.

    ``decides`` is given what the call answered, then its arguments (the object first).
    """

    rule: str
    when: str
    owner: Any
    name: str
    decides: Callable[..., bool]


def _always(*_: object) -> bool:
    return True


def _is_refused(answer: object, *_: object) -> bool:
    return answer is False


def _is_some(answer: object, *_: object) -> bool:
    return bool(answer)


def _is_invalid(verdict: Verdict, *_: object) -> bool:
    return verdict is Verdict.INVALID


def _comes_late(_: object, simplex: Simplex, certificate: Any) -> bool:
    """N of a view that I nullified, and that is still open."""
    view = certificate.view
    return certificate.kind is Kind.NOTARIZE and (
        view > simplex.own.floor and simplex.own.of(view).nullified
    )


def _is_forgotten(answer: bool, chain: Chain, certificate: Any) -> bool:
    return answer and certificate.view <= chain.final.header.view


def _skips(parent: Any, chain: Chain, view: int) -> bool:
    return parent is not None and parent.header.view < view - 1


def _is_cut_short(answer: Any, lanes: Lanes, lane: Lane, parent: Any, height: int) -> bool:
    del height
    return bool(lane.extension(answer, 1)) and answer.seq > parent.seq


def _was_said(_: object, simplex: Simplex, vote: Any) -> bool:
    del simplex
    return vote.kind is not Kind.PROPOSE


def _is_repeated(answer: list[Any], fetcher: Fetcher, *_: object) -> bool:
    return bool(answer) and any(asking.times > 1 for asking in fetcher._asking.values())


def _is_proven_by_a_quorum(path: list[Any], simplex: Simplex) -> bool:
    """Committed because of a state certificate: no F of these blocks is held."""
    finalized = simplex.chain.finalized
    return bool(path) and (finalized is None or finalized.view < path[-1].header.view)


def _moves_on(_: object, chain: Chain, block: Any) -> bool:
    del chain
    return block.header.height > 0


def _is_past_the_end(answer: Any, before: Any, entries: object, *_: object) -> bool:
    """A change is recorded though the next members are fixed already."""
    del before
    return answer.last is not None and epochs.membership.of(entries).changed > answer.number  # type: ignore[arg-type]


def _has_another_seat(answer: int | None, signer: LocalSigner, members: Any) -> bool:
    """It sits with a key that is not its first, or with none."""
    first = next(iter(signer._keys), None)
    return answer is None or members.members[answer].key != first


PROBES: Final = (
    Probe("SAFE-1", "a leader has proposed in its view", safety, "may_propose", _is_refused),
    Probe(
        "SAFE-2",
        "a member that nullified a view may still NOTARIZE in it",
        safety,
        "may_notarize",
        lambda may, own: may and own.nullified,
    ),
    Probe(
        "SAFE-3",
        "FINALIZE is withheld in a view that was nullified",
        safety,
        "may_finalize",
        lambda may, own: not may and own.nullified,
    ),
    Probe("SAFE-6", "a certificate of a forgotten view arrives", Chain, "holds", _is_forgotten),
    Probe(
        "SAFE-7",
        "a proposal waits for the X of a view that it skips",
        proposals,
        "skip_is_justified",
        _is_refused,
    ),
    Probe("LIVE-1", "a leader's block becomes final", Chain, "commit", _moves_on),
    Probe("LIVE-2", "a leader builds upon a block below views", Chain, "parent_for", _skips),
    Probe("LIVE-3", "N comes after an own NULLIFY", Simplex, "on_certificate", _comes_late),
    Probe("LIVE-4", "a member speaks up at standstill", repeats, "at_standstill", _is_some),
    Probe(
        "LIVE-5",
        "a second view in a row times out",
        Pacemaker,
        "timed_out",
        lambda _, pacemaker: pacemaker._timeouts > 1,
    ),
    Probe("LIVE-6", "a leader's turn is skipped", Leaders, "skipped", _is_some),
    Probe(
        "LIVE-8",
        "a block waits, so that transactions gather",
        Pacemaker,
        "gathers_until_ms",
        lambda until, pacemaker, parent: until is not None and until > pacemaker._start_ms(),
    ),
    Probe("IDLE-1", "nothing is to be ordered", Engine, "_has_work", _is_refused),
    Probe(
        "IDLE-2",
        "a leader with nothing to order waits",
        Pacemaker,
        "empty_block_ms",
        _is_some,
    ),
    Probe("LAG-1", "a block orders nothing", proposals, "is_empty", _is_some),
    Probe("LAG-2", "a leader may order nothing", Judge, "may_propose_contents", _is_refused),
    Probe("LAG-3", "a proposal waits for execution", Judge, "_may_vote_contents", _is_refused),
    Probe("DUR-1", "power fails before a sync is done", Disk, "_remains", _always),
    Probe("DUR-2", "the journal forgets what is durable", Disk, "drop", _always),
    Probe("DUR-3", "a vote is read back", recovery, "_own_vote", _was_said),
    Probe("DUR-4", "the guard learns from the journal", Guard, "restore", _always),
    Probe("SYNC-1", "a need is asked for again", Fetcher, "poll", _is_repeated),
    Probe("SYNC-2", "blocks of a peer are adopted", Simplex, "adopt", _always),
    Probe("SYNC-3", "a peer's question is answered", Library, "chain", _is_some),
    Probe(
        "SYNC-4",
        "a peer asks for what was let go of",
        Library,
        "chain",
        lambda answer, *_: isinstance(answer, Oldest),
    ),
    Probe("MSG-2", "a message could change nothing", Engine, "wants", _is_refused),
    Probe("BLOCK-4", "a proposal is no valid child", Judge, "judge", _is_invalid),
    Probe("BLOCK-5", "a quorum's word makes final", Simplex, "commit", _is_proven_by_a_quorum),
    Probe(
        "LANE-2",
        "an unsound batch is held as proof",
        Lanes,
        "add",
        lambda _, lanes, batch, digest, bad: bad,
    ),
    Probe("LANE-3", "a cut stays within S and W", Lanes, "_next_tip", _is_cut_short),
    Probe(
        "LANE-4",
        "a lane has two branches",
        Lanes,
        "add",
        lambda _, lanes, batch, *__: len(lanes.lanes[batch.header.author].at(batch.header.seq)) > 1,
    ),
    Probe("LANE-5", "a batch finds no room", Lane, "has_room", _is_refused),
    Probe("LANE-6", "an author is suspected", Lanes, "_suspect", _is_some),
    Probe("LANE-7", "a vote waits for batches", Judge, "missing_batches", _is_some),
    Probe("LANE-8", "a tip that a peer names is asked for", Lane, "missing_below", _is_some),
    Probe("CERT-1", "a quorum attested the same", Attestations, "_hold", _always),
    Probe("CERT-4", "an ATTEST is sent again", Attestations, "uncertified", _is_some),
    Probe("CERT-6", "a member beats", Attestations, "beat", _is_some),
    Probe("EVID-1", "evidence is kept", Process, "accused", _always),
    Probe(
        "EPOCH-1", "an epoch's end is fixed", epochs, "after", lambda e, old, *_: old.last != e.last
    ),
    Probe("EPOCH-2", "a change is recorded above that", epochs, "after", _is_past_the_end),
    Probe("EPOCH-3", "a block is above the last height", Judge, "_is_above_last", _is_some),
    Probe(
        "EPOCH-4",
        "a certificate hands over",
        Attestations,
        "_hold",
        lambda _, attestations, certificate: certificate.attestation.last,
    ),
    Probe("EPOCH-5", "an epoch begins", Terms, "after", _always),
    Probe("EPOCH-6", "a guest's word is not counted", Guests, "takes", _is_refused),
    Probe("EPOCH-7", "another key, or none, has the seat", LocalSigner, "enter", _has_another_seat),
    Probe("LEDGER-74", "rules are not known here", Replica, "on_unexecutable", _always),
)
"""One a rule. Not here: [SAFE-5] and [LIVE-7] are theorems, which every verdict is about; [SAFE-4]
is a second lock, since who signs FINALIZE holds N and has left the view; [CERT-5] must never decide
anything; what concerns the wire alone is tried with processes."""


class Coverage:
    """What was seen since ``watching`` began, or since the last ``take``."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def take(self) -> tuple[str, ...]:
        """The rules that decided something, in the order of the probes; then begin anew."""
        found = tuple(probe.rule for probe in PROBES if probe.rule in self._seen)
        self._seen.clear()
        return found

    def see(self, probe: Probe, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, with a look at it."""
        seen, rule, decides = self._seen, probe.rule, probe.decides

        @wraps(call)
        def looked_at(*arguments: Any, **named: Any) -> Any:
            answer = call(*arguments, **named)
            if rule not in seen and decides(answer, *arguments, **named):
                seen.add(rule)
            return answer

        return looked_at


@contextmanager
def watching() -> Iterator[Coverage]:
    """Look at every run until the end of the block."""
    coverage = Coverage()
    originals = []
    for probe in PROBES:
        original = getattr(probe.owner, probe.name)
        originals.append((probe.owner, probe.name, original))
        setattr(probe.owner, probe.name, coverage.see(probe, original))
    try:
        yield coverage
    finally:
        for owner, name, original in reversed(originals):
            setattr(owner, name, original)


def table(seen: Counter[str], seeds: int) -> Iterable[str]:
    """For people: in how many seeds each rule decided something."""
    for probe in PROBES:
        yield f"{probe.rule:<9} {seen[probe.rule]:>6} of {seeds} seeds: {probe.when}"
