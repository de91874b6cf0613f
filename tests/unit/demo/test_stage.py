"""What the demonstration prints is the same text everywhere; it finds ports, and tells failures."""

import io
import socket

import pytest

from demo import __main__ as command
from demo import commands
from demo.commands import Unexpected, run
from demo.network import free_base
from demo.stage import WIDTH, Stage
from demo.world import Retailer, decimal_text, liqbon


def told(coloured: bool) -> str:
    out = io.StringIO()
    stage = Stage(out, coloured)
    with stage.scene("A title"):
        stage.say("word " * 60)
        stage.table(["name", "LiqBon>"], [["Alice", "1,012.5"], ["B", "2"]])
        stage.proven("proof " * 40)
        stage.command("liqbon-wallet balance")
    return out.getvalue()


def test_without_a_terminal_there_is_no_colour() -> None:
    assert "\x1b" not in told(coloured=False)
    assert "\x1b" in told(coloured=True)


def test_lines_fit() -> None:
    lines = told(coloured=False).splitlines()
    assert lines[1] == "1. A title"
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1].startswith("   [0.")


def test_numbers_stand_under_each_other() -> None:
    lines = told(coloured=False).splitlines()
    rows = [line for line in lines if line.startswith(("   name", "   Alice", "   B"))]
    assert rows == ["   name    LiqBon", "   Alice  1,012.5", "   B            2"]


def test_a_path_with_hyphens_stays_whole() -> None:
    out = io.StringIO()
    path = "docs/" + "-".join(["word"] * 12)
    Stage(out, coloured=False).say(f"{'before ' * 8} {path}")
    assert out.getvalue().splitlines()[1].strip() == path


@pytest.mark.parametrize(
    ("units", "text"), [(0, "0"), (1, "0.000001"), (12_500_000, "12.5"), (10**12, "1,000,000")]
)
def test_amounts_are_read_as_people_write_them(units: int, text: str) -> None:
    assert liqbon(units) == text


def test_points_are_worth_no_more_than_the_ledger_gives() -> None:
    retailer = Retailer("c", "N", "p", "P", "point", 1_000_000, 3)
    assert decimal_text(retailer.worth(2)) == "0.666666"


def test_ports_in_use_are_passed_over() -> None:
    first = free_base()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a demonstration just ended
        taken.bind(("127.0.0.1", first + 31))
        taken.listen()
        assert free_base(first=first) > first


def test_another_exit_status_than_expected_is_told() -> None:
    with pytest.raises(Unexpected, match=r"exit status 2 of: liqbon-wallet nonsense"):
        run("liqbon-wallet", "nonsense")
    answer = run("liqbon-wallet", "nonsense", expect=(2,))
    assert answer.document["error"]["status"] == 2


def test_a_command_that_is_missing_is_named() -> None:
    with pytest.raises(Unexpected, match="liqbon-nothing is not installed"):
        run("liqbon-nothing")


def test_settings_of_the_person_do_not_reach_the_story(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIQBON_NODE", "http://elsewhere")
    monkeypatch.setenv("LIQBON_WALLET_SEND_MEMO", "00")
    monkeypatch.setenv("HOME_OF_MINE", "kept")
    seen = commands.environment()
    assert "HOME_OF_MINE" in seen
    assert [name for name in seen if name.startswith("LIQBON")] == []


def test_what_goes_wrong_is_told_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise Unexpected("the books do not balance")

    monkeypatch.setattr(command, "tell", broken)
    monkeypatch.setattr("sys.argv", ["demo", "--once"])
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    assert command.main() == 1
    assert "the books do not balance" in capsys.readouterr().err
