"""The folder where a wallet or a partner keeps a key and what it trusts. Knows files; no network.

    keystore.json   the mnemonic sentence, encrypted under a passphrase (shell.keyfile)
    genesis.json    the pinned genesis, as it was given
    network.json    the nodes to ask
    accounts.json   the addresses derived so far, so that a balance needs no passphrase
    light.json      what was verified (client.memory)

Whoever can write here can change where one looks, never what a key signs: signing derives the key
again, and compares.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from client.builder import account_of
from client.fields import from_base64
from primitives.address import address, parse_address
from primitives.encoding import Malformed
from primitives.genesis import MAX_GENESIS, Genesis, chain_id, decode_genesis
from primitives.keys import ED25519, Ed25519Key
from shell import keyfile
from shell.errors import CommandError, KeyFault, UsageError
from shell.mnemonic import account_key, parse_sentence, sentence_seed

T = TypeVar("T")

PURPOSE: Final = "wallet"
KEYSTORE: Final = "keystore.json"
GENESIS: Final = "genesis.json"
NETWORK: Final = "network.json"
ACCOUNTS: Final = "accounts.json"
MAX_ACCOUNTS: Final = 1_000
_MAX_FILE: Final = 4 * MAX_GENESIS


class _GenesisFile(msgspec.Struct, frozen=True):
    """What a genesis document has to hold; the rest of it is for people."""

    raw: str


class _Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chain: str
    nodes: tuple[str, ...]


class AccountRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account of the wallet: its number on the path, and its address."""

    account: int
    address: str


def parse_genesis(data: bytes) -> Genesis:
    """The checked genesis of a document: JSON with its canonical bytes in ``raw``, or those bytes.

    Raises ``UsageError`` with the code of what is wrong.
    """
    try:
        if data.lstrip()[:1] == b"{":
            data = from_base64(msgspec.json.decode(data, type=_GenesisFile).raw)
        return decode_genesis(data, ED25519)
    except Malformed as error:
        raise UsageError(error.code, f"the genesis document: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError("malformed", f"the genesis document: {error}") from None


class Vault:
    """An opened keystore. Its secret appears in no text form."""

    __slots__ = ("_seed",)

    def __init__(self, sentence: str) -> None:
        self._seed = sentence_seed(sentence)

    def key(self, account: int) -> Ed25519Key:
        """The key of an account."""
        return account_key(self._seed, account)


class Home:
    """An existing home, read once."""

    def __init__(
        self, path: Path, genesis: Genesis, nodes: tuple[str, ...], accounts: list[AccountRecord]
    ) -> None:
        self.path = path
        self.genesis = genesis
        self.nodes = nodes
        self.accounts = accounts

    @property
    def chain(self) -> bytes:
        """32 bytes."""
        return chain_id(self.genesis)

    def account_id(self, account: int) -> bytes:
        """The id of a derived account. ``KeyFault`` (``account_unknown``) if it was not yet."""
        for record in self.accounts:
            if record.account == account:
                return parse_address(record.address, self.genesis.network)
        raise KeyFault(
            "account_unknown",
            f"account {account} of {self.path} was not derived yet",
            f"The command 'address --account {account}' derives it.",
        )

    def unlock(self, passphrase: bytes) -> Vault:
        """Open the keystore. Raises ``KeyFault``."""
        document = keyfile.read_private(self.path / KEYSTORE)
        sentence = keyfile.unseal(document, passphrase, PURPOSE).decode()
        return Vault(sentence)

    def signer(self, vault: Vault, account: int) -> Ed25519Key:
        """The key of a known account. ``KeyFault`` ``accounts_changed``: its address differs."""
        key = vault.key(account)
        if account_of(key) != self.account_id(account):
            raise KeyFault(
                "accounts_changed",
                f"{self.path / ACCOUNTS} names another address than the key of account {account}",
                "Somebody changed the file. Restore it from the mnemonic into a new home.",
            )
        return key

    def derive(self, vault: Vault, account: int) -> AccountRecord:
        """Add an account to the list, if it is not there; at most 1,000."""
        record = AccountRecord(account, address(account_of(vault.key(account)), self._hrp))
        kept = [known for known in self.accounts if known.account != account]
        if len(kept) >= MAX_ACCOUNTS:
            raise UsageError("accounts_too_many", f"a home lists at most {MAX_ACCOUNTS} accounts")
        self.accounts = sorted([*kept, record], key=lambda known: known.account)
        _write(self.path / ACCOUNTS, msgspec.json.encode(self.accounts))
        return record

    def use_nodes(self, nodes: Sequence[str]) -> None:
        """Remember these nodes instead."""
        self.nodes = tuple(dict.fromkeys(nodes))
        _write_network(self.path, self.genesis, self.nodes)

    @property
    def _hrp(self) -> str:
        return self.genesis.network


def create(
    path: Path, genesis_document: bytes, nodes: Sequence[str], sentence: str, passphrase: bytes
) -> Home:
    """A new home with account 0. Never replaces a key.

    ``sentence`` as ``parse_sentence`` gives it. Raises ``KeyFault`` (``keyfile_exists``) and
    ``UsageError`` as ``parse_genesis``; the keystore comes last, so that a home without one is
    unfinished and may be made again.
    """
    genesis = parse_genesis(genesis_document)
    if (path / KEYSTORE).exists():
        raise KeyFault("keyfile_exists", f"{path} has a key already, which is never replaced")
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(path / GENESIS, genesis_document)
    home = Home(path, genesis, tuple(nodes), [])
    home.use_nodes(nodes)
    first = home.derive(Vault(sentence), 0)
    sealed = keyfile.seal(sentence.encode(), passphrase, PURPOSE, first.address)
    keyfile.create_private(path / KEYSTORE, sealed)
    return home


def open_home(path: Path) -> Home:
    """The home at ``path``. Raises ``CommandError`` (``home_missing``, ``home_malformed``)."""
    if not (path / KEYSTORE).exists():
        raise KeyFault(
            "home_missing",
            f"no key in {path}",
            "Make one with 'new' or 'restore', or name another folder with --home.",
        )
    genesis = parse_genesis(_read(path / GENESIS))
    network = _decoded(path / NETWORK, _Network)
    if network.chain != chain_id(genesis).hex():
        raise _malformed(path, "genesis.json is not the genesis that was pinned")
    return Home(path, genesis, network.nodes, _decoded(path / ACCOUNTS, list[AccountRecord]))


def read_sentence(text: str) -> str:
    """The sentence a person gave. Raises ``KeyFault``; never repeats a word of it."""
    try:
        return parse_sentence(text)
    except Malformed as error:
        raise KeyFault(error.code, str(error.detail)) from None


@contextmanager
def exclusive(path: Path, name: str) -> Iterator[None]:
    """Hold ``<home>/.<name>.lock``. ``CommandError`` (``busy``) if another process does."""
    import fcntl

    with (path / f".{name}.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                "busy", f"another command works with {name} of {path}", "Run it again afterwards."
            ) from None
        yield


def _write_network(path: Path, genesis: Genesis, nodes: tuple[str, ...]) -> None:
    network = _Network(chain_id(genesis).hex(), nodes)
    _write(path / NETWORK, msgspec.json.format(msgspec.json.encode(network), indent=2))


def _write(path: Path, data: bytes) -> None:
    keyfile.replace_private(path, data)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise _malformed(path, os.strerror(error.errno or 0)) from None
    if len(data) > _MAX_FILE:
        raise _malformed(path, f"over {_MAX_FILE} bytes")
    return data


def _decoded(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(_read(path), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(path, str(error)) from None


def _malformed(path: Path, why: str) -> CommandError:
    return CommandError("home_malformed", f"{path}: {why}")
