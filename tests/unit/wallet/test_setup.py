"""Making a wallet, and making it again: words, keys, files, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from client.home import open_home
from node.documents import genesis_text
from tests.builders import a_genesis
from tests.fakes.network import (
    PASSPHRASE,
    WORDS,
)
from tests.fakes.wallet import Wallet, invoke


@pytest.fixture
def given(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A genesis document, a passphrase file, and a home that does not exist yet."""
    genesis, passphrase = tmp_path / "genesis.json", tmp_path / "pass"
    genesis.write_bytes(genesis_text(a_genesis()))
    passphrase.write_bytes(PASSPHRASE)
    return genesis, passphrase, tmp_path / "home"


GIVEN = "--genesis @ --passphrase-file @ --home @"


class TestSetup:
    def test_new_makes_a_wallet_that_its_words_restore(
        self, given: tuple[Path, Path, Path], tmp_path: Path
    ) -> None:
        made = invoke(f"new {GIVEN} --output json", *given)
        assert made.exit_code == 0, made.stderr
        document = json.loads(made.stdout)
        assert len(document["mnemonic"].split()) == 24
        assert document["derivation"] == "m/44'/5001538'/0'"
        assert document["address"].startswith("tlqb1")
        words, second = tmp_path / "words", tmp_path / "second"
        words.write_text(document["mnemonic"].upper().replace(" ", "\n  "))
        line = f"restore {GIVEN} --mnemonic-file @ --accounts 2 --output json"
        again = invoke(line, *given[:2], second, words)
        assert again.exit_code == 0, again.stderr
        assert json.loads(again.stdout)["address"] == document["address"]
        assert json.loads(again.stdout)["mnemonic"] is None
        assert [r.account for r in open_home(second).accounts] == [0, 1]

    def test_words_that_went_to_a_file_are_not_shown(
        self, given: tuple[Path, Path, Path], tmp_path: Path
    ) -> None:
        words = tmp_path / "words"
        result = invoke(f"new {GIVEN} --words 12 --mnemonic-file @", *given, words)
        assert result.exit_code == 0, result.stderr
        sentence = words.read_text().strip()
        assert len(sentence.split()) == 12
        assert words.stat().st_mode & 0o777 == 0o600
        assert sentence not in result.output
        assert sentence.encode() not in (given[2] / "keystore.json").read_bytes()

    def test_a_key_is_never_replaced(self, wallet: Wallet, tmp_path: Path) -> None:
        genesis = tmp_path / "genesis.json"
        genesis.write_bytes(genesis_text(wallet.genesis))
        before = (wallet.path / "keystore.json").read_bytes()
        result = wallet.run("new", "--genesis", str(genesis))
        assert result.exit_code == 8
        assert "keyfile_exists" in result.stderr
        assert (wallet.path / "keystore.json").read_bytes() == before

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (WORDS.replace("yellow", "legal"), "mnemonic_checksum"),
            (WORDS.replace("yellow", "qwerty"), "mnemonic_malformed"),
            ("legal winner", "mnemonic_malformed"),
            ("", "mnemonic_malformed"),
            ("legal " * 5000, "mnemonic_malformed"),
        ],
    )
    def test_wrong_words_are_refused_and_never_repeated(
        self, given: tuple[Path, Path, Path], words: str, code: str
    ) -> None:
        result = invoke(f"restore {GIVEN} --mnemonic-file -", *given, stdin=words)
        assert result.exit_code == 8
        assert code in result.stderr
        assert "qwerty" not in result.stderr
        assert not given[2].exists()

    @pytest.mark.parametrize("data", [b"", b"{}", b'{"raw": "AAAA"}', b"\xff" * 100, b"[" * 9999])
    def test_a_genesis_that_is_none_is_refused(
        self, given: tuple[Path, Path, Path], data: bytes
    ) -> None:
        given[0].write_bytes(data)
        result = invoke(f"new {GIVEN}", *given)
        assert result.exit_code == 2
        assert "Traceback" not in result.output
        assert not given[2].exists()

    def test_an_address_of_a_further_account_needs_the_passphrase_once(
        self, wallet: Wallet, tmp_path: Path
    ) -> None:
        wrong = tmp_path / "wrong"
        wrong.write_text("not it")
        refused = wallet.run("address", "--account", "3", "--passphrase-file", str(wrong))
        assert refused.exit_code == 8
        assert "passphrase_wrong" in refused.stderr
        derived = wallet.json("address", "--account", "3")
        assert derived["derivation"] == "m/44'/5001538'/3'"
        assert wallet.run("address", "--account", "3").stdout.strip() == derived["address"]
