"""liqbon-node. Knows the names of its subcommands; each is imported when it runs."""

from __future__ import annotations

from typing import Final

from shell.command import LazyGroup

genesis: Final = LazyGroup(
    "genesis",
    help_text="Agree on a genesis with the other founders, step by step.",
    subcommands={
        "new": ("node.cli_genesis:new", "Write down a network that founders can join."),
        "join": ("node.cli_genesis:join", "Add a founder: its terms, and proof of its key."),
        "collect": ("node.cli_genesis:collect", "Put the founders' parts together."),
        "verify": ("node.cli_genesis:verify", "Check a genesis, and show its chain id."),
    },
)

keys: Final = LazyGroup(
    "keys",
    help_text="The node's consensus keys.",
    subcommands={
        "show": ("node.cli_home:show_key", "Show the public keys."),
        "seat": ("node.cli_seat:seat", "Sign that the newest key is a partner's."),
        "rotate": ("node.cli_seat:rotate", "Make another key for the partner's seat."),
    },
)

cli: Final = LazyGroup(
    "liqbon-node",
    help_text="A validator of a LiqBon network.",
    subcommands={
        "init": ("node.cli_home:init", "Make a node's home: settings and a new key."),
        "start": ("node.cli_home:start", "Run the node until it is told to stop."),
        "signer": ("node.cli_signer:signer", "Hold the consensus keys, and sign for the node."),
        "status": ("node.cli_home:status", "Ask a node where it stands."),
        "doctor": ("node.cli_doctor:doctor", "Say what is wrong with a home, and what to do."),
        "compact": ("node.cli_compact:compact", "Make a stopped node's ledger smaller."),
        "devnet": ("node.cli_devnet:devnet", "Run a whole network on this machine."),
        "genesis": ("node.cli:genesis", "Agree on a genesis with the other founders."),
        "keys": ("node.cli:keys", "The node's consensus keys."),
    },
)


def main() -> None:
    """The command's entry point."""
    cli.main()


if __name__ == "__main__":
    main()
