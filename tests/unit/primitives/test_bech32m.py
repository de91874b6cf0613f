"""Bech32m against the strings of BIP-350 (BSD-2-Clause), and against typing errors ([CRYPTO-6])."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primitives import bech32m
from primitives.encoding import Malformed

VALID = (
    "A1LQFN3A",
    "a1lqfn3a",
    "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
    "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
    "11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
    "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
    "?1v759aa",
)
INVALID = (
    "\x201xj0phk",
    "\x7f1g6xzxy",
    "\x801vctc34",
    "an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4",
    "qyrz8wqd2c9m",
    "1qyrz8wqd2c9m",
    "y1b0jsk6g",
    "lt1igcx5c0",
    "in1muywd",
    "mm1crxm3i",
    "au1s5cgom",
    "M1VUXWEZ",
    "16plkw9",
    "1p2gdwpf",
)
# Witness programs: text, version, program. Those of version 0 have BIP-173's checksum: not ours.
PROGRAMS = (
    (
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        1,
        "751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6",
    ),
    ("BC1SW50QGDZ25J", 16, "751e"),
    ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", 2, "751e76e8199196d454941c45d1b3a323"),
    (
        "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
        1,
        "000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
    ),
    (
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        1,
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    ),
)
# Of BIP-350's invalid addresses those whose fault is in the bech32m, not in the witness program.
INVALID_PROGRAMS = (
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
    "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
    "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
    "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
    # padding of more than four bits; padding that is not zero
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
)


@pytest.mark.parametrize("text", VALID)
def test_the_valid_strings_of_bip_350_decode_and_encode_again(text: str) -> None:
    hrp, symbols = bech32m.decode_symbols(text)
    assert text.lower().startswith(f"{hrp}1")
    assert bech32m.encode_symbols(hrp, symbols) == text.lower()


@pytest.mark.parametrize("text", INVALID)
def test_the_invalid_strings_of_bip_350_are_refused(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        bech32m.decode_symbols(text)
    assert refused.value.code in ("address_malformed", "address_checksum")


@pytest.mark.parametrize(("text", "version", "program"), PROGRAMS)
def test_the_witness_programs_of_bip_350(text: str, version: int, program: str) -> None:
    hrp, symbols = bech32m.decode_symbols(text)
    assert symbols[0] == version
    data = bech32m.from_symbols(symbols[1:])
    assert data.hex() == program
    assert bech32m.encode_symbols(hrp, [version, *bech32m.to_symbols(data)]) == text.lower()


@pytest.mark.parametrize("text", INVALID_PROGRAMS)
def test_the_invalid_witness_programs_of_bip_350(text: str) -> None:
    with pytest.raises(Malformed):
        bech32m.from_symbols(bech32m.decode_symbols(text)[1][1:])


@given(st.binary(max_size=48))
def test_bytes_come_back(data: bytes) -> None:
    text = bech32m.encode("lqb", data)
    assert bech32m.decode(text) == ("lqb", data)
    assert bech32m.decode(text.upper()) == ("lqb", data)


@given(
    st.binary(min_size=32, max_size=32),
    st.dictionaries(st.integers(4, 61), st.integers(1, 31), min_size=1, max_size=4),
)
def test_up_to_four_wrong_characters_are_found(data: bytes, errors: dict[int, int]) -> None:
    """What the code of bech32m guarantees for texts of up to 90 characters."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    text = list(bech32m.encode("lqb", data))
    for place, shift in errors.items():
        text[place] = alphabet[(alphabet.index(text[place]) + shift) % 32]
    with pytest.raises(Malformed) as refused:
        bech32m.decode("".join(text))
    assert refused.value.code == "address_checksum"


@given(st.text(max_size=100))
def test_any_text_decodes_to_its_only_spelling_or_is_malformed(text: str) -> None:
    try:
        hrp, symbols = bech32m.decode_symbols(text)
    except Malformed:
        return
    assert bech32m.encode_symbols(hrp, symbols) == text.lower()


@pytest.mark.parametrize("hrp", ["", "LQB", "l b", "\u043b"])
def test_our_own_mistakes_in_the_prefix_are_errors(hrp: str) -> None:
    with pytest.raises(ValueError, match="human-readable"):
        bech32m.encode(hrp, b"")


def test_a_text_beyond_ninety_characters_is_never_made() -> None:
    assert len(bech32m.encode_symbols("lqb", [0] * 80)) == 90
    with pytest.raises(ValueError, match="90"):
        bech32m.encode_symbols("lqb", [0] * 81)
