"""Proposals, ballots and what becomes of them, told slowly from docs/spec/ledger.md.

Ballots are counted anew each time; who said yes last said yes. What is decided is in
``slow_measures``. Shares no rule with ``contracts``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from primitives.actions import CastVote, Propose
from primitives.governance import AdmitPartner, Measure
from primitives.receipt import Outcome
from primitives.transaction import Transaction, transaction_id
from tests.properties.slow_book import Desk
from tests.properties.slow_measures import about, carry_out, obstacle
from tests.properties.slow_speakers import not_its_active_admin

STATUSES = {"open": 1, "passed": 2, "executed": 3, "rejected": 4, "expired": 5, "void": 6}
MOST_WAITING = 16


@dataclass(frozen=True)
class Motion:
    """A proposal as it stands; ballots are noted apart."""

    proposer: str
    measure: Measure
    electors: tuple[str, ...]
    opened: int
    deadline: int
    status: str = "open"
    decided: int = 0
    obstacle: str = "done"

    @property
    def needed(self) -> int:
        """[LEDGER-61]"""
        return 2 * len(self.electors) // 3 + 1


def motion(desk: Desk, id_: bytes) -> Motion | None:
    found = desk.book.word("motion", id_)
    assert found is None or isinstance(found, Motion)
    return found


def ballots(desk: Desk, id_: bytes, approve: bool) -> int:
    """How many electors say that now."""
    found = motion(desk, id_)
    assert found is not None
    return sum(desk.book.word("ballot", id_, code) is approve for code in found.electors)


def waiting(desk: Desk, code: str) -> int:
    """How many of a partner's proposals are neither decided nor carried out."""
    made = [motion(desk, id_) for id_ in desk.book.notes("motions of", code)]
    return sum(each is not None and each.status in ("open", "passed") for each in made)


def propose(desk: Desk, transaction: Transaction) -> str:
    """[LEDGER-61]"""
    action = transaction.action
    assert isinstance(action, Propose)
    code = action.partner
    refusal = not_its_active_admin(desk, code, transaction.sender)
    if refusal is not None:
        return refusal
    if waiting(desk, code) >= MOST_WAITING:
        return "proposals_full"
    in_the_way = obstacle(desk, action.measure)
    if in_the_way is not None:
        return in_the_way
    subjects = about(desk, action.measure)
    electors = tuple(each for each in desk.active() if each not in subjects)
    if not electors:
        return "electors_missing"
    deadline = desk.time + desk.genesis.parameters.voting_ms
    made = Motion(code, action.measure, electors, desk.time, deadline)
    id_ = transaction_id(transaction)
    desk.create("motion", id_)
    desk.book.note("motions", value=id_)
    desk.book.note("motions of", code, value=id_)
    _stand(desk, id_, made, wake=True)
    desk.tell("ProposalOpened", id_, len(electors), made.needed)
    return "done"


def _stand(desk: Desk, id_: bytes, made: Motion, wake: bool = False) -> None:
    desk.book.note("motion", id_, value=made)
    if wake:
        desk.plan(made.deadline, "motion", id_, made.deadline)


def _end(desk: Desk, id_: bytes, made: Motion, status: str, why: str = "done") -> None:
    _stand(desk, id_, replace(made, status=status, obstacle=why))
    desk.tell("ProposalMoved", id_, STATUSES[status], int(Outcome[why.upper()]))


def vote(desk: Desk, sender: bytes, action: CastVote) -> str:
    """[LEDGER-62]"""
    code, id_ = action.partner, action.proposal
    refusal = not_its_active_admin(desk, code, sender)
    if refusal is not None:
        return refusal
    made = motion(desk, id_)
    if made is None:
        return "proposal_unknown"
    if code not in made.electors:
        return "not_elector"
    if made.status != "open" or desk.time > made.deadline:
        return "proposal_closed"
    if desk.book.word("ballot", id_, code) is action.approve:
        return "vote_unchanged"
    desk.book.note("ballot", id_, code, value=action.approve)
    desk.create("ballot", id_, code)
    approve, oppose = ballots(desk, id_, True), ballots(desk, id_, False)
    desk.tell("VoteCounted", id_, code, approve, oppose)
    if approve >= made.needed:
        until = desk.time + desk.genesis.parameters.timelock_ms
        passed = replace(made, status="passed", decided=desk.time, deadline=until)
        _stand(desk, id_, passed, wake=True)
        desk.tell("ProposalMoved", id_, STATUSES["passed"], 0)
    elif oppose > len(made.electors) - made.needed:
        _end(desk, id_, replace(made, decided=desk.time), "rejected")
    return "done"


def deadline_passes(desk: Desk, id_: bytes, deadline: int) -> None:
    """[LEDGER-63]"""
    made = motion(desk, id_)
    assert made is not None
    if made.status not in ("open", "passed") or made.deadline != deadline:
        return
    if made.status == "open":
        _end(desk, id_, made, "expired")
    elif isinstance(made.measure, AdmitPartner) and desk.book.word("admitted") == desk.epoch:
        _wait(desk, id_, made)
    else:
        in_the_way = obstacle(desk, made.measure)
        if in_the_way is not None:
            _end(desk, id_, made, "void", in_the_way)
            return
        carry_out(desk, made.measure)
        _end(desk, id_, made, "executed")


def _wait(desk: Desk, id_: bytes, made: Motion) -> None:
    """[LEDGER-64] The epoch has had its newcomer."""
    parameters = desk.genesis.parameters
    if desk.time >= made.decided + parameters.timelock_ms + parameters.voting_ms:
        _end(desk, id_, made, "expired")
    else:
        until = desk.time + parameters.timelock_ms
        _stand(desk, id_, replace(made, deadline=until), wake=True)
