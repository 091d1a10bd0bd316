"""What a failure may tell in a log, an execution or a dead letter, and whether it passes by itself."""

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from types import TracebackType
from typing import Any

from wejourney.errors import MalformedEventError, NewerDataError, TooManyWritesError, WejourneyError

_LASTING = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MalformedEventError,
    RecursionError,
    TooManyWritesError,
    TypeError,
    ValueError,
)
"""What a second attempt on the same data meets again: wrong data, or a fault of ours."""

_LASTING_CODES = frozenset({"ValidationException", "ValidationError", "SerializationException"})
"""AWS's words for a request that it will never take; the second is that of one write in a transaction."""

_OURS = ("wejourney", "functions", "/var/task")
"""Where code of ours lies, here and on Lambda."""


class AwsCallError(Exception):
    """A call by `SignedClient` failed; `code` is AWS's own name of it, or the type of an exception.

    Of a transaction `reasons` says what became of each write, as botocore's error does.
    """

    def __init__(self, operation: str, code: str, reasons: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(f"{operation}: {code}")
        self.operation_name = operation
        self.response = {"Error": {"Code": code}, "CancellationReasons": reasons}


def aws_errors() -> tuple[type[Exception], ...]:
    """What clients raise. `except` asks when something was raised: botocore's, only if botocore is loaded.

    Functions do without it; the command line's clients are botocore's.
    """
    botocore = sys.modules.get("botocore.exceptions")
    return (AwsCallError, *((botocore.BotoCoreError, botocore.ClientError) if botocore else ()))


def code_of(error: BaseException) -> str | None:
    """AWS's own name of an error; None of an error that is not in AWS's answer."""
    response = getattr(error, "response", None)
    return str(response["Error"]["Code"]) if isinstance(response, dict) and "Error" in response else None


def cause_of(operation: str, error: Exception) -> str:
    """What failed, fit for a log line: AWS's texts may quote what was sent."""
    return f"{operation}: {code_of(error) or type(error).__name__}"


class UnexpectedError(WejourneyError):
    """A failure that nobody has foreseen, told without the data that it may quote."""


def is_lasting(error: Exception) -> bool:
    """Whether the same data will fail again. AWS's and WeChat's other failures may pass."""
    code = code_of(error)
    if code is None:
        return isinstance(error, _LASTING) and not isinstance(error, NewerDataError)
    response: dict[str, Any] = vars(error)["response"]
    reasons = {reason.get("Code") for reason in response.get("CancellationReasons", ())}
    return bool({code, *reasons} & _LASTING_CODES)


def reason_of(error: BaseException) -> str:
    """A failure in one line that an operator can act on, and that holds nothing of what was worked on.

    Our own errors carry no personal data, so their text is told. Of AWS's the operation and its code are; of
    any other only the type, because its text may quote a value. Then comes where in our code it happened.
    """
    details = f": {error}" if isinstance(error, WejourneyError) else ""
    if (code := code_of(error)) is not None:
        details = f": {vars(error)['operation_name']}: {code}"
    return f"{type(error).__name__}{details}{_place(error.__traceback__)}"


def private[T](handler: Callable[[dict[str, Any], Any], T]) -> Callable[[dict[str, Any], Any], T]:
    """A handler whose failures quote no data: Lambda logs their text, and Step Functions keeps it.

    Our own errors pass as they are, for a state machine knows them by name.
    """

    @wraps(handler)
    def handle(event: dict[str, Any], context: Any) -> T:
        try:
            return handler(event, context)
        except WejourneyError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, its text stays here
            raise UnexpectedError(reason_of(error)) from None

    return handle


def _place(traceback: TracebackType | None) -> str:
    """The last line of ours that was reached."""
    place = ""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if any(part in file for part in _OURS):
            place = f" ({file.rpartition('/')[2]}:{traceback.tb_lineno})"
        traceback = traceback.tb_next
    return place
