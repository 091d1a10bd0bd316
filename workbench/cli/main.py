"""The command line, put together from its groups of commands."""

import sys

import typer
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from wejourney.services.callback_ports import InboxUnavailableError
from workbench.cli import (
    dead_letter_commands,
    diff_command,
    estimate_command,
    explain_command,
    follower_commands,
    graph_command,
    journey_commands,
    schema_command,
    simulate_command,
)
from workbench.cli import inbox_commands as telling_commands
from workbench.cli import init_command as new_command
from workbench.cli.terminal import REFUSED, USAGE, complaints
from workbench.simulator.simulator import EndlessLifeError

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
    """The entry point `wejourney`. What AWS refuses while a command runs is one clear line."""
    try:
        app()
    except (BotoCoreError, ClientError, InboxUnavailableError, PynamoDBException) as error:
        complaints().print(f"AWS did not do as asked: {error}", style="red")
        sys.exit(USAGE)
    except EndlessLifeError as error:
        complaints().print(str(error), style="red")
        sys.exit(REFUSED)
