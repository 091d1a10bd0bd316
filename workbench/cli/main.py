"""The command line. A command's module is imported when the command is called."""

import sys
from importlib import import_module, metadata
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from workbench.cli.encodings import replace_missing_characters
from workbench.cli.spoken import LANGUAGE_VARIABLE, language, note_language

_PANELS = {
    "Journeys (these commands neither deploy anything nor message followers)": {
        "init": (
            "init_command:init",
            (
                "Copy a journey of the gallery and its two personas into infra/; "
                "without --from, list the gallery."
            ),
        ),
        "compile": (
            "journey_commands:compile_",
            "Compile all journeys to state machines, the catalogue and their part of template.yaml.",
        ),
        "check": (
            "journey_commands:check",
            "Validate journey files and prove that WeChat allows every message they send.",
        ),
        "simulate": (
            "simulate_command:simulate",
            "Simulate a journey on a virtual clock and show who gets which message when.",
        ),
        "graph": (
            "graph_command:graph",
            "Draw a journey as SVG or PNG: its messages, questions, answers, waits, branches and ends.",
        ),
        "diff": (
            "diff_command:diff",
            "Compare two versions of a journey: steps, simulated transcripts of personas, proof.",
        ),
        "estimate": (
            "estimate_command:estimate_",
            (
                "Estimate a journey's AWS cost, its runs per day within WeChat's limit, "
                "and the effect of a burst."
            ),
        ),
        "schema": (
            "journey_commands:schema",
            "Print the JSON Schema of journey files, which is also in docs/journey.schema.json.",
        ),
    },
    "Followers and runs (of the sandbox or of a deployed stack)": {
        "profile": (
            "follower_commands:profile",
            "Show a follower's profile, timeline, runs and points, and why each message was sent or not.",
        ),
        "funnel": (
            "follower_commands:funnel",
            "Count how far the runs of a journey came: messages, answers, ends, and who is held out.",
        ),
        "explain": (
            "explain_command:explain_",
            "Explain why a follower did or did not enter a journey, get a message, take a branch.",
        ),
        "set-profile": (
            "inbox_commands:set_profile",
            "Set profile fields of a follower; goals, exits and date waits of their runs react.",
        ),
        "emit": (
            "inbox_commands:emit",
            "Emit an event of another system, such as a payment; goals, exits and waits react.",
        ),
        "dead-letters": (
            "dead_letter_commands:dead_letters",
            "List dead letters with their reasons; fix the cause, then redrive them.",
        ),
    },
}
"""By panel and name: the module and its function, and the first line of the function's docstring."""

FUNCTIONS = {name: function for panel in _PANELS.values() for name, (function, _) in panel.items()}


class _Commands(TyperGroup):
    """All commands for `--help`; one is loaded to be run, or for its own `--help`."""

    def __init__(self, **attributes: Any) -> None:
        attributes["commands"] = {
            name: TyperCommand(name, help=summary, rich_help_panel=panel)
            for panel, commands in _PANELS.items()
            for name, (_, summary) in commands.items()
        }
        super().__init__(**attributes)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        note_language(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except TyperException as error:
            if language() == "en":
                raise
            import_module("workbench.cli.failures").fail_in_use(error)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else load(name), rest


def load(name: str) -> Any:
    """A command with its options."""
    module, _, function = FUNCTIONS[name].partition(":")
    command = _command(getattr(import_module(f"workbench.cli.{module}"), function), name)
    command.params += _command(_spoken, name).params
    return command


def _command(function: Any, name: str) -> Any:
    alone = typer.Typer(add_completion=False)
    alone.command(name)(function)
    return typer.main.get_command(alone)


def _spoken(
    lang: Annotated[
        Literal["en", "zh"] | None,
        typer.Option(
            "--lang",
            expose_value=False,
            help=f"The language of the output; default: {LANGUAGE_VARIABLE}, else the locale's.",
        ),
    ] = None,
) -> None:
    """The option of all commands; `note_language` has read it before."""


app = typer.Typer(name="wejourney", pretty_exceptions_show_locals=False)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"wejourney {metadata.version('wejourney')}")
        raise typer.Exit


@app.callback(
    cls=_Commands,
    no_args_is_help=True,
    epilog="Commands exit 0 on success, 1 if something is rejected or not found, 2 on a usage error.",
)
def _wejourney(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Write, test and operate WeChat follower journeys."""


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
