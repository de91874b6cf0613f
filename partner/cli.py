"""liqbon-partner. Knows the names of its subcommands; each is imported when it runs."""

from __future__ import annotations

from typing import Final

from shell.command import LazyGroup

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
    },
)


def main() -> None:
    """The command's entry point."""
    cli.main()


if __name__ == "__main__":
    main()
