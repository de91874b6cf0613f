"""Geneses: canonical bytes, chain ids, the block and the state at height 0; and refused ones."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from contracts.genesis import genesis_changes
from primitives.amount import MAX_PER_DAY
from primitives.block import genesis_block
from primitives.encoding import Malformed, encode
from primitives.genesis import Genesis, Rate, chain_id, decode_genesis, validators_of
from primitives.keys import ED25519
from primitives.membership import PartnerKind
from primitives.statetree import StateTree
from tests.builders import BONUS, DAY_MS, GENESIS_TIME, JUDGE, LIMITS, PARAMETERS, a_genesis

FIELDS = {
    "name": "what is special about the case",
    "genesis": "canonical bytes of the genesis",
    "chain": "chain id",
    "validators": "validators hash of epoch 0",
    "block": "digest of the block at height 0",
    "entries": "pairs of key and value: the whole state at height 0, by ascending key",
    "root": "its state root",
    "refused, code": "bytes that are refused as a genesis, and why",
}


def accepted() -> dict[str, Genesis]:
    """Geneses that differ in what their first state holds."""
    rates = (
        Rate(0, 1, 3),
        Rate(GENESIS_TIME, 10_000, 1),
        Rate(GENESIS_TIME + 1, 5_000, 1),
        Rate(GENESIS_TIME + 90_000_000, 4_000, 7),
    )
    future = Rate(GENESIS_TIME + 90_000_000, 1, 1)
    programmes = [replace(BONUS, rates=rates), replace(BONUS, code="miles", rates=(future,))]
    lapsed = replace(LIMITS, reserve_attested=GENESIS_TIME - PARAMETERS.reserve_lapse_ms)
    two = a_genesis(n=2)
    first, second = two.partners[0], replace(two.partners[1], custodian=JUDGE)
    holder, judge = two.custodians
    six = a_genesis(n=6, programmes=[])
    of_each_kind = tuple(
        replace(founder, kind=kind) for founder, kind in zip(six.partners, PartnerKind, strict=True)
    )
    shared = replace(two.partners[1], roles=two.partners[0].roles)
    return {
        "four founders": a_genesis(),
        "one founder alone": a_genesis(n=1),
        "rates past, present and to come": a_genesis(n=1, programmes=programmes),
        "a reserve that lapsed before": a_genesis(n=1, limits=lapsed),
        "no reserve, no programme": a_genesis(
            n=1, limits=replace(LIMITS, reserve=0), programmes=[]
        ),
        "one account for the roles of two": replace(two, partners=(two.partners[0], shared)),
        "the main network": replace(a_genesis(n=1), network="lqb"),
        "a founder of each kind": replace(six, partners=of_each_kind),
        "all of each reserve stands behind the others": a_genesis(
            n=1, parameters=replace(PARAMETERS, guarantee_share=10_000)
        ),
        "a custodian that belongs to a rival": replace(
            two, custodians=(replace(holder, partner="east"), judge), partners=(first, second)
        ),
    }


def described(name: str, genesis: Genesis) -> dict[str, object]:
    data = encode(genesis)
    assert decode_genesis(data, ED25519) == genesis
    entries = genesis_changes(genesis)
    tree = StateTree()
    tree.load(entries)
    return {
        "name": name,
        "genesis": data.hex(),
        "chain": chain_id(genesis).hex(),
        "validators": validators_of(genesis).hash.hex(),
        "block": genesis_block(genesis)[0].hex(),
        "entries": [[key.hex(), value.hex()] for key, value in entries],
        "root": tree.root.hex(),
    }


def refused() -> list[bytes]:
    """One for each of some codes; tests/unit/primitives/test_genesis.py has them all."""
    one = a_genesis(n=1)
    [founder] = one.partners
    data = encode(one)
    return [
        data[:-1],
        b"\xdc\x00\x06" + data[1:],
        encode(replace(one, version=2)),
        encode(replace(one, network="btc")),
        encode(replace(one, name="another network")),
        encode(replace(one, partners=(founder, founder))),
        encode(replace(one, parameters=replace(PARAMETERS, total_credit=0))),
        encode(a_genesis(n=1, limits=replace(LIMITS, mint_per_day=MAX_PER_DAY + 1))),
        encode(replace(one, parameters=replace(PARAMETERS, entries_per_lane_and_day=256))),
        encode(replace(one, parameters=replace(PARAMETERS, timelock_ms=DAY_MS - 1))),
        encode(replace(one, parameters=replace(PARAMETERS, guarantee_share=10_001))),
        encode(replace(one, partners=(replace(founder, kind=0),))),  # type: ignore[arg-type]
    ]


def refusal(data: bytes) -> dict[str, object]:
    try:
        decode_genesis(data, ED25519)
    except Malformed as error:
        return {"refused": data.hex(), "code": error.code}
    raise AssertionError(f"{data.hex()} is a genesis")


def cases() -> Sequence[Mapping[str, object]]:
    described_cases = [described(name, genesis) for name, genesis in accepted().items()]
    return [*described_cases, *map(refusal, refused())]
