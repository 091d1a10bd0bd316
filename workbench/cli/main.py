"""The command line, put together from its groups of commands."""

import sys

import typer
from botocore.exceptions import BotoCoreError, ClientError

from wejourney.services.ports.inbox import InboxUnavailableError
from workbench.cli import (
    dead_letter_commands,
    diff_command,
    estimate_command,
    explain_command,
    follower_commands,
    graph_command,
    inbox_commands,
    init_command,
    journey_commands,
    schema_command,
    simulate_command,
)
from workbench.cli.terminal import REFUSED, USAGE, complaints
from workbench.simulator.simulator import EndlessLifeError

_PANELS = {
    "Journeys (these commands neither deploy anything nor message followers)": (
        init_command,
        journey_commands,
        simulate_command,
        graph_command,
        diff_command,
        estimate_command,
        schema_command,
    ),
    "Followers and runs (of the sandbox or of a deployed stack)": (
        follower_commands,
        explain_command,
        inbox_commands,
        dead_letter_commands,
    ),
}

app = typer.Typer(
    name="wejourney",
    help="Write, test and operate WeChat follower journeys.",
    epilog="Commands exit 0 on success, 1 if something is rejected or not found, 2 on a usage error.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
for panel, groups in _PANELS.items():
    registered = len(app.registered_commands)
    for group in groups:
        group.register(app)
    for command in app.registered_commands[registered:]:
        command.rich_help_panel = panel


def main() -> None:
    """The entry point `wejourney`. An error of AWS is printed in one line, without a traceback."""
    try:
        app()
    except (BotoCoreError, ClientError, InboxUnavailableError) as error:
        complaints().print(f"AWS call failed: {error}", style="red")
        sys.exit(USAGE)
    except EndlessLifeError as error:
        complaints().print(str(error), style="red")
        sys.exit(REFUSED)
