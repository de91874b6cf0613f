"""Policies, accounts and addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primitives import bech32m
from primitives.address import (
    MAIN_HRP,
    MAX_KEYS,
    TEST_HRP,
    Policy,
    account_id,
    address,
    check_policy,
    parse_address,
    policy_of,
    single_key,
)
from primitives.encoding import Malformed
from primitives.keys import SMALL_ORDER_ENCODINGS

KEYS = tuple(bytes([7, number]) + bytes(30) for number in range(MAX_KEYS + 1))
accounts = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize(
    "policy", [Policy(1, KEYS[:1]), Policy(2, KEYS[:3]), Policy(MAX_KEYS, KEYS[:MAX_KEYS])]
)
def test_a_sound_policy_passes(policy: Policy) -> None:
    check_policy(policy)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (Policy(1, ()), "0 keys"),
        (Policy(1, KEYS), "17 keys"),
        (Policy(0, KEYS[:2]), "threshold 0"),
        (Policy(3, KEYS[:2]), "threshold 3"),
        (Policy(-1, KEYS[:2]), "threshold -1"),
        (Policy(1, (b"\x07" * 31,)), "31 bytes"),
        (Policy(1, (b"\x07" * 33,)), "33 bytes"),
        (Policy(1, (KEYS[0], KEYS[0])), "ascending"),
        (Policy(1, (KEYS[1], KEYS[0])), "ascending"),
    ],
)
def test_a_policy_that_breaks_a_clause_is_refused(policy: Policy, words: str) -> None:
    """[CRYPTO-4]"""
    with pytest.raises(Malformed, match=words) as refused:
        check_policy(policy)
    assert refused.value.code == "policy_malformed"


@pytest.mark.parametrize("key", sorted(SMALL_ORDER_ENCODINGS))
def test_a_key_for_which_anyone_can_sign_is_refused(key: bytes) -> None:
    """[CRYPTO-4, CRYPTO-3]"""
    with pytest.raises(Malformed, match="small order"):
        check_policy(single_key(key))


def test_one_set_of_keys_is_one_account_in_whatever_order() -> None:
    """[CRYPTO-4, CRYPTO-5]"""
    forwards, backwards = policy_of(2, KEYS[:5]), policy_of(2, reversed(KEYS[:5]))
    assert account_id(forwards) == account_id(backwards)
    with pytest.raises(Malformed):
        policy_of(1, (KEYS[0], KEYS[0]))


def test_threshold_and_keys_both_make_the_account() -> None:
    """[CRYPTO-5]"""
    policies = [policy_of(t, KEYS[:n]) for n in range(1, 5) for t in range(1, n + 1)]
    assert len({account_id(policy) for policy in policies}) == len(policies)


@given(accounts, st.sampled_from([MAIN_HRP, TEST_HRP]))
def test_an_address_leads_back_to_its_account(account: bytes, network: str) -> None:
    """[CRYPTO-6]"""
    text = address(account, network)
    assert text.startswith(f"{network}1")
    assert parse_address(text, network) == account
    assert parse_address(text.upper(), network) == account


@given(accounts)
def test_an_address_of_another_network_is_refused_as_such(account: bytes) -> None:
    """[CRYPTO-6]"""
    for hrp in (TEST_HRP, "bc", "lq"):
        with pytest.raises(Malformed) as refused:
            parse_address(bech32m.encode(hrp, account), MAIN_HRP)
        assert refused.value.code == "address_network"


@pytest.mark.parametrize("size", [0, 1, 20, 31, 33, 48])
def test_an_address_holds_32_bytes(size: int) -> None:
    """[CRYPTO-6]"""
    with pytest.raises(Malformed) as refused:
        parse_address(bech32m.encode(MAIN_HRP, bytes(size)), MAIN_HRP)
    assert refused.value.code == "address_malformed"
    with pytest.raises(ValueError, match="32 bytes"):
        address(bytes(size), MAIN_HRP)


@given(st.text(max_size=100) | st.from_regex(r"\At?lqb1[a-z0-9]{50,60}\Z"))
def test_any_other_text_is_malformed(text: str) -> None:
    """[CRYPTO-6]"""
    with pytest.raises(Malformed) as refused:
        parse_address(text, TEST_HRP)
    assert refused.value.code.startswith("address_")
