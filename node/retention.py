"""How much of the past a node keeps. Knows spans of block time and why none is too short.

The state is always kept whole, and so is what leads a light client from epoch to epoch. What may go
is the history: blocks, batches, receipts, certificates (``node.pruning``).
"""

from __future__ import annotations

import re
from typing import Final

from primitives.genesis import Parameters

EVERYTHING: Final = "everything"
SPAN: Final = rf"\A({EVERYTHING}|[1-9][0-9]{{0,5}}[dhms])\Z"
"""What the setting may say."""
_UNITS_MS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}


def span_ms(text: str) -> int | None:
    """Milliseconds of block time that are kept; None: everything. ``text`` fits ``SPAN``."""
    assert re.match(SPAN, text) is not None, text
    return None if text == EVERYTHING else int(text[:-1]) * _UNITS_MS[text[-1]]


def least_ms(parameters: Parameters) -> int:
    """The shortest history that a node of this network may keep, in milliseconds of block time.

    What a redemption is paid with is argued about at the latest when its cycle is over, and then
    the term to pay, the time to confirm and the dispute. Both sides must still find the receipts
    behind it, and so must buyer, seller and arbiter of an order.
    """
    settled = (
        parameters.settlement_cycle_ms
        + parameters.payment_term_ms
        + parameters.confirmation_ms
        + parameters.dispute_ms
    )
    return max(settled, 2 * parameters.order_dispute_ms)


def text_of(milliseconds: int) -> str:
    """The shortest span that the setting can say and that is no shorter."""
    for unit, size in _UNITS_MS.items():
        if milliseconds >= size and not milliseconds % size:
            return f"{milliseconds // size}{unit}"
    return f"{-(-milliseconds // 1_000)}s"
