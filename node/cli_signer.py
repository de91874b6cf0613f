"""signer: the process that holds a node's consensus keys, so that the node holds none."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click
import msgspec

from node import config
from node.cli_home import home_path, passphrase_of, run
from node.keyring import Keyring
from primitives.genesis import chain_id
from primitives.keys import Ed25519Key
from shell import logs
from shell.command import Common, common_options, examples
from shell.errors import KeyFault

if TYPE_CHECKING:
    from node.signer_server import SignerServer


class SignerDocument(msgspec.Struct, frozen=True):
    """signer: printed once it listens."""

    chain: str
    pid: int
    socket: str
    consensus_keys: list[str]


@click.command(
    epilog=examples(
        "liqbon-node signer --home /var/lib/liqbon-signer", "liqbon-node signer --home ./home"
    )
)
@common_options("home", "passphrase_file")
def signer(common: Common) -> int:
    """Hold the consensus keys of a home, and sign for one node, until SIGTERM or Ctrl-C.

    It listens on the UNIX socket that the settings name (signer = "unix:PATH" under [key]), for
    processes of the same user alone, and keeps its own record of what it signed. SIGHUP reads the
    keys again. The exit status is 0 after a clean stop, 1 if it had to stop by itself.
    """
    path = home_path(common)
    home = config.open_home(path)
    logs.configure(home.settings.log.form, home.settings.log.level)
    keyring = Keyring(path)
    if not keyring.exists():
        raise KeyFault(
            "key_missing",
            f"{path} holds no consensus key",
            "Make one with 'liqbon-node init', in a home of its own for the signer.",
        )
    keys = keyring.open(passphrase_of(common, home))
    return run(_serve(common, home, keys))


async def _serve(common: Common, home: config.NodeHome, keys: list[Ed25519Key]) -> int:
    from node.signer_server import SignerServer, serve

    return await serve(SignerServer(home, keys), lambda server: _tell(common, server))


def _tell(common: Common, server: SignerServer) -> None:
    document = SignerDocument(
        chain=chain_id(server.home.genesis).hex(),
        pid=os.getpid(),
        socket=str(server.path),
        consensus_keys=[key.hex() for key in server.public_keys],
    )
    common.printer.document(document)
    rows = [("chain", document.chain), ("pid", str(document.pid)), ("socket", document.socket)]
    rows += [("consensus key", key) for key in document.consensus_keys]
    common.printer.fields(rows)
    sys.stdout.flush()
