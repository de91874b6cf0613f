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

cli: Final = LazyGroup(
    "liqbon-partner",
    help_text="A retailer's side: take deposits, take LiqBon at the till, square accounts.",
    subcommands={
        "deposit": ("partner.cli_deposit:deposit", "Mint LiqBon for one deposit of points."),
        "import": ("partner.cli_import:import_file", "Mint LiqBon for a CSV file of deposits."),
        "deposits": ("partner.cli_deposits:deposits", "List deposits and what became of them."),
        "invoice": ("partner.cli_invoice:invoice", "Ask a customer for LiqBon at the till."),
        "invoices": ("partner.cli_invoice:invoices", "List invoices and what became of them."),
        "settle": ("partner.cli:settle", "Square accounts with the other partners."),
        "refund": ("partner.cli_refund:refund", "Give LiqBon back on an invoice."),
    },
)


def main() -> None:
    """The command's entry point."""
    cli.main()


if __name__ == "__main__":
    main()
