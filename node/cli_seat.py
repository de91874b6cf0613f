"""keys seat: the consensus key says whose it is, on the chain of its home."""

from __future__ import annotations

import re

import click
import msgspec

from client.tokens import make_seat
from node import config
from node.cli_home import home_path, passphrase_of
from primitives.codes import CODE_FORM
from primitives.genesis import chain_id
from shell.command import Common, common_options, examples
from shell.errors import UsageError


class SeatDocument(msgspec.Struct, frozen=True):
    """keys seat: ``token`` goes to the partner's admin."""

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
    """Sign, with the node's consensus key, that it is PARTNER's, on the chain of this home.

    Prints one line of text for the partner's admin: a newcomer's 'liqbon-partner apply', or
    'liqbon-partner keys seat' when the key changes. No network is needed.
    """
    if re.fullmatch(CODE_FORM, partner) is None:
        raise UsageError("partner_malformed", "PARTNER: 1 to 32 of a-z, 0-9 and inner hyphens")
    home = config.open_home(home_path(common))
    key = config.open_key(home.path, passphrase_of(common, home))
    chain = chain_id(home.genesis)
    document = SeatDocument(
        partner=partner,
        consensus_key=key.public_key.hex(),
        chain=chain.hex(),
        token=make_seat(key, chain, partner),
    )
    common.printer.line(document.token)
    common.printer.document(document)
