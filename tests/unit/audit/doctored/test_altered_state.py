"""The state holds something that no transaction brought about."""

from msgspec.structs import replace

from audit.violations import Blame
from primitives.encoding import encode
from primitives.entries import Account, account_key, decode_entry
from tests.builders import a_person
from tests.fakes.auditor import judged, refusal, said
from tests.fakes.chains import Chain, ChainSource, an_honest_chain, handed_out, writing

VICTIM, THIEF = a_person("alice"), a_person("bob")


def with_money() -> Chain:
    chain = Chain()
    chain.block([chain.mint(VICTIM, 5_000, "r-1"), chain.mint(THIEF, 3_000, "r-2")])
    return chain


def moved(chain: Chain, changes: dict[bytes, bytes | None]) -> None:
    """A million units from the victim to the thief, without a signature."""
    for person, units in ((VICTIM, -1_000_000), (THIEF, 1_000_000)):
        key = account_key(person.account)
        account = decode_entry(key, changes.get(key) or chain.executor.state.get(key) or b"")
        assert isinstance(account, Account)
        changes[key] = encode(replace(account, balance=account.balance + units))


async def test_a_node_that_names_another_root_forges_the_certificate() -> None:
    chain = an_honest_chain()
    block = chain.blocks[1]
    assert block.certificate is not None
    attestation = replace(block.certificate.attestation, state_root=b"\1" * 32)
    doctored = replace(block, certificate=replace(block.certificate, attestation=attestation))
    violation = await refusal(chain, [chain.blocks[0], doctored])
    assert said(violation) == (2, "certificate_forged", Blame.FORGED)


async def test_validators_who_move_a_balance_without_a_signature_are_named_with_the_entry() -> None:
    """[LEDGER-1], [TREE-7]"""
    chain = with_money()
    with writing(lambda changes: moved(chain, changes)):
        chain.block([chain.mint(a_person("carol"), 100, "r-3")])
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "state_wrong", Blame.BROKEN)
    assert violation.entry in {account_key(VICTIM.account), account_key(THIEF.account)}
    assert violation.difference is not None
    decided, claimed = violation.difference
    assert "balance=50000000" in decided or "balance=30000000" in decided
    assert "balance=49000000" in claimed or "balance=31000000" in claimed


async def test_an_entry_that_only_the_validators_have_is_found() -> None:
    """[TREE-6]"""
    chain = with_money()
    key = account_key(a_person("nobody").account)
    with writing(lambda changes: changes.update({key: encode(Account(1, 1, 0, bytes(32)))})):
        chain.block()
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "state_wrong", Blame.BROKEN)
    assert "an entry stands at" in violation.detail


async def test_an_entry_that_the_validators_took_away_is_found() -> None:
    """[STATE-3]"""
    chain = with_money()
    key = account_key(VICTIM.account)
    with writing(lambda changes: changes.update({key: None})):
        chain.block()
    violation = await refusal(chain, chain.blocks)
    assert said(violation) == (2, "state_wrong", Blame.BROKEN)
    assert violation.entry == key
    assert violation.difference is not None
    assert violation.difference[1] == "no entry"


async def test_the_violation_stands_though_the_node_proves_nothing_of_it() -> None:
    chain = with_money()
    with writing(lambda changes: moved(chain, changes)):
        chain.block()
    chain.block()
    for source in (
        ChainSource(handed_out(chain.blocks), chain),
        ChainSource(handed_out(chain.blocks)),
    ):
        _, violation = await judged(chain.genesis, source)
        assert violation is not None
        assert said(violation) == (2, "state_wrong", Blame.BROKEN)
        assert violation.entry is None
