"""The command line, put together from its groups of commands."""

import typer

from wejourney.cli import dead_letter_commands, follower_commands, journey_commands

app = typer.Typer(
    name="wejourney",
    help="Follower journeys on WeChat: write them, look at them, run them.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
journey_commands.register(app)
follower_commands.register(app)
dead_letter_commands.register(app)


def main() -> None:
    """The entry point `wejourney`."""
    app()
