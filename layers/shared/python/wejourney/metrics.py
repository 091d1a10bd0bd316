"""Every metric that the product counts, and whether it reports a failure.

A failure means that something may be lost or does not work; the template has an alarm for each.
"""

from enum import StrEnum
from typing import Literal, Self


class Metric(StrEnum):
    """The name of a metric in CloudWatch. `is_failure`: an operator has to know of it."""

    is_failure: bool

    def __new__(cls, name: str, meaning: Literal["activity", "failure"]) -> Self:
        """A member, from its name and its meaning."""
        metric = str.__new__(cls, name)
        metric._value_ = name
        metric.is_failure = meaning == "failure"
        return metric

    URL_VERIFIED = "UrlVerified", "activity"
    EVENT_RECEIVED = "EventReceived", "activity"
    OPENING_ANSWERED = "OpeningAnswered", "activity"
    OPENING_UNDECIDED = "OpeningUndecided", "failure"
    CALLBACK_REFUSED = "CallbackRefused", "failure"
    CALLBACK_FAILED = "CallbackFailed", "failure"
    SIGNATURE_REPLAYED = "SignatureReplayed", "failure"
    ACCOUNT_OUTDATED = "AccountOutdated", "failure"
    PAY_NOTICE_REFUSED = "PayNoticeRefused", "failure"
    PAY_QUERY_FAILED = "PayQueryFailed", "failure"
    PAYMENTS_DIFFER = "PaymentsDiffer", "failure"
    MINI_PROGRAM_REFUSED = "MiniProgramRefused", "failure"

    EVENTS_PROCESSED = "EventsProcessed", "activity"
    EVENTS_REJECTED = "EventsRejected", "activity"
    EVENTS_UNKNOWN = "EventsUnknown", "activity"
    EVENTS_PUT_ASIDE = "EventsPutAside", "failure"
    PEOPLE_MERGED = "PeopleMerged", "activity"
    PEOPLE_FLAGGED = "PeopleFlagged", "activity"
    BOOKINGS_LEFT_OUT = "BookingsLeftOut", "activity"
    FOLLOWERS_ERASED = "FollowersErased", "activity"
    WITHDRAWALS_UNMATCHED = "WithdrawalsUnmatched", "failure"
    USER_INFO_REFUSED = "UserInfoRefused", "failure"

    MESSAGES_SENT = "MessagesSent", "activity"
    MESSAGES_NOT_SENT = "MessagesNotSent", "activity"
    MESSAGES_UNKNOWN = "MessagesUnknown", "failure"
    SENDS_REFUSED = "SendsRefused", "failure"

    # By the engine's word for the end of an execution.
    RUNS_SUCCEEDED = "Runs.succeeded", "activity"
    RUNS_ABORTED = "Runs.aborted", "activity"
    RUNS_FAILED = "Runs.failed", "failure"
    RUNS_TIMED_OUT = "Runs.timed_out", "failure"

    MEDIA_KEPT = "MediaKept", "activity"
    MEDIA_UNWANTED = "MediaUnwanted", "activity"
    MEDIA_DELAYED = "MediaDelayed", "activity"
    MEDIA_TOO_LARGE = "MediaTooLarge", "activity"
    MEDIA_REFUSED = "MediaRefused", "activity"
    MEDIA_GONE = "MediaGone", "failure"

    CALENDAR_FAILED = "CalendarFailed", "failure"

    BOOKS_NOT_KEPT = "BooksNotKept", "failure"
    BOOKS_DIFFER = "BooksDiffer", "failure"

    CHANGES_UNREADABLE = "ChangesUnreadable", "failure"
