"""What attacks start from: a market in which someone owes, lanes side by side, Byzantine networks.

Knows how to set the scene; what is tried there, and what must come of it, each attack says itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from contracts.transition import BlockRun
from primitives.amount import MICRO
from primitives.entries import Account, Prefix, decode_entry
from primitives.genesis import Genesis
from primitives.receipt import Outcome, Receipt, Skip
from primitives.transaction import Decoded
from tests.builders import DAY_MS, LIMITS, a_genesis
from tests.fakes.node import FakeNode
from tests.fakes.ordering import Ledger as NodeLedger
from tests.ledger import Ledger
from tests.people import a_person
from tests.simulation.adversaries import Adversary
from tests.simulation.cluster import Cluster
from tests.simulation.plan import Plan, plan_of
from tests.simulation.process import Process
from tests.simulation.verdict import Verdict

ANN: Final = a_person("ann")
BOB: Final = a_person("bob")
POINT: Final = MICRO // 100
"""Units that one point of the bonus programme is worth."""
CYCLE_MS: Final = 7 * DAY_MS
DEBT: Final = 60 * MICRO
"""What north owes east after ``a_market``."""


def a_tight_genesis(limit: int = 100 * MICRO) -> Genesis:
    """Every partner may owe ``limit`` units, on credit alone; no daily cap is in the way."""
    terms = replace(LIMITS, credit=limit, reserve=0)
    return a_genesis(limits=replace(terms, mint_per_day=10 * limit, refund_per_day=10 * limit))


def a_market(reserve: int | None = None) -> Ledger:
    """Ann brought points to north and spent LiqBon at east; the cycle closed: north owes ``DEBT``.

    The obligation is (1, 0). Ann has 40 LiqBon left. ``reserve`` is what each partner has in units,
    50,000 LiqBon if it is not given.
    """
    limits = LIMITS if reserve is None else replace(LIMITS, reserve=reserve)
    ledger = Ledger(a_genesis(limits=limits))
    ledger.give(ANN, 100 * MICRO, "north")
    assert ledger.send(ledger.redeem(ANN, ledger.invoice("east", DEBT))) == Outcome.DONE
    ledger.pass_time(CYCLE_MS)
    owed = ledger.obligation(1, 0)
    assert (owed.debtor, owed.creditor, owed.outstanding) == ("north", "east", DEBT)
    return ledger


def in_lanes(ledger: Ledger, *ordered: tuple[int, Decoded]) -> list[Receipt | Skip]:
    """One block of transactions that came in several lanes, in this order."""
    context = ledger.context()
    run = BlockRun(ledger.state, context)
    verdicts = [run.apply(lane, decoded) for lane, decoded in ordered]
    ledger.last = run.finish()
    ledger._write(ledger.last)
    ledger.height, ledger.time = context.height, context.time
    ledger.scan()
    return verdicts


def texts(verdicts: list[Receipt | Skip]) -> list[str]:
    """The codes of verdicts."""
    return [v.text if isinstance(v, Skip) else v.outcome.text for v in verdicts]


def balances(state: Mapping[bytes, bytes]) -> dict[bytes, int]:
    """Units by account, of everyone who has a record."""
    found = {}
    for key, raw in state.items():
        if key[0] == Prefix.ACCOUNT:
            account = decode_entry(key, raw)
            assert isinstance(account, Account)
            found[key[1:]] = account.balance
    return found


def refused(ledger: Ledger, decoded: Decoded, code: str, lane: int = 0) -> None:
    """Assert that it is refused for this reason, and that nothing but its sequence moved."""
    before = dict(ledger.state)
    [verdict] = texts(ledger.block(decoded, lane=lane))
    assert verdict == code
    sender = decoded.transaction.sender
    moved = {key for key in before | ledger.state if before.get(key) != ledger.state.get(key)}
    allowed = (Prefix.ACCOUNT, Prefix.CHANNEL)
    foreign = [k for k in moved if k[1:33] != sender or k[0] not in allowed]
    lanes = [key for key in foreign if key[0] == Prefix.LANE_DAY]
    assert foreign == lanes, "a refusal changed the ledger"
    assert balances(before) == balances(ledger.state)


def done(ledger: Ledger, decoded: Decoded, lane: int = 0) -> None:
    """Assert that it is done."""
    assert texts(ledger.block(decoded, lane=lane)) == ["done"]


class Siege(NamedTuple):
    """A network of four after a run in which one member was Byzantine and the three others agreed.

    ``wishes`` are the ids of all that its customers wanted to be done.
    """

    cluster: Cluster
    adversary: Adversary
    wishes: list[bytes]

    def fates(self, ids: Iterable[bytes]) -> list[str]:
        """What became of those of the transactions that have a receipt, at an honest node."""
        wanted = set(ids)
        found = []
        archive = self.honest[0].executor.archive
        for height in range(1, self.cluster.agreement.height + 1):
            listed = archive.receipts(height)
            assert listed is not None
            found += [r.outcome.text for r in listed.receipts if r.origin in wanted]
        return found

    @property
    def honest(self) -> list[Process]:
        """The three others."""
        return self.cluster._honest()

    def assert_all_wishes_were_done(self) -> None:
        """Each of them, and none of them refused."""
        assert self.fates(self.wishes) == ["done"] * len(self.wishes)


def besiege(adversary: str, seed: int, byzantine: int = 1) -> Siege:
    """Run a network beset by the faults of a seed, of which member ``byzantine`` is an adversary.

    The seed is one whose plan has four honest members, so that all else is as it is drawn there;
    but nobody lets go of what is looked at afterwards.
    Asserts that whatever the adversary did, the others agreed on it and finished.
    """
    plan = plan_of(seed)
    assert is_of_four(plan), f"seed {seed} draws another network"
    keeps_ms = (None,) * plan.endpoints
    plan = plan._replace(adversary=adversary, byzantine=byzantine, keeps_ms=keeps_ms)
    cluster = Cluster(plan)
    customers = cluster.clients.customers[: plan.people]
    wishes = [transaction.id for customer in customers for transaction in customer.queue]
    outcome = cluster.run()
    assert outcome.verdict is Verdict.AGREED, outcome.text()
    assert cluster.adversary.acted
    return Siege(cluster, cluster.adversary, wishes)


def is_of_four(plan: Plan) -> bool:
    """Whether it is of four honest members, of whom none leaves: with a liar no fewer will do."""
    return (plan.members, plan.adversary, plan.turnover) == (4, "none", ())


def honest_seeds(count: int) -> list[int]:
    """The first seeds that draw four honest members who all stay."""
    found: list[int] = []
    seed = 0
    while len(found) < count:
        if is_of_four(plan_of(seed)):
            found.append(seed)
        seed += 1
    return found


async def all_ordered(ledger: NodeLedger, *nodes: FakeNode) -> None:
    """Order what the doors of nodes took in while ordering was held back."""
    while ledger.held or any(node.ingress.pending_count for node in nodes):
        ledger.release()
        for node in nodes:
            node.ingress.poke()
        await asyncio.sleep(0)


def outcome_of(ledger: NodeLedger, id_: bytes) -> Outcome | None:
    """The outcome in the receipt of a transaction; None if it has none."""
    place = ledger.executor.place_of(id_)
    if place is None:
        return None
    listed = ledger.executor.archive.receipts(place.height)
    assert listed is not None
    return listed.receipts[place.receipt].outcome
