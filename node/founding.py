"""A whole network's files on one machine: nodes, partners and customers of a development network.

Knows which file holds what; starts nothing. Everything is made once and found again:
``genesis.json`` comes last, so a directory without it is unfinished.

    genesis.json    passphrase      one passphrase for every key here, mode 0600
    nodes/CODE/     a validator's home            partners/CODE/    the keystore of its three roles
    wallets/NAME/   a customer's wallet           custodians/CODE/  a custodian's keystore
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from msgspec.structs import replace

from client import home as client_home
from client.builder import account_of
from node import ceremony, config
from node.documents import genesis_text, read_genesis
from node.founders import CREDIT, KEEPERS, SETTLEMENT, custodian_of, founder, partner_of
from node.transport import Address
from primitives.encoding import Malformed
from primitives.genesis import TEST, Genesis, Parameters, Roles, check_parameters
from primitives.keys import Ed25519Key
from primitives.validators import possession_message
from shell.errors import UsageError
from shell.keyfile import create_private, read_private, replace_private
from shell.mnemonic import account_key, new_sentence, sentence_seed

NETWORK_NAME: Final = "LiqBon development network"
CUSTOMERS: Final = ("alice", "boris")
ROLE_ACCOUNTS: Final = ("issuer", "cashier", "admin")
"""The roles of a partner are the first accounts of its keystore, in this order."""
PORTS_A_NODE: Final = 10
PARTS: Final = ("nodes", "partners", "custodians", "wallets")
LOOPBACK: Final = "127.0.0.1"
ON_LOOPBACK: Final = config.Hosts(LOOPBACK, LOOPBACK, LOOPBACK)
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - inside a container of its own


class Site(NamedTuple):
    """Where a development network lives.

    All nodes on this machine, told apart by their ports; or, with ``hosts``, each on a host of its
    own (a container, say), in the order of the partners' codes, with the usual ports.
    """

    directory: Path
    validators: int
    base_port: int = config.API_PORT
    hosts: tuple[str, ...] = ()

    @property
    def genesis(self) -> Path:
        """The genesis that all homes share."""
        return self.directory / config.GENESIS

    @property
    def passphrase_file(self) -> Path:
        """The passphrase of every key of this network."""
        return self.directory / "passphrase"

    def node_home(self, code: str) -> Path:
        """A validator's home."""
        return self.directory / "nodes" / code

    def partner_home(self, code: str) -> Path:
        """A partner's keystore."""
        return self.directory / "partners" / code

    def custodian_home(self, code: str) -> Path:
        """A custodian's keystore."""
        return self.directory / "custodians" / code

    def wallet_home(self, name: str) -> Path:
        """A customer's wallet."""
        return self.directory / "wallets" / name

    def ports(self, index: int) -> config.Ports:
        """Node i: API at base + 10i, peers + 1, metrics + 2; on its own host the usual ones."""
        if self.hosts:
            return config.Ports()
        base = self.base_port + PORTS_A_NODE * index
        return config.Ports(base, base + 1, base + 2)

    def urls(self) -> list[str]:
        """The nodes' APIs."""
        return [f"http://{self.host(i)}:{self.ports(i).api}" for i in range(self.validators)]

    def host(self, index: int) -> str:
        """Where others reach node i."""
        return self.hosts[index] if self.hosts else LOOPBACK

    def codes(self) -> list[str]:
        """The validators' partner codes, in the order of genesis."""
        return sorted(founder(index).code for index in range(self.validators))


def found(site: Site, time_ms: int, wishes: Mapping[str, str] = MappingProxyType({})) -> Genesis:
    """Make the network's files, or take those that are there. Raises ``CommandError``.

    ``wishes`` are parameters that are to differ from the usual ones, by name, as people write them.
    """
    parameters = _parameters(site, wishes)
    if site.genesis.exists():
        return _found_again(site, parameters, wishes)
    if any((site.directory / name).exists() for name in PARTS):
        raise UsageError(
            "devnet_unfinished",
            f"{site.directory} holds parts of a network without its genesis",
            "Remove the directory, or name another with --dir.",
        )
    site.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    passphrase = secrets.token_urlsafe(24).encode()
    if not site.passphrase_file.exists():
        create_private(site.passphrase_file, passphrase + b"\n")
    passphrase = read_private(site.passphrase_file).strip()
    keys = _make_nodes(site, passphrase)
    sentences = {name: new_sentence(secrets.token_bytes(16)) for name in _keystores(site)}
    genesis = _genesis(site, _plan(time_ms, parameters, sentences), keys, sentences)
    document = genesis_text(genesis)
    _make_keystores(site, document, sentences, passphrase)
    for code in site.codes():
        create_private(site.node_home(code) / config.GENESIS, document)
    create_private(site.genesis, document)
    return genesis


def _parameters(site: Site, wishes: Mapping[str, str]) -> Parameters:
    """The usual ones but for what is wished; checked before anything is made of them."""
    try:
        parameters = ceremony.with_parameters(ceremony.PARAMETERS, wishes)
        check_parameters(parameters, TEST, site.validators * CREDIT)
    except Malformed as error:
        hint = "docs/spec/genesis.md lists the parameters with their bounds."
        raise UsageError(error.code, error.detail, hint) from None
    return parameters


def _found_again(site: Site, parameters: Parameters, wishes: Mapping[str, str]) -> Genesis:
    """The network that is there, moved to the ports that are asked for."""
    genesis = read_genesis(site.genesis)
    for name in wishes:
        there = getattr(genesis.parameters, name)
        if there != getattr(parameters, name):
            raise UsageError(
                "devnet_differs",
                f"{site.directory} holds a network whose {name} is {there}",
                "A network's parameters never change: name another directory with --dir.",
            )
    codes = [partner.code for partner in genesis.partners]
    if codes != site.codes():
        raise UsageError(
            "devnet_differs",
            f"{site.directory} holds a network of {len(codes)} validators: {', '.join(codes)}",
            "Ask for as many, or name another directory with --dir.",
        )
    for code in codes:
        text = _config(site, code)
        replace_private(site.node_home(code) / config.CONFIG, text.encode())
    for path in _keystores(site).values():
        client_home.open_home(path).use_nodes(site.urls())
    return genesis


def _keystores(site: Site) -> dict[str, Path]:
    partners = {code: site.partner_home(code) for code in site.codes()}
    keepers = {keeper.code: site.custodian_home(keeper.code) for keeper in KEEPERS}
    return partners | keepers | {name: site.wallet_home(name) for name in CUSTOMERS}


def _config(site: Site, code: str) -> str:
    codes = site.codes()
    addresses = {
        other: Address(site.host(i), site.ports(i).peer)
        for i, other in enumerate(codes)
        if other != code
    }
    own = site.ports(codes.index(code))
    bound = config.Hosts(EVERYWHERE, EVERYWHERE, EVERYWHERE) if site.hosts else ON_LOOPBACK
    return config.config_text(bound, own, addresses, str(site.passphrase_file.absolute()))


def _make_nodes(site: Site, passphrase: bytes) -> dict[str, Ed25519Key]:
    """The validators' homes, and the keys in them."""
    return {
        code: config.create_home(site.node_home(code), _config(site, code), passphrase)
        for code in site.codes()
    }


def _plan(time_ms: int, parameters: Parameters, sentences: dict[str, str]) -> ceremony.Plan:
    keepers = [custodian_of(k, _accounts(sentences[k.code], 1)[0]) for k in KEEPERS]
    custody = ceremony.Custody(tuple(keepers), SETTLEMENT.code)
    agreed = ceremony.plan(NETWORK_NAME, TEST, time_ms, custody)
    return replace(agreed, parameters=parameters)


def _genesis(
    site: Site, agreed: ceremony.Plan, keys: dict[str, Ed25519Key], sentences: dict[str, str]
) -> Genesis:
    parts = []
    for index in range(site.validators):
        terms = founder(index)
        key = keys[terms.code]
        accounts = _accounts(sentences[terms.code], len(ROLE_ACCOUNTS))
        roles = Roles(**dict(zip(ROLE_ACCOUNTS, accounts, strict=True)))
        part = partner_of(terms, roles, key.public_key, agreed.time)
        message = possession_message(agreed.name, terms.code, key.public_key)
        parts.append(replace(part, possession=key.sign(message)))
    return ceremony.collect(agreed, parts)


def _accounts(sentence: str, count: int) -> list[bytes]:
    seed = sentence_seed(sentence)
    return [account_of(account_key(seed, number)) for number in range(count)]


def _make_keystores(
    site: Site, document: bytes, sentences: dict[str, str], passphrase: bytes
) -> None:
    codes = site.codes()
    for name, path in _keystores(site).items():
        home = client_home.create(path, document, site.urls(), sentences[name], passphrase)
        vault = client_home.Vault(sentences[name])
        for number in range(len(ROLE_ACCOUNTS) if name in codes else 1):
            home.derive(vault, number)
