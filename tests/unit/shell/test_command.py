"""How every command behaves: one document, one sentence, one exit status, never a trace."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner

from primitives.encoding import Malformed
from shell import ask
from shell.command import Common, LazyGroup, common_options, examples
from shell.errors import CommandError, KeyFault, Status
from shell.output import Printer, plain
from tests.architecture.source import ROOT

MODULE = "tests_commands_that_behave"
RAISED: list[BaseException] = []


@click.command(epilog=examples("liqbon-try run --account 3"))
@common_options("home", "node", "genesis", "passphrase_file", "account", "yes", "timeout_s")
def run(common: Common) -> None:
    """Show what was understood, or raise what the test put there."""
    if RAISED:
        raise RAISED.pop()
    shown = {
        "home": str(common.home),
        "node": list(common.node),
        "account": common.account,
        "yes": common.yes,
        "timeout": common.timeout_s,
    }
    common.printer.table(["name", "LiqBon>"], [["a\x1b[31mb", "1.5"], ["x" * 200, "12"]])
    common.printer.note("a diagnostic")
    common.printer.document(shown)


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> LazyGroup:
    module: Any = ModuleType(MODULE)
    module.run = run
    monkeypatch.setitem(sys.modules, MODULE, module)
    RAISED.clear()
    return LazyGroup(
        "liqbon-try", help_text="Tries.", subcommands={"run": (f"{MODULE}:run", "Run it.")}
    )


def test_json_is_one_document_and_diagnostics_go_to_standard_error(group: LazyGroup) -> None:
    result = CliRunner().invoke(group, ["run", "--output", "json", "--account", "3"])
    assert json.loads(result.stdout)["account"] == 3
    assert result.stderr == "a diagnostic\n"


def test_text_off_a_terminal_is_neither_wrapped_nor_coloured(group: LazyGroup) -> None:
    result = CliRunner().invoke(group, ["run"])
    assert "x" * 200 in result.stdout
    assert "\x1b" not in result.stdout
    assert "a\\x1b[31mb" in result.stdout


def test_every_common_option_has_its_variable(group: LazyGroup) -> None:
    env = {
        "LIQBON_HOME": "/h",
        "LIQBON_NODE": "http://a http://b/",
        "LIQBON_ACCOUNT": "7",
        "LIQBON_YES": "1",
        "LIQBON_TIMEOUT": "2.5",
        "LIQBON_OUTPUT": "json",
    }
    document = json.loads(CliRunner().invoke(group, ["run"], env=env).stdout)
    assert document == {
        "home": "/h",
        "node": ["http://a", "http://b"],
        "account": 7,
        "yes": True,
        "timeout": 2.5,
    }


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (CommandError("some_code", "m"), 1, "some_code"),
        (CommandError("gone", "m", status=Status.NOT_FOUND), 3, "gone"),
        (KeyFault("passphrase_wrong", "m"), 8, "passphrase_wrong"),
        (Malformed("oversized", "m"), 1, "oversized"),
        (FileNotFoundError(2, "No such file", "/x"), 1, "file_error"),
        (ValueError("a secret"), 1, "unexpected"),
        (KeyboardInterrupt(), 1, "interrupted"),
        (click.Abort(), 1, "interrupted"),
        (RecursionError(), 1, "unexpected"),
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_is_a_code_and_a_status_and_never_a_trace(
    group: LazyGroup, error: BaseException, status: int, code: str, form: str
) -> None:
    RAISED.append(error)
    result = CliRunner().invoke(group, ["run", "--output", form])
    assert result.exit_code == status
    assert "Traceback" not in result.output
    assert "a secret" not in result.output
    if form == "json":
        assert json.loads(result.stdout)["error"]["code"] == code
        assert json.loads(result.stdout)["error"]["status"] == status
    else:
        assert result.stdout == ""
        assert f"[{code}]" in result.stderr


def test_a_trace_is_shown_to_who_asks_for_it(group: LazyGroup) -> None:
    RAISED.append(ValueError("a detail"))
    result = CliRunner().invoke(group, ["run"], env={"LIQBON_DEBUG": "1"})
    assert "ValueError: a detail" in result.stderr
    assert result.exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--nonsense"],
        ["run", "--account", "x"],
        ["run", "--account", "-1"],
        ["run", "--account", str(2**31)],
        ["run", "--timeout", "0"],
        ["run", "--timeout", "-1"],
        ["run", "--node", "ftp://x"],
        ["run", "--output", "xml"],
        ["run", "extra"],
        ["nothing"],
        [],
    ],
)
def test_what_was_not_asked_for_rightly_is_status_2(group: LazyGroup, arguments: list[str]) -> None:
    result = CliRunner().invoke(group, arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_usage_error_is_a_document_too(group: LazyGroup) -> None:
    result = CliRunner().invoke(group, ["run", "--output=json", "--account", "x"])
    assert json.loads(result.stdout)["error"]["code"] == "usage"


def test_help_shows_examples_and_imports_no_subcommand() -> None:
    group = LazyGroup("liqbon-x", help_text="X.", subcommands={"a": ("no.such:thing", "Does a.")})
    result = CliRunner().invoke(group, ["--help"])
    assert result.exit_code == 0
    assert "Does a." in result.stdout


def test_examples_are_kept_as_they_are(group: LazyGroup) -> None:
    result = CliRunner().invoke(group, ["run", "--help"])
    assert "  liqbon-try run --account 3" in result.stdout


@pytest.mark.parametrize("command", ["wallet.cli", "partner.cli"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete(command: str, shell: str) -> None:
    name = f"liqbon-{command.partition('.')[0]}"
    variable = f"_{name.upper().replace('-', '_')}_COMPLETE"
    outcome = subprocess.run(
        [sys.executable, "-m", command],
        env={variable: f"{shell}_source", "PATH": "/usr/bin:/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert name in outcome.stdout


@pytest.mark.parametrize("command", ["wallet.cli", "partner.cli"])
def test_starting_a_command_loads_nothing_heavy(command: str) -> None:
    program = (
        f"import sys\nfrom {command} import cli\n"
        "slow = {'aiohttp', 'rich', 'sqlite3', 'cryptography', 'asyncio'} & set(sys.modules)\n"
        "print(*sorted(slow))\n"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert (outcome.returncode, outcome.stdout) == (0, "\n"), outcome.stderr


def test_output_that_nobody_reads_is_no_crash() -> None:
    program = "from wallet.cli import cli\ncli.main(['--help'])\n"
    outcome = subprocess.run(
        ["/bin/bash", "-c", f"'{sys.executable}' -c \"{program}\" | true"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "Traceback" not in outcome.stderr
    assert "Exception ignored" not in outcome.stderr


class TestPassphrase:
    def test_it_is_the_first_line_of_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "p"
        file.write_bytes("pass wörd \r\nsecond".encode())
        assert ask.passphrase(str(file)) == "pass wörd ".encode()

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "passphrase_missing"),
            (b"\n", "passphrase_missing"),
            (b"\xff\n", "passphrase_malformed"),
            (b"x" * 1025, "passphrase_malformed"),
        ],
    )
    def test_what_is_none_is_status_8(self, tmp_path: Path, data: bytes, code: str) -> None:
        file = tmp_path / "p"
        file.write_bytes(data)
        with pytest.raises(KeyFault) as caught:
            ask.passphrase(str(file))
        assert (caught.value.code, caught.value.status) == (code, 8)

    def test_a_file_that_is_not_there_is_status_8(self) -> None:
        with pytest.raises(KeyFault) as caught:
            ask.passphrase("/nowhere/at/all")
        assert caught.value.code == "passphrase_file"

    def test_without_a_terminal_nobody_is_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: SIM115
        with pytest.raises(KeyFault) as caught:
            ask.passphrase(None)
        assert caught.value.code == "passphrase_missing"


def test_control_characters_are_shown_as_what_they_are() -> None:
    assert plain("a\x1b[2Jb\u202ec\r") == "a\\x1b[2Jb\\u202ec\\r"
    assert plain("Пункты — точки") == "Пункты — точки"


def test_a_printer_of_text_prints_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    Printer("text").document({"a": 1})
    Printer("json").line("text")
    assert capsys.readouterr().out == ""
