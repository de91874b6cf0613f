"""liqbon-partner. Knows the names of its subcommands; each is imported when it runs."""

from __future__ import annotations

from typing import Final

from shell.command import LazyGroup, examples

settle: Final = LazyGroup(
    "liqbon-partner-settle",
    help_text="Square accounts with the other partners.",
    subcommands={
        "list": ("partner.cli_settle_list:list_", "List what is owed, with deadlines."),
        "pay": ("partner.cli_settle:pay", "Say, as the debtor, that it was paid."),
        "confirm": ("partner.cli_settle:confirm", "Say, as the creditor, that it was paid."),
        "dispute": ("partner.cli_settle:dispute", "Say, as the creditor, that it was not."),
        "state": ("partner.cli_settle:state", "Say it as the settlement custodian."),
    },
)
settle.epilog = examples("liqbon-partner settle list --open", "liqbon-partner settle pay --help")

programme: Final = LazyGroup(
    "liqbon-partner-programme",
    help_text="What points may be deposited, and what they are worth.",
    subcommands={
        "list": ("partner.cli_programme:list_", "List programmes with their rates."),
        "open": ("partner.cli_programme:open_", "Take deposits of a further programme."),
        "set-rate": ("partner.cli_programme:set_rate", "Publish what points are worth next."),
        "pause": ("partner.cli_programme:pause", "Take no new deposits."),
        "resume": ("partner.cli_programme:resume", "Take deposits again."),
    },
)
programme.epilog = examples("liqbon-partner programme list", "liqbon-partner programme open --help")

limits: Final = LazyGroup(
    "liqbon-partner-limits",
    help_text="What the partner may owe and be owed.",
    subcommands={
        "show": ("partner.cli_limits:show", "Show position, limit, reserve and caps."),
        "lower-claim-bound": (
            "partner.cli_limits:lower_claim_bound",
            "Let others come to owe this partner less.",
        ),
        "daily-caps": ("partner.cli_limits:daily_caps", "Bound a day's minting and refunding."),
    },
)
limits.epilog = examples("liqbon-partner limits show", "liqbon-partner limits daily-caps --help")

reserve: Final = LazyGroup(
    "liqbon-partner-reserve",
    help_text="The reserve behind the limit, and its custodian's word.",
    subcommands={
        "endorse": ("partner.cli_reserve:endorse", "Sign, as a custodian, what is held."),
        "attest": ("partner.cli_reserve:attest", "Have a reserve recognised."),
        "release": ("partner.cli_reserve:release", "Take a part of the reserve back."),
    },
)
reserve.epilog = examples("liqbon-partner reserve endorse --help")

cli: Final = LazyGroup(
    "liqbon-partner",
    help_text="A retailer's side: take deposits, take LiqBon at the till, square accounts.",
    subcommands={
        "deposit": ("partner.cli_deposit:deposit", "Mint LiqBon for one deposit of points."),
        "import": ("partner.cli_import:import_file", "Mint LiqBon for a CSV file of deposits."),
        "deposits": ("partner.cli_deposits:deposits", "List deposits and what became of them."),
        "invoice": ("partner.cli_invoice:invoice", "Ask a customer for LiqBon at the till."),
        "invoices": ("partner.cli_invoice:invoices", "List invoices and what became of them."),
        "refund": ("partner.cli_refund:refund", "Give LiqBon back on an invoice."),
        "settle": ("partner.cli:settle", "Square accounts with the other partners."),
        "programme": ("partner.cli:programme", "What points may be deposited, at what rate."),
        "limits": ("partner.cli:limits", "What the partner may owe and be owed."),
        "reserve": ("partner.cli:reserve", "The reserve behind the limit."),
    },
)


def main() -> None:
    """The command's entry point."""
    cli.main()


if __name__ == "__main__":
    main()
