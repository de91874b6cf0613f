"""Two partners and two custodians with their homes, over a small network behind real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from client.home import Home
from contracts.invariants import Totals, check_all
from node.archive import STATE
from partner.cli import cli
from primitives.actions import Action
from primitives.address import account_id, address, single_key
from primitives.encoding import Wire
from primitives.entries import NO_ACCOUNT, Account, account_key, decode_entry
from primitives.genesis import Custodian, Genesis, Roles
from shell import keyfile
from shell.mnemonic import account_key as derived_key
from shell.mnemonic import sentence_seed
from tests.builders import CUSTODIAN, JUDGE, Person, an_action
from tests.fakes.network import (
    OTHER_WORDS,
    PASSPHRASE,
    WORDS,
    Network,
    a_genesis_of_now,
    a_home,
    clock_ms,
)

W = TypeVar("W", bound=Wire)
VAULT_WORDS = "abandon " * 11 + "about"
JUDGE_WORDS = "zoo " * 11 + "wrong"


def id_of(words: str, account: int) -> bytes:
    """The account of a sentence's key."""
    return account_id(single_key(derived_key(sentence_seed(words.strip()), account).public_key))


def roles_of(words: str) -> Roles:
    """Issuer, cashier and admin as accounts 0, 1 and 2 of a sentence."""
    issuer, cashier, admin = (id_of(words, account) for account in range(3))
    return Roles(admin=admin, issuer=issuer, cashier=cashier)


def a_founding(**durations: int) -> Genesis:
    """north and east with keys of their own, custodians with theirs; parameters as given."""
    genesis = a_genesis_of_now()
    founders = [
        replace(p, roles=roles_of(words))
        for p, words in zip(genesis.partners, (WORDS, OTHER_WORDS), strict=False)
    ]
    custodians = (
        Custodian(CUSTODIAN, "Vault", id_of(VAULT_WORDS, 0), None),
        Custodian(JUDGE, "Referee", id_of(JUDGE_WORDS, 0), None),
    )
    return replace(
        genesis,
        partners=(*founders, *genesis.partners[2:]),
        custodians=custodians,
        parameters=replace(genesis.parameters, **durations),
    )


@dataclass
class Office:
    """Someone's home at the network, and the command run from it."""

    network: Network
    home: Home
    path: Path

    def run(self, *arguments: str) -> Result:
        """Run a command that signs."""
        return CliRunner().invoke(cli, [*arguments, *self.options()])

    def read(self, *arguments: str) -> Any:
        """The document of a command that only reads, and succeeds."""
        home = ["--home", str(self.path), "--output", "json"]
        result = CliRunner().invoke(cli, [*arguments, *home])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def options(self, *, yes: bool = True) -> list[str]:
        secret = str(self.path.with_suffix(".pass"))
        asked = ["--yes"] if yes else []
        return ["--home", str(self.path), "--passphrase-file", secret, *asked]

    def invoice(self, *arguments: str) -> Result:
        """The one signing command that asks nothing."""
        return CliRunner().invoke(cli, ["invoice", *arguments, *self.options(yes=False)])

    def done(self, *arguments: str) -> Any:
        """The document of a command that succeeds."""
        result = self.run(*arguments, "--output", "json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def refused(self, status: int, *arguments: str) -> Any:
        """The error of a command that ends with ``status``."""
        result = self.run(*arguments, "--output", "json")
        assert result.exit_code == status, result.output
        return json.loads(result.stdout)["error"]


@dataclass
class Market:
    """Everyone, and a look into the ledger itself."""

    network: Network
    genesis: Genesis
    folder: Path
    offset_ms: int = 0
    _sequences: dict[bytes, int] = field(default_factory=dict)

    @cached_property
    def north(self) -> Office:
        return self.office("north", WORDS, 3)

    @cached_property
    def east(self) -> Office:
        return self.office("east", OTHER_WORDS, 3)

    @cached_property
    def vault(self) -> Office:
        return self.office("vault", VAULT_WORDS, 1)

    @cached_property
    def judge(self) -> Office:
        return self.office("judge", JUDGE_WORDS, 1)

    def office(self, name: str, words: str, keys: int) -> Office:
        """A home with its first ``keys`` accounts derived; made when it is first asked for."""
        home = a_home(self.folder / name, self.genesis, self.network.urls, words.strip())
        if keys > 1:
            vault = home.unlock(PASSPHRASE)
            for account in range(1, keys):
                home.derive(vault, account)
        return Office(self.network, home, self.folder / name)

    @property
    def chain(self) -> bytes:
        return self.network.ledger.executor.chain

    def pass_time(self, ms: int) -> None:
        """Let the ledger's clock run on, and a block find what is due."""
        self.offset_ms += ms
        self.network.ledger.now_ms = lambda: clock_ms() + self.offset_ms
        self.network.call(self.network.ledger.block)

    def act(self, person: Person, action: Action) -> None:
        """Have somebody without a home do something, in a block of its own."""
        sequence = self._sequences.get(person.account, 0)
        self._sequences[person.account] = sequence + 1
        until = clock_ms() + self.offset_ms + 60_000
        signed = an_action(person, action, sequence=sequence, valid_until=until, chain=self.chain)
        self.network.call(self.network.ledger.block, signed)

    def give(self, office: Office, person: Person, points: int) -> None:
        """Have a partner mint 0.01 LiqBon a point."""
        to = address(person.account, "tlqb")
        office.done(
            "deposit", "--programme", "bonus", "--points", str(points), "--to", to,
            "--reference", f"deposit {points} {to[-6:]} {office.path.name}",
        )  # fmt: skip

    def entry(self, key: bytes, kind: type[W]) -> W | None:
        """An entry of the ledger as it stands."""

        def read() -> bytes | None:
            return self.network.ledger.executor.state.get(key)

        raw = self.network.call(read)
        if raw is None:
            return None
        value = decode_entry(key, raw)
        assert isinstance(value, kind)
        return value

    def balance(self, person: Person) -> int:
        """Units."""
        return (self.entry(account_key(person.account), Account) or NO_ACCOUNT).balance

    def check(self) -> Totals:
        """Every invariant over the whole state."""

        def stored() -> Sequence[tuple[bytes, bytes]]:
            return list(self.network.ledger.store.scan(STATE, STATE + b"\xff" * 64))

        return check_all([(k.removeprefix(STATE), v) for k, v in self.network.call(stored)])


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key files are made at the least cost that is accepted; nothing here is about passphrases."""
    monkeypatch.setattr(keyfile, "MEMORY_KIB", 8 * 1024)
    monkeypatch.setattr(keyfile, "PASSES", 1)


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    """Durations as on a real network: time passes when a test says so."""
    genesis = a_founding()
    with Network(genesis) as network:
        yield Market(network, genesis, tmp_path)
