"""The command line, put together from its groups of commands."""

import typer

from wejourney.cli import (
    dead_letter_commands,
    diff_command,
    estimate_command,
    explain_command,
    follower_commands,
    graph_command,
    journey_commands,
    new_command,
    schema_command,
    simulate_command,
    telling_commands,
)

app = typer.Typer(
    name="wejourney",
    help="Follower journeys on WeChat: write them, look at them, run them.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
for commands in (
    new_command,
    journey_commands,
    simulate_command,
    graph_command,
    diff_command,
    estimate_command,
    schema_command,
    follower_commands,
    telling_commands,
    explain_command,
    dead_letter_commands,
):
    commands.register(app)


def main() -> None:
    """The entry point `wejourney`."""
    app()
