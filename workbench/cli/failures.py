"""Errors that end a command in one line, without a traceback."""

from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from typer.exceptions import TyperException

from wejourney.errors import LedgerBusyError, StaleBooksError, StaleFollowerError
from wejourney.services.ports.inbox import InboxUnavailableError
from workbench.cli.consoles import complaints
from workbench.cli.terminal import REJECTED, USAGE, fail, said
from workbench.project import os_error
from workbench.simulator.simulator import MOST_EVENTS, EndlessLifeError
from workbench.wording.phrases import phrase


def print_failure(error: Exception) -> int | None:
    """Print an error of AWS, of a conflict or of a simulation; the exit status, None for any other error."""
    match error:
        case BotoCoreError() | ClientError() | InboxUnavailableError():
            complaints().print(said(phrase("AWS call failed", why=str(error))), style="red")
            return USAGE
        case StaleFollowerError() | StaleBooksError() | LedgerBusyError():
            complaints().print(said(phrase("write conflict")), style="red")
            return USAGE
        case EndlessLifeError():
            day = f"{error.at:%Y-%m-%d}"
            endless = phrase("endless life", day=day, n=MOST_EVENTS, journey=error.journey or "-")
            complaints().print(said(endless), style="red")
            return REJECTED
        case _:  # a mistake of ours: it keeps its traceback
            return None


def fail_at_file(error: OSError) -> NoReturn:
    """Print an error of a file that a command reads or writes."""
    fail(os_error(error))


def fail_in_use(error: TyperException) -> NoReturn:
    """Print a usage error of typer's in one line: Chinese quotes what typer says in English."""
    command = getattr(getattr(error, "ctx", None), "command_path", "wejourney")
    option, param = getattr(error, "option_name", None), getattr(error, "param", None)
    name = option or ("" if param is None else (param.opts or [param.name])[0])
    why = str(getattr(error, "message", "")).removesuffix(".")
    match type(error).__name__:
        case "NoArgsIsHelpError":
            raise error
        case "MissingParameter":
            problem = phrase("missing parameter", name=name)
        case "NoSuchOption":
            similar = getattr(error, "possibilities", None)
            problem = (
                phrase("similar option", name=name, similar=similar[0])
                if similar
                else phrase("no such option", name=name)
            )
        case "BlankParameterError":
            problem = phrase("blank parameter", name=name)
        case "BadParameter":
            problem = phrase("invalid parameter", name=name, why=why)
        case _:  # an unknown command, or an option without its value
            problem = phrase("invalid call", why=why)
    fail(phrase("see help", problem=problem, command=command))
