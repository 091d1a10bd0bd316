"""The command line, put together from its commands."""

import sys
from collections.abc import Callable, Iterable, Mapping

import typer
from botocore.exceptions import BotoCoreError, ClientError

from wejourney.services.ports.inbox import InboxUnavailableError
from workbench.cli.dead_letter_commands import dead_letters
from workbench.cli.diff_command import diff
from workbench.cli.estimate_command import estimate_
from workbench.cli.explain_command import explain_
from workbench.cli.follower_commands import funnel, profile
from workbench.cli.inbox_commands import emit, set_profile
from workbench.cli.init_command import init
from workbench.cli.journey_commands import check, compile_, graph, schema
from workbench.cli.simulate_command import simulate
from workbench.cli.terminal import REFUSED, USAGE, complaints
from workbench.simulator.simulator import EndlessLifeError

_JOURNEYS = (init, compile_, check, simulate, graph, diff, estimate_, schema)
_FOLLOWERS = (profile, funnel, explain_, set_profile, emit, dead_letters)
_PANELS: Mapping[str, Iterable[Callable[..., None]]] = {
    "Journeys (these commands neither deploy anything nor message followers)": _JOURNEYS,
    "Followers and runs (of the sandbox or of a deployed stack)": _FOLLOWERS,
}

app = typer.Typer(
    name="wejourney",
    help="Write, test and operate WeChat follower journeys.",
    epilog="Commands exit 0 on success, 1 if something is rejected or not found, 2 on a usage error.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
for panel, commands in _PANELS.items():
    for command in commands:
        # A name that Python or a module has already taken ends in `_`.
        name = command.__name__.rstrip("_").replace("_", "-")
        app.command(name, rich_help_panel=panel)(command)


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
