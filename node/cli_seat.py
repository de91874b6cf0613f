"""keys seat, keys rotate: a consensus key says whose it is, on the chain of its home."""

from __future__ import annotations

import re

import click
import msgspec

from client.tokens import make_seat
from node import config
from node.cli_home import home_path, passphrase_of
from node.keyring import Keyring
from primitives.codes import CODE_FORM
from primitives.genesis import chain_id
from primitives.keys import Ed25519Key
from shell.command import Common, common_options, examples
from shell.errors import KeyFault, UsageError


class SeatDocument(msgspec.Struct, frozen=True):
    """keys seat, keys rotate: ``token`` goes to the partner's admin."""

    partner: str
    consensus_key: str
    chain: str
    token: str


@click.command(
    name="seat",
    epilog=examples("liqbon-node keys seat north --home ./home", "liqbon-node keys seat north"),
)
@click.argument("partner")
@common_options("home", "passphrase_file")
def seat(common: Common, partner: str) -> None:
    """Sign, with the node's newest consensus key, that it is PARTNER's, on the chain of this home.

    Prints one line of text for the partner's admin: a newcomer's 'liqbon-partner apply', or
    'liqbon-partner keys seat' when the key changes. No network is needed.
    """
    home = _opened(common, partner)
    keyring = Keyring(home.path)
    if not keyring.exists():
        raise KeyFault(
            "key_missing",
            f"{home.path} holds no consensus key",
            f"'liqbon-node keys rotate {partner}' makes one, and signs with it.",
        )
    _tell(common, home, partner, keyring.newest(passphrase_of(common, home)))


@click.command(
    name="rotate",
    epilog=examples("liqbon-node keys rotate north --home ./home"),
)
@click.argument("partner")
@common_options("home", "passphrase_file")
def rotate(common: Common, partner: str) -> None:
    """Make another consensus key, and sign with it that it is PARTNER's.

    Prints one line of text for the partner's admin: 'liqbon-partner keys seat' announces the key,
    and it takes its seat when the next epoch begins. Until then the old one stays in use. Have the
    running node read its keys again (SIGHUP, where the settings name a passphrase file; otherwise
    start it anew) before that epoch begins. The node itself destroys the old key then.
    """
    home = _opened(common, partner)
    keyring, passphrase = Keyring(home.path), passphrase_of(common, home)
    keyring.open(passphrase)  # one passphrase opens them all
    _tell(common, home, partner, keyring.create(passphrase))


def _opened(common: Common, partner: str) -> config.NodeHome:
    if re.fullmatch(CODE_FORM, partner) is None:
        raise UsageError("partner_malformed", "PARTNER: 1 to 32 of a-z, 0-9 and inner hyphens")
    return config.open_home(home_path(common))


def _tell(common: Common, home: config.NodeHome, partner: str, key: Ed25519Key) -> None:
    chain = chain_id(home.genesis)
    document = SeatDocument(
        partner=partner,
        consensus_key=key.public_key.hex(),
        chain=chain.hex(),
        token=make_seat(key, chain, partner),
    )
    common.printer.line(document.token)
    common.printer.document(document)
