"""liqbon-wallet. Knows the names of its subcommands; each is imported when it runs."""

from __future__ import annotations

from typing import Final

from shell.command import LazyGroup, examples

campaign: Final = LazyGroup(
    "liqbon-wallet-campaign",
    help_text="Give LiqBon away out of a locked budget: grants and referrals.",
    subcommands={
        "create": ("wallet.campaign:create", "Lock a budget for claims."),
        "voucher": ("wallet.vouchers:voucher", "Sign a voucher for one claimant."),
        "close": ("wallet.campaign:close", "End it early, and take back what is left."),
        "show": ("wallet.campaign:show", "Show a campaign, as proven."),
    },
)
campaign.epilog = examples("liqbon-wallet campaign create --help")

order: Final = LazyGroup(
    "liqbon-wallet-order",
    help_text="Sell and buy among people, the price locked until it is clear whose it is.",
    subcommands={
        "offer": ("wallet.order:offer", "Sign, as a seller, what is asked for something."),
        "buy": ("wallet.order:buy", "Take an offer: its price is locked."),
        "ship": ("wallet.order:ship", "Say, as the seller, that it was shipped."),
        "release": ("wallet.order:release", "Pay the seller, as the buyer."),
        "refund": ("wallet.order:refund", "Give everything back, as the seller."),
        "dispute": ("wallet.order:dispute", "Ask the arbiter, as the buyer."),
        "resolve": ("wallet.order:resolve", "Judge a dispute, as the arbiter."),
        "show": ("wallet.order:show", "Show an order, as proven, and what comes next."),
    },
)
order.epilog = examples("liqbon-wallet order offer --help", "liqbon-wallet order show 9f86d0...")

content: Final = LazyGroup(
    "liqbon-wallet-content",
    help_text="Let your own work be liked.",
    subcommands={
        "register": ("wallet.like:register", "Register a work by its hash."),
        "show": ("wallet.like:show", "Show how much it was liked, as proven."),
    },
)
content.epilog = examples("liqbon-wallet content register article.pdf")

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
        "claim": ("wallet.campaign:claim", "Take what a sponsor's voucher promises you."),
        "campaign": ("wallet.cli:campaign", "Give LiqBon away: grants and referrals."),
        "order": ("wallet.cli:order", "Sell and buy among people."),
        "like": ("wallet.like:like", "Give an author LiqBon for something."),
        "content": ("wallet.cli:content", "Let your own work be liked."),
        "history": ("wallet.history:history", "List what touched an account."),
        "partners": ("wallet.partners:partners", "Show who takes part, who leaves, who left."),
        "votes": ("wallet.partners:votes", "Show what the partners decide together."),
        "network": ("wallet.network:network", "Show or change the network and its nodes."),
    },
)


def main() -> None:
    """The command's entry point."""
    cli.main()


if __name__ == "__main__":
    main()
