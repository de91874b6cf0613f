"""A batch has the verdicts of its members: published vectors, and batches drawn from a seed."""

import pickle
import threading
import time
from itertools import islice

import pytest

from primitives.keys import ED25519, Check, Ed25519Key
from shell.scheme import BatchScheme, batch_library
from tests.fuzz.native import KINDS, Forge, Tally, batches
from tests.unit.primitives.test_published_vectors import check_of, load

pytestmark = pytest.mark.skipif(
    batch_library() is None,
    reason="liqbon-native is not installed; make native builds it where there is a cargo",
)

BATCHES = BatchScheme()
KEY = Ed25519Key.from_seed(bytes(range(32)))
GOOD = Check(KEY.public_key, b"message", KEY.sign(b"message"))
BAD = GOOD._replace(message=b"massage")


def wycheproof() -> list[tuple[int, bool, Check]]:
    """Each case with its number and its own verdict."""
    return [
        (
            test["tcId"],
            test["result"] == "valid",
            Check(*map(bytes.fromhex, (group["publicKey"]["pk"], test["msg"], test["sig"]))),
        )
        for group in load("ed25519_wycheproof.json")["testGroups"]
        for test in group["tests"]
    ]


def test_all_196_pairs_of_small_order_encodings_are_valid() -> None:
    """[CRYPTO-1]"""
    checks = [check_of(vector) for vector in load("ed25519_zip215.json")]
    assert BATCHES.verify_many(checks) == [True] * 196
    assert [BATCHES.verify_many([check]) for check in checks] == [[True]] * 196


def test_speccheck_gets_the_verdicts_of_zip_215() -> None:
    """[CRYPTO-1]"""
    checks = [check_of(vector, key="pub_key") for vector in load("ed25519_speccheck.json")]
    expected = [case in {*range(6), 9, 10, 11} for case in range(12)]
    assert BATCHES.verify_many(checks) == expected
    assert [BATCHES.verify_many([check])[0] for check in checks] == expected


def test_wycheproof_gets_its_verdicts_but_for_the_case_that_zip_215_accepts() -> None:
    """[CRYPTO-1]"""
    cases = wycheproof()
    expected = [valid or number == 151 for number, valid, _ in cases]
    assert len(expected) == 151
    assert BATCHES.verify_many([check for _, _, check in cases]) == expected
    assert [BATCHES.verify_many([check])[0] for _, _, check in cases] == expected


def test_a_published_vector_has_its_verdict_in_any_company() -> None:
    """[CRYPTO-1]"""
    checks = [check for _, _, check in wycheproof()]
    checks += [check_of(vector, key="pub_key") for vector in load("ed25519_speccheck.json")]
    expected = ED25519.verify_many(checks)
    for size in (2, 3, 7, 31, len(checks)):
        for shift in range(size):
            turned = checks[shift:] + checks[:shift]
            parts = [turned[first : first + size] for first in range(0, len(turned), size)]
            found = [verdict for part in parts for verdict in BATCHES.verify_many(part)]
            assert found == expected[shift:] + expected[:shift]
            if size > 31:
                break  # the whole list once


@pytest.mark.parametrize("seed", range(4))
def test_drawn_batches_have_the_verdicts_of_single_checks(seed: int) -> None:
    """[CRYPTO-1] [CRYPTO-2]"""
    tally = Tally()
    for batch in islice(batches(seed), 15):
        tally.compare(batch)
    assert tally.batches == 15
    assert tally.valid.total() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_odd_signatures_are_what_they_are_called(kind: str) -> None:
    """The fuzzer would be worth nothing if its valid ones were invalid, or the other way round."""
    forge, tally = Forge(7), Tally()
    while tally.checks.total() < 100:
        tally.compare([(kind, check) for check in KINDS[kind](forge)])
    some_valid = {"long_message", "of_one_key", "of_small_order", "small_order_key_alone"}
    some_valid |= {"tainted_key", "tainted_nonce", "twice"}
    checks, valid = tally.checks[kind], tally.valid[kind]
    if kind == "good":
        assert valid == checks
    elif kind in some_valid:
        assert 0 < valid < checks
    else:
        assert valid == 0


@pytest.mark.parametrize("size", [0, 1, 2, 3, 511, 512, 513, 1025])
def test_a_batch_of_any_size_keeps_its_places(size: int) -> None:
    for bad in {0, size // 2, size - 1} & set(range(size)):
        batch = [BAD if place == bad else GOOD for place in range(size)]
        assert BATCHES.verify_many(batch) == [place != bad for place in range(size)]
    assert BATCHES.verify_many([GOOD] * size) == [True] * size
    assert BATCHES.verify_many((BAD,) * size) == [False] * size


@pytest.mark.parametrize("key_size", [0, 31, 32, 33, 1000])
@pytest.mark.parametrize("size", [0, 63, 64, 65, 1000])
def test_wrong_sizes_are_invalid_and_no_error(key_size: int, size: int) -> None:
    """[CRYPTO-2]"""
    odd = Check((KEY.public_key + bytes(1000))[:key_size], b"message", GOOD.signature)
    odd = odd._replace(signature=(odd.signature + bytes(1000))[:size])
    expected = (key_size, size) == (32, 64)
    assert BATCHES.verify_many([GOOD, odd, GOOD]) == [True, expected, True]
    assert BATCHES.verify_many([odd]) == [expected]


def test_what_is_no_check_at_all_is_our_own_mistake() -> None:
    for mistake in ([b"key"], [("key", b"m", b"s")], [(1, 2, 3)], [None], [(b"", b"")], None):
        with pytest.raises((TypeError, ValueError)):
            BATCHES.verify_many(mistake)  # type: ignore[arg-type]


def test_a_message_of_megabytes_is_hashed_like_any_other() -> None:
    message = bytes(20_000_000)
    good = Check(KEY.public_key, message, KEY.sign(message))
    bad = good._replace(message=message + b"\0")
    assert BATCHES.verify_many([good, bad, GOOD]) == [True, False, True]


def test_other_threads_run_while_a_batch_is_checked() -> None:
    """A worker would not need to be a process for the lock's sake."""
    batch = [GOOD._replace(message=b"%d" % number) for number in range(20_000)]
    checking = threading.Thread(target=BATCHES.verify_many, args=(batch,))
    turns = 0
    checking.start()
    while checking.is_alive():
        time.sleep(0.001)  # gives the lock away, and has to get it back
        turns += 1
    assert turns > 20


def test_the_scheme_travels_to_another_process() -> None:
    scheme = pickle.loads(pickle.dumps(BATCHES))
    assert scheme.verify_many([GOOD, BAD]) == [True, False]
    assert scheme.verify(*GOOD)
    assert not scheme.verify(*BAD)
