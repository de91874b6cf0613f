"""The largest figures that limits, reserves and losses can have: nothing overflows.

[LEDGER-8], [LEDGER-55], [LEDGER-67], [LEDGER-73]: a count is at most 2^63 - 1, and sums of counts
are compared exactly.
"""

import pytest
from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.encoding import Malformed
from primitives.genesis import Genesis
from primitives.governance import RemovePartner, SetLimits, SharePosition, VotedLimits
from primitives.receipt import Outcome
from tests.builders import CODES, LIMITS, a_genesis
from tests.ledger import Ledger
from tests.settling import ALICE, OWED, TERM, done
from tests.unit.contracts.test_guarantee import CYCLE, HELD, a_network
from tests.voting import QUIET, executed, proposed

MOST = 2**63 - 1


def rich(credit: int, reserve: int, share: int = 10_000) -> Genesis:
    """Everybody has the highest figures that there are."""
    genesis = a_network(HELD, share)
    limits = replace(
        LIMITS,
        credit=credit,
        reserve=reserve,
        reserve_ceiling=MOST,
        haircut=0,
        claim_bound=MOST,
    )
    partners = tuple(replace(founder, limits=limits) for founder in genesis.partners)
    parameters = replace(genesis.parameters, total_credit=MOST)
    return replace(genesis, parameters=parameters, partners=partners)


def test_all_credit_is_one_sum() -> None:
    """A quarter each is all; a unit more is too much, though no sum wraps around."""
    ledger = Ledger(rich(MOST // 4, 0))
    as_is = VotedLimits(MOST // 4, MOST, 0, MOST)
    left = MOST - 3 * (MOST // 4)
    for credit in (left + 1, MOST):
        more = ledger.propose("north", SetLimits("north", replace(as_is, credit=credit)))
        ledger.refuse(more, Outcome.CREDIT_EXCEEDED)
    executed(ledger, SetLimits("north", replace(as_is, credit=left)))
    assert sum(ledger.limits(code).terms.credit for code in CODES) == MOST


def test_a_limit_of_the_highest_reserve_and_credit() -> None:
    ledger = Ledger(rich(MOST // 4, MOST))
    done(ledger, ledger.mint("north", ALICE, 1_000_000))
    done(ledger, ledger.redeem(ALICE, ledger.invoice("east", 10_000 * MICRO)))
    ledger.scan()


def test_the_highest_reserves_guarantee_a_small_debt() -> None:
    """South and west hold 2^63 - 1 each: what they pay is what is owed, split exactly."""
    genesis = rich(MOST // 4, MOST)
    north, *others = genesis.partners
    poor = replace(north, limits=replace(north.limits, reserve=0))
    ledger = Ledger(replace(genesis, partners=(poor, *others)))
    ledger.give(ALICE, OWED)
    done(ledger, ledger.redeem(ALICE, ledger.invoice("east", OWED)))
    ledger.pass_time(ledger.genesis.time + CYCLE - ledger.time)
    for _ in range(2):
        ledger.pass_time(TERM)
    paid = [MOST - ledger.limits(code).terms.reserve for code in ("east", "south", "west")]
    assert paid == [0, OWED // 2, OWED // 2]
    ledger.scan()


def test_a_loss_is_split_by_the_highest_limits_to_a_unit() -> None:
    ledger = Ledger(rich(MOST // 4, 0))
    ledger.give(ALICE, 10 * MICRO)
    executed(ledger, RemovePartner("north"), "south")
    whole = ledger.propose("south", SharePosition("north", MOST))
    ledger.refuse(whole, Outcome.POSITION_SMALLER)
    executed(ledger, SharePosition("north", 10 * MICRO), "south")
    shares = [ledger.position(code).assumed for code in CODES[1:]]
    assert (sum(shares), max(shares) - min(shares)) == (10 * MICRO, 1)
    ledger.scan()


@pytest.mark.parametrize("field", ["credit", "reserve_ceiling", "claim_bound"])
def test_a_vote_cannot_name_more_than_a_count(field: str) -> None:
    """[STATE-4] It is no transaction at all."""
    ledger = Ledger(a_genesis(parameters=QUIET))
    beyond = replace(VotedLimits(0, 0, 0, 0), **{field: MOST + 1})
    with pytest.raises(Malformed, match="malformed"):
        proposed(ledger, SetLimits("north", beyond))
