"""What no history takes from anybody: what they hold, the ids that they use, the room they have.

[LEDGER-1], [LEDGER-12], [LEDGER-60]: rivals repeat what others are about to say, partners vote
whatever can be voted, and the honest are as well off as if nobody had. Knows histories; no rule.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest
from msgspec.structs import replace

from contracts.transition import dry_run, next_due_ms
from primitives.actions import (
    Action,
    Mint,
    PartnerRegister,
    Propose,
    Redeem,
    Refund,
    ReserveAttest,
    invoice_message,
)
from primitives.entries import Account, Prefix, decode_entry
from primitives.membership import Role, application_key
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import DAY_MS, HOUR_MS, Person
from tests.ledger import Ledger
from tests.properties.cast import APPLICANTS, CROWD
from tests.properties.geneses import a_tight_genesis
from tests.properties.growth import check_growth
from tests.properties.histories import MOVES, History, a_history, seeded
from tests.properties.slow_speakers import roles_of


def balances(history: History) -> dict[bytes, int]:
    """What everybody holds."""
    found = {}
    for key, raw in history.ledger.state.items():
        if key[0] == Prefix.ACCOUNT:
            account = decode_entry(key, raw)
            assert isinstance(account, Account)
            found[key[1:]] = account.balance
    return found


# --- votes ---------------------------------------------------------------------------------------


def rule_of_partners(seed: int, steps: int) -> History:
    """Partners come, go, vote and settle, and customers have nothing to say any more."""
    history = a_history(seed)
    history.run(list(seeded(seed, 300)), scan_every=100)
    history.voted.clear()
    moves = [(whose, each) for whose, each in MOVES if whose in ("council", "gate", "offices")]
    before = balances(history)
    for what, who, whom, size in seeded(1_000 + seed, steps):
        if what % 8 == 0:
            history.pass_time(size, new_epoch=whom % 2 == 0)
        elif what % 8 == 1:
            history.settle(history.council.round(who, whom, size), what)
        else:
            whose, each = moves[what % len(moves)]
            made = each[(who + what // 8) % len(each)](getattr(history, whose), who, whom, size)
            history.settle([made], size)
        after = balances(history)
        assert all(after[account] >= held for account, held in before.items())
        before = after
    history.compare()
    return history


def test_no_sequence_of_votes_lowers_a_customers_balance() -> None:
    """[LEDGER-60] Nor keeps an owner from moving it."""
    voted: Counter[tuple[str, str]] = Counter()
    for seed in range(5):
        history = rule_of_partners(seed, 400)
        voted.update(history.voted)
        for person in CROWD:
            held = history.ledger.balance(person)
            if held:
                until = history.ledger.time + DAY_MS + HOUR_MS
                everything = history.ledger.transfer(
                    person, (APPLICANTS[0], held), valid_until=until
                )
                assert history.ledger.send(everything, after_ms=DAY_MS) == Outcome.DONE
    carried_out = {measure for measure, status in voted if status == "executed"}
    assert len(carried_out) >= 9, carried_out


# --- ids -----------------------------------------------------------------------------------------


def a_roomy_history(seed: int) -> History:
    """Where lanes have room for honest people and rivals alike."""
    genesis = a_tight_genesis()
    roomy = replace(genesis.parameters, entries_per_lane_and_day=100_000, due_per_block=64)
    history = History(Ledger(replace(genesis, parameters=roomy)))
    history.run(list(seeded(seed, 250)), scan_every=250)
    return history


def strangers(history: History, action: Action) -> list[str]:
    """Partners that share no key with whom an action is about."""
    desk = history.slow.desk
    said = action.invoice if isinstance(action, Redeem) else action
    about = str(getattr(said, "partner", ""))
    own = roles_of(desk, about) if about in desk.codes() else []
    return [each for each in desk.active() if not set(own) & set(roles_of(desk, each))]


def copies(history: History, decoded: Decoded, chance: random.Random) -> list[Decoded]:
    """What rivals say once they saw it in a lane: the same words, and the same ids as their own."""
    ledger, town = history.ledger, history.town
    action, sender = decoded.signed.transaction.action, decoded.signed.transaction.sender
    code = chance.choice(strangers(history, action))
    rivals = [town.holder(code, role) for role in Role]
    rivals += [chance.choice(CROWD), chance.choice(APPLICANTS)]
    free = [rival for rival in dict.fromkeys(rivals) if rival.account != sender]
    whoever_comes = isinstance(action, Redeem) and action.invoice.payer is None
    said: list[tuple[Person, Action]] = [(each, action) for each in free if not whoever_comes]
    own = _as_their_own(ledger, action, code, rivals)
    said += [(rival, word) for rival, word in own if rival.account != sender]
    sequences: Counter[bytes] = Counter()
    made = []
    for rival, word in said:
        sequence = ledger.sequence(rival) + sequences[rival.account]
        made.append(ledger.act(rival, word, sequence=sequence))
        sequences[rival.account] += 1
    return made


def _as_their_own(
    ledger: Ledger, action: Action, code: str, rivals: list[Person]
) -> list[tuple[Person, Action]]:
    """The same ids under the rival's own name, and forged under the other's."""
    admin, issuer, cashier, customer, applicant = rivals
    match action:
        case Mint():
            return [(issuer, replace(action, partner=code))]
        case Refund():
            return [(cashier, replace(action, partner=code))]
        case Redeem(invoice):
            penny, own = replace(invoice, amount=1, payer=None), replace(invoice, partner=code)
            signed = [cashier.endorse(invoice_message(ledger.chain, each)) for each in (penny, own)]
            return [(customer, Redeem(penny, signed[0])), (customer, Redeem(own, signed[1]))]
        case Propose():
            return [(admin, replace(action, partner=code))]
        case PartnerRegister():
            return [(applicant, action)]
        case _:
            return []


@pytest.mark.parametrize("seed", range(3))
def test_a_rival_cannot_use_up_anothers_ids(seed: int) -> None:
    """[LEDGER-12] What would have been done is done, whatever rivals say of it just before."""
    history, chance = a_roomy_history(seed), random.Random(seed)
    done: Counter[str] = Counter()
    for what, who, whom, size in seeded(2_000 + seed, 250):
        ledger = history.ledger
        if what % 16 == 0:
            history.pass_time(size, new_epoch=False)
            continue
        honest = history.make(what + len(MOVES) * who, who, whom, size)
        context, due = ledger.context(), next_due_ms(ledger.state)
        if due is not None and due <= context.time:
            history.settle([honest], 0)
            continue
        alone = dry_run(ledger.state, context, 0, honest)
        history.settle([*copies(history, honest, chance), honest], 0)
        if alone == Outcome.DONE:
            assert ledger.last is not None
            assert ledger.last.receipts[-1].origin == honest.id
            assert ledger.last.receipts[-1].outcome == Outcome.DONE
            done[type(honest.signed.transaction.action).__name__] += 1
    history.compare()
    assert len(done) >= 15, done
    assert done["Mint"] >= 3, done


# --- room ----------------------------------------------------------------------------------------


def test_an_entry_that_another_adds_is_seen() -> None:
    """What every history checks of each transaction ([LEDGER-14], ``growth.py``) can fail."""
    history = a_history(0)
    ledger = history.ledger
    payment = ledger.transfer(CROWD[1], (CROWD[2], 1))
    of_another = application_key(CROWD[3].account)
    with pytest.raises(AssertionError):
        check_growth(ledger.state, {of_another: b""}, payment, 10_000)
    check_growth(ledger.state, {application_key(CROWD[1].account): b""}, payment, 10_000)


def test_what_is_kept_of_a_partner_that_another_adds_to_is_seen() -> None:
    history = a_history(0)
    ledger = history.ledger
    admin = history.town.holder("north", Role.ADMIN)
    stranger = history.town.holder("east", Role.ADMIN)
    wish = ledger.attest("north", 1, sender=admin)
    assert isinstance(wish.signed.transaction.action, ReserveAttest)
    grown = {key: raw for key, raw in ledger.state.items() if key[0] == Prefix.PARTNER}
    [key] = [key for key in grown if key.endswith(b"north")]
    more = grown[key].replace(b"North", b"Other")
    check_growth(ledger.state, {key: more}, wish, 10_000)
    with pytest.raises(AssertionError):
        check_growth(ledger.state, {key: more}, ledger.transfer(stranger, (CROWD[0], 1)), 10_000)
