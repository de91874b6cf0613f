"""QR codes in a terminal. Knows modules and half blocks; not what the text means.

Two modules to a character, dark ones black on white whatever the terminal's colours are, inside the
quiet zone of four modules that ISO/IEC 18004 asks for: without it, readers find nothing.
"""

from __future__ import annotations

import sys
from itertools import zip_longest
from typing import Final

import click

from shell.output import Printer

QUIET: Final = 4
"""Light modules on each side."""
MAX_TEXT: Final = 2_953
"""Bytes that the largest code of the lowest correction level holds."""
_BLACK_ON_WHITE: Final = "\x1b[38;5;16;48;5;231m"
_RESET: Final = "\x1b[0m"
_BLOCKS: Final = {
    (False, False): " ",
    (True, False): "\N{UPPER HALF BLOCK}",
    (False, True): "\N{LOWER HALF BLOCK}",
    (True, True): "\N{FULL BLOCK}",
}


def terminal_qr(text: str) -> str:
    """Lines to print on a terminal, without a final line break; a text of 280 characters takes 65
    columns. ValueError beyond ``MAX_TEXT`` bytes."""
    import segno

    if len(text.encode()) > MAX_TEXT:
        raise ValueError(f"a QR code holds at most {MAX_TEXT} bytes")
    # The lowest level: a screen has no dirt, and the code stays narrow enough for 80 columns.
    code = segno.make_qr(text, error="l", boost_error=False)
    rows = [[bool(module) for module in row] for row in code.matrix_iter(border=QUIET)]
    lines = []
    for upper, lower in zip_longest(rows[::2], rows[1::2], fillvalue=[False] * len(rows[0])):
        line = "".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
        lines.append(f"{_BLACK_ON_WHITE}{line}{_RESET}")
    return "\n".join(lines)


def show_qr(printer: Printer, text: str, wanted: bool | None) -> None:
    """Print the code where a person can scan it: on a terminal, or wherever it is ``wanted``.

    Never beside a JSON document. What is too long for a code is left out.
    """
    if printer.is_json or wanted is False or (wanted is None and not sys.stdout.isatty()):
        return
    if len(text.encode()) > MAX_TEXT:
        printer.note("too long for a QR code")
        return
    click.echo(terminal_qr(text))
