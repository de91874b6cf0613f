"""new, restore, address: a wallet's words, keys and addresses. Asks no node."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Final

import click

from client.home import Home, create, open_home, parse_genesis, read_sentence
from shell import ask, keyfile
from shell.command import Common, common_options, examples
from shell.errors import KeyFault, UsageError
from shell.mnemonic import COIN_TYPE, LANGUAGES, MAX_SENTENCE, entropy_bytes, new_sentence
from wallet.documents import AddressDocument, WalletDocument

DEFAULT_HOME: Final = Path("~/.liqbon/wallet")
_MAX_GENESIS_FILE: Final = 4 * 1024 * 1024


def home_path(common: Common) -> Path:
    """The folder that was named, or the usual one."""
    return (common.home or DEFAULT_HOME).expanduser()


def derivation(account: int) -> str:
    """The path of an account's key."""
    return f"m/44'/{COIN_TYPE}'/{account}'"


@click.command(
    epilog=examples(
        "liqbon-wallet new --genesis genesis.json --node http://127.0.0.1:7600",
        "liqbon-wallet new --genesis genesis.json --words 12 --mnemonic-file words.txt",
    )
)
@click.option("--words", type=click.Choice(["12", "24"]), default="24", help="24 unless told.")
@click.option("--language", type=click.Choice(LANGUAGES), default="english", help="Of the words.")
@click.option(
    "--mnemonic-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the words to this new file, mode 0600, and do not show them.",
)
@common_options("home", "genesis", "node", "passphrase_file")
def new(common: Common, words: str, language: str, mnemonic_file: Path | None) -> None:
    """Make a wallet: a new key, encrypted, on the network of a genesis document.

    The mnemonic sentence is shown once. Whoever has it has the wallet; without it, a lost
    passphrase or disk is a lost wallet. Write it on paper.
    """
    document = genesis_document(common)
    sentence = new_sentence(secrets.token_bytes(entropy_bytes(int(words))), language)
    passphrase = ask.passphrase(common.passphrase_file, new=True)
    if mnemonic_file is not None:
        _check_absent(common, mnemonic_file)
        keyfile.create_private(mnemonic_file, sentence.encode() + b"\n")
    home = create(home_path(common), document, common.node, sentence, passphrase)
    _tell_wallet(common, home, None if mnemonic_file else sentence, mnemonic_file)


@click.command(
    epilog=examples(
        "liqbon-wallet restore --genesis genesis.json --mnemonic-file words.txt",
        "liqbon-wallet restore --genesis genesis.json --mnemonic-file - --accounts 3",
    )
)
@click.option(
    "--mnemonic-file",
    metavar="FILE",
    help="The words; - is standard input. Asked for otherwise.",
)
@click.option(
    "--accounts",
    type=click.IntRange(1, 100),
    default=1,
    help="How many accounts to derive, from account 0 on; more later with address --account.",
)
@common_options("home", "genesis", "node", "passphrase_file")
def restore(common: Common, mnemonic_file: str | None, accounts: int) -> None:
    """Make a wallet again from its mnemonic sentence.

    The words are never taken from an argument. The passphrase is a new one, for this machine.
    """
    document = genesis_document(common)
    if ask.STANDARD_INPUT == mnemonic_file == common.passphrase_file:
        raise UsageError("usage", "standard input cannot hold both the words and the passphrase")
    sentence = read_sentence(_given_words(mnemonic_file))
    passphrase = ask.passphrase(common.passphrase_file, new=True)
    home = create(home_path(common), document, common.node, sentence, passphrase)
    if accounts > 1:
        vault = home.unlock(passphrase)
        for account in range(1, accounts):
            home.derive(vault, account)
    _tell_wallet(common, home, None, None)


@click.command(
    "address",
    epilog=examples("liqbon-wallet address", "liqbon-wallet address --account 3 --output json"),
)
@common_options("home", "passphrase_file", "account")
def show_address(common: Common) -> None:
    """Show the address of an account; derive it first if it is new, which needs the passphrase."""
    home = open_home(home_path(common))
    known = {record.account: record.address for record in home.accounts}
    text = known.get(common.account)
    if text is None:
        vault = home.unlock(ask.passphrase(common.passphrase_file))
        text = home.derive(vault, common.account).address
    common.printer.line(text)
    common.printer.document(
        AddressDocument(account=common.account, address=text, derivation=derivation(common.account))
    )


def genesis_document(common: Common) -> bytes:
    """The bytes of the genesis that was named, checked. Raises ``UsageError``."""
    if common.genesis is None:
        raise UsageError(
            "genesis_missing",
            "a wallet starts from a genesis document",
            "Give --genesis FILE. Compare its chain id with what a second partner publishes.",
        )
    try:
        with common.genesis.open("rb") as file:
            data = file.read(_MAX_GENESIS_FILE + 1)
    except OSError as error:
        raise UsageError("genesis_missing", f"{common.genesis}: {error.strerror}") from None
    if len(data) > _MAX_GENESIS_FILE:
        raise UsageError("oversized", f"{common.genesis}: over {_MAX_GENESIS_FILE} bytes")
    parse_genesis(data)
    return data


def _check_absent(common: Common, mnemonic_file: Path) -> None:
    """Nothing is written before it is sure that the wallet can be."""
    if mnemonic_file.exists():
        raise KeyFault("keyfile_exists", f"{mnemonic_file} exists and is not overwritten")
    if (home_path(common) / "keystore.json").exists():
        raise KeyFault("keyfile_exists", f"{home_path(common)} has a key already")


def _given_words(file: str | None) -> str:
    if file is None:
        if not sys.stdin.isatty():
            raise KeyFault("mnemonic_missing", "no words", "Give --mnemonic-file FILE, or -.")
        return str(click.prompt("Mnemonic sentence", hide_input=True, err=True))
    try:
        if file == ask.STANDARD_INPUT:
            data = sys.stdin.buffer.read(4 * MAX_SENTENCE)
        else:
            with Path(file).open("rb") as stream:
                data = stream.read(4 * MAX_SENTENCE)
        return data.decode()
    except OSError as error:
        raise KeyFault("mnemonic_missing", f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KeyFault("mnemonic_malformed", "the words are not UTF-8 text") from None


def _tell_wallet(common: Common, home: Home, sentence: str | None, file: Path | None) -> None:
    first = home.accounts[0]
    document = WalletDocument(
        home=str(home.path),
        network=home.genesis.network,
        chain=home.chain.hex(),
        address=first.address,
        derivation=derivation(first.account),
        mnemonic=sentence,
        mnemonic_file=None if file is None else str(file),
    )
    rows = [
        ("home", document.home),
        ("network", f"{home.genesis.name} ({document.network})"),
        ("chain", document.chain),
        ("address", document.address),
    ]
    common.printer.fields(rows)
    if sentence is not None:
        common.printer.line()
        common.printer.line("Write these words on paper. They are the wallet; shown only now:")
        common.printer.line()
        common.printer.line(f"  {sentence}")
    elif file is not None:
        common.printer.line(f"The words are in {file}. They are the wallet.")
    common.printer.document(document)
