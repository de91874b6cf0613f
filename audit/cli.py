"""liqbon-audit. Knows the names of its subcommands; each is imported when it runs."""

from __future__ import annotations

from typing import Final

from shell.command import LazyGroup

cli: Final = LazyGroup(
    "liqbon-audit",
    help_text="Check everything that the validators say, from genesis on, and believe none.",
    subcommands={
        "verify": ("audit.verify:verify", "Replay the chain of one untrusted node and judge it."),
        "reserves": ("audit.reserves:reserves", "Supply, positions, reserves and limits."),
        "settlement": ("audit.settlement:settlement", "Who pays whom after a settlement cycle."),
        "votes": (
            "audit.votes:votes",
            "What partners put to the vote, who voted how, what came of it.",
        ),
        "export": ("audit.export:export", "The verified chain as Parquet, CSV or SQLite."),
    },
)


def main() -> None:
    """The command's entry point."""
    cli.main()


if __name__ == "__main__":
    main()
