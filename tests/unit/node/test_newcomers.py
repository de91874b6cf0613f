"""Who has no record yet gets in with a claim that will be done, and with nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from node import ingress as door
from node.admission import Pending
from node.ingress import Blame, Refusal
from node.pending import MAX_PER_NEWCOMER, PendingPool, Settled, Taken, spent_by
from node.sealing import Standing
from primitives.actions import CampaignClose
from primitives.amount import MICRO
from primitives.receipt import Outcome, Skip
from primitives.transaction import Decoded
from tests.builders import Person, a_person, a_transfer, an_id, raw
from tests.fakes import market
from tests.fakes.market import ANN, BEN, NED, ROB, SUE
from tests.fakes.node import FakeNode
from tests.fakes.ordering import Ledger

COST = market.REWARD + market.BONUS


@pytest.fixture
async def node() -> AsyncIterator[FakeNode]:
    """Everybody at the market has 100 LiqBon; nothing happened yet."""
    made = FakeNode(market.opened())
    yield made
    made.ingress.close()


def started(node: FakeNode, **fields: object) -> bytes:
    """The id of Sue's campaign, which is executed."""
    created = market.campaign(node.ledger, **fields)
    node.ledger.block(created)
    return created.id


async def refusal(node: FakeNode, decoded: Decoded) -> tuple[Blame, str]:
    with pytest.raises(Refusal) as caught:
        await node.ingress.submit(raw(decoded))
    assert caught.value.id == decoded.id
    return caught.value.blame, caught.value.code


# --- the door -----------------------------------------------------------------------------------


async def test_a_first_claim_gets_in_and_gives_its_sender_a_record(node: FakeNode) -> None:
    """[LEDGER-43]"""
    claim = market.claim(node.ledger, started(node))
    assert not node.ledger.executor.has_record(NED.account)
    height = node.ledger.executor.height
    assert await node.ingress.submit(raw(claim)) == claim.id
    assert await node.ingress.wait(claim.id, 1) == Settled(height + 1, None)
    account = node.ledger.executor.account(NED.account)
    assert (account.balance, account.sequence) == (market.REWARD, 1)
    assert node.ingress.next_sequence(NED.account, 0) == 1


WRONG: dict[str, dict[str, object]] = {
    "voucher_expired": {"expires": 1},
    "referrer_invalid": {"referrer": None},
    "voucher_for_another": {"claimant": ANN.account},
    "campaign_unknown": {"campaign": an_id("no campaign")},
    "output_below_opening": {"referrer": a_person("nobody yet").account},
}


@pytest.mark.parametrize("code", WRONG)
async def test_a_claim_that_would_not_be_done_is_told_why(node: FakeNode, code: str) -> None:
    """A block would skip it as ``sender_unknown``; that helps nobody at the door."""
    id_ = started(node, bonus=market.BONUS if code != "output_below_opening" else 9_999)
    claim = market.claim(node.ledger, id_, **WRONG[code])
    assert await refusal(node, claim) == (Blame.REFUSED, code)
    now_ms = market.now_ms(node.ledger)
    node.ledger.block(claim)
    assert not node.ledger.executor.has_record(NED.account)
    assert node.ledger.executor.trial(0, now_ms).judge(claim) == Outcome[code.upper()]


async def test_a_reward_below_opening_is_told(node: FakeNode) -> None:
    id_ = started(node, reward=9_999, bonus=0)
    claim = market.claim(node.ledger, id_, referrer=None)
    assert await refusal(node, claim) == (Blame.REFUSED, "output_below_opening")


async def test_nothing_but_a_claim_gets_a_stranger_in(node: FakeNode) -> None:
    stranger = a_transfer(NED, (ANN, 1), chain=node.ledger.executor.chain)
    assert await refusal(node, stranger) == (Blame.REFUSED, "sender_unknown")
    early = market.claim(node.ledger, started(node))
    node.ledger.sequences[NED.account] = 7
    gap = market.claim(node.ledger, started(node))
    assert await refusal(node, gap) == (Blame.REFUSED, "sequence_early")
    assert await node.ingress.submit(raw(early)) == early.id


# --- bounds -------------------------------------------------------------------------------------


async def test_a_newcomer_has_one_claim_on_its_way(node: FakeNode) -> None:
    id_ = started(node, per_claimant=5)
    claims = [market.claim(node.ledger, id_, id=an_id(f"voucher {n}")) for n in range(3)]
    node.ledger.hold = True
    assert await node.ingress.submit(raw(claims[0])) == claims[0].id
    assert MAX_PER_NEWCOMER == 1
    assert await refusal(node, claims[1]) == (Blame.SENDER_BUSY, "sender_busy")
    node.ledger.hold = False
    node.ledger.release()
    node.ledger.hold = True
    outcomes = await node.ingress.submit_many([raw(each) for each in claims[1:]])
    assert outcomes == [each.id for each in claims[1:]], "it has a record now"


async def test_newcomers_are_bounded_in_all(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MAX_NEWCOMERS", 2)
    id_ = started(node)
    node.ledger.hold = True
    people = [a_person(f"newcomer {n}") for n in range(3)]
    claims = [market.claim(node.ledger, id_, person) for person in people]
    for claim in claims[:2]:
        await node.ingress.submit(raw(claim))
    assert await refusal(node, claims[2]) == (Blame.NODE_BUSY, "node_busy")
    known = market.claim(node.ledger, id_, ANN)
    assert await node.ingress.submit(raw(known)) == known.id, "who has a record is not held up"
    node.ledger.hold = False
    node.ledger.release()
    assert await node.ingress.submit(raw(claims[2])) == claims[2].id


async def test_no_more_claims_get_in_than_the_campaign_can_pay(node: FakeNode) -> None:
    """Vouchers cost their signer nothing: what is left of the budget bounds them."""
    id_ = started(node, budget=2 * COST + 1)
    node.ledger.hold = True
    people = [*(a_person(f"newcomer {n}") for n in range(2)), a_person("one too many")]
    claims = [market.claim(node.ledger, id_, person) for person in people]
    for claim in claims[:2]:
        await node.ingress.submit(raw(claim))
    assert await refusal(node, claims[2]) == (Blame.REFUSED, "budget_exhausted")
    known = market.claim(node.ledger, id_, ANN)
    assert await refusal(node, known) == (Blame.REFUSED, "budget_exhausted")
    other = market.claim(node.ledger, started_meanwhile(node), a_person("another campaign's"))
    assert await node.ingress.submit(raw(other)) == other.id


def started_meanwhile(node: FakeNode) -> bytes:
    """Another campaign, ordered by another node while the own lane is held."""
    node.ledger.author = 1
    try:
        return started(node)
    finally:
        node.ledger.author = 0


async def test_claims_that_came_to_nothing_make_room(node: FakeNode) -> None:
    id_ = started(node, budget=COST)
    node.ledger.hold = True
    first = market.claim(node.ledger, id_)
    await node.ingress.submit(raw(first))
    node.ledger.author = 1
    node.ledger.block(node.ledger.act(SUE, CampaignClose(id_)))
    node.ledger.author, node.ledger.hold = 0, False
    node.ledger.release()
    height = node.ledger.executor.height
    assert node.ingress.skipped(first.id) == (first, "sender_unknown")
    assert (node.ingress.pending_count, height) == (0, node.ledger.executor.height)
    assert await refusal(node, market.claim(node.ledger, id_, ROB)) == (
        Blame.REFUSED,
        "campaign_ended",
    )


async def test_newcomers_of_one_campaign_wait_in_one_line(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = started(node)
    lines: list[Standing] = []
    push = node.ingress._sealer.push
    monkeypatch.setattr(
        node.ingress._sealer, "push", lambda item, line: (lines.append(line), push(item, line))
    )
    node.ledger.hold = True
    for person in (a_person("first"), a_person("second"), ANN):
        await node.ingress.submit(raw(market.claim(node.ledger, id_, person)))
    assert [line.sender for line in lines] == [id_, id_, ANN.account]
    assert lines[0].quantum < lines[2].quantum


# --- what is on its way -------------------------------------------------------------------------


def test_what_campaigns_orders_and_likes_spend_is_counted() -> None:
    ledger = market.opened()
    assert spent_by(market.campaign(ledger).transaction) == market.BUDGET
    assert spent_by(market.buying(ledger).transaction) == market.PRICE
    assert spent_by(market.like(ledger).transaction) == market.LIKED
    assert spent_by(market.claim(ledger, an_id("campaign")).transaction) == 0


@pytest.mark.parametrize("make", [market.campaign, market.buying, market.like])
async def test_what_is_on_its_way_cannot_be_spent_again(node: FakeNode, make: object) -> None:
    """Ann (or Sue) sends all but a unit of what the second one needs."""
    assert callable(make)
    market.liked(node.ledger)
    probe: Decoded = make(node.ledger)
    sender: Person = SUE if make is market.campaign else ANN
    needed = spent_by(probe.transaction)
    node.ledger.sequences[sender.account] -= 1
    balance = node.ledger.executor.account(sender.account).balance
    node.ledger.hold = True
    paid = node.ledger.transfer(sender, (BEN, balance - needed + 1))
    await node.ingress.submit(raw(paid))
    second: Decoded = make(node.ledger)
    assert await refusal(node, second) == (Blame.REFUSED, "balance_too_low")


def pooled(ledger: Ledger, id_: bytes, person: Person, *, is_newcomer: bool) -> Taken:
    return Taken(market.claim(ledger, id_, person), 0.0, is_newcomer=is_newcomer)


def test_claims_are_counted_by_campaign_and_forgotten() -> None:
    ledger, pool, id_ = market.opened(), PendingPool(), an_id("campaign")
    taken = [
        pooled(ledger, id_, NED, is_newcomer=True),
        pooled(ledger, id_, ANN, is_newcomer=False),
    ]
    for each in taken:
        pool.add(each)
    asking = market.claim(ledger, id_, ROB).transaction
    assert pool.newcomers == 1
    assert pool.before(asking) == Pending(0, 0, 2)
    assert pool.before(market.claim(ledger, an_id("other"), ROB).transaction) is None
    assert pool.before(a_transfer(ROB, (ANN, 1)).transaction) is None
    for each in taken:
        pool.remove(each.decoded.id)
    assert (pool.newcomers, pool.before(asking), dict(pool._claims)) == (0, None, {})


async def test_one_voucher_sent_again_and_again_holds_up_nobody(node: FakeNode) -> None:
    """It is paid once, so that is what it takes of the budget that others are judged by."""
    id_ = started(node, budget=2 * COST, per_claimant=9)
    node.ledger.hold = True
    for _ in range(4):
        await node.ingress.submit(raw(market.claim(node.ledger, id_, ANN)))
    honest = market.claim(node.ledger, id_, NED)
    assert await node.ingress.submit(raw(honest)) == honest.id
    one_too_many = market.claim(node.ledger, id_, BEN)
    assert await refusal(node, one_too_many) == (Blame.REFUSED, "budget_exhausted")
    node.ledger.hold = False
    node.ledger.release()
    assert node.ledger.executor.account(NED.account).balance == market.REWARD
    assert not node.ingress._pool._claims


async def test_one_id_for_many_claimants_takes_the_room_of_its_own_campaign(node: FakeNode) -> None:
    """Only one of them is paid; a sponsor that signs more of them keeps no other newcomer out."""
    id_ = started(node, budget=2 * COST)
    node.ledger.hold = True
    people = [a_person(f"newcomer {n}") for n in range(3)]
    claims = [market.claim(node.ledger, id_, each, id=an_id("the same")) for each in people]
    for claim in claims[:2]:
        await node.ingress.submit(raw(claim))
    assert await refusal(node, claims[2]) == (Blame.REFUSED, "budget_exhausted")
    node.ledger.hold = False
    node.ledger.release()
    balances = [node.ledger.executor.account(each.account).balance for each in people]
    assert balances == [market.REWARD, 0, 0]
    assert not node.ledger.executor.has_record(people[1].account)


def test_a_dry_run_counts_what_others_claim() -> None:
    ledger = market.opened()
    created = market.campaign(ledger, budget=3 * COST)
    ledger.block(created)
    claim, now_ms = market.claim(ledger, created.id), market.now_ms(ledger)
    executor = ledger.executor
    root = executor.state.root
    assert executor.trial(0, now_ms).judge(claim, Pending(0, 0, 2)) == Outcome.DONE
    assert executor.trial(0, now_ms).judge(claim, Pending(0, 0, 3)) == Outcome.BUDGET_EXHAUSTED
    assert executor.trial(0, now_ms).judge(claim, Pending(0, 0, 2**40)) == Outcome.BUDGET_EXHAUSTED
    assert executor.trial(0, now_ms).judge(claim, Pending(1, 0, 0)) == Skip.SEQUENCE_STALE
    assert executor.state.root == root
    known = market.claim(ledger, created.id, ANN)
    assert executor.trial(0, now_ms).judge(known, Pending(0, 99 * MICRO, 2)) == Outcome.DONE
