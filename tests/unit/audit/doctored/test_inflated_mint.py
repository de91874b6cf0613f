"""More LiqBon comes into being than the deposit is worth."""

from collections.abc import Callable

from msgspec.structs import replace

from audit.violations import Blame
from contracts import supply, token
from primitives.encoding import encode
from primitives.entries import SUPPLY_KEY, Supply, decode_entry
from primitives.receipt import Minted
from tests.builders import a_person
from tests.fakes.auditor import refusal, said
from tests.fakes.chains import Chain, an_honest_chain, colluding, writing

ALICE = a_person("alice")


async def test_a_node_that_inflates_an_event_forges_the_receipts() -> None:
    """[RCPT-4]"""
    chain = an_honest_chain()
    block = chain.blocks[0]
    first = block.receipts[0]
    events = tuple(
        replace(event, amount=event.amount * 2) if isinstance(event, Minted) else event
        for event in first.events
    )
    doctored = replace(block, receipts=(replace(first, events=events), *block.receipts[1:]))
    violation = await refusal(chain, [doctored])
    assert said(violation) == (1, "receipts_forged", Blame.FORGED)


async def test_validators_who_credit_twice_what_was_minted_are_refused_by_the_state() -> None:
    """[LEDGER-2], [LEDGER-6] The receipt is as it should be: the balance is not."""
    chain = Chain()
    chain.block([chain.mint(ALICE, 100, "r-1")])

    def twice(honest: Callable[..., object], draft: object, to: bytes, amount: int) -> object:
        return honest(draft, to, 2 * amount)

    with colluding(token, "credit", twice):
        chain.block([chain.mint(ALICE, 100, "r-2")])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "state_wrong", Blame.BROKEN)
    assert violation.difference is not None
    assert "balance=2000000" in violation.difference[0]
    assert "balance=3000000" in violation.difference[1]


async def test_validators_who_hide_what_was_minted_are_refused_by_the_supply() -> None:
    """[LEDGER-2]"""
    chain = Chain()
    chain.block([chain.mint(ALICE, 100, "r-1")])

    def hidden(changes: dict[bytes, bytes | None]) -> None:
        entry = decode_entry(SUPPLY_KEY, changes[SUPPLY_KEY] or b"")
        assert isinstance(entry, Supply)
        changes[SUPPLY_KEY] = encode(replace(entry, minted=entry.minted - 1))

    with writing(hidden):
        chain.block([chain.mint(ALICE, 100, "r-2")])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "state_wrong", Blame.BROKEN)
    assert violation.entry == SUPPLY_KEY


async def test_validators_who_inflate_the_event_of_a_mint_are_named_with_the_transaction() -> None:
    """[RCPT-4]"""
    chain = Chain()
    mint = chain.mint(ALICE, 100, "r-1")

    def more(honest: Callable[..., object], draft: object, amount: int) -> object:
        return honest(draft, amount + 1_000_000)

    with colluding(supply, "add_minted", more):
        chain.block([mint])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (1, "state_wrong", Blame.BROKEN)
    assert violation.entry == SUPPLY_KEY
