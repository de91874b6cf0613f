"""What founders may agree on: [GEN-1] to [GEN-6], [GEN-11]."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from primitives.actions import MAX_OUTPUTS
from primitives.amount import MAX_PER_DAY
from primitives.encoding import Malformed, decode, encode
from primitives.genesis import (
    HEAVIEST_TRANSACTION,
    LAST_DUE_MS,
    MAIN,
    MAX_GENESIS,
    MINUTE_MS,
    Custodian,
    Genesis,
    GenesisPartner,
    ProgrammeTerms,
    Rate,
    chain_id,
    check_genesis,
    decode_genesis,
    validators_of,
)
from primitives.hashing import CHAIN
from primitives.keys import ED25519
from primitives.membership import PartnerKind
from primitives.validators import possession_message
from tests.builders import (
    BONUS,
    CODES,
    DAY_MS,
    GENESIS_TIME,
    LIMITS,
    PARAMETERS,
    a_committee,
    a_genesis,
    a_key,
    a_person,
)

GENESIS = a_genesis()
NAME = GENESIS.name


def refusal(genesis: Genesis) -> str:
    with pytest.raises(Malformed) as caught:
        decode_genesis(encode(genesis), ED25519)
    return caught.value.code


def with_founder(**fields: object) -> Genesis:
    """The third founder changed, its proof of possession made anew unless that is the change."""
    north, east, south, west = GENESIS.partners
    changed: GenesisPartner = replace(south, **fields)
    key = a_key("consensus of south")
    if "possession" not in fields and changed.consensus_key == key.public_key:
        message = possession_message(NAME, changed.code, key.public_key)
        changed = replace(changed, possession=key.sign(message))
    return replace(GENESIS, partners=(north, east, changed, west))


def with_parameters(network: str = GENESIS.network, **fields: object) -> Genesis:
    return replace(GENESIS, network=network, parameters=replace(PARAMETERS, **fields))


def with_rates(*starts: int) -> Genesis:
    rates = tuple(Rate(start, 1, 1) for start in starts)
    return with_founder(programmes=(replace(BONUS, rates=rates),))


DURATIONS = (
    "reserve_lapse_ms",
    "increase_delay_ms",
    "rate_notice_ms",
    "settlement_cycle_ms",
    "payment_term_ms",
    "confirmation_ms",
    "dispute_ms",
    "order_dispute_ms",
    "voting_ms",
    "timelock_ms",
)
CAPS = ("mint_per_day", "refund_per_day")
HOLDER, JUDGING = GENESIS.custodians


def with_custody(*custodians: Custodian) -> Genesis:
    return replace(GENESIS, custodians=custodians)


def another(code: str) -> Custodian:
    return Custodian(code, "Another", a_person(code).account, None)


def late(attested: int = 0, time: int = 0) -> Genesis:
    """So late that lapses and the closing are the calendar's last moment, and so much later."""
    limits = replace(LIMITS, reserve_attested=LAST_DUE_MS - PARAMETERS.reserve_lapse_ms + attested)
    founders = tuple(replace(founder, limits=limits) for founder in GENESIS.partners)
    closing = LAST_DUE_MS - PARAMETERS.settlement_cycle_ms + time
    return replace(GENESIS, time=closing, partners=founders)


def test_a_sound_genesis_is_read_back_and_its_chain_is_its_digest() -> None:
    """[GEN-1]"""
    data = encode(GENESIS)
    assert decode_genesis(data, ED25519) == GENESIS
    assert chain_id(GENESIS) == CHAIN.digest(data)
    assert len(data) < MAX_GENESIS


def test_any_change_is_another_chain() -> None:
    """[GEN-1]"""
    others = [
        replace(GENESIS, time=GENESIS.time + 1),
        replace(GENESIS, name="another"),
        with_parameters(opening=1),
        with_founder(name="South and sons"),
    ]
    assert len({chain_id(genesis) for genesis in [GENESIS, *others]}) == 5


def test_the_validators_are_the_founders_in_their_order() -> None:
    """[GEN-3]"""
    members = validators_of(GENESIS)
    assert members == a_committee().members
    assert [member.partner for member in members.members] == list(CODES)
    assert (members.epoch, members.quorum) == (0, 3)


def a_programme(code: str) -> ProgrammeTerms:
    return replace(BONUS, code=code)


REFUSED: dict[str, tuple[str, Callable[[], Genesis]]] = {
    "[GEN-1] another version": ("version_unknown", lambda: replace(GENESIS, version=2)),
    "[GEN-2] no known network": ("network_unknown", lambda: replace(GENESIS, network="btc")),
    "[GEN-2] founders of one code": ("validators_invalid", lambda: with_founder(code="north")),
    "[GEN-3] founders of one key": (
        "validators_invalid",
        lambda: with_founder(consensus_key=GENESIS.partners[0].consensus_key),
    ),
    "[GEN-3] a key of small order": (
        "validators_invalid",
        lambda: with_founder(consensus_key=bytes(32)),
    ),
    "[GEN-3] a key that nobody holds": (
        "possession_invalid",
        lambda: with_founder(possession=bytes(64)),
    ),
    "[GEN-3] a proof for another founder": (
        "possession_invalid",
        lambda: with_founder(possession=GENESIS.partners[0].possession),
    ),
    "[GEN-3] a proof for another network": (
        "possession_invalid",
        lambda: replace(GENESIS, name="another network"),
    ),
    "[GEN-4] programmes of one code": (
        "programme_repeated",
        lambda: with_founder(programmes=(a_programme("a"), a_programme("b"), a_programme("a"))),
    ),
    "[GEN-4] rates of one time": ("rates_unordered", lambda: with_rates(5, 5)),
    "[GEN-4] rates that go back": ("rates_unordered", lambda: with_rates(5, 6, 4)),
    "[GEN-5] more credit than in total": (
        "credit_exceeded",
        lambda: with_parameters(total_credit=4 * LIMITS.credit - 1),
    ),
    "[GEN-5] an empty block after the timeout": (
        "timeouts_invalid",
        lambda: with_parameters(empty_block_ms=PARAMETERS.view_timeout_ms),
    ),
    "[GEN-5] a limit below the first timeout": (
        "timeouts_invalid",
        lambda: with_parameters(view_timeout_limit_ms=PARAMETERS.view_timeout_ms - 1),
    ),
    "[GEN-5] epochs that end before they may": (
        "epochs_invalid",
        lambda: with_parameters(epoch_minimum_ms=10, epoch_maximum_ms=9),
    ),
    "[GEN-5] a lane that cannot carry every transaction": (
        "lane_entries_low",
        lambda: with_parameters(entries_per_lane_and_day=MAX_OUTPUTS),
    ),
    "[GEN-5] a lane that could never order the heaviest transaction": (
        "lane_weight_low",
        lambda: with_parameters(lane_weight=HEAVIEST_TRANSACTION - 1),
    ),
    "[GEN-5] a validity beyond seven days": (
        "validity_long",
        lambda: with_parameters(validity_limit_ms=7 * DAY_MS + 1),
    ),
    "[GEN-5] a short validity on the main network": (
        "deadline_short",
        lambda: with_parameters(MAIN, validity_limit_ms=10 * MINUTE_MS - 1),
    ),
    "[GEN-6] a reserve attested in the future": (
        "reserve_invalid",
        lambda: with_founder(limits=replace(LIMITS, reserve_attested=GENESIS_TIME + 1)),
    ),
    "[GEN-6] a rate after the calendar's end": (
        "due_too_late",
        lambda: with_rates(LAST_DUE_MS + 1),
    ),
    "[GEN-6] a lapse after the calendar's end": ("due_too_late", lambda: late(attested=1)),
    "[GEN-6] a closing after the calendar's end": ("due_too_late", lambda: late(time=1)),
    "[GEN-11] custodians of one code": (
        "custodian_invalid",
        lambda: with_custody(HOLDER, JUDGING, another(HOLDER.code)),
    ),
    "[GEN-11] custodians of one account": (
        "custodian_invalid",
        lambda: with_custody(HOLDER, JUDGING, replace(HOLDER, code="other")),
    ),
    "[GEN-11] a settlement custodian that is a founder's admin": (
        "custodian_invalid",
        lambda: with_custody(HOLDER, replace(JUDGING, account=GENESIS.partners[2].roles.admin)),
    ),
    "[GEN-11] a custodian that belongs to no founder": (
        "custodian_invalid",
        lambda: with_custody(HOLDER, JUDGING, replace(another("other"), partner="norht")),
    ),
    "[GEN-11] a settlement custodian that nobody knows": (
        "custodian_invalid",
        lambda: replace(GENESIS, settlement_custodian="nobody"),
    ),
    "[GEN-11] a settlement custodian that is a partner's": (
        "custodian_invalid",
        lambda: with_custody(HOLDER, replace(JUDGING, partner="north")),
    ),
    "[GEN-11] a founder whose custodian nobody knows": (
        "custodian_invalid",
        lambda: with_founder(custodian="nobody"),
    ),
    "[GEN-11] a founder whose custodian is its own": (
        "custodian_invalid",
        lambda: with_custody(replace(HOLDER, partner="south"), JUDGING),
    ),
    "[GEN-11] a founder whose cashier attests its reserve": (
        "custodian_invalid",
        lambda: with_custody(replace(HOLDER, account=GENESIS.partners[2].roles.cashier), JUDGING),
    ),
    "[GEN-5] a reserve above its ceiling": (
        "reserve_invalid",
        lambda: with_founder(limits=replace(LIMITS, reserve_ceiling=LIMITS.reserve - 1)),
    ),
    **{
        f"[GEN-5] a {name} under ten minutes on the main network": (
            "deadline_short",
            lambda name=name: with_parameters(
                MAIN, **{"increase_delay_ms": 10 * MINUTE_MS - 1, name: 10 * MINUTE_MS - 1}
            ),
        )
        for name in DURATIONS
    },
    "[GEN-5] a vote that raises a limit sooner than its owner may": (
        "timelock_short",
        lambda: with_parameters(timelock_ms=PARAMETERS.increase_delay_ms - 1),
    ),
    "[GEN-5] a guarantee of more than all": (
        "malformed",
        lambda: with_parameters(guarantee_share=10_001),
    ),
    "[GEN-5] a guarantee below nothing": ("malformed", lambda: with_parameters(guarantee_share=-1)),
    **{
        f"[GEN-2] a founder of kind {kind}": (
            "malformed",
            lambda kind=kind: with_founder(kind=kind),
        )
        for kind in (0, 7)
    },
    **{
        f"[GEN-5] a {name} of {value}": (
            "malformed",
            lambda name=name, value=value: with_parameters(**{name: value}),
        )
        for name in DURATIONS
        for value in (0, 400 * DAY_MS + 1)
    },
    "[GEN-11] no custodian": ("malformed", with_custody),
    "[GEN-11] seventeen custodians": (
        "malformed",
        lambda: with_custody(JUDGING, HOLDER, *(another(f"c{i}") for i in range(15))),
    ),
    "[GEN-2] no founder": ("malformed", lambda: replace(GENESIS, partners=())),
    "[GEN-2] a currency in small letters": ("malformed", lambda: with_founder(currency="eur")),
    "[GEN-2] a currency and a line": ("malformed", lambda: with_founder(currency="EUR\n")),
    "[GEN-2] a founder without a name": ("malformed", lambda: with_founder(name="")),
    "[GEN-4] a programme without a rate": ("malformed", with_rates),
    "[GEN-4] a point worth nothing": (
        "malformed",
        lambda: with_founder(programmes=(replace(BONUS, rates=(Rate(0, 0, 1),)),)),
    ),
    "[GEN-4] a division by nothing": (
        "malformed",
        lambda: with_founder(programmes=(replace(BONUS, rates=(Rate(0, 1, 0),)),)),
    ),
    "[GEN-4] terms of 33 bits": (
        "malformed",
        lambda: with_founder(programmes=(replace(BONUS, rates=(Rate(0, 2**32, 1),)),)),
    ),
    **{
        f"[GEN-5] more {name} than any partner may": (
            "malformed",
            lambda name=name: with_founder(limits=replace(LIMITS, **{name: MAX_PER_DAY + 1})),
        )
        for name in CAPS
    },
    "[GEN-5] a haircut of more than all": (
        "malformed",
        lambda: with_founder(limits=replace(LIMITS, haircut=10_001)),
    ),
    "[GEN-5] an opening of nothing": ("malformed", lambda: with_parameters(opening=0)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_genesis_is_refused_for(what: str) -> None:
    code, make = REFUSED[what]
    assert refusal(make()) == code


def test_more_than_100_founders_are_refused() -> None:
    """[GEN-2]"""
    many = a_genesis(n=101, parameters=replace(PARAMETERS, total_credit=2**62))
    assert refusal(many) == "malformed"
    check_genesis(replace(many, partners=many.partners[:100]), ED25519)


EDGES: dict[str, Callable[[], Genesis]] = {
    "credit that is exactly the total": lambda: with_parameters(total_credit=4 * LIMITS.credit),
    "a lane that just carries every transaction": lambda: with_parameters(
        entries_per_lane_and_day=MAX_OUTPUTS + 1
    ),
    "a short deadline on a test network": lambda: with_parameters(reserve_lapse_ms=1),
    "ten minutes on the main network": lambda: with_parameters(
        MAIN, validity_limit_ms=10 * MINUTE_MS, **dict.fromkeys(DURATIONS, 10 * MINUTE_MS)
    ),
    "durations of 400 days": lambda: with_parameters(**dict.fromkeys(DURATIONS, 400 * DAY_MS)),
    "a timelock that is just the delay": lambda: with_parameters(
        timelock_ms=PARAMETERS.increase_delay_ms
    ),
    **{
        f"a guarantee of {share} basis points": lambda share=share: with_parameters(
            guarantee_share=share
        )
        for share in (0, 10_000)
    },
    **{
        f"a founder that is a {kind.text}": lambda kind=kind: with_founder(kind=kind)
        for kind in PartnerKind
    },
    "a rate at the calendar's end": lambda: with_rates(0, LAST_DUE_MS),
    "a lapse and a closing at the calendar's end": lambda: late(),
    "sixteen custodians": lambda: with_custody(
        JUDGING, HOLDER, *(another(f"c{i}") for i in range(14))
    ),
    "a founder whose custodian is a rival's": lambda: with_custody(
        replace(another("of-north"), partner="north"), JUDGING, HOLDER
    ),
    "the highest caps": lambda: with_founder(
        limits=replace(LIMITS, **dict.fromkeys(CAPS, MAX_PER_DAY))
    ),
    "no programme": lambda: with_founder(programmes=()),
    "sixteen programmes of sixteen rates": lambda: with_founder(
        programmes=tuple(
            replace(BONUS, code=f"p{i}", rates=tuple(Rate(s, 1, 1) for s in range(16)))
            for i in range(16)
        )
    ),
}


@pytest.mark.parametrize("what", EDGES)
def test_a_genesis_may_just_have(what: str) -> None:
    """[GEN-4, GEN-5, GEN-6]"""
    genesis = EDGES[what]()
    assert decode_genesis(encode(genesis), ED25519) == genesis


def test_bytes_that_are_no_genesis_are_refused() -> None:
    """[GEN-1]"""
    data = encode(GENESIS)
    for broken, code in [
        (b"", "malformed"),
        (data[:-1], "malformed"),
        (data + b"\0", "malformed"),
        (bytes(MAX_GENESIS + 1), "oversized"),
        (b"\xdc\x00\x08" + data[1:], "not_canonical"),
    ]:
        with pytest.raises(Malformed) as caught:
            decode_genesis(broken, ED25519)
        assert caught.value.code == code
    assert decode(Genesis, data) == GENESIS
