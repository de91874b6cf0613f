"""Policies, the accounts that they are, and their addresses; with texts that are refused."""

from collections.abc import Mapping, Sequence

from primitives.address import (
    MAIN_HRP,
    TEST_HRP,
    Policy,
    account_id,
    address,
    check_policy,
    parse_address,
    policy_of,
    single_key,
)
from primitives.bech32m import encode, encode_symbols, to_symbols
from primitives.encoding import Malformed
from primitives.encoding import encode as canonical
from primitives.keys import Ed25519Key

FIELDS = {
    "seeds": "Ed25519 private keys (RFC 8032) whose public keys, ascending, are the policy's",
    "threshold": "how many of them must sign",
    "policy": "canonical bytes of the policy",
    "account": "the account id",
    "main, test": "its address on the main network and on test networks",
    "text, network, code": "a text that is refused as an address of that network, and why",
    "refused_policy, code": "canonical bytes of a policy that is refused, and why",
}

SEEDS = tuple(bytes([number]) * 32 for number in range(1, 18))
KEYS = tuple(Ed25519Key.from_seed(seed).public_key for seed in SEEDS)
POLICIES = ((1, 1), (1, 2), (2, 2), (2, 3), (3, 5), (16, 16))


def account(threshold: int, size: int) -> dict[str, object]:
    """One policy of the first ``size`` seeds."""
    policy = policy_of(threshold, KEYS[:size])
    identity = account_id(policy)
    return {
        "seeds": [seed.hex() for seed in SEEDS[:size]],
        "threshold": threshold,
        "policy": canonical(policy).hex(),
        "account": identity.hex(),
        "main": address(identity, MAIN_HRP),
        "test": address(identity, TEST_HRP),
    }


def refused_texts() -> list[str]:
    """Texts that look like the main network's address of the first account, and are not."""
    identity = account_id(single_key(KEYS[0]))
    good = address(identity, MAIN_HRP)
    padded = list(to_symbols(identity))
    padded[-1] |= 1
    return [
        "",
        MAIN_HRP,
        good[:-1],
        good + "q",
        good[:10] + ("q" if good[10] != "q" else "p") + good[11:],
        good[:10] + good[11] + good[10] + good[12:],
        good[0].upper() + good[1:],
        good.replace("1", "", 1),
        good[:8] + "b" + good[9:],
        " " + good,
        good + "\n",
        good[:5] + "\u00e9" + good[6:],
        address(identity, TEST_HRP),
        encode("bc", identity),
        encode(MAIN_HRP, identity[:-1]),
        encode(MAIN_HRP, identity + b"\0"),
        encode(MAIN_HRP, b""),
        encode_symbols(MAIN_HRP, padded),
        encode_symbols(MAIN_HRP, [*to_symbols(identity), 0]),
    ]


def refused_policies() -> list[Policy]:
    """Policies that break one clause each of the rule."""
    first, second, *_ = sorted(KEYS)
    return [
        Policy(1, ()),
        Policy(0, (first,)),
        Policy(-1, (first,)),
        Policy(2, (first,)),
        Policy(1, tuple(sorted(KEYS))),
        Policy(1, (first, first)),
        Policy(1, (second, first)),
        Policy(1, (first[:-1],)),
        Policy(1, (first + b"\0",)),
        Policy(1, (bytes(32),)),
        Policy(1, (b"\xee" + b"\xff" * 31, first)),
    ]


def text_refusal(text: str) -> str:
    try:
        parse_address(text, MAIN_HRP)
    except Malformed as error:
        return error.code
    raise AssertionError(f"{text!r} is an address")


def policy_refusal(policy: Policy) -> str:
    try:
        check_policy(policy)
    except Malformed as error:
        return error.code
    raise AssertionError(f"{policy!r} is valid")


def cases() -> Sequence[Mapping[str, object]]:
    return [
        *(account(threshold, size) for threshold, size in POLICIES),
        *(
            {"text": text, "network": MAIN_HRP, "code": text_refusal(text)}
            for text in refused_texts()
        ),
        *(
            {"refused_policy": canonical(policy).hex(), "code": policy_refusal(policy)}
            for policy in refused_policies()
        ),
    ]
