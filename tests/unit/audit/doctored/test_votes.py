"""Votes that nobody cast, or that came to more than they may, bent by all validators together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from audit.violations import Blame
from contracts import governance, measures
from primitives.encoding import encode
from primitives.entries import decode_entry
from primitives.governance import (
    Ballot,
    Proposal,
    ProposalStatus,
    RemovePartner,
    ballot_key,
    proposal_key,
)
from primitives.membership import Application
from primitives.receipt import Outcome, ProposalMoved
from primitives.transaction import Decoded
from tests.builders import SECOND_MS, a_role
from tests.fakes import council
from tests.fakes.auditor import accepts, refusal, said
from tests.fakes.chains import Chain, blind_to, colluding, writing
from tests.fakes.council import INGE


def proposed() -> tuple[Chain, bytes]:
    """West is to be removed; of the three others all must approve."""
    chain = Chain()
    made = council.proposing(chain, RemovePartner("west"))
    chain.block([made])
    return chain, made.id


def of(chain: Chain, id_: bytes) -> Proposal:
    """As it stands."""
    found = decode_entry(proposal_key(id_), chain.executor.state.get(proposal_key(id_)) or b"")
    assert isinstance(found, Proposal)
    return found


async def test_an_honest_vote_is_taken_and_a_partner_that_is_removed_leaves() -> None:
    chain, id_ = proposed()
    chain.block(council.votes(chain, id_))
    chain.block(after_ms=council.TIMELOCK_MS)
    assert of(chain, id_).status == ProposalStatus.EXECUTED
    await accepts(chain)


async def test_a_newcomer_who_is_admitted_by_vote_is_taken() -> None:
    """[LEDGER-64]"""
    chain = Chain()
    chain.block([chain.mint(INGE, 10_000, "r-1")])
    made = council.proposing(chain, council.admission(chain))
    chain.block([council.applying(chain), made])
    chain.block(council.votes(chain, made.id))
    chain.block(after_ms=council.TIMELOCK_MS)
    assert of(chain, made.id).status == ProposalStatus.EXECUTED
    await accepts(chain)


async def test_a_vote_that_counts_for_more_than_one_is_refused() -> None:
    """[LEDGER-62]: one partner votes, and all that were needed are counted."""
    chain, id_ = proposed()
    [vote] = council.votes(chain, id_, ["north"])

    def three(honest: Callable[..., Any], *given: Any, **approve: bool) -> Any:
        return replace(honest(*given, **approve), approved=3)

    with colluding(governance, "_counted", three):
        chain.block([vote])
    assert of(chain, id_).status == ProposalStatus.PASSED
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "receipt_wrong", Blame.BROKEN)
    assert violation.transaction == vote.id
    assert violation.difference == ("done, with other events", "done, with its events")


async def test_a_vote_that_nobody_cast_is_refused_with_its_entry() -> None:
    """[LEDGER-62]: no transaction voted; the state counts one."""
    chain, id_ = proposed()
    counted = replace(of(chain, id_), approved=1)

    def count(changes: dict[bytes, bytes | None]) -> None:
        changes[proposal_key(id_)] = encode(counted)

    with writing(count):
        chain.block()
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "state_wrong", Blame.BROKEN)
    assert violation.entry == proposal_key(id_)


async def test_a_ballot_that_nobody_filled_in_is_refused() -> None:
    """[LEDGER-62]: the state says that east voted; the rules made no such entry."""
    chain, id_ = proposed()

    def cast(changes: dict[bytes, bytes | None]) -> None:
        changes[ballot_key(id_, "east")] = encode(Ballot(approve=True))

    with writing(cast):
        chain.block()
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "state_wrong", Blame.BROKEN)
    assert "that the rules never made" in violation.detail


async def test_a_vote_in_a_partners_name_that_somebody_else_signed_is_refused() -> None:
    """[LEDGER-62]"""
    chain, id_ = proposed()
    thief = a_role("west", "admin")
    forged = chain.act(thief, _vote(chain, id_, "east"))
    with colluding(governance.partners, "active_admin_refusal", blind_to(Outcome.NOT_ADMIN)):
        chain.block([forged])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "receipt_wrong", Blame.BROKEN)
    assert violation.transaction == forged.id
    assert violation.difference == ("not_admin", "done")


async def test_a_vote_of_whom_it_is_about_is_refused() -> None:
    """[LEDGER-61]"""
    chain = Chain()
    made = council.proposing(chain, RemovePartner("west"))
    with colluding(measures, "subjects", lambda honest, *given: ()):
        chain.block([made])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (1, "receipt_wrong", Blame.BROKEN)
    assert violation.transaction == made.id


async def test_what_is_carried_out_before_its_timelock_is_refused() -> None:
    """[LEDGER-62], [LEDGER-63]: it passes, and is done in the same breath."""
    chain, id_ = proposed()
    *votes, last = council.votes(chain, id_)
    chain.block(votes)

    def at_once(honest: Callable[..., Any], draft: Any, context: Any, *given: Any) -> None:
        honest(draft, context, *given)
        governance._carry_out(draft, context, id_, of_draft(draft, id_))

    with colluding(governance, "_decide", at_once):
        chain.block([last])
    assert of(chain, id_).status == ProposalStatus.EXECUTED
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (3, "receipt_wrong", Blame.BROKEN)
    assert violation.transaction == last.id
    moved = [each.status for each in _moves(chain.blocks[-1].receipts[0].events)]
    assert moved == [ProposalStatus.PASSED, ProposalStatus.EXECUTED]


async def test_a_timelock_that_is_cut_short_is_refused_where_it_was_cut() -> None:
    """[LEDGER-62]: no event tells of it, so the state does."""
    chain, id_ = proposed()

    def soon(honest: Callable[..., Any], draft: Any, context: Any, *given: Any) -> object:
        parameters = replace(context.parameters, timelock_ms=SECOND_MS)
        return honest(draft, replace(context, parameters=parameters), *given)

    with colluding(governance, "_decide", soon):
        chain.block(council.votes(chain, id_))
    chain.block(after_ms=2 * SECOND_MS)
    assert of(chain, id_).status == ProposalStatus.EXECUTED
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "state_wrong", Blame.BROKEN)


async def test_what_could_not_be_carried_out_and_was_is_refused() -> None:
    """[LEDGER-63], [LEDGER-64]: other words are admitted than those that were voted on."""
    chain = Chain()
    chain.block([chain.mint(INGE, 10_000, "r-1")])
    made = council.proposing(chain, council.admission(chain))
    chain.block([council.applying(chain), made])
    chain.block(council.votes(chain, made.id))
    chain.block([council.applying(chain, name="Another Inn")])

    def whatever_it_says_now(_: object, entries: Any, measure: Any) -> object:
        return entries.entry(measures.application_key(measure.applicant), Application)

    with colluding(measures, "_application", whatever_it_says_now):
        chain.block(after_ms=council.TIMELOCK_MS)
    assert of(chain, made.id).status == ProposalStatus.EXECUTED
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (5, "receipt_wrong", Blame.BROKEN)
    assert violation.difference == ("done, with other events", "done, with its events")


def of_draft(draft: Any, id_: bytes) -> Proposal:
    """As it stands in the middle of a transaction."""
    found = governance.find(draft, id_)
    assert found is not None
    return found


def _moves(events: Sequence[object]) -> list[ProposalMoved]:
    return [event for event in events if isinstance(event, ProposalMoved)]


def _vote(chain: Chain, id_: bytes, code: str) -> Any:
    [vote] = council.votes(chain, id_, [code])
    assert isinstance(vote, Decoded)
    return vote.transaction.action
