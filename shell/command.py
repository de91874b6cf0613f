"""The plumbing of every command. Knows options, environment and exit statuses; no command.

    subcommands = {"new": ("wallet.new:new", "make a wallet")}
    cli = LazyGroup("liqbon-wallet", help_text="...", subcommands=subcommands)

    @click.command(epilog=examples("liqbon-wallet new"))
    @common_options("home", "output")
    def new(common: Common) -> None: ...

A subcommand's module is imported when it runs, so that ``--help`` and completion are quick. An
error leaves as one sentence, or one JSON document, and an exit status; a trace is printed only
where ``LIQBON_DEBUG=1`` asks for it.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click
import msgspec

from primitives.encoding import Malformed
from shell.errors import CommandError, Status, UsageError, error_document
from shell.output import JSON, TEXT, Printer, json_text, plain

DEBUG_VARIABLE: Final = "LIQBON_DEBUG"
MAX_NODES: Final = 32
MAX_TIMEOUT_S: Final = 86_400.0

F = TypeVar("F", bound=Callable[..., Any])


class Common(msgspec.Struct, frozen=True):
    """The common options that a command asked for; the others keep these defaults."""

    home: Path | None = None
    node: tuple[str, ...] = ()
    genesis: Path | None = None
    passphrase_file: str | None = None
    account: int = 0
    yes: bool = False
    timeout_s: float = 30.0
    printer: Printer = msgspec.field(default_factory=Printer)


def _checked_nodes(_: click.Context, __: click.Parameter, urls: tuple[str, ...]) -> tuple[str, ...]:
    if len(urls) > MAX_NODES:
        raise click.BadParameter(f"at most {MAX_NODES} nodes")
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise click.BadParameter(f"{plain(url)!r} is not an http:// or https:// address")
    return tuple(url.rstrip("/") for url in urls)


_PATH = click.Path(path_type=Path)

_OPTIONS: Final[dict[str, Callable[[F], F]]] = {
    "home": click.option(
        "--home",
        type=_PATH,
        envvar="LIQBON_HOME",
        metavar="DIR",
        help="Where keys and state are kept.  [env: LIQBON_HOME]",
    ),
    "node": click.option(
        "--node",
        multiple=True,
        envvar="LIQBON_NODE",
        metavar="URL",
        callback=_checked_nodes,
        help="A node to ask; give several to believe none.  [env: LIQBON_NODE, spaces between]",
    ),
    "genesis": click.option(
        "--genesis",
        type=_PATH,
        envvar="LIQBON_GENESIS",
        metavar="FILE",
        help="The network's genesis document.  [env: LIQBON_GENESIS]",
    ),
    "passphrase_file": click.option(
        "--passphrase-file",
        envvar="LIQBON_PASSPHRASE_FILE",
        metavar="FILE",
        help="First line is the passphrase; - is standard input.  [env: LIQBON_PASSPHRASE_FILE]",
    ),
    "account": click.option(
        "--account",
        type=click.IntRange(0, 2**31 - 1),
        default=0,
        envvar="LIQBON_ACCOUNT",
        metavar="N",
        help="Which account of the wallet, 0 is the first.  [env: LIQBON_ACCOUNT]",
    ),
    "yes": click.option(
        "--yes",
        is_flag=True,
        envvar="LIQBON_YES",
        help="Do not ask before acting.  [env: LIQBON_YES]",
    ),
    "timeout_s": click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(0, MAX_TIMEOUT_S, min_open=True),
        default=30.0,
        envvar="LIQBON_TIMEOUT",
        metavar="SECONDS",
        help="How long to wait before giving up; 30 unless told.  [env: LIQBON_TIMEOUT]",
    ),
    "output": click.option(
        "--output",
        type=click.Choice([TEXT, JSON]),
        default=TEXT,
        envvar="LIQBON_OUTPUT",
        help="Text for people, or one JSON document.  [env: LIQBON_OUTPUT]",
    ),
}


def common_options(*names: str) -> Callable[[F], F]:
    """Give a command these common options; it gets a ``Common`` as its first argument.

    ``names``: home, node, genesis, passphrase_file, account, yes, timeout_s. ``--output`` comes
    with all of them. To stand directly above the function, below its own options.
    """
    wanted = (*names, "output")

    def decorate(function: F) -> F:
        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            values = {name: kwargs.pop(name) for name in wanted}
            values["printer"] = Printer(values.pop("output"))
            return function(Common(**values), *args, **kwargs)

        command: Any = called
        for name in reversed(wanted):
            command = _OPTIONS[name](command)
        return command  # type: ignore[no-any-return]

    return decorate


def examples(*lines: str) -> str:
    """The epilog of a command: lines to type, kept as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


class LazyGroup(click.Group):
    """A command of subcommands that are imported when they are run.

    ``subcommands``: name -> ("package.module:attribute", one line of help).
    """

    def __init__(
        self,
        name: str,
        *,
        help_text: str,
        subcommands: dict[str, tuple[str, str]],
    ) -> None:
        super().__init__(
            name,
            help=help_text,
            no_args_is_help=True,
            context_settings={
                "help_option_names": ["-h", "--help"],
                "auto_envvar_prefix": name.upper().replace("-", "_"),
                "max_content_width": 100,
            },
        )
        self._lazy = subcommands

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order in which they were named."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the subcommand's module."""
        if cmd_name not in self._lazy:
            return None
        module, _, attribute = self._lazy[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of subcommands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._lazy.items()])

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run, and leave the process with an exit status of docs/reference/cli."""
        arguments = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        sys.exit(
            guarded(
                lambda: super(LazyGroup, self).main(arguments, prog_name or self.name, **extra),
                wants_json(arguments),
            )
        )


def guarded(call: Callable[[], Any], as_json: bool) -> int:
    """Run ``call``; tell what fails, and return the exit status."""
    try:
        outcome = call()
        sys.stdout.flush()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except BrokenPipeError:
        # Whoever read our output left; the interpreter must not fail again on its last flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Status.ERROR)
    except (KeyboardInterrupt, click.Abort):
        return _told(CommandError("interrupted", "interrupted"), as_json)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return int(Status.USAGE)
    except click.UsageError as error:
        return _told(_usage(error), as_json)
    except Exception as error:  # noqa: BLE001 - the edge: a person gets a sentence, never a trace
        if os.environ.get(DEBUG_VARIABLE) == "1":
            import traceback

            traceback.print_exc(file=sys.stderr)
        return _told(_as_command_error(error), as_json)
    return outcome if isinstance(outcome, int) else int(Status.OK)


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether JSON was asked for, read before the arguments are known to be sound."""
    chosen = os.environ.get("LIQBON_OUTPUT", TEXT)
    for place, argument in enumerate(arguments):
        if argument == "--output" and place + 1 < len(arguments):
            chosen = arguments[place + 1]
        elif argument.startswith("--output="):
            chosen = argument.partition("=")[2]
    return chosen == JSON


def _usage(error: click.UsageError) -> CommandError:
    hint = f"Try '{error.ctx.command_path} --help'." if error.ctx else ""
    return UsageError("usage", error.format_message(), hint)


def _as_command_error(error: Exception) -> CommandError:
    match error:
        case CommandError():
            return error
        case Malformed():
            return CommandError(error.code, str(error))
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            return CommandError("file_error", f"{place}{error.strerror or type(error).__name__}")
        case _:
            hint = f"This is a bug; {DEBUG_VARIABLE}=1 shows where."
            return CommandError("unexpected", f"unexpected {type(error).__name__}", hint)


def _told(error: CommandError, as_json: bool) -> int:
    if as_json:
        click.echo(json_text(error_document(error)), nl=False)
    else:
        click.echo(f"error: {plain_lines(error.message)} [{error.code}]", err=True)
        if error.hint:
            click.echo(f"  {plain_lines(error.hint)}", err=True)
    return int(error.status)


def plain_lines(text: str) -> str:
    """``text`` without control characters, its line breaks kept."""
    return "\n".join(plain(line) for line in text.split("\n"))
