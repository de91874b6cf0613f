"""Words to keys, against the published vectors of BIP-39 and SLIP-0010 in tests/vectors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primitives.encoding import Malformed
from primitives.keys import Ed25519Key
from shell.mnemonic import (
    COIN_TYPE,
    LANGUAGES,
    _node,
    account_key,
    derive,
    entropy_bytes,
    new_sentence,
    parse_sentence,
    sentence_seed,
)
from tests.architecture.source import ROOT

PUBLISHED = ROOT / "tests" / "vectors" / "published"
BIP39: list[list[str]] = json.loads((PUBLISHED / "bip39.json").read_text())["english"]
SLIP10: list[dict[str, Any]] = json.loads((PUBLISHED / "slip10_ed25519.json").read_text())
CHAINS = [(v["seed"], chain) for v in SLIP10 for chain in v["chains"]]
OURS = [v for v in BIP39 if len(v[1].split()) in (12, 24)]


@pytest.mark.parametrize("vector", BIP39, ids=lambda v: v[0])
def test_seeds_are_those_of_bip_39(vector: list[str]) -> None:
    _, sentence, seed, *_ = vector
    assert sentence_seed(sentence, "TREZOR").hex() == seed


@pytest.mark.parametrize("vector", OURS, ids=lambda v: v[0])
def test_sentences_of_12_and_24_words_are_those_of_bip_39(vector: list[str]) -> None:
    entropy, sentence, *_ = vector
    assert new_sentence(bytes.fromhex(entropy)) == sentence
    assert parse_sentence(f"  {sentence.upper()} \n") == sentence


@pytest.mark.parametrize(("seed", "chain"), CHAINS, ids=lambda v: v if isinstance(v, str) else "")
def test_keys_and_chain_codes_are_those_of_slip_10(seed: str, chain: dict[str, str]) -> None:
    path = tuple(int(step.rstrip("'Hh")) for step in chain["path"].split("/")[1:])
    node = _node(bytes.fromhex(seed), path)
    assert node[:32].hex() == chain["private"]
    assert node[32:].hex() == chain["chain_code"]
    public = Ed25519Key.from_seed(derive(bytes.fromhex(seed), path)).public_key.hex()
    assert public == chain["public"][-64:]


def test_there_are_vectors() -> None:
    assert len(OURS) >= 16
    assert len(CHAINS) >= 12


def test_an_account_is_the_documented_path() -> None:
    seed = sentence_seed(OURS[0][1])
    assert COIN_TYPE == int.from_bytes(b"LQB", "big") == 5_001_538
    expected = Ed25519Key.from_seed(derive(seed, (44, 5_001_538, 7)))
    assert account_key(seed, 7).public_key == expected.public_key


@given(st.binary(min_size=16, max_size=16) | st.binary(min_size=32, max_size=32))
def test_every_language_reads_back_what_it_wrote(entropy: bytes) -> None:
    for language in LANGUAGES:
        sentence = new_sentence(entropy, language)
        assert parse_sentence(sentence) == sentence


def test_russian_is_no_list_of_bip_39() -> None:
    assert "russian" not in LANGUAGES
    with pytest.raises(ValueError, match="no word list"):
        new_sentence(bytes(16), "russian")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "mnemonic_malformed"),
        ("abandon " * 11, "mnemonic_malformed"),
        ("abandon " * 13, "mnemonic_malformed"),
        ("abandon " * 12, "mnemonic_checksum"),
        ("abandon " * 15, "mnemonic_malformed"),
        ("abandon " * 11 + "secretword", "mnemonic_malformed"),
        ("about " + "abandon " * 11, "mnemonic_checksum"),
        ("x" * 5000, "mnemonic_malformed"),
        ("\ud800 " + "abandon " * 11, "mnemonic_malformed"),
    ],
)
def test_what_is_no_sentence_is_refused_without_repeating_it(text: str, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_sentence(text)
    assert caught.value.code == code
    assert "secretword" not in str(caught.value)


def test_the_place_of_a_strange_word_is_told() -> None:
    with pytest.raises(Malformed, match="word 12 is not in the english list"):
        parse_sentence("abandon " * 11 + "secretword")


@pytest.mark.parametrize("size", [0, 15, 65])
def test_seeds_of_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="a seed of"):
        derive(bytes(size), (0,))


@pytest.mark.parametrize("step", [-1, 2**31])
def test_steps_beyond_the_path_are_refused(step: int) -> None:
    with pytest.raises(ValueError, match="not a step"):
        derive(bytes(32), (step,))


@pytest.mark.parametrize("words", [0, 11, 15, 25])
def test_a_sentence_has_12_or_24_words(words: int) -> None:
    with pytest.raises(ValueError, match="12 or 24"):
        entropy_bytes(words)
