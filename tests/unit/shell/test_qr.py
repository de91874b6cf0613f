"""QR codes as a terminal shows them: the modules are those of the code, in a quiet zone."""

from __future__ import annotations

import re

import pytest
import segno

from shell.output import JSON, TEXT, Printer
from shell.qr import MAX_TEXT, QUIET, show_qr, terminal_qr

HALVES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


def modules(shown: str) -> list[list[int]]:
    """The dark modules that a camera sees, row by row."""
    rows: list[list[int]] = []
    for line in re.sub(r"\x1b\[[0-9;]*m", "", shown).split("\n"):
        pairs = [HALVES[character] for character in line]
        rows += [[upper for upper, _ in pairs], [lower for _, lower in pairs]]
    return rows


@pytest.mark.parametrize("text", ["LIQBON:TLQB1Q", "liqbon:invoice/" + "Ab-_" * 90])
def test_what_is_shown_is_the_code_in_its_quiet_zone(text: str) -> None:
    wanted = segno.make_qr(text, error="l", boost_error=False).matrix
    size, seen = len(wanted), modules(terminal_qr(text))
    inner = [row[QUIET : QUIET + size] for row in seen[QUIET : QUIET + size]]
    assert inner == [[int(module) for module in row] for row in wanted]
    assert sum(map(sum, seen)) == sum(map(sum, inner)), "the quiet zone is not quiet"
    assert len(seen[0]) == size + 2 * QUIET


def test_an_invoice_fits_a_terminal_of_eighty_columns() -> None:
    assert len(modules(terminal_qr("liqbon:invoice/" + "A" * 360))[0]) <= 80


def test_dark_is_dark_on_every_terminal() -> None:
    for line in terminal_qr("x").split("\n"):
        assert line.startswith("\x1b[38;5;16;48;5;231m")
        assert line.endswith("\x1b[0m")


def test_what_no_code_holds_is_refused() -> None:
    terminal_qr("a" * MAX_TEXT)
    with pytest.raises(ValueError, match="at most 2953 bytes"):
        terminal_qr("a" * (MAX_TEXT + 1))


@pytest.mark.parametrize(
    ("form", "wanted", "shown"),
    [(TEXT, None, False), (TEXT, True, True), (TEXT, False, False), (JSON, True, False)],
)
def test_it_is_shown_where_it_is_wanted_and_never_beside_json(
    form: str, wanted: bool | None, shown: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output is no terminal here, so that nobody who did not ask gets one."""
    show_qr(Printer(form), "liqbon:x", wanted)
    assert bool(capsys.readouterr().out) is shown


def test_what_is_too_long_is_left_out_with_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    show_qr(Printer(TEXT), "a" * (MAX_TEXT + 1), wanted=True)
    seen = capsys.readouterr()
    assert (seen.out, seen.err) == ("", "too long for a QR code\n")
