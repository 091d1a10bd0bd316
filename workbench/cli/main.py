"""The command line. A command's module is imported when the command is called."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module, metadata
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from workbench.cli.consoles import replace_missing_characters
from workbench.cli.help import SpokenCommand, help_of, print_help, set_help
from workbench.cli.spoken import note_language

_PANELS = {
    "journey commands": {
        "init": "init_command:init",
        "compile": "journey_commands:compile_",
        "check": "journey_commands:check",
        "simulate": "simulate_command:simulate",
        "graph": "graph_command:graph",
        "diff": "diff_command:diff",
        "estimate": "estimate_command:estimate_",
        "schema": "journey_commands:schema",
        "trade-bill": "trade_bill_command:trade_bill",
    },
    "follower commands": {
        "profile": "follower_commands:profile",
        "funnel": "follower_commands:funnel",
        "explain": "explain_command:explain_",
        "segments": "segment_command:segments",
        "set-profile": "inbox_commands:set_profile",
        "emit": "inbox_commands:emit",
        "identities": "identity_commands:identities",
        "import": "import_command:import_",
        "media": "media_command:media",
        "uploads": "upload_commands:uploads",
        "export": "person_commands:export",
        "erase": "person_commands:erase",
        "dead-letters": "dead_letter_commands:dead_letters",
        "doctor": "doctor_command:doctor",
    },
    "points commands": {
        "points statement": "loyalty.points_commands:statement",
        "points balance": "loyalty.points_commands:balance",
        "points adjust": "loyalty.points_commands:adjust",
        "points trial-balance": "loyalty.books_commands:trial_balance",
        "points liability": "loyalty.books_commands:liability",
        "points check": "loyalty.books_commands:check",
        "programme backfill": "loyalty.programme_commands:backfill",
        "programme simulate": "loyalty.programme_commands:simulate",
        "leaders": "loyalty.leader_commands:leaders",
    },
    "code commands": {
        "qr create": "qr_commands:create",
        "qr batch": "qr_commands:batch",
        "qr list": "qr_commands:list_",
        "qr show": "qr_commands:show",
        "qr report": "qr_commands:report",
    },
}
"""By panel and name, of one or two words: the module and its function.

`workbench.wording.help_phrases` says what each does.
"""

FUNCTIONS = {name: function for panel in _PANELS.values() for name, function in panel.items()}


class _Commands(TyperGroup):
    """All commands for `--help`; one is loaded to be run, or for its own `--help`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        note_language(args)
        self.epilog = help_of("exit statuses")
        set_help(self, "wejourney", _wejourney)
        self.commands = {
            name: TyperCommand(name, help=help_of(name), rich_help_panel=help_of(panel))
            for panel, commands in _PANELS.items()
            for name in commands
        }
        with _errors_in_words():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with _errors_in_words():
            return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - it is printed at once
        print_help(self, ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        if (two := " ".join(args[:2])) in FUNCTIONS:
            args = [two, *args[2:]]
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else load(name), rest


@contextmanager
def _errors_in_words() -> Iterator[None]:
    """Usage errors, and files that cannot be read or written, in one line in the language of the output."""
    try:
        yield
    except TyperException as error:
        import_module("workbench.cli.failures").fail_in_use(error)
    except OSError as error:
        if error.filename is None:  # no file, such as a pipe that is closed
            raise
        import_module("workbench.cli.failures").fail_at_file(error)


_Language = Annotated[Literal["en", "zh"] | None, typer.Option("--lang", expose_value=False)]
"""The option of all commands; `note_language` has read it before."""


def load(name: str) -> Any:
    """A command with its options."""
    module, _, attribute = FUNCTIONS[name].partition(":")
    function = getattr(import_module(f"workbench.cli.commands.{module}"), attribute)
    command = _command(function, name)
    command.params += _command(_spoken, name).params
    set_help(command, name, function)
    return command


def _command(function: Any, name: str) -> Any:
    alone = typer.Typer(add_completion=False)
    alone.command(name, cls=SpokenCommand)(function)
    return typer.main.get_command(alone)


def _spoken(lang: _Language = None) -> None:
    """Nothing: this function only has the option."""


app = typer.Typer(name="wejourney", pretty_exceptions_show_locals=False)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"wejourney {metadata.version('wejourney')}")
        raise typer.Exit


@app.callback(cls=_Commands, no_args_is_help=True)
def _wejourney(
    *,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
    lang: _Language = None,
) -> None:
    """Nothing: this function only has the options of the group."""


def main() -> None:
    """The entry point `wejourney`. An error that a person can act on is printed in one line."""
    replace_missing_characters()
    try:
        app()
    except Exception as error:
        # What it may be is known by modules that `--help` does not import.
        status = import_module("workbench.cli.failures").print_failure(error)
        if status is None:
            raise
        sys.exit(status)
