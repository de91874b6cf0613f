"""liqbon-wallet. Knows the names of its subcommands; each is imported when it runs."""

from __future__ import annotations

from typing import Final

from shell.command import LazyGroup

cli: Final = LazyGroup(
    "liqbon-wallet",
    help_text="Hold LiqBon: a self-custodied wallet that believes no node.",
    subcommands={
        "new": ("wallet.setup:new", "Make a wallet and show its mnemonic sentence."),
        "restore": ("wallet.setup:restore", "Make a wallet again from its mnemonic sentence."),
        "address": ("wallet.setup:show_address", "Show the address of an account."),
        "balance": ("wallet.balance:balance", "Show what the accounts hold, as proven."),
        "send": ("wallet.send:send", "Send LiqBon and wait for the proof that it is final."),
        "redeem": ("wallet.redeem:redeem", "Spend LiqBon at a partner, on its cashier's invoice."),
        "request": ("wallet.requests:request", "Ask for LiqBon: a URI and its QR code."),
        "pay": ("wallet.requests:pay", "Do what a liqbon: URI asks for."),
        "history": ("wallet.history:history", "List what touched an account."),
        "network": ("wallet.network:network", "Show or change the network and its nodes."),
    },
)


def main() -> None:
    """The command's entry point."""
    cli.main()


if __name__ == "__main__":
    main()
