"""What can go wrong when nodes are asked. Knows whose fault it is; prints nothing.

A *fault* is one node's: it was silent or busy, it refused, or it lied; another node is asked. The
*errors* are the command's outcome after every node was tried.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shell.errors import CommandError, Status


class Fault(Exception):
    """One node did not do what was asked. ``code`` is stable, ``detail`` is for people."""

    def __init__(self, url: str, code: str, detail: str = "") -> None:
        super().__init__(f"{url}: {code}: {detail}")
        self.url = url
        self.code = code
        self.detail = detail


class Silent(Fault):
    """No answer: unreachable, too slow, or too busy (429, 503). Codes ``unreachable``,
    ``timeout``, ``busy``, ``server_error``."""


class Refusal(Fault):
    """The node says no, with a code of its own: its word, not a proof. ``http`` is the status."""

    def __init__(self, url: str, code: str, detail: str, http: int) -> None:
        super().__init__(url, code, detail)
        self.http = http


class Lie(Fault):
    """An answer that is provably not what was asked for.

    Codes: ``answer_malformed``, ``answer_oversized``, ``answer_cut_off``, ``proof_missing``,
    ``proof_malformed``, ``proof_invalid``, ``proof_of_another_key``, ``proof_of_another_receipt``,
    ``contradicts_proof``, ``stale``, ``certificate_chain``, ``certificate_epoch``,
    ``certificate_quorum``, ``certificate_signature``, ``certificate_form``.
    """


class Blame(msgspec.Struct, frozen=True):
    """A fault as it is told: which node, what, why, and whether it was a lie."""

    node: str
    code: str
    detail: str
    lie: bool


def blame_of(fault: Fault) -> Blame:
    """What is remembered of a fault."""
    return Blame(fault.url, fault.code, fault.detail, isinstance(fault, Lie))


class Unavailable(CommandError):
    """No node could be asked."""

    status = Status.UNAVAILABLE


class NotProven(CommandError):
    """Nodes answered, and none could prove its answer."""

    status = Status.PROOF


class RefusedByLedger(CommandError):
    """The ledger refused a transaction for good, or every node refuses it at the door."""

    status = Status.REFUSED


class OutcomeUnknown(CommandError):
    """The time was up before the outcome was proven. The same bytes may be sent again."""

    status = Status.UNKNOWN


def none_answered(blames: Sequence[Blame], what: str) -> CommandError:
    """Why nobody gave ``what``: ``NotProven`` if someone lied, else ``Unavailable``."""
    told = "\n".join(f"{b.node}: {b.code}{': ' + b.detail if b.detail else ''}" for b in blames)
    if any(blame.lie for blame in blames):
        hint = "Give more nodes with --node, of partners that do not work together."
        return NotProven("not_proven", f"no node proves {what}\n{told}", hint)
    hint = "Is the network up? Give other nodes with --node."
    return Unavailable("node_unavailable", f"no node gives {what}\n{told}", hint)
