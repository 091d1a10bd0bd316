"""Errors that end a command in one line, without a traceback."""

from botocore.exceptions import BotoCoreError, ClientError

from wejourney.services.ports.inbox import InboxUnavailableError
from workbench.cli.terminal import REFUSED, USAGE, complaints
from workbench.simulator.simulator import EndlessLifeError


def print_failure(error: Exception) -> int | None:
    """Print an error of AWS or of a simulation; the exit status, None for any other error."""
    match error:
        case BotoCoreError() | ClientError() | InboxUnavailableError():
            complaints().print(f"AWS call failed: {error}", style="red")
            return USAGE
        case EndlessLifeError():
            complaints().print(str(error), style="red")
            return REFUSED
        case _:  # a mistake of ours: it keeps its traceback
            return None
