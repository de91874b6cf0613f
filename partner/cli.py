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
        "terms": ("partner.cli_terms:terms", "Show what terms there were and will be."),
        "set-terms": ("partner.cli_terms:set_terms", "Publish the next terms."),
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

keys: Final = LazyGroup(
    "liqbon-partner-keys",
    help_text="Give the partner's roles, and its validator, to other keys.",
    subcommands={
        "take": ("partner.cli_member:take", "Sign, with a new key, that it takes a role."),
        "give": ("partner.cli_member:give", "Give a role to the key that signed."),
        "seat": ("partner.cli_member:seat", "Validate with another consensus key."),
    },
)
keys.epilog = examples("liqbon-partner keys take --help", "liqbon-partner keys give --help")

propose: Final = LazyGroup(
    "liqbon-partner-propose",
    help_text="Put something to the vote: one partner, one vote; whom it is about has none.",
    subcommands={
        "admit": ("partner.cli_propose:admit", "Admit who applied to become a partner."),
        "remove": ("partner.cli_propose:remove", "Have a partner leave."),
        "replace-admin": ("partner.cli_propose:replace_admin", "Give a partner another admin."),
        "limits": ("partner.cli_propose:limits", "Set what a partner may owe and be owed."),
        "custodian": ("partner.cli_propose:custodian", "Admit or change a custodian."),
        "assign-custodian": (
            "partner.cli_propose:assign_custodian",
            "Have another custodian hold a reserve.",
        ),
        "judge": ("partner.cli_propose:judge", "Have another custodian judge payments."),
        "decide": ("partner.cli_propose:decide", "Decide a disputed payment."),
        "share-obligation": (
            "partner.cli_propose:share_obligation",
            "Bear together what was not paid.",
        ),
        "share-position": (
            "partner.cli_propose:share_position",
            "Bear together what is still owed.",
        ),
        "protocol": ("partner.cli_propose:protocol", "Go over to another protocol version."),
        "declare": ("partner.cli_propose:declare", "Say something together."),
    },
)
propose.epilog = examples("liqbon-partner propose limits --help")

proposals: Final = LazyGroup(
    "liqbon-partner-proposals",
    help_text="What was put to the vote, and how everybody voted.",
    subcommands={
        "list": ("partner.cli_vote:list_", "List proposals, newest first."),
        "show": ("partner.cli_vote:show", "Show one with everybody's vote."),
    },
)
proposals.epilog = examples("liqbon-partner proposals list --open")

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
        "members": ("partner.cli_member:members", "List the partners, and who validates."),
        "apply": ("partner.cli_member:apply", "Ask to become a partner."),
        "keys": ("partner.cli:keys", "Give roles and seat to other keys."),
        "leave": ("partner.cli_member:leave", "Leave the network."),
        "propose": ("partner.cli:propose", "Put something to the vote."),
        "proposals": ("partner.cli:proposals", "What was put to the vote."),
        "vote": ("partner.cli_vote:vote", "Vote on a proposal."),
    },
)


def main() -> None:
    """The command's entry point."""
    cli.main()


if __name__ == "__main__":
    main()
