"""What a failure may tell: enough to act on, and nothing of whom it happened to."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from wejourney.adapters.failures import UnexpectedError, is_lasting, private, reason_of
from wejourney.errors import (
    FollowerGoneError,
    MalformedEventError,
    StaleFollowerError,
    TooManyWritesError,
    WeChatBusyError,
    WejourneyError,
)
from wejourney.events.event import InboundEvent

PRIVATE = "oFollower-13800000000"


def aws_says(code: str, operation: str = "TransactWriteItems") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"{PRIVATE} is too long"}}, operation)


def raised(error: BaseException) -> BaseException:
    """The error with a traceback, which ends in this file."""
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


FAILURES: list[tuple[BaseException, str, bool]] = [
    (aws_says("ThrottlingException", "SendMessage"), "ClientError: SendMessage: ThrottlingException", False),
    (aws_says("ValidationException"), "ClientError: TransactWriteItems: ValidationException", True),
    (aws_says("InternalServerError"), "InternalServerError", False),
    (aws_says("ProvisionedThroughputExceededException", "PutItem"), "PutItem: Provis", False),
    (aws_says("ValidationException", "UpdateItem"), "UpdateItem: ValidationException", True),
    (EndpointConnectionError(endpoint_url=PRIVATE), "EndpointConnectionError", False),
    (KeyError(PRIVATE), "KeyError", True),
    (ValueError(f"invalid literal for int() with base 10: {PRIVATE!r}"), "ValueError", True),
    (TypeError(PRIVATE), "TypeError", True),
    (AttributeError(PRIVATE), "AttributeError", True),
    (RecursionError(PRIVATE), "RecursionError", True),
    (UnicodeEncodeError("utf-8", PRIVATE, 0, 1, PRIVATE), "UnicodeEncodeError", True),
    (ConnectionError(PRIVATE), "ConnectionError", False),
    (TimeoutError(PRIVATE), "TimeoutError", False),
    (OSError(PRIVATE), "OSError", False),
    (StaleFollowerError(), "StaleFollowerError: the follower changed meanwhile", False),
    (
        WeChatBusyError(-1, f"{PRIVATE} rid: 6745f0a1-0a1b2c3d-4e5f6071"),
        "WeChatBusyError: -1 rid: 6745f0a1-0a1b2c3d-4e5f6071",
        False,
    ),
    (MalformedEventError("`tag` has no usable Tag"), "MalformedEventError: `tag` has no usable Tag", True),
    (TooManyWritesError(102, 100), "TooManyWritesError: 102 rows at once", True),
]


@pytest.mark.parametrize(
    ("error", "told", "lasting"), FAILURES, ids=[type(one).__name__ + told for one, told, _ in FAILURES]
)
def test_a_reason_says_what_failed_with_awss_code_and_quotes_nothing(
    error: Exception,
    told: str,
    lasting: bool,  # noqa: FBT001 - a column of the table
) -> None:
    reason = reason_of(raised(error))
    assert told in reason
    assert reason.startswith(type(error).__name__)
    assert PRIVATE not in reason
    assert "\n" not in reason
    assert is_lasting(error) is lasting


def test_a_reason_says_where_in_our_code_it_happened() -> None:
    with pytest.raises(MalformedEventError) as caught:
        InboundEvent.from_dict({})
    assert "(event.py:" in reason_of(caught.value)


@pytest.mark.parametrize("error", [one for one, *_ in FAILURES], ids=repr)
def test_a_handler_that_fails_tells_lambda_nothing_private(error: Exception) -> None:
    def fail(_event: dict[str, Any], _context: Any) -> None:
        raise error

    expected = type(error) if isinstance(error, WejourneyError) else UnexpectedError
    with pytest.raises(expected) as caught:
        private(fail)({}, SimpleNamespace())
    assert PRIVATE not in str(caught.value)
    assert caught.value.__cause__ is None


def test_errors_that_a_machine_knows_by_name_keep_it() -> None:
    def gone(_event: dict[str, Any], _context: Any) -> None:
        raise FollowerGoneError

    with pytest.raises(FollowerGoneError):
        private(gone)({}, None)
